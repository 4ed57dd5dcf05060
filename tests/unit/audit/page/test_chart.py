"""Charts as geometry."""

from audit.page.axis import WIDTH, Axis, Tick
from audit.page.chart import HEIGHT, Box, bars, lines

AXIS = Axis(0.4)


def test_bars_stand_on_each_other() -> None:
    """The highest sum fills the height, and each part has its share of it."""
    chart = bars(AXIS, "answers", {"2xx": [0.0, 0.0, 0.35], "429": [0.05]})

    quarter = WIDTH / 4
    assert list(chart.boxes) == [
        Box(0.0, 50.0, 189.2, 100.0, 0, "2xx: 20 a second at 0 s"),
        Box(3 * quarter, 100.0, 189.2, 50.0, 0, "2xx: 10 a second at 0.3 s"),
        Box(0.0, 0.0, 189.2, 50.0, 1, "429: 10 a second at 0 s"),
    ]
    assert chart.up == [Tick(HEIGHT, "0"), Tick(HEIGHT / 2, "15"), Tick(0.0, "30")]


def test_bars_of_nothing_are_an_empty_chart() -> None:
    """A quiet run divides nothing by zero."""
    assert list(bars(AXIS, "answers", {"2xx": []}).boxes) == []


def test_lines_are_logarithmic_and_leave_gaps() -> None:
    """Ten times more is one step up; a bin without a value ends the line."""
    chart = lines(AXIS, "latency", {"median": [0.01, 0.1, 0.0, 1.0]})

    assert chart.paths == ["M110.0 150.0L330.0 75.0M770.0 0.0"]
    assert chart.up == [Tick(150.0, "0.01"), Tick(75.0, "0.1"), Tick(0.0, "1")]
