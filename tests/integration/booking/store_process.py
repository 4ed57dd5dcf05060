"""A process with the shop's store: books what it is told, line by line.

The first line of input opens the store; each further one is a key and an hour. Each line of
output is the status word and the reply.
"""

import secrets
import sys
from pathlib import Path

from tests.booking_shop import CLIENT, SetClock, key_use, rendered, shop, store_at, wall

from booking.domain.errors import BookingError
from booking.service.bookings import Bookings
from booking.service.changes import BookingRequest


def main(path: Path) -> None:
    """Say that the store is open, then answer until the input ends."""
    sys.stdin.readline()
    store = store_at(path)
    bookings = Bookings(
        business=shop(),
        store=store,
        clock=SetClock(),
        random_bytes=secrets.token_bytes,
        report=lambda _: None,
    )
    print("open", flush=True)
    for line in sys.stdin:
        key, hour = line.split()
        request = BookingRequest("srv-002", wall(f"2026-06-01T{hour}:00"), CLIENT)
        try:
            reply = bookings.book(request, rendered, key_use(key, body=hour))
            print("replayed" if reply.replayed else "created", reply.body.decode(), flush=True)
        except BookingError as error:
            print("refused", type(error).__name__, flush=True)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
