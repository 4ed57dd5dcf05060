"""`tallybook run`, as somebody runs it who has just cloned the project."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.stack_http import ask, free_port, wish
from tests.stack_process import command, environment, until

PORTS = ("API_PORT", "AGENT_PORT", "PROXY_PORT", "CONTROL_PORT")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Free ports, a directory of its own, and times that are shorter than those of the show."""
    directory = tmp_path_factory.mktemp("run")
    quick = {"ATTEMPT_TIMEOUT_S": 0.5, "BACKOFF_S": 0.1}
    return {"DATA": directory, **quick, **{name: free_port() for name in PORTS}}


@pytest.fixture(scope="module")
def ended(settings: dict[str, object]) -> "subprocess.CompletedProcess[str]":
    """The whole stack started, one appointment booked, everything stopped."""
    return subprocess.run(
        command("run", "--once"),
        env={**environment(settings, {}), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.fault(6)
def test_it_books_and_its_books_balance(ended: "subprocess.CompletedProcess[str]") -> None:
    """Exit code 0, one appointment, and four records that say the same of it."""
    rows = re.findall(r"│ (.+?) +│ +(\d+) │ +(\d+) │ +(\d+) │ +(\d+) │ (.+?) +│", ended.stdout)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.search(r"Booked APPT-[0-9A-Z]{16}: General Consultation", ended.stdout)
    assert rows == [
        ("requests sent to the API", *["5"] * 4, "balances"),
        ("of these, sent again", *["2"] * 4, "balances"),
        ("given up for time", *["1"] * 4, "balances"),
    ]


def test_it_draws_the_trace(ended: "subprocess.CompletedProcess[str]") -> None:
    """From the agent's server to the database, with waits, resends and the timeout."""
    for shown in (
        "POST /book  booking-agent server",
        "POST /appointments  booking-agent client",
        "resend=2",
        "resilience.retry",
        "resilience.timeout",
        "POST /appointments  booking-api server",
        "INSERT appointments  booking-api client",
        "result=replayed",
    ):
        assert shown in ended.stdout


def test_it_leaves_no_process_behind(
    ended: "subprocess.CompletedProcess[str]", settings: dict[str, object]
) -> None:
    """Every port is free again."""
    for name in PORTS:
        with socket.create_server(("127.0.0.1", int(str(settings[name])))):
            pass


def test_it_serves_until_it_is_told_to_stop(settings: dict[str, object], tmp_path: Path) -> None:
    """The agent books for whoever asks; Ctrl-C drains everything and is no failure."""
    stack = subprocess.Popen(
        command("run"),
        env=environment({**settings, "DATA": tmp_path}, {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert stack.stdout is not None
    shown = "".join(iter_until(stack.stdout, "Serving until Ctrl-C"))
    api, agent = (int(str(settings[name])) for name in ("API_PORT", "AGENT_PORT"))
    booked = ask(agent, "POST /book", wish(api))
    stack.send_signal(signal.SIGINT)
    rest = stack.communicate(timeout=20)[0]

    assert f"http://127.0.0.1:{api}/docs" in shown
    assert booked.status == 201
    assert stack.returncode == 0
    assert "Stopped; the bookings stay in" in rest


def test_no_part_outlives_a_stack_that_is_killed(
    settings: dict[str, object], tmp_path: Path
) -> None:
    """kill -9 leaves nobody who could stop the parts, so they notice it themselves."""
    stack = subprocess.Popen(
        command("run"),
        env=environment({**settings, "DATA": tmp_path}, {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert stack.stdout is not None
    shown = "".join(iter_until(stack.stdout, "ready  booking agent"))
    stack.kill()
    stack.communicate(timeout=10)

    assert "ready  booking agent" in shown
    until(lambda: all(is_free(int(str(settings[name]))) for name in PORTS), 20)


def is_free(port: int) -> bool:
    """Whether nothing listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def iter_until(lines: Iterable[str], text: str) -> Iterator[str]:
    """The lines up to the one with this text."""
    for line in lines:
        yield line
        if text in line:
            return


def test_a_port_in_use_is_told_before_anything_is_started(
    settings: dict[str, object], tmp_path: Path
) -> None:
    """Which, for what, and which setting chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = subprocess.run(
            command("run", "--once"),
            env=environment({**settings, "DATA": tmp_path, "PROXY_PORT": port}, {}),
            capture_output=True,
            text=True,
            timeout=30,
        )

    assert told.returncode == 1
    assert told.stderr == (
        f"Port {port} for the fault proxy cannot be used: Address already in use. "
        "Stop what listens there, or choose another: TALLYBOOK_PROXY_PORT=PORT\n"
    )
    assert "ready" not in told.stdout


def outer_address() -> str:
    """An address of this machine that is not loopback, "" without any; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return ""


@pytest.mark.parametrize("host", ["0.0.0.0", "outer"])
def test_it_runs_on_other_addresses_too(
    settings: dict[str, object], tmp_path: Path, host: str
) -> None:
    """On all addresses, or one that is not loopback."""
    address = outer_address() if host == "outer" else host
    if not address:
        pytest.skip("this machine has no address but loopback")
    ended = subprocess.run(
        command("run", "--once"),
        env=environment({**settings, "DATA": tmp_path, "HOST": address}, {}),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("balances") == 3
    assert "does not balance" not in ended.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C", "hangup"])
def test_it_stops_in_the_middle_of_its_booking(
    settings: dict[str, object], tmp_path: Path, number: signal.Signals
) -> None:
    """A sentence, the status of an interruption, and nobody left behind."""
    long = {"DATA": tmp_path, "BACKOFF_S": 20, "ATTEMPT_TIMEOUT_S": 20}
    stack = subprocess.Popen(
        command("run"),
        env=environment({**settings, **long}, {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert stack.stdout is not None
    list(iter_until(stack.stdout, "Booking one appointment"))
    ledger = tmp_path / "ledger.jsonl"
    until(lambda: ledger.exists() and '"status":503' in ledger.read_text(), 20)
    stack.send_signal(number)
    shown, said = stack.communicate(timeout=40)

    assert (stack.returncode, said) == (130, "Stopped before it was done.\n")
    assert "Booked" not in shown
    assert all(is_free(int(str(settings[name]))) for name in PORTS)
