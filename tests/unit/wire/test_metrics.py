"""The text that Prometheus reads."""

from wire import Proxy, ProxyOptions
from wire.metrics import render


def test_every_series_is_there_at_0_from_the_start() -> None:
    """The whole text before anything has happened."""
    text = render(Proxy(ProxyOptions(upstream="127.0.0.1:1")))
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert samples == [
        'wire_faults_injected_total{fault="delay"} 0',
        'wire_faults_injected_total{fault="drip"} 0',
        'wire_faults_injected_total{fault="drop"} 0',
        'wire_faults_injected_total{fault="hang"} 0',
        'wire_faults_injected_total{fault="refuse"} 0',
        'wire_faults_injected_total{fault="reset"} 0',
        'wire_faults_injected_total{fault="status"} 0',
        'wire_faults_injected_total{fault="truncate"} 0',
        "wire_requests_total 0",
        "wire_requests_in_progress 0",
        "wire_ledger_dropped_total 0",
        "wire_ledger_unwritten_total 0",
    ]


def test_every_metric_is_explained() -> None:
    """HELP and TYPE come before the samples of each metric."""
    lines = render(Proxy(ProxyOptions(upstream="127.0.0.1:1"))).splitlines()
    names = {line.split("{")[0].split()[0] for line in lines if not line.startswith("#")}
    assert {line.split()[2] for line in lines if line.startswith("# HELP")} == names
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == names
