"""Calls on a transport that answers at once; one process for each case, since tracing is global.

`python -m bench.outbound_cases CASE FILE` makes as many calls as each line of its input says,
and answers with the processor time of one in microseconds. Log lines go to FILE.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pybreaker
import requests
import tenacity
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from resilience.http_client import ProtectedSession
from resilience.options import ClientOptions, TelemetryOptions
from resilience.telemetry.export import SpanPipe
from resilience.telemetry.instrument import instrument_requests
from resilience.telemetry.otlp import encode
from resilience.telemetry.setup import Telemetry

from .stubs import DOMAINS, URL, AtOnce, Encoder

Call = Callable[[], requests.Response]


def ours(lines: int) -> tuple[Call, Callable[[], object]]:
    """The protected session, told of in three signals."""
    encoder = SpanPipe(Encoder(encode), {}, limit=16_384)
    telemetry = Telemetry(
        TelemetryOptions(service="bench"),
        domains=DOMAINS,
        environment={},
        lines=lines,
        processor=encoder,
    )
    instrument_requests(telemetry)
    options = ClientOptions(target="api", operations=frozenset({"list_services"}))
    session = ProtectedSession(
        options, emit=telemetry.emit, observe=telemetry.observe, transport=AtOnce()
    )
    telemetry.watch(session.readings)
    call = lambda: session.get(URL, operation="list_services", url_template="/services")  # noqa: E731  # one line beside its peers
    return call, lambda: encoder.force_flush() and telemetry.flush()


def floor(lines: int) -> tuple[Call, Callable[[], object]]:
    """`Session.get` of requests, alone."""
    session = _session()
    return lambda: session.get(URL, timeout=15), lambda: None


def peers(lines: int) -> tuple[Call, Callable[[], object]]:
    """`Session.get` with its instrumentation, tenacity and pybreaker, as they document it."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Encoder(encode_spans)))
    RequestsInstrumentor().instrument(tracer_provider=provider)
    session, breaker = _session(), pybreaker.CircuitBreaker()

    @tenacity.retry(
        stop=tenacity.stop_after_attempt(4),
        wait=tenacity.wait_exponential(),
        retry=tenacity.retry_if_exception_type(requests.RequestException),
    )
    def call() -> requests.Response:
        response: requests.Response = breaker.call(session.get, URL, timeout=15)
        return response

    return call, provider.force_flush


def _session() -> requests.Session:
    session = requests.Session()
    session.mount("http://", AtOnce())
    return session


CASES = {"ours": ours, "floor": floor, "peers": peers}


def main() -> None:
    """Answer each line of the input."""
    with Path(sys.argv[2]).open("ab") as file:
        call, flush = CASES[sys.argv[1]](file.fileno())
        for line in sys.stdin:
            started_s = time.process_time()
            for _ in range(int(line)):
                if call().status_code != 200:
                    raise SystemExit("a call did not succeed")
            flush()
            print((time.process_time() - started_s) / int(line) * 1e6, flush=True)


if __name__ == "__main__":
    main()
