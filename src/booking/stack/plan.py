"""Which processes `make run` starts, with which settings."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from booking.settings import PREFIX, Settings
from booking.stack.parts import Part
from wire import Drop, Pattern, Plan, Rule, Status

DEMO_ATTEMPT_TIMEOUT_S = 2.0
_CLI = ("-m", "booking.cli")

PATTERNS = (
    Pattern(name="list_services", method="GET", path="/services"),
    Pattern(name="get_availability", method="GET", path="/availability"),
    Pattern(name="create_appointment", method="POST", path="/appointments"),
    Pattern(name="get_appointment", method="GET", path="/appointments/[^/]+"),
    Pattern(name="change_appointment", method="PATCH", path="/appointments/[^/]+"),
)


def demo_plan() -> Plan:
    """The first booking gets a 503; the second is done, but its answer never arrives."""
    booking = {"method": "POST", "path": "/appointments"}
    return Plan(
        rules=(
            Rule(**booking, nth=(1,), fault=Status(status=503)),  # type: ignore[arg-type]  # texts
            Rule(**booking, nth=(2,), fault=Drop(then="hold")),  # type: ignore[arg-type]  # texts
        ),
        operations=PATTERNS,
    )


def parts(settings: Settings, endpoint: str, directory: Path) -> tuple[Part, Part, Part]:
    """API, proxy and agent; both services export their spans to `endpoint`."""
    shared = _shared(settings, endpoint)
    api = Part(
        name="booking API",
        command=(*_CLI, "serve", "api"),
        host=settings.host,
        port=settings.api_port,
        setting="API_PORT",
        probe_port=settings.api_port,
        probe_path="/readyz",
        environment=shared,
    )
    proxy = _proxy(settings, directory)
    agent = Part(
        name="booking agent",
        command=(*_CLI, "serve", "agent"),
        host=settings.host,
        port=settings.agent_port,
        setting="AGENT_PORT",
        probe_port=settings.agent_port,
        probe_path="/readyz",
        environment={**shared, f"{PREFIX}API_URL": proxy.url},
    )
    return api, proxy, agent


def _proxy(settings: Settings, directory: Path) -> Part:
    plan = directory / "faults.json"
    plan.write_text(json.dumps(demo_plan().to_dict(), indent=2), encoding="utf-8")
    host = settings.host
    return Part(
        name="fault proxy",
        command=(
            "-m",
            "wire",
            f"--listen={host}:{settings.proxy_port}",
            f"--upstream={host}:{settings.api_port}",
            f"--control={host}:{settings.control_port}",
            f"--plan={plan}",
            f"--ledger={directory / 'ledger.jsonl'}",
        ),
        host=host,
        port=settings.proxy_port,
        setting="PROXY_PORT",
        probe_port=settings.control_port,
        probe_path="/livez",
    )


def _shared(settings: Settings, endpoint: str) -> Mapping[str, str]:
    chosen = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        f"{PREFIX}KEY": settings.key.get_secret_value() or secrets.token_urlsafe(24),
    }
    if f"{PREFIX}ATTEMPT_TIMEOUT_S" not in os.environ:
        chosen[f"{PREFIX}ATTEMPT_TIMEOUT_S"] = str(DEMO_ATTEMPT_TIMEOUT_S)
    return chosen
