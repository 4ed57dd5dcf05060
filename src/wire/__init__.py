"""An independent witness of what crossed the wire.

`Proxy` stands in front of one HTTP/1.1 server. It passes requests on as they are, one
upstream connection for each client connection, and injects the faults of a `Plan`: rules
that are matched in order, with occurrences that depend only on the plan's seed and the
order of the requests. The `Ledger` gets one `Entry` for each request, also for those that
never reached the server or whose answer never reached the client. There is no
instrumentation here, and nothing that the observed programs use, so that the ledger can
contradict their telemetry. Run it as a process (`python -m wire --help`), inside a test
(`running_proxy`) or in an event loop (`Proxy`); `Control` changes the plan, reads the
ledger and stops the listening over HTTP while it runs.
"""

from wire.checks import Misconfigured
from wire.control import Control
from wire.faults import Delay, Drip, Drop, Fault, Hang, Refuse, Reset, Status, Truncate
from wire.ledger import Entry, Ledger, read_ledger
from wire.options import ProxyOptions
from wire.plan import Pattern, Plan
from wire.proxy import Proxy
from wire.rule import Rule
from wire.running import RunningProxy, running_proxy

__all__ = [
    "Control",
    "Delay",
    "Drip",
    "Drop",
    "Entry",
    "Fault",
    "Hang",
    "Ledger",
    "Misconfigured",
    "Pattern",
    "Plan",
    "Proxy",
    "ProxyOptions",
    "Refuse",
    "Reset",
    "Rule",
    "RunningProxy",
    "Status",
    "Truncate",
    "read_ledger",
    "running_proxy",
]
