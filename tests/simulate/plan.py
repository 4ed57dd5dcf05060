"""A plan: the options of one session and the operations that it goes through, as plain data."""

from dataclasses import dataclass, field, fields
from typing import Any

OPERATIONS = {
    "list_services": ("GET", "/services"),
    "get_appointment": ("GET", "/appointments/{id}"),
    "create_appointment": ("POST", "/appointments"),
    "reschedule_appointment": ("PATCH", "/appointments/{id}"),
    "unheard_of": ("POST", "/elsewhere"),
}
"""Method and template of each operation; the last is one that the session has no name for."""

RANDOMS = 64
"""How many different values the source of randomness has: multiples of 1/64, exact in binary."""


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window of the breaker; fields as in its options."""

    counts: str = "calls"
    size: int = 4
    minimum_calls: int = 2
    failure_rate: float = 0.5
    slow_call_rate: float = 1.0
    slow_call_s: float = 4.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a session is made with; the names are those of the library's options."""

    max_retries: int = 3
    backoff_s: float = 1.0
    max_wait_s: float = 30.0
    jitter: float = 0.0
    max_retry_after_s: float = 30.0
    attempt_s: float = 15.0
    connect_s: float = 5.0
    operation_s: float = 67.0
    failure_threshold: int = 5
    open_for_s: float = 60.0
    probes: int = 1
    probe_expires_s: float = 60.0
    window: Window | None = None
    max_tokens: float = 100.0
    token_ratio: float = 0.125
    limits: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the service, or the network, makes of one attempt.

    `kind`: "answer" (with `status`), or one of the failures in `world`. `after_s`: how long it
    takes. `retry_after`: (form, value) of that header. `took_effect`: whether a failed POST or
    PATCH was carried out all the same. `meanwhile`: an operation of another thread, from its
    beginning to its end, while this attempt is under way.
    """

    kind: str = "answer"
    status: int = 200
    after_s: float = 0.0
    retry_after: tuple[str, str] | None = None
    took_effect: bool = False
    meanwhile: "Step | None" = None


@dataclass(frozen=True, slots=True)
class Step:
    """Time passes, the breaker may be set by hand, and one operation is made.

    `turns` answer its attempts; further ones are answered with 200. `key`: "minted" by the
    client, "given" by the caller, or "none". `random`: the jitter of its waits, in 64ths.
    """

    gap_s: float = 0.0
    by_hand: str = ""
    operation: str = "list_services"
    key: str = "minted"
    deadline_s: float | None = None
    client: str = "a"
    stopping: bool = False
    turns: tuple[Turn, ...] = ()
    random: tuple[int, ...] = (32,)


@dataclass(frozen=True, slots=True)
class Plan:
    """One session's life. The seed says where it was drawn from, and makes it again."""

    seed: int
    options: Options = field(default_factory=Options)
    steps: tuple[Step, ...] = ()


def count_operations(plan: Plan) -> int:
    """The operations of a plan, those that happen meanwhile included."""
    return sum(_operations_of(step) for step in plan.steps)


def _operations_of(step: Step) -> int:
    return 1 + sum(_operations_of(turn.meanwhile) for turn in step.turns if turn.meanwhile)


def describe(plan: Plan) -> str:
    """The plan as a person reads it: only what differs from the defaults."""
    lines = [f"seed {plan.seed}", f"options: {_changed(plan.options) or 'the defaults'}"]
    for number, step in enumerate(plan.steps, 1):
        lines += _describe_step(f"{number}.", step)
    return "\n".join(lines)


def _describe_step(number: str, step: Step) -> list[str]:
    told = _changed(step, "operation", "turns")
    lines = [f"{number} {step.operation}{' with ' if told else ''}{told}"]
    indent = " " * len(number)
    for turn in step.turns:
        lines.append(f"{indent} <- {_describe_turn(turn)}")
        if turn.meanwhile is not None:
            inner = _describe_step("meanwhile:", turn.meanwhile)
            lines += [f"{indent}    {line}" for line in inner]
    return lines


def _describe_turn(turn: Turn) -> str:
    what = str(turn.status) if turn.kind == "answer" else turn.kind.replace("_", " ")
    told = _changed(turn, "kind", "status", "meanwhile")
    return f"{what}{', ' if told else ''}{told}"


def _changed(value: Any, *but: str) -> str:
    """The fields that differ from their defaults."""
    plain = type(value)()
    names = [each.name for each in fields(value) if each.name not in but]
    told = [(name, getattr(value, name)) for name in names]
    return ", ".join(f"{n}={_short(v)}" for n, v in told if v != getattr(plain, n))


def _short(value: Any) -> str:
    if isinstance(value, Window):
        return f"({_changed(value) or 'the defaults'})"
    return f"{value:g}" if isinstance(value, float) else repr(value)
