"""One attempt: sent once, cut off in time, read up to a cap, judged, and told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from resilience.clock import Clock
from resilience.declare import Emit
from resilience.errors import AttemptTimedOut
from resilience.events import (
    AttemptFinished,
    ErrorType,
    Phase,
    RateLimitReceived,
    Resend,
    RetryAfterRejected,
    TimedOut,
)
from resilience.http_client.body import discard, read_whole
from resilience.http_client.exchange import Exchange, current
from resilience.http_client.foreign import translate
from resilience.http_client.request import AttemptRequest
from resilience.http_client.verdict import (
    REDIRECTS,
    Attempted,
    RedirectRefused,
    judge_error,
    judge_response,
)
from resilience.http_client.watchdog import Watchdog
from resilience.options import ClientOptions
from resilience.retry_after import parse_http_date, parse_retry_after
from resilience.vocabulary import known_method

_RESENDS = tuple(Resend)


class AttemptAdapter(BaseAdapter):
    """The adapter between the session, which the instrumentation wraps, and the transport.

    What it tells is told inside the attempt's own span. It leaves its verdict on the request,
    and raises our errors only.
    """

    def __init__(
        self, transport: BaseAdapter, options: ClientOptions, *, clock: Clock, emit: Emit
    ) -> None:
        super().__init__()
        self._transport = transport
        self._options = options
        self._clock = clock
        self._emit = emit
        self._watchdog = Watchdog(clock.monotonic)

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Make the attempt; `stream` and `timeout` are the request's own affair."""
        del stream, timeout
        if not isinstance(request, AttemptRequest):
            raise TypeError("use the methods of the protected session, which prepare the request")
        request.url = request.full_url
        exchange = self._exchange_of(request)
        try:
            attempted = self._attempt(request, exchange, verify, cert, proxies)
        except BaseException:
            self._tell_finished(request, Attempted(ErrorType.OTHER), exchange)
            raise
        request.attempted = attempted
        self._tell(request, attempted, exchange)
        if attempted.error is not None:
            raise attempted.error
        return cast(Response, attempted.response)  # no error means an answer

    def close(self) -> None:
        """Close the connections and end the watchdog."""
        self._transport.close()
        self._watchdog.close()

    def _exchange_of(self, request: AttemptRequest) -> Exchange:
        return Exchange(
            limit_s=request.limit_s,
            connect_s=self._options.timeout.connect_s,
            idle_s=self._options.idle_connection_s,
            cut_by_deadline=request.cut_by_deadline,
            monotonic=self._clock.monotonic,
            watchdog=self._watchdog,
        )

    def _attempt(self, request: AttemptRequest, exchange: Exchange, *arguments: Any) -> Attempted:
        try:
            response = self._answer(request, exchange, *arguments)
            wait_s = self._retry_after_of(request, response)
            return judge_response(response, request.nature, wait_s)
        except Exception as error:
            ours = translate(error, exchange)
            if ours is None:
                raise
            # Ours is not chained to theirs: its text holds the path, and with it a capability,
            # and spans write down the whole chain.
            return judge_error(ours, request.nature)

    def _answer(
        self, request: AttemptRequest, exchange: Exchange, verify: Any, cert: Any, proxies: Any
    ) -> Response:
        """The answer, fully read and of the agreed form."""
        token = current.set(exchange)
        try:
            limits = (exchange.connect_s, exchange.limit_s)
            response = self._transport.send(request, True, limits, verify, cert, proxies)
            exchange.begun = exchange.connected = True
            self._read(response)
            response.elapsed = timedelta(seconds=exchange.elapsed_s())
        finally:
            current.reset(token)
            exchange.finish()
        if exchange.expired:
            raise exchange.timed_out(Phase.READ)
        if response.status_code in REDIRECTS:
            raise RedirectRefused("the service redirects, which is not followed", response=response)
        if request.check is not None and response.status_code < 300:
            request.check(response)
        return response

    def _read(self, response: Response) -> None:
        try:
            read_whole(response, self._options.max_response_bytes)
        except BaseException:
            discard(response)
            raise

    def _retry_after_of(self, request: AttemptRequest, response: Response) -> float | None:
        if response.status_code < 400:
            return None
        value = response.headers.get("Retry-After")
        if value is None:
            return None
        # Against the service's own clock, where it shows it: ours may be set differently.
        local = self._clock.utc_now()
        now = parse_http_date(response.headers.get("Date", ""), local) or local
        wait_s = parse_retry_after(value, now)
        if wait_s is None:
            self._emit(RetryAfterRejected(target=self._options.target, operation=request.operation))
        return wait_s

    def _tell(self, request: AttemptRequest, attempted: Attempted, exchange: Exchange) -> None:
        if isinstance(attempted.error, AttemptTimedOut):
            self._tell_timeout(request, attempted.error, exchange)
        elif attempted.error_type is ErrorType.TOO_MANY:
            self._emit(
                RateLimitReceived(
                    target=self._options.target,
                    operation=request.operation,
                    retry_after_s=attempted.retry_after_s or 0.0,
                )
            )
        self._tell_finished(request, attempted, exchange)

    def _tell_timeout(
        self, request: AttemptRequest, error: AttemptTimedOut, exchange: Exchange
    ) -> None:
        self._emit(
            TimedOut(
                target=self._options.target,
                operation=request.operation,
                phase=Phase(error.phase),
                limit_s=error.limit_s,
                elapsed_s=exchange.elapsed_s(),
            )
        )

    def _tell_finished(
        self, request: AttemptRequest, attempted: Attempted, exchange: Exchange
    ) -> None:
        resends = request.resend_count
        self._emit(
            AttemptFinished(
                target=self._options.target,
                operation=request.operation,
                error_type=attempted.error_type,
                resend=_RESENDS[min(resends, len(_RESENDS) - 1)],
                http_request_method=known_method(request.method or ""),
                server_address=request.address,
                http_response_status_code=status_of(attempted),
                resend_count=resends or None,
                attempt=resends + 1,
                connection_reused=exchange.reused,
                duration_s=exchange.elapsed_s(),
            )
        )


def status_of(attempted: Attempted) -> str:
    """The status of the answer, also of one that was refused; "" when there was none."""
    response = attempted.response
    if response is None:
        response = getattr(attempted.error, "response", None)
    return "" if response is None else str(response.status_code)
