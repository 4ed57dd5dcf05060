"""Helpers for tests of whoever uses the library: a clock, a transport, and captured signals.

`pytest_plugins = ["resilience.testing.plugin"]` in a conftest gives the fixtures `fake_clock` and
`signals`.
"""

from resilience.testing.clock import FakeClock
from resilience.testing.signals import Signals
from resilience.testing.transport import Fails, Reply, ScriptedTransport

__all__ = ["Fails", "FakeClock", "Reply", "ScriptedTransport", "Signals"]
