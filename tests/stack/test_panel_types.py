"""The dashboards have the types that Grafana's own packages declare."""

import copy
import os
from pathlib import Path
from typing import Any

import pytest
from tests.dashboards import boards
from tests.stack.grafana_types import KINDS, MISSING, complaints, installed
from tests.stack.programs import REQUIRE

BOARDS = boards()


@pytest.fixture(scope="module")
def place() -> Path:
    """Where the packages are; without node the tests are skipped, or fail with REQUIRE_STACK=1."""
    found = installed()
    if found is None:
        give_up = pytest.fail if os.environ.get(REQUIRE) == "1" else pytest.skip
        give_up(MISSING)
    return found


@pytest.mark.parametrize("uid", BOARDS)
def test_a_dashboard_has_the_right_types(uid: str, place: Path) -> None:
    """The dashboard itself, and the options and fields of each kind of panel."""
    assert complaints(place, uid, BOARDS[uid]) == ""


def test_every_kind_of_panel_is_checked() -> None:
    """The kind of trace panels alone has no published type."""
    used = {panel["type"] for board in BOARDS.values() for panel in board["panels"]}
    assert used - set(KINDS) == {"row", "traces"}


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("panels", 1, "title"), 5),
        (("panels", 1, "options", "colorMode"), "rainbow"),
        (("panels", 1, "fieldConfig", "defaults", "thresholds", "mode"), "sometimes"),
        (("panels", 1, "unheard"), True),
        (("graphTooltip",), 7),
    ],
)
def test_what_is_wrong_is_found(path: tuple[str | int, ...], wrong: object, place: Path) -> None:
    """A check that accepts anything would prove nothing."""
    broken: Any = copy.deepcopy(BOARDS["tallybook-breaker"])
    inner = broken
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = wrong
    assert "error TS" in complaints(place, "broken", broken)
