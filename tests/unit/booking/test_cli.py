"""Tests of `booking.cli`: what it prints and how it exits, over an API in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.booking.agent.conftest import FakeApi, slot

from booking import __version__, bootstrap
from booking.agent.model import Booking, Wish
from booking.cli import cli
from booking.settings import Settings
from resilience.errors import OutcomeUnknown
from resilience.events import Observe, unobserved

ADA = ("--name", "Ada", "--email", "ada@example.com", "--phone", "+1 555 0100")
BOOK = ("book", "--service", "srv-001", *ADA)


class LostApi(FakeApi):
    """Books, and ends before the answer with `error`."""

    def __init__(self, free: Sequence[str], error: BaseException) -> None:
        super().__init__(free)
        self.error = error

    def book(self, wish: Wish, start: tuple[str, str], key: str) -> Booking:
        """Never answered."""
        super().book(wish, start, key)
        raise self.error

    def cancel(self, confirmation: str, key: str) -> Booking:
        """Never answered."""
        raise self.error


@pytest.fixture
def api() -> FakeApi:
    """Nine and ten are free, and nine on the next day."""
    api = FakeApi(["09:00", "10:00"])
    api.free.append(slot("09:00", "2026-12-02"))
    return api


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, api: FakeApi) -> "Run":
    """Runs a command against the API in memory."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TALLYBOOK_{name.upper()}", raising=False)
    return Run(monkeypatch, api)


class Run:
    """Runs commands; `api` can be another one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, api: FakeApi) -> None:
        self.api = api
        monkeypatch.setattr(bootstrap, "client", self._client)

    @contextmanager
    def _client(self, settings: Settings) -> Iterator[tuple[FakeApi, Observe]]:
        del settings
        yield self.api, unobserved

    def __call__(self, *arguments: str) -> Result:
        """The result of `tallybook arguments`."""
        return CliRunner().invoke(cli, arguments)


def test_wished_start_is_booked(run: Run) -> None:
    """With day and time the command books just that, and shows the appointment."""
    result = run(*BOOK, "--date", "2026-12-01", "--time", "9:00")
    assert (result.exit_code, run.api.booked[0][0]) == (0, "09:00")
    assert "APPT-0123456789ABCDEF" in result.stdout


def test_open_start_is_the_first_free_one(run: Run) -> None:
    """Without day and time the first free start is booked."""
    assert run(*BOOK).exit_code == 0
    assert run.api.booked[0][0] == "09:00"


def test_a_wished_day_is_never_exchanged_unasked(run: Run) -> None:
    """When the day has nothing free, other starts are offered and nothing is booked."""
    result = run(*BOOK, "--date", "2026-11-30")
    assert (result.exit_code, run.api.booked, result.stdout) == (1, [], "")
    assert result.stderr == (
        "Nothing is free then: try `tallybook slots`.\nFree instead:\n"
        "  2026-12-01 09:00-23:59\n  2026-12-01 10:00-23:59\n  2026-12-02 09:00-23:59\n"
    )


def test_another_day_is_taken_with_leave(run: Run) -> None:
    """With --take-next the first start from the wished day on is booked."""
    assert run(*BOOK, "--date", "2026-11-30", "--take-next").exit_code == 0
    assert run.api.booked[0][0] == "09:00"


@pytest.mark.parametrize("error", [OutcomeUnknown("?"), KeyboardInterrupt()], ids=repr)
def test_lost_booking_can_be_found_out(run: Run, error: BaseException) -> None:
    """The sentence names day, time and key, and repeating with them asks for the same again."""
    run.api = LostApi(["09:00"], error)
    lost = run(*BOOK)
    again = lost.stderr.partition("repeat the command with ")[2].split()
    key, run.api = run.api.booked[0][1], FakeApi([])
    found = run(*BOOK, *again)
    assert (found.exit_code, run.api.booked) == (0, [("09:00", key)])


def test_exit_status_tells_failure_from_interruption(run: Run) -> None:
    """An unknown outcome is status 1, Ctrl-C is 130."""
    run.api = LostApi(["09:00"], OutcomeUnknown("?"))
    failed = run(*BOOK)
    run.api = LostApi(["09:00"], KeyboardInterrupt())
    assert (failed.exit_code, run(*BOOK).exit_code) == (1, 130)


def test_lost_cancellation_is_looked_up(run: Run) -> None:
    """A change whose outcome is unknown is found out by showing the appointment."""
    run.api = LostApi([], OutcomeUnknown("?"))
    assert run("cancel", "APPT-0123456789ABCDEF").stderr == (
        "The booking service did not say whether the request took effect."
        " To find out: tallybook show APPT-0123456789ABCDEF\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*BOOK, "--key", "k"), "--key repeats an earlier try: give its --date and --time too."),
        ((*BOOK, "--time", "9"), "'9' is not a time of day, such as 09:30."),
        ((*BOOK, "--date", "soon"), "'soon' is not a date of the calendar, such as 2026-12-01."),
        ((*BOOK, "--name", "x" * 501), "--name: expected readable text of 500 characters at most."),
        (("slots", "srv-001", "--most", "0"), "0 is not in the range x>=1."),
        (("slots", "srv-001", "--from", "2026-13-01"), "'2026-13-01' is not a date"),
    ],
)
def test_misuse_is_told_before_anything_is_sent(
    run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    """A wrong option is status 2 and one sentence, and the API hears nothing."""
    result = run(*arguments)
    assert (result.exit_code, run.api.booked) == (2, [])
    assert sentence in result.stderr


def test_wrong_setting_is_told_without_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting that cannot be used is status 2 and names the variable."""
    monkeypatch.setenv("TALLYBOOK_THREADS", "0")
    result = run("services")
    assert (result.exit_code, result.stderr.split()[0]) == (2, "TALLYBOOK_THREADS")


def test_settings_are_listed_as_they_can_be_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting is a line that a shell can take; a secret is not shown, no value is empty."""
    monkeypatch.setenv("TALLYBOOK_KEY", "sixteen-or-more-x")
    lines = run("settings").stdout.splitlines()
    assert {"TALLYBOOK_API_PORT=5000", "TALLYBOOK_KEY=**********", "TALLYBOOK_BUSINESS="} < {*lines}


def test_the_day_from_which_nothing_is_free_is_told(run: Run) -> None:
    """Nothing is said of the days before and after."""
    run.api = FakeApi([])
    result = run("slots", "srv-001", "--from", "2020-01-01")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        0,
        "  Nothing is free from 2020-01-01 on, in the days that are listed at once:"
        " give another day, or leave --from out to begin today.",
    )


def test_limits_that_cannot_be_are_refused_by_every_command(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only by the server that would keep them."""
    monkeypatch.setenv("TALLYBOOK_LIMITS", "foo")
    result = run("settings")
    assert (result.exit_code, result.stdout, result.stderr) == (
        2,
        "",
        "TALLYBOOK_LIMITS (limits of one client; empty for none) is 'foo':"
        " expected limits such as '10/minute;100/hour', or empty\n",
    )


def test_a_reference_that_cannot_be_written_is_told_in_a_sentence(run: Run, tmp_path: Path) -> None:
    """What, why and what to do, and the status of bad usage."""
    result = run("signals", "--write", str(tmp_path))
    assert (result.exit_code, result.stdout, result.stderr) == (
        2,
        "",
        f"{tmp_path} cannot be written: Is a directory; choose another file.\n",
    )


def test_the_version_is_told() -> None:
    """As of any command."""
    assert CliRunner().invoke(cli, ["--version"]).output == f"tallybook {__version__}\n"
