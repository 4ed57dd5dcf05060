"""A link over a transport that only records."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from wire.link import BUFFER_BYTES, Link


class Recorder(asyncio.Transport):
    """A transport that notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[object] = []

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.calls.append(("limits", high))

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    def write(self, data: Any) -> None:
        self.calls.append(bytes(data))

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")

    def is_closing(self) -> bool:
        return "close" in self.calls or "abort" in self.calls


@pytest.fixture
def transport() -> Recorder:
    """The recording transport."""
    return Recorder()


@pytest.fixture
def link(transport: Recorder) -> Link:
    """A link that has been made."""
    made = Link()
    made.connection_made(transport)
    transport.calls.clear()
    return made


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end."""
    return asyncio.run(work)


def test_what_came_is_read_at_once(link: Link) -> None:
    """Pieces that came apart are read together."""
    link.data_received(b"a")
    link.data_received(b"b")
    assert run(link.read(1)) == b"ab"


def test_the_end_is_read_as_nothing(link: Link) -> None:
    """After what came before it."""
    link.data_received(b"a")
    link.eof_received()
    assert (run(link.read(1)), run(link.read(1))) == (b"a", b"")


def test_reading_in_vain_times_out(link: Link) -> None:
    """The limit is the caller's."""
    with pytest.raises(TimeoutError):
        run(link.read(0))


def test_a_full_buffer_holds_the_other_end_back(link: Link, transport: Recorder) -> None:
    """Reading pauses once and goes on when the buffer was taken."""
    link.data_received(b"x" * BUFFER_BYTES)
    link.data_received(b"x")
    assert transport.calls == ["pause"]
    assert len(run(link.read(1))) == BUFFER_BYTES + 1
    assert transport.calls == ["pause", "resume"]


def test_writing_waits_for_the_kernel(link: Link, transport: Recorder) -> None:
    """A write returns when all of it was handed over."""

    async def write_while_blocked() -> bool:
        link.pause_writing()
        task = asyncio.create_task(link.write(b"data", 1))
        await asyncio.sleep(0)
        waited = not task.done()
        link.resume_writing()
        await task
        return waited

    assert run(write_while_blocked())
    assert (transport.calls, link.undelivered) == ([b"data"], False)


def test_writing_to_one_who_takes_nothing_times_out(link: Link) -> None:
    """A client that does not read cannot hold an exchange for ever."""
    link.pause_writing()
    with pytest.raises(TimeoutError):
        run(link.write(b"data", 0))
    assert link.undelivered


def test_nothing_is_written_after_the_end(link: Link, transport: Recorder) -> None:
    """A closed link swallows what comes too late."""
    link.close()
    run(link.write(b"data", 1))
    assert transport.calls == ["close"]


def test_the_end_is_told_once(link: Link) -> None:
    """Whether it comes as end of data, as loss, or as both."""
    told: list[bool] = []
    link.on_gone = lambda: told.append(link.was_reset)
    link.eof_received()
    link.connection_lost(None)
    assert (told, link.gone, link.was_reset) == ([False], True, False)


def test_a_reset_is_remembered(link: Link) -> None:
    """The reason of the loss makes the difference."""
    link.connection_lost(ConnectionResetError())
    assert (link.gone, link.was_reset) == (True, True)
    run(link.wait_gone(1))


def test_the_kernels_buffer_is_the_only_one(transport: Recorder) -> None:
    """asyncio's own write buffer is kept empty, so that "written" means "sent"."""
    made: list[Link] = []
    link = Link(made.append)
    link.connection_made(transport)
    assert (transport.calls, made, link.peer) == ([("limits", 0)], [link], "")
