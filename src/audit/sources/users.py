"""What the users were told."""

from collections.abc import Iterator
from pathlib import Path

from audit.errors import Unreadable
from audit.records import Answer
from audit.sources.lines import objects


def read_users(path: Path) -> Iterator[Answer]:
    """One record for each answer, or for its absence. Raises Unreadable."""
    for number, told in objects(path):
        try:
            yield Answer(
                told["user"],
                told["operation"],
                told["status"],
                told["request_id"],
                told.get("trace_id", ""),
                told.get("confirmation", ""),
                told.get("key", ""),
                told.get("service_id", ""),
                told.get("date", ""),
                told.get("start_time", ""),
                bool(told.get("replayed")),
                told.get("intended_s", told["started_s"]),
                told["started_s"],
                told["ended_s"],
            )
        except KeyError as error:
            raise Unreadable(path, f"a user's line without {error}", number) from None
