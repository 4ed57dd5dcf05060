"""The proxy's numbers in the text format of Prometheus, written by hand."""

from wire.proxy import Proxy

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render(proxy: Proxy) -> str:
    """Return all metrics; every fault is there, at 0 from the start."""
    faults = proxy.ledger.faults()
    requests = proxy.ledger.summary()["requests"]
    return "".join(
        (
            _head("wire_faults_injected_total", "counter", "Faults injected, by kind."),
            *(f'wire_faults_injected_total{{fault="{n}"}} {v}\n' for n, v in faults.items()),
            _head("wire_requests_total", "counter", "Requests entered in the ledger."),
            f"wire_requests_total {requests}\n",
            _head("wire_requests_in_progress", "gauge", "Requests under way."),
            f"wire_requests_in_progress {proxy.in_progress}\n",
            _head("wire_ledger_dropped_total", "counter", "Entries that memory no longer holds."),
            f"wire_ledger_dropped_total {proxy.ledger.dropped}\n",
            _head("wire_ledger_unwritten_total", "counter", "Lines that the file did not take."),
            f"wire_ledger_unwritten_total {proxy.ledger.unwritten}\n",
        )
    )


def _head(name: str, kind: str, text: str) -> str:
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
