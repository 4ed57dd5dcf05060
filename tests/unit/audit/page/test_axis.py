"""The time axis of a page."""

from audit.page.axis import WIDTH, Axis, Stretch, Tick
from audit.run import Shade


def test_bins_are_round_and_few() -> None:
    """A run of ten minutes is told in bins of ten seconds, one of two seconds in the finest."""
    assert (Axis(600.0).bin_s, Axis(600.0).bins) == (10.0, 60)
    assert (Axis(2.0).bin_s, Axis(2.0).bins) == (0.1, 20)


def test_a_moment_outside_belongs_to_the_nearest_bin() -> None:
    """What a clock puts before the run's begin or after its end is not lost."""
    axis = Axis(10.0)
    assert [axis.bin_of(moment_s) for moment_s in (-3.0, 0.0, 9.99, 99.0)] == [0, 0, 99, 99]


def test_faults_are_shaded_where_they_were_in_force() -> None:
    """A stretch is in proportion to its time."""
    axis = Axis(10.0, [Shade(name="hang", from_s=2.5, to_s=5.0)])
    assert axis.shades() == [Stretch(WIDTH / 4, WIDTH / 4, "hang")]


def test_a_short_stretch_can_still_be_seen() -> None:
    """A breaker that was open for a moment is not lost to rounding."""
    assert Axis(100.0).stretch(50.0, 50.001, "open", "open").width == 1.5


def test_marks_stand_at_round_times() -> None:
    """No more than eight and one."""
    assert Axis(10.0).ticks()[:3] == [Tick(0.0, "0 s"), Tick(176.0, "2 s"), Tick(352.0, "4 s")]
