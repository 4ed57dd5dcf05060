"""The planted bugs, by name."""

from tests.honesty.bugs import behaviour, emission, labels, spans
from tests.honesty.bugs.registry import BUGS, Bug

__all__ = ["BUGS", "Bug", "behaviour", "emission", "labels", "spans"]
