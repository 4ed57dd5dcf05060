"""The servers that are compared: the same Flask application, three times."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from .harness import Broken
from .process import Server, free_port, running

RAISED = "1000000/second;2000000/2second"
"""Two limits, as by default, that nothing reaches, over windows too short to take memory."""

_OURS = ("booking", "serve", "api")
_GUNICORN = (
    "gunicorn",
    *["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--keep-alive", "60"],
    "--no-control-socket",
)
_OURS_TO_SAY = ("OTEL_", "TALLYBOOK_", "BENCH_", "GUNICORN_")


def ours(directory: Path, sink_port: int, stack: ExitStack, **settings: str) -> Server:
    """The booking API as it is served, with every signal on."""
    environment = {f"TALLYBOOK_{name.upper()}": value for name, value in settings.items()}
    environment.setdefault("TALLYBOOK_LIMITS", RAISED)
    environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/json"
    return _serve(_OURS, directory, sink_port, stack, environment)


def bare(directory: Path, sink_port: int, stack: ExitStack) -> Server:
    """The same Flask application without signals or limits, on gunicorn with 8 threads."""
    return _serve((*_GUNICORN, "bench.apps:bare()"), directory, sink_port, stack, {})


def peers(directory: Path, sink_port: int, stack: ExitStack, limits: str = RAISED) -> Server:
    """The same Flask application with the well-known packages, on gunicorn with 8 threads."""
    environment = {"BENCH_LIMITS": limits}
    return _serve((*_GUNICORN, "bench.apps:peers()"), directory, sink_port, stack, environment)


def signals_of(server: Server) -> str:
    """How many of our spans and lines arrived; raises Broken when none did."""
    told = []
    for signal in ("span", "log"):
        delivered = server.metric("telemetry_delivered_total", f'signal="{signal}"')
        dropped = server.metric("telemetry_dropped_total", f'signal="{signal}"')
        if not delivered:
            raise Broken(f"no {signal} arrived anywhere")
        told.append(f"{delivered:,.0f} {signal}s delivered, {dropped:,.0f} dropped")
    return "ours: " + "; ".join(told)


def _serve(
    command: tuple[str, ...],
    directory: Path,
    sink_port: int,
    stack: ExitStack,
    more: Mapping[str, str],
) -> Server:
    port = free_port()
    data = directory / f"data-{port}"
    data.mkdir()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OURS_TO_SAY)}
    environment = {
        **inherited,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink_port}",
        "TALLYBOOK_API_PORT": str(port),
        "TALLYBOOK_DATA": str(data),
        "BENCH_LOG": str(data / "requests.log"),
        "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port} --log-level warning",
        **more,
    }
    return stack.enter_context(running(command, port, data / "output", environment))
