"""Keeps the outcome of each check beside the records of the run that it checked."""

from collections.abc import Generator
from pathlib import Path

import orjson
import pytest
from tests.load.run import Run

from audit.readiness import CHECKS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Append a line for each test of a run."""
    report = yield
    run = getattr(item, "funcargs", {}).get("run")
    if report.when == "call" and isinstance(run, Run):
        _keep(run.directory / CHECKS, item, report.outcome)
    return report


def _keep(path: Path, item: pytest.Item, outcome: str) -> None:
    says = (getattr(item, "obj", item).__doc__ or item.name).strip().split("\n")[0]
    line = orjson.dumps({"says": says, "test": item.nodeid, "outcome": outcome})
    with path.open("ab") as out:
        out.write(line + b"\n")
