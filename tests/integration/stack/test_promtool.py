"""Prometheus itself finds nothing to object to in what a process exposes."""

import shutil
import subprocess

import pytest

from booking.events import CATALOGUE, GAUGES
from resilience.events import CATALOGUE as LIBRARY
from resilience.gauges import GAUGES as OF_LIBRARY
from resilience.gauges import Reading
from resilience.testing.signals import Signals

PROMTOOL = shutil.which("promtool")


@pytest.mark.skipif(PROMTOOL is None, reason="promtool comes with Debian's package prometheus")
def test_promtool_accepts_every_metric() -> None:
    """Names, units, suffixes, types and help texts are as its linter wants them."""
    with Signals(catalogue=(*LIBRARY, *CATALOGUE)) as signals:
        gauges = (*OF_LIBRARY, *GAUGES)
        more = [gauge for gauge in gauges if not gauge.name.startswith("telemetry_")]
        readings = [Reading(gauge, tuple("x" for _ in gauge.labels), 1.0) for gauge in more]
        signals.telemetry.watch(lambda: readings)
        exposed = signals.telemetry.metrics("")[1]
    command = [str(PROMTOOL), "check", "metrics"]
    checked = subprocess.run(command, input=exposed, capture_output=True, timeout=20, check=False)
    assert (checked.stdout + checked.stderr, checked.returncode) == (b"", 0)
