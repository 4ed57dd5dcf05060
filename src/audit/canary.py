"""Every form that a piece of personal data could take in a signal."""

import base64
import json
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_LEAST_CODED = 8
"""A shorter piece of base64 is found anywhere."""
_LEAST_DIGITS = 7


def forms_of(canary: str) -> frozenset[str]:
    """All forms, in lower case: to be searched for in text that was turned to lower case."""
    found: set[str] = set()
    for normal in ("NFC", "NFD"):
        text = unicodedata.normalize(normal, canary)
        for shape in (text, text.lower(), text.upper()):
            found.update(_encoded(shape))
    digits = "".join(filter(str.isdigit, canary))
    if len(digits) >= _LEAST_DIGITS:
        found.add(digits)
    return frozenset(form.lower() for form in found if form)


def _encoded(text: str) -> Iterator[str]:
    yield text
    yield quote(text, safe="")
    yield quote(text)
    yield quote_plus(text)
    yield json.dumps(text)[1:-1]
    for coded in _base64_of(text.encode()):
        if len(coded) >= _LEAST_CODED:
            yield coded


def _base64_of(data: bytes) -> Iterator[str]:
    """Wherever it begins in a longer text, without the ends that depend on what surrounds it."""
    for before in range(3):
        padded = b"\0" * before + data
        whole = padded[: len(padded) // 3 * 3]
        middle = whole[3 if before else 0 :]
        yield base64.b64encode(middle).decode()
        yield base64.urlsafe_b64encode(middle).decode()
