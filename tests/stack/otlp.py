"""Spans made by hand, sent to a collector as OTLP/JSON."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.stack.http import post

ERROR = 2
_KINDS = {"internal": 1, "server": 2, "client": 3}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A span; ids are numbers, `parent` 0 is none. It ends now and lasts `lasts_s`."""

    trace: int
    span: int = 1
    parent: int = 0
    name: str = "GET /services"
    kind: str = "server"
    lasts_s: float = 0.01
    status: int = 0
    message: str = ""
    attributes: Mapping[str, str | int] = field(default_factory=dict)
    event: Mapping[str, str] = field(default_factory=dict)

    @property
    def trace_id(self) -> str:
        """The trace id, in hexadecimal."""
        return f"{self.trace:032x}"

    def document(self) -> dict[str, object]:
        """The span as OTLP/JSON has it."""
        now_ns = time.time_ns()
        events = [{"timeUnixNano": str(now_ns), "name": "exception", **_attributes(self.event)}]
        return {
            "traceId": self.trace_id,
            "spanId": f"{self.span:016x}",
            "parentSpanId": f"{self.parent:016x}" if self.parent else "",
            "name": self.name,
            "kind": _KINDS[self.kind],
            "startTimeUnixNano": str(now_ns - int(self.lasts_s * 1e9)),
            "endTimeUnixNano": str(now_ns),
            "status": {"code": self.status, "message": self.message},
            "events": events if self.event else [],
            **_attributes(self.attributes),
        }


def send(
    address: str,
    spans: Sequence[Made],
    service: str = "made-by-hand",
    resource: Mapping[str, str] | None = None,
) -> None:
    """Send them in one request."""
    of = _attributes({"service.name": service, **(resource or {})})
    scopes = [{"scope": {"name": "tests"}, "spans": [span.document() for span in spans]}]
    post(address, "/v1/traces", {"resourceSpans": [{"resource": of, "scopeSpans": scopes}]})


def _attributes(pairs: Mapping[str, str | int]) -> dict[str, object]:
    return {"attributes": [{"key": key, "value": _value(value)} for key, value in pairs.items()]}


def _value(value: str | int) -> dict[str, str]:
    return {"stringValue" if isinstance(value, str) else "intValue": str(value)}
