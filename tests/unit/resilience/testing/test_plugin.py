"""The helpers as pytest fixtures."""

from resilience.testing.clock import FakeClock
from resilience.testing.plugin import fake_clock, signals
from resilience.testing.signals import Signals

__all__ = ["fake_clock", "signals"]


def test_a_test_gets_a_clock_that_does_not_wait(fake_clock: FakeClock) -> None:
    """Its sleeps pass at once."""
    fake_clock.sleep(3600)

    assert fake_clock.slept == [3600]


def test_a_test_gets_signals_of_its_own(signals: Signals) -> None:
    """They are empty at the start."""
    with signals.observe("work"):
        assert signals.spans() == []

    assert [span.name for span in signals.spans()] == ["work"]
