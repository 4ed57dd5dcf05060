"""The books as pytest fixtures, for whoever wants to hold a service of their own against them.

Installed with this project, so that `tally` can be used without any import. `pytest --signals`
judges the books of each test that used it also when the test does not ask, and ends with a table
of what each test told.
"""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from audit.tally import Tally, Unbalanced
from resilience.declare import Domains

KEPT = pytest.StashKey[dict[str, str]]()
PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--signals`."""
    parser.getgroup("tallybook").addoption(
        "--signals",
        action="store_true",
        help="judge the books of every test that uses `tally`, and say what each told",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make room for what the tests tell."""
    config.stash[KEPT] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember what passed: of a test that failed there is enough to read."""
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture
def signal_domains() -> Domains:
    """The label values of the code under test; override it to name your own."""
    return {}


@pytest.fixture
def tally(
    request: pytest.FixtureRequest, tmp_path: Path, signal_domains: Domains
) -> Iterator[Tally]:
    """The books of this test: its three signals, the wire's ledger, and the laws between them."""
    books = Tally(tmp_path / "tally", domains=signal_domains)
    try:
        yield books
        if request.config.getoption("--signals") and request.node.stash.get(PASSED, False):
            _judge(books, request.node, request.config.stash[KEPT])
    finally:
        books.close()


def _judge(books: Tally, node: pytest.Item, kept: dict[str, str]) -> None:
    kept[node.nodeid] = "the books do not balance"
    told = books.told()
    kept[node.nodeid] = ", ".join(f"{event} {count}" for event, count in sorted(told.items()))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """What each test told."""
    if kept := config.stash[KEPT]:
        terminalreporter.section("signals")
        for name, told in kept.items():
            terminalreporter.write_line(f"{name}: {told or 'nothing'}")


__all__ = ["Tally", "Unbalanced", "signal_domains", "tally"]
