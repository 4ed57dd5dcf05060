"""The layers of a protected call on a transport that answers at once."""

import os
from pathlib import Path

from opentelemetry.instrumentation.requests import RequestsInstrumentor

from resilience.http_client import ProtectedSession
from resilience.options import ClientOptions, TelemetryOptions
from resilience.telemetry.instrument import instrument_requests
from resilience.telemetry.setup import Telemetry

from .outbound_cases import Call, floor, ours
from .profiles import Work, hot, layers
from .stubs import DOMAINS, URL, AtOnce


def outbound(directory: Path, count: int) -> None:
    """Print what each layer of a protected call costs."""
    lines = os.open(directory / "lines", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    telemetry = Telemetry(
        TelemetryOptions(service="bench"), domains=DOMAINS, environment={}, lines=lines
    )
    options = ClientOptions(target="api", operations=frozenset({"list_services"}))
    bare = ProtectedSession(options, transport=AtOnce())
    told = ProtectedSession(
        options, emit=telemetry.emit, observe=telemetry.observe, transport=AtOnce()
    )
    layers(
        {
            "Session.get, alone": _repeated(floor(lines)[0], telemetry, on=False),
            "instead: protected call, no signals": _repeated(_call(bare), telemetry, on=False),
            "+ operation span, attributes, metrics, lines": _repeated(
                _call(told), telemetry, on=False
            ),
            "+ CLIENT span of the requests instrumentation": _repeated(
                _call(told), telemetry, on=True
            ),
        },
        count,
    )
    ours_instrumented, flush = ours(lines)
    hot("a protected call with every signal", _times(ours_instrumented), count)
    flush()


def _call(session: ProtectedSession) -> Call:
    return lambda: session.get(URL, operation="list_services", url_template="/services")


def _times(call: Call) -> Work:
    def work(count: int) -> None:
        for _ in range(count):
            call()

    return work


def _repeated(call: Call, telemetry: Telemetry, *, on: bool) -> Work:
    def work(count: int) -> None:
        if RequestsInstrumentor().is_instrumented_by_opentelemetry:
            RequestsInstrumentor().uninstrument()
        if on:
            instrument_requests(telemetry)
        for _ in range(count):
            call()

    return work
