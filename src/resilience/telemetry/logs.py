"""The one maker of log lines: one JSON object a line, tied to its trace and request."""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

from resilience.context import request_id
from resilience.declare import Event
from resilience.errors import ResilienceError
from resilience.telemetry.encoding import to_json
from resilience.telemetry.recorded_span import Ids
from resilience.telemetry.spans import current_ids

Write = Callable[[bytes], None]
"""Takes one line, with its newline, and never blocks."""

_LEVELS = {
    name: getattr(logging, name) for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
}


class Logs:
    """Log lines of one process, handed to `write`; lines below `level` are not made."""

    def __init__(self, write: Write, *, service: str, level: str = "INFO") -> None:
        self._write = write
        self._render = _Render(service)
        self._threshold = _LEVELS[level.upper()]
        self._heads: dict[type[Event], Mapping[str, Any]] = {}
        self._wrapper = structlog.make_filtering_bound_logger(self._threshold)

    def logger(self, name: str) -> FilteringBoundLogger:
        """A structlog logger whose lines carry `name`, the current trace and the request id."""
        lines = structlog.wrap_logger(
            _Lines(self._write),
            processors=[self._render],
            wrapper_class=self._wrapper,
            cache_logger_on_first_use=True,
        )
        return lines.bind(_logger=name)  # type: ignore[no-any-return]  # untyped there

    def configure(self) -> None:
        """Make this the destination of every logger that `get_logger` gave or will give."""
        structlog.configure(
            processors=[self._render],
            wrapper_class=self._wrapper,
            logger_factory=lambda *_: _Lines(self._write),
            cache_logger_on_first_use=False,
        )
        root = logging.getLogger()
        root.handlers[:] = [_Foreign(self)]
        root.setLevel(max(self._threshold, logging.INFO))

    def record(self, event: Event, ids: Ids) -> None:
        """Write the line of an event, with the ids of the event's own span."""
        # Not through a bound logger: the fields are checked once, where the event is declared.
        kind = type(event)
        head = self._heads.get(kind)
        if head is None:
            head = self._heads[kind] = self._head(kind)
        if head:
            line = tied(head, ids)
            line.update(event.__dict__)
            self._write(to_json(line, _ONE_LINE))

    def _head(self, kind: type[Event]) -> Mapping[str, Any]:
        """What is the same in every line of an event; nothing when it is not loud enough."""
        level = kind.level.value
        if _LEVELS[level.upper()] < self._threshold:
            return {}
        return self._render.head(level, kind.name, "resilience")


class _Lines:
    """What structlog calls with a rendered line."""

    def __init__(self, write: Write) -> None:
        self.msg = write

    def __getattr__(self, name: str) -> Any:
        """Every level writes alike."""
        return self.msg


class _Render:
    """All of structlog's processing in one step, because it runs for every line."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _: Any, method: str, fields: MutableMapping[str, Any]) -> bytes:
        """The line as bytes; the caller's fields never replace those of the form."""
        extra, failure = fields.pop("extra", None), fields.pop("exc_info", None)
        name = fields.pop("_logger", None) or fields.get("logger", "")
        line = tied(self.head(method, fields.pop("event", ""), name), current_ids())
        if failure and (text := describe(failure)):
            line["exception"] = text
        if extra:
            fields = {**(extra if isinstance(extra, Mapping) else {"extra": extra}), **fields}
        return to_json({**line, **fields, **line}, _OPTIONS)

    def head(self, level: str, event: str, logger: str) -> Mapping[str, Any]:
        """How every line begins; its time comes with `tied`."""
        return {
            "timestamp": None,
            "level": level,
            "event": event,
            "logger": logger,
            "service": self._service,
        }


def tied(head: Mapping[str, Any], ids: Ids) -> dict[str, Any]:
    """A line of now, tied to its trace and request."""
    line = dict(head)
    line["timestamp"] = datetime.now(UTC)
    if ids.trace_id:
        line["trace_id"], line["span_id"] = ids.trace_id, ids.span_id
        line["trace_flags"] = "01" if ids.sampled else "00"
    if current := request_id.get():
        line["request_id"] = current
    return line


_ONE_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
_OPTIONS = _ONE_LINE | orjson.OPT_NON_STR_KEYS
"""Whoever writes a line by hand may use any key; the fields of events have names."""


def describe(failure: Any) -> str:
    """A traceback with its causes, without local variables and without what others wrote.

    `failure` is an error, what `sys.exc_info` gives, or True for the error in hand. Only the
    library's own errors keep their message: a database's or a parser's may quote what a person
    typed.
    """
    error = failure[1] if isinstance(failure, tuple) else failure
    if not isinstance(error, BaseException):
        error = None if isinstance(failure, tuple) else sys.exc_info()[1]
    told: list[str] = []
    while error is not None and len(told) < _MOST_CAUSES:
        told.append(_describe_one(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by\n".join(told)


_MOST_CAUSES = 5


def _describe_one(error: BaseException) -> str:
    walk = traceback.walk_tb(error.__traceback__)
    frames = traceback.StackSummary.extract(walk, limit=-30, lookup_lines=False)
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    message = f": {error}" if isinstance(error, ResilienceError) else ""
    return "\n".join([*lines, f"{type(error).__name__}{message}"])


class _Foreign(logging.Handler):
    """Passes records of the standard library's logging on as lines of ours."""

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self._logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; one whose arguments do not fit is written without them."""
        try:
            message = record.getMessage()
        except Exception:  # whatever formatting raises must not reach who logged
            message = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        log = self._logs.logger(record.name)
        getattr(log, _level_name(record.levelno))(message, exc_info=record.exc_info)


def _level_name(number: int) -> str:
    return next((name.lower() for name in _LOUDEST if number >= _LEVELS[name]), "debug")


_LOUDEST = ("CRITICAL", "ERROR", "WARNING", "INFO")


def setup_structured_logging(log_level: str = "INFO", *, logs: Logs | None = None) -> Logs:
    """Make `get_logger` write JSON lines at `log_level` or louder; to standard error by default.

    Raises ValueError for an unknown level.
    """
    if log_level.upper() not in _LEVELS:
        raise ValueError(f"log_level is {log_level!r}, but must be one of {', '.join(_LEVELS)}")
    chosen = logs or Logs(_to_stderr, service="", level=log_level)
    chosen.configure()
    return chosen


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger by name: `info("x", request_id=...)` and `info("x", extra={...})` both work."""
    return structlog.get_logger(_logger=name)  # type: ignore[no-any-return]  # untyped there


def _to_stderr(line: bytes) -> None:
    with suppress(OSError, ValueError, AttributeError):  # full, closed, or none at all
        sys.stderr.buffer.write(line)
        sys.stderr.flush()


def lines_to(descriptor: int) -> Callable[[list[bytes]], bool]:
    """A delivery of lines to a file descriptor, one write for a batch.

    When a write was cut short, what comes next begins on a line of its own.
    """
    torn = False

    def deliver(lines: Iterable[bytes]) -> bool:
        nonlocal torn
        data = (b"\n" if torn else b"") + b"".join(lines)
        while data:
            written = os.write(descriptor, data)
            torn = data[written - 1 : written] != b"\n"
            data = data[written:]
        return True

    return deliver
