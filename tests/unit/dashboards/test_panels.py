"""The kinds of panels."""

import json
from typing import Any

import pytest
from dashboards.generate import panels
from dashboards.generate.sources import Query
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Panel

ASKED = Query("a", "{{b}}")
KINDS: dict[str, Builder[Panel]] = {
    "timeseries": panels.lines("T", "Says.", "s", ASKED),
    "stat": panels.stat("T", "Says.", "s", ASKED),
    "gauge": panels.gauge("T", "Says.", ASKED, above=[(0.5, "green")]),
    "bargauge": panels.bars("T", "Says.", "s", ASKED),
    "state-timeline": panels.timeline("T", "Says.", [("off", "red"), ("on", "green")], ASKED),
    "table": panels.table("T", "Says.", "s", ASKED),
    "heatmap": panels.heat("T", "Says.", "s", ASKED),
}


def read(panel: Builder[Panel]) -> Any:
    """The panel as Grafana reads it."""
    return json.loads(json.dumps(panel.build(), cls=JSONEncoder))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_what_all_have(kind: str) -> None:
    """Title, description, data source, a named query, and thresholds or none."""
    found = read(KINDS[kind])
    assert (found["type"], found["title"], found["description"]) == (kind, "T", "Says.")
    assert found["datasource"] == {"type": "prometheus", "uid": "${metrics}"}
    assert [(one["refId"], one["expr"]) for one in found["targets"]] == [("A", "a")]


def test_queries_are_lettered() -> None:
    """In the order in which they are given."""
    found = read(panels.lines("T", "Says.", "s", ASKED, ASKED, ASKED))
    assert [one["refId"] for one in found["targets"]] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("timeseries", (False, "time_series")),
        ("stat", (True, "time_series")),
        ("table", (True, "table")),
        ("heatmap", (False, "heatmap")),
    ],
)
def test_a_kind_asks_for_now_or_for_a_range(kind: str, expected: tuple[bool, str]) -> None:
    """What shows one number needs no history."""
    (target,) = read(KINDS[kind])["targets"]
    assert (target["instant"], target["format"]) == expected


def test_thresholds_begin_with_a_base() -> None:
    """The lowest step has no value, as Grafana wants it."""
    found = read(panels.stat("T", "Says.", "s", ASKED, base="red", above=[(0.999, "green")]))
    assert found["fieldConfig"]["defaults"]["thresholds"]["steps"] == [
        {"value": None, "color": "red"},
        {"value": 0.999, "color": "green"},
    ]


def test_states_have_words_and_colours() -> None:
    """The value 0 is the first."""
    (mapping,) = read(KINDS["state-timeline"])["fieldConfig"]["defaults"]["mappings"]
    assert mapping["options"] == {
        "0": {"text": "off", "color": "red", "index": 0},
        "1": {"text": "on", "color": "green", "index": 1},
    }


def test_a_stat_leads_to_the_dashboard_that_says_more() -> None:
    """With the time and the services that are looked at."""
    (link,) = read(panels.stat("T", "Says.", "s", ASKED, leads="books"))["links"]
    assert link["url"] == "/d/tallybook-books?${__url_time_range}&${job:queryparam}"
