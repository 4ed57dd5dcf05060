"""Request ids for a busy event loop."""

import secrets

_AT_ONCE = 512
_DIGITS = 12


class RequestIds:
    """Makes request ids as `generate_request_id` does, fetching randomness for many at a time.

    Each fetch is a system call, during which a worker thread takes the interpreter and the loop
    has to wait for it. For one thread.
    """

    def __init__(self) -> None:
        self._unused: list[str] = []

    def __call__(self) -> str:
        """A new id: `req-` and 12 hexadecimal digits."""
        if not self._unused:
            digits = secrets.token_hex(_AT_ONCE * _DIGITS // 2)
            self._unused = [digits[i : i + _DIGITS] for i in range(0, len(digits), _DIGITS)]
        return "req-" + self._unused.pop()
