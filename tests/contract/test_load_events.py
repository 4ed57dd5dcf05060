"""What the scenarios of the load run must provoke, all together."""

from importlib import import_module
from pathlib import Path

from booking.bootstrap import EVENTS

SCENARIOS = Path(__file__).parents[1] / "load"


def test_every_event_is_provoked_under_load() -> None:
    """Each event of the catalogue is expected by a scenario, which fails without it."""
    modules = [import_module(f"tests.load.{path.stem}") for path in SCENARIOS.glob("test_*.py")]
    expected = {name for module in modules for name in module.EVENTS}

    assert expected == {event.name for event in EVENTS}
