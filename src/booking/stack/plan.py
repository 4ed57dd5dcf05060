"""Which processes `make run` starts, with which settings."""

import json
import os
import secrets
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from booking.settings import PREFIX, Settings
from booking.stack.parts import Part, Port
from wire import Drop, Pattern, Plan, Rule, Status

LOOPBACK = "127.0.0.1"
CONTROL_HOST = LOOPBACK
"""Whoever may choose the faults sits at this machine, wherever the stack listens."""

RUN_PACE: Mapping[str, str] = {"TALLYBOOK_ATTEMPT_TIMEOUT_S": "2.0"}
"""What `make run` chooses unless its user does, so that its timeout is short."""

_CLI = ("-m", "booking")

PATTERNS = (
    Pattern(name="list_services", method="GET", path="/services"),
    Pattern(name="get_availability", method="GET", path="/availability"),
    Pattern(name="create_appointment", method="POST", path="/appointments"),
    Pattern(name="get_appointment", method="GET", path="/appointments/([^/]+)"),
    Pattern(name="change_appointment", method="PATCH", path="/appointments/([^/]+)"),
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


def ports(settings: Settings) -> tuple[Port, ...]:
    """Every port that the stack listens on."""
    host = settings.host
    wanted = (
        (host, settings.api_port, "booking API", "API_PORT"),
        (host, settings.proxy_port, "fault proxy", "PROXY_PORT"),
        (CONTROL_HOST, settings.control_port, "control of the fault proxy", "CONTROL_PORT"),
        (host, settings.agent_port, "booking agent", "AGENT_PORT"),
    )
    return tuple(
        Port(host=where, number=number, owner=owner, setting=setting)
        for where, number, owner, setting in wanted
    )


def parts(
    settings: Settings,
    endpoint: str,
    directory: Path,
    *,
    plan: Plan | None = None,
    pace: Mapping[str, str] = RUN_PACE,
) -> tuple[Part, Part, Part]:
    """API, proxy and agent; both services export their spans to `endpoint`.

    `plan`: the faults at the start (those of `demo_plan`). `pace`: variables that hold unless
    the environment has them.
    """
    host = _reached(settings.host)
    shared = {**_shared(settings, endpoint, pace), **_probes(settings, host)}
    api = Part(
        name="booking API",
        command=(*_CLI, "serve", "api"),
        host=host,
        port=settings.api_port,
        probe_host=host,
        probe_port=settings.api_port,
        probe_path="/readyz",
        environment=shared,
    )
    proxy = _proxy(settings, directory, plan or demo_plan())
    agent = Part(
        name="booking agent",
        command=(*_CLI, "serve", "agent"),
        host=host,
        port=settings.agent_port,
        probe_host=host,
        probe_port=settings.agent_port,
        probe_path="/readyz",
        environment={**shared, f"{PREFIX}API_URL": proxy.url},
    )
    return api, proxy, agent


def _proxy(settings: Settings, directory: Path, faults: Plan) -> Part:
    plan = directory / "faults.json"
    plan.write_text(json.dumps(faults.to_dict(), indent=2), encoding="utf-8")
    host = _reached(settings.host)
    return Part(
        name="fault proxy",
        command=(
            "-m",
            "wire",
            f"--listen={settings.host}:{settings.proxy_port}",
            f"--upstream={host}:{settings.api_port}",
            f"--control={CONTROL_HOST}:{settings.control_port}",
            f"--plan={plan}",
            f"--ledger={directory / 'ledger.jsonl'}",
        ),
        host=host,
        port=settings.proxy_port,
        probe_host=CONTROL_HOST,
        probe_port=settings.control_port,
        probe_path="/livez",
    )


def _reached(host: str) -> str:
    """The address at which the machine itself reaches what listens on this one."""
    address = socket.gethostbyname(host)
    return LOOPBACK if ip_address(address).is_unspecified else address


def _probes(settings: Settings, host: str) -> Mapping[str, str]:
    """The stack asks its own parts whether they are ready."""
    if ip_address(host).is_loopback:
        return {}
    return {f"{PREFIX}PROBE_NETWORKS": ",".join((*settings.probe_networks, f"{host}/32"))}


def _shared(settings: Settings, endpoint: str, pace: Mapping[str, str]) -> Mapping[str, str]:
    """What both services are given: all that the four records need in order to be complete."""
    chosen = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{endpoint}/v1/traces",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_SDK_DISABLED": "false",
        "OTEL_TRACES_SAMPLER": "always_on",
        f"{PREFIX}KEY": settings.key.get_secret_value() or secrets.token_urlsafe(24),
    }
    if settings.log_level.upper() != "DEBUG":
        chosen[f"{PREFIX}LOG_LEVEL"] = "INFO"
    return chosen | {name: value for name, value in pace.items() if name not in os.environ}
