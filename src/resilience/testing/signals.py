"""The three signals of a piece of work, captured together and apart from every other test's."""

import os
from collections.abc import Mapping, Sequence
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any

import orjson
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from prometheus_client.parser import text_string_to_metric_families

from resilience.declare import Domains, Event
from resilience.events import CATALOGUE
from resilience.options import TelemetryOptions
from resilience.telemetry.setup import Telemetry
from resilience.telemetry.trace import SpanRecord, from_sdk


class _Keep(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a finished span."""
        self.spans.append(span)


class Signals:
    """Real telemetry with its own provider, registry and logger, whose output can be asked for.

    `domains` fills the label sets that a composition would fill; a value outside its set is
    counted as "other", as it would be there. `environment` are `OTEL_*` variables; without them
    nothing is exported. To be closed, or used in a `with` statement.
    """

    def __init__(
        self,
        domains: Domains | None = None,
        *,
        catalogue: Sequence[type[Event]] = CATALOGUE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  # closed by close
        self._kept = _Keep()
        self.domains: Domains = {**_DOMAINS, **(domains or {})}
        self.telemetry = Telemetry(
            TelemetryOptions(service="test", log_level="DEBUG"),
            domains=self.domains,
            catalogue=catalogue,
            environment=environment or {},
            lines=self._file.fileno(),
            processor=self._kept,
        )
        self.emit, self.observe = self.telemetry.emit, self.telemetry.observe

    def spans(self, name: str = "") -> list[SpanRecord]:
        """The finished spans, in order of their end; only those of a name when one is given."""
        found = [from_sdk(span) for span in self._kept.spans]
        return [span for span in found if not name or span.name == name]

    def finished(self) -> list[ReadableSpan]:
        """The finished spans as the SDK hands them to an exporter."""
        return [*self._kept.spans]

    def lines(self, event: str = "") -> list[Mapping[str, Any]]:
        """The log lines; only those of one event when it is named."""
        self.telemetry.flush()
        descriptor = self._file.fileno()
        written = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        found = [orjson.loads(line) for line in written.splitlines()]
        return [line for line in found if not event or line["event"] == event]

    def value(self, name: str, **labels: str) -> float:
        """The value of one series as `/metrics` shows it; a KeyError when it is not there."""
        for sample in self.samples():
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
        raise KeyError(f"no series {name} with labels {labels}")

    def total(self, name: str, **labels: str) -> float:
        """The sum of all series of a name that have these labels."""
        wanted = labels.items()
        found = (s for s in self.samples() if s.name == name and wanted <= s.labels.items())
        return float(sum(sample.value for sample in found))

    def samples(self) -> list[Any]:
        """Every sample of `/metrics`."""
        text = self.telemetry.metrics("")[1].decode()
        return [s for family in text_string_to_metric_families(text) for s in family.samples]

    def close(self) -> None:
        """Take the telemetry down."""
        self.telemetry.close()
        self._file.close()

    def __enter__(self) -> "Signals":
        """The signals themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        """Take the telemetry down."""
        self.close()


_DOMAINS: Domains = {
    "target": ("api", "other"),
    "operation": ("create_appointment", "get_appointment", "other"),
    "server_address": ("127.0.0.1", "other"),
    "http_route": ("/services", "other"),
    "http_status": ("200", "201", "404", "429", "500", "503", "", "other"),
    "policy": ("10_per_minute", "100_per_hour", ""),
    "http_served": ("GET /services 200 ",),
}
