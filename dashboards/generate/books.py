"""Do the books balance? What each signal says of the same facts, and the difference."""

from dashboards.generate import objectives as promised
from dashboards.generate.board import Panels, board
from dashboards.generate.panels import lines, stat
from dashboards.generate.pipe import bounds, pipe
from dashboards.generate.promql import RATE, increase, rate, select, total
from dashboards.generate.sources import Query
from grafana_foundation_sdk.models.dashboard import Dashboard

ATTEMPTS = "resilience_attempts_total"
OPERATIONS = "resilience_operations_total"
SERVED = "http_server_request_duration_seconds_count"
SPANS = "traces_span_metrics_calls_total"
API = 'job="booking-api"'
"""Whose 429s all are its own; the agent passes on those that it gets."""

SMOOTH = "15s"
"""Spans are counted in batches some seconds apart, which a short window would show as waves."""

STATE_SECONDS = "resilience_circuit_breaker_state_seconds_total"
STATUS_429 = 'http_response_status_code="429"'


def books() -> Dashboard:
    """The dashboard."""
    rows = {
        "Within each process: counters against counters": _residuals(),
        "Counters against the spans that the collector counted": _spans(),
        "What was sent against what was served": _hops(),
        "Telemetry made, delivered and dropped": pipe(),
        "Bounds": bounds(),
    }
    says = "Counters, spans and log lines tell of the same facts; here they are compared."
    return board("books", "Do the books balance?", says, rows)


def residuals() -> dict[str, str]:
    """The difference of each law that one process can be held to; always 0 but for work under way.

    Where the two sides are counted at the begin and the end of the same work, what is under way
    is allowed for.
    """
    under_way = total("resilience_operations_in_progress")
    unsent_left_out = total(OPERATIONS, 'outcome!="rejected"')
    sent = f"{unsent_left_out} + {total('resilience_retries_total')}"
    resends = total(ATTEMPTS, 'resend!="0"')
    return {
        "attempts - times of attempts": _less(
            total(ATTEMPTS), total("http_client_request_duration_seconds_count")
        ),
        "attempts - operations sent - retries": _beyond(
            _less(total(ATTEMPTS), f"({sent})"), under_way
        ),
        "retries - resends": _beyond(_less(total("resilience_retries_total"), resends), under_way),
        "operations - times of operations": _less(
            total(OPERATIONS), total("resilience_operation_duration_seconds_count")
        ),
        "timeouts - attempts timed out": _less(
            total("resilience_timeouts_total"),
            total(ATTEMPTS, 'error_type=~"timeout_.+|deadline"'),
        ),
        "429s received - attempts with 429": _less(
            total("resilience_rate_limited_total"), total(ATTEMPTS, 'error_type="429"')
        ),
        "rejections - 429s of the API": _less(
            total("rate_limiting_requests_total", 'result="rejected"', API),
            total(SERVED, STATUS_429, API),
        ),
        "refused calls - calls judged refused": _less(
            total("resilience_circuit_breaker_rejections_total"),
            total("resilience_circuit_breaker_calls_total", 'outcome="rejected"'),
        ),
    }


def _less(left: str, right: str) -> str:
    return f"{left} - {right}"


def _beyond(difference: str, allowed: str) -> str:
    return f"clamp_min(abs({difference}) - {allowed}, 0)"


def _lasting(difference: str) -> str:
    """The least of the last scrapes: one that fell into an event tells of nothing."""
    return f"min_over_time(abs({difference})[{RATE}:])"


def _residuals() -> Panels:
    found = residuals()
    return [
        stat(
            "Residuals now",
            "For each law, by how much two counters of the same facts differed at all of the"
            " last scrapes. Anything but 0 is a bug in how signals are made.",
            "short",
            *(Query(_lasting(expr), f"{{{{job}}}}: {name}") for name, expr in found.items()),
            above=[(0.5, "red")],
            width=24,
            height=8,
            decimals=0,
            empty="no client",
        ),
        lines(
            "Residuals",
            "What one counter says less what the other says, at each scrape. Every line lies on"
            " 0; 1 for a moment is a scrape in the middle of an event.",
            "short",
            *(Query(expr, f"{{{{job}}}}: {name}") for name, expr in found.items()),
            width=16,
            signed=True,
        ),
        lines(
            "Time in the breaker's states",
            "The seconds in all states of a circuit, less the seconds that passed between the"
            " same scrapes. It stays below the time that a scrape takes; more is a state whose"
            " time was not counted.",
            "s",
            Query(_unaccounted(), "{{job}} to {{target}}"),
            limits=[(1.0, "red")],
            width=8,
        ),
    ]


