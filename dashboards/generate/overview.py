"""Overview: are the promises kept, and if not, what is broken now?"""

from dashboards.generate import objectives as promised
from dashboards.generate.board import Panels, board
from dashboards.generate.panels import TIMES, lines, stat, table, timeline
from dashboards.generate.promises import BOOKINGS, SERVED, kept_promises
from dashboards.generate.promql import increase, quantile, rate, seen, select, total
from dashboards.generate.sources import Query
from grafana_foundation_sdk.models.dashboard import Dashboard

SHED = "http_server_requests_shed_total"
OPEN = 'state=~"open|half_open|forced_open"'


def overview() -> Dashboard:
    """The dashboard."""
    rows = {
        "Objectives": kept_promises(),
        "What is broken now": _broken(),
        "Traffic": _traffic(),
        "Saturation": _saturation(),
    }
    says = "Are the promises kept, how much of the error budget is left, and what is broken now?"
    return board("overview", "Overview", says, rows)


def _broken() -> Panels:
    return [*_alarms(), *_protections()]


def _alarms() -> Panels:
    return [
        table(
            "Alerts firing",
            "Each alert that fires now, with the service that it is about. Its page says what to"
            " do. Empty when all is well.",
            "none",
            Query('ALERTS{alertstate="firing"}'),
            hide=("Value", "__name__", "alertstate"),
            height=6,
            empty="No alert is firing",
        ),
        timeline(
            "Scrapes",
            "Whether each part of the stack answers Prometheus. What is down counts nothing, so"
            " it looks calm on every other panel.",
            (("down", "red"), ("up", "green")),
            Query("min by (job) (up)", "{{job}}"),
            width=12,
            height=6,
        ),
    ]


def _protections() -> Panels:
    opened = increase("resilience_circuit_breaker_state_seconds_total", OPEN, over="5m")
    dropped = increase("telemetry_dropped_total", over="5m")
    return [
        stat(
            "Circuits not closed",
            "Seconds of the last 5 minutes in which a circuit breaker was open or half-open,"
            " openings between two scrapes included. From 30 s on an alert fires.",
            "s",
            Query(opened, "{{job}}"),
            above=[(0.001, "yellow"), (300 * promised.NOT_CLOSED, "red")],
            decimals=0,
            leads="breaker",
        ),
        stat(
            "Amplification",
            "Attempts for each operation over 5 minutes: 1 means that nothing was retried. From"
            " 1.5 on an alert fires.",
            TIMES,
            Query(select("job_target:attempts_per_operation:ratio_rate5m"), "{{job}}"),
            above=[(1.05, "yellow"), (promised.AMPLIFICATION, "red")],
            decimals=2,
            leads="retries",
        ),
        stat(
            "Rejected with 429",
            "Share of the requests of 5 minutes that were over a rate limit. From 20 % on an"
            " alert fires.",
            "percentunit",
            Query(select("job:rate_limit_rejections:ratio_rate5m"), "{{job}}"),
            above=[(0.01, "yellow"), (promised.REJECTED, "red")],
            leads="limits",
        ),
        stat(
            "Shed",
            "Requests of 5 minutes turned away unserved: the queue was full, their deadline had"
            " passed, or the process was ending.",
            "short",
            Query(increase(SHED, over="5m"), "{{job}}"),
            above=[(0.5, "red")],
            decimals=0,
            leads="runtime",
        ),
        stat(
            "Retries refused",
            "Retries of 5 minutes that the retry budget refused, since too many calls had failed.",
            "short",
            Query(select("job_target:retries_refused_by_budget:increase5m"), "{{job}}"),
            above=[(0.5, "red")],
            decimals=0,
            leads="retries",
        ),
        stat(
            "Telemetry dropped",
            "Spans and log lines of 5 minutes that were made but not delivered. Until it is 0,"
            " trust no comparison of signals.",
            "short",
            Query(dropped, "{{job}}"),
            above=[(0.5, "red")],
            decimals=0,
            leads="books",
        ),
    ]


def _traffic() -> Panels:
    by = "job, http_route"
    return [
        lines(
            "Requests",
            "Requests a second by route, whatever their answer.",
            "reqps",
            Query(
                seen(rate(f"{SERVED}_count", by=by), f"{SERVED}_count", by),
                "{{job}} {{http_route}}",
            ),
        ),
        lines(
            "Failures",
            "Share of requests with each status from 400 on. 5xx spend the error budget; 4xx are"
            " the client's own fault, 429 is the rate limiter.",
            "percentunit",
            Query(
                rate(
                    f"{SERVED}_count",
                    'http_response_status_code=~"[45].."',
                    by="job, http_response_status_code",
                )
                + f" / on (job) group_left () ({rate(f'{SERVED}_count')} > 0) > 0",
                "{{job}} {{http_response_status_code}}",
            ),
        ),
        lines(
            "Latency by route, p95",
            "95 % of the requests to each route were answered within this time, queueing"
            " included. The line is the objective for bookings.",
            "s",
            Query(quantile(0.95, SERVED, by=by), "{{job}} {{http_route}}"),
            limits=[(promised.BOOKING_S, "red")],
        ),
        lines(
            "Latency of bookings",
            "How long successful bookings take: half of them, 95 % and 99 %. The objective is"
            " that 99 % stay below the line.",
            "s",
            *(
                Query(quantile(q, SERVED, *BOOKINGS), f"{{{{job}}}} p{q * 100:g}", exemplars=True)
                for q in (0.5, 0.95, 0.99)
            ),
            limits=[(promised.BOOKING_S, "red")],
        ),
        lines(
            "Appointments",
            "Requests to make or change appointments a minute, by how they ended.",
            "cpm",
            Query(
                f"60 * {rate('booking_appointments_total', by='result')}",
                "{{result}}",
            ),
        ),
        lines(
            "Being served",
            "Requests under way; steady growth means that they come faster than they are answered.",
            "short",
            Query(total("http_server_active_requests"), "{{job}}"),
        ),
    ]


def _saturation() -> Panels:
    return [
        lines(
            "Busy workers",
            "Share of the worker threads at work. At 100 % requests begin to queue.",
            "percentunit",
            Query(
                f"{total('http_server_busy_workers')} / {total('http_server_workers')}", "{{job}}"
            ),
            limits=[(0.8, "yellow"), (1.0, "red")],
            top=1,
            width=8,
        ),
        lines(
            "Queue",
            "How full the queue before the workers is. At 100 % requests are shed.",
            "percentunit",
            Query(
                f"{total('http_server_queued_requests')} / {total('http_server_queue_limit')}",
                "{{job}}",
            ),
            limits=[(0.5, "yellow"), (1.0, "red")],
            top=1,
            width=8,
        ),
        lines(
            "Processor",
            "Share of one processor core in use; one process can use one core.",
            "percentunit",
            Query(rate("process_cpu_seconds_total"), "{{job}}"),
            limits=[(0.8, "yellow"), (0.95, "red")],
            width=8,
        ),
    ]
