"""Clients who go on after a 429: their next ones are held back."""

from collections import OrderedDict

MAX_OFFENDERS = 10_000


class Offenders:
    """Says how long to hold back a 429: `hold_s` from a client's second in a row, else 0.

    At most `max_held` are held at once; further ones are answered without delay.
    """

    def __init__(self, hold_s: float, max_held: int) -> None:
        self._hold_s = hold_s
        self._max_held = max_held
        self._clients: OrderedDict[str, None] = OrderedDict()
        self.held = 0

    def hold(self, client: str) -> float:
        """The seconds to hold back the 429 that this client gets now; `release` them after it."""
        again = client in self._clients
        self._clients[client] = None
        self._clients.move_to_end(client)
        if len(self._clients) > MAX_OFFENDERS:
            self._clients.popitem(last=False)
        hold_s = self._hold_s if again and self.held < self._max_held else 0.0
        self.held += hold_s > 0
        return hold_s

    def release(self, hold_s: float) -> None:
        """A 429 that was held back for so long is out, and its place is free."""
        self.held -= hold_s > 0

    def forgive(self, client: str) -> None:
        """The client was admitted again."""
        if self._clients:
            self._clients.pop(client, None)
