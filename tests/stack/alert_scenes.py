"""The scenes that fire the alerts, on the real stack, and how long each takes to fire."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from tests.stack.alert_traffic import Visitors, repeated
from tests.stack.alerting import Watch
from tests.stack.processes import Process
from tests.stack.stack import Stack

from wire import Delay, Rule, Status

JOBS = ("booking-api", "booking-agent", "fault-proxy")


@dataclass(frozen=True)
class Rig:
    """What a scene may play with."""

    stack: Stack
    watch: Watch
    visitors: Visitors
    collector: Process | None


Act = Callable[[Rig], AbstractContextManager[None]]


@dataclass(frozen=True)
class Scene:
    """What is broken, and which alerts must fire of it (`name` or `name of job`)."""

    name: str
    about: str
    fires: tuple[str, ...]
    act: Act
    settings: Mapping[str, object] = field(default_factory=dict)
    calm_s: float = 8.0
    collector: bool = False


@contextmanager
def dead_api(rig: Rig) -> Iterator[None]:
    """Kill the API."""
    rig.stack.api.kill()
    yield


@contextmanager
def flaky_api(rig: Rig) -> Iterator[None]:
    """Answer half of what is sent to the API with 503."""
    with _plan(rig, Rule(probability=0.5, fault=Status(status=503))):
        yield


@contextmanager
def failing_api(rig: Rig) -> Iterator[None]:
    """Answer everything that is sent to the API with 500."""
    with _plan(rig, Rule(every=True, fault=Status(status=500))):
        yield


@contextmanager
def slow_bookings(rig: Rig) -> Iterator[None]:
    """Let each booking wait on its way to the API."""
    rule = Rule(method="POST", path="/appointments", every=True, fault=Delay(delay_s=0.7))
    with _plan(rig, rule), repeated(rig.visitors.book, every_s=0.05, threads=4):
        yield


@contextmanager
def flood(rig: Rig) -> Iterator[None]:
    """Let one client send as fast as it is answered."""
    with repeated(rig.visitors.flood, every_s=0.005, threads=3):
        yield


@contextmanager
def hanging_database(rig: Rig) -> Iterator[None]:
    """Hold the database's write lock for most of the time, while people are in a hurry."""

    def hold() -> None:
        with rig.stack.api.write_lock():
            time.sleep(1.5)

    hurried = repeated(rig.visitors.hurry, every_s=0.05, threads=8)
    booking = repeated(rig.visitors.book, every_s=0.01, threads=4)
    with hurried, booking, repeated(hold, every_s=0.1):
        yield


@contextmanager
def lost_collector(rig: Rig) -> Iterator[None]:
    """Stop the collector, and let people look around all the more."""
    assert rig.collector is not None
    rig.collector.stop()
    with repeated(rig.visitors.look, every_s=0.02, threads=2):
        yield


@contextmanager
def forgotten_target(rig: Rig) -> Iterator[None]:
    """Take the agent out of Prometheus' configuration."""
    rig.watch.know([job for job in JOBS if job != "booking-agent"])
    yield


def calm(rig: Rig) -> AbstractContextManager[None]:
    """Break nothing."""
    del rig
    return nullcontext()


@contextmanager
def _plan(rig: Rig, rule: Rule) -> Iterator[None]:
    rig.stack.plan(rule)
    yield
    rig.stack.plan()


PATIENT = {"ATTEMPT_TIMEOUT_S": 5}
SCENES = (
    Scene(
        "calm",
        "nothing is broken, for what would be 20 minutes",
        (),
        calm,
        calm_s=40.0,
        collector=True,
    ),
    Scene(
        "dead API",
        "the API is killed",
        ("TargetAbsent of booking-api", "CircuitBreakerOpen", "AvailabilityBudgetBurn"),
        dead_api,
        {"BREAKER_FAILURES": 5},
    ),
    Scene(
        "flaky API",
        "half of the attempts get a 503",
        ("RetryAmplification", "RetryBudgetEmpty"),
        flaky_api,
    ),
    Scene("failing API", "every attempt gets a 500", ("AvailabilityBudgetBurn",), failing_api),
    Scene(
        "slow",
        "each booking takes 0.7 s longer",
        ("LatencyBudgetBurn",),
        slow_bookings,
        PATIENT,
    ),
    Scene("flood", "one client sends without a pause", ("RateLimitRejections",), flood),
    Scene(
        "hanging database",
        "another process holds the write lock",
        ("DeadlineRejections",),
        hanging_database,
        {"THREADS": 2, "AGENT_THREADS": 2, **PATIENT},
    ),
    Scene(
        "collector lost",
        "the collector is stopped",
        ("TelemetryDropped", "TelemetryDrift", "TargetAbsent of span-metrics"),
        lost_collector,
        {"otel_timeout_ms": 500},
        collector=True,
    ),
    Scene(
        "forgotten target",
        "the agent is taken out of Prometheus' configuration",
        ("TargetAbsent of booking-agent",),
        forgotten_target,
    ),
)
