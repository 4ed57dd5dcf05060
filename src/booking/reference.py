"""The reference page of this application's signals."""

from booking.bootstrap import EVENTS
from booking.events import GAUGES as BOOKING_GAUGES
from resilience.gauges import GAUGES
from resilience.telemetry.reference import write_page


def write_reference() -> str:
    """All metrics, spans and log events, in Markdown."""
    return write_page(EVENTS, (*GAUGES, *BOOKING_GAUGES))
