"""Retries and timeouts: what is sent more than once, why, and whether it helps."""

from dashboards.generate import objectives as promised
from dashboards.generate.board import Panels, board
from dashboards.generate.panels import OUTCOMES, TIMES, bars, gauge, lines, stat
from dashboards.generate.promql import increase, quantile, rate, ratio, total
from dashboards.generate.sources import Query
from grafana_foundation_sdk.models.dashboard import Dashboard

ATTEMPTS = "resilience_attempts_total"
OPERATIONS = "resilience_operations_total"
RETRIES = "resilience_retries_total"
SUPPRESSED = "resilience_retries_suppressed_total"
TIMEOUTS = "resilience_timeouts_total"
OF_ONE = "job, operation"


def retries() -> Dashboard:
    """The dashboard."""
    rows = {
        "At a glance": _glance(),
        "Attempts": _attempts(),
        "Retries": _retries(),
        "Waiting": _waiting(),
        "Timeouts and giving up": _stopping(),
    }
    says = "What is sent more than once, why, whether it helps, and what was given up."
    return board("retries", "Retries and timeouts", says, rows)


def _glance() -> Panels:
    first = increase(ATTEMPTS, 'resend="0"')
    rescued = increase(OPERATIONS, 'retried="true"', 'outcome="success"')
    tokens = total("resilience_retry_budget_tokens", by="job, target")
    limit = total("resilience_retry_budget_limit", by="job, target")
    return [
        stat(
            "Amplification",
            "Attempts for each operation in the time shown: 1 means that nothing was retried."
            " From 1.5 on an alert fires.",
            TIMES,
            Query(ratio(increase(ATTEMPTS), first), "{{job}}"),
            above=[(1.05, "yellow"), (promised.AMPLIFICATION, "red")],
            width=6,
            decimals=2,
        ),
        stat(
            "Rescued by a retry",
            "Share of the retried operations that succeeded after all.",
            "percentunit",
            Query(ratio(rescued, increase(OPERATIONS, 'retried="true"')), "{{job}}"),
            base="red",
            above=[(0.5, "yellow"), (0.9, "green")],
            width=6,
            empty="nothing retried",
        ),
        stat(
            "Failed for their callers",
            "Operations in the time shown that ended as an error for their caller, or were"
            " refused unsent.",
            "short",
            Query(increase(OPERATIONS, 'outcome!="success"'), "{{job}}"),
            above=[(0.5, "yellow"), (10, "red")],
            width=6,
            decimals=0,
        ),
        gauge(
            "Retry budget",
            "What is left of the tokens that failures spend and successes earn back. At 50 % or"
            " less nothing is retried any more.",
            Query(f"{tokens} / {limit}", "{{job}} to {{target}}"),
            above=[(0.5001, "yellow"), (0.8, "green")],
            empty="no client",
        ),
    ]


def _attempts() -> Panels:
    first = rate(ATTEMPTS, 'resend="0"', by=OF_ONE)
    return [
        lines(
            "Attempts for each operation",
            "The amplification of each operation: 1 without retries, at most 4. From 1.5 on the"
            " retries are too much of the load.",
            TIMES,
            Query(ratio(rate(ATTEMPTS, by=OF_ONE), first), "{{operation}}"),
            limits=[(promised.AMPLIFICATION, "red")],
        ),
        lines(
            "Attempts by how often they were sent before",
            "First attempts (0) and resends; what is above the first layer exists only because"
            " of retries.",
            "reqps",
            Query(rate(ATTEMPTS, by="resend"), "resend {{resend}}"),
            stacked=True,
        ),
        lines(
            "Attempts by how they ended",
            "Failed attempts a second by error: a status, or what kept an answer from coming.",
            "reqps",
            Query(rate(ATTEMPTS, 'error_type!=""', by="error_type") + " > 0", "{{error_type}}"),
            Query(rate(ATTEMPTS, 'error_type=""'), "without error"),
        ),
        lines(
            "Time of one attempt",
            "From connecting to the last byte, of attempts whether they failed or not.",
            "s",
            *(
                Query(
                    quantile(q, "http_client_request_duration_seconds"),
                    f"{{{{job}}}} p{q * 100:g}",
                    exemplars=True,
                )
                for q in (0.5, 0.95, 0.99)
            ),
        ),
    ]


def _retries() -> Panels:
    return [
        lines(
            "Retries by cause",
            "Second and later attempts a second, by the error of the attempt before.",
            "reqps",
            Query(rate(RETRIES, by="reason") + " > 0", "{{reason}}"),
            stacked=True,
        ),
        lines(
            "Retried operations by their end",
            "Whether retrying helped: operations a second that were retried and then succeeded,"
            " or failed all the same.",
            "ops",
            Query(rate(OPERATIONS, 'retried="true"', by="outcome"), "{{outcome}}"),
            stacked=True,
            colours=OUTCOMES,
        ),
        lines(
            "Operations by their end",
            "All protected calls a second; rejected ones were refused without being sent.",
            "ops",
            Query(rate(OPERATIONS, by="outcome"), "{{outcome}}"),
            stacked=True,
            colours=OUTCOMES,
        ),
        lines(
            "Operations under way",
            "Protected calls that have begun and not ended, waits between attempts included.",
            "short",
            Query(total("resilience_operations_in_progress", by="operation"), "{{operation}}"),
            stacked=True,
        ),
    ]


def _waiting() -> Panels:
    waits = "resilience_retry_delay_seconds"
    return [
        lines(
            "Wait before a retry",
            "How long clients waited before an attempt: half of them, and 95 %. backoff is our"
            " own wait, retry_after what the service asked for.",
            "s",
            *(
                Query(quantile(q, waits, by="source"), f"{{{{source}}}} p{q * 100:g}")
                for q in (0.5, 0.95)
            ),
            width=8,
        ),
        lines(
            "Time spent waiting",
            "Seconds a second that operations wait instead of working, all clients together.",
            "none",
            Query(rate(f"{waits}_sum", by="source"), "{{source}}"),
            stacked=True,
            width=8,
        ),
        lines(
            "Time of a whole operation, p95",
            "What the caller waits for: 95 % of the calls with each end took at most this, all"
            " attempts and waits included.",
            "s",
            Query(
                quantile(0.95, "resilience_operation_duration_seconds", by="outcome"),
                "{{outcome}}",
                exemplars=True,
            ),
            width=8,
            colours=OUTCOMES,
        ),
    ]


def _stopping() -> Panels:
    return [
        lines(
            "Timeouts by phase",
            "Attempts a second given up for time: while connecting, before the answer (read),"
            " within it (total), or because the whole operation's time was over (deadline).",
            "reqps",
            Query(rate(TIMEOUTS, by="phase"), "{{phase}}"),
            stacked=True,
        ),
        bars(
            "Why there was no further attempt",
            "Failed attempts in the time shown that were not followed by another, by the reason.",
            "short",
            Query(increase(SUPPRESSED, by="stop_reason"), "{{stop_reason}}"),
        ),
        lines(
            "Retry budget over time",
            "Tokens left and the limit; at half of the limit nothing is retried.",
            "short",
            Query(total("resilience_retry_budget_tokens"), "{{job}} tokens"),
            Query(total("resilience_retry_budget_limit"), "{{job}} limit"),
            Query(f"{total('resilience_retry_budget_limit')} / 2", "{{job}} no retries below"),
        ),
        lines(
            "Retry-After not understood",
            "Retry-After headers a second that were neither seconds nor a date; the usual wait"
            " is taken instead.",
            "reqps",
            Query(rate("resilience_retry_after_rejected_total", by=OF_ONE), "{{operation}}"),
        ),
    ]
