"""Prometheus beside the stack, when it is installed, on the configuration of this project."""

import json
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from booking.stack.parts import Part

HOST = "127.0.0.1"
DASHBOARDS = Path(__file__).parents[3] / "dashboards"
"""Where the configuration is in a checkout; a package has none."""


def prometheus(directory: Path, targets: Mapping[str, str]) -> Part | None:
    """Prometheus as a part that asks `targets` (address by job), or None where it is missing."""
    program = shutil.which("prometheus")
    if program is None or not (DASHBOARDS / "prometheus.yml").exists():
        return None
    home = directory / "prometheus"
    _prepare(home, targets)
    port = _free_port()
    return Part(
        name="Prometheus",
        command=(
            program,
            f"--config.file={home / 'prometheus.yml'}",
            f"--storage.tsdb.path={home / 'data'}",
            f"--web.listen-address={HOST}:{port}",
            "--enable-feature=exemplar-storage",
            "--log.level=warn",
        ),
        host=HOST,
        port=port,
        probe_host=HOST,
        probe_port=port,
        probe_path="/-/ready",
    )


def _prepare(home: Path, targets: Mapping[str, str]) -> None:
    """The committed configuration, with addresses of this run in the files beside it."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    shutil.copy(DASHBOARDS / "prometheus.yml", home)
    shutil.copytree(DASHBOARDS / "rules", home / "rules")
    asked = [{"targets": [address], "labels": {"job": job}} for job, address in targets.items()]
    (home / "targets.yml").write_text(json.dumps(asked), encoding="utf-8")
    (home / "alertmanagers.yml").write_text("[]", encoding="utf-8")


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])
