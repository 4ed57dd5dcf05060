"""Moving windows: in any stretch of a limit's length, no more than its amount are admitted."""

import math
from bisect import bisect_left

_LENGTHS = {"second": 1, "minute": 60, "hour": 3600}


class Limiter:
    """Decides for each client by the times of all that it was ever admitted."""

    def __init__(self, spec: str) -> None:
        self._limits = [_parsed(part) for part in spec.split(";")] if spec else []
        self._admitted: dict[str, list[float]] = {}

    def check(self, client: str, now: float) -> dict[str, object] | None:
        """What the client is told; None without limits."""
        if not self._limits:
            return None
        times = self._admitted.setdefault(client, [])
        windows = []
        for amount, length, name in self._limits:
            first = bisect_left(times, now - length)  # the oldest that the window holds
            until = (times[first] if first < len(times) else now) + length - now
            windows.append((amount - len(times) + first, until, name, amount))
        full = [window for window in windows if window[0] <= 0]
        if full:
            _, until, name, _ = max(full, key=lambda window: window[1])
            wait = max(1, math.floor(until) + 1)
            return _told("rejected", name, 0, wait, retry_after_s=wait)
        times.append(now)
        left, until, name, _ = min(windows, key=lambda window: window[0])
        near = [(n, left - 1) for left, _, n, of in windows if of - left + 1 == of * 4 // 5 + 1]
        return _told("acquired", name, left - 1, math.ceil(round(until, 6)), near=near)


def _told(
    result: str,
    policy: str,
    remaining: int,
    until_s: int,
    retry_after_s: int = 0,
    near: object = (),
) -> dict[str, object]:
    return {
        "result": result,
        "policy": policy,
        "remaining": remaining,
        "until_s": until_s,
        "retry_after_s": retry_after_s,
        "near": list(near),  # type: ignore[call-overload]  # pairs
    }


def _parsed(part: str) -> tuple[int, int, str]:
    amount, unit = part.split("/")
    return int(amount), _LENGTHS[unit], f"{amount}_per_{unit}"
