"""The state of the edge as gauges."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resilience.gauges import (
    ACTIVE_REQUESTS,
    BUSY_WORKERS,
    LIMITER_STORAGE,
    QUEUE_LIMIT,
    QUEUED_REQUESTS,
    WORKERS,
    Reading,
)
from resilience.vocabulary import Method

if TYPE_CHECKING:
    from resilience.edge.app import Edge


def readings(edge: "Edge") -> Iterator[Reading]:
    """Each gauge of the edge; from any thread."""
    for method in Method:
        yield Reading(ACTIVE_REQUESTS, (str(method),), edge.active[method])
    yield Reading(QUEUED_REQUESTS, (), edge.bridge.waiting)
    yield Reading(QUEUE_LIMIT, (), edge.options.queue)
    yield Reading(BUSY_WORKERS, (), edge.bridge.busy)
    yield Reading(WORKERS, (), edge.options.threads)
    degraded = edge.limits.degraded
    yield Reading(LIMITER_STORAGE, ("primary",), float(not degraded))
    yield Reading(LIMITER_STORAGE, ("fallback",), float(degraded))
