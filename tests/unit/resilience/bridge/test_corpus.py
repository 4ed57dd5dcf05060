"""The bridge against a2wsgi: the same applications give the same answers."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from a2wsgi import WSGIMiddleware
from flask import Flask, Response, request, stream_with_context
from tests.bridge_stand import Answer, Client, bridge, plain, scope

from resilience.bridge import Call, Outcome
from resilience.bridge.reply import WHOLE_BYTES


def ours(app: Any, asked: dict[str, Any], body: bytes) -> Answer:
    """What the application answers through the bridge."""

    async def run() -> Answer:
        client, served = Client(body), bridge(app)
        await client.receive()
        assert await served.serve(Call(asked, body=body), client.receive, client.send) is (
            Outcome.ANSWERED
        )
        served.stop(1)
        return client.answer()

    return asyncio.run(run())


def theirs(app: Any, asked: dict[str, Any], body: bytes) -> Answer:
    """What it answers through a2wsgi."""

    async def run() -> Answer:
        client, served = Client(body), WSGIMiddleware(app)
        serve: Any = served  # its types are a narrower copy of ASGI's
        await serve(asked, client.receive, client.send)
        served.executor.shutdown()
        return client.answer()

    return asyncio.run(run())


def generator(environ: Any, start: Any) -> Iterator[bytes]:
    start("206 Partial", [("Content-Type", "text/plain")])
    yield from (b"%d," % n for n in range(50))


def late_start(environ: Any, start: Any) -> Iterator[bytes]:
    start("200 OK", [])
    yield b""
    yield b"after an empty chunk"


def writer(environ: Any, start: Any) -> list[bytes]:
    write = start("200 OK", [])
    write(b"written ")
    return [b"returned"]


def large(environ: Any, start: Any) -> list[bytes]:
    start("200 OK", [])
    return [b"x" * WHOLE_BYTES] * 3


def reader(environ: Any, start: Any) -> list[bytes]:
    source = environ["wsgi.input"]
    start("200 OK", [])
    return [source.readline(), b"|", source.read(3), b"|", source.read(), b"|", source.read()]


def no_content(environ: Any, start: Any) -> list[bytes]:
    start("204 No Content", [("X-A", "b")])
    return []


def shown(environ: Any, start: Any) -> list[bytes]:
    names = sorted(n for n in environ if n.isupper() and n not in ("REQUEST_URI", "RAW_URI"))
    start("200 OK", [])
    return [f"{n}={environ[n]}\n".encode("latin-1") for n in names]


def flask_app() -> Flask:
    app = Flask("corpus")

    @app.route("/json", methods=["GET", "POST"])
    def as_json() -> dict[str, Any]:
        return {"args": request.args.to_dict(), "json": request.get_json(silent=True)}

    @app.get("/cookies")
    def cookies() -> Response:
        answer = Response("set", status=201)
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    @app.get("/stream")
    def stream() -> Response:
        return Response(stream_with_context(f"{request.path}{n}" for n in range(100)))

    return app


FLASK = flask_app()
POST = {"method": "POST", "headers": [(b"host", b"t"), (b"content-type", b"application/json")]}


@pytest.mark.parametrize(
    ("app", "asked", "body"),
    [
        (plain, {}, b""),
        (generator, {}, b""),
        (late_start, {}, b""),
        (writer, {}, b""),
        (large, {}, b""),
        (no_content, {}, b""),
        (reader, {"method": "POST"}, b"line one\nline two\nrest"),
        (shown, {"query_string": b"a=%20b&c", "headers": [(b"x-a", b"1"), (b"x-a", b"2")]}, b""),
        (shown, {"scheme": "https", "server": ("host", 443), "http_version": "1.0"}, b""),
        (shown, {"path": "/caf\xe9/x y", "raw_path": b"/caf%C3%A9/x%20y"}, b""),
        (shown, {"path": "/app/x", "raw_path": b"/app/x", "root_path": "/app"}, b""),
        (FLASK, {"path": "/json", "raw_path": b"/json", "query_string": b"a=1"}, b""),
        (FLASK, {"path": "/json", "raw_path": b"/json", **POST}, b'{"a": [1, "\xc3\xa9"]}'),
        (FLASK, {"path": "/json", "raw_path": b"/json", **POST}, b"{"),
        (FLASK, {"path": "/cookies", "raw_path": b"/cookies"}, b""),
        (FLASK, {"path": "/stream", "raw_path": b"/stream"}, b""),
        (FLASK, {"path": "/absent", "raw_path": b"/absent"}, b""),
        (FLASK, {"path": "/json", "raw_path": b"/json", "method": "DELETE"}, b""),
    ],
)
def test_it_answers_as_a2wsgi_does(app: Any, asked: dict[str, Any], body: bytes) -> None:
    """Status, headers and body are the same for every kind of application."""
    request_headers = [*scope(**asked)["headers"]]
    if body:
        request_headers.append((b"content-length", str(len(body)).encode()))
    made = scope(**{**asked, "headers": request_headers})

    assert ours(app, made, body) == theirs(app, made, body)
