"""One JSON object a line, whatever is in it, in one form for every logger."""

import datetime as dt
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import structlog
import time_machine
from opentelemetry.sdk.trace import TracerProvider

from resilience.context import request_id
from resilience.errors import ProtocolError
from resilience.telemetry.logs import (
    Logs,
    describe,
    get_logger,
    lines_to,
    setup_structured_logging,
)

NOON = dt.datetime(2030, 1, 7, 12, 0, 0, 250, tzinfo=dt.UTC)


class Written(list[bytes]):
    """What was written, and as objects."""

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Each line as its object; a line ends with its only newline."""
        assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in self)
        return [orjson.loads(line) for line in self]

    @property
    def only(self) -> dict[str, Any]:
        """The only line."""
        (line,) = self.objects
        return line


@pytest.fixture
def written() -> Written:
    """Where lines go."""
    return Written()


@pytest.fixture
def logs(written: Written) -> Logs:
    """Logs of one service, from DEBUG on."""
    return Logs(written.append, service="test", level="DEBUG")


@pytest.fixture
def configured(logs: Logs) -> Iterator[Logs]:
    """Those logs as the process's, until the test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure()
    yield logs
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@time_machine.travel(NOON, tick=False)
def test_a_line_has_the_form_and_the_callers_fields(logs: Logs, written: Written) -> None:
    """Outside a trace and a request a line is time, level, event, logger, service and fields."""
    logs.logger("booking").warning("slot.taken", wait_s=1.5, extra={"tries": 3})
    assert written.only == {
        "timestamp": "2030-01-07T12:00:00.000250Z",
        "level": "warning",
        "event": "slot.taken",
        "logger": "booking",
        "service": "test",
        "tries": 3,
        "wait_s": 1.5,
    }


@pytest.mark.parametrize(
    ("method", "level"),
    [
        ("debug", "debug"),
        ("info", "info"),
        ("warning", "warning"),
        ("warn", "warning"),
        ("error", "error"),
        ("critical", "critical"),
        ("fatal", "critical"),
        ("exception", "error"),
    ],
)
def test_levels_are_lower_case(logs: Logs, written: Written, method: str, level: str) -> None:
    """Every method of a logger writes its level by one name."""
    getattr(logs.logger("x"), method)("e")
    assert written.only["level"] == level


@pytest.mark.parametrize("level", ["DEBUG", "info", "WARNING", "ERROR", "CRITICAL"])
def test_lines_below_the_level_are_not_made(level: str, written: Written) -> None:
    """The level cuts off what is quieter."""
    log = Logs(written.append, service="test", level=level).logger("x")
    names = ["debug", "info", "warning", "error", "critical"]
    for name in names:
        getattr(log, name)("e")
    assert [line["level"] for line in written.objects] == names[names.index(level.lower()) :]


@pytest.mark.fault(75)
@pytest.mark.parametrize(
    "text",
    ["a\nb", "a\r\nb", "\x1b[31mred", "\x00", "\u2028", "é\U0001f600", '"}{', "x" * 100_000],
)
def test_a_line_is_one_object_whatever_is_in_it(logs: Logs, written: Written, text: str) -> None:
    """Nothing that a person typed starts a line of its own or ends one early."""
    logs.logger(text).info(text, value=text, extra={text: text})
    line = written.only
    assert (line["event"], line["logger"], line["value"], line[text]) == (text,) * 4
    assert b"\x1b" not in written[0]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("lone \ud800", "lone \\ud800"),
        (2**70, "integer of 71 bits"),
        (object(), "object"),
        (ValueError("ana@example.com"), "ValueError"),
        (b"\xff", "bytes"),
    ],
    ids=["surrogate", "integer", "object", "error", "bytes"],
)
def test_no_value_loses_its_line(logs: Logs, written: Written, value: object, said: str) -> None:
    """What JSON cannot say is replaced, and neither raises nor drops the line."""
    logs.logger("x").info("e", value=value, wait_s=1.0, extra={"more": value})
    line = written.only
    assert (line["event"], line["value"], line["more"], line["wait_s"]) == ("e", said, said, 1.0)


@time_machine.travel(NOON, tick=False)
def test_the_form_is_never_replaced(logs: Logs, written: Written) -> None:
    """A caller's field of a reserved name gives way, by whichever way it came."""
    forged = dict.fromkeys(("timestamp", "level", "logger", "service"), "forged")
    token = request_id.set("req-1")
    logs.logger("x").info("e", **forged, request_id="forged", extra={**forged, "event": "forged"})
    request_id.reset(token)
    assert written.only == {
        "timestamp": "2030-01-07T12:00:00.000250Z",
        "level": "info",
        "event": "e",
        "logger": "x",
        "service": "test",
        "request_id": "req-1",
    }


