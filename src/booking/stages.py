"""The commands that start something: the stack, one of its servers, its visitors."""

import sys

import click
from rich.console import Console

from booking import bootstrap
from booking.demo.run import run as run_demo
from booking.demo.scenes import SCENES
from booking.guard import guarded, read_settings
from booking.stack.run import run as run_stack
from booking.traffic.drive import GREEDY_PER_S, TrafficOptions
from booking.traffic.run import run as run_traffic


@click.command()
@click.option("--once", is_flag=True, help="End after the booking instead of serving on.")
def run(once: bool) -> None:
    """Start API, fault proxy and agent, and book one appointment through two faults."""
    guarded(lambda: run_stack(read_settings(), Console(), stay=not once))


@click.command()
@click.option(
    "--scene",
    "names",
    multiple=True,
    type=click.Choice([scene.name for scene in SCENES]),
    help="Play this scene (may be given several times) instead of all.",
)
@click.option("--fast", is_flag=True, help="Shorter scenes and times.")
def demo(names: tuple[str, ...], fast: bool) -> None:
    """Start the stack and let one thing after another go wrong, with what happens live."""
    chosen = [scene for scene in SCENES if not names or scene.name in names]
    guarded(lambda: run_demo(read_settings(), Console(), chosen, fast=fast))


@click.command()
@click.argument("what", type=click.Choice(["api", "agent"]), default="api")
def serve(what: str) -> None:
    """Serve the booking API (or the agent) until SIGTERM or Ctrl-C."""
    make = bootstrap.serve_api if what == "api" else bootstrap.serve_agent
    guarded(lambda: sys.exit(make(read_settings())))


@click.command()
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 100),
    default=1.0,
    show_default=True,
    help="Requests a second at most.",
)
@click.option(
    "--users",
    type=click.IntRange(1, 10_000),
    default=300,
    show_default=True,
    help="Visitors; each rests after a journey, within the limits.",
)
@click.option("--duration", type=click.FloatRange(min=1), help="Seconds (until Ctrl-C or SIGTERM).")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Draws the same visitors.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="Seconds to wait for the stack at first.",
)
@click.option("--greedy", is_flag=True, help="Add a visitor who heeds no limit.")
def traffic(
    rate: float, users: int, duration: float | None, seed: int, wait: float, greedy: bool
) -> None:
    """Send visitors who look, book, move and cancel, gently, to the running stack."""
    options = TrafficOptions(
        per_s=rate, users=users, seed=seed, greedy_per_s=GREEDY_PER_S if greedy else 0.0
    )
    guarded(
        lambda: run_traffic(read_settings(), options, Console(), duration_s=duration, wait_s=wait)
    )
