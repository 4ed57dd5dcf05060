"""The three signals of this process, real and cheap to read after every operation."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor
from opentelemetry.sdk.trace.sampling import DEFAULT_ON
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry
from tests.simulate.model.telling import HOST, STATUSES, TARGET
from tests.simulate.plan import OPERATIONS

from resilience.events import CATALOGUE
from resilience.telemetry.counters import Counters
from resilience.telemetry.instrument import instrument_requests
from resilience.telemetry.logs import Logs
from resilience.telemetry.recorded_span import UNSET
from resilience.telemetry.recorder import Recorder
from resilience.telemetry.spans import Spans
from resilience.telemetry.tracer import LeanProvider

NAMES = tuple(sorted(OPERATIONS.keys() - {"unheard_of"}))
_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "target": (TARGET,),
    "operation": (*NAMES, "other"),
    "server_address": (HOST, "other"),
    "http_status": (*STATUSES, "other"),
}
_CLIENT, _INTERNAL = SpanKind.CLIENT, SpanKind.INTERNAL
_PLACES = {"url.full"}
"""What an attempt says of the way, which is none of the policies' matters."""


class Capture(SpanProcessor):
    """A recorder of its own, whose spans, lines and series are taken after each step."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.provider = LeanProvider(
            Resource.create({"service.name": "simulation"}),
            DEFAULT_ON,
            SpanLimits(max_attributes=64, max_links=8),
        )
        self.provider.add_span_processor(self)
        self._spans: list[Any] = []
        self._lines: list[bytes] = []
        catalogue = [event for event in CATALOGUE if "target" in event.labels]
        spans = Spans(self.provider.get_tracer("resilience"))
        self.counters = Counters(self.registry, catalogue, _DOMAINS)
        logs = Logs(self._lines.append, service="simulation", level="DEBUG")
        self.emit, self.observe = Recorder(spans, self.counters, logs), spans.observe
        self._before = _samples(self.registry)

    def on_end(self, span: Any) -> None:
        """Keep a finished span."""
        self._spans.append(span)

    def counted(self) -> dict[tuple[str, ...], float]:
        """By how much each sample, as a scrape shows it, changed since the last time."""
        before, self._before = self._before, _samples(self.registry)
        after = self._before
        return {
            key: after[key] - before.get(key, 0.0)
            for key in after
            if after[key] != before.get(key, 0.0)
        }

    def told(self) -> dict[str, dict[str, Any]]:
        """Spans and lines since the last time, by trace, in the order of the traces' ends."""
        traces: dict[str, _Trace] = {}
        for trace_id, spans in self._spans_by_trace().items():
            traces[f"{trace_id:032x}"] = _Trace(spans)
        for line in orjson.loads(b"[%b]" % b",".join(self._lines)):
            trace_id = line.pop("trace_id", "")
            if trace_id not in traces:
                traces[trace_id] = _Trace([])
            traces[trace_id].lines.append(line)
        self.forget()
        return {trace_id: trace.told() for trace_id, trace in traces.items()}

    def _spans_by_trace(self) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for span in self._spans:
            found.setdefault(span.context.trace_id, []).append(span)
        return found

    def forget(self) -> None:
        """Begin anew, with the next step or after a plan that was broken off."""
        self._spans.clear()
        self._lines.clear()


@contextmanager
def capturing() -> Iterator[Capture]:
    """A capture that is told of each attempt."""
    capture = Capture()
    instrument_requests(capture)  # type: ignore[arg-type]  # it asks for the provider alone
    try:
        yield capture
    finally:
        RequestsInstrumentor().uninstrument()


class _Trace:
    """The spans and lines of one trace, made comparable: ids become the roles they stand for."""

    def __init__(self, spans: list[Any]) -> None:
        self.spans = spans
        self.lines: list[dict[str, Any]] = []

    def told(self) -> dict[str, Any]:
        roles = self._roles()
        spans = [_plain(span, roles) for span in self.spans]
        by_id = {f"{span_id:016x}": role for span_id, role in roles.items()}
        for line in self.lines:
            line["span"] = by_id.get(line.pop("span_id", ""), "no span of this trace")
            line.pop("timestamp", None)
        lasted = [
            (span.end_time - span.start_time) / 1e9
            for span, plain in zip(self.spans, spans, strict=True)
            if plain["ref"].startswith("own")
        ]
        return {"spans": spans, "lasted": lasted, "lines": self.lines}

    def _roles(self) -> dict[int, str]:
        roles: dict[int, str] = {}
        attempts = own = 0
        for span in self.spans:
            if span.kind is _CLIENT:
                attempts += 1
                role = f"attempt {attempts}"
            elif span.parent is None and not span.name.startswith("resilience."):
                role = "operation"
            else:
                own += 1
                role = f"own {own}"
            roles[span.context.span_id] = role
        return roles


def _plain(span: Any, roles: Mapping[int, str]) -> dict[str, Any]:
    attributes, kind = span.attributes, span.kind
    if kind is _CLIENT:
        attributes = {key: attributes[key] for key in attributes if key not in _PLACES}
    return {
        "ref": roles[span.context.span_id],
        "name": span.name,
        "kind": "internal" if kind is _INTERNAL else kind.name.lower(),
        "parent": "" if span.parent is None else roles.get(span.parent.span_id, "another trace"),
        "status": "unset" if span.status is UNSET else span.status.status_code.name.lower(),
        "attributes": attributes,
    }


def _samples(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    samples = (sample for family in registry.collect() for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}
