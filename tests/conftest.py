"""The tests of one promise can be run alone, and from wherever the suite is started."""

import signal
from collections.abc import Sequence

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fault 41`: only the tests that cover this row of docs/guarantees.md; can be repeated."""
    parser.addoption(
        "--fault",
        action="append",
        type=int,
        default=[],
        metavar="N",
        help="run only the tests that cover row N of docs/guarantees.md",
    )


def pytest_configure() -> None:
    """Heed what a shell's background job or `nohup` ignores, since processes inherit it."""
    for number, heed in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, heed)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out every test that covers none of the rows asked for."""
    rows: Sequence[int] = config.getoption("--fault")
    if not rows:
        return
    chosen = [item for item in items if _covers(item).intersection(rows)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _covers(item: pytest.Item) -> set[int]:
    return {row for marker in item.iter_markers("fault") for row in marker.args}
