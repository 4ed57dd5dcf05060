"""Runtime: workers, queue, process, garbage collector and database of each service."""

from dashboards.generate.board import Panels, board
from dashboards.generate.panels import lines, stat, table
from dashboards.generate.promql import increase, rate, ratio, seen, select, total
from dashboards.generate.sources import Query
from grafana_foundation_sdk.models.dashboard import Dashboard

SERVED = "http_server_request_duration_seconds_count"
SHED = "http_server_requests_shed_total"
CONNECTIONS = "db_client_connections"
STATE = "db_client_connection_state"


def runtime() -> Dashboard:
    """The dashboard."""
    rows = {
        "At a glance": _glance(),
        "Workers and queue": _workers(),
        "Process": _process(),
        "Garbage collector": _collector(),
        "Database": _database(),
        "The stack that observes": _observers(),
    }
    says = "Whether each process has room left: workers, queue, memory, collector, database."
    return board("runtime", "Runtime", says, rows)


def _glance() -> Panels:
    up = f"time() - {select('process_start_time_seconds')}"
    files = f"{total('process_open_fds')} / {total('process_max_fds')}"
    return [
        table(
            "Builds",
            "What runs: version, and the source's revision where it is known.",
            "none",
            Query(select("booking_build_info")),
            hide=("Value", "__name__", "instance"),
            height=5,
        ),
        stat(
            "Up for",
            "Time since each process started; a short one that nobody restarted is a crash.",
            "s",
            Query(up, "{{job}}"),
            base="yellow",
            above=[(60, "green")],
            empty="down",
        ),
        stat(
            "Shed",
            "Requests in the time shown that were turned away unserved.",
            "short",
            Query(increase(SHED), "{{job}}"),
            above=[(0.5, "red")],
            decimals=0,
            empty="down",
        ),
        stat(
            "Files open",
            "Share of the open files (connections among them) that the system allows.",
            "percentunit",
            Query(files, "{{job}}"),
            above=[(0.5, "yellow"), (0.8, "red")],
            decimals=1,
            empty="down",
        ),
    ]


def _workers() -> Panels:
    return [
        lines(
            "Workers",
            "Threads at work, and all of them. When all are busy, requests queue.",
            "short",
            Query(total("http_server_busy_workers"), "{{job}} busy"),
            Query(total("http_server_workers"), "{{job}} all"),
        ),
        lines(
            "Queue",
            "Requests waiting for a worker, and how many may; what comes beyond is shed.",
            "short",
            Query(total("http_server_queued_requests"), "{{job}} waiting"),
            Query(total("http_server_queue_limit"), "{{job}} limit"),
        ),
        lines(
            "Shed by reason",
            "Requests a second turned away unserved: the queue was full, their deadline had"
            " passed while they waited, or the process was ending (draining).",
            "reqps",
            Query(rate(SHED, by="job, reason"), "{{job}} {{reason}}"),
            stacked=True,
        ),
        lines(
            "Being served, by method",
            "Requests under way, of the methods that are in use.",
            "short",
            Query(_being_served(), "{{job}} {{http_request_method}}"),
            Query(total("http_server_active_requests"), "{{job}} all"),
        ),
    ]


def _being_served() -> str:
    """Also 0, which is what most scrapes find: a method is in use when any of it was answered."""
    method = "job, http_request_method"
    under_way = total("http_server_active_requests", by=method)
    return f"{under_way} > 0 or {seen(under_way, SERVED, by=method)}"


def _process() -> Panels:
    return [
        lines(
            "Processor",
            "Share of one core in use; a process can use one.",
            "percentunit",
            Query(rate("process_cpu_seconds_total"), "{{job}}"),
            limits=[(0.8, "yellow"), (0.95, "red")],
            width=8,
        ),
        lines(
            "Memory",
            "Resident memory; steady growth under a steady load is a leak.",
            "bytes",
            Query(total("process_resident_memory_bytes"), "{{job}}"),
            width=8,
        ),
        lines(
            "Address space",
            "Memory reserved, whether used or not.",
            "bytes",
            Query(total("process_virtual_memory_bytes"), "{{job}}"),
            width=8,
        ),
        lines(
            "Open files",
            "Open files and connections; the process can open no more than the limit allows.",
            "short",
            Query(total("process_open_fds"), "{{job}}"),
        ),
        table(
            "Interpreters",
            "The Python that each process runs on.",
            "none",
            Query(select("python_info")),
            hide=("Value", "__name__", "instance", "major", "minor", "patchlevel"),
        ),
    ]


def _collector() -> Panels:
    by = "job, generation"
    return [
        lines(
            "Collections",
            "Runs of the garbage collector a second; those of generation 2 stop the process"
            " longest.",
            "cps",
            Query(rate("python_gc_collections_total", by=by), "{{job}} gen {{generation}}"),
            width=8,
        ),
        lines(
            "Objects collected",
            "Objects a second found in cycles and freed.",
            "cps",
            Query(rate("python_gc_objects_collected_total", by=by), "{{job}} gen {{generation}}"),
            width=8,
        ),
        lines(
            "Objects never collected",
            "Objects that the collector could not free since the start; each is a leak.",
            "short",
            Query(total("python_gc_objects_uncollectable_total"), "{{job}}"),
            width=8,
        ),
    ]


def _database() -> Panels:
    used = total(CONNECTIONS, f'{STATE}="used"')
    written = rate("booking_appointments_total", 'result=~"created|rescheduled|cancelled"')
    return [
        lines(
            "Connections for reading",
            "Connections in use, and all; when all are in use, lookups wait.",
            "short",
            Query(total(CONNECTIONS, by=f"job, {STATE}"), f"{{{{{STATE}}}}}"),
            Query(total("db_client_connection_max"), "all"),
            width=8,
        ),
        lines(
            "Connections in use",
            "Share of the connections for reading that are in use.",
            "percentunit",
            Query(ratio(used, total("db_client_connection_max")), "{{job}}"),
            limits=[(0.8, "yellow"), (1.0, "red")],
            top=1,
            width=8,
        ),
        lines(
            "Waiting writes",
            "Share of the places for writes that wait for the next commit; at 100 % writes are"
            " refused.",
            "percentunit",
            Query(
                ratio(
                    total("booking_store_waiting_writes"),
                    total("booking_store_waiting_writes_limit"),
                ),
                "{{job}} waiting",
            ),
            limits=[(0.5, "yellow"), (1.0, "red")],
            width=8,
        ),
        lines(
            "Changes written",
            "Appointments a second that were made, moved or cancelled.",
            "wps",
            Query(written, "{{job}}"),
            width=24,
            height=6,
        ),
    ]


def _observers() -> Panels:
    others = 'job!~"booking-.+"'
    return [
        lines(
            "Memory of collector, Jaeger, Loki and Prometheus",
            "Resident memory of what watches the services.",
            "bytes",
            Query(f"sum by (job) (process_resident_memory_bytes{{{others}}})", "{{job}}"),
        ),
        lines(
            "Processor of collector, Jaeger, Loki and Prometheus",
            "Cores in use.",
            "none",
            Query(
                f"sum by (job) (rate(process_cpu_seconds_total{{{others}}}[$__rate_interval]))",
                "{{job}}",
            ),
        ),
    ]