def _unaccounted() -> str:
    """Seconds of an interval that are in no state of the breaker; not of one with a restart."""
    series, by = select(STATE_SECONDS), "by (job, target)"
    earlier = f"{series} offset {RATE}"
    spent = f"sum {by} ({series}) - sum {by} ({earlier})"
    passed = f"max {by} (timestamp({series})) - max {by} (timestamp({earlier}))"
    restarts = f"sum by (job) (changes({select('process_start_time_seconds')}[{RATE}]))"
    return f"abs({spent} - ({passed})) and on (job) {restarts} == 0"


def _spans() -> Panels:
    of_job = 'label_replace(rate({}{{span_kind="SPAN_KIND_{}"}}[{}]), "job", "$1", "service_name"'
    server, client = (
        f'sum by (job) ({of_job.format(SPANS, kind, RATE)}, "(.*)")) and on (job) {total(counter)}'
        for kind, counter in (("SERVER", SERVED), ("CLIENT", ATTEMPTS))
    )
    lost, surplus = "job_kind:spans_lost:ratio1h", "job_kind:spans_surplus:ratio1h"
    return [
        lines(
            "Requests served: counted, and as spans",
            "The counter of requests, and the SERVER spans that the collector counted before it"
            " drops any; the lines of a service cover each other, the spans some seconds later.",
            "reqps",
            Query(rate(SERVED), "{{job}} counted", step=SMOOTH),
            Query(server, "{{job}} spans", step=SMOOTH),
            width=8,
        ),
        lines(
            "Attempts sent: counted, and as spans",
            "The counter of attempts, and the CLIENT spans that the collector counted before it"
            " drops any.",
            "reqps",
            Query(rate(ATTEMPTS), "{{job}} counted", step=SMOOTH),
            Query(client, "{{job}} spans", step=SMOOTH),
            width=8,
        ),
        lines(
            "Spans lost, or too many",
            "Over an hour: the share of counted facts without a span, and of spans without a"
            " count, however either may lag. From 5 % on an alert fires. Needs 2 minutes of data.",
            "percentunit",
            Query(f"clamp_min({select(lost)}, 0)", "{{job}} {{kind}} lost"),
            Query(f"clamp_min({select(surplus)}, 0)", "{{job}} {{kind}} too many"),
            limits=[(promised.DRIFT, "red")],
            width=8,
            signed=True,
        ),
    ]


def _hops() -> Panels:
    posted = ('http_request_method="POST"', 'http_route="/appointments"')
    created = 'operation="create_appointment"'
    lost = f"{_all(increase(ATTEMPTS, created))} - {_all(increase(SERVED, *posted))}"
    return [
        lines(
            "Bookings sent and served",
            "Attempts to book that the agent sent, requests to book that the API served, and all"
            " requests that crossed the proxy between them.",
            "reqps",
            Query(_all(rate(ATTEMPTS, created)), "sent by the agent"),
            Query(_all(rate(SERVED, *posted)), "served by the API"),
            Query(f"sum(rate(wire_requests_total[{RATE}]))", "all that crossed the proxy"),
        ),
        stat(
            "Bookings sent but not served",
            "Attempts to book in the time shown that the API never served, about: refused, lost"
            " or answered on the way. Negative: somebody else books as well.",
            "short",
            Query(lost, "not served"),
            above=[(1, "yellow")],
            width=6,
            height=8,
            decimals=0,
        ),
        lines(
            "Resends sent and received",
            "Retries that the agent sent, and requests that the API saw marked as sent before;"
            " the difference never reached the API.",
            "reqps",
            Query(_all(rate("resilience_retries_total")), "sent by the agent"),
            Query(_all(rate("http_server_requests_resent_total")), "received by the API"),
            width=6,
        ),
        lines(
            "429s served and received",
            "429s that the API answered with, and those that the agent got; other clients of the"
            " API get some as well.",
            "reqps",
            Query(_all(rate(SERVED, STATUS_429, API)), "served by the API"),
            Query(_all(rate("resilience_rate_limited_total")), "received by the agent"),
        ),
        lines(
            "Faults injected",
            "Faults that the proxy injected, by kind: what explains a difference beside it.",
            "reqps",
            Query(
                f"sum by (fault) (rate(wire_faults_injected_total[{RATE}])) > 0",
                "{{fault}}",
            ),
            Query(f"sum(rate(wire_faults_injected_total[{RATE}]))", "all"),
        ),
    ]


def _all(of_each_job: str) -> str:
    return f"sum({of_each_job})"
