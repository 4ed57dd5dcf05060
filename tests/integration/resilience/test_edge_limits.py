"""The rate limits as clients meet them."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.edge_stand import TRACE, http, stand

from resilience.server_events import Answered, NearLimit, RateLimitRejected
from resilience.testing.clock import FakeClock
from resilience.vocabulary import ErrorType, LimitResult, Method

SAME_URL = ["GET /services"] * 11
MIXED_URLS = ["GET /services", "POST /echo", "GET /health", "GET /seen", "DELETE /services"] * 2 + [
    "GET /services"
]
ABSENT = [f"GET /appointments/{number}" for number in range(11)]
UNKNOWN_METHODS = ["FOO /services", "TRACE /services", "PURGE /", "GET /"] * 2 + ["FOO /x"] * 3


@pytest.mark.fault(59)
@pytest.mark.parametrize("lines", [SAME_URL, MIXED_URLS, ABSENT, UNKNOWN_METHODS])
def test_the_eleventh_request_of_a_minute_is_refused_whatever_it_asks_for(lines: list[str]) -> None:
    """All public paths and methods together share the limit of ten a minute."""
    with stand() as server:
        refused = [server.ask(http(line)).status == 429 for line in lines]

    assert refused == [False] * 10 + [True]


@pytest.mark.fault(65)
def test_a_refusal_says_what_happened_without_saying_to_whom() -> None:
    """A 429 is a problem document with both ids, a whole Retry-After, and the limits' headers."""
    clock = FakeClock()
    with stand(clock, limits="1/minute") as server:
        server.get("/services")
        reply = server.get("/services", {"X-Request-ID": "mine-1"})

    assert reply.json() == {
        "type": "/problems/rate-limited",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Too many requests; wait as long as Retry-After says.",
        "success": False,
        "error": "Too many requests; wait as long as Retry-After says.",
        "request_id": "mine-1",
        "trace_id": TRACE,
    }
    del reply.headers["date"], reply.headers["content-length"]
    assert dict(reply.headers) == {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "x-request-id": "mine-1",
        "x-trace-id": TRACE,
        "x-ratelimit-limit": "1",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(clock.utc_now().timestamp()) + 61),
        "ratelimit": '"1_per_minute";r=0;t=61',
        "ratelimit-policy": '"1_per_minute";q=1;w=60',
        "retry-after": "61",
    }


def test_a_refusal_is_one_server_span_with_one_event() -> None:
    """The 429 that the edge answers is told once, with all that is told of a served request."""
    with stand(limits="1/minute") as server:
        server.get("/services")
        server.events.clear()
        server.get("/services")

    (rejected,) = server.events
    assert server.spans == [("GET /services", {}, False)]
    assert rejected == RateLimitRejected(
        http_request_method=Method.GET,
        http_route="/services",
        http_response_status_code="429",
        error_type=ErrorType.TOO_MANY,
        policy="1_per_minute",
        result=LimitResult.REJECTED,
        limit_checked=True,
        remaining=0,
        retry_after_s=60,
        duration_s=rejected.duration_s,  # type: ignore[attr-defined]  # measured, not known
    )


def test_a_refusal_that_stands_says_what_the_first_one_said() -> None:
    """The first 429 asks the limiter and the next do not, which neither wire nor events show."""
    clock = FakeClock()
    with stand(clock, limits="1/minute") as server, server.connect() as connection:
        replies = [connection.ask(http("GET /services", {"X-Request-ID": "one"})) for _ in range(4)]

    _, first, *others = [(r.status, dict(r.headers), r.body) for r in replies]
    assert others == [first, first]
    rejected = server.told(RateLimitRejected)
    assert rejected == [rejected[0]] * 3
    assert server.spans == [("GET /services", {}, False)] * 3


def test_a_flood_in_one_packet_is_refused_in_order() -> None:
    """Each of five hundred requests behind one that is served gets an answer of its own."""
    with stand(limits="1/minute") as server, server.connect() as connection:
        connection.send(http("GET /services") + http("GET /services") * 500)
        statuses = [connection.reply().status for _ in range(501)]

    assert statuses == [200] + [429] * 500


def test_nothing_is_counted_behind_a_refusal_that_ends_the_connection() -> None:
    """The client asked for the end, so that what it sent after that is not answered."""
    with stand(limits="1/minute") as server, server.connect() as connection:
        server.get("/services")
        server.get("/services")
        connection.send(http("GET /services", {"Connection": "close"}) + http("GET /services"))
        reply, ended = connection.reply(), connection.closed()

    assert (reply.status, reply.headers["Connection"], ended) == (429, "close", True)
    assert len(server.told(RateLimitRejected)) == 2


