"""How the processes end: told to, in the middle of work, or before they have begun."""

import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from tests.stack_http import Answer, ask, free_port, wish
from tests.stack_process import QUICK, Server, command, environment, until

from resilience.telemetry.receiver import Receiver
from wire import Plan, Rule, Status, running_proxy

PERSON = ("--name", "Ada Example", "--email", "ada@example.com", "--phone", "+1 555 0100")
WHEN = ("--date", "2026-12-01", "--time", "09:00")
UNDER_WAY = 'http_server_active_requests{http_request_method="POST"} 1'


@pytest.mark.fault(25)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_command_that_waits_for_its_next_attempt_ends_when_told(
    number: signal.Signals, tmp_path: Path
) -> None:
    """Within a second, with a failure for the shell, the key for the next try, and its spans."""
    down = Plan(rules=(Rule(every=True, fault=Status(status=503)),))
    with running_proxy("127.0.0.1:9", down) as proxy, Receiver() as receiver:
        settings = {**QUICK, "BACKOFF_S": 30, "API_URL": proxy.url, "LOG_LEVEL": "INFO"}
        book = subprocess.Popen(
            command("book", "--service", "srv-001", *WHEN, *PERSON, "--key", "my-own-key"),
            env=environment(settings, {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        proxy.ledger.wait_for(1, 30)
        time.sleep(0.2)
        told = time.monotonic()
        book.send_signal(number)
        out, err = book.communicate(timeout=10)
        took_s = time.monotonic() - told
        spans = {(span.name, span.status) for span in receiver.spans()}

    assert took_s <= 2.0
    assert spans >= {("list_services", "error"), ("GET /services", "error")}
    assert book.returncode == 130
    assert "Stopped before it was done.\n" in err
    assert "Traceback" not in out + err
    assert '"stop_reason":"cancelled"' in err


@pytest.mark.fault(33)
def test_a_request_under_way_is_answered_before_the_process_ends(tmp_path: Path) -> None:
    """SIGTERM: no new connections, the answer that is due, exit code 0; the booking is kept."""
    answers: list[Answer] = []
    with Server("api", tmp_path) as api:
        body = wish(api.ready().port)
        with api.write_lock() as release:
            booking = threading.Thread(
                target=lambda: answers.append(ask(api.port, "POST /appointments", body))
            )
            booking.start()
            until(
                lambda: 'http_server_active_requests{http_request_method="POST"} 1' in api.metrics()
            )
            api.signal(signal.SIGTERM)
            time.sleep(0.2)
            running = api.process.poll() is None
            release()
            booking.join(10)
        code = api.process.wait(10)

    assert running
    assert [answer.status for answer in answers] == [201]
    assert code == 0
    assert len(api.rows()) == 1


@pytest.mark.parametrize("what", ["api", "agent"])
def test_a_port_in_use_is_told_in_a_sentence(what: str, tmp_path: Path) -> None:
    """Which port, what to do and which setting; nothing else is touched, and the shell knows."""
    port = free_port()
    settings = {f"{what.upper()}_PORT": port, "DATA": tmp_path, "LOG_LEVEL": "WARNING"}
    with running_proxy("127.0.0.1:9", control=f"127.0.0.1:{port}"):
        ended = subprocess.run(
            command("serve", what),
            env=environment(settings, {}),
            capture_output=True,
            text=True,
            timeout=30,
        )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"Port {port} on 127.0.0.1 is in use: stop what listens there, or choose another port."
        f" TALLYBOOK_{what.upper()}_PORT chooses the port, TALLYBOOK_HOST the address.\n"
    )
    assert [*tmp_path.iterdir()] == []


def test_a_setting_that_cannot_be_is_told_in_a_sentence() -> None:
    """Its name, its meaning, its value and what is expected."""
    ended = subprocess.run(
        command("serve", "api"),
        env=environment({"API_PORT": "70000"}, {}),
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "TALLYBOOK_API_PORT (port of the booking API) is '70000': "
        "Input should be less than or equal to 65535\n"
    )
