"""docker-compose.yml as data, and what listens where according to it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
MEBIBYTES = {"k": 1 / 1024, "m": 1.0, "g": 1024.0}


def variables(service: str) -> Mapping[str, str]:
    """The environment of a service."""
    found: Mapping[str, str] = SERVICES[service].get("environment", {})
    return found


def memory_mib(service: str) -> float:
    """The memory limit of a service."""
    text = SERVICES[service]["mem_limit"]
    return float(text[:-1]) * MEBIBYTES[text[-1]]


def mounts(service: str) -> Iterator[tuple[str, str, bool]]:
    """Source, target and whether it is read-only, for each volume."""
    for text in SERVICES[service].get("volumes", ()):
        source, target, *mode = text.split(":")
        yield source, target, mode == ["ro"]


def published(service: str) -> Iterator[tuple[str, int, int]]:
    """Host address, host port and container port, for each published port."""
    for text in SERVICES[service].get("ports", ()):
        address, _, ports = text.rpartition(":")[0].rpartition(":")
        yield address, int(ports), int(text.rpartition(":")[2])


def listens(service: str) -> frozenset[int]:
    """The ports on which the service is told to listen for everybody in the network."""
    words = [*SERVICES[service].get("command", ()), *variables(service).values()]
    found = {int(port) for word in words for port in re.findall(r"0\.0\.0\.0:(\d+)", str(word))}
    named = {int(value) for name, value in variables(service).items() if name.endswith("_PORT")}
    return frozenset(found | named)


def addresses(text: str) -> Iterator[tuple[str, str, int]]:
    """Scheme ("" without one), service and port of whatever names a service of ours."""
    names = "|".join(SERVICES)
    pattern = rf"(?:(\w+)://|(?<![\w/]))({names}):(\d+)\b(?!\.)"
    for scheme, name, port in re.findall(pattern, text):
        yield scheme, name, int(port)
