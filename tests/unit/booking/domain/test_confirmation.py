"""Confirmation numbers."""

import pytest
from tests.booking_shop import seeded_bytes

from booking.domain.confirmation import new_confirmation, parse_confirmation
from booking.domain.errors import UnknownAppointment


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "APPT-0000000000000000"),
        (2**80 - 1, "APPT-ZZZZZZZZZZZZZZZZ"),
        (0x1F << 75 | 1, "APPT-Z000000000000001"),
        (int("0123456789ABCDEF", 36) % 2**80, None),
    ],
)
def test_eighty_bits_become_sixteen_digits_of_crockford(number: int, text: str | None) -> None:
    """Ten random bytes are written in Crockford's digits, most significant first."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    by_hand = "APPT-" + "".join(alphabet[number >> shift & 31] for shift in range(75, -1, -5))
    assert new_confirmation(lambda size: number.to_bytes(size, "big")) == (text or by_hand)


@pytest.mark.fault(79)
def test_numbers_use_every_random_bit() -> None:
    """Flipping any of the 80 bits gives another number."""
    numbers = {
        new_confirmation(lambda size, bit=bit: (1 << bit).to_bytes(size, "big"))  # type: ignore[misc]
        for bit in range(80)
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
