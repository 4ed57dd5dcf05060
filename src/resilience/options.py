"""What can be chosen of each policy: frozen, keyword-only, checked when built."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


def require(holds: bool, name: str, value: object, expected: str) -> None:
    """Raise a ValueError that names the option, its value and what was expected."""
    if not holds:
        raise ValueError(f"{name} is {value!r}, but must be {expected}")


def _positive(options: Any, *names: str) -> None:
    for name in names:
        value = getattr(options, name)
        require(value > 0, name, value, "more than 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryOptions:
    """When and how often to try again.

    `max_retries`: sends after the first (3). `backoff_s`: the first wait (1.0 s), doubled each
    time up to `max_wait_s` (30 s). `jitter`: each wait varies by at most this share (0.2).
    `max_retry_after_s`: a longer Retry-After is not waited for (30 s).
    """

    max_retries: int = 3
    backoff_s: float = 1.0
    max_wait_s: float = 30.0
    jitter: float = 0.2
    max_retry_after_s: float = 30.0

    def __post_init__(self) -> None:
        """Refuse values out of range, with a ValueError."""
        require(0 <= self.max_retries <= 10, "max_retries", self.max_retries, "0 to 10")
        require(self.backoff_s >= 0, "backoff_s", self.backoff_s, "0 or more")
        require(0 <= self.jitter <= 1, "jitter", self.jitter, "0 to 1")
        _positive(self, "max_wait_s", "max_retry_after_s")


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeoutOptions:
    """How long an attempt and an operation may take, on the monotonic clock.

    `attempt_s`: one attempt, from connecting to the last byte (15 s). `connect_s`: its
    connecting part at most (5 s). `operation_s`: all attempts and waits (67 s = 4 x 15 + 7).
    """

    attempt_s: float = 15.0
    connect_s: float = 5.0
    operation_s: float = 67.0

    def __post_init__(self) -> None:
        """Refuse values out of range, with a ValueError."""
        _positive(self, "attempt_s", "connect_s", "operation_s")


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowOptions:
    """A sliding window over which the breaker judges rates instead of consecutive failures.

    `size`: calls when `counts` is "calls" (100), seconds when it is "time". `minimum_calls`:
    no verdict before (10). `failure_rate`: opens at this share of failures (0.5).
    `slow_call_rate`: opens at this share of calls slower than `slow_call_s` (1.0 = never alone).
    """

    counts: Literal["calls", "time"] = "calls"
    size: int = 100
    minimum_calls: int = 10
    failure_rate: float = 0.5
    slow_call_rate: float = 1.0
    slow_call_s: float = 60.0

    def __post_init__(self) -> None:
        """Refuse values out of range, with a ValueError."""
        require(self.counts in ("calls", "time"), "counts", self.counts, "'calls' or 'time'")
        require(1 <= self.size <= 10_000, "size", self.size, "1 to 10000")
        require(0 < self.failure_rate <= 1, "failure_rate", self.failure_rate, "over 0, up to 1")
        require(
            0 < self.slow_call_rate <= 1, "slow_call_rate", self.slow_call_rate, "over 0, up to 1"
        )
        _positive(self, "minimum_calls", "slow_call_s")
        require(
            self.counts == "time" or self.minimum_calls <= self.size,
            "minimum_calls",
            self.minimum_calls,
            f"at most the {self.size} calls that the window holds",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerOptions:
    """When the circuit opens and how it closes again.

    `failure_threshold`: consecutive failures that open it (5), unless `window` is given.
    `open_for_s`: how long it stays open (60 s). `probes`: calls let through at once when
    half-open, all of which must succeed to close it (1). `probe_expires_s`: a probe that never
    came back frees its place after this long (60 s).
    """

    failure_threshold: int = 5
    open_for_s: float = 60.0
    probes: int = 1
    probe_expires_s: float = 60.0
    window: WindowOptions | None = None

    def __post_init__(self) -> None:
        """Refuse values out of range, with a ValueError."""
        require(
            1 <= self.failure_threshold <= 1000,
            "failure_threshold",
            self.failure_threshold,
            "1 to 1000",
        )
        require(1 <= self.probes <= 100, "probes", self.probes, "1 to 100")
        _positive(self, "open_for_s", "probe_expires_s")


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetOptions:
    """How much retrying a failing target is worth, as in gRPC's retry throttling (gRFC A6).

    Each failed attempt takes one token, each success gives back `token_ratio`; retries stop
    while no more than half of `max_tokens` is left. Defaults: 100 tokens, ratio 0.1.
    """

    max_tokens: float = 100.0
    token_ratio: float = 0.1

    def __post_init__(self) -> None:
        """Refuse values out of range, with a ValueError."""
        require(0 < self.max_tokens <= 1000, "max_tokens", self.max_tokens, "over 0, up to 1000")
        _positive(self, "token_ratio")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientOptions:
    """One protected session: its target, what it may do and how much it may read.

    `target`: the name of the service in every signal. `base_url`: where relative urls lead.
    `operations`: the closed set of operation names. `max_response_bytes`: after
    decompression (1 MiB). `idle_connection_s`: an idle connection is dropped after this long
    (4 s: before a server that keeps it for 5).
    """

    target: str = "default"
    base_url: str = ""
    operations: frozenset[str] = frozenset()
    retry: RetryOptions = RetryOptions()
    timeout: TimeoutOptions = TimeoutOptions()
    breaker: BreakerOptions = BreakerOptions()
    budget: BudgetOptions = BudgetOptions()
    max_response_bytes: int = 1_048_576
    idle_connection_s: float = 4.0
    pool_size: int = 64

    def __post_init__(self) -> None:
        """Refuse values out of range, with a ValueError."""
        require(bool(self.target), "target", self.target, "a name")
        _positive(self, "max_response_bytes", "idle_connection_s", "pool_size")


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeOptions:
    """The ASGI edge in front of a WSGI application.

    `limits`: one string, tried in order, for all public paths together
    ("10/minute;100/hour"; "" = no limits). `trusted_proxies`: networks whose
    X-Forwarded-For is believed (none). `trusted_key`: callers that show it may forward a
    user's address and a trace context ("" = nobody). `probe_networks`: who may read /metrics,
    /livez and /readyz (loopback). Body and header caps in bytes; times in seconds.
    `queue`: requests that may wait for one of `threads` before new ones are shed.
    `hold_s`: how long the 429 of a repeat offender is held back, at most `max_held` at once.
    """

    limits: str = "10/minute;100/hour"
    trusted_proxies: tuple[str, ...] = ()
    trusted_key: str = field(default="", repr=False)
    probe_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    threads: int = 8
    queue: int = 256
    max_body_bytes: int = 65_536
    max_header_bytes: int = 16_384
    max_headers: int = 100
    body_timeout_s: float = 10.0
    header_timeout_s: float = 10.0
    drain_s: float = 10.0
    hold_s: float = 0.05
    max_held: int = 1024

    def __post_init__(self) -> None:
        """Refuse values out of range, with a ValueError."""
        _positive(self, "threads", "queue", "max_body_bytes", "max_header_bytes", "max_headers")
        _positive(self, "body_timeout_s", "header_timeout_s", "drain_s")
        require(self.hold_s >= 0, "hold_s", self.hold_s, "0 or more")
        require(
            not self.trusted_key or len(self.trusted_key) >= 16,
            "trusted_key",
            "(secret)",
            "at least 16 characters, or empty",
        )


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True, kw_only=True, slots=True)
class TelemetryOptions:
    """The three signals of one process.

    `service`: its name in every signal. `log_level`: lines below it are not written ("INFO").
    `log_file`: a file that lines also go to, moved aside at 16 MiB (none). `queue`: spans, and
    lines, that may wait to be written before new ones are dropped and counted (16384).
    `shutdown_s`: how long a dead collector may delay the end (5 s).
    """

    service: str = "tallybook"
    version: str = "0"
    log_level: str = "INFO"
    log_file: Path | None = None
    queue: int = 16_384
    shutdown_s: float = 5.0

    def __post_init__(self) -> None:
        """Refuse values out of range, with a ValueError."""
        require(bool(self.service), "service", self.service, "a name")
        known = self.log_level.upper() in LOG_LEVELS
        require(known, "log_level", self.log_level, ", ".join(LOG_LEVELS))
        _positive(self, "queue", "shutdown_s")


Random = Callable[[], float]
"""A source of randomness: values from 0 up to, not including, 1."""
