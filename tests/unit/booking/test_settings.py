"""Tests of `booking.settings`."""

from pathlib import Path

import pytest

from booking.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from the machine that runs the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TALLYBOOK_{name.upper()}", raising=False)


def test_defaults_run_on_one_machine() -> None:
    """Without any variable the servers listen on loopback and the data lies in `var`."""
    chosen = Settings()
    assert (chosen.host, chosen.api_port, chosen.agent_port, chosen.proxy_port) == (
        "127.0.0.1",
        5000,
        5001,
        5100,
    )
    assert chosen.database == Path("var/tallybook.db")


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with the prefix sets its setting; networks come as a list with commas."""
    monkeypatch.setenv("TALLYBOOK_API_PORT", "5050")
    monkeypatch.setenv("TALLYBOOK_TRUSTED_PROXIES", "10.0.0.0/8, 192.168.0.1")
    chosen = Settings()
    assert (chosen.api_port, chosen.trusted_proxies) == (5050, ("10.0.0.0/8", "192.168.0.1"))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "API_PORT",
            "many",
            "TALLYBOOK_API_PORT (port of the booking API) is 'many': "
            "Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            "THREADS",
            "0",
            "TALLYBOOK_THREADS (worker threads) is '0': Input should be greater than or equal to 1",
        ),
        (
            "KEY",
            "short",
            "TALLYBOOK_KEY (secret (16 characters or more) with which the API believes the agent)"
            " is (secret): Value error, a secret needs at least 16 characters;"
            " leave it empty for none",
        ),
        (
            "PROBE_NETWORKS",
            "127.0.0.0/8,home",
            "TALLYBOOK_PROBE_NETWORKS (networks that may read /metrics, /livez and /readyz)"
            " is '127.0.0.0/8,home': Value error, 'home' does not appear to be an IPv4 or IPv6"
            " network",
        ),
    ],
)
def test_wrong_values_are_explained(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    """The error names the setting, its meaning, the value (never a secret) and what is wrong."""
    monkeypatch.setenv(f"TALLYBOOK_{name}", value)
    with pytest.raises(SettingsError) as raised:
        Settings()
    assert str(raised.value) == sentence


def test_secret_is_not_shown() -> None:
    """The key does not appear when the settings are printed."""
    assert "sixteen-or-more-x" not in repr(Settings(key="sixteen-or-more-x"))