def test_the_ids_of_a_span_are_never_replaced(logs: Logs, written: Written) -> None:
    """Inside a span its ids stand, whatever the caller says."""
    with TracerProvider().get_tracer("t").start_as_current_span("work") as span:
        logs.logger("x").info("e", trace_id="forged", extra={"span_id": "forged"})
    context = span.get_span_context()
    line = written.only
    assert (line["trace_id"], line["span_id"], line["trace_flags"]) == (
        format(context.trace_id, "032x"),
        format(context.span_id, "016x"),
        "01",
    )


def test_a_request_id_may_be_given_outside_a_request(logs: Logs, written: Written) -> None:
    """Both ways of giving fields carry it."""
    logs.logger("x").info("a", request_id="req-1")
    logs.logger("x").info("b", extra={"request_id": "req-2"})
    assert [line["request_id"] for line in written.objects] == ["req-1", "req-2"]


@pytest.mark.parametrize("extra", [None, {}, "text"])
def test_an_extra_that_is_no_mapping_is_a_field(
    logs: Logs, written: Written, extra: object
) -> None:
    """Nothing that was said is lost, and nothing is invented."""
    logs.logger("x").info("e", extra=extra)
    assert written.only.get("extra") == (extra or None)


def test_threads_carry_the_request_id_of_their_context(logs: Logs, written: Written) -> None:
    """A line from a worker thread names the request that the thread works for."""
    token = request_id.set("req-7")
    for run in (copy_context().run, lambda call: call()):
        thread = threading.Thread(target=run, args=(lambda: logs.logger("x").info("e"),))
        thread.start()
        thread.join()
    request_id.reset(token)
    assert [line.get("request_id") for line in written.objects] == ["req-7", None]


@pytest.mark.fault(76)
def test_an_exception_shows_where_and_what_but_not_what_was_typed(
    logs: Logs, written: Written
) -> None:
    """Types, files, lines and causes are told; foreign messages and variables are not."""
    try:
        _fail("ana@example.com")
    except ProtocolError:
        logs.logger("x").exception("e")
    text = written.only["exception"]
    where = f"{__file__}:{_fail.__code__.co_firstlineno}"
    lines = text.split("\n")
    assert lines[-1] == "ValueError"
    assert lines[-3] == "caused by"
    assert lines[-4] == "ProtocolError: the answer was cut"
    assert all(" in " in line for line in lines if line.startswith("/"))
    assert where.rpartition(":")[0] in text
    assert "ana@" not in written[0].decode()


def _fail(typed: str) -> None:
    secret = typed
    try:
        int(secret)
    except ValueError as error:
        raise ProtocolError("the answer was cut") from error


def test_every_form_of_exc_info_is_described() -> None:
    """An error, a tuple and True say the same; a tuple is not mixed up with the error in hand."""
    try:
        raise KeyError("k")
    except KeyError as error:
        inner = error
        told = [describe(error), describe(sys.exc_info()), describe(True)]
    assert told == [told[0]] * 3
    assert told[0].endswith("KeyError")
    try:
        raise TypeError("t")
    except TypeError:
        assert describe((KeyError, inner, inner.__traceback__)) == told[0]
        assert describe((None, None, None)) == ""
    assert describe(True) == ""


def test_a_circle_of_causes_ends() -> None:
    """At most five errors of a chain are told."""
    one, two = ValueError(), TypeError()
    one.__cause__, two.__cause__ = two, one
    assert describe(one).split("\ncaused by\n") == [
        "ValueError",
        "TypeError",
        "ValueError",
        "TypeError",
        "ValueError",
    ]


def test_a_logger_made_before_the_setup_follows_it(configured: Logs, written: Written) -> None:
    """Loggers of modules, made at import, write where the later setup says."""
    structlog.reset_defaults()
    early = get_logger("early")
    configured.configure()
    early.info("e", extra={"a": 1}, b=2)
    line = written.only
    assert (line["logger"], line["event"], line["a"], line["b"]) == ("early", "e", 1, 2)


