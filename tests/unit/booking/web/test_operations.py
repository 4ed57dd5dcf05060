"""The list of operations is what is served."""

from flask import Flask
from tests.booking_api import MemoryStore, make_app

from booking.domain.business import Business
from booking.web.operations import OPERATIONS, PAGES, served

UNDESCRIBED = {route for route, _ in PAGES}


def routes(app: Flask) -> set[tuple[str, str]]:
    """What the application serves, methods that come for free left out."""
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in UNDESCRIBED
    }


def test_every_route_is_described_and_every_description_is_a_route(
    business: Business, store: MemoryStore
) -> None:
    """The list of operations and the routes are the same set."""
    app = make_app(business, store)
    assert routes(app) == {(each.method, each.rule) for each in OPERATIONS}


def test_what_can_be_served_is_known_beforehand() -> None:
    """Method, route and status of every answer, for label sets that are closed."""
    found = served(("429",))
    assert ("GET", "/services", "200") in found
    assert ("PATCH", "/appointments/<confirmation>", "429") in found
    assert ("GET", "/services", "409") not in found
    assert len(set(found)) == len(found)
