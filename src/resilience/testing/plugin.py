"""The helpers as pytest fixtures."""

from collections.abc import Iterator

import pytest

from resilience.testing.clock import FakeClock
from resilience.testing.signals import Signals


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock whose sleeps pass at once."""
    return FakeClock()


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Real telemetry of this test alone, whose spans, metrics and lines can be asked for."""
    with Signals() as captured:
        yield captured
