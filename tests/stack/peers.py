"""The programs that observe Tallybook, run on the files that docker-compose.yml mounts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from tests.stack.processes import Process
from tests.stack_http import free_port

ROOT = Path(__file__).parents[2]
DASHBOARDS = ROOT / "dashboards"


def address() -> str:
    """A free address of this machine."""
    return f"127.0.0.1:{free_port()}"


@dataclass(frozen=True)
class Addresses:
    """Where each program listens; all free when made."""

    api: str = field(default_factory=address)
    agent: str = field(default_factory=address)
    proxy: str = field(default_factory=address)
    control: str = field(default_factory=address)
    collector_http: str = field(default_factory=address)
    collector_grpc: str = field(default_factory=address)
    collector_health: str = field(default_factory=address)
    collector_metrics: str = field(default_factory=address)
    span_metrics: str = field(default_factory=address)
    jaeger: str = field(default_factory=address)
    jaeger_grpc: str = field(default_factory=address)
    jaeger_otlp: str = field(default_factory=address)
    jaeger_health: str = field(default_factory=address)
    jaeger_metrics: str = field(default_factory=address)
    loki: str = field(default_factory=address)
    loki_grpc: str = field(default_factory=address)
    prometheus: str = field(default_factory=address)
    alertmanager: str = field(default_factory=address)

    @property
    def targets(self) -> Mapping[str, str]:
        """The address of each job that Prometheus scrapes."""
        return {
            "booking-api": self.api,
            "booking-agent": self.agent,
            "fault-proxy": self.control,
            "collector": self.collector_metrics,
            "span-metrics": self.span_metrics,
            "jaeger": self.jaeger_metrics,
            "loki": self.loki,
            "prometheus": self.prometheus,
        }


def collector_variables(where: Addresses, logs: Path, **more: str) -> dict[str, str]:
    """What otel-collector.yaml reads from the environment."""
    host, _, port = where.collector_metrics.partition(":")
    variables = {
        "COLLECTOR_HTTP": where.collector_http,
        "COLLECTOR_GRPC": where.collector_grpc,
        "COLLECTOR_HEALTH": where.collector_health,
        "COLLECTOR_METRICS_HOST": host,
        "COLLECTOR_METRICS_PORT": port,
        "COLLECTOR_SPAN_METRICS": where.span_metrics,
        "JAEGER_OTLP": where.jaeger_otlp,
        "LOKI_OTLP": f"http://{where.loki}/otlp",
        "TALLYBOOK_LOGS": str(logs),
        **more,
    }
    return read_by(ROOT / "otel-collector.yaml", variables)


def read_by(configuration: Path, variables: dict[str, str]) -> dict[str, str]:
    """The variables, each of which the file must read: one that it ignores would test nothing."""
    read = {*re.findall(r"\$\{(?:env:)?(\w+)", configuration.read_text(encoding="utf-8"))}
    assert variables.keys() <= read, f"{configuration} ignores {variables.keys() - read}"
    return variables


def collector(
    binary: Path, where: Addresses, directory: Path, logs: Path, **variables: str
) -> Process:
    """The collector on otel-collector.yaml; `variables` are for its environment."""
    return Process(
        "collector",
        [binary, "--config", ROOT / "otel-collector.yaml"],
        f"http://{where.collector_health}/",
        directory,
        collector_variables(where, logs, **variables),
    )


def balancer(binary: Path, entrance: str, backends: Sequence[str], directory: Path) -> Process:
    """A collector on dashboards/otel-collector-balancer.yaml, in front of those at `backends`."""
    health = address()
    variables = {
        "BALANCER_HTTP": entrance,
        "BALANCER_GRPC": address(),
        "BALANCER_HEALTH": health,
        "BALANCER_METRICS_PORT": str(free_port()),
        "BALANCER_BACKENDS": f"[{', '.join(backends)}]",
    }
    configuration = DASHBOARDS / "otel-collector-balancer.yaml"
    command: list[str | Path] = [binary, "--config", configuration]
    read = read_by(configuration, variables)
    return Process("balancer", command, f"http://{health}/", directory, read)


def jaeger(binary: Path, where: Addresses, directory: Path) -> Process:
    """Jaeger v2 on dashboards/jaeger.yaml."""
    host, _, port = where.jaeger_metrics.partition(":")
    variables = {
        "JAEGER_HTTP": where.jaeger,
        "JAEGER_GRPC": where.jaeger_grpc,
        "JAEGER_OTLP": where.jaeger_otlp,
        "JAEGER_HEALTH": where.jaeger_health,
        "JAEGER_METRICS_HOST": host,
        "JAEGER_METRICS_PORT": port,
        "PROMETHEUS_URL": f"http://{where.prometheus}",
    }
    read = read_by(DASHBOARDS / "jaeger.yaml", variables)
    command: list[str | Path] = [binary, "--config", DASHBOARDS / "jaeger.yaml"]
    return Process("jaeger", command, f"http://{where.jaeger}/", directory, read)


def loki(binary: Path, where: Addresses, directory: Path) -> Process:
    """Loki on dashboards/loki.yaml."""
    host, _, port = where.loki.partition(":")
    variables = {
        "LOKI_HOST": host,
        "LOKI_PORT": port,
        "LOKI_GRPC_PORT": where.loki_grpc.partition(":")[2],
        "LOKI_DATA": str(directory / "data"),
    }
    read = read_by(DASHBOARDS / "loki.yaml", variables)
    command: list[str | Path] = [
        binary,
        f"-config.file={DASHBOARDS / 'loki.yaml'}",
        "-config.expand-env=true",
    ]
    return Process("loki", command, f"http://{where.loki}/ready", directory, read)


def prometheus_directory(where: Addresses, directory: Path) -> Path:
    """prometheus.yml and the rules beside targets of these addresses, as compose mounts them."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("prometheus.yml", "rules"):
        (directory / name).symlink_to(DASHBOARDS / name)
    targets = [
        {"targets": [address], "labels": {"job": job}} for job, address in where.targets.items()
    ]
    (directory / "targets.yml").write_text(yaml.safe_dump(targets))
    alertmanagers = [{"targets": [where.alertmanager]}]
    (directory / "alertmanagers.yml").write_text(yaml.safe_dump(alertmanagers))
    return directory


def prometheus(binary: Path, where: Addresses, directory: Path) -> Process:
    """Prometheus on dashboards/prometheus.yml, with exemplars."""
    prometheus_directory(where, directory)
    command: list[str | Path] = [
        binary,
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={where.prometheus}",
        "--enable-feature=exemplar-storage",
    ]
    return Process("prometheus", command, f"http://{where.prometheus}/-/ready", directory)


def alertmanager(binary: Path, where: Addresses, directory: Path) -> Process:
    """Alertmanager on dashboards/alertmanager.yml, alone."""
    command: list[str | Path] = [
        binary,
        f"--config.file={DASHBOARDS / 'alertmanager.yml'}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address={where.alertmanager}",
        "--cluster.listen-address=",
    ]
    return Process("alertmanager", command, f"http://{where.alertmanager}/-/ready", directory)
