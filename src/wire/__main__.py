"""`python -m wire`: the proxy as a process of its own."""

import argparse
import asyncio
import resource
import signal
import sys
from collections.abc import Sequence

from wire.control import Control
from wire.ledger import Ledger
from wire.options import ProxyOptions
from wire.plan import Plan
from wire.proxy import Proxy


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wire", description="A fault-injecting HTTP proxy and its ledger."
    )
    add = parser.add_argument
    add("--listen", default="127.0.0.1:5100", help="address of the proxy (default: %(default)s)")
    add("--upstream", default="127.0.0.1:5000", help="the server (default: %(default)s)")
    add("--control", default="127.0.0.1:5101", help="control address (default: %(default)s)")
    add(
        "--expose-control",
        action="store_true",
        help="allow a control address that others can reach: whoever does can stop the traffic",
    )
    add("--plan", help="JSON file with the plan of faults (default: no faults)")
    add("--ledger", help="JSON-lines file to append to (default: memory only)")
    add("--keep", type=int, default=1_000_000, help="entries kept in memory (default: %(default)s)")
    add("--drain-s", type=float, default=5.0, help="seconds for open requests at the stop")
    add("--forward-client", action="store_true", help="add X-Forwarded-For")
    add(
        "--bind-client-address",
        action="store_true",
        help="connect to the server from the client's own loopback address",
    )
    return parser


def _make_proxy(arguments: argparse.Namespace) -> Proxy:
    options = ProxyOptions(
        upstream=arguments.upstream,
        listen=arguments.listen,
        forward_client=arguments.forward_client,
        bind_client_address=arguments.bind_client_address,
        drain_s=arguments.drain_s,
    )
    plan = Plan.from_file(arguments.plan) if arguments.plan else Plan()
    return Proxy(options, plan=plan, ledger=Ledger(arguments.ledger, capacity=arguments.keep))


def _raise_descriptor_limit() -> None:
    """Allow as many sockets as the system lets us: each client needs two."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(proxy: Proxy, control: Control) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await proxy.start()
        await control.start()
        _say(f"{proxy.address} -> {proxy.options.upstream}, control on {control.address}")
        await stop.wait()
    finally:
        await proxy.stop()
        await control.stop()
        proxy.ledger.close()


def _say(text: str) -> None:
    sys.stdout.write(f"wire: {text}\n")
    sys.stdout.flush()


def _fail(sentence: str | None) -> int:
    sys.stderr.write(f"wire: {sentence}\n")
    return 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns 0, or 2 with a sentence on stderr."""
    arguments = _parser().parse_args(argv)
    try:
        proxy = _make_proxy(arguments)
        _raise_descriptor_limit()
        control = Control(proxy, arguments.control, exposed=arguments.expose_control)
        asyncio.run(_serve(proxy, control))
    except OSError as error:
        return _fail(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
    except ValueError as error:
        return _fail(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
