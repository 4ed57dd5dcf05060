"""Confirmation numbers: unguessable, and easy to read out on the phone."""

from collections.abc import Callable

from booking.domain.errors import UnknownAppointment
from booking.domain.model import ConfirmationNumber

RandomBytes = Callable[[int], bytes]

PREFIX = "APPT-"
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 16
_DIGIT_OF_BYTE = _DIGITS.encode() * (256 // len(_DIGITS))
_LOOKALIKES = str.maketrans("OIL", "011")


def new_confirmation(random_bytes: RandomBytes) -> ConfirmationNumber:
    """A fresh number: `APPT-` and 80 random bits as 16 digits of Crockford's base 32.

    A byte for each digit, of which the five low bits are used.
    """
    digits = random_bytes(_LENGTH).translate(_DIGIT_OF_BYTE)
    return ConfirmationNumber(PREFIX + digits.decode())


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
