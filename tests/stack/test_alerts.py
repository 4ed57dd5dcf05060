"""Every alert fires in the scene that should fire it, and none in a run where nothing is broken.

The real API, agent, fault proxy, Prometheus and Alertmanager; the rules are those in
`dashboards/rules`, in which an hour takes two minutes.
"""

from pathlib import Path

import pytest
import yaml
from tests.stack.alert_play import play
from tests.stack.alert_scenes import SCENES, Scene
from tests.stack.conftest import program
from tests.stack.peers import DASHBOARDS

ALERTS = DASHBOARDS / "rules" / "alerts.yml"


def test_every_alert_has_a_scene_that_fires_it() -> None:
    """And no scene waits for an alert that does not exist."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    names = {rule["alert"] for group in groups for rule in group["rules"]}

    assert {each.partition(" of ")[0] for scene in SCENES for each in scene.fires} == names


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name.replace(" ", "-"))
def test_the_scene_fires_its_alerts(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing fires before, all of them after, and Alertmanager is told of each."""
    names = ("prometheus", "alertmanager", *(["collector"] if scene.collector else []))
    played = play(scene, {name: program(name) for name in names}, tmp_path)
    with capsys.disabled():
        for alert, after_s in sorted(played.after_s.items(), key=lambda each: each[1]):
            print(f"\n  {scene.name}: {after_s:5.1f} s  {alert}", end="")

    assert played.before == frozenset()
    assert played.missing(scene.fires) == []
    assert played.troubles == frozenset()
