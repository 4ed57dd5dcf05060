"""Tests of `booking.demo.scenes`: each scene is complete, and breaks what it says."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from booking.demo.scene import Fact, Scene
from booking.demo.scenes import FLAKY, SCENES, SLOW
from wire.rule import Seen

DASHBOARDS = Path(__file__).parents[4] / "dashboards" / "grafana" / "dashboards"


@pytest.fixture(scope="module")
def panels() -> Mapping[str, set[str]]:
    """The titles of the panels of each committed dashboard, by its uid."""
    boards = [json.loads(file.read_text()) for file in DASHBOARDS.rglob("*.json")]
    return {board["uid"]: {panel["title"] for panel in board["panels"]} for board in boards}


def test_the_scenes_are_those_that_were_promised() -> None:
    """In the order in which they are played."""
    names = [scene.name for scene in SCENES]
    assert names == ["calm", "flaky", "slow", "dead", "flood", "collector-lost"]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_each_scene_says_where_to_see_it(scene: Scene, panels: Mapping[str, set[str]]) -> None:
    """On panels that the dashboards have."""
    assert scene.panels
    for uid, titles in scene.panels.items():
        assert {*titles} <= panels[uid]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_each_scene_says_what_must_happen(scene: Scene) -> None:
    """People go on booking in all of them."""
    assert scene.expects[Fact.BOOKED] >= 1
    assert not scene.never & scene.expects.keys()
    assert [act.share for act in scene.acts] == sorted(act.share for act in scene.acts)


@pytest.mark.parametrize("scene", [FLAKY, SLOW], ids=lambda scene: scene.name)
def test_drawn_faults_come_early_and_never_open_the_circuit(scene: Scene) -> None:
    """One within the first few requests, and never more than two in a row."""
    plan = scene.acts[0].plan
    assert plan
    counts: tuple[int, ...] = ()
    drawn = ""
    for _ in range(400):
        fault, counts = plan.decide(Seen(method="GET", path="/services"), counts)
        drawn += "x" if fault else "-"
    assert "x" in drawn[:10]
    assert "xxx" not in drawn
