"""The fixtures that other projects get, in a pytest of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pytest
from tests.raw_server import answer_all, running
from resilience import ClientOptions, ProtectedSession, RetryOptions
from wire import Rule, Status

DOWN_ONCE = Rule(nth=(1,), fault=Status(status=503))

@pytest.fixture
def signal_domains():
    return {{"target": ("shop",), "operation": ("order",)}}

def test_an_order(tally):
    def emit(event):
        if event.name != {forgotten!r}:
            tally.emit(event)

    with (
        running(answer_all) as shop,
        tally.through(shop.url.removeprefix("http://"), DOWN_ONCE) as url,
        ProtectedSession(
            ClientOptions(
                target="shop",
                base_url=url,
                operations=frozenset({{"order"}}),
                retry=RetryOptions(backoff_s=0.01),
            ),
            emit=emit,
            observe=tally.observe,
        ) as session,
    ):
        session.post("/orders", operation="order", json={{}})
"""
ROOT = Path(__file__).parents[3]


def _run(directory: Path, *options: str, forgotten: str = "") -> subprocess.CompletedProcess[str]:
    (directory / "test_shop.py").write_text(SUITE.format(forgotten=forgotten))
    return _pytest(directory, *options)


def _pytest(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(directory)],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_fixture_is_there_without_any_import(tmp_path: Path) -> None:
    """A suite that does not ask for a judgment gets none."""
    done = _run(tmp_path, forgotten="retry.started")

    assert (done.returncode, "signals" in done.stdout) == (0, False), done.stdout


def test_signals_says_what_each_test_told(tmp_path: Path) -> None:
    """One line a test, at the end."""
    done = _run(tmp_path, "--signals")

    assert done.returncode == 0
    assert (
        "test_shop.py::test_an_order: attempt.finished 2, operation.finished 1, retry.started 1"
        in done.stdout
    )


def test_without_a_witness_nothing_balances(tmp_path: Path) -> None:
    """A test that never put one on the wire is told how to."""
    (tmp_path / "test_alone.py").write_text("def test_alone(tally):\n    tally.told()\n")
    done = _pytest(tmp_path)

    assert done.returncode == 1
    assert "Nothing saw the wire: put `tally.through` or `tally.in_front_of`" in done.stdout


@pytest.mark.parametrize(
    ("forgotten", "law"),
    [("retry.started", "L3"), ("attempt.finished", "L1"), ("operation.finished", "L2")],
)
def test_signals_finds_what_a_test_did_not_tell(tmp_path: Path, forgotten: str, law: str) -> None:
    """What crossed the wire and reached no signal fails the test that passed."""
    done = _run(tmp_path, "--signals", forgotten=forgotten)

    assert done.returncode == 1
    assert f"{law}   failed" in done.stdout
    assert "test_shop.py::test_an_order: the books do not balance" in done.stdout
