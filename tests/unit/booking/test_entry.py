"""The first moment of the command."""

import sys
from types import ModuleType

import pytest

from booking.entry import main


class _Interrupted(ModuleType):
    """A module during whose loading somebody presses Ctrl-C."""

    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def test_a_command_that_is_stopped_while_it_loads_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence and the exit status of an interrupt, and no traceback."""
    monkeypatch.setitem(sys.modules, "booking.cli", _Interrupted("booking.cli"))
    with pytest.raises(SystemExit) as stopped:
        main()
    assert (stopped.value.code, capsys.readouterr().err) == (130, "Stopped before it began.\n")


def test_a_command_that_is_loaded_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anything between."""
    begun: list[str] = []
    cli = ModuleType("booking.cli")
    cli.main = lambda: begun.append("begun")  # type: ignore[attr-defined]  # of the module's stand-in
    monkeypatch.setitem(sys.modules, "booking.cli", cli)
    main()
    assert begun == ["begun"]
