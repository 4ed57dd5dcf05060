"""Listening on an address, with an error that says what to do when it cannot be had."""

import asyncio
import errno
from collections.abc import Callable

BACKLOG = 4096


async def listen(factory: Callable[[], asyncio.Protocol], host: str, port: int) -> asyncio.Server:
    """Listen on `host` and `port` (0 is any free one); raises OSError with a sentence."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(factory, host, port, backlog=BACKLOG, reuse_address=True)
    except OSError as error:
        raise OSError(error.errno, _sentence(error, f"{host}:{port}")) from error


def _sentence(error: OSError, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is in use; stop what listens there, or choose another port"
    return f"{address} cannot be listened on ({error.strerror}); choose another address"
