"""The gauges: named as Prometheus wants, and all of them listed."""

import re

from resilience import gauges
from resilience.gauges import GAUGES, Gauge

ENDS = ("_total", "_count", "_sum", "_bucket", "_info", "_created")


def test_every_gauge_of_the_module_is_listed_once() -> None:
    """The reference page and the dashboards see each of them."""
    declared = [value for value in vars(gauges).values() if isinstance(value, Gauge)]
    assert sorted(declared, key=lambda gauge: gauge.name) == sorted(
        GAUGES, key=lambda gauge: gauge.name
    )


def test_every_gauge_is_named_and_explained() -> None:
    """Names are lower case without what Prometheus appends; the help is a sentence."""
    for gauge in GAUGES:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", gauge.name)
        assert not gauge.name.endswith(ENDS)
        assert gauge.help.endswith(".")
        assert len(gauge.labels) == len({*gauge.labels})
