"""The closed sets: their words, and where strangers' values go."""

from enum import StrEnum
from typing import get_args

import pytest

from resilience import vocabulary
from resilience.declare import Domain
from resilience.vocabulary import ErrorType, Method, known_method

SETS = [v for v in vars(vocabulary).values() if isinstance(v, type) and issubclass(v, StrEnum)]


def test_every_word_is_lower_case_but_for_methods() -> None:
    """Words are of one form, as label values are written."""
    words = {str(word) for kind in SETS if kind not in (StrEnum, Method) for word in kind}
    assert all(word == word.lower() and " " not in word for word in words)


def test_what_strangers_send_has_a_word() -> None:
    """An unknown method or failure has a place, so that no set need grow."""
    assert (Method.OTHER, ErrorType.OTHER) == ("_OTHER", "other")


def test_domains_are_named_as_the_labels_they_fill() -> None:
    """A composition fills these sets and no others."""
    domains = {
        mark.name
        for value in vars(vocabulary).values()
        for mark in get_args(value)
        if isinstance(mark, Domain)
    }
    assert domains == {
        "target",
        "operation",
        "server_address",
        "http_route",
        "http_status",
        "policy",
    }


@pytest.mark.parametrize("name", [str(method) for method in Method if method is not Method.OTHER])
def test_a_method_of_http_is_known(name: str) -> None:
    """By its name, as it is written."""
    assert known_method(name) is Method(name)
    assert known_method(name.lower()) is Method.OTHER


@pytest.mark.parametrize("name", ["", "FOO", "PROPFIND", "GET ", "_other"])
def test_any_other_method_is_other(name: str) -> None:
    """However near it comes to one that is known."""
    assert known_method(name) is Method.OTHER
