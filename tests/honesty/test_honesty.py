"""A checker that finds nothing proves nothing: each planted bug must turn the verdict red."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from tests.honesty.bugs import BUGS, Bug
from tests.honesty.conftest import FOUND
from tests.honesty.nursery import Nursery
from tests.honesty.records import TAMPERED
from tests.honesty.scene import run

from audit.laws.result import Verdict
from audit.readiness import read_checks
from audit.reading import read_books
from audit.verdict import judge
from booking.auditing import CATALOGUE

Note = Callable[[str, object], None]


def _found_by(records: Path) -> list[str]:
    """The laws that are not passed, and whether the users noticed."""
    laws = [
        result.law if result.verdict is Verdict.FAILED else f"{result.law} ({result.verdict})"
        for result in judge(read_books(records, CATALOGUE)).laws
        if result.verdict in (Verdict.FAILED, Verdict.UNTRUSTWORTHY)
    ]
    noticed = any(check.outcome != "passed" for check in read_checks(records))
    return [*laws, "what users were told"] if noticed else laws


def _note(note: Note, bug: Bug, found_by: list[str]) -> None:
    note(FOUND, (bug.kind, bug.name, bug.says, ", ".join(found_by) or "nothing"))


@pytest.fixture(scope="session")
def healthy(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of the scene without any bug."""
    return run(tmp_path_factory.mktemp("healthy"), nursery)


def test_without_a_bug_all_is_well(healthy: Path) -> None:
    """Every law is passed, each expected event happened, and users were told what they should."""
    judgment = judge(read_books(healthy, CATALOGUE))

    assert {result.law: result.verdict for result in judgment.laws} == {
        f"L{number}": Verdict.PASSED for number in range(1, 14)
    }
    assert [check for check in read_checks(healthy) if check.outcome != "passed"] == []


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_in_a_server_is_found(
    name: str, nursery: Nursery, tmp_path: Path, record_property: Note
) -> None:
    """The servers run with it, and the scene is played as always."""
    found_by = _found_by(run(tmp_path, nursery, name))

    _note(record_property, BUGS[name], found_by)
    assert found_by


@pytest.mark.parametrize("name", TAMPERED)
def test_a_bug_in_the_records_is_found(
    name: str, healthy: Path, tmp_path: Path, record_property: Note
) -> None:
    """What balanced is tampered with afterwards."""
    bug, tamper = TAMPERED[name]
    records = Path(copytree(healthy, tmp_path / "run"))
    tamper(records)

    found_by = _found_by(records)

    _note(record_property, bug, found_by)
    assert found_by
