"""Confirmation numbers."""

import pytest
from tests.booking_shop import seeded_bytes

from booking.domain.confirmation import new_confirmation, parse_confirmation
from booking.domain.errors import UnknownAppointment

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's, which leave out the letters that look like others."""


@pytest.mark.parametrize("high", [0x00, 0x20, 0xE0])
def test_each_random_byte_becomes_a_digit_of_crockford(high: int) -> None:
    """Its five low bits: each digit stands for eight of the 256 values, and none is likelier."""
    first, last = bytes(range(high, high + 16)), bytes(range(high + 16, high + 32))
    made = [new_confirmation(lambda size, each=each: each[:size]) for each in (first, last)]  # type: ignore[misc]  # a default binds the loop variable
    assert made == ["APPT-" + DIGITS[:16], "APPT-" + DIGITS[16:]]


@pytest.mark.fault(79)
def test_numbers_use_eighty_random_bits() -> None:
    """Flipping any of the five low bits of any byte gives another number."""
    places = [8 * byte + bit for byte in range(16) for bit in range(5)]
    numbers = {
        new_confirmation(lambda size, place=place: (1 << place).to_bytes(size, "big"))  # type: ignore[misc]  # as above
        for place in places
    }
    assert len(numbers) == 80


def test_people_may_write_it_their_way() -> None:
    """Lower case, O for 0 and I or L for 1 are read as what was meant."""
    assert parse_confirmation("appt-oil0123456789abc") == "APPT-0110123456789ABC"


def test_what_was_made_is_read_back() -> None:
    """Every number that is given out is its own reading."""
    random_bytes = seeded_bytes()
    numbers = [new_confirmation(random_bytes) for _ in range(100)]
    assert [parse_confirmation(number) for number in numbers] == numbers


@pytest.mark.parametrize(
    "text",
    ["", "APPT-", "APPT-1001", "APPT-" + "U" * 16, "appx-" + "0" * 16, "APPT-" + "0" * 17,
     "APPT-" + "\u0660" * 16, "APPT-" + "\u0131" * 16, "APPT-" + "0" * 15 + "\0"],
)  # fmt: skip
def test_anything_else_is_an_unknown_appointment(text: str) -> None:
    """A text that cannot be a number is answered as one that was never given out."""
    with pytest.raises(UnknownAppointment):
        parse_confirmation(text)
