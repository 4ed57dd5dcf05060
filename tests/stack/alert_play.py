"""Plays a scene: the stack, its people and its watch are started, and then something breaks."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stack import peers
from tests.stack.alert_scenes import JOBS, Rig, Scene
from tests.stack.alert_traffic import Visitors, paces, repeated
from tests.stack.alerting import Alert, Watch, watching
from tests.stack.peers import Addresses
from tests.stack.processes import Process
from tests.stack.stack import port_of, running_stack
from tests.stack_process import until

from resilience.telemetry.receiver import Receiver

SEEN_WITHIN_S = 30.0
FIRES_WITHIN_S = 45.0
TOLD_WITHIN_S = 5.0
_POLL_S = 0.1
Binaries = Mapping[str, Path]


@dataclass(frozen=True)
class Played:
    """What a scene brought about.

    `before`: what fired before anything was broken. `after_s`: the seconds from then until each
    alert fired. `told`: what Alertmanager was told. `troubles`: rules that could not be evaluated.
    """

    before: frozenset[Alert]
    after_s: Mapping[Alert, float]
    told: frozenset[Alert]
    troubles: frozenset[str]

    def missing(self, expected: tuple[str, ...]) -> list[str]:
        """Those of the expected alerts that did not fire, or of which nobody was told."""
        return [name for name in expected if not self.first(name)]

    def first(self, expected: str) -> tuple[float, Alert] | None:
        """When the first alert of this name fired, and which it was."""
        found = [
            (after_s, alert)
            for alert, after_s in self.after_s.items()
            if alert in self.told and is_meant(alert, expected)
        ]
        return min(found, default=None)


def is_meant(alert: Alert, expected: str) -> bool:
    """Whether the words `name` or `name of job` mean this alert."""
    name, _, job = expected.partition(" of ")
    return alert.name == name and job in ("", dict(alert.labels).get("job"))


def play(scene: Scene, binaries: Binaries, directory: Path) -> Played:
    """Start everything, be calm, break something, and see what fires."""
    with _rig(scene, binaries, directory) as rig, ExitStack() as going_on:
        for work, every_s in paces(rig.visitors):
            going_on.enter_context(repeated(work, every_s=every_s))
        before = _fired(rig.watch, scene.calm_s)
        begun_s = time.monotonic()
        with scene.act(rig):
            after_s = _times(rig.watch, scene.fires, begun_s)
            told = _told(rig.watch, frozenset(after_s))
        return Played(before, after_s, told, frozenset(rig.watch.troubles()))


def _fired(watch: Watch, for_s: float) -> frozenset[Alert]:
    found: frozenset[Alert] = frozenset()
    ends_s = time.monotonic() + for_s
    while time.monotonic() < ends_s:
        found |= watch.firing()
        time.sleep(_POLL_S)
    return found


def _times(watch: Watch, expected: tuple[str, ...], begun_s: float) -> Mapping[Alert, float]:
    """The seconds until each alert fired, until all that are expected have."""
    found: dict[Alert, float] = {}
    while True:
        for alert in watch.firing():
            found.setdefault(alert, time.monotonic() - begun_s)
        complete = all(any(is_meant(alert, each) for alert in found) for each in expected)
        if complete or time.monotonic() - begun_s > FIRES_WITHIN_S:
            return found
        time.sleep(_POLL_S)


def _told(watch: Watch, fired: frozenset[Alert]) -> frozenset[Alert]:
    """What Alertmanager knows, as soon as it knows all that fired."""
    ends_s = time.monotonic() + TOLD_WITHIN_S
    while not fired <= watch.told() and time.monotonic() < ends_s:
        time.sleep(_POLL_S)
    return watch.told()


@contextmanager
def _rig(scene: Scene, binaries: Binaries, directory: Path) -> Iterator[Rig]:
    where = Addresses()
    with ExitStack() as running:
        collector = running.enter_context(_collected(scene, binaries, where, directory))
        stack = running.enter_context(running_stack(where, directory, **scene.settings))
        jobs = (*JOBS, "span-metrics") if scene.collector else JOBS
        both = (binaries["prometheus"], binaries["alertmanager"])
        watch = running.enter_context(watching(both, where, directory / "watch", jobs))
        until(lambda: watch.sees(jobs), within_s=SEEN_WITHIN_S)  # targets are read every 5 s
        yield Rig(stack, watch, Visitors(stack), collector)


@contextmanager
def _collected(
    scene: Scene, binaries: Binaries, where: Addresses, directory: Path
) -> Iterator[Process | None]:
    """Somebody who takes the spans: the collector where it matters, else a receiver."""
    if not scene.collector:
        with Receiver(port=port_of(where.collector_http)):
            yield None
        return
    variables = {"SPAN_METRICS_INTERVAL": "200ms"}
    logs, binary = directory / "logs", binaries["collector"]
    with peers.collector(binary, where, directory / "collector", logs, **variables) as process:
        process.ready()
        yield process
