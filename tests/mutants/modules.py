"""Which modules are mutated, and the unit tests that each must satisfy alone."""

UNIT = "tests/unit/resilience"

TESTS: dict[str, tuple[str, ...]] = {
    "breaker": ("test_breaker.py", "test_breaker_quick.py"),
    "breaker_books": ("test_breaker_books.py",),
    "permit": ("test_permit.py",),
    "window": ("test_window.py",),
    "budget": ("test_budget.py",),
    "deadline": ("test_deadline.py",),
    "retry": ("test_retry.py",),
    "retry_after": ("test_retry_after.py",),
    "http_client/verdict": ("http_client/test_verdict.py",),
    "http_client/endings": ("http_client/test_endings.py",),
    "edge/limits": ("edge/test_limits.py", "edge/test_limits_told.py"),
    "edge/storage": ("edge/test_storage.py",),
    "edge/offenders": ("edge/test_offenders.py",),
    "telemetry/recorder": ("telemetry/test_recorder.py",),
    "telemetry/counters": ("telemetry/test_counters.py", "telemetry/test_counters_known.py"),
    "telemetry/series": ("telemetry/test_series.py",),
}
