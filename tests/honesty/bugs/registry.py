"""What a planted bug is, and how one is declared."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from resilience.declare import Event


@dataclass(frozen=True, slots=True)
class Bug:
    """A mistake that is made in a running server: `plant` makes it, before the server starts."""

    name: str
    kind: str
    says: str
    plant: Callable[[], None]


BUGS: dict[str, Bug] = {}


def bug(kind: str, says: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare a function that plants a bug; its name is the bug's."""

    def keep(plant: Callable[[], None]) -> Callable[[], None]:
        add(plant.__name__.replace("_", "-"), kind, says, plant)
        return plant

    return keep


def add(name: str, kind: str, says: str, plant: Callable[[], None]) -> None:
    """Declare a bug."""
    assert name not in BUGS, name
    BUGS[name] = Bug(name, kind, says, plant)


def wrap(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a method by `wrapper(original, *arguments)`."""
    original = getattr(owner, name)

    def replaced(*arguments: Any, **options: Any) -> Any:
        return wrapper(original, *arguments, **options)

    setattr(owner, name, replaced)


def changed(event: Event, **fields: Any) -> Event:
    """The event with other values."""
    return replace(event, **fields)  # type: ignore[type-var]  # each event is a dataclass
