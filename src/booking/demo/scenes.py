"""The scenes, in the order in which they are played."""

from booking.demo.scene import Act, Fact, Scene
from booking.stack.plan import PATTERNS
from wire import Delay, Drip, Plan, Rule, Status

HEALTHY = Plan(operations=PATTERNS)
"""No faults."""

LONG_S = 600.0
"""Longer than any attempt may take."""

_NO_TROUBLE = frozenset({Fact.RETRIES, Fact.ERRORS, Fact.TIMEOUTS, Fact.REFUSED, Fact.FAILED})
_NO_LIMITS = frozenset({Fact.LIMITED, Fact.DISTURBED})
_NO_DROPS = frozenset({Fact.DROPPED})


def _some(share: float, seed: int, *faults: Status | Delay | Drip) -> Plan:
    """Each fault befalls this share of the requests, as the seed draws: here never 3 in a row."""
    rules = tuple(Rule(probability=share, fault=fault) for fault in faults)
    return Plan(rules=rules, operations=PATTERNS, seed=seed)


CALM = Scene(
    name="calm",
    broken="Nothing. Visitors look, book, move and cancel.",
    answer="Nothing is needed: one attempt for each call, no retry, no 429.",
    acts=(Act(0.0, "all is well", plan=HEALTHY),),
    panels={"tallybook-overview": ("Requests", "Failures", "Latency by route, p95")},
    search="service=booking-agent operation='POST /book'",
    spans=("book_appointment",),
    expects={Fact.BOOKED: 1, Fact.SENT: 3},
    never=_NO_TROUBLE | _NO_LIMITS | _NO_DROPS,
)

FLAKY = Scene(
    name="flaky",
    broken="Every fifth answer of the API, or so, is a 503.",
    answer="The agent waits and tries again, with the same Idempotency-Key; people notice a delay.",
    acts=(Act(0.0, "503s begin", plan=_some(0.2, 11, Status(status=503))),),
    panels={"tallybook-retries": ("Retries by cause", "Rescued by a retry")},
    search="service=booking-agent operation=resilience.retry",
    spans=("resilience.retry",),
    expects={Fact.BOOKED: 1, Fact.ERRORS: 1, Fact.RETRIES: 1},
    never=_NO_LIMITS | _NO_DROPS,
)

SLOW = Scene(
    name="slow",
    broken="Some answers come late or byte by byte: the connection lives, the answer does not end.",
    answer="Each attempt is given up on the clock, not by the silence of a socket, and sent again.",
    acts=(
        Act(
            0.0,
            "answers slow down",
            plan=_some(0.1, 0, Delay(delay_s=LONG_S), Drip(interval_s=0.1, start="headers")),
        ),
    ),
    panels={"tallybook-retries": ("Timeouts by phase",)},
    search="service=booking-agent operation=resilience.timeout",
    spans=("resilience.timeout",),
    expects={Fact.BOOKED: 1, Fact.TIMEOUTS: 1, Fact.RETRIES: 1},
    never=_NO_LIMITS | _NO_DROPS,
)

DEAD = Scene(
    name="dead",
    broken="The API is gone: every connection is refused. Later it comes back.",
    answer="After 5 failures the circuit opens and calls are refused at once, without a wait;"
    " then one single probe finds the API alive, and the circuit closes.",
    acts=(
        Act(0.0, "the API is gone", listening=False),
        Act(
            0.1,
            "the API is back; the circuit does not know yet",
            listening=True,
            after_state="open",
        ),
        Act(0.5, "a probe has closed the circuit", after_state="closed"),
    ),
    panels={"tallybook-breaker": ("States", "Refused calls")},
    search="service=booking-agent operation=resilience.circuit_breaker.transition",
    spans=("resilience.circuit_breaker.transition", "resilience.circuit_breaker.reject"),
    expects={Fact.BOOKED: 1, Fact.REFUSED: 1, Fact.FAILED: 1},
    never=_NO_LIMITS | _NO_DROPS | {Fact.ERRORS, Fact.TIMEOUTS},
    path=("closed", "open", "half_open", "closed"),
)

FLOOD = Scene(
    name="flood",
    broken="One visitor asks ten times a second.",
    answer="After ten requests it gets 429 with Retry-After, answered before any worker is taken;"
    " everybody else has a limit of their own and notices nothing.",
    acts=(Act(0.0, "the flood begins"),),
    panels={"tallybook-limits": ("Decisions by limit", "429s served and received")},
    search="service=booking-api operation=rate_limiting.reject",
    spans=("rate_limiting.reject",),
    greedy_per_s=10.0,
    expects={Fact.BOOKED: 1, Fact.LIMITED: 5},
    never=_NO_TROUBLE | _NO_DROPS | {Fact.DISTURBED},
)

LOST = Scene(
    name="collector-lost",
    broken="The collector of the traces is gone. Later it comes back.",
    answer="Bookings go on as if nothing were: spans wait in a bounded queue, and what cannot be"
    " delivered is dropped and counted.",
    acts=(
        Act(0.0, "the collector is gone", collecting=False),
        Act(0.7, "the collector is back", collecting=True),
    ),
    panels={"tallybook-books": ("Dropped, and never made",)},
    search="the traces of that time are missing, and telemetry_dropped_total says how many spans",
    spans=("book_appointment",),
    expects={Fact.BOOKED: 1, Fact.DROPPED: 1},
    never=_NO_TROUBLE | _NO_LIMITS,
)

SCENES = (CALM, FLAKY, SLOW, DEAD, FLOOD, LOST)
