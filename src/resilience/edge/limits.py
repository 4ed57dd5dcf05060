"""The rate limits: one decision for all limits of a client, with slowapi's limiter."""

import threading
from collections.abc import Callable
from functools import lru_cache
from math import ceil, floor
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from limits import RateLimitItem, parse_many
from slowapi import Limiter

from resilience.edge.storage import WindowMemory
from resilience.options import require
from resilience.server_events import NearLimit
from resilience.vocabulary import LimitResult

MAX_SPENT = 10_000
"""Clients who are known to have used up a limit; the storage knows the others, too."""

MAX_KNOWN = 1024
"""Clients whose keys are at hand; those of the others are made anew."""

NEAR = 0.8
"""The share of a limit past which a client is told of."""

_ROUNDING_S = 1e-6
"""What adding a window to the clock and taking the clock off again may leave over."""

# slowapi reads a file of settings, `.env` of the working directory unless another one is named.
_NO_SETTINGS = str(Path(__file__).parent.parent / "py.typed")


class Decision(NamedTuple):
    """What the limits say to one request, about the tightest of them.

    `reset_s`: seconds until the window frees a place. `retry_after_s`: whole seconds until a
    rejected request would be admitted, 0 if it was not rejected. `headers`: for the answer, with
    `Retry-After` when it is a refusal.
    """

    result: LimitResult
    policy: str = ""
    remaining: int | None = None
    retry_after_s: int = 0
    headers: tuple[tuple[bytes, bytes], ...] = ()
    near: tuple[NearLimit, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether the request must be refused."""
        return self.result is LimitResult.REJECTED


UNLIMITED = Decision(LimitResult.NONE)


class _Policy:
    """One limit, with what is always the same about it; the limiter takes it for the limit."""

    def __init__(self, item: RateLimitItem) -> None:
        every = "" if item.multiples == 1 else f"{item.multiples}_"
        self.amount = item.amount
        self.window_s = item.get_expiry()
        self.name = f"{item.amount}_per_{every}{item.GRANULARITY.name}"
        self.quoted = b'"%s"' % self.name.encode()
        self.limit = b"%d" % item.amount
        self.near_from = floor(item.amount * NEAR) + 1
        # Which the limiter asks for four times a request.
        self.key_for = lru_cache(maxsize=MAX_KNOWN)(item.key_for)

    def get_expiry(self) -> int:
        """The window in seconds."""
        return self.window_s

    @property
    def draft(self) -> bytes:
        """The policy as the IETF draft writes it."""
        return b"%s;q=%d;w=%d" % (self.quoted, self.amount, self.window_s)


_Window = tuple[_Policy, float, int]


class Limits:
    """Decides whether a client may make one more request, under all limits of one string.

    `spec` is such as "10/minute;100/hour", "" for no limits; a ValueError says what is wrong with
    it. `now` is the monotonic clock, `epoch` the wall clock in seconds. A rejected request uses
    up nothing. When the storage fails, requests are allowed and `degraded` holds.
    """

    def __init__(
        self,
        spec: str,
        *,
        now: Callable[[], float],
        epoch: Callable[[], float],
        storage: str = "window-memory://",
    ) -> None:
        self._policies = tuple(_Policy(item) for item in _parsed(spec))
        own = storage.startswith("window-memory")
        options: dict[str, Any] = {"now": now} if own else {}
        self._now = now if own else epoch
        self._epoch = epoch
        self._lock = threading.Lock()
        self._spent: dict[str, tuple[_Policy, float]] = {}
        # What a flood is told thousands of times in one second.
        self._rejection = lru_cache(maxsize=1024)(self._new_rejection)
        self.degraded = False
        self._limiter: Any = Limiter(
            key_func=_unused_key,
            strategy="moving-window",
            storage_uri=storage,
            storage_options=options,
            config_filename=_NO_SETTINGS,
        ).limiter
        self._policy_header = (
            b"ratelimit-policy",
            b", ".join(policy.draft for policy in self._policies),
        )

    @property
    def policies(self) -> tuple[str, ...]:
        """The names of the limits, in the order of the string."""
        return tuple(policy.name for policy in self._policies)

    def check(self, client: str) -> Decision:
        """Count one request of the client, unless a limit is reached."""
        if not self._policies:
            return UNLIMITED
        try:
            with self._lock:
                spent = self._spent_by(client)
                if spent is None:
                    windows, admitted = self._count(client)
                    self.degraded = False
                    if admitted:
                        return self._admitted(windows)
                    spent = self._spend(client, windows)
        except Exception:  # whatever a storage raises: better to serve than to fail
            self.degraded = True
            return Decision(LimitResult.STORAGE_ERROR_ALLOWED, self._policies[0].name)
        return self._rejected(*spent)

    def _spent_by(self, client: str) -> tuple[_Policy, float] | None:
        """What refuses a client until when, as far as it is known without asking the storage.

        A refused request uses up nothing, so a refusal stands until its window frees a place;
        but none for longer than the window, should a storage go by a clock that is set back.
        """
        spent = self._spent.get(client)
        if spent is not None and not 0.0 <= spent[1] - self._now() <= spent[0].window_s:
            del self._spent[client]
            return None
        return spent

    def _spend(self, client: str, windows: list[_Window]) -> tuple[_Policy, float]:
        policy, reset, _ = max((w for w in windows if w[2] <= 0), key=_reset)
        if len(self._spent) >= MAX_SPENT:
            del self._spent[next(iter(self._spent))]
        self._spent[client] = policy, reset
        return policy, reset

    def _count(self, client: str) -> tuple[list[_Window], bool]:
        """Each policy with its reset and what remained before this request, and if it may pass."""
        windows, admitted = [], True
        for policy in self._policies:
            reset, remaining = self._limiter.get_window_stats(policy, client)
            windows.append((policy, reset, remaining))
            admitted = admitted and remaining > 0
        if admitted:
            for policy in self._policies:
                self._limiter.hit(policy, client)
        return windows, admitted

    def _admitted(self, windows: list[_Window]) -> Decision:
        near: tuple[NearLimit, ...] = ()
        for policy, _, remaining in windows:
            if policy.amount - remaining + 1 == policy.near_from:
                near += (NearLimit(policy=policy.name, remaining=remaining - 1),)
        policy, reset, remaining = min(windows, key=_remaining)
        until = ceil(max(0.0, reset - self._now() - _ROUNDING_S))
        headers = self._headers(policy, remaining - 1, until, ceil(self._epoch() + until))
        return Decision(LimitResult.ACQUIRED, policy.name, remaining - 1, 0, headers, near)

    def _rejected(self, policy: _Policy, reset: float) -> Decision:
        # An entry counts up to and including the end of its window: a full second later is safe.
        wait = max(1, floor(reset - self._now()) + 1)
        return self._rejection(policy, wait, ceil(self._epoch() + wait))

    def _new_rejection(self, policy: _Policy, wait: int, reset_at: int) -> Decision:
        headers = (*self._headers(policy, 0, wait, reset_at), (b"retry-after", b"%d" % wait))
        return Decision(LimitResult.REJECTED, policy.name, 0, wait, headers)

    def _headers(
        self, policy: _Policy, remaining: int, until: int, reset_at: int
    ) -> tuple[tuple[bytes, bytes], ...]:
        return (
            (b"x-ratelimit-limit", policy.limit),
            (b"x-ratelimit-remaining", b"%d" % remaining),
            (b"x-ratelimit-reset", b"%d" % reset_at),
            (b"ratelimit", b"%s;r=%d;t=%d" % (policy.quoted, remaining, until)),
            self._policy_header,
        )


_remaining = itemgetter(2)
_reset = itemgetter(1)


def _unused_key(request: object) -> str:
    """slowapi wants a function of the request; the edge gives the client itself."""
    raise NotImplementedError


def _parsed(spec: str) -> list[RateLimitItem]:
    try:
        return parse_many(spec) if spec else []
    except ValueError as error:
        require(False, "limits", spec, "limits such as '10/minute;100/hour', or empty")
        raise AssertionError from error


__all__ = ["NEAR", "UNLIMITED", "Decision", "Limits", "WindowMemory"]
