"""What a protected call says of itself fits the attempts and the waits that are in it."""

from audit.books import Books
from audit.laws.result import LawResult
from audit.losses import SPAN
from audit.records import Span

_RETRIED = "retry.started"
_FAILING = frozenset(("429", "connection", "protocol", "deadline"))
"""Besides 5xx and timeouts: what ends no call with success."""


def courses_fit(books: Books, result: LawResult) -> None:
    """Each operation whose spans were all received, against its attempts and its waits."""
    waits = books.own_in(_RETRIED)
    for operation in books.operations:
        attempts = books.attempts_in.get(operation.span_id, [])
        if attempts and books.losses.of(operation.life, SPAN) is None:
            _outcome_fits(result, operation, attempts)
            _reasons_fit(result, attempts, waits.get(operation.span_id, []))


def _outcome_fits(result: LawResult, operation: Span, attempts: list[Span]) -> None:
    _, _, outcome, retried, _ = operation.labels
    last = _error_type(attempts[-1])
    if (retried == "true") != (len(attempts) > 1):
        _differ(result, operation, f"says retried={retried} with {len(attempts)} attempts")
    if outcome == "success" and _fails(last):
        _differ(result, operation, f"is a success whose last attempt ended as {last}")


def _reasons_fit(result: LawResult, attempts: list[Span], waits: list[Span]) -> None:
    ended = {span.number + 1: _error_type(span) for span in attempts}
    for wait in waits:
        before, reason = ended.get(wait.number - 1), wait.labels[2]
        if before is not None and before != reason:
            _differ(result, wait, f"is for {reason} after an attempt that ended as {before}")


def _error_type(attempt: Span) -> str:
    return attempt.labels[2]


def _fails(error_type: str) -> bool:
    return error_type in _FAILING or error_type.startswith(("5", "timeout"))


def _differ(result: LawResult, span: Span, what: str) -> None:
    result.disagree(f"{span.name} {what}", trace_id=span.trace_id, span_id=span.span_id)
