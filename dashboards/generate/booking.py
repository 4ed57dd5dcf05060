"""Follow one booking: from a slow or failed one to its trace, and from there to its log lines."""

from dashboards.generate import objectives as promised
from dashboards.generate.board import Panels, board
from dashboards.generate.described import described, steps
from dashboards.generate.panels import heat, lines
from dashboards.generate.promql import quantile, rate
from dashboards.generate.sources import LOGS, TRACES, LogQuery, Query, TraceQuery
from grafana_foundation_sdk.builders import dashboard as grafana
from grafana_foundation_sdk.builders import logs, table, text
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel
from grafana_foundation_sdk.models.text import TextMode

SERVED = "http_server_request_duration_seconds"
ATTEMPT = "http_client_request_duration_seconds"
BOOKED = ('http_request_method="POST"', 'http_route=~"/appointments|/book"')
HOW = """\
1. Find the spike on **Bookings** or **Attempts** below. Each dot is one request, an *exemplar*:
   point at it and choose **Trace** to see it whole.
2. Or choose a trace from **Traces of failed calls**.
3. Put its id into **Trace** above: the trace and its log lines appear below.

In the trace, the span of the operation says how often it was tried (`resilience.attempts`) and
how long it waited (`resilience.waited_s`); each attempt is a span with its own status, each wait a
span `resilience.retry`."""


def booking() -> Dashboard:
    """The dashboard."""
    rows = {
        "Find it": _find(),
        "Its trace": [_found(), _trace()],
        "Its log lines": [_its_lines(), _warnings()],
    }
    trace = grafana.TextBoxVariable("trace").label("Trace").default_value("")
    says = "From a slow or failed booking to its trace, and from there to its log lines."
    return board("booking", "Follow one booking", says, rows, more=[trace])


def _find() -> Panels:
    buckets = rate(f"{SERVED}_bucket", *BOOKED, by="le")
    return [
        _how(),
        heat(
            "Bookings",
            "How many bookings took how long, through the agent and at the API; the dots are"
            " single bookings that lead to their traces.",
            "s",
            Query(buckets, "{{le}}", exemplars=True),
            width=16,
        ),
        lines(
            "Latency of bookings",
            "Half, 95 % and 99 % of the bookings took at most this, whatever their answer; the"
            " dots are single bookings.",
            "s",
            *(
                Query(quantile(q, SERVED, *BOOKED), f"{{{{job}}}} p{q * 100:g}", exemplars=True)
                for q in (0.5, 0.95, 0.99)
            ),
            limits=[(promised.BOOKING_S, "red")],
            width=8,
        ),
        lines(
            "Attempts",
            "Time of the attempts of the agent at the API, by error; the dots are single attempts.",
            "s",
            Query(quantile(0.95, ATTEMPT, 'error_type=""'), "without error, p95", exemplars=True),
            Query(
                quantile(0.95, ATTEMPT, 'error_type!=""', by="error_type"),
                "{{error_type}}, p95",
                exemplars=True,
            ),
            width=8,
        ),
        lines(
            "Retries",
            "Attempts a second after the first; the dots are single ones, and lead to the trace"
            " of the operation that needed them.",
            "reqps",
            Query(
                rate("resilience_retries_total", by="reason") + " > 0", "{{reason}}", exemplars=True
            ),
            width=8,
        ),
    ]


def _how() -> Builder[Panel]:
    panel = described(text.Panel(), "How", "How to follow one booking.", [], width=8)
    return panel.mode(TextMode.MARKDOWN).content(HOW)


def _found() -> Builder[Panel]:
    search: dict[str, object] = {
        "service": "booking-agent",
        "tags": "resilience.outcome=error",
        "limit": 20,
    }
    return described(
        table.Panel(),
        "Traces of failed calls",
        "The latest calls of the agent to the API that failed for whoever booked."
        " Those that a retry rescued are found by the dots above.",
        [TraceQuery(search=search)],
        source=TRACES,
        width=24,
        height=6,
    ).thresholds(steps("green"))


def _trace() -> Builder[Panel]:
    return described(
        grafana.Panel().type("traces"),
        "Trace",
        "Every span of the trace whose id stands above, in all services.",
        [TraceQuery("${trace}")],
        source=TRACES,
        width=24,
        height=14,
    )


def _its_lines() -> Builder[Panel]:
    return described(
        logs.Panel().show_time(True).wrap_log_message(True).enable_log_details(True),
        "Log lines of the trace",
        "What each service wrote while it worked on this trace.",
        [LogQuery('{service_name=~"booking-.+"} | trace_id = `${trace}`')],
        source=LOGS,
        height=12,
    )


def _warnings() -> Builder[Panel]:
    return described(
        logs.Panel().show_time(True).wrap_log_message(True).enable_log_details(True),
        "Warnings",
        "Everything that a service warned of in the time shown; each line leads to its trace.",
        [LogQuery('{service_name=~"booking-.+"} | detected_level=~"warn|error|critical|fatal"')],
        source=LOGS,
        height=12,
    )
