"""Plays a plan in both worlds and compares everything after each step."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.simulate.capture import Capture
from tests.simulate.model.reference import Reference
from tests.simulate.model.telling import Counted, exposed
from tests.simulate.plan import Plan
from tests.simulate.world import World

_PRECISION_S = 1e-6
"""What is added up in another order may differ by less than this."""
_LISTS = (list, tuple)
_SHOWN = 12


class Disagreement(NamedTuple):
    """The first step after which the two worlds differ, and in what."""

    step: int
    differences: list[str]

    def __str__(self) -> str:
        """The first differences, indented; buckets only where nothing else differs."""
        told = [each for each in self.differences if "_bucket/" not in each] or self.differences
        more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
        return "\n  ".join([f"after step {self.step}:", *map(str.strip, told[:_SHOWN]), *more])


def play(plan: Plan, capture: Capture, *, books: "Books | None" = None) -> Disagreement | None:
    """The first disagreement of a plan; None when there is none.

    With `books` what must have been counted is only written down there, to be compared later, and
    the breaker's sums are read after the last step alone. Without, all is read after every step,
    which takes most of the time.
    """
    capture.forget()
    reference = Reference(plan, Counter() if books is None else books.counted)
    world = World(plan, capture)
    for number, step in enumerate(plan.steps, 1):
        summed = books is None or number == len(plan.steps)
        expected = reference.step(str(number), step, summed=summed)
        seen = world.step(str(number), step, summed=summed)
        differences = [*_compare(expected, seen), *_broken_laws(seen)]
        if books is None:
            differences += _count(reference, capture)
        if differences:
            return Disagreement(number, differences)
    return None


def _count(reference: Reference, capture: Capture) -> list[str]:
    expected, seen = exposed(reference.counted), capture.counted()
    reference.counted.clear()
    return _differences("counted", expected, seen)


class Books:
    """What the plans of a batch must have counted, all in all."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self.counted: Counted = Counter()
        capture.counted()

    def met(self) -> Counter[str]:
        """How often each error, stop reason, transition and cause of a wait was met."""
        found: Counter[str] = Counter()
        for (name, _, *labels), value in self.counted.items():
            if name == "resilience_operations":
                found[f"stop: {labels[4]}"] += int(value)
            elif name == "resilience_attempts":
                found[f"attempt: {labels[2] or 'well'}"] += int(value)
            elif name == "resilience_circuit_breaker_transitions":
                found[f"breaker: {labels[1]} to {labels[2]}"] += int(value)
        return found

    def differences(self) -> list[str]:
        """How the metrics differ from what they must be."""
        expected, seen = exposed(self.counted), self._capture.counted()
        return _differences("counted", expected, seen)


def _compare(expected: dict[str, Any], seen: dict[str, Any]) -> list[str]:
    short = _too_short(expected["operations"], seen["operations"])
    if expected == seen:  # mostly to the last bit, which is cheaper to see
        return short
    return [*short, *_differences("", expected, seen)]


def _too_short(expected: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    """The spans that lasted less than what they stand for; real time comes on top of it."""
    found = []
    lasted = {name: one.pop("lasted") for name, one in seen.items()}
    for name, one in expected.items():
        pairs = zip(one.pop("lasted"), lasted.get(name, ()), strict=False)
        for number, (least_s, lasted_s) in enumerate(pairs, 1):
            if not least_s - 1e-6 <= lasted_s < least_s + 60:
                found.append(f"{name} own {number}: {least_s} s expected, but {lasted_s} s seen")
    return found


def _broken_laws(seen: dict[str, Any]) -> list[str]:
    """What holds whatever the policies do: no call takes effect twice, and none unknown to all."""
    found = []
    for name, one in seen["operations"].items():
        if not one.get("effects"):
            continue
        if one["effects"] > 1:
            found.append(f"{name} took effect {one['effects']} times")
        raised = one["result"].get("raised", "")
        statuses = {record[2] for record in one["result"].get("attempts", ())}
        if raised in _CLEARLY_FAILED and not statuses & _UNCLEAR:
            found.append(f"{name} took effect, but its caller got {raised}")
    return found


_UNCLEAR = {500, 502, 503, 504}
_CLEARLY_FAILED = {
    "CallCancelled",
    "CircuitBreakerOpen",
    "DeadlineExceeded",
    "RateLimited",
    "RetriesExhausted",
}


def _differences(where: str, expected: Any, seen: Any) -> list[str]:
    if _alike(expected, seen):
        return []
    if isinstance(expected, dict) and isinstance(seen, dict):
        keys = [*expected, *(key for key in seen if key not in expected)]
        pairs = [(key, expected.get(key), seen.get(key)) for key in keys]
    elif isinstance(expected, _LISTS) and _same_outline(expected, seen):
        pairs = list(zip(range(1, len(seen) + 1), expected, seen, strict=True))
    else:
        return [f"{where}: expected {_outline(expected)!r}, but saw {_outline(seen)!r}"]
    return [d for key, one, two in pairs for d in _differences(f"{where} {_named(key)}", one, two)]


def _same_outline(expected: Any, seen: Any) -> bool:
    if not isinstance(seen, _LISTS) or len(expected) != len(seen):
        return False
    told = any(isinstance(one, Mapping) for one in (*expected, *seen))
    return not told or _outline(expected) == _outline(seen)


def _outline(value: Any) -> Any:
    """What stands for a list of sends, spans or lines, where they are not the same ones."""
    if not isinstance(value, _LISTS):
        return value
    marks = [
        one.get("event", one.get("name", one.get("at_s")))
        for one in value
        if isinstance(one, Mapping)
    ]
    return marks if len(marks) == len(value) else list(value)


def _alike(expected: Any, seen: Any) -> bool:
    """Equal, but for the last bits of a sum of seconds."""
    if isinstance(expected, float | int) and isinstance(seen, float | int):
        return abs(expected - seen) < _PRECISION_S and isinstance(expected, bool) is isinstance(
            seen, bool
        )
    return bool(expected == seen)


def _named(key: Any) -> str:
    return "/".join(key) if isinstance(key, tuple) else str(key)