def test_a_setup_replaces_the_one_before(configured: Logs, written: Written) -> None:
    """A logger that has written already writes to the new place."""
    second, log = Written(), get_logger("x")
    log.info("first")
    Logs(second.append, service="test").configure()
    log.info("second")
    assert (written.only["event"], second.only["event"]) == ("first", "second")


def test_standard_records_come_out_in_the_same_form(configured: Logs, written: Written) -> None:
    """A record of the standard library is a line with its logger's name and formatted text."""
    with time_machine.travel(NOON, tick=False):
        logging.getLogger("lib.part").warning("%d of %s", 3, "x")
    assert written.only == {
        "timestamp": "2030-01-07T12:00:00.000250Z",
        "level": "warning",
        "event": "3 of x",
        "logger": "lib.part",
        "service": "test",
    }


def test_standard_levels_are_told_by_number(configured: Logs, written: Written) -> None:
    """A level that a library added is the next quieter one of ours."""
    log = logging.getLogger("lib")
    for number in (20, 25, 30, 40, 45, 50, 60):
        log.log(number, "e")
    assert [line["level"] for line in written.objects] == [
        "info",
        "info",
        "warning",
        "error",
        "error",
        "critical",
        "critical",
    ]


@pytest.mark.fault(21)
def test_a_standard_record_that_cannot_be_formatted_disturbs_nobody(
    configured: Logs, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong arguments neither raise into the caller nor print; the text comes unformatted."""
    configured.configure()  # without pytest's own handlers, which do raise
    log = logging.getLogger("lib")
    log.error("%d bookings", "many")
    log.error(object(), 1)
    assert [line["event"] for line in written.objects] == ["%d bookings", "object"]
    assert capsys.readouterr() == ("", "")


def test_a_standard_record_with_an_exception_is_described(
    configured: Logs, written: Written
) -> None:
    """The traceback is in our form, without the message."""
    try:
        int("ana@example.com")
    except ValueError:
        logging.getLogger("lib").exception("e")
    line = written.only
    assert (line["level"], line["exception"].split("\n")[-1]) == ("error", "ValueError")
    assert "ana@" not in written[0].decode()


def test_an_unknown_level_is_refused() -> None:
    """The message lists the levels."""
    with pytest.raises(ValueError) as raised:
        setup_structured_logging("LOUD")
    assert str(raised.value) == (
        "log_level is 'LOUD', but must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL"
    )


def test_the_default_setup_writes_to_standard_error(
    configured: Logs, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Without a destination of its own, a process logs to standard error."""
    setup_structured_logging("warning")
    log = get_logger("x")
    log.info("quiet")
    log.warning("loud", extra={"a": 1})
    out, err = capsysbinary.readouterr()
    line = orjson.loads(err)
    assert (out, line["event"], line["a"], line["level"]) == (b"", "loud", 1, "warning")


@pytest.mark.fault(71)
def test_a_standard_error_that_is_gone_disturbs_nobody(
    configured: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk or a daemon without standard error does not raise into who logs."""
    setup_structured_logging()
    with Path("/dev/full").open("wb", buffering=0) as full:
        for stderr in (SimpleNamespace(buffer=full), None):
            monkeypatch.setattr(sys, "stderr", stderr)
            get_logger("x").info("e")


def test_lines_are_written_whole_and_in_order() -> None:
    """A batch arrives as it was put together."""
    read, write = os.pipe()
    assert lines_to(write)([b"1\n", b"2\n"])
    assert os.read(read, 100) == b"1\n2\n"
    os.close(read)
    with pytest.raises(BrokenPipeError):
        lines_to(write)([b"3\n"])
    os.close(write)


def test_a_line_that_was_cut_does_not_swallow_the_next() -> None:
    """After a write that was cut short, the next line begins on a line of its own."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    deliver = lines_to(write)
    with pytest.raises(BlockingIOError):
        deliver([b"x" * 1_000_000 + b"\n"])
    held = os.read(read, 1_000_000)
    assert held.strip(b"x") == b""
    assert deliver([b"next\n"])
    assert deliver([b"last\n"])
    assert os.read(read, 100) == b"\nnext\nlast\n"
    os.close(read)
    os.close(write)


def test_what_raises_while_it_is_written_reaches_the_recorder_only() -> None:
    """`Logs` passes its writer's error on; the recorder is what counts it."""

    def fail(line: bytes) -> None:
        raise OSError("full")

    write: Callable[[bytes], None] = fail
    with pytest.raises(OSError, match="full"):
        Logs(write, service="test").logger("x").info("e")
