"""The three signals of this process, real and cheap to read after every operation."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor
from opentelemetry.sdk.trace.sampling import DEFAULT_ON
from prometheus_client import CollectorRegistry
from tests.simulate.model.telling import HOST, STATUSES, TARGET
from tests.simulate.plan import OPERATIONS

from resilience.events import CATALOGUE
from resilience.telemetry.counters import Counters
from resilience.telemetry.instrument import instrument_requests
from resilience.telemetry.logs import Logs
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
_PLACES = {"user_agent.original", "network.peer.address", "network.peer.port", "url.full"}
"""What the instrumentation of requests says of the way, which is none of the policies' matters."""


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
        for span in self._spans:
            traces.setdefault(format(span.context.trace_id, "032x"), _Trace()).spans.append(span)
        for line in map(orjson.loads, self._lines):
            traces.setdefault(line.pop("trace_id", ""), _Trace()).lines.append(line)
        self._spans.clear()
        self._lines.clear()
        return {trace_id: trace.told() for trace_id, trace in traces.items()}

    def forget(self) -> None:
        """Begin anew, after a plan that was broken off."""
        self._spans.clear()
        self._lines.clear()


@contextmanager
def capturing() -> Iterator[Capture]:
    """A capture to which the official instrumentation of requests tells of each attempt."""
    capture = Capture()
    instrument_requests(capture)  # type: ignore[arg-type]  # it asks for the provider alone
    try:
        yield capture
    finally:
        RequestsInstrumentor().uninstrument()


class _Trace:
    """The spans and lines of one trace, made comparable: ids become the roles they stand for."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.lines: list[dict[str, Any]] = []

    def told(self) -> dict[str, Any]:
        roles = self._roles()
        lines = []
        for line in self.lines:
            line["span"] = roles.get(int(line.pop("span_id", "0"), 16), "no span of this trace")
            line.pop("timestamp", None)
            lines.append(line)
        return {"spans": [_plain(span, roles) for span in self.spans], "lines": lines}

    def _roles(self) -> dict[int, str]:
        roles: dict[int, str] = {}
        attempts = own = 0
        for span in self.spans:
            if span.kind.name == "CLIENT":
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
    parent = "" if span.parent is None else roles.get(span.parent.span_id, "another trace")
    plain = {
        "ref": roles[span.context.span_id],
        "name": span.name,
        "kind": span.kind.name.lower(),
        "parent": parent,
        "status": span.status.status_code.name.lower(),
        "attributes": {k: v for k, v in span.attributes.items() if k not in _PLACES},
    }
    if plain["ref"].startswith("own"):
        plain["lasted_s"] = (span.end_time - span.start_time) / 1e9
    return plain


def _samples(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    samples = (sample for family in registry.collect() for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}
