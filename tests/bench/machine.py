"""Where a run took place, and which processors its processes use."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "flask",
    "uvicorn",
    "gunicorn",
    "slowapi",
    "flask-limiter",
    "prometheus-client",
    "prometheus-flask-exporter",
    "opentelemetry-sdk",
    "opentelemetry-instrumentation-flask",
    "opentelemetry-instrumentation-sqlite3",
    "structlog",
    "requests",
    "tenacity",
    "pybreaker",
    "circuitbreaker",
)


def processors() -> tuple[frozenset[int], frozenset[int]]:
    """One processor for the server and another for the load; all for both when there is one."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return frozenset(allowed), frozenset(allowed)
    return frozenset(allowed[:1]), frozenset(allowed[1:2])


def describe() -> dict[str, str]:
    """The machine, the interpreter and the versions that figures depend on."""
    server, load = processors()
    load_1m, load_5m, _ = os.getloadavg()
    return {
        "machine": f"{_processor()}, {os.cpu_count()} processors, {platform.platform()}",
        "load before": f"{load_1m:.2f} in 1 min, {load_5m:.2f} in 5 min",
        "pinned": f"servers to {sorted(server)}, load and collector to {sorted(load)}",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
