"""Reads a JSON body of a stranger: one document in UTF-8, without tricks."""

import json
from typing import Any, NoReturn

from flask import Request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from booking.web.problems import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    MALFORMED_JSON,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
)

_MEDIA_TYPE = "application/json"


class _Refused(ValueError):
    """Why a document is not taken, as the end of a sentence."""


def read_json(request: Request) -> Any:
    """The document in the body; raises Problem for anything but JSON in UTF-8."""
    _require_json(request)
    return parse_json(_body(request))


def parse_json(data: bytes) -> Any:
    """The document in these bytes; raises Problem."""
    try:
        text = data.decode()
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        why = "is not encoded in UTF-8"
    except _Refused as error:
        why = str(error)
    except (ValueError, RecursionError):
        why = "is not valid JSON" if data else "is empty"
    raise Problem(MALFORMED_JSON, f"the body {why}; expected one JSON object in UTF-8")


def _require_json(request: Request) -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != _MEDIA_TYPE or charset not in ("utf-8", "utf8"):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            f"the body is not declared as JSON; expected Content-Type: {_MEDIA_TYPE}",
        )


def _body(request: Request) -> bytes:
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Problem(
            BODY_TOO_LARGE,
            f"the body is too large; expected {request.max_content_length} bytes at most",
        ) from None
    except HTTPException:
        raise Problem(
            BAD_REQUEST, "the body broke off; expected as many bytes as Content-Length says"
        ) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise _Refused("names a member twice")
    return document


def _no_constant(_name: str) -> NoReturn:
    raise _Refused("contains a number that JSON does not have")
