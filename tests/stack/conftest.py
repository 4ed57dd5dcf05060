"""The whole stack on free ports, once for a run of the tests.

A test that needs a program which is missing is skipped with the sentence that says how to get it;
with REQUIRE_STACK=1 it fails instead.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.stack import peers
from tests.stack.peers import Addresses
from tests.stack.processes import Process
from tests.stack.programs import REQUIRE, find, missing
from tests.stack.stack import Stack, running_stack
from tests.stack.story import BREAKER, Scene, play


def program(name: str) -> Path:
    """The program; a test without it is skipped, or fails with REQUIRE_STACK=1."""
    found = find(name)
    if found is None:
        give_up = pytest.fail if os.environ.get(REQUIRE) == "1" else pytest.skip
        give_up(missing(name))
    return found


@pytest.fixture(scope="session")
def where() -> Addresses:
    """The addresses of this run."""
    return Addresses()


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stack keeps its files."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def collector(where: Addresses, directory: Path) -> Iterator[Process]:
    """The collector."""
    binary = program("collector")
    with peers.collector(binary, where, directory / "collector", directory / "logs") as process:
        process.ready()
        yield process


@pytest.fixture(scope="session")
def jaeger(where: Addresses, directory: Path) -> Iterator[Process]:
    """Jaeger."""
    with peers.jaeger(program("jaeger"), where, directory / "jaeger") as process:
        process.ready()
        yield process


@pytest.fixture(scope="session")
def loki(where: Addresses, directory: Path) -> Iterator[Process]:
    """Loki."""
    with peers.loki(program("loki"), where, directory / "loki") as process:
        process.ready(within_s=120)
        yield process


@pytest.fixture(scope="session")
def prometheus(where: Addresses, directory: Path) -> Iterator[Process]:
    """Prometheus."""
    with peers.prometheus(program("prometheus"), where, directory / "prometheus") as process:
        process.ready()
        yield process


@pytest.fixture(scope="session")
def alertmanager(where: Addresses, directory: Path) -> Iterator[Process]:
    """Alertmanager."""
    with peers.alertmanager(program("alertmanager"), where, directory / "alerts") as process:
        process.ready()
        yield process


@pytest.fixture(scope="session")
def stack(where: Addresses, directory: Path) -> Iterator[Stack]:
    """API, fault proxy and agent, whose spans go to where the collector listens."""
    with running_stack(where, directory, **BREAKER) as running:
        yield running


@pytest.fixture(scope="session")
def story(
    collector: Process, jaeger: Process, prometheus: Process, stack: Stack
) -> Mapping[str, Scene]:
    """The scripted run, played once while all that observes it is there."""
    return play(stack)
