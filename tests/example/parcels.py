"""A parcel tracker, as a stranger might write it: it asks a carrier where a parcel is."""

from flask import Flask, Response, jsonify

from resilience import (
    ClientOptions,
    Edge,
    EdgeOptions,
    Ports,
    ProtectedSession,
    ResilienceError,
    RetryOptions,
    SystemClock,
    Telemetry,
    instrument_flask,
    record_served,
)

DOMAINS = {
    "target": ("carrier",),
    "operation": ("track",),
    "http_route": ("/parcels/<number>",),
    "http_served": (
        "GET /parcels/<number> 200 ",
        "GET /parcels/<number> 429 429",
        "GET /parcels/<number> 502 502",
    ),
    "http_status": ("200", "429", "502", "503", ""),
    "policy": ("3_per_minute",),
}
"""The label values of this service."""


def carrier_session(url: str, telemetry: Telemetry) -> ProtectedSession:
    """Calls to the carrier, which tell of themselves."""
    session = ProtectedSession(
        ClientOptions(
            target="carrier",
            base_url=url,
            operations=frozenset({"track"}),
            retry=RetryOptions(backoff_s=0.01),
        ),
        emit=telemetry.emit,
        observe=telemetry.observe,
    )
    telemetry.watch(session.readings)
    return session


def tracker(carrier: ProtectedSession, telemetry: Telemetry) -> Edge:
    """The service: three requests a minute for everybody."""
    app = Flask("tracker")
    instrument_flask(app, telemetry)
    record_served(app, emit=telemetry.emit, clock=SystemClock(), trace_id=telemetry.trace_id)

    @app.get("/parcels/<number>")
    def where(number: str) -> Response | tuple[Response, int]:
        try:
            found = carrier.get(f"/{number}", operation="track", url_template="/{number}")
        except ResilienceError as error:
            return jsonify(error=str(error)), 502
        return jsonify(found.json())

    ports = Ports(
        emit=telemetry.emit,
        server_span=telemetry.serve,
        trace_id=telemetry.trace_id,
        route_of=lambda method, path: "/parcels/<number>",
    )
    return Edge(app, EdgeOptions(limits="3/minute"), ports)
