"""The decision table: what each answer and each failure of an attempt means."""

from typing import NamedTuple

from tests.simulate.plan import Options, Turn

UNSENT = ("refused", "reset_before_sending", "connect_timeout")
_BROKEN = ("not_json", "not_said_to_be_json", "broken_http", "too_long")
_KNOWN = ("400", "404", "409", "422", "429", "500", "502", "503", "504")
_TRANSIENT = (500, 502, 503, 504)


class Verdict(NamedTuple):
    """What an attempt was, for everybody who has to know.

    `error`: its error type. `again`: another may cure it. `judged`: by the breaker. `stop`: why
    no other follows, when the attempt alone decides. `unclear`: it may have taken effect.
    `raised`: the class of the error, "" when there is an answer; `phase` that of a timeout.
    """

    error: str = ""
    again: bool = False
    judged: str = "success"
    stop: str = "none"
    status: int | None = None
    unclear: bool = False
    raised: str = ""
    phase: str = ""


class Shape(NamedTuple):
    """What repeating the request would do: nothing (safe), or the same effect once (keyed)."""

    safe: bool
    keyed: bool

    @property
    def repeatable(self) -> bool:
        """Whether a second arrival does no harm."""
        return self.safe or self.keyed


def duration(turn: Turn, options: Options, limit_s: float) -> float:
    """How long the attempt takes, which its limit cuts short."""
    if turn.kind in ("read_timeout", "drips"):
        return limit_s
    if turn.kind == "connect_timeout":
        return min(options.connect_s, limit_s)
    if is_reply(turn):
        return min(turn.after_s, limit_s)
    return turn.after_s


def is_reply(turn: Turn) -> bool:
    """Whether the service writes an answer, good or bad."""
    return turn.kind in _REPLIES


_REPLIES = {
    "answer",
    "redirect",
    "in_flight",
    "truncated",
    "not_json",
    "not_said_to_be_json",
    "too_long",
}


def judge(turn: Turn, shape: Shape, options: Options, limit_s: float, in_a_hurry: bool) -> Verdict:
    """The verdict; `in_a_hurry`: the operation's deadline is what limits the attempt."""
    if is_reply(turn) and turn.after_s > limit_s:
        return _late("read", shape, in_a_hurry)
    if turn.kind == "connect_timeout":
        return _late("connect", shape, in_a_hurry and options.connect_s >= limit_s)
    if turn.kind in _LATE:
        return _late(_LATE[turn.kind], shape, in_a_hurry)
    if turn.kind in _FATAL:
        return Verdict("other", False, "ignored", _FATAL[turn.kind], raised=turn.kind.capitalize())
    return _judge_in_time(turn, shape)


_LATE = {"read_timeout": "read", "drips": "total"}
_FATAL = {"crash": "not_retryable", "interrupt": "cancelled"}


def _judge_in_time(turn: Turn, shape: Shape) -> Verdict:
    if turn.kind == "redirect":
        return Verdict(
            "protocol", False, "ignored", "not_retryable", turn.status, raised="RedirectRefused"
        )
    if turn.kind in _BROKEN:
        return _broken(turn, shape)
    if turn.kind in ("answer", "in_flight"):
        return _answered(turn, shape)
    return _lost("connection", shape, turn.kind not in UNSENT, "ConnectionFailed")


def _late(phase: str, shape: Shape, in_a_hurry: bool) -> Verdict:
    sent = phase != "connect"
    if in_a_hurry:  # nobody's fault: the caller had no more time
        unclear = sent and not shape.safe
        return Verdict(
            "deadline", False, "ignored", "deadline", None, unclear, "AttemptTimedOut", "deadline"
        )
    return _lost(f"timeout_{phase}", shape, sent, "AttemptTimedOut", phase)


def _lost(error: str, shape: Shape, sent: bool, raised: str, phase: str = "") -> Verdict:
    unclear = sent and not shape.safe
    if unclear and not shape.keyed:
        return Verdict(error, False, "failure", "not_idempotent", None, True, raised, phase)
    return Verdict(error, True, "failure", "none", None, unclear, raised, phase)


def _broken(turn: Turn, shape: Shape) -> Verdict:
    """An answer that cannot be used: asking again would most likely give the same."""
    status = None if turn.kind == "broken_http" else 200
    if shape.safe:
        return Verdict(
            "protocol", False, "failure", "not_retryable", status, False, "ProtocolError"
        )
    lost = _lost("protocol", shape, True, "ProtocolError")
    return lost._replace(status=status)


def _answered(turn: Turn, shape: Shape) -> Verdict:
    status = 409 if turn.kind == "in_flight" else turn.status
    error = str(status) if str(status) in _KNOWN else "other"
    if status < 400:
        return Verdict(status=status)
    if status in _TRANSIENT:
        if not shape.repeatable:
            return Verdict(error, False, "failure", "not_idempotent", status)
        return Verdict(error, True, "failure", "none", status)
    if status == 429 or turn.kind == "in_flight":
        return Verdict(error, True, "ignored", "none", status)
    return Verdict(error, False, "ignored", "not_retryable", status)
