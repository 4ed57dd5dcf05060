"""Start and end under another server."""

import asyncio
import multiprocessing
from collections.abc import Mapping
from typing import Any

import pytest

from resilience.edge import Edge
from resilience.edge.lifespan import ONE_PROCESS


def spoken() -> list[Mapping[str, Any]]:
    """What the edge says to a server that starts it and then ends."""
    said: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.anything"}

    async def send(message: Mapping[str, Any]) -> None:
        said.append(message)

    asyncio.run(Edge(lambda environ, start: [])({"type": "lifespan"}, receive, send))
    return said


def test_alone_it_starts_and_ends() -> None:
    """Both are acknowledged."""
    assert spoken() == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]


@pytest.mark.fault(64)
def test_as_one_of_several_workers_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is told why."""
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: object())

    assert spoken() == [{"type": "lifespan.startup.failed", "message": ONE_PROCESS}]
