"""`tallybook demo` without a terminal: every scene does what it says, and its books balance."""

import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.integration.stack.test_run import PORTS, is_free, iter_until
from tests.stack_http import free_port
from tests.stack_process import command, environment

from booking.demo.scene import Fact, Scene
from booking.demo.scenes import DEAD, FLOOD, LOST, SCENES


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    """Free ports and a directory of its own, whose name fills more than a line."""
    ports = {name: free_port() for name in PORTS}
    return {"DATA": tmp_path_factory.mktemp("demo") / ("of-a-long-name-" * 6), **ports}


@pytest.fixture(scope="module")
def ended(settings: Mapping[str, object]) -> "subprocess.CompletedProcess[str]":
    """All scenes, shortened, one after the other."""
    return subprocess.run(
        command("demo", "--fast"),
        env=environment(settings, {}),
        capture_output=True,
        text=True,
        timeout=110,
    )


def told(output: str, scene: Scene) -> str:
    """What was said of a scene, from its announcement to the next."""
    part = re.search(rf"\n\d/6 {scene.name}\n(.*?)(?=\n\d/6 |\nStopping)", output, re.DOTALL)
    assert part, output
    return part[1]


def counted(text: str, fact: Fact) -> int:
    """How often something happened, as it was measured."""
    found = re.search(rf"measured: .*\b{fact}: (\d+)", text)
    return int(found[1]) if found else 0


def test_it_ends_well(ended: "subprocess.CompletedProcess[str]") -> None:
    """Exit status 0, nothing on standard error, nobody's data on standard output."""
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.rstrip().splitlines()[-1].startswith("Stopped; the bookings stay in")
    assert "@example.com" not in ended.stdout


def test_it_says_what_it_does_not_start(ended: "subprocess.CompletedProcess[str]") -> None:
    """Grafana and Jaeger are named as what `make up` shows, and only so."""
    lines = [line for line in ended.stdout.splitlines() if "Grafana" in line or "Jaeger" in line]

    assert lines[0].startswith("Grafana and Jaeger are not started here")
    assert all(line.startswith("  make up  ") for line in lines[1:])


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_scene_does_what_it_says(
    ended: "subprocess.CompletedProcess[str]", scene: Scene
) -> None:
    """It says what breaks and where to see it; what must happen did, and the books balance."""
    said = told(ended.stdout, scene)
    for text in (scene.broken, scene.answer, *scene.panels, scene.search):
        assert text in said
    assert re.search(r"the books balance: (\d+) requests on the wire = \1 attempts", said)
    for fact, least in scene.expects.items():
        assert counted(said, fact) >= least
    for fact in scene.never:
        assert counted(said, fact) == 0


def test_the_circuit_opens_probes_once_and_closes(
    ended: "subprocess.CompletedProcess[str]",
) -> None:
    """One way round, with calls refused meanwhile."""
    said = told(ended.stdout, DEAD)
    assert "circuit closed > open > half_open > closed\n" in said
    assert counted(said, Fact.REFUSED) >= 1


def test_the_flood_disturbs_nobody_else(ended: "subprocess.CompletedProcess[str]") -> None:
    """Each 429 that the visitors got is one that was counted."""
    said = told(ended.stdout, FLOOD)
    assert "429s to anybody else: 0" in said
    assert re.search(r"; ([1-9]\d*) 429s received = \1 rejections;", said)


def test_lost_spans_are_accounted_for(ended: "subprocess.CompletedProcess[str]") -> None:
    """Made are delivered or dropped; bookings went on."""
    said = told(ended.stdout, LOST)
    assert re.search(r"; (\d+) spans made = \1 delivered or dropped\n", said)
    assert counted(said, Fact.DROPPED) < int(re.findall(r"(\d+) spans made", said)[0])


def test_it_leaves_no_process_behind(
    ended: "subprocess.CompletedProcess[str]", settings: Mapping[str, object]
) -> None:
    """Every port is free again."""
    assert ended.returncode == 0
    assert all(is_free(int(str(settings[name]))) for name in PORTS)


def test_it_stops_when_it_is_told_to(settings: Mapping[str, object], tmp_path: Path) -> None:
    """Ctrl-C in the middle of a scene drains everything and is no failure."""
    demo = subprocess.Popen(
        command("demo", "--scene", "calm"),
        env=environment({**settings, "DATA": tmp_path}, {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    list(iter_until(demo.stdout, "all is well"))
    told_at = time.monotonic()
    demo.send_signal(signal.SIGINT)
    rest = demo.communicate(timeout=40)[0]

    assert demo.returncode == 0, rest
    assert time.monotonic() - told_at < 25
    assert "Stopped; the bookings stay in" in rest
