"""Personal data that must not turn up anywhere, in every form that it could take."""

import base64
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

PERSON = {
    "name": "Zoë Canarybird",
    "email": "zoe.canarybird@feathers.example",
    "phone": "+44 7700 900461",
}
_MARKS = ("Canarybird", "feathers.example", "7700 900461", "7700900461")
"""The parts of each that no other text has."""


def forms() -> frozenset[bytes]:
    """Every form: as it is, upper and lower, decomposed, percent-encoded, base64, hexadecimal."""
    texts = {*PERSON.values(), *_MARKS}
    return frozenset(form.lower() for text in texts for form in _forms_of(text))


def found_in(data: bytes) -> list[bytes]:
    """The forms that occur in these bytes, in any case."""
    lower = data.lower()
    return sorted(form for form in forms() if form in lower)


def _forms_of(text: str) -> Iterator[bytes]:
    for shape in (text, unicodedata.normalize("NFD", text)):
        data = shape.encode()
        yield data
        yield quote(shape, safe="").encode()
        yield quote_plus(shape).encode()
        yield data.hex().encode()
        yield shape.encode("unicode_escape")
        yield from _base64_of(data)


def _base64_of(data: bytes) -> Iterator[bytes]:
    """What base64 makes of it wherever it begins in a longer text, without the uncertain ends."""
    for before in range(3):
        padded = b"\0" * before + data
        whole = padded[: len(padded) // 3 * 3]
        middle = whole[3 if before else 0 :]
        yield base64.b64encode(middle)
        yield base64.urlsafe_b64encode(middle)
