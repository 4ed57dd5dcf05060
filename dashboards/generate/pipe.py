"""Telemetry itself: what was made, delivered, dropped and kept, and how many series there are."""

from dashboards.generate.board import Panels
from dashboards.generate.panels import lines
from dashboards.generate.promql import RATE, increase, rate, select, total
from dashboards.generate.sources import Query

COLLECTOR = '{job="collector"}'
SERIES = 5000
"""Series of one process beyond which something makes labels that are not closed sets."""


def pipe() -> Panels:
    """What becomes of spans and log lines."""
    made, delivered = "telemetry_made_total", "telemetry_delivered_total"
    by = "job, signal"
    waiting = " - ".join(
        total(name, by=by) for name in (made, delivered, "telemetry_dropped_total")
    )
    return [
        lines(
            "Made and not yet delivered",
            "Spans and log lines made, less those delivered and those dropped: what waits in a"
            " queue. From 1000 on an alert fires.",
            "short",
            Query(waiting, "{{job}} {{signal}}"),
            limits=[(1000, "red")],
            width=8,
            signed=True,
        ),
        lines(
            "Made and delivered",
            "Spans and log lines a second, as they were made and as they reached their"
            " destination.",
            "cps",
            Query(rate(made, by=by), "{{job}} {{signal}} made"),
            Query(rate(delivered, by=by), "{{job}} {{signal}} delivered"),
            width=8,
        ),
        lines(
            "Dropped, and never made",
            "Spans and log lines that were dropped, and events of which a signal could not be"
            " made, in each interval. Anything but 0 makes all comparisons above untrustworthy.",
            "short",
            Query(
                increase("telemetry_dropped_total", by="job, signal, reason", over=RATE),
                "{{job}} {{signal}} dropped: {{reason}}",
            ),
            Query(
                increase("telemetry_failures_total", by="job, signal, reason", over=RATE),
                "{{job}} {{signal}} not made: {{reason}}",
            ),
            width=8,
        ),
        *_collector(),
    ]


def _collector() -> Panels:
    delivered = rate("telemetry_delivered_total", 'signal="span"')
    accepted = f"sum(rate(otelcol_receiver_accepted_spans_total{COLLECTOR}[{RATE}]))"
    return [
        lines(
            "Spans delivered and accepted",
            "Spans that the services handed over, and that the collector took.",
            "cps",
            Query(f"sum({delivered})", "delivered"),
            Query(accepted, "accepted by the collector"),
            width=8,
        ),
        lines(
            "Kept for Jaeger",
            "Spans that the collector took, and those that it sent to Jaeger after sampling:"
            " every trace that tells of trouble, and a share of the others.",
            "cps",
            Query(accepted, "accepted"),
            Query(f"sum(rate(otelcol_exporter_sent_spans_total{COLLECTOR}[{RATE}]))", "sent"),
            width=8,
        ),
        lines(
            "The collector's queues",
            "How full the queue before each destination is; at 100 % it drops.",
            "percentunit",
            Query(
                f"sum by (exporter) (otelcol_exporter_queue_size{COLLECTOR})"
                f" / sum by (exporter) (otelcol_exporter_queue_capacity{COLLECTOR})",
                "{{exporter}}",
            ),
            limits=[(0.5, "yellow"), (1.0, "red")],
            width=8,
        ),
    ]


def bounds() -> Panels:
    """What must not grow."""
    ledger = ("wire_ledger_dropped_total", "wire_ledger_unwritten_total")
    return [
        lines(
            "Series of each process",
            "Every label is a closed set, so this stays level after the start whatever is asked"
            " for; growth is a label that should not be one.",
            "short",
            Query(select("scrape_samples_scraped"), "{{job}}"),
            limits=[(SERIES, "red")],
            width=8,
        ),
        lines(
            "Series of Prometheus",
            "All series that Prometheus holds in memory.",
            "short",
            Query('prometheus_tsdb_head_series{job="prometheus"}', "series"),
            width=8,
        ),
        lines(
            "The proxy's ledger",
            "Requests under way at the proxy, and entries of its ledger that memory or file did"
            " not take in each interval.",
            "short",
            Query("sum(wire_requests_in_progress)", "under way"),
            *(Query(f"sum(increase({name}[{RATE}]))", name) for name in ledger),
            width=8,
        ),
    ]
