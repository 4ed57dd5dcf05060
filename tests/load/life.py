"""A service and its lives: each start of its process is one life with records of its own."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.load.process import Process, fetch, free_port, until
from tests.load.reader import Reader

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
SETTLED_WITHIN_S = 60.0
_BUSY = (
    "http_server_active_requests",
    "http_server_queued_requests",
    "resilience_operations_in_progress",
)


@dataclass(slots=True, kw_only=True)
class Life:
    """One process from start to end; `ended` is running, stopped or killed."""

    name: str
    service: str
    process: Process
    started_s: float
    ended: str = "running"
    ended_s: float | None = None

    def to_dict(self) -> Mapping[str, object]:
        """As it stands in run.json."""
        return {
            "name": self.name,
            "service": self.service,
            "ended": self.ended,
            "started_s": self.started_s,
            "ended_s": self.ended_s,
        }


class Service:
    """`tallybook serve api` or `agent`, through all its lives, on one port."""

    def __init__(
        self,
        what: str,
        directory: Path,
        now_s: Callable[[], float],
        collector: str,
        settings: Mapping[str, object],
        bug: str = "",
    ) -> None:
        self.what, self.port = what, free_port()
        self.lives: list[Life] = []
        self.lines_to: Reader | None = None
        self._directory, self._now_s = directory, now_s
        self._collector = collector
        self._program = ["tests.honesty.planted", bug] if bug else ["booking"]
        self._settings = {f"{what.upper()}_PORT": self.port, **settings}

    @property
    def life(self) -> Life:
        """The latest life."""
        return self.lives[-1]

    def log(self, life: Life) -> Path:
        """Where a life writes its lines."""
        return self._directory / "work" / f"{life.name}.jsonl"

    def start(self) -> None:
        """Begin a life; `wait_ready` waits for it."""
        name = f"{self.what}-{len(self.lives) + 1}"
        output = self._directory / "work" / f"{name}.jsonl"
        process = Process(
            ["-m", *self._program, "serve", self.what],
            output if self.lines_to is None else self.lines_to.into,
            self._environment(name),
        )
        if self.lines_to is not None:
            self.lines_to.start(output)
        self.lives.append(
            Life(
                name=name,
                service=f"booking-{self.what}",
                process=process,
                started_s=self._now_s(),
            )
        )

    def wait_ready(self) -> None:
        """Wait until the latest life answers its probe."""
        self.life.process.wait_ready(self.port, "/readyz")

    def kill(self) -> None:
        """End the latest life with SIGKILL."""
        self.life.process.kill()
        self.life.ended, self.life.ended_s = "killed", self._now_s()

    def stop(self) -> int:
        """End the latest life with SIGTERM after its records were taken; its exit status."""
        return self.life.process.stop()

    def scrape(self) -> bytes:
        """What /metrics of the latest life says, with exemplars. Raises OSError."""
        return fetch(self.port, "/metrics", accept=OPENMETRICS)

    def wait_settled(self) -> bytes:
        """Wait until nothing is under way and no signal waits; the scrape that says so."""
        found = b""

        def settled() -> bool:
            nonlocal found
            found = self.scrape()
            return _at_rest(found.decode())

        until(settled, SETTLED_WITHIN_S, f"{self.life.name} at rest")
        return found

    def _environment(self, name: str) -> Mapping[str, str]:
        """Our own environment without whatever the stack reads, and with these settings."""
        own = ("TALLYBOOK_", "OTEL_")
        clean = {key: value for key, value in os.environ.items() if not key.startswith(own)}
        settings = {f"TALLYBOOK_{key}": str(value) for key, value in self._settings.items()}
        return {**clean, **settings, **self._otel(name)}

    def _otel(self, name: str) -> Mapping[str, str]:
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self._collector,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2000",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_RESOURCE_ATTRIBUTES": f"service.instance.id={name}",
            "OTEL_TRACES_SAMPLER": "always_on",
        }


def _at_rest(text: str) -> bool:
    """No request under way, and every signal made was delivered or dropped."""
    busy, waiting = 0.0, 0.0
    signs = {"telemetry_made": 1, "telemetry_delivered": -1, "telemetry_dropped": -1}
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]  # untyped there
        if family.name in _BUSY:
            busy += sum(sample.value for sample in family.samples)
        elif family.name in signs:
            total = sum(s.value for s in family.samples if s.name.endswith("_total"))
            waiting += signs[family.name] * total
    return busy == 0 and waiting == 0
