"""Every query of every panel, asked of the real data sources after a real run."""

import html
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.dashboards import Asked, boards, queries
from tests.stack import panels
from tests.stack.conftest import program
from tests.stack.drawing.page import draw_board
from tests.stack.http import eventually
from tests.stack.panel_run import PROGRAMS, PanelRun, Stretch, panel_run

pytestmark = pytest.mark.timeout(400)

TROUBLE = "it shows trouble, and there is none"
LATER = "it compares spans of two minutes ago"

EMPTY_WHEN_CALM: Mapping[str, str] = {
    "tallybook-overview: Alerts firing A": TROUBLE,
    "tallybook-overview: Failures A": TROUBLE,
    "tallybook-retries: Rescued by a retry A": TROUBLE,
    "tallybook-retries: Attempts by how they ended A": TROUBLE,
    "tallybook-retries: Retries by cause A": TROUBLE,
    "tallybook-retries: Wait before a retry A": TROUBLE,
    "tallybook-retries: Wait before a retry B": TROUBLE,
    "tallybook-breaker: Failures the breaker may see A": TROUBLE,
    "tallybook-breaker: Transitions A": TROUBLE,
    "tallybook-limits: Rejected routes A": TROUBLE,
    "tallybook-limits: Wait asked for, p95 A": TROUBLE,
    "tallybook-booking: Attempts B": TROUBLE,
    "tallybook-booking: Retries A": TROUBLE,
    "tallybook-books: Faults injected A": TROUBLE,
    "tallybook-books: Spans lost, or too many A": LATER,
    "tallybook-books: Spans lost, or too many B": LATER,
}
METRICS = queries("metrics")
DOTTED = [asked for asked in METRICS if asked.target["exemplar"]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PanelRun]:
    """The run, played once."""
    binaries = {name: program(name) for name in PROGRAMS}
    with panel_run(binaries, tmp_path_factory.mktemp("panels")) as played:
        yield played


@pytest.mark.parametrize("asked", METRICS, ids=str)
def test_a_panel_has_data_when_all_is_well(asked: Asked, run: PanelRun) -> None:
    """Or none, if it is listed with its reason."""
    found = panels.answer(asked, run.where.prometheus, run.calm)
    assert bool(found) is (str(asked) not in EMPTY_WHEN_CALM)


@pytest.mark.parametrize("asked", METRICS, ids=str)
def test_a_panel_has_data_when_something_is_broken(asked: Asked, run: PanelRun) -> None:
    """All of them, also those that must be empty otherwise."""
    assert panels.answer(asked, run.where.prometheus, run.broken)


def test_the_list_names_queries_that_exist() -> None:
    """A panel that was renamed must not stay excused."""
    assert set(EMPTY_WHEN_CALM) <= set(map(str, METRICS))


@pytest.mark.parametrize("asked", DOTTED, ids=str)
def test_dots_lead_to_traces(asked: Asked, run: PanelRun) -> None:
    """A panel with exemplars has some."""
    assert panels.exemplars(asked, run, run.broken)


@pytest.mark.parametrize("asked", queries("traces"), ids=str)
def test_jaeger_knows_the_traces_of_a_panel(asked: Asked, run: PanelRun) -> None:
    """The trace of a booking that failed is found by its id and by the search."""
    found = eventually(lambda: panels.traces(asked, run), bool)
    assert run.trace_id in {str(trace["traceID"]) for trace in found}


@pytest.mark.parametrize("asked", queries("logs"), ids=str)
def test_loki_knows_the_lines_of_a_panel(asked: Asked, run: PanelRun) -> None:
    """Those of the trace, and the warnings."""
    assert eventually(lambda: panels.lines(asked, run, run.broken), bool)


def test_the_books_balance_on_their_panel(run: PanelRun) -> None:
    """Every residual is 0 at the end of the run, in spite of all that was broken."""
    residuals = [asked for asked in METRICS if asked.title == "Residuals now"]
    found = {
        (asked.target["legendFormat"], *series.labels.values()): series.points[-1][1]
        for asked in residuals
        for series in panels.answer(asked, run.where.prometheus, run.broken)
    }
    assert len(found) == len(residuals)
    assert found == dict.fromkeys(found, 0.0)


def test_the_timeline_shows_what_the_breaker_did(run: PanelRun) -> None:
    """Closed while all was well, open while the API was dead, and closed again."""
    (_, worst) = [
        asked
        for asked in METRICS
        if (asked.board, asked.title) == ("tallybook-breaker", "State")
        and not asked.target["instant"]
    ]
    (calm,), (broken,) = (
        panels.answer(worst, run.where.prometheus, one) for one in (run.calm, run.broken)
    )
    assert {value for _, value in calm.points} == {0.0}
    assert {value for _, value in broken.points} >= {0.0, 2.0}
    assert broken.points[-1][1] == 0.0


def test_seconds_not_closed_are_those_of_the_process(run: PanelRun) -> None:
    """What the panel adds up is what the agent itself has counted."""
    (asked,) = [one for one in METRICS if one.title == "Not closed"]
    (shown,) = panels.answer(asked, run.where.prometheus, run.broken)
    counted = sum(
        run.stack.agent.total("resilience_circuit_breaker_state_seconds_total", state=state)
        for state in ("open", "half_open", "forced_open")
    )
    assert shown.points[0][1] == pytest.approx(counted, rel=0.1)


@pytest.mark.parametrize("uid", boards())
def test_a_dashboard_can_be_drawn(uid: str, run: PanelRun, tmp_path: Path) -> None:
    """With every panel that asks Prometheus, and a word on who has drawn it."""
    whole = Stretch(run.calm.begin_s, run.broken.end_s)
    draw_board(uid, run.where.prometheus, whole, tmp_path / "board.svg")
    drawn = html.unescape((tmp_path / "board.svg").read_text(encoding="utf-8"))
    titles = {asked.title for asked in METRICS if asked.board == uid}
    assert [title for title in titles if f">{title}<" not in drawn] == []
    assert "not by Grafana" in drawn
