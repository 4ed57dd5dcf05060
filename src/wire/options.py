"""Where the proxy listens, whom it asks, and how long it waits."""

import re
from dataclasses import dataclass

from wire.checks import require, require_number

ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})")


def parse_address(text: str) -> tuple[str, int]:
    """Return host and port of "host:port" or "[v6]:port"; raises ValueError."""
    match = ADDRESS.fullmatch(text)
    port = int(match[3]) if match else -1
    expected, remedy = "host:port such as 127.0.0.1:5000", "correct it"
    require(match is not None and port <= 65535, f"the address is {text!r}", expected, remedy)
    assert match is not None
    return match[1] or match[2], port


def format_address(host: str, port: int) -> str:
    """Return "host:port", with brackets round an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """Options of the proxy; all limits in seconds. Raises ValueError for a bad one.

    upstream: the server's "host:port". listen: own address (default a free loopback port).
    forward_client: add X-Forwarded-For (default off: requests are passed on as they are).
    bind_client_address: connect to the upstream from the client's own address, so that
    limits per address work through the proxy (loopback addresses 127.0.x.y only).
    head_s: for the whole head of a request (10). idle_s: between requests (75; a
    request that crosses the end is awaited for 1 s more).
    stall_s: without a byte from or to either side within an exchange (120).
    hold_s: the longest time a hang or a dropped answer is held (600).
    connect_s: to connect to the upstream (5). drain_s: for exchanges at the stop (5).
    """

    upstream: str
    listen: str = "127.0.0.1:0"
    forward_client: bool = False
    bind_client_address: bool = False
    head_s: float = 10.0
    idle_s: float = 75.0
    stall_s: float = 120.0
    hold_s: float = 600.0
    connect_s: float = 5.0
    drain_s: float = 5.0

    def __post_init__(self) -> None:
        parse_address(self.upstream)
        parse_address(self.listen)
        for name in ("head_s", "idle_s", "stall_s", "hold_s", "connect_s"):
            require_number(name, getattr(self, name), least=0.001)
        require_number("drain_s", self.drain_s, least=0)
