"""The words of the pictures."""

import pytest
from tests.stack.drawing.words import COLOURS, colour_of, legend, mapped, number


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "expected"),
    [
        (0.999, "percentunit", 3, "99.900 %"),
        (0.5, "percentunit", None, "50.0 %"),
        (0.25, "s", None, "250 ms"),
        (25.14, "s", 0, "25 s"),
        (2.5, "reqps", None, "2.5/s"),
        (1.5, "suffix:x", 2, "1.50x"),
        (2**20 * 3, "bytes", None, "3 MiB"),
        (5259, "short", None, "5,259"),
    ],
)
def test_a_number_has_its_unit(
    value: float, unit: str, decimals: int | None, expected: str
) -> None:
    """As Grafana would write it, or near to that."""
    assert number(value, unit, decimals) == expected


def test_a_legend_is_filled_in() -> None:
    """Labels that a series does not have leave nothing."""
    labels = {"job": "booking-api", "code": "503"}
    assert legend("{{job}} {{code}} {{other}}", labels) == "booking-api 503"


def test_a_threshold_colours_from_its_value_on() -> None:
    """The base below all, then the highest that is reached."""
    steps: list[dict[str, object]] = [
        {"color": "red", "value": None},
        {"color": "green", "value": 0.999},
    ]
    assert [colour_of(value, steps) for value in (0.998, 0.999)] == [
        COLOURS["red"],
        COLOURS["green"],
    ]


def test_a_state_has_a_word() -> None:
    """And what is mapped to nothing has none."""
    mappings = [{"options": {"1": {"text": "up", "color": "green"}}}]
    assert (mapped(1.0, mappings), mapped(2.0, mappings)) == (("up", COLOURS["green"]), None)
