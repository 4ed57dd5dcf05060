"""The real stack's books balance, and one changed line of any of them shows."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.audit_rig import audit_rig
from tests.stack_http import PERSON, new_user

from audit.laws.result import Verdict
from audit.reading import read_books
from audit.verdict import Judgment, judge
from booking.auditing import CATALOGUE
from wire import Drop, Refuse, Rule, Status

EXPECTED = (
    *("attempt.finished", "operation.finished", "request.served", "rate_limiting.reject"),
    *("retry.started", "retry.suppressed", "timeout.elapsed", "booking.appointment"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handful of bookings: a 503, a lost answer, a refused connection, a user who is limited."""
    directory = tmp_path_factory.mktemp("audited")
    with audit_rig(directory / "work", LIMITS="6 per 1 hour") as rig:
        starts = iter(rig.starts(new_user())[::3])

        def book(user: str, name: str) -> int:
            return rig.book(user, {**next(starts), "client": PERSON}, name).status

        assert book(new_user(), "req-plain") == 201
        rig.plan(Rule(method="POST", nth=(1,), fault=Status(status=503)))
        assert book(new_user(), "req-503") == 201
        rig.plan(Rule(method="POST", nth=(1,), fault=Drop()))
        assert book(new_user(), "req-lost") == 201
        rig.plan(Rule(nth=(1,), fault=Refuse()))
        assert book(new_user(), "req-refused") == 201
        rig.plan()
        limited = new_user()
        assert 429 in [book(limited, f"req-limited-{number}") for number in range(8)]
        return rig.write(directory / "run", EXPECTED)


def judged(directory: Path) -> Judgment:
    """The verdict on a run."""
    return judge(read_books(directory, CATALOGUE))


def test_the_books_of_the_real_stack_balance(run: Path) -> None:
    """Every law is judged, and every law passes."""
    found = {result.law: result.verdict for result in judged(run).laws}

    assert found == {f"L{number}": Verdict.PASSED for number in range(1, 14)}


def drop_line(path: Path, holds: Callable[[str], bool]) -> None:
    """Take the first line away of which it holds."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines.remove(next(line for line in lines if holds(line)))
    path.write_text("".join(lines), encoding="utf-8")


def lose_a_request(run: Path) -> None:
    drop_line(run / "ledger" / "agent-api.jsonl", lambda line: '"POST"' in line)


def lose_a_span(run: Path) -> None:
    drop_line(run / "spans.jsonl", lambda line: '"kind": "client"' in line)


def lose_a_log_line(run: Path) -> None:
    drop_line(run / "logs" / "agent-1.jsonl", lambda line: "retry.started" in line)


def count_once_more(run: Path) -> None:
    path = run / "metrics" / "agent-1" / "0001.prom"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("resilience_retries_total{"))
    lines[place] = lines[place].replace("} 0.0", "} 1.0").replace("} 2.0", "} 3.0")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def promise_too_much(run: Path) -> None:
    path = run / "users.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines[0]["confirmation"] = "APPT-NEVER"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("tamper", "verdict"),
    [
        (lose_a_request, Verdict.FAILED),
        (lose_a_span, Verdict.UNTRUSTWORTHY),
        (lose_a_log_line, Verdict.UNTRUSTWORTHY),
        (count_once_more, Verdict.FAILED),
        (promise_too_much, Verdict.FAILED),
    ],
)
def test_one_changed_line_shows(
    run: Path, tmp_path: Path, tamper: Callable[[Path], None], verdict: Verdict
) -> None:
    """Of the ledger, the spans, the log, the metrics, or what users were told."""
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    tamper(copy)

    assert judged(copy).verdict is verdict
