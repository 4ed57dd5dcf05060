"""The ASGI edge in front of a WSGI application: ids, identity, limits, probes, draining."""

from resilience.edge.answers import EDGE_STATUSES
from resilience.edge.app import Edge
from resilience.edge.limits import Limits
from resilience.edge.ports import Ports, ServerSpan

__all__ = ["EDGE_STATUSES", "Edge", "Limits", "Ports", "ServerSpan"]
