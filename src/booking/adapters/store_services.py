"""The services of the business data, as rows."""

import sqlite3
from collections.abc import Sequence

from booking.adapters import store_statements as sql
from booking.domain.model import Service


def sync_services(connection: sqlite3.Connection, services: Sequence[Service]) -> None:
    """Add and change what differs; what is gone stays for its appointments, not on offer."""
    stored = {row[0]: tuple(row[1:]) for row in connection.execute(sql.ALL_SERVICES.sql)}
    wanted = {
        service.id: (service.name, service.duration_minutes, position, 1)
        for position, service in enumerate(services)
    }
    withdrawn = {id_: (*row[:3], 0) for id_, row in stored.items() if id_ not in wanted}
    for service_id, row in (withdrawn | wanted).items():
        if service_id not in stored:
            connection.execute(sql.ADD_SERVICE.sql, (service_id, *row))
        elif stored[service_id] != row:
            connection.execute(sql.CHANGE_SERVICE.sql, (*row, service_id))
