"""Options of `make load`, and where its runs are written."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from tests.honesty.bugs import BUGS
from tests.load.checks import pytest_runtest_makereport as pytest_runtest_makereport
from tests.load.drive import Say
from tests.load.house import House, open_house
from tests.load.process import raise_descriptor_limit
from tests.load.records import Records
from tests.load.scale import SCALES, Scale
from tests.load.user import CANARIES

from booking.settings import Settings
from resilience.options import BudgetOptions


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long, how seeded, and where to."""
    group = parser.getgroup("load")
    group.addoption("--scale", choices=sorted(SCALES), default=os.environ.get("SCALE") or "short")
    group.addoption("--full", action="store_const", const="full", dest="scale")
    group.addoption("--seed", type=int, default=1)
    group.addoption("--bug", choices=sorted(BUGS), default="", help="planted into both services")
    group.addoption("--runs", type=Path, default=Path("var/load"), help="directory of the runs")


def pytest_report_header(config: pytest.Config) -> str:
    """The scale, the seed and what is wrong on purpose, before anything runs."""
    scale, seed = SCALES[config.getoption("scale")], config.getoption("seed")
    bug = BUGS.get(config.getoption("bug"))
    wrong = f"; planted bug: {bug.says}" if bug else ""
    return f"load: {scale}; seed {seed} (--seed); runs in {config.getoption('runs')}{wrong}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A scenario may take longer than a test."""
    limit_s = 240 if config.getoption("scale") == "short" else 1800
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(limit_s))


@dataclass(frozen=True, slots=True)
class Stage:
    """What a scenario needs to run on: scale, seed, a place for its records, and a voice."""

    scale: Scale
    seed: int
    runs: Path
    voice: Say
    bug: str = ""

    @contextmanager
    def house(
        self,
        name: str,
        events: Sequence[str],
        *,
        through_pipes: bool = False,
        **settings: object,
    ) -> Iterator[House]:
        """A running stack of this scale; its records are in `runs`/`name` afterwards.

        `events` are those of the catalogue that the run must have provoked; `through_pipes`
        gives the log lines to readers, who may stop.
        """
        chosen = {**self.scale.settings(), **settings}
        records = Records(
            (self.runs / name).absolute(),
            name,
            self.seed,
            str(self.scale),
            {**_defaults(), **{key.lower(): value for key, value in chosen.items()}},
            canaries=CANARIES,
            expected_events=events,
        )
        self.voice(f"\n{name}: {self.scale}, seed {self.seed}")
        with open_house(records, chosen, through_pipes=through_pipes, bug=self.bug) as house:
            yield house

    def say(self, house: House) -> Say:
        """Prints a line of progress of this run."""
        return lambda text: self.voice(f"{house.records.name} {text}")


_TOLD = (
    "max_retries",
    "backoff_s",
    "attempt_timeout_s",
    "operation_timeout_s",
    "breaker_failures",
    "breaker_open_s",
    "limits",
    "threads",
    "agent_threads",
    "queue",
)


def _defaults() -> dict[str, object]:
    """What holds where a scenario chooses nothing else."""
    fields = Settings.model_fields
    return {**{name: fields[name].default for name in _TOLD}, "budget": asdict(BudgetOptions())}


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest) -> Stage:
    """Where the scenarios run."""
    raise_descriptor_limit()
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def voice(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(text, flush=True)

    option = request.config.getoption
    return Stage(SCALES[option("scale")], option("seed"), option("runs"), voice, option("bug"))
