"""Tests of `booking.stack.plan`."""

import json
import re
from pathlib import Path

import pytest

from booking.settings import Settings
from booking.stack.parts import Port
from booking.stack.plan import PATTERNS, demo_plan, parts, ports
from wire import Plan

ENDPOINT = "http://127.0.0.1:4318"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from the machine that runs the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TALLYBOOK_{name.upper()}", raising=False)


def test_the_agent_alone_goes_through_the_proxy(tmp_path: Path) -> None:
    """The agent's API is the proxy, the proxy's upstream is the API."""
    api, proxy, agent = parts(Settings(), ENDPOINT, tmp_path)
    assert agent.environment["TALLYBOOK_API_URL"] == proxy.url == "http://127.0.0.1:5100"
    assert "TALLYBOOK_API_URL" not in api.environment
    assert "--upstream=127.0.0.1:5000" in proxy.command


def test_both_services_share_a_key_that_no_command_line_shows(tmp_path: Path) -> None:
    """Each run makes a key of its own, which only the environment of the two holds."""
    first, second = (parts(Settings(), ENDPOINT, tmp_path) for _ in range(2))
    keys = {part.environment["TALLYBOOK_KEY"] for part in (first[0], first[2])}
    assert len(keys) == 1
    assert keys != {second[0].environment["TALLYBOOK_KEY"]}
    assert not any(key in word for part in first for word in part.command for key in keys)
    assert "TALLYBOOK_KEY" not in first[1].environment


def test_a_chosen_key_is_kept(tmp_path: Path) -> None:
    """A key from the settings is the key of both."""
    api, _, agent = parts(Settings(key="sixteen-or-more-x"), ENDPOINT, tmp_path)
    assert {part.environment["TALLYBOOK_KEY"] for part in (api, agent)} == {"sixteen-or-more-x"}


def test_the_records_are_complete_whatever_the_shell_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spans come to the receiver and lines to the log, also in a shell that turned them off."""
    monkeypatch.setenv("TALLYBOOK_LOG_LEVEL", "ERROR")
    given = parts(Settings(), ENDPOINT, tmp_path)[2].environment
    assert {name: value for name, value in given.items() if "KEY" not in name} == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{ENDPOINT}/v1/traces",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_TRACES_SAMPLER": "always_on",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_SDK_DISABLED": "false",
        "TALLYBOOK_LOG_LEVEL": "INFO",
        "TALLYBOOK_ATTEMPT_TIMEOUT_S": "2.0",
        "TALLYBOOK_API_URL": "http://127.0.0.1:5100",
    }


def test_what_the_user_chose_of_the_demonstration_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time-out or a finer log level from the environment is left alone."""
    monkeypatch.setenv("TALLYBOOK_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("TALLYBOOK_ATTEMPT_TIMEOUT_S", "0.5")
    given = parts(Settings(), ENDPOINT, tmp_path)[0].environment
    assert not {"TALLYBOOK_LOG_LEVEL", "TALLYBOOK_ATTEMPT_TIMEOUT_S"} & set(given)


def test_the_plan_is_left_where_the_proxy_reads_it(tmp_path: Path) -> None:
    """What the proxy is told is the plan that the page shows."""
    proxy = parts(Settings(), ENDPOINT, tmp_path)[1]
    path = tmp_path / "faults.json"
    assert f"--plan={path}" in proxy.command
    assert Plan.from_file(path) == demo_plan()
    assert [rule["fault"]["name"] for rule in json.loads(path.read_text())["rules"]] == [
        "status",
        "drop",
    ]


def test_faults_are_chosen_at_this_machine_only() -> None:
    """Wherever the stack listens, the control of the proxy stays on loopback."""
    assert ports(Settings(host="0.0.0.0")) == (
        Port(host="0.0.0.0", number=5000, owner="booking API", setting="API_PORT"),
        Port(host="0.0.0.0", number=5100, owner="fault proxy", setting="PROXY_PORT"),
        Port(
            host="127.0.0.1",
            number=5101,
            owner="control of the fault proxy",
            setting="CONTROL_PORT",
        ),
        Port(host="0.0.0.0", number=5001, owner="booking agent", setting="AGENT_PORT"),
    )


def test_a_stack_for_all_addresses_finds_itself_on_loopback(tmp_path: Path) -> None:
    """Nobody can connect to 0.0.0.0; the servers still listen there."""
    settings = Settings(host="0.0.0.0")
    api, proxy, agent = parts(settings, ENDPOINT, tmp_path)
    assert {part.url for part in (api, proxy, agent)} == {
        "http://127.0.0.1:5000",
        "http://127.0.0.1:5100",
        "http://127.0.0.1:5001",
    }
    assert {"--listen=0.0.0.0:5100", "--upstream=127.0.0.1:5000"} <= {*proxy.command}
    assert "TALLYBOOK_PROBE_NETWORKS" not in api.environment


def test_a_stack_on_another_address_may_probe_itself(tmp_path: Path) -> None:
    """Besides whoever may anyway."""
    settings = Settings(host="192.0.2.7", probe_networks="127.0.0.0/8,10.0.0.0/8")
    for part in parts(settings, ENDPOINT, tmp_path)[::2]:
        assert part.environment["TALLYBOOK_PROBE_NETWORKS"] == (
            "127.0.0.0/8,10.0.0.0/8,192.0.2.7/32"
        )
        assert part.probe_host == "192.0.2.7"


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_the_ledger_shows_no_confirmation_number(method: str) -> None:
    """Whoever has one may read, move and cancel the appointment."""
    plan = Plan(operations=PATTERNS)
    shown = plan.shown(method, "/appointments/APPT-0123456789ABCDEF")
    assert re.fullmatch("/appointments/~[0-9a-f]{16}", shown)
