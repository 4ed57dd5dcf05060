"""Requests that are prepared once."""

from resilience.http_client.request import Templates


def test_a_template_is_made_once() -> None:
    """The same method and URL share a template; copies share nothing that is changed."""
    templates = Templates("http://service.test/")
    template = templates.get("GET", "/a", None)
    assert templates.get("GET", "/a", {}) is template
    first, second = template.copy({"X-A": "1"}, None), template.copy({}, b"{}")
    assert ("X-A" in second.headers, first.body, second.body) == (False, None, b"{}")
    assert (first.url, first.address) == ("http://service.test/a", "service.test")


def test_the_oldest_templates_are_forgotten() -> None:
    """A thousand different URLs do not fill the memory."""
    templates = Templates("http://service.test")
    first = templates.get("GET", "/0", None)
    for number in range(1, 600):
        templates.get("GET", f"/{number}", None)
    assert templates.get("GET", "/599", None) is templates.get("GET", "/599", None)
    assert templates.get("GET", "/0", None) is not first
