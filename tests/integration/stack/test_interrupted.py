"""A booking that is interrupted between its attempts, and found out afterwards."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.integration.stack.conftest import House
from tests.stack_http import wish
from tests.stack_process import QUICK, command, environment

from wire import Drop, Rule


@pytest.mark.fault(25)
def test_an_interrupted_booking_is_found_with_the_words_it_ended_with(
    house: House, tmp_path: Path
) -> None:
    """Its answer was lost; what the command said on Ctrl-C, said to it, shows the booking."""
    want, rows = wish(house.api.port), house.api.rows()
    words = ["--service", want["service_id"], "--name", "Ada Example"]
    words += ["--email", "ada@example.com", "--phone", "+1 555 0100"]
    when = ["--date", want["date"], "--time", want["start_time"]]
    settings = {**QUICK, "BACKOFF_S": 30, "API_URL": house.proxy.url}
    before = house.plan(Rule(method="POST", every=True, fault=Drop()))
    book = subprocess.Popen(
        command("book", *words, *when),
        env=environment(settings, {}),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    (*_, lost) = house.proxy.ledger.wait_for(before + 3, 30)
    time.sleep(0.2)
    told = time.monotonic()
    book.send_signal(signal.SIGINT)
    _, said = book.communicate(timeout=10)
    took_s = time.monotonic() - told
    house.plan()
    repeat = re.search(r"repeat the command with (--date \S+ --time \S+ --key \S+)", said)
    assert repeat, said
    again = subprocess.run(
        command("book", *words, *repeat[1].split()),
        env=environment(settings, {}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (lost.method, lost.upstream_status, lost.status) == ("POST", 201, None)
    assert (book.returncode, took_s <= 2.0) == (130, True)
    assert (again.returncode, "confirmed" in again.stdout) == (0, True)
    number = re.search(r"APPT-[0-9A-Z]{16}", again.stdout)
    assert number
    assert {*house.api.rows()} - {*rows} == {(number[0], "confirmed")}
