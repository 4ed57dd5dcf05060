"""What a query may name: the metrics that exist, with their labels."""

from collections.abc import Mapping
from functools import cache

import yaml
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from tests.dashboards import PLACE

from booking.bootstrap import EVENTS
from booking.events import GAUGES as BOOKING_GAUGES
from resilience.declare import Measure, label_names
from resilience.gauges import GAUGES

Metrics = Mapping[str, frozenset[str]]

COMMON_LABELS = frozenset({"job", "instance"})
"""What Prometheus gives to every series."""

PROXY = {
    "wire_faults_injected_total": {"fault"},
    "wire_requests_total": (),
    "wire_requests_in_progress": (),
    "wire_ledger_dropped_total": (),
    "wire_ledger_unwritten_total": (),
}
COLLECTOR = {
    "traces_span_metrics_calls_total": {"service_name", "span_name", "span_kind", "status_code"},
    "otelcol_receiver_accepted_spans_total": {"receiver", "transport"},
    "otelcol_exporter_sent_spans_total": {"exporter"},
    "otelcol_exporter_queue_size": {"exporter"},
    "otelcol_exporter_queue_capacity": {"exporter"},
}
PROMETHEUS = {
    "up": (),
    "ALERTS": {"alertname", "alertstate", "severity"},
    "scrape_samples_scraped": (),
    "prometheus_tsdb_head_series": (),
}
_RULES = PLACE.parents[1] / "rules" / "recording.yml"
_LABELS_OF_LEVELS = frozenset({"job", "slo", "kind", "target", "signal", "reason"})


def catalogued() -> Mapping[str, frozenset[str]]:
    """Each metric of the catalogue, with the names of its series."""
    found = {
        metric.name: _series_of(metric.name, isinstance(metric, Measure))
        for event in EVENTS
        for metric in event.metrics
    }
    gauges = {g.name: frozenset({g.name + "_total" * g.counts}) for g in (*GAUGES, *BOOKING_GAUGES)}
    return {**found, **gauges}


def _series_of(name: str, measured: bool) -> frozenset[str]:
    endings = ("_bucket", "_count", "_sum") if measured else ("_total",)
    return frozenset(name + ending for ending in endings)


@cache
def known() -> Metrics:
    """Every series that a query may name, with its labels."""
    named = {**PROXY, **COLLECTOR, **PROMETHEUS}
    return {
        **{name: frozenset(labels) for name, labels in named.items()},
        **_events(),
        **_gauges(),
        **_process(),
        **_recorded(),
    }


def _events() -> Metrics:
    found: dict[str, frozenset[str]] = {}
    for event in EVENTS:
        for metric in event.metrics:
            labels = frozenset(label_names(event, metric))
            for name in _series_of(metric.name, isinstance(metric, Measure)):
                found[name] = labels | ({"le"} if name.endswith("_bucket") else frozenset())
    return found


def _gauges() -> Metrics:
    gauges = (*GAUGES, *BOOKING_GAUGES)
    return {gauge.name + "_total" * gauge.counts: frozenset(gauge.labels) for gauge in gauges}


def _process() -> Metrics:
    """What the client library says of any Python process."""
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    return {
        sample.name: frozenset(sample.labels)
        for family in registry.collect()
        for sample in family.samples
    }


def _recorded() -> Metrics:
    """The recording rules, whose names begin with their labels: `job_target:metric:operations`."""
    groups = yaml.safe_load(_RULES.read_text(encoding="utf-8"))["groups"]
    found: dict[str, frozenset[str]] = {}
    for rule in (rule for group in groups for rule in group["rules"]):
        level = frozenset(rule["record"].split(":")[0].split("_")) & _LABELS_OF_LEVELS
        found[rule["record"]] = level | frozenset(rule.get("labels", {}))
    return found
