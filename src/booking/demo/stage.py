"""Plays a scene on the running stack, and hands on what can be seen of it."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from booking.demo.controls import Controls
from booking.demo.journal import Journal, Mark
from booking.demo.measured import Measured
from booking.demo.numbers import Change, Numbers
from booking.demo.scene import Act, Scene
from booking.stack.parts import StackError
from booking.traffic.drive import Traffic, TrafficOptions
from booking.traffic.sender import Sender

STATE = "resilience_circuit_breaker_state"
_WINDOW = 10
_SETTLED_WITHIN_S = 15.0
_STATE_WITHIN_S = 30.0
_BLOCKS_EACH = 10
"""For the visitors of one scene, so that none meets the limits of another scene."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """`per_s`: the visitors' requests a second. `shorter`: by how much each scene is shorter.
    `look_s`: between two looks at the counters.
    """

    per_s: float
    shorter: float
    look_s: float


CALMLY = Pace(per_s=8.0, shorter=1.0, look_s=0.5)
FAST = Pace(per_s=16.0, shorter=4.0, look_s=0.25)


@dataclass(frozen=True, slots=True)
class Moment:
    """What can be seen at one moment of a scene: `share` of it has passed, and `says` was last.

    `agent`, `api`: what changed within the last few seconds. `so_far`: since the scene began.
    """

    scene: Scene
    share: float
    says: str
    state: str
    agent: Change
    api: Change
    so_far: Measured


Show = Callable[[Moment], None]


class Stage:
    """The place where scenes are played, one after the other."""

    def __init__(self, journal: Journal, controls: Controls, sender: Sender, pace: Pace) -> None:
        self._journal, self._controls = journal, controls
        self._sender, self._pace = sender, pace
        self._played = 0

    def play(self, scene: Scene, show: Show) -> Measured:
        """Play the scene to its end, with nothing left broken. Raises StackError."""
        self._played += 1
        mark = self._journal.mark()
        with Traffic(self._traffic(scene), self._sender) as traffic:
            try:
                _Performance(self._journal, self._controls, scene, self._pace, show).run(
                    mark, traffic
                )
            finally:
                self._controls.mend()
        return self._journal.since(mark, self._at_rest(), traffic)

    def _traffic(self, scene: Scene) -> TrafficOptions:
        return TrafficOptions(
            per_s=self._pace.per_s,
            seed=self._played,
            greedy_per_s=scene.greedy_per_s,
            block=self._played * _BLOCKS_EACH,
            stops_within_s=_SETTLED_WITHIN_S,
        )

    def _at_rest(self) -> tuple[Numbers, Numbers]:
        """The numbers when nothing is under way any more."""
        ends_s = time.monotonic() + _SETTLED_WITHIN_S
        while time.monotonic() < ends_s:
            numbers = self._journal.numbers()
            if not self._controls.in_progress and all(map(_is_at_rest, numbers)):
                return numbers
            time.sleep(self._pace.look_s)
        raise StackError(
            f"The stack did not come to rest within {_SETTLED_WITHIN_S:g} s: the logs say more."
        )


class _Performance:
    def __init__(
        self, journal: Journal, controls: Controls, scene: Scene, pace: Pace, show: Show
    ) -> None:
        self._journal, self._controls, self._scene = journal, controls, scene
        self._pace, self._show = pace, show
        self._duration_s = scene.duration_s / pace.shorter
        self._says, self._state = "", ""

    def run(self, mark: Mark, traffic: Traffic) -> None:
        """From the first act to the end of the time, and to the last awaited state."""
        begun_s = time.monotonic()
        window = deque([(mark.agent, mark.api)], maxlen=_WINDOW)
        acts = deque(self._scene.acts)
        while acts or self._state != "closed" or time.monotonic() - begun_s < self._duration_s:
            passed_s = time.monotonic() - begun_s
            self._act(acts, passed_s)
            self._check(passed_s)
            time.sleep(self._pace.look_s)
            now = self._journal.numbers()
            self._state = now[0].holding(STATE, "state")
            agent, api = (Change(old, new) for old, new in zip(window[0], now, strict=True))
            window.append(now)
            share = min(1.0, passed_s / self._duration_s)
            so_far = self._journal.since(mark, now, traffic)
            self._show(Moment(self._scene, share, self._says, self._state, agent, api, so_far))

    def _act(self, acts: deque[Act], passed_s: float) -> None:
        if not acts or passed_s < acts[0].share * self._duration_s:
            return
        if acts[0].after_state in ("", self._state):
            act = acts.popleft()
            self._controls.carry_out(act)
            self._says = act.says

    def _check(self, passed_s: float) -> None:
        if passed_s > self._duration_s + _STATE_WITHIN_S:
            raise StackError(
                f"The circuit was still {self._state} {_STATE_WITHIN_S:g} s after the scene"
                f" {self._scene.name} should have ended: the agent's log says more."
            )


def _is_at_rest(numbers: Numbers) -> bool:
    spans = {"signal": "span"}
    made = numbers.sum("telemetry_made_total", **spans)
    gone = numbers.sum("telemetry_delivered_total", **spans)
    return not numbers.sum("http_server_active_requests") and made == gone + numbers.sum(
        "telemetry_dropped_total", **spans
    )
