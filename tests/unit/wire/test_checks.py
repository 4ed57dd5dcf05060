"""Errors say what was wrong, what was expected and what to do."""

from dataclasses import dataclass

import pytest

from wire.checks import Misconfigured, build, require_integer, require_number, require_pattern


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Something to build."""

    size: int
    name: str = ""


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1, True, "1", None])
def test_what_is_no_number_in_the_limits_is_refused(value: object) -> None:
    """Neither nan nor booleans nor text pass for a number."""
    with pytest.raises(Misconfigured, match=r"^x is .*; expected a number from 0 to 1;"):
        require_number("x", value, least=0, most=1)


@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_the_limits_themselves_are_allowed(value: float) -> None:
    """Both ends belong to the range."""
    require_number("x", value, least=0, most=1)


def test_a_fraction_is_no_whole_number() -> None:
    """The sentence says how to write it."""
    with pytest.raises(Misconfigured) as caught:
        require_integer("n", 1.5, least=0)
    sentence = "n is 1.5; expected a whole number; write it without a fraction or quotes."
    assert str(caught.value) == sentence


def test_a_pattern_that_does_not_compile_is_refused() -> None:
    """The reason of the regular expression engine is in the sentence."""
    with pytest.raises(Misconfigured, match=r"path '\(' does not compile \(missing \), .*\)"):
        require_pattern("path", "(")


def test_building_names_the_place_of_a_missing_member() -> None:
    """The sentence says where it is missing."""
    with pytest.raises(Misconfigured, match=r"^rules\[1\] lacks size; expected name, size; add"):
        build(Sample, {"name": "x"}, "rules[1]")


def test_building_names_an_unknown_member() -> None:
    """A misspelt member is not silently ignored."""
    with pytest.raises(Misconfigured, match=r"^here has the unknown member \['sise'\]; exp"):
        build(Sample, {"size": 1, "sise": 2}, "here")
