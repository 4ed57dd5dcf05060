"""The programs take the committed configurations as they are, without any of our variables."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.compose import COMPOSE
from tests.stack.conftest import program
from tests.stack.peers import DASHBOARDS, ROOT, Addresses, prometheus_directory

CHECKS = {
    "collector": ("collector", "validate", "--config", ROOT / "otel-collector.yaml"),
    "balancer": (
        "collector",
        "validate",
        "--config",
        DASHBOARDS / "otel-collector-balancer.yaml",
    ),
    "jaeger": ("jaeger", "validate", "--config", DASHBOARDS / "jaeger.yaml"),
    "loki": (
        "loki",
        f"-config.file={DASHBOARDS / 'loki.yaml'}",
        "-config.expand-env=true",
        "-verify-config",
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_program_finds_its_configuration_valid(name: str) -> None:
    """With the defaults, which keep to this machine."""
    wanted, *words = CHECKS[name]
    _run(program(str(wanted)), *words)


def test_prometheus_finds_its_configuration_valid(tmp_path: Path) -> None:
    """With rules and targets beside it, as they are mounted."""
    config = prometheus_directory(Addresses(), tmp_path) / "prometheus.yml"
    _run(program("promtool"), "check", "config", config)


def test_the_reference_reader_takes_the_compose_file() -> None:
    """What the specification's own program reads is what is written, with every profile."""
    command = [program("compose-spec"), "-format=json", ROOT / "docker-compose.yml"]
    said = _run(*command, COMPOSE_PROFILES="alerting,load")
    assert json.loads(said)["services"].keys() == COMPOSE["services"].keys()


def _run(*words: object, **variables: str) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
