"""Records that lie anywhere are gathered into the directory of a run."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.audit_books import balanced

from audit.books import Books
from audit.collecting import Places, collect
from audit.errors import Misused, Unreadable
from audit.laws.result import Verdict
from audit.reading import read_books
from audit.verdict import judge
from booking.auditing import CATALOGUE


class _Handler(BaseHTTPRequestHandler):
    answers: dict[str, bytes]

    def do_GET(self) -> None:
        body = self.answers.get(self.path.partition("?")[0])
        self.send_response(200 if body is not None else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def answering(answers: dict[str, bytes]) -> Iterator[str]:
    """A server with these answers; its URL."""
    kind = type("Handler", (_Handler,), {"answers": answers})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What was played, as files."""
    return balanced().write(tmp_path / "run")


def places(run: Path, **others: Any) -> Places:
    """The files of the run, but for those given."""
    lives = {"booking-api": "api-1", "booking-agent": "agent-1"}
    files: dict[str, Any] = {
        "ledgers": [str(path) for path in sorted((run / "ledger").iterdir())],
        "metrics": [(s, str(run / "metrics" / life / "0001.prom")) for s, life in lives.items()],
        "spans": [str(run / "spans.jsonl")],
        "logs": sorted((run / "logs").iterdir()),
        "database": run / "database.db",
    }
    return Places(**{**files, **others})


def books_of(gathered: Places, tmp_path: Path) -> Books:
    """The books of what was gathered."""
    return read_books(collect(gathered, tmp_path / "gathered", CATALOGUE), CATALOGUE)


def failures(books: Books) -> list[tuple[str, object]]:
    """The laws that do not pass although they are judged."""
    calm = (Verdict.PASSED, Verdict.NOT_JUDGED)
    return [(r.law, r.rows) for r in judge(books).laws if r.verdict not in calm]


def test_files_are_gathered_and_the_ends_of_the_hops_found(run: Path, tmp_path: Path) -> None:
    """By the spans that the requests of each ledger carry."""
    books = books_of(places(run), tmp_path)

    assert [(hop.client, hop.server) for hop in books.run.hops] == [
        ("booking-agent", "booking-api"),
        ("", "booking-agent"),
    ]
    assert failures(books) == []
    assert judge(books, ["L1"]).verdict is Verdict.PASSED


def test_the_control_end_point_and_metrics_are_asked(run: Path, tmp_path: Path) -> None:
    """Live, while the proxy and the processes run."""
    answers = {
        "/ledger": (run / "ledger" / "agent-api.jsonl").read_bytes(),
        "/metrics": (run / "metrics" / "agent-1" / "0001.prom").read_bytes(),
    }
    api = ("booking-api", str(run / "metrics" / "api-1" / "0001.prom"))
    users = str(run / "ledger" / "users-agent.jsonl")
    with answering(answers) as url:
        live = places(run, ledgers=[url, users], metrics=[("booking-agent", f"{url}/metrics"), api])
        books = books_of(live, tmp_path)

    assert failures(books) == []


def jaeger(run: Path) -> dict[str, bytes]:
    """What Jaeger's query interface would say of the spans."""
    traces: dict[str, dict[str, Any]] = {}
    for line in (run / "spans.jsonl").read_bytes().splitlines():
        span = orjson.loads(line)
        trace = traces.setdefault(span["trace_id"], {"spans": [], "processes": {}})
        trace["processes"][span["service"]] = {"serviceName": span["service"], "tags": []}
        tags = {"span.kind": span["kind"], **span["attributes"]}
        parent = {"refType": "CHILD_OF", "traceID": span["trace_id"], "spanID": span["parent_id"]}
        trace["spans"].append(
            {
                "traceID": span["trace_id"],
                "spanID": span["span_id"],
                "operationName": span["name"],
                "references": [parent] if span["parent_id"] else [],
                "startTime": span["start_ns"] // 1000,
                "duration": (span["end_ns"] - span["start_ns"]) // 1000,
                "tags": [{"key": key, "value": value} for key, value in tags.items()],
                "processID": span["service"],
            }
        )
    services = orjson.dumps({"data": ["booking-agent", "booking-api"]})
    return {
        "/api/services": services,
        "/api/traces": orjson.dumps({"data": [*traces.values()]}),
    }


def test_jaeger_is_asked_for_spans(run: Path, tmp_path: Path) -> None:
    """Each span once, although every trace belongs to two services."""
    with answering(jaeger(run)) as url:
        books = books_of(places(run, spans=[url]), tmp_path)

    assert failures(books) == []
    assert sum(books.span_counts.values()) == len((run / "spans.jsonl").read_bytes().splitlines())


def prometheus(run: Path) -> dict[str, bytes]:
    """What Prometheus would say of the last scrapes."""
    jobs = {"booking-api": "api-1", "booking-agent": "agent-1"}
    scrapes = read_books(run, CATALOGUE).scrapes
    result: list[dict[str, Any]] = [
        {
            "metric": {"__name__": s.name, "job": job, "instance": "x:1", **dict(s.labels)},
            "value": [0.0, str(s.value)],
        }
        for job, life in jobs.items()
        for samples in scrapes[life].last.by_name.values()
        for s in samples
    ]
    return {"/api/v1/query": orjson.dumps({"data": {"result": result}})}


def test_prometheus_is_asked_for_the_newest_values(run: Path, tmp_path: Path) -> None:
    """Its jobs are the services."""
    with answering(prometheus(run)) as url:
        books = books_of(places(run, metrics=[], prometheus=url), tmp_path)

    assert [(life.name, life.service) for life in books.run.lives] == [
        ("booking-agent-1", "booking-agent"),
        ("booking-api-1", "booking-api"),
    ]
    assert failures(books) == []


def test_exports_of_a_collector_are_read(run: Path, tmp_path: Path) -> None:
    """OTLP/JSON, one request a line."""
    export = {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]
                },
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "name": "GET /",
                                "kind": 2,
                                "traceId": "a" * 32,
                                "spanId": "b" * 16,
                                "startTimeUnixNano": "1000",
                                "endTimeUnixNano": "2000",
                            }
                        ]
                    }
                ],
            }
        ]
    }
    path = tmp_path / "export.jsonl"
    path.write_bytes(orjson.dumps(export) + b"\n")
    books = books_of(places(run, spans=[str(path)]), tmp_path)

    (span,) = books.served
    assert (span.name, span.trace_id, span.span_id) == ("GET /", "a" * 32, "b" * 16)


def test_nothing_given_is_misuse(tmp_path: Path) -> None:
    """With a hint."""
    with pytest.raises(Misused, match="Give the directory of a run"):
        collect(Places(), tmp_path, CATALOGUE)


def test_a_dead_end_point_is_named(run: Path, tmp_path: Path) -> None:
    """By its URL."""
    with answering({}) as url, pytest.raises(Unreadable, match=r"answered 404, expected 200"):
        collect(places(run, spans=[url]), tmp_path / "gathered", CATALOGUE)
