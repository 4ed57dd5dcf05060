"""What booking tells of itself: its events, and the gauge that names the version."""

from collections.abc import Iterable

from booking.service.ports import Outcome
from resilience.declare import Count, Event, Label, Level, Span
from resilience.gauges import Gauge, Reading, Readings


class AppointmentDecided(Event):
    """A request to make or change an appointment was decided."""

    name, level, span = "booking.appointment", Level.INFO, Span.CURRENT
    metrics = (
        Count("booking_appointments", "Requests to make or change appointments, by their end."),
    )
    attributes = {"result": "booking.result"}
    result: Label[Outcome]


CATALOGUE: tuple[type[Event], ...] = (AppointmentDecided,)
"""Every event of booking, in the order of the reference page."""

BUILD_INFO = Gauge("booking_build_info", "1 for the build that runs.", ("version", "revision"))

CONNECTIONS = Gauge(
    "db_client_connections",
    "Connections for reading the database, opened or not yet: used or idle.",
    ("db_client_connection_state",),
)
CONNECTIONS_MAX = Gauge("db_client_connection_max", "Connections for reading the database.")
WAITING_WRITES = Gauge("booking_store_waiting_writes", "Writes that wait for the next commit.")
WAITING_WRITES_LIMIT = Gauge(
    "booking_store_waiting_writes_limit", "Writes that may wait before new ones are refused."
)

GAUGES: tuple[Gauge, ...] = (
    BUILD_INFO,
    CONNECTIONS,
    CONNECTIONS_MAX,
    WAITING_WRITES,
    WAITING_WRITES_LIMIT,
)
"""Every gauge of booking."""


def build_info(version: str, revision: str) -> Readings:
    """The readings of `BUILD_INFO`; `revision` is what the version control calls the source."""
    reading = Reading(BUILD_INFO, (version, revision), 1.0)

    def readings() -> Iterable[Reading]:
        return (reading,)

    return readings
