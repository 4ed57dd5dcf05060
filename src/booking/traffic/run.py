"""`tallybook traffic`: send visitors to a running stack, and say how they fared."""

import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from rich.console import Console

from booking.domain.errors import BookingError
from booking.settings import PREFIX, Settings
from booking.traffic.drive import Traffic, TrafficOptions
from booking.traffic.journey import MOST_REQUESTS, Ask, Where
from booking.traffic.sender import Sender
from booking.traffic.tally import Tally

REPORTS_EVERY_S = 10.0
_ANSWERS_WITHIN_S = 75.0
"""More than the 67 s that a call of the agent may take."""

_TRY_AGAIN_S = 0.5


class NobodyThere(BookingError):
    """There is nothing to send visitors to; the text says where and what to do."""


def run(
    settings: Settings,
    options: TrafficOptions,
    console: Console,
    *,
    duration_s: float | None = None,
    wait_s: float = 30.0,
) -> None:
    """Send visitors for `duration_s` seconds, or (None) until Ctrl-C or SIGTERM.

    `wait_s`: how long to wait for API and agent at first. Raises NobodyThere.
    """
    sender = sender_to(settings)
    traffic = Traffic(options, sender)
    with suppress(KeyboardInterrupt):
        _wait_for(settings, sender, wait_s)
        with traffic:
            _introduce(console, options, sender)
            _watch(console, traffic, duration_s)
    _sum_up(console, traffic)


def sender_to(settings: Settings) -> Sender:
    """A sender to the API and the agent of these settings."""
    urls = {Where.API: settings.api_url, Where.AGENT: settings.agent_url}
    return Sender(urls, key=settings.key.get_secret_value(), timeout_s=_ANSWERS_WITHIN_S)


def _wait_for(settings: Settings, sender: Sender, wait_s: float) -> None:
    ends_s = time.monotonic() + wait_s
    for where, name in ((Where.API, "api_url"), (Where.AGENT, "agent_url")):
        while sender.send(Ask("health", where, "GET", "/health")).status is None:
            if time.monotonic() >= ends_s:
                raise NobodyThere(
                    f"Nobody answers at {getattr(settings, name)}: `make run` starts the stack,"
                    f" {PREFIX}{name.upper()} says where it is."
                )
            time.sleep(_TRY_AGAIN_S)


def _introduce(console: Console, options: TrafficOptions, sender: Sender) -> None:
    count = options.users if sender.tells_apart else 1
    say = partial(console.print, soft_wrap=True)
    say(
        f"Sending {options.per_s:g} requests a second at most, of {count} visitors; seed"
        f" {options.seed}. Ctrl-C ends it."
    )
    if not sender.tells_apart:
        say(
            f"All have the address of this machine, and so one limit: {PREFIX}KEY, the same as"
            " the stack's, gives each an address."
        )
    elif (possible := count * MOST_REQUESTS / options.rest_s) < options.per_s:
        say(f"So many visitors may make {possible:.2g} requests a second without reaching a limit.")


def _watch(console: Console, traffic: Traffic, duration_s: float | None) -> None:
    begun_s = time.monotonic()
    while duration_s is None or time.monotonic() - begun_s < duration_s:
        left_s = REPORTS_EVERY_S if duration_s is None else begun_s + duration_s - time.monotonic()
        time.sleep(max(0.0, min(REPORTS_EVERY_S, left_s)))
        console.print(
            _line(traffic.tally, time.monotonic() - begun_s), highlight=False, soft_wrap=True
        )


def _line(tally: Tally, passed_s: float) -> str:
    middle_s, slow_s = tally.quantiles_s((0.5, 0.95))
    return (
        f"{passed_s:6.0f} s  {tally.requests} requests ({_list(tally.outcomes())}),"
        f" {tally.journeys[0]} journeys, p50 {middle_s * 1000:.0f} ms, p95 {slow_s * 1000:.0f} ms"
    )


def _sum_up(console: Console, traffic: Traffic) -> None:
    say = partial(console.print, soft_wrap=True, highlight=False)
    tally = traffic.tally
    every, complete = tally.journeys
    say(f"Sent {tally.requests} requests: {_list(tally.outcomes())}.")
    say(f"{every} journeys, {complete} of them complete: {_list(tally.steps())}.")
    if traffic.greedy.requests:
        say(f"The greedy visitor: {_list(traffic.greedy.outcomes())}.")


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
