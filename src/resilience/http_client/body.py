"""Reading answers: never more than the cap, and never what is not JSON."""

import json
from typing import Any

from requests import Response

from resilience.errors import ProtocolError


def read_whole(response: Response, max_bytes: int) -> None:
    """Read and unpack the body into the response, or refuse it with a `ProtocolError`."""
    if isinstance(response.__dict__.get("_content"), bytes):
        return
    raw = response.raw
    body = raw.read(max_bytes + 1, decode_content=True)
    if len(body) > max_bytes:
        raise ProtocolError(f"the answer is longer than {max_bytes} bytes", response=response)
    # What `Response.content` does itself, but without a limit.
    response._content = body
    response.__dict__["_content_consumed"] = True


def discard(response: Response) -> None:
    """Close the connection of an answer that is not wanted any more, and free its place."""
    response._content = b""
    raw = response.raw
    raw.close()
    if hasattr(raw, "release_conn"):
        raw.release_conn()


def media_type(response: Response) -> str:
    """The content type without its parameters, in lower case."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def is_json(response: Response) -> bool:
    """Whether the answer says that it is JSON, of whatever dialect."""
    kind = media_type(response)
    return kind == "application/json" or (kind.startswith("application/") and "+json" in kind)


def read_json(response: Response) -> Any:
    """The answer's JSON; a `ProtocolError` when it is not JSON or does not say that it is."""
    if not is_json(response):
        kind = media_type(response) or "no content type"
        raise ProtocolError(f"the answer is {kind}, not JSON", response=response)
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the answer is not valid JSON", response=response) from error
