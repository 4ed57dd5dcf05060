"""One `RequestServed` for each request that Flask answers."""

from typing import Any

import pytest
from flask import Flask, abort

from resilience.arrival import ARRIVAL, Arrival
from resilience.declare import Event
from resilience.served import record_served
from resilience.server_events import NearLimit, RequestResent, RequestServed
from resilience.testing.clock import FakeClock
from resilience.vocabulary import ErrorType, LimitResult, Method, Resend


class Served:
    """A small application and what it told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.clock = FakeClock(monotonic_s=100.0)
        self.app = Flask("served")
        record_served(
            self.app, emit=self.events.append, clock=self.clock, trace_id=lambda: "trace-1"
        )
        self.app.get("/items/<item>")(self.item)

    def item(self, item: str) -> str:
        self.clock.advance(0.25)
        if item == "absent":
            abort(404)
        if item == "broken":
            raise RuntimeError("broken")
        return item

    def get(self, path: str, **environ: Any) -> Any:
        return self.app.test_client().open(path, method="GET", environ_overrides=environ)


def event(status: str, error: ErrorType, route: str = "/items/<item>", **changes: Any) -> Event:
    """What is told of a GET, where nothing else is said."""
    fields: dict[str, Any] = {
        "http_request_method": Method.GET,
        "http_route": route,
        "http_response_status_code": status,
        "error_type": error,
        "policy": "",
        "result": LimitResult.NONE,
        "limit_checked": False,
        "remaining": None,
        "duration_s": 0.25,
    }
    return RequestServed(**{**fields, **changes})


@pytest.mark.parametrize(
    ("item", "status", "error"),
    [
        ("one", "200", ErrorType.NONE),
        ("absent", "404", ErrorType.NOT_FOUND),
        ("broken", "500", ErrorType.INTERNAL),
    ],
)
def test_each_answer_is_told_once_with_its_route(item: str, status: str, error: ErrorType) -> None:
    """Also an error that Flask turns into a 500; the answer names its trace."""
    served = Served()
    answer = served.get(f"/items/{item}")

    assert served.events == [event(status, error)]
    assert answer.headers["X-Trace-Id"] == "trace-1"


def test_an_unknown_path_is_the_route_other() -> None:
    """No label repeats what a client made up."""
    served = Served()
    served.get("/made-up")

    assert served.events == [event("404", ErrorType.NOT_FOUND, "other", duration_s=0.0)]


def test_an_exception_that_nothing_handles_is_told_as_a_500() -> None:
    """It goes on to the server, and is counted on its way."""
    served = Served()
    served.app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(RuntimeError, match="broken"):
        served.get("/items/broken")

    assert served.events == [event("500", ErrorType.INTERNAL)]


def test_behind_the_edge_the_arrival_is_told_with_it() -> None:
    """The time in the queue counts, and so do the limiter's decision and an earlier send."""
    served, near = Served(), NearLimit(policy="10_per_minute", remaining=1)
    arrival = Arrival(
        98.0, "r", "c", Resend.THIRD, LimitResult.ACQUIRED, "10_per_minute", 1, (near,)
    )
    served.get("/items/one", **{ARRIVAL: arrival})

    assert served.events == [
        RequestResent(http_route="/items/<item>", resend=Resend.THIRD),
        near,
        event(
            "200",
            ErrorType.NONE,
            policy="10_per_minute",
            result=LimitResult.ACQUIRED,
            limit_checked=True,
            remaining=1,
            duration_s=2.25,
        ),
    ]


def test_without_a_trace_the_answer_names_none() -> None:
    """An empty trace id makes no header."""
    app = Flask("untraced")
    record_served(app, emit=lambda told: None, clock=FakeClock())

    assert "X-Trace-Id" not in app.test_client().get("/").headers
