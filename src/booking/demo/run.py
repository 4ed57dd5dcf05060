"""`tallybook demo`: the stack, with one thing after another going wrong."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial

from rich.console import Console

from booking.demo.controls import Controls
from booking.demo.display import Spans, shown
from booking.demo.journal import Journal
from booking.demo.measured import Measured, sentence
from booking.demo.prometheus import prometheus
from booking.demo.scene import Scene
from booking.demo.scenes import HEALTHY
from booking.demo.stage import CALMLY, FAST, Stage
from booking.settings import PREFIX, Settings
from booking.stack.parts import Part, StackError, check_ports
from booking.stack.plan import CONTROL_HOST, parts, ports
from booking.stack.processes import Stack
from booking.stack.terminal import own_foreground
from booking.traffic.journey import Where
from booking.traffic.sender import Sender
from resilience.telemetry.receiver import Receiver
from wire import running_proxy

_CALM_TIMES = {
    f"{PREFIX}ATTEMPT_TIMEOUT_S": "2.0",
    f"{PREFIX}OPERATION_TIMEOUT_S": "12.0",
    f"{PREFIX}BREAKER_OPEN_S": "6.0",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "5000",
}
_FAST_TIMES = {
    f"{PREFIX}ATTEMPT_TIMEOUT_S": "0.5",
    f"{PREFIX}BACKOFF_S": "0.2",
    f"{PREFIX}OPERATION_TIMEOUT_S": "6.0",
    f"{PREFIX}BREAKER_OPEN_S": "3.0",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "3000",
}
_TRACES = 50
_VISITOR_WAITS_S = 40.0


def run(settings: Settings, console: Console, scenes: Sequence[Scene], *, fast: bool) -> None:
    """Play the scenes until they are over, or until Ctrl-C or SIGTERM.

    `fast`: shorter times and scenes. Raises StackError when a scene did not do what it should, or
    its books did not balance; whatever was started is stopped.
    """
    check_ports(ports(settings))
    wrong: list[str] = []
    with own_foreground(), ExitStack() as open_things:
        receiver = open_things.enter_context(Receiver(max_traces=_TRACES))
        way = open_things.enter_context(running_proxy(f"127.0.0.1:{receiver.port}"))
        stack = _stack(settings, way.url, fast)
        open_things.callback(stack.stop)
        with suppress(KeyboardInterrupt):
            stack.start(console)
            controls = Controls(CONTROL_HOST, settings.control_port, way)
            sender = _sender(stack.parts)
            stage = Stage(Journal(stack), controls, sender, FAST if fast else CALMLY)
            _point_out(console, stack.parts)
            for number, scene in enumerate(scenes, 1):
                _announce(console, scene, f"{number}/{len(scenes)}")
                wrong += _play(stage, scene, console, receiver.spans)
                stack.check()
        console.print("\nStopping: finishing what is under way ...")
    console.print("Stopped; the bookings stay in", str(settings.database), soft_wrap=True)
    if wrong:
        raise StackError("\n".join(wrong))


def _stack(settings: Settings, collector: str, fast: bool) -> Stack:
    directory = settings.make_data()
    times = _FAST_TIMES if fast else _CALM_TIMES
    api, proxy, agent = parts(settings, collector, directory, plan=HEALTHY, pace=times)
    targets = {
        "booking-api": f"{api.host}:{api.port}",
        "booking-agent": f"{agent.host}:{agent.port}",
        "fault-proxy": f"{CONTROL_HOST}:{settings.control_port}",
    }
    beside = prometheus(directory, targets)
    every = (api, proxy, agent, *([beside] if beside else []))
    return Stack(every, directory, settings.drain_s)


def _sender(stack: Sequence[Part]) -> Sender:
    api, _, agent = stack[:3]
    urls = {Where.API: api.url, Where.AGENT: agent.url}
    return Sender(urls, key=api.environment[f"{PREFIX}KEY"], timeout_s=_VISITOR_WAITS_S)


def _point_out(console: Console, stack: Sequence[Part]) -> None:
    say = partial(console.print, soft_wrap=True)
    for part in stack[3:]:
        say(f"Prometheus scrapes the stack: {part.url}/alerts and {part.url}/graph")
    if len(stack) == 3:
        say("Prometheus is not installed: with it on the PATH, its page shows the same numbers.")
    say("Grafana and Jaeger are not started here: the lines `make up` say where it shows this.")


def _announce(console: Console, scene: Scene, number: str) -> None:
    say = partial(console.print, soft_wrap=True, highlight=False)
    say(f"\n[bold]{number} {scene.name}[/]")
    say(f"  [dim]broken[/]   {scene.broken}")
    say(f"  [dim]answer[/]   {scene.answer}")
    for uid, panels in scene.panels.items():
        say(f"  [dim]make up[/]  Grafana, {uid}: {', '.join(panels)}")
    say(f"  [dim]make up[/]  Jaeger: {scene.search}")


def _play(stage: Stage, scene: Scene, console: Console, spans: Spans) -> Sequence[str]:
    """What went wrong, after saying what was measured."""
    with shown(console, spans) as show:
        measured = stage.play(scene, show)
    console.print(f"  measured: {sentence(measured)}", soft_wrap=True, highlight=False)
    wrong = [*measured.missing(scene), *_uneven(measured)]
    if wrong:
        console.print(f"  [red]not as it should be: {'; '.join(wrong)}[/]", soft_wrap=True)
    else:
        console.print(
            f"  [green]the books balance[/]: {_even(measured)}", soft_wrap=True, highlight=False
        )
    return [f"Scene {scene.name}: {'; '.join(wrong)}"] if wrong else []


def _even(measured: Measured) -> str:
    return "; ".join(str(each) for each in measured.balances if each.one)


def _uneven(measured: Measured) -> Sequence[str]:
    return [str(each) for each in measured.balances if not each.even]
