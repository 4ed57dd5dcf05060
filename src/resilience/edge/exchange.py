"""One request and the way to answer it, as the edge sees them."""

from resilience.arrival import Arrival
from resilience.bridge import Headers, Receive, Scope, Send
from resilience.context import accept_request_id
from resilience.edge.headers import Read, read, resend, trace_context
from resilience.edge.limits import UNLIMITED, Decision
from resilience.vocabulary import known_method


class Exchange:
    """A request with what was read of its headers; `client` is whom it counts for."""

    __slots__ = (
        "arrived_s",
        "client",
        "decision",
        "found",
        "method",
        "receive",
        "request_id",
        "scope",
        "send",
        "size",
        "trusted",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, arrived_s: float) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.arrived_s = arrived_s
        self.found: Read
        self.found, self.size = read(scope["headers"])
        offered = self.found.get(b"x-request-id", b"")
        self.request_id = accept_request_id(offered.decode("latin-1"))
        self.method = known_method(scope["method"])
        self.decision: Decision = UNLIMITED
        self.trusted = False
        self.client = ""

    @property
    def has_body(self) -> bool:
        """Whether the headers announce a body."""
        found = self.found
        return b"transfer-encoding" in found or found.get(b"content-length", b"0") != b"0"

    @property
    def limited(self) -> Headers:
        """The headers that tell of the limits."""
        return self.decision.headers

    def answer_headers(self) -> Headers:
        """What the edge adds to the application's answer."""
        return [(b"x-request-id", self.request_id.encode("ascii")), *self.decision.headers]

    def carrier(self) -> dict[str, str]:
        """The trace context that came with the request, whoever sent it."""
        return trace_context(self.found)

    def arrival(self) -> Arrival:
        """What the application is told."""
        decision = self.decision
        return Arrival(
            self.arrived_s,
            self.request_id,
            self.client,
            resend(self.found),
            decision.result,
            decision.policy,
            decision.remaining,
            decision.near,
        )