@pytest.mark.parametrize(
    ("line", "headers", "length", "ends"),
    [
        ("HEAD /services", {}, 0, False),
        ("GET /services", {"Connection": "Upgrade", "Upgrade": "websocket"}, None, True),
    ],
)
def test_a_refusal_that_stands_is_framed_as_any_answer(
    line: str, headers: dict[str, str], length: int | None, ends: bool
) -> None:
    """HEAD gets no body, and a request to upgrade is the last of its connection."""
    with stand(limits="1/minute") as server, server.connect() as connection:
        server.get("/services")
        server.get("/services")
        reply = connection.ask(http(line, headers))
        went_on = False if ends else connection.ask(http("GET /livez")).status == 200
        body_length = len(reply.body) if length is not None else None

    assert (reply.status, body_length, went_on) == (429, length, not ends)


def test_a_success_counts_down_the_tightest_limit() -> None:
    """Limit, remaining and reset are whole numbers, about the limit with the least left."""
    clock = FakeClock()
    with stand(clock, limits="10/minute;3/hour") as server:
        reply = server.get("/services")

    assert reply.headers["x-ratelimit-limit"] == "3"
    assert reply.headers["x-ratelimit-remaining"] == "2"
    assert reply.headers["x-ratelimit-reset"] == str(int(clock.utc_now().timestamp()) + 3600)
    assert reply.headers["ratelimit"] == '"3_per_hour";r=2;t=3600'
    assert reply.headers["ratelimit-policy"] == '"10_per_minute";q=10;w=60, "3_per_hour";q=3;w=3600'


@pytest.mark.fault(65)
def test_a_retry_when_the_header_says_so_succeeds() -> None:
    """Retry-After is true: one second earlier is refused, and the moment it names is admitted."""
    clock, choice = FakeClock(), random.Random(7)
    with stand(clock, limits="3/minute;5/hour") as server, server.connect() as connection:
        for _ in range(40):
            clock.advance(choice.uniform(0, 9))
            reply = connection.ask(http("GET /services"))
            if reply.status == 429:
                wait_s = int(reply.headers["Retry-After"])
                clock.advance(wait_s - 1)
                early = connection.ask(http("GET /services")).status
                clock.advance(1)
                assert (early, connection.ask(http("GET /services")).status) == (429, 200)


@pytest.mark.fault(61)
def test_a_burst_over_many_connections_admits_ten() -> None:
    """Concurrent requests cannot slip past the count together."""
    with stand() as server, ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: server.get("/services").status, range(60)))

    assert statuses.count(200) == 10
    assert statuses.count(429) == 50


def test_a_client_is_told_of_once_when_it_passes_four_fifths() -> None:
    """The ninth of ten requests is near the limit; the tenth does not say so again."""
    with stand() as server:
        for _ in range(10):
            server.get("/services")

    assert server.told(NearLimit) == [NearLimit(policy="10_per_minute", remaining=1)]


@pytest.mark.fault(37)
def test_probes_are_never_limited_and_health_is() -> None:
    """An hour of scrapes passes without a 429, and leaves a client's ten requests untouched."""
    clock = FakeClock()
    with stand(clock) as server, server.connect() as connection:
        scrapes = set()
        for _ in range(240):
            scrapes.add(connection.ask(http("GET /metrics")).status)
            clock.advance(15)
        health = [connection.ask(http("GET /health")).status for _ in range(11)]

    assert scrapes == {200}
    assert health == [200] * 10 + [429]


def test_a_repeat_offender_waits_for_its_refusal() -> None:
    """The first 429 is immediate; the next ones are held back, on the loop and not in a thread."""
    with stand(limits="1/minute", hold_s=0.2, threads=1) as server:
        served = [server.get("/services").status for _ in range(3)]
        durations = [event.duration_s for event in server.told(Answered)]  # type: ignore[attr-defined]  # of Answered

    assert served == [200, 429, 429]
    assert [duration > 0.1 for duration in durations] == [False, False, True]


def test_a_rejected_post_leaves_the_connection_usable() -> None:
    """The body of a refused request is read, so that the next one is understood."""
    with stand(limits="1/minute") as server, server.connect() as connection:
        connection.ask(http("GET /services"))
        first = connection.ask(http("POST /echo", body=b"GET /evil HTTP/1.1\r\n\r\n"))
        second = connection.ask(http("GET /livez"))

    assert (first.status, second.status, second.json()) == (429, 200, {"status": "alive"})
