"""Requests that are prepared once."""

import pytest

from resilience.http_client.request import template_of


def test_a_template_is_made_once() -> None:
    """The same method and URL share a template; copies share nothing that is changed."""
    template = template_of("GET", "http://service.test/a")
    assert template_of("GET", "http://service.test/a") is template
    first, second = template.copy({"X-A": "1"}), template.copy({}, b"{}")
    assert ("X-A" in second.headers, first.body, second.body) == (False, None, b"{}")
    assert (first.full_url, first.address) == ("http://service.test/a", "service.test")


def test_headers_are_copied_without_regard_to_case() -> None:
    """What a call gives replaces what every call has, and stays with that copy."""
    template = template_of("GET", "http://service.test/a")
    first, second = template.copy({"accept": "text/csv"}), template.copy({})
    assert (first.headers["Accept"], [*first.headers].count("accept")) == ("text/csv", 1)
    assert second.headers["ACCEPT"] == "application/json, application/problem+json"


@pytest.mark.parametrize(
    ("url", "template", "shown", "name", "attributes"),
    [
        (
            "http://ana:secret@service.test:81/a/7?q=ana",
            "/a/{id}",
            "/a/{id}",
            "GET /a/{id}",
            {
                "http.request.method": "GET",
                "url.full": "http://service.test:81/a/{id}",
                "server.address": "service.test",
                "server.port": 81,
                "url.template": "/a/{id}",
            },
        ),
        (
            "https://service.test/a?q=ana",
            "",
            "/a",
            "GET",
            {
                "http.request.method": "GET",
                "url.full": "https://service.test/a",
                "server.address": "service.test",
            },
        ),
    ],
)
def test_an_instrumentation_is_shown_the_template_alone(
    url: str, template: str, shown: str, name: str, attributes: dict[str, object]
) -> None:
    """Until the attempt begins there is no query and no password for anybody to tell of."""
    request = template_of("GET", url, template).copy({})
    assert (request.url, request.full_url) == (shown, url)
    assert (request.span_name, request.span_attributes) == (name, attributes)


def test_the_templates_used_the_longest_ago_are_forgotten() -> None:
    """A thousand different URLs do not fill the memory."""
    first = template_of("GET", "http://service.test/0")
    for number in range(1, 600):
        template_of("GET", f"http://service.test/{number}")
    assert template_of("GET", "http://service.test/0") is not first


@pytest.mark.parametrize(("url", "sent"), [("/a", "/a?q=1"), ("/a?p=0", "/a?p=0&q=1")])
def test_a_query_is_of_one_request(url: str, sent: str) -> None:
    """The template is that of the URL, however many queries there are."""
    template = template_of("GET", f"http://service.test{url}")
    assert template.copy({}, query="q=1").full_url == f"http://service.test{sent}"
    assert template.copy({}).full_url == f"http://service.test{url}"
