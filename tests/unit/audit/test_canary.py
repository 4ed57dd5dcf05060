"""Personal data is found in whatever form it was put."""

import json
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from audit.canary import forms_of

NAME, PHONE = "Zoë Canarybird", "+44 7700 900461"
FORMS = {
    "plain": NAME,
    "upper": NAME.upper(),
    "decomposed": unicodedata.normalize("NFD", NAME),
    "url": quote(NAME),
    "form": quote_plus(NAME),
    "json": json.dumps(NAME),
    "json of upper": json.dumps(NAME.upper()),
    **{
        f"base64 at {before}": b64encode(b"x" * before + NAME.encode() + b"yy").decode()
        for before in range(3)
    },
    **{
        f"base64 of lower at {before}": urlsafe_b64encode(
            b"x" * before + NAME.lower().encode()
        ).decode()
        for before in range(3)
    },
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_every_form_is_known(text: str) -> None:
    """Inside a longer text, in any case of letters."""
    held = f"before {text} after".lower()

    assert any(form in held for form in forms_of(NAME))


def test_a_number_is_found_without_its_blanks() -> None:
    """As a form field would store it."""
    assert any(form in "tel:447700900461" for form in forms_of(PHONE))


def test_other_texts_hold_none() -> None:
    """No form is so short that it is found anywhere."""
    text = "resilience_attempts_total 447700 canary bird zoe" * 50

    assert [form for form in forms_of(NAME) | forms_of(PHONE) if form in text] == []
