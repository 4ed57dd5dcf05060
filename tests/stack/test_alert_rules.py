"""The rules and the configurations that load them, as Prometheus' own tools judge them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DASHBOARDS = ROOT / "dashboards"
UNIT_TESTS = sorted((ROOT / "tests" / "stack" / "rules").glob("*.test.yml"))


def run(tool: str, *arguments: str | Path) -> str:
    """What the tool says; without it the test is skipped, or fails with REQUIRE_STACK=1."""
    found = shutil.which(tool)
    if found is None:
        give_up = pytest.fail if os.environ.get("REQUIRE_STACK") == "1" else pytest.skip
        give_up(f"{tool} is missing: install the packages prometheus and prometheus-alertmanager")
    ended = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    return said


def test_the_rules_are_valid() -> None:
    """Each expression parses, and no two rules make the same series."""
    files = sorted((DASHBOARDS / "rules").glob("*.yml"))

    assert "SUCCESS" in run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *files)


def test_the_configuration_of_prometheus_loads_the_rules() -> None:
    """And is valid itself."""
    said = run("promtool", "check", "config", DASHBOARDS / "prometheus.yml")

    assert "2 rule files found" in said


def test_the_configuration_of_alertmanager_is_valid() -> None:
    """With a receiver for each severity."""
    said = run("amtool", "check-config", DASHBOARDS / "alertmanager.yml")

    assert "SUCCESS" in said


@pytest.mark.parametrize("file", UNIT_TESTS, ids=lambda path: path.name.removesuffix(".test.yml"))
def test_the_rules_do_what_their_unit_tests_say(file: Path) -> None:
    """On series of which every sample is known, at the very durations of production."""
    assert "SUCCESS" in run("promtool", "test", "rules", file)
