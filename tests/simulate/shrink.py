"""Makes a failing plan small: fewer operations, simpler turns, default options."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from tests.simulate.plan import Options, Plan, Step, Turn, count_operations

Fails = Callable[[Plan], bool]


def shrink(plan: Plan, fails: Fails) -> Plan:
    """The smallest plan found that still fails, by taking away and simplifying in turn."""
    plan = _fewer_steps(plan, fails)
    while True:
        simpler = next((each for each in _simpler(plan) if fails(each)), None)
        if simpler is None:
            return plan
        plan = simpler


def _fewer_steps(plan: Plan, fails: Fails) -> Plan:
    """Delta debugging: drop halves, then quarters, down to single steps."""
    size = max(1, len(plan.steps) // 2)
    while size:
        start = 0
        while start < len(plan.steps):
            shorter = replace(plan, steps=plan.steps[:start] + plan.steps[start + size :])
            if shorter.steps and fails(shorter):
                plan = shorter
            else:
                start += size
        size //= 2
    return plan


def _simpler(plan: Plan) -> Iterator[Plan]:
    """Every plan that is one simplification away."""
    if len(plan.steps) > 1:
        for number in range(len(plan.steps)):
            yield replace(plan, steps=plan.steps[:number] + plan.steps[number + 1 :])
    for options in _nearer_to_default(plan.options, Options()):
        yield replace(plan, options=options)
    for number, step in enumerate(plan.steps):
        for simpler in _simpler_steps(step):
            yield replace(plan, steps=(*plan.steps[:number], simpler, *plan.steps[number + 1 :]))


def _simpler_steps(step: Step) -> Iterator[Step]:
    for number, turn in enumerate(step.turns):
        before, after = step.turns[:number], step.turns[number + 1 :]
        yield replace(step, turns=before + after)
        for simpler in _simpler_turns(turn):
            yield replace(step, turns=(*before, simpler, *after))
    plain = replace(step, turns=())
    for simpler in _nearer_to_default(plain, Step()):
        yield replace(simpler, turns=step.turns)


def _simpler_turns(turn: Turn) -> Iterator[Turn]:
    if turn.meanwhile is not None:
        for step in _simpler_steps(turn.meanwhile):
            yield replace(turn, meanwhile=step)
    yield from _nearer_to_default(turn, Turn())


def _nearer_to_default(value: Any, default: Any) -> Iterator[Any]:
    """The same with one more field as it is by default."""
    for each in fields(value):
        plain = getattr(default, each.name)
        if getattr(value, each.name) != plain:
            yield replace(value, **{each.name: plain})


def weight(plan: Plan) -> int:
    """How much there is to read: operations and turns."""
    return count_operations(plan) + sum(len(step.turns) for step in plan.steps)
