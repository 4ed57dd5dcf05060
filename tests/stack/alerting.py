"""Prometheus and Alertmanager on the rules in `dashboards/rules`, with their windows shortened."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml
from tests.stack.peers import DASHBOARDS, Addresses, alertmanager
from tests.stack.processes import Process
from tests.stack.rule_scaling import write_scaled

SCALE = 1 / 30
"""An hour of the rules takes two minutes here."""

SCRAPE = {"scrape_interval": "1s", "scrape_timeout": "950ms", "evaluation_interval": "500ms"}
NAMING = ("job", "severity", "window", "cause", "books", "signal", "kind", "target")


@dataclass(frozen=True, order=True)
class Alert:
    """An alert that fires: its name, and the labels that tell it from others of this name."""

    name: str
    labels: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        words = ", ".join(f"{key}={value}" for key, value in self.labels)
        return f"{self.name} ({words})"


def alert_of(labels: Mapping[str, str]) -> Alert:
    """The alert with these labels."""
    found = tuple((name, labels[name]) for name in NAMING if name in labels)
    return Alert(labels["alertname"], found)


class Watch:
    """The two at work; `jobs` are the targets that they know of."""

    def __init__(self, where: Addresses, directory: Path) -> None:
        self._where, self._directory = where, directory

    def know(self, jobs: Sequence[str]) -> None:
        """Scrape these from now on; Prometheus notices that the file has changed."""
        targets = [{"targets": [self._where.targets[job]], "labels": {"job": job}} for job in jobs]
        fresh = self._directory / "targets.new"
        fresh.write_text(yaml.safe_dump(targets), encoding="utf-8")
        fresh.rename(self._directory / "targets.yml")

    def sees(self, jobs: Sequence[str]) -> bool:
        """Whether all of them answer its scrapes, and nothing fires any more."""
        up = {each["metric"]["job"] for each in self.value("up==1")}
        return up >= {*jobs} and not self.firing()

    def firing(self) -> frozenset[Alert]:
        """What Prometheus fires now."""
        alerts = _get(self._where.prometheus, "/api/v1/alerts")["data"]["alerts"]
        return frozenset(alert_of(each["labels"]) for each in alerts if each["state"] == "firing")

    def told(self) -> frozenset[Alert]:
        """What has arrived at Alertmanager, held back or not."""
        alerts = _get(self._where.alertmanager, "/api/v2/alerts")
        return frozenset(alert_of(each["labels"]) for each in alerts)

    def value(self, query: str) -> Any:
        """The answer to an instant query."""
        return _get(self._where.prometheus, f"/api/v1/query?query={query}")["data"]["result"]

    def troubles(self) -> list[str]:
        """Rules whose evaluation failed."""
        groups = _get(self._where.prometheus, "/api/v1/rules")["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule.get("lastError")]


def _get(address: str, path: str) -> Any:
    with urlopen(f"http://{address}{path}", timeout=10) as answer:
        return json.load(answer)


@contextmanager
def watching(
    binaries: tuple[Path, Path], where: Addresses, directory: Path, jobs: Sequence[str]
) -> Iterator[Watch]:
    """Prometheus and Alertmanager (`binaries`) for the length of a block."""
    watch = Watch(where, _configured(where, directory))
    watch.know(jobs)
    with ExitStack() as running:
        for process in (
            alertmanager(binaries[1], where, directory / "alertmanager"),
            _prometheus(binaries[0], where, directory),
        ):
            running.enter_context(process)
            process.ready()
        yield watch


def _configured(where: Addresses, directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    write_scaled(DASHBOARDS / "rules", directory / "rules", SCALE)
    configuration = yaml.safe_load((DASHBOARDS / "prometheus.yml").read_text(encoding="utf-8"))
    configuration["global"] |= SCRAPE
    (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    alertmanagers = yaml.safe_dump([{"targets": [where.alertmanager]}])
    (directory / "alertmanagers.yml").write_text(alertmanagers, encoding="utf-8")
    return directory


def _prometheus(binary: Path, where: Addresses, directory: Path) -> Process:
    command: list[str | Path] = [
        binary,
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={where.prometheus}",
        "--rules.alert.resend-delay=1s",
    ]
    return Process("prometheus", command, f"http://{where.prometheus}/-/ready", directory)
