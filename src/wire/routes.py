"""What the control server answers: a table of paths and methods."""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from wire.checks import Misconfigured, require, require_object
from wire.ledger import Entry
from wire.metrics import CONTENT_TYPE, render
from wire.plan import Plan
from wire.proxy import Proxy

JSON = "application/json"
LINES = "application/x-ndjson"
LINES_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the control server; the body may come in pieces."""

    status: int = 200
    content_type: str = JSON
    body: Iterable[bytes] = ()
    allow: str = ""


Handler = Callable[[Proxy, str, bytes], Awaitable[Answer]]


def _json(data: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status=status, body=[json.dumps(data).encode() + b"\n"])


def error(status: int, sentence: str, allow: str = "") -> Answer:
    """Return an error as JSON with one sentence."""
    body = json.dumps({"error": sentence}).encode() + b"\n"
    return Answer(status=status, body=[body], allow=allow)


async def _get_plan(proxy: Proxy, _query: str, _body: bytes) -> Answer:
    return _json(proxy.plan.to_dict())


async def _put_plan(proxy: Proxy, _query: str, body: bytes) -> Answer:
    proxy.set_plan(Plan.from_json(body, operations=proxy.plan.operations))
    return _json(proxy.plan.to_dict())


async def _delete_plan(proxy: Proxy, _query: str, _body: bytes) -> Answer:
    proxy.set_plan(Plan(operations=proxy.plan.operations))
    return _json(proxy.plan.to_dict())


async def _get_ledger(proxy: Proxy, query: str, _body: bytes) -> Answer:
    since = parse_qs(query).get("since", ["0"])[-1]
    number = since.isascii() and since.isdigit() and len(since) < 19
    remedy = "give the seq of the last entry you have"
    require(number, f"since is {since!r:.40}", "a whole number", remedy)
    return Answer(content_type=LINES, body=_lines(proxy.ledger.entries(int(since))))


def _lines(entries: list[Entry]) -> Iterator[bytes]:
    rest = iter(entries)
    while some := list(islice(rest, LINES_AT_ONCE)):
        yield "".join(f"{entry.to_json()}\n" for entry in some).encode()


async def _get_summary(proxy: Proxy, _query: str, _body: bytes) -> Answer:
    return _json(proxy.ledger.summary() | {"in_progress": proxy.in_progress})


async def _post_listening(proxy: Proxy, _query: str, body: bytes) -> Answer:
    accept = _accept_of(body)
    if accept:
        await proxy.listen_again()
    else:
        proxy.stop_listening()
    return _json({"accept": proxy.listening})


def _accept_of(body: bytes) -> bool:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    accept = require_object("the body", data).get("accept")
    remedy = 'send {"accept": false} to refuse connections'
    require(isinstance(accept, bool), f"accept is {accept!r:.40}", "true or false", remedy)
    return bool(accept)


async def _get_metrics(proxy: Proxy, _query: str, _body: bytes) -> Answer:
    return Answer(content_type=CONTENT_TYPE, body=[render(proxy).encode()])


async def _get_livez(_proxy: Proxy, _query: str, _body: bytes) -> Answer:
    return _json({"status": "alive"})


ROUTES: dict[str, dict[str, Handler]] = {
    "/plan": {"GET": _get_plan, "PUT": _put_plan, "DELETE": _delete_plan},
    "/ledger": {"GET": _get_ledger},
    "/ledger/summary": {"GET": _get_summary},
    "/listening": {"POST": _post_listening},
    "/metrics": {"GET": _get_metrics},
    "/livez": {"GET": _get_livez},
}


async def respond(proxy: Proxy, method: str, target: str, body: bytes) -> Answer:
    """Answer one request; what is wrong with it is said in a sentence."""
    path, _, query = target.partition("?")
    handlers = ROUTES.get(path)
    if handlers is None:
        return error(404, f"There is nothing at this path; there is {', '.join(ROUTES)}.")
    if method not in handlers:
        allow = ", ".join(handlers)
        return error(405, f"{path} does not take {method}; use {allow}.", allow)
    try:
        return await handlers[method](proxy, query, body)
    except Misconfigured as wrong:
        return error(422, str(wrong))
    except OSError as failed:
        return error(409, str(failed.strerror))
