"""What each fault does to an exchange."""

from functools import singledispatch

from wire.delivery import ClientGone, Cutting, Delivery, Discarding, Dripping, Ended
from wire.exchange import Exchange
from wire.faults import Delay, Drip, Drop, Fault, Hang, Reset, Status, Truncate


@singledispatch
async def carry_out(fault: Fault | None, exchange: Exchange) -> None:
    """Carry the exchange out under `fault`; raises ClientGone, or Ended where it is cut short."""
    raise NotImplementedError(f"no injection for {fault!r}")


@carry_out.register(type(None))
async def _none(_fault: None, exchange: Exchange) -> None:
    await exchange.forward(exchange.delivery(Delivery))


@carry_out.register
async def _reset(fault: Reset, exchange: Exchange) -> None:
    if fault.when == "before_forward":
        await exchange.read_body()
        raise Ended(reset=True)
    delivery = exchange.delivery(Cutting)
    delivery.reset = True
    await exchange.forward(delivery)


@carry_out.register
async def _hang(_fault: Hang, exchange: Exchange) -> None:
    await exchange.read_body()
    await exchange.hold()


@carry_out.register
async def _delay(fault: Delay, exchange: Exchange) -> None:
    try:
        await exchange.client.link.wait_gone(fault.delay_s)
    except TimeoutError:
        await exchange.forward(exchange.delivery(Delivery))
    else:
        raise ClientGone


@carry_out.register
async def _drip(fault: Drip, exchange: Exchange) -> None:
    delivery = exchange.delivery(Dripping)
    delivery.chunk_bytes, delivery.interval_s = fault.chunk_bytes, fault.interval_s
    delivery.headers_too = fault.start == "headers"
    await exchange.forward(delivery)


@carry_out.register
async def _truncate(fault: Truncate, exchange: Exchange) -> None:
    delivery = exchange.delivery(Cutting)
    delivery.limit, delivery.reset = fault.body_bytes, fault.then == "reset"
    await exchange.forward(delivery)


@carry_out.register
async def _status(fault: Status, exchange: Exchange) -> None:
    await exchange.read_body()
    headers = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in fault.headers]
    await exchange.answer(fault.status, headers, fault.body.encode())


@carry_out.register
async def _drop(fault: Drop, exchange: Exchange) -> None:
    await exchange.forward(exchange.delivery(Discarding))
    if fault.then == "hold":
        await exchange.hold()
    if exchange.client.link.gone:
        raise ClientGone
    raise Ended(reset=fault.then == "reset")
