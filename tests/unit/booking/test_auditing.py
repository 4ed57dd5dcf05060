"""`tallybook audit`: exit codes, sentences, and what it prints."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.audit_books import balanced
from tests.audit_play import Play

from booking.auditing import audit, verdict


def run(*words: object) -> Result:
    """The command with these words."""
    return CliRunner().invoke(audit, [str(word) for word in words])


def test_balanced_books_end_with_0(tmp_path: Path) -> None:
    """The verdict stands in the first line, and in the file for machines."""
    directory = balanced().write(tmp_path / "run")
    result = run(directory, "--json", tmp_path / "audit.json")
    told = json.loads((tmp_path / "audit.json").read_text())

    assert result.exit_code == 0
    assert result.output.splitlines()[0] == (
        "The books of this run: PASSED  (L13 not judged: the run names no expected events)"
    )
    assert (told["verdict"], told["exit_code"]) == ("passed", 0)
    assert [law["law"] for law in told["laws"]] == [f"L{number}" for number in range(1, 14)]


def test_a_broken_law_ends_with_1_and_tells_the_story(tmp_path: Path) -> None:
    """What disagrees is followed by what every record says about it."""
    play = balanced()
    play.agent.lines.remove(next(x for x in play.agent.lines if x["event"] == "attempt.finished"))
    result = run(play.write(tmp_path / "run"), "--law", "l1")

    assert result.exit_code == 1
    for told in (
        "The books of this run: FAILED",
        "an attempt without a log line",
        "ledger  agent-api: POST /appointments -> 201",
        "user    127.0.0.1: book_appointment -> 201",
        "log     api-1: booking.appointment",
        "create_appointment  booking-agent internal",
    ):
        assert told in result.output


def test_lost_telemetry_ends_with_3(tmp_path: Path) -> None:
    """Nothing is said of what cannot be judged."""
    play = balanced()
    play.scrape()
    play.spans.pop()

    result = run(play.write(tmp_path / "run"), "--law", "L10")

    assert result.exit_code == 3
    assert "UNTRUSTWORTHY" in result.output.splitlines()[0]


def test_spans_that_are_none_are_named_by_the_file_that_was_given(tmp_path: Path) -> None:
    """Not by the place that they were gathered in."""
    spans = tmp_path / "mine.jsonl"
    spans.write_text('{"name": "a"}\n')
    result = run("--spans", spans)

    assert (result.exit_code, result.stderr) == (
        2,
        f"{spans}, line 1: a span without end_ns, kind, parent_id, service, span_id, start_ns,"
        " trace_id\n",
    )


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_file_that_cannot_be_written_ends_with_2(tmp_path: Path, option: str) -> None:
    """With one sentence: 1 would say that a law is broken."""
    path = tmp_path / "missing" / "audit"
    result = run(balanced().write(tmp_path / "run"), option, path)

    assert (result.exit_code, result.stderr) == (
        2,
        f"{path} cannot be written: No such file or directory; choose another file.\n",
    )


def test_a_verdict_that_cannot_be_written_ends_with_2(tmp_path: Path) -> None:
    """A directory is no file."""
    directory = balanced().write(tmp_path / "run")
    result = CliRunner().invoke(verdict, [str(directory), "--write", str(tmp_path)])

    assert (result.exit_code, result.stdout, result.stderr) == (
        2,
        "",
        f"{tmp_path} cannot be written: Is a directory; choose another file.\n",
    )


HEAD = "The books of this run: "


@pytest.mark.parametrize(
    ("gone", "code", "told"),
    [
        ("spans.jsonl", 3, "NOT JUDGED  (11 of 13 laws: there is no spans.jsonl)"),
        ("logs/api-1.jsonl", 3, "NOT JUDGED  (12 of 13 laws: there is no logs/api-1.jsonl)"),
        (
            "users.jsonl",
            0,
            "PASSED  (L9 not judged: there is no users.jsonl;"
            " L13 not judged: the run names no expected events)",
        ),
    ],
)
def test_books_pass_only_when_the_witnesses_are_there(
    tmp_path: Path, gone: str, code: int, told: str
) -> None:
    """The first line counts what was not judged and says why; what is optional does no harm."""
    directory = balanced().write(tmp_path / "run")
    (directory / gone).unlink()
    result = run(directory)

    assert (result.exit_code, result.output.splitlines()[0]) == (code, HEAD + told)


@pytest.mark.parametrize(
    ("law", "told"),
    [
        ("L9", "NOT JUDGED  (1 of 1 laws: there is no users.jsonl)"),
        ("L13", "NOT JUDGED  (1 of 1 laws: the run names no expected events)"),
    ],
)
def test_a_law_that_was_asked_for_must_be_judged(tmp_path: Path, law: str, told: str) -> None:
    """Also one that a run may do without."""
    directory = balanced().write(tmp_path / "run")
    (directory / "users.jsonl").unlink()
    result = run(directory, "--law", law)

    assert (result.exit_code, result.output.splitlines()[0]) == (3, HEAD + told)


def test_an_empty_metrics_page_is_no_witness(tmp_path: Path) -> None:
    """Nothing was measured, so that nothing can be compared."""
    (tmp_path / "empty.prom").touch()
    result = run("--metrics", f"booking-agent={tmp_path / 'empty.prom'}")

    assert (result.exit_code, result.output.splitlines()[0]) == (
        3,
        f"{HEAD}NOT JUDGED  (13 of 13 laws: run.json names no hops; there are no samples in"
        " metrics/booking-agent-1; there is no spans.jsonl; there is no"
        " logs/booking-agent-1.jsonl; there is no users.jsonl; there is no database.db)",
    )


def test_without_a_process_there_is_no_witness(tmp_path: Path) -> None:
    """A ledger and spans say nothing of what was counted and logged."""
    directory = balanced().write(tmp_path / "run")
    ledger, spans = directory / "ledger" / "agent-api.jsonl", directory / "spans.jsonl"
    result = run("--ledger", ledger, "--spans", spans)

    assert (result.exit_code, result.output.splitlines()[0]) == (
        3,
        f"{HEAD}NOT JUDGED  (13 of 13 laws: run.json names no lives;"
        " there is no users.jsonl; there is no database.db)",
    )


def tear_ledger(directory: Path) -> None:
    (directory / "ledger" / "agent-api.jsonl").write_text('{"seq":1}\n')


def tear_spans(directory: Path) -> None:
    with (directory / "spans.jsonl").open("a") as file:
        file.write("no JSON\n")


def tear_metrics(directory: Path) -> None:
    (directory / "metrics" / "agent-1" / "0001.prom").write_text("a 1\nb x\n")


def tear_database(directory: Path) -> None:
    (directory / "database.db").write_text("nothing of the kind" * 100)


@pytest.mark.parametrize(
    ("tear", "told"),
    [
        (tear_ledger, "agent-api.jsonl, line 1: not an entry of a ledger"),
        (tear_spans, "line 70: expected a JSON object, not b'no JSON"),
        (tear_metrics, "0001.prom, line 2: not a line of /metrics"),
        (tear_database, "database.db: not a database of bookings"),
    ],
)
def test_what_cannot_be_read_ends_with_2(
    tmp_path: Path, tear: Callable[[Path], None], told: str
) -> None:
    """The sentence names the file and the line."""
    directory = balanced().write(tmp_path / "run")
    tear(directory)
    result = run(directory)

    assert result.exit_code == 2
    assert told in result.stderr


def test_metrics_that_cannot_be_read_are_named_as_they_were_given(tmp_path: Path) -> None:
    """Not by the copy of them, which is gone when the sentence is read."""
    path = tmp_path / "README.md"
    path.write_text("# Tallybook\n\nno metrics here\n")
    result = run("--metrics", f"booking-agent={path}")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{path}, line 3: not a line of /metrics (")


_ALONE = "A ledger or a database alone cannot be compared: add --metrics, --spans or --logs.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Give the directory of a run"),
        (("--ledger", "x.jsonl"), _ALONE),
        (("--database", "x.db"), _ALONE),
        (("no-such-run",), "no-such-run/run.json: No such file or directory"),
        (("x", "--spans", "y"), "not both"),
        (("--metrics", "http://127.0.0.1:1/metrics"), "expected SERVICE=FILE or SERVICE=URL"),
    ],
)
def test_bad_usage_ends_with_2(words: tuple[str, ...], told: str) -> None:
    """With one sentence."""
    result = run(*words)

    assert (result.exit_code, told in result.stderr) == (2, True)


def test_an_unknown_law_ends_with_2(tmp_path: Path) -> None:
    """And the known ones are listed."""
    result = run(Play().write(tmp_path / "run"), "--law", "L14")

    assert result.exit_code == 2
    assert result.stderr.startswith("There is no law L14: there are L1, L2,")
