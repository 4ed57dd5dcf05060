"""People who book at an even pace, and one booking that meets two faults."""

import time

from tests.stack.alert_traffic import Visitors, repeated
from tests.stack.panel_run import Stretch
from tests.stack.stack import Stack

from wire import Drop, Rule, Status

SETTINGS = {"ATTEMPT_TIMEOUT_S": 2, "BACKOFF_S": 1, "BREAKER_FAILURES": 5}
"""Those of `make run`."""

CALM_S, AFTER_S = 40.0, 25.0
_BOOKING = {"method": "POST", "path": "/appointments"}
_SECOND = {"header_name": "X-Request-Attempt", "header_value": "2"}


def play(stack: Stack) -> Stretch:
    """Play it; nobody is told which booking it was."""
    begin_s, visitors = time.time(), Visitors(stack)
    with repeated(visitors.book, every_s=0.3, threads=2), repeated(visitors.look, every_s=0.3):
        time.sleep(CALM_S)
        stack.plan(
            Rule(**_BOOKING, nth=(1,), fault=Status(status=503)),  # type: ignore[arg-type]  # fields of several types
            Rule(**_BOOKING, **_SECOND, nth=(1,), fault=Drop(then="hold")),  # type: ignore[arg-type]  # as above
        )
        time.sleep(AFTER_S)
    return Stretch(begin_s, time.time())
