"""The documentation page."""

from flask.testing import FlaskClient
from tests.booking_api import MemoryStore, make_app

from booking.domain.business import Business
from booking.web.operations import OPERATIONS
from booking.web.problems import KINDS


def test_the_page_shows_every_operation_and_every_problem(client: FlaskClient) -> None:
    """Each has an anchor, which the type of a problem leads to."""
    page = client.get("/docs").text
    for operation in OPERATIONS:
        assert f'<section id="{operation.name}">' in page
    for kind in KINDS:
        assert f'<section id="problem-{kind.slug}">' in page
        assert client.get(kind.uri).headers["Location"] == f"/docs#problem-{kind.slug}"


def test_the_page_needs_nothing_from_elsewhere(client: FlaskClient) -> None:
    """No script, no foreign resource, and a policy that forbids both."""
    answer = client.get("/docs")
    for outside in ("<script", "<link", "<img", "src=", "@import", "url(", 'href="http'):
        assert outside not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert (answer.content_type, answer.headers["X-Content-Type-Options"]) == (
        "text/html; charset=utf-8",
        "nosniff",
    )


def test_business_data_cannot_break_out_of_the_page(business: Business) -> None:
    """Whatever stands in the document is text on the page."""
    app = make_app(business, MemoryStore(business), base_url="http://x/<b>'\"")
    assert "<b>" not in app.test_client().get("/docs").text
