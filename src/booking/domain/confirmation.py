"""Confirmation numbers: unguessable, and easy to read out on the phone."""

from base64 import b32encode
from collections.abc import Callable

from booking.domain.errors import UnknownAppointment
from booking.domain.model import ConfirmationNumber

RandomBytes = Callable[[int], bytes]

PREFIX = "APPT-"
RANDOM_BYTES = 10
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = RANDOM_BYTES * 8 // 5
_TO_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _DIGITS)
_LOOKALIKES = str.maketrans("OIL", "011")


def new_confirmation(random_bytes: RandomBytes) -> ConfirmationNumber:
    """A fresh number: `APPT-` and 80 random bits as 16 digits of Crockford's base 32."""
    digits = b32encode(random_bytes(RANDOM_BYTES)).decode().translate(_TO_CROCKFORD)
    return ConfirmationNumber(PREFIX + digits)


def parse_confirmation(text: str) -> ConfirmationNumber:
    """Read a number as people write it: any case, O for 0, I and L for 1.

    Raises UnknownAppointment for anything else, as for a number that was never given out.
    """
    if len(text) != len(PREFIX) + _LENGTH or not text.isascii():
        raise UnknownAppointment
    upper = text.upper()
    digits = upper[len(PREFIX) :].translate(_LOOKALIKES)
    if not upper.startswith(PREFIX) or not set(digits) <= set(_DIGITS):
        raise UnknownAppointment
    return ConfirmationNumber(PREFIX + digits)
