"""Servers in processes of their own, all on one processor."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from .harness import Broken
from .machine import processors

RAISED = "1000000/second;2000000/2second"
"""Two limits, as by default, that nothing reaches, over windows too short to take memory."""


@dataclass(frozen=True)
class Server:
    """A running server; `output` is the file with its standard error."""

    port: int
    process: psutil.Process
    output: Path

    def cpu_s(self) -> float:
        """Processor time used up to now, by all its processes."""
        return sum(sum(each.cpu_times()[:2]) for each in self._processes())

    def memory_bytes(self) -> int:
        """Resident memory of all its processes."""
        return sum(each.memory_info().rss for each in self._processes())

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def ours(directory: Path, sink_port: int, stack: ExitStack, **settings: str) -> Server:
    """The booking API as it is served, with every signal on."""
    environment = {_setting(name): value for name, value in settings.items()}
    environment.setdefault("TALLYBOOK_LIMITS", RAISED)
    environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/json"
    return _serve("bench.ours", (), directory, sink_port, stack, environment)


def bare(directory: Path, sink_port: int, stack: ExitStack) -> Server:
    """The same Flask application without signals or limits, on gunicorn with 8 threads."""
    return _serve("gunicorn", _gunicorn("bare"), directory, sink_port, stack, {})


def peers(directory: Path, sink_port: int, stack: ExitStack, limits: str = RAISED) -> Server:
    """The same Flask application with the well-known packages, on gunicorn with 8 threads."""
    environment = {"BENCH_LIMITS": limits}
    return _serve("gunicorn", _gunicorn("peers"), directory, sink_port, stack, environment)


def sink(stack: ExitStack) -> int:
    """The port of a collector that swallows everything."""
    port = _free_port()
    _, processor = processors()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sink", str(port)],
        preexec_fn=lambda: os.sched_setaffinity(0, processor),
    )
    stack.callback(_stop, process)
    _await(port, "/", process)
    return port


def _setting(name: str) -> str:
    return name.upper() if name.startswith("bench_") else f"TALLYBOOK_{name.upper()}"


def _gunicorn(factory: str) -> tuple[str, ...]:
    options = "--worker-class gthread --workers 1 --threads 8 --keep-alive 60 --no-control-socket"
    return (*options.split(), f"bench.apps:{factory}()")


def _serve(
    module: str,
    arguments: Sequence[str],
    directory: Path,
    sink_port: int,
    stack: ExitStack,
    more: Mapping[str, str],
) -> Server:
    port = _free_port()
    data = directory / f"data-{port}"
    data.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OTEL_")},
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink_port}",
        "TALLYBOOK_API_PORT": str(port),
        "TALLYBOOK_DATA": str(data),
        "BENCH_LOG": str(data / "requests.log"),
        "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port} --log-level warning",
        **more,
    }
    output = data / "output"
    processor, _ = processors()
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment,
            stdout=file,
            stderr=file,
            preexec_fn=lambda: os.sched_setaffinity(0, processor),
        )
    stack.callback(_stop, process)
    try:
        _await(port, "/services", process)
    except Broken as error:
        raise Broken(f"{module}: {error}\n{output.read_text(errors='replace')[-2000:]}") from None
    return Server(port, psutil.Process(process.pid), output)


@contextmanager
def stage(directory: Path) -> Iterator[tuple[ExitStack, int]]:
    """A stack that ends what was started, and the port of a collector."""
    with ExitStack() as stack:
        yield stack, sink(stack)


def status_of(port: int, path: str = "/services") -> int:
    """The status of one GET."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _await(port: int, path: str, process: "subprocess.Popen[bytes]") -> None:
    limit_s = time.monotonic() + 30
    while time.monotonic() < limit_s and process.poll() is None:
        try:
            status_of(port, path)
            return
        except OSError:
            time.sleep(0.1)
    raise Broken(f"no server on port {port} (exit status {process.poll()})")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
