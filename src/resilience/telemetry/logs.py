"""The one maker of log lines: one JSON object a line, tied to its trace and request."""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, MutableMapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

from resilience.context import request_id
from resilience.declare import Event
from resilience.errors import ResilienceError
from resilience.telemetry.spans import Ids, current_ids

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
        self._wrapper = structlog.make_filtering_bound_logger(self._threshold)
        self._events = self.logger("resilience")

    def logger(self, name: str) -> FilteringBoundLogger:
        """A structlog logger whose lines carry `name`, the current trace and the request id."""
        lines = structlog.wrap_logger(
            _Lines(self._write),
            processors=[self._render],
            wrapper_class=self._wrapper,
            cache_logger_on_first_use=True,
        )
        return lines.bind(logger=name)  # type: ignore[no-any-return]  # untyped there

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
        log = getattr(self._events, event.level.value)
        log(event.name, _ids=ids, **event.__dict__)


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
        ids = fields.pop("_ids", None) or current_ids()
        extra, failure = fields.pop("extra", None), fields.pop("exc_info", None)
        line = {
            "timestamp": datetime.now(UTC),
            "level": "error" if method == "exception" else method,
            "event": fields.pop("event", ""),
            "logger": fields.pop("logger", ""),
            "service": self._service,
        }
        if ids.trace_id:
            line["trace_id"], line["span_id"] = ids.trace_id, ids.span_id
            line["trace_flags"] = "01" if ids.sampled else "00"
        if current := request_id.get():
            line["request_id"] = current
        if failure:
            line["exception"] = describe(failure)
        if isinstance(extra, dict):
            fields = {**extra, **fields}
        return orjson.dumps({**line, **fields, **line}, default=_plain, option=_OPTIONS)


_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def _plain(value: Any) -> str:
    return value.value if isinstance(value, Enum) else repr(type(value).__name__)


def describe(failure: Any) -> str:
    """A traceback without local variables, and without texts that others wrote into errors.

    Only the library's own errors keep their message: a database's or a parser's may quote what
    a person typed.
    """
    error = failure if isinstance(failure, BaseException) else sys.exc_info()[1]
    if error is None and isinstance(failure, tuple):
        error = failure[1]
    if error is None:
        return ""
    frames = traceback.extract_tb(error.__traceback__, limit=-30)
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    message = f": {error}" if isinstance(error, ResilienceError) else ""
    return "\n".join([*lines, f"{type(error).__name__}{message}"])


class _Foreign(logging.Handler):
    """Passes records of the standard library's logging on as lines of ours."""

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self._logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; an unusable record is dropped by `logging` itself."""
        log = self._logs.logger(record.name)
        level = record.levelname.lower() if record.levelname in _LEVELS else "info"
        failure = {"exc_info": record.exc_info} if record.exc_info else {}
        getattr(log, level)(record.getMessage(), **failure)


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
    return structlog.get_logger(logger=name)  # type: ignore[no-any-return]  # untyped there


def _to_stderr(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.flush()


def lines_to(descriptor: int) -> Callable[[list[bytes]], bool]:
    """A delivery of lines to a file descriptor, one write for a batch."""

    def deliver(lines: Iterable[bytes]) -> bool:
        data = b"".join(lines)
        while data:
            data = data[os.write(descriptor, data) :]
        return True

    return deliver
