"""What belongs to the request in hand and follows it from thread to thread."""

import re
from contextvars import ContextVar
from random import getrandbits

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request in hand; empty outside a request."""

_VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def generate_request_id() -> str:
    """A new request id: `req-` and 12 hexadecimal digits (48 random bits).

    It names and does not protect anything, so it comes from `random`, which starts from the
    system's randomness, and anew after a fork: asking the system each time gives up the
    interpreter to another thread.
    """
    return f"req-{getrandbits(48):012x}"


def accept_request_id(offered: str | None) -> str:
    """The offered id when it is 1 to 64 of `A-Z a-z 0-9 . _ -`; else a new one."""
    return offered if offered and _VALID.fullmatch(offered) else generate_request_id()
