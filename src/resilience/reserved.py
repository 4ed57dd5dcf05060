"""What no field of an event may be called, because the name has a meaning already."""

LINE = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "service",
        "trace_id",
        "span_id",
        "trace_flags",
        "request_id",
        "exception",
        "extra",
        "exc_info",
        "method_name",
        "self",
    }
)
"""The form of a log line, and what the logger itself is called with."""

RESERVED = LINE | {
    "name",
    "span",
    "span_name",
    "metrics",
    "attributes",
    "lasted",
    "summary",
    "labels",
    "failed",
    "known",
    "fields",
    "le",
}
"""Those, the declaration's own attributes, and the label of a histogram's buckets."""
