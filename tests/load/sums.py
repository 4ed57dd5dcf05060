"""The first four laws as plain sums, in words of their own: a second opinion beside the audit."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.load.run import Run


class Sum(NamedTuple):
    """How often one thing happened, by the ledger, the counters, the spans and the log lines."""

    fact: str
    ledger: int
    counters: int
    spans: int
    lines: int

    @property
    def balances(self) -> bool:
        """Whether all say the same."""
        return self.ledger == self.counters == self.spans == self.lines


def unbalanced(run: Run) -> list[Sum]:
    """What does not balance; nothing in a run in which every signal was delivered."""
    return [each for each in sums(run) if not each.balances]


def sums(run: Run) -> list[Sum]:
    """Attempts, resends, timeouts, and the requests that each service served and refused."""
    served = [_served(run, *names) for names in SERVERS]
    return [_attempts(run), _resends(run), _timeouts(run), *served]


SERVERS = (
    ("booking-api", ("agent-api", "users-api")),
    ("booking-agent", ("users-agent",)),
)


def _attempts(run: Run) -> Sum:
    return Sum(
        "attempts",
        len(run.ledger("agent-api")),
        int(run.total("booking-agent", "resilience_attempts_total")),
        len(_client_spans(run)),
        len(run.lines("booking-agent", "attempt.finished")),
    )


def _resends(run: Run) -> Sum:
    resent = [s for s in _client_spans(run) if s["attributes"].get("http.request.resend_count")]
    return Sum(
        "attempts after the first",
        sum(entry.attempt > 1 for entry in run.ledger("agent-api")),
        int(run.total("booking-agent", "resilience_retries_total")),
        len(resent),
        len(run.lines("booking-agent", "retry.started")),
    )


def _timeouts(run: Run) -> Sum:
    return Sum(
        "attempts given up for time",
        sum(entry.client_closed_early for entry in run.ledger("agent-api")),
        int(run.total("booking-agent", "resilience_timeouts_total")),
        sum(span["name"] == "resilience.timeout" for span in run.spans),
        len(run.lines("booking-agent", "timeout.elapsed")),
    )


def _served(run: Run, service: str, hops: tuple[str, ...]) -> Sum:
    reached = [e for hop in hops for e in run.ledger(hop) if e.upstream_status is not None]
    spans = [s for s in run.spans if s["service"] == service and s["kind"] == "server"]
    told = ("request.served", "rate_limiting.reject")
    return Sum(
        f"requests that the {service} answered",
        len(reached),
        int(run.total(service, "http_server_request_duration_seconds_count")),
        len(spans),
        sum(line["event"] in told for line in run.lines(service)),
    )


def _client_spans(run: Run) -> list[Mapping[str, Any]]:
    return [s for s in run.spans if s["kind"] == "client" and "url.template" in s["attributes"]]
