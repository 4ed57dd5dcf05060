"""The first moment of the command."""

import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from booking.__main__ import main

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


class _Stopped(ModuleType):
    """A module during whose loading somebody stops the command."""

    number = signal.SIGINT

    def __getattr__(self, name: str) -> object:
        signal.raise_signal(self.number)
        raise AttributeError(name)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """The handlers of this process, given back."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_stopped_while_it_loads_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    """A sentence and the exit status of an interrupt, and no traceback."""
    monkeypatch.setattr(_Stopped, "number", number)
    monkeypatch.setitem(sys.modules, "booking.cli", _Stopped("booking.cli"))
    with pytest.raises(SystemExit) as stopped:
        main()
    assert (stopped.value.code, capsys.readouterr().err) == (130, "Stopped before it began.\n")


def test_a_command_that_is_loaded_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anything between."""
    begun: list[str] = []
    module = ModuleType("booking.cli")
    module.cli = lambda: begun.append("begun")  # type: ignore[attr-defined]  # a stand-in's
    monkeypatch.setitem(sys.modules, "booking.cli", module)
    main()
    assert begun == ["begun"]


def test_nothing_is_loaded_before_it_can_be_stopped() -> None:
    """Neither by the module where the installed command begins, nor by its package."""
    begins = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["scripts"]["tallybook"]
    assert begins == f"{main.__module__}:{main.__name__}"
    heavy = "sorted({'click', 'flask', 'requests'} & {*sys.modules})"
    say = f"import booking.__main__, sys; print({heavy})"
    told = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
