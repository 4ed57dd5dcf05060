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
            "TALLYBOOK_THREADS (worker threads of the API) is '0':"
            " Input should be greater than or equal to 1",
        ),
        (
            "KEY",
            "short",
            "TALLYBOOK_KEY (secret (16 characters or more) with which the API believes the agent)"
            " is (secret): a secret needs at least 16 characters;"
            " leave it empty for none",
        ),
        (
            "PROBE_NETWORKS",
            "127.0.0.0/8,home",
            "TALLYBOOK_PROBE_NETWORKS (networks that may read /metrics, /livez and /readyz)"
            " is '127.0.0.0/8,home': 'home' does not appear to be an IPv4 or IPv6"
            " network",
        ),
        (
            "LIMITS",
            "foo",
            "TALLYBOOK_LIMITS (limits of one client; empty for none) is 'foo':"
            " expected limits such as '10/minute;100/hour', or empty",
        ),
        (
            "LOG_LEVEL",
            "loud",
            "TALLYBOOK_LOG_LEVEL (DEBUG, INFO, WARNING, ERROR or CRITICAL) is 'loud':"
            " expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL",
        ),
        (
            "API_URL",
            "localhost:5000",
            "TALLYBOOK_API_URL (where the agent and the commands find the API)"
            " is 'localhost:5000': expected a URL such as http://127.0.0.1:5000",
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


def test_misspelt_variable_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is nearly a setting is an error which names that one."""
    monkeypatch.setenv("TALLYBOOK_APIPORT", "5050")
    with pytest.raises(SettingsError) as raised:
        Settings()
    assert str(raised.value) == "TALLYBOOK_APIPORT is no setting: did you mean TALLYBOOK_API_PORT?"


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """An orchestrator that names its variables after a service called tallybook does no harm."""
    monkeypatch.setenv("TALLYBOOK_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("TALLYBOOK_PORT_5000_TCP", "tcp://10.0.0.1:5000")
    assert Settings().api_port == 5000


def test_empty_business_is_the_packaged_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `tallybook settings` prints of an unset file can be set."""
    monkeypatch.setenv("TALLYBOOK_BUSINESS", "")
    assert Settings().business is None


def test_data_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """The directory holds addresses of people and numbers that open appointments."""
    made = Settings(data=tmp_path / "a" / "var").make_data()
    assert (made, made.stat().st_mode & 0o777) == (tmp_path / "a" / "var", 0o700)


def test_data_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """The error names the setting, the directory and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError) as raised:
        Settings(data=tmp_path / "file").make_data()
    assert str(raised.value) == (
        "TALLYBOOK_DATA (directory of the database and of what runs leave)"
        f" is '{tmp_path}/file': File exists; choose a directory that can be written to"
    )
