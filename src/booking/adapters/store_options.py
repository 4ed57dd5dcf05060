"""What can be chosen of the store."""

from dataclasses import dataclass
from pathlib import Path

_RANGES: dict[str, tuple[float, float]] = {
    "busy_timeout_s": (0.0, 60.0),
    "wait_s": (0.05, 60.0),
    "queue_limit": (1, 100_000),
    "batch_limit": (1, 10_000),
    "readers": (1, 256),
    "key_retention_s": (1, 31 * 86_400),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreOptions:
    """How the SQLite store works.

    `path`: the database file. `busy_timeout_s`: how long to wait for another process's write
    (5 s). `wait_s`: how long a caller waits for its turn at most (10 s). `queue_limit`: writes
    that may wait (1024). `batch_limit`: writes in one commit (64). `readers`: connections for
    reading (8). `key_retention_s`: how long a reply is kept for its key (24 h).
    Raises ValueError for a value out of range.
    """

    path: Path
    busy_timeout_s: float = 5.0
    wait_s: float = 10.0
    queue_limit: int = 1024
    batch_limit: int = 64
    readers: int = 8
    key_retention_s: int = 86_400

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        for name, (lowest, highest) in _RANGES.items():
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise ValueError(
                    f"{name} is {value!r}, but must be between {lowest:g} and {highest:g}; "
                    "leave it out to get the default"
                )
