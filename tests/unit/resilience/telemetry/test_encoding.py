"""JSON is made of anything, and nothing that cannot be said loses the rest."""

import tracemalloc
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
import pytest

from resilience.telemetry.encoding import plain, to_json


class Colour(Enum):
    RED = "red"


class Opaque:
    def __repr__(self) -> str:
        return "ana@example.com"


def _circle() -> dict[str, Any]:
    circle: dict[str, Any] = {}
    circle["again"] = [circle]
    return circle


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a\nb\x1b[31m\x00é\U0001f600", "a\nb\x1b[31m\x00é\U0001f600"),
        ("lone \ud800 half", "lone \\ud800 half"),
        (2**64, "integer of 65 bits"),
        (-(10**5000), "integer of 16610 bits"),
        (2**63 - 1, 2**63 - 1),
        (float("nan"), None),
        (float("inf"), None),
        (b"bytes", "bytes"),
        (Opaque(), "Opaque"),
        ({1, 2}, "set"),
        (Colour.RED, "red"),
        (date(2030, 1, 7), "2030-01-07"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
    ids=[str(number) for number in range(13)],
)
def test_every_value_is_said_or_replaced(value: object, said: object) -> None:
    """Text stays as it is where JSON allows it; objects become the names of their types."""
    assert orjson.loads(to_json({"a": value, "b": 1})) == {"a": said, "b": 1}


def test_what_stands_beside_something_impossible_is_kept() -> None:
    """One value that cannot be said does not change the sense of the others."""
    given = {
        "bad\udfff": "\ud800",
        "when": datetime(2030, 1, 7, tzinfo=timezone(timedelta(hours=1))),
        "day": date(2030, 1, 7),
        "colour": Colour.RED,
        "many": [1, 2.5, True, None, ("x", Opaque())],
        "under": {Opaque(): {1: "y"}},
    }
    assert orjson.loads(to_json(given)) == {
        "bad\\udfff": "\\ud800",
        "when": "2030-01-07 00:00:00+01:00",
        "day": "2030-01-07",
        "colour": "red",
        "many": [1, 2.5, True, None, ["x", "Opaque"]],
        "under": {"Opaque": {"1": "y"}},
    }


def test_a_circle_ends() -> None:
    """A structure that contains itself is cut at a depth."""
    assert b'"dict"' in to_json(_circle()) or b'"list"' in to_json(_circle())


def test_deep_nesting_ends() -> None:
    """A structure of ten thousand levels is cut, not refused."""
    nested: Any = []
    for _ in range(10_000):
        nested = [nested]
    assert orjson.loads(to_json(nested)) == [[[[[[[["list"]]]]]]]]


def test_a_dataclass_that_cannot_be_said_becomes_its_name() -> None:
    """Its fields are not searched for what could be said."""

    @dataclass
    class Person:
        name: str

    assert plain(Person("\ud800")) == "Person"


def test_utc_times_are_iso_8601() -> None:
    """With the option for it, UTC is written as Z."""
    value = datetime(2030, 1, 7, 9, 0, 0, 5, tzinfo=UTC)
    assert to_json(value, orjson.OPT_UTC_Z) == b'"2030-01-07T09:00:00.000005Z"'


@pytest.mark.parametrize("value", ["x", {"key": "x" * 1000}, ["x"] * 5000])
def test_json_that_is_kept_holds_no_more_than_itself(value: Any) -> None:
    """Lines wait in queues and attributes stay in caches, thousands of them."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = to_json(value)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < len(kept) + 512
