"""What happens in each run: something of everything, in about five seconds.

Whoever planted a bug finds out here whether the books, or what the users were told, show it.
"""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from tests.audit_rig import Rig, audit_rig
from tests.honesty.bugs.emission import EVENTS
from tests.honesty.nursery import Nursery, Sprout
from tests.stack_http import PERSON, Answer, ask

from audit.readiness import CHECKS
from wire import Delay, Drop, Fault, Hang, Reset, Rule, Status, Truncate

ATTEMPT_S, OPEN_S = 0.8, 0.6
SETTINGS = {
    "ATTEMPT_TIMEOUT_S": ATTEMPT_S,
    "OPERATION_TIMEOUT_S": 3,
    "BACKOFF_S": 0.05,
    "BREAKER_FAILURES": 5,
    "BREAKER_OPEN_S": OPEN_S,
    "HOLD_S": 0.01,
    "LIMITS": "10/minute;100/hour",
}
DOWN = Rule(every=True, fault=Status(status=503))


@dataclass
class Scene:
    """The steps, in order; what users should have been told is checked in each."""

    rig: Rig
    checks: list[dict[str, Any]] = field(default_factory=list)
    _users: int = 0

    def play(self) -> None:
        """All steps."""
        free = iter(self.rig.starts(self._user())[10:])
        self._healthy(next(free), next(free))
        self._faults(next(free), next(free), next(free))
        self._direct(next(free), next(free))
        self._limits([next(free) for _ in range(4)])
        self._side_by_side([next(free) for _ in range(4)])
        self._breaker([next(free) for _ in range(8)])

    def _healthy(self, wish: Any, other: Any) -> None:
        user = self._user()
        first = self._book(user, wish, "healthy-1")
        again = self._book(user, wish, "healthy-1")
        taken = self._book(self._user(), wish, "taken-1")
        self._expect("a booking succeeds", first.status, 201)
        self._expect("a repeated key gives the same answer", again.json(), first.json())
        self._expect("a taken slot is refused", taken.status, 409)
        with ThreadPoolExecutor(6) as pool:
            users = [self._user() for _ in range(6)]
            answers = pool.map(lambda u: self._book(u, other, f"rival-{u}").status, users)
            self._expect("one of six rivals wins", Counter(answers), {201: 1, 409: 5})

    def _faults(self, *wishes: Any) -> None:
        self.rig.plan(_creation(1, Status(status=503)), _creation(2, Drop()))
        booked = self._book(self._user(), wishes[0], "storm-1")
        self._expect("a booking survives a 503 and a lost answer", booked.status, 201)
        self.rig.plan(_creation(1, Truncate(body_bytes=5)), _creation(2, Reset()))
        begun_s = time.monotonic()
        booked = self._book(self._user(), wishes[1], "storm-2")
        took_s = time.monotonic() - begun_s
        self._expect("a booking survives a cut and a reset", booked.status, 201)
        self._expect("after waits that are short", took_s < 1, True)
        self.rig.plan(_creation(1, Hang()))
        begun_s = time.monotonic()
        booked = self._book(self._user(), wishes[2], "storm-3")
        took_s = time.monotonic() - begun_s
        self._expect("a booking survives a silence", booked.status, 201)
        self._expect("which is cut off in time", ATTEMPT_S <= took_s < 3 * ATTEMPT_S + 1, True)
        self.rig.plan()

    def _direct(self, wish: Any, other: Any) -> None:
        user, port = self._user(), self.rig.users_to_api.port
        begun_s, named = self.rig.now_s(), {"X-Request-ID": "direct-1"}
        made = ask(port, "POST /appointments", {**wish, "client": PERSON}, named, user=user)
        self.rig.note(user, begun_s, made, "direct-1")
        number = made.json()["appointment"]["confirmation_number"]
        path = f"/appointments/{number}"
        start = {"date": other["date"], "start_time": other["start_time"]}
        moved = ask(port, f"PATCH {path}", start, user=user)
        found = ask(port, f"GET {path}", user=user)
        ended = ask(port, f"PATCH {path}", {"status": "cancelled"}, user=user)
        wrong = ask(port, "POST /appointments", {"service_id": "srv-003"}, user=user)
        self._expect(
            "the API books, moves, shows, cancels and refuses",
            [answer.status for answer in (made, moved, found, ended, wrong)],
            [201, 200, 200, 200, 422],
        )
        told = found.json()["appointment"]
        self._expect("what was moved is shown", {k: told[k] for k in start}, start)

    def _limits(self, wishes: Sequence[Any]) -> None:
        user = self._user()
        paths = ("/services", "/health", "/appointments/APPT-NOPE", "/nowhere")
        asked = [
            ask(self.rig.users_to_api.port, f"GET {paths[n % 4]}", user=user) for n in range(13)
        ]
        statuses = [answer.status for answer in asked]
        self._expect("ten requests pass", 429 in statuses[:10], False)
        self._expect("and the rest is refused", statuses[10:], [429, 429, 429])
        waits = {answer.headers["Retry-After"] for answer in asked[10:]}
        self._expect(
            "who is refused is told when to return", all(1 <= int(w) <= 61 for w in waits), True
        )
        greedy = self._user()
        statuses = [self._book(greedy, wish, f"greedy-{n}").status for n, wish in enumerate(wishes)]
        self._expect("limits hold through the agent", statuses, [201, 201, 201, 429])

    def _side_by_side(self, wishes: Sequence[Any]) -> None:
        self.rig.plan(Rule(every=True, fault=Delay(delay_s=0.15)))
        begun_s = time.monotonic()
        statuses = self._at_once(wishes, "beside")
        took_s = time.monotonic() - begun_s
        self._expect("slow answers do not wait for each other", statuses, {201: 4})
        self._expect("but are waited for side by side", took_s < 1.7, True)
        self.rig.plan()

    def _breaker(self, wishes: Sequence[Any]) -> None:
        self.rig.plan(DOWN)
        first = self._book(self._user(), wishes[0], "down-1").status
        second = self._book(self._user(), wishes[0], "down-2").status
        refused = [self._book(self._user(), wishes[0], f"open-{n}").status for n in range(3)]
        self._expect(
            "a dead service is told of", [first, second, *refused], [502, 503, 503, 503, 503]
        )
        self._break_over()
        probe = self._book(self._user(), wishes[0], "probe-1").status
        self._expect("a failing probe opens the circuit again", probe, 503)
        self._break_over()
        self.rig.plan(Rule(every=True, fault=Delay(delay_s=0.1)))
        herd = self._at_once(wishes[1:5], "herd")
        self._expect("one probe goes before the herd", herd, {201: 1, 503: 3})
        self.rig.plan()
        calm = [
            self._book(self._user(), wish, f"calm-{n}").status for n, wish in enumerate(wishes[5:])
        ]
        self._expect("afterwards everybody is served", calm, [201, 201, 201])

    def _break_over(self) -> None:
        time.sleep(OPEN_S + 0.05)

    def _at_once(self, wishes: Sequence[Any], name: str) -> Counter[int]:
        with ThreadPoolExecutor(len(wishes)) as pool:
            each = [(self._user(), wish, f"{name}-{n}") for n, wish in enumerate(wishes)]
            return Counter(pool.map(lambda one: self._book(*one).status, each))

    def _book(self, user: str, wish: Any, request_id: str) -> Answer:
        return self.rig.book(user, {**wish, "client": PERSON}, request_id)

    def _user(self) -> str:
        self._users += 1
        return f"127.0.77.{self._users}"

    def _expect(self, says: str, found: object, expected: object) -> None:
        outcome = "passed" if found == expected else "failed"
        self.checks.append({"says": f"{says}: {found!r}"[:300], "test": says, "outcome": outcome})


def _creation(number: int, fault: Fault) -> Rule:
    return Rule(method="POST", path="/appointments", nth=(number,), fault=fault)


def run(directory: Path, nursery: Nursery, bug: str = "") -> Path:
    """Play the scene with a bug; the directory of its records."""

    def sprout(*arguments: Any, **settings: Any) -> Sprout:
        return Sprout(nursery, bug, *arguments, **settings)

    with audit_rig(directory / "stack", sprout, **SETTINGS) as rig:
        scene = Scene(rig)
        try:
            scene.play()
        except Exception as error:  # a bug may also break what the scene relies on
            scene._expect("the scene comes to its end", repr(error)[:200], "it does")
        records = rig.write(directory / "run", EVENTS)
    lines = b"".join(orjson.dumps(check) + b"\n" for check in scene.checks)
    (records / CHECKS).write_bytes(lines)
    return records
