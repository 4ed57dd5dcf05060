"""The description of the API, made once when the application is built."""

import orjson
from flask import Response, abort

from booking.web.docs import Page
from booking.web.examples import Examples
from booking.web.openapi import openapi
from booking.web.problems import KINDS
from booking.web.responses import answer, see_other

_CACHED = {"Cache-Control": "no-cache"}
_SLUGS = frozenset(kind.slug for kind in KINDS)


class Pages:
    """The views that describe; `base_url` stands in the examples, `version` in the title."""

    def __init__(self, examples: Examples, *, base_url: str, version: str) -> None:
        document = openapi(examples, version=version)
        self._document = orjson.dumps(document)
        self._page = Page(document, base_url=base_url)

    def openapi(self) -> Response:
        """The OpenAPI document."""
        return answer(self._document, headers=_CACHED)

    def docs(self) -> Response:
        """The page for people."""
        headers = {**_CACHED, **self._page.headers}
        return answer(self._page.html, content_type="text/html; charset=utf-8", headers=headers)

    def problem(self, slug: str) -> Response:
        """What a problem's `type` leads to: its paragraph on the page."""
        if slug not in _SLUGS:
            abort(404)
        return see_other(f"/docs#problem-{slug}")
