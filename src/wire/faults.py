"""The closed set of faults that the proxy can inject, as frozen and validated data."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from wire.checks import (
    build,
    require,
    require_choice,
    require_integer,
    require_list,
    require_number,
    require_object,
    require_text,
    require_token,
)

FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})
BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong. `name` is the label under which it is counted."""

    name: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fault as JSON members, `name` first."""
        return {"name": self.name} | dataclasses.asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Fault):
    """Reset the connection when it is accepted, before anything is read.

    Decided per connection, so its rule can match neither method, path nor header, and `nth`
    counts connections. The client's connect() has succeeded by then: for a true refusal
    stop listening (`Proxy.stop_listening`).
    """

    name: ClassVar[str] = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(Fault):
    """Reset the connection: before forwarding, or with half of the answer's body sent."""

    name: ClassVar[str] = "reset"
    when: Literal["before_forward", "mid_body"] = "before_forward"

    def __post_init__(self) -> None:
        require_choice("reset.when", self.when, ("before_forward", "mid_body"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(Fault):
    """Read the request, never forward it and never answer, until the client gives up."""

    name: ClassVar[str] = "hang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Fault):
    """Wait `delay_s` seconds before forwarding."""

    name: ClassVar[str] = "delay"
    delay_s: float

    def __post_init__(self) -> None:
        require_number("delay.delay_s", self.delay_s, least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip(Fault):
    """Send the answer `chunk_bytes` bytes at a time, one piece every `interval_s` seconds.

    `start` says from where on: "headers" (the first byte) or "body" (default).
    """

    name: ClassVar[str] = "drip"
    interval_s: float
    chunk_bytes: int = 1
    start: Literal["headers", "body"] = "body"

    def __post_init__(self) -> None:
        require_number("drip.interval_s", self.interval_s, least=0)
        require_integer("drip.chunk_bytes", self.chunk_bytes, least=1)
        require_choice("drip.start", self.start, ("headers", "body"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate(Fault):
    """Deliver at most `body_bytes` bytes of the body, and never the last, then end the connection.

    `then` says how: "close" (default) or "reset". An answer without a body has nothing to
    cut: it passes whole, and the connection ends after it.
    """

    name: ClassVar[str] = "truncate"
    body_bytes: int = 0
    then: Literal["close", "reset"] = "close"

    def __post_init__(self) -> None:
        require_integer("truncate.body_bytes", self.body_bytes, least=0)
        require_choice("truncate.then", self.then, ("close", "reset"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Fault):
    """Answer `status` (200 to 599) with `headers` and `body` (UTF-8); never forward."""

    name: ClassVar[str] = "status"
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def __post_init__(self) -> None:
        require_integer("status.status", self.status, least=200, most=599)
        wrong = f"status.body is {self.body!r:.80}"
        require(isinstance(self.body, str), wrong, "a string", "write the body as one string")
        empty = self.status not in BODILESS or not self.body
        wrong = f"status.body is given for a {self.status}"
        require(empty, wrong, "no body, which HTTP forbids there", "leave it out")
        for header, value in self.headers:
            self._check_header(header, value)

    @staticmethod
    def _check_header(header: str, value: str) -> None:
        require_token("status.headers", header)
        require_text(f"status.headers {header}", value)
        wrong = f"status.headers has {header}"
        remedy = "leave it out"
        require(header.lower() not in FRAMING, wrong, "no framing, which the proxy sets", remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Fault):
    """Forward, let the server do its work, read its whole answer, and do not deliver it.

    `then`: "hold" (default) keeps the connection open until the client gives up, "close"
    closes it and "reset" resets it.
    """

    name: ClassVar[str] = "drop"
    then: Literal["hold", "close", "reset"] = "hold"

    def __post_init__(self) -> None:
        require_choice("drop.then", self.then, ("hold", "close", "reset"))


FAULTS: dict[str, type[Fault]] = {
    kind.name: kind for kind in (Delay, Drip, Drop, Hang, Refuse, Reset, Status, Truncate)
}


def fault_from_dict(data: object, where: str = "fault") -> Fault:
    """Read a fault from JSON members; raises Misconfigured that names the place `where`."""
    members = require_object(where, data)
    name = members.pop("name", None)
    require_choice(f"{where}.name", name, tuple(FAULTS))
    if "headers" in members:
        members["headers"] = _header_pairs(members["headers"], f"{where}.headers")
    return build(FAULTS[str(name)], members, where)


def _header_pairs(data: object, where: str) -> tuple[tuple[str, str], ...]:
    """Accept both {"name": "value"} and [["name", "value"], ...], which may repeat a name."""
    items = data.items() if isinstance(data, dict) else require_list(where, data)
    pairs = [tuple(item) if isinstance(item, (list, tuple)) else () for item in items]
    good = all(len(pair) == 2 for pair in pairs)
    require(good, f"{where} is not made of pairs", 'pairs ["name", "value"]', "correct it")
    return tuple((pair[0], pair[1]) for pair in pairs)
