"""Runs docker-compose.yml without containers: the same commands, variables and files, as processes.

Only what containers provide is put in its place: names and ports become free addresses of this
machine, and the paths of mounts lie under a directory.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from tests.compose import ROOT, SERVICES, mounts, variables
from tests.stack.processes import Process
from tests.stack.stack import port_of
from tests.stack_http import free_port
from tests.stack_process import environment

PROBES = {
    "api": (5000, "/readyz"),
    "proxy": (5101, "/livez"),
    "agent": (5001, "/readyz"),
    "loki": (3100, "/ready"),
    "jaeger": (16686, "/"),
    "collector": (13133, "/"),
    "prometheus": (9090, "/-/ready"),
    "alertmanager": (9093, "/-/ready"),
    "traffic": (5000, "/readyz"),
}
"""What is started, in this order, and where it answers; traffic answers nobody."""

ALSO = {"loki": {"LOKI_GRPC_PORT": "9095"}}
"""Ports that are set in no variable because each container has its own."""


class Composed:
    """The places of one run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.address = cache(self._address)

    def process(self, service: str, program: Path) -> Process:
        """Start a service; `program` is what its image would run."""
        self._mount(service)
        port, path = PROBES[service]
        words = [self.translated(service, word) for word in SERVICES[service]["command"]]
        own = {"tallybook": ["-m", "booking"], "python": []}
        words = [*own[words[0]], *words[1:]] if words[0] in own else words
        return Process(
            service,
            [program, *words],
            f"http://{self.address('api' if service == 'traffic' else service, port)}{path}",
            self.directory / service,
            self._variables(service),
        )

    def translated(self, service: str, text: str) -> str:
        """The text with addresses and paths of this run."""
        names = "|".join(map(re.escape, ("0.0.0.0", "localhost", *SERVICES)))
        text = re.sub(
            rf"(?<![\w.-])({names}):(\d+)",
            lambda m: self.address(m[1] if m[1] in SERVICES else service, int(m[2])),
            text,
        )
        inside = rf"\1{self.directory}/{service}/\2"
        text = re.sub(r"(^|=)/((?:etc|var|loki|prometheus|alertmanager)(?=/|$))", inside, text)
        return text.replace("0.0.0.0", "127.0.0.1")

    def _variables(self, service: str) -> Mapping[str, str]:
        found = {}
        for name, value in {**variables(service), **ALSO.get(service, {})}.items():
            default = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))
            port = str(port_of(self.address(service, int(value)))) if name.endswith("_PORT") else ""
            found[name] = port or self.translated(service, default)
        return {**environment({}, {}), **found}

    def _mount(self, service: str) -> None:
        for source, target, _ in mounts(service):
            place = self.directory / service / target.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if source.endswith(("targets.yml", "alertmanagers.yml")):
                place.write_text(self.translated(service, (ROOT / source).read_text()))
            else:
                place.symlink_to(ROOT / source if source[0] == "." else self._volume(source))

    def _volume(self, name: str) -> Path:
        volume = self.directory / "volumes" / name
        volume.mkdir(parents=True, exist_ok=True)
        return volume

    def _address(self, service: str, port: int) -> str:
        return f"127.0.0.1:{free_port()}"


@contextmanager
def composed(directory: Path, programs: Mapping[str, Path]) -> Iterator[Mapping[str, Process]]:
    """Start everything but Grafana; `programs` by the service that runs them."""
    here = Composed(directory)
    with ExitStack() as running:
        started = {}
        for service in PROBES:
            process = here.process(service, programs.get(service, Path(sys.executable)))
            started[service] = running.enter_context(process)
            process.ready(within_s=120)
        yield started
