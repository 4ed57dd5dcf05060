"""`tallybook traffic` against the running stack."""

import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.integration.stack.conftest import House
from tests.stack_http import free_port
from tests.stack_process import KEY, command, environment


def send(settings: Mapping[str, object], *words: str) -> "subprocess.CompletedProcess[str]":
    """The ended command `tallybook traffic WORDS`."""
    return subprocess.run(
        command("traffic", *words),
        env=environment(settings, {}),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("key", ["", KEY], ids=["own addresses", "forwarded addresses"])
def test_visitors_book_and_nobody_meets_a_limit(house: House, key: str) -> None:
    """Every answer is a good one, each journey is complete, and the summary says how many.

    But for whom another visitor was quicker than: their slot was taken since they looked.
    """
    rows = len(house.api.rows())
    urls = {"API_URL": house.api.url, "AGENT_URL": house.agent.url, "KEY": key}
    ended = send(urls, "--rate=20", "--duration=4", "--seed=5")
    sent = re.search(r"Sent (\d+) requests: (?:(\d+) 409, )?(\d+) ok\.", ended.stdout)
    journeys = re.search(r"(\d+) journeys, (\d+) of them complete: .* (\d+) book", ended.stdout)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert sent, ended.stdout
    taken = int(sent[2] or 0)
    assert int(sent[1]) == taken + int(sent[3])
    assert journeys
    assert int(journeys[1]) - taken <= int(journeys[2]) <= int(journeys[1])
    assert int(journeys[2]) >= 1
    booked = len(house.api.rows()) - rows
    assert int(journeys[3]) - taken <= booked <= int(journeys[3])
    assert "@" not in ended.stdout
    assert "APPT-" not in ended.stdout


def test_the_greedy_one_is_held_back_and_nobody_else(house: House) -> None:
    """Ten requests are its share of a minute."""
    urls = {"API_URL": house.api.url, "AGENT_URL": house.agent.url}
    ended = send(urls, "--rate=5", "--duration=4", "--greedy")
    greedy = re.search(r"The greedy visitor: (\d+) 429, (\d+) ok\.", ended.stdout)

    assert greedy
    assert (int(greedy[1]) >= 5, int(greedy[2])) == (True, 10)
    assert re.search(r"Sent \d+ requests: (?:\d+ 409, )?\d+ ok\.", ended.stdout)


def test_sigterm_ends_it_well(house: House, tmp_path: Path) -> None:
    """With the summary and exit status 0."""
    traffic = subprocess.Popen(
        command("traffic"),
        env=environment({"API_URL": house.api.url, "AGENT_URL": house.agent.url}, {}),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert traffic.stdout
    traffic.stdout.readline()
    time.sleep(1.5)
    traffic.send_signal(signal.SIGTERM)
    said, _ = traffic.communicate(timeout=10)

    assert traffic.returncode == 0
    assert re.search(r"Sent [1-9]\d* requests", said)


def test_nobody_there_is_told_in_a_sentence(house: House) -> None:
    """Which address, and what to do; after the time that it may wait."""
    url = f"http://127.0.0.1:{free_port()}"
    ended = send({"API_URL": house.api.url, "AGENT_URL": url}, "--wait=1")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"Nobody answers at {url}: `make run` starts the stack,"
        " TALLYBOOK_AGENT_URL says where it is.\n"
    )
