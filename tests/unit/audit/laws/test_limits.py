"""Limits as the settings write them."""

import pytest

from audit.laws.limits import parse_limits


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("10/minute;100/hour", [(10, 60.0), (100, 3600.0)]),
        ("10 per 6 second;100 per 360 second", [(10, 6.0), (100, 360.0)]),
        ("5 per 1 minute", [(5, 60.0)]),
        ("", []),
    ],
)
def test_every_way_of_writing_is_read(text: str, limits: list[tuple[int, float]]) -> None:
    """How many requests in how many seconds."""
    assert list(parse_limits(text)) == limits
