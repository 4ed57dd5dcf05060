"""`python -m tests.stack.alert_table` plays every scene and writes docs/alerts.md."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.stack.alert_play import Played, play
from tests.stack.alert_scenes import SCENES, Scene
from tests.stack.alerting import SCALE
from tests.stack.peers import ROOT
from tests.stack.programs import find, missing

PAGE = ROOT / "docs" / "alerts.md"
PROGRAMS = ("prometheus", "alertmanager", "collector")
AT_FULL_LENGTH = {
    "AvailabilityBudgetBurn": "every request fails: 3 min; 2 % fail: 47 min",
    "LatencyBudgetBurn": "every booking is slow: 13 min",
    "CircuitBreakerOpen": "45 s after it opened",
    "RetryAmplification": "each operation needs two attempts: 5 min",
    "RetryBudgetEmpty": "15 s after the first refusal",
    "RateLimitRejections": "three of four are refused: 3 min",
    "DeadlineRejections": "nearly all are too late: 75 s",
    "TargetAbsent": "down: 75 s; not configured: 2 min",
    "TelemetryDropped": "15 s after the first drop",
    "TelemetryDrift": "every span is lost: 9 min; over 1000 wait: 5 min; not made: 15 s",
}
"""When each fires at the durations of production: what tests/stack/rules/*.test.yml assert."""

TEMPLATE = Path(__file__).with_suffix(".md")


def main() -> None:
    """Play the scenes (about five minutes) and write the page; exit 1 when one went wrong."""
    binaries = {name: _found(name) for name in PROGRAMS}
    played: dict[str, Played] = {}
    for scene in SCENES:
        with tempfile.TemporaryDirectory() as directory:
            played[scene.name] = play(scene, binaries, Path(directory))
        print(_line(scene, played[scene.name]), flush=True)
    if any(_wrong(scene, played[scene.name]) for scene in SCENES):
        sys.exit("A scene went wrong; the page is left as it was.")
    PAGE.write_text(page(played), encoding="utf-8")


def page(played: Mapping[str, Played]) -> str:
    """The page for these results."""
    return TEMPLATE.read_text(encoding="utf-8").format(
        rows="\n".join(_rows(played)),
        scenes="\n".join(_line(scene, played[scene.name]) for scene in SCENES),
        day=datetime.now(UTC).date().isoformat(),
        factor=1 / SCALE,
        calm=min(scene.calm_s for scene in SCENES),
        long=max(scene.calm_s for scene in SCENES),
    )


def _found(name: str) -> Path:
    path = find(name)
    if path is None:
        sys.exit(missing(name))
    return path


def _wrong(scene: Scene, played: Played) -> bool:
    return bool(played.before or played.troubles or played.missing(scene.fires))


def _rows(played: Mapping[str, Played]) -> Iterator[str]:
    expected = [(each, scene) for scene in SCENES for each in scene.fires]
    for each, scene in sorted(expected, key=lambda pair: pair[0]):
        found = played[scene.name].first(each)
        assert found is not None, f"{each} did not fire in {scene.name}"
        after_s, alert = found
        labels = dict(alert.labels)
        link = f"[{alert.name}](runbooks/{kebab(alert.name)}.md)"
        yield (
            f"| {link} of {labels['job']} | {labels['severity']} | {scene.name} | {after_s:.1f} s"
            f" | {AT_FULL_LENGTH[alert.name]} |"
        )


def _line(scene: Scene, played: Played) -> str:
    fired = sorted((after_s, str(alert)) for alert, after_s in played.after_s.items())
    told = "; ".join(f"{after_s:.1f} s {alert}" for after_s, alert in fired) or "nothing"
    before = f" (before: {sorted(map(str, played.before))})" if played.before else ""
    return f"| {scene.name} | {scene.about} | {told}{before} |"


def kebab(name: str) -> str:
    """`RetryBudgetEmpty` as `retry-budget-empty`."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).strip("-")


if __name__ == "__main__":
    main()
