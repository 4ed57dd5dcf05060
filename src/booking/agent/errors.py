"""Why the agent could not do what a person wished.

AgentError
├── Refused           the API said no: its sentence, its status
└── NotFree           the start is taken or not offered: alternatives
"""

from collections.abc import Sequence

from booking.agent.model import Slot


class AgentError(Exception):
    """The root: the text is a sentence for the person."""


class Refused(AgentError):
    """The API refused the request, with the HTTP `status` and its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class NotFree(AgentError):
    """The start cannot be had; `alternatives` are free ones near it."""

    def __init__(self, sentence: str, alternatives: Sequence[Slot]) -> None:
        super().__init__(sentence)
        self.alternatives = tuple(alternatives)
