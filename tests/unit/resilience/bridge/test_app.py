"""The bridge against a2wsgi: the same applications give the same answers."""

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from a2wsgi import WSGIMiddleware
from flask import Flask, Response, request, stream_with_context

from resilience.bridge import Bridge, Call, Outcome
from resilience.bridge.reply import WHOLE_BYTES

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


def scope(**changes: Any) -> dict[str, Any]:
    """An ASGI scope as uvicorn makes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"test")],
        "server": ("127.0.0.1", 5000),
        "client": ("127.0.0.9", 1234),
        **changes,
    }


class Client:
    """Receives one answer; a client that left takes `patience` messages and no more."""

    def __init__(self, body: bytes = b"", patience: int = 10**9) -> None:
        self._incoming = deque([{"type": "http.request", "body": body, "more_body": False}])
        self._patience = patience
        self._gone = asyncio.Event()
        self.messages: list[Mapping[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        """The request, then nothing until the client is gone."""
        if self._incoming:
            return self._incoming.popleft()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        """Take a part of the answer."""
        self.messages.append(message)
        await asyncio.sleep(0)
        if len(self.messages) >= self._patience:
            self._gone.set()

    def answer(self) -> Answer:
        """The answer, without the header that frames it."""
        start, *parts = self.messages
        headers = sorted(h for h in start["headers"] if h[0] != b"content-length")
        return start["status"], headers, b"".join(part.get("body", b"") for part in parts)


def bridge(app: Any, failed: Callable[[BaseException], None] | None = None) -> Bridge:
    """A bridge with two threads."""
    clock = lambda: 100.0  # noqa: E731  # a clock that stands still
    return Bridge(app, threads=2, queue=4, now=clock, failed=failed or (lambda error: None))


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


def plain(environ: Any, start: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "text/plain"), ("X-Many", "1"), ("X-Many", "2")])
    return [b"one ", b"", b"two"]


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


def run_one(app: Any, **changes: Any) -> tuple[Outcome, Client, list[BaseException]]:
    """One call, with what was sent and what the application raised."""
    errors: list[BaseException] = []
    patience = changes.pop("patience", 10**9)
    deadline_s = changes.pop("deadline_s", None)

    async def run() -> tuple[Outcome, Client]:
        client, served = Client(patience=patience), bridge(app, errors.append)
        await client.receive()
        call = Call(scope(**changes), deadline_s=deadline_s)
        try:
            outcome = await served.serve(call, client.receive, client.send, [(b"x-more", b"1")])
        finally:
            await asyncio.to_thread(served.stop, 5)
        return outcome, client

    return (*asyncio.run(run()), errors)


def test_a_whole_answer_comes_in_two_messages_with_its_length() -> None:
    """Status, headers and body come back together, with the headers of the edge behind."""
    _, client, _ = run_one(plain)

    assert client.messages == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"text/plain"),
                (b"x-many", b"1"),
                (b"x-many", b"2"),
                (b"content-length", b"7"),
                (b"x-more", b"1"),
            ],
        },
        {"type": "http.response.body", "body": b"one two"},
    ]


def test_the_answer_to_head_has_no_body() -> None:
    """Its headers are those of the application, whose length is not invented."""
    _, client, _ = run_one(plain, method="HEAD")

    assert client.answer()[2] == b""
    assert b"content-length" not in dict(client.messages[0]["headers"])


def test_the_context_of_the_caller_holds_in_the_thread_and_is_not_changed_by_it() -> None:
    """Context variables go along, and what the application sets stays there."""

    def app(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        seen = WHO.get()
        WHO.set("the application")
        return [seen.encode()]

    async def run() -> tuple[bytes, str]:
        WHO.set("the caller")
        client, served = Client(), bridge(app)
        await served.serve(Call(scope()), client.receive, client.send)
        served.stop(1)
        return client.answer()[2], WHO.get()

    assert asyncio.run(run()) == (b"the caller", "the caller")


def test_an_application_that_raises_has_sent_nothing() -> None:
    """The outcome says so, and the error is told."""
    problem = RuntimeError("broken")

    def app(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        raise problem

    outcome, client, errors = run_one(app)

    assert (outcome, client.messages, errors) == (Outcome.FAILED, [], [problem])


def test_headers_may_be_replaced_after_an_error_until_the_body_begins() -> None:
    """`exc_info` lets the application change its mind."""

    def app(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("X-A", "1")])
        start("500 Oh", [("X-B", "2")], (ValueError, ValueError("x"), None))
        return [b"sorry"]

    _, client, _ = run_one(app)

    assert client.answer() == (500, [(b"x-b", b"2"), (b"x-more", b"1")], b"sorry")


def test_an_error_after_the_body_began_is_raised_to_the_application() -> None:
    """`exc_info` comes back as the exception that it is."""
    problem = ValueError("x")

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [("Content-Length", "5")])
        yield b"begun"
        start("500 Oh", [], (ValueError, problem, None))

    outcome, _, errors = run_one(app)

    assert (outcome, errors) == (Outcome.FAILED, [problem])


@pytest.mark.parametrize(
    ("headers", "twice", "error"),
    [
        ([("Content-Length", "9")], False, "Content-Length is 9, but the body has 4 bytes"),
        ([], True, "start_response was called twice without exc_info"),
    ],
)
def test_a_broken_application_is_found_out(
    headers: list[tuple[str, str]], twice: bool, error: str
) -> None:
    """A wrong length or a second start is a failure, not a broken connection."""

    def app(environ: Any, start: Any) -> list[bytes]:
        for _ in range(1 + twice):
            start("200 OK", headers)
        return [b"four"]

    outcome, _, errors = run_one(app)

    assert (outcome, [str(e) for e in errors]) == (Outcome.FAILED, [error])


def test_an_application_that_never_starts_is_found_out() -> None:
    """Neither with a body nor without one."""
    for body in ([], [b"x"], iter([b"x"])):
        outcome, _, errors = run_one(lambda environ, start, body=body: body)
        assert outcome is Outcome.FAILED
        assert [str(e) for e in errors] == ["the application did not call start_response"]


def test_a_stream_waits_for_its_client() -> None:
    """The application is never more than one chunk ahead of what was sent."""
    sent: list[int] = []
    client_messages: list[Mapping[str, Any]] = []
    ahead: list[int] = []

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        for number in range(20):
            sent.append(number)
            ahead.append(len(sent) - len(client_messages))
            yield b"%d" % number

    async def run() -> None:
        client, served = Client(), bridge(app)
        await client.receive()
        client.messages = client_messages
        await served.serve(Call(scope()), client.receive, client.send)
        served.stop(1)

    asyncio.run(run())

    assert b"".join(m.get("body", b"") for m in client_messages) == b"".join(
        b"%d" % n for n in range(20)
    )
    assert max(ahead) <= 1


def test_a_stream_ends_when_its_client_leaves() -> None:
    """The generator is closed, and its thread is free again."""
    closed = threading.Event()

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        try:
            while True:
                yield b"more"
        finally:
            closed.set()

    outcome, client, errors = run_one(app, patience=5)

    assert (outcome, errors, closed.wait(5)) == (Outcome.ANSWERED, [], True)
    assert len(client.messages) < 20


def test_a_stream_that_breaks_is_not_taken_for_complete() -> None:
    """The error reaches the server, which cuts the connection."""

    def app(environ: Any, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"begun"
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run_one(app)


def test_work_past_its_deadline_is_skipped() -> None:
    """The application is not called at all when nobody waits any more."""
    outcome, client, _ = run_one(lambda environ, start: pytest.fail("called"), deadline_s=100.0)

    assert (outcome, client.messages) == (Outcome.EXPIRED, [])


def test_the_bridge_is_full_when_as_many_wait_as_may() -> None:
    """Two at work and four waiting fill it; the gauges say so."""
    go, started = threading.Event(), threading.Semaphore(0)

    def app(environ: Any, start: Any) -> list[bytes]:
        started.release()
        go.wait(5)
        return plain(environ, start)

    async def run() -> tuple[bool, bool, int, int]:
        client, served = Client(), bridge(app)
        tasks = []
        for number in range(6):
            tasks.append(
                asyncio.create_task(served.serve(Call(scope()), client.receive, client.send))
            )
            await asyncio.sleep(0)
            if number == 4:
                before = served.full
        for _ in range(2):
            await asyncio.to_thread(started.acquire, timeout=5)
        during = served.full, served.busy, served.waiting
        go.set()
        await asyncio.gather(*tasks)
        served.stop(1)
        return before, *during

    assert asyncio.run(run()) == (False, True, 2, 4)
