"""Each event of booking, provoked through the API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from tests.booking_api import MemoryStore, booking, make_app
from tests.contract.scenario import Act, Scenario

from booking.adapters.business_file import load_business
from booking.events import AppointmentDecided
from resilience import instrument_flask
from resilience.testing import Signals


@contextmanager
def deciding(
    signals: Signals, *, booked: bool, change: Mapping[str, Any] | None = None, **wish: Any
) -> Iterator[Act]:
    """The API; the act books, or changes what was booked before."""
    business = load_business()
    app = make_app(business, MemoryStore(business), signals)
    instrument_flask(app, signals.telemetry)
    client = app.test_client()
    number = _book(client) if booked else ""

    def act() -> None:
        if change is None:
            client.post("/appointments", json=booking(**wish))
        else:
            client.patch(f"/appointments/{number}", json=change)

    yield act


def _book(client: FlaskClient) -> str:
    answer = client.post("/appointments", json=booking())
    return str(answer.json["appointment"]["confirmation_number"])  # type: ignore[index]  # a JSON object here


def _decided(when: str, **options: Any) -> Scenario:
    return Scenario(AppointmentDecided, when, lambda signals: deciding(signals, **options))


BOOKING = (
    _decided("created", booked=False),
    _decided("conflict", booked=True),
    _decided("rescheduled", booked=True, change={"date": "2026-12-02", "start_time": "10:00"}),
    _decided("cancelled", booked=True, change={"status": "cancelled"}),
    _decided("invalid field", booked=False, date="tomorrow"),
    _decided("closed then", booked=False, start_time="03:00"),
)
