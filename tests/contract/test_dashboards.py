"""The contract of the dashboards: as generated, complete, and made of signals that exist."""

import re
from itertools import combinations
from typing import Any

import pytest
import yaml
from dashboards.generate import objectives
from dashboards.generate.__main__ import files
from tests.dashboard_signals import COMMON_LABELS, catalogued, known
from tests.dashboards import (
    PLACE,
    PROVISIONED,
    Asked,
    boards,
    grouped_labels,
    named_metrics,
    panels,
    queries,
    without_texts,
)

BOARDS = {
    "tallybook-overview",
    "tallybook-retries",
    "tallybook-breaker",
    "tallybook-limits",
    "tallybook-booking",
    "tallybook-books",
    "tallybook-runtime",
}
METRIC_QUERIES = queries("metrics")
BUILT_IN = {"__rate_interval", "__range", "__url_time_range"}
RULES = PLACE.parents[1] / "rules"


def test_the_committed_files_are_what_the_generator_writes() -> None:
    """Byte for byte: after a change of the generator run `make dashboards`."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in PLACE.iterdir()}
    assert dict(files()) == committed


def test_there_are_seven() -> None:
    """Each under the uid that alerts and runbooks link to."""
    assert set(boards()) == BOARDS


def test_alerts_link_to_dashboards_that_exist() -> None:
    """A link from an alert must not lead nowhere at night."""
    text = (RULES / "alerts.yml").read_text(encoding="utf-8")
    linked = set(re.findall(r"/d/([a-z-]+)", text))
    assert linked
    assert linked <= BOARDS


@pytest.mark.parametrize("asked", METRIC_QUERIES, ids=str)
def test_a_query_names_only_what_exists(asked: Asked) -> None:
    """Metrics of the catalogue, of the rules, or of the named lists, with labels they have."""
    exist = known()
    found = named_metrics(asked.expr)
    assert found, asked.expr
    assert set(found) <= set(exist)
    strangers = {name: labels - exist[name] - COMMON_LABELS for name, labels in found.items()}
    assert strangers == dict.fromkeys(found, frozenset())
    every = frozenset().union(*(exist[name] for name in found))
    assert grouped_labels(asked.expr) <= every | COMMON_LABELS


def test_every_metric_of_the_catalogue_is_on_a_panel() -> None:
    """What nobody can see need not be counted."""
    shown = {name for asked in METRIC_QUERIES for name in named_metrics(asked.expr)}
    assert [name for name, series in catalogued().items() if not series & shown] == []


@pytest.mark.parametrize("asked", METRIC_QUERIES, ids=str)
def test_a_legend_names_only_labels_that_remain(asked: Asked) -> None:
    """Else the legend would show nothing in their place."""
    labels = set(re.findall(r"\{\{(\w+)\}\}", asked.target.get("legendFormat", "")))
    every = frozenset().union(*(known()[name] for name in named_metrics(asked.expr)))
    grouped = grouped_labels(asked.expr)
    assert labels <= (grouped or every | COMMON_LABELS) | (every & COMMON_LABELS)


@pytest.mark.parametrize("asked", METRIC_QUERIES, ids=str)
def test_a_rate_covers_enough_scrapes(asked: Asked) -> None:
    """Windows are `$__rate_interval`, the time shown, or one that the panel's words name."""
    windows = set(re.findall(r"\[([^\]]+)\]", without_texts(asked.expr)))
    assert windows <= {"$__rate_interval", "$__rate_interval:", "$__range", "5m"}


def test_no_panels_overlap() -> None:
    """Each cell of the grid belongs to one panel, and none is outside of it."""
    for uid, board in boards().items():
        for one in board["panels"]:
            place = one["gridPos"]
            assert place["x"] + place["w"] <= 24, (uid, one["title"])
        for one, other in combinations(board["panels"], 2):
            assert not _overlap(one["gridPos"], other["gridPos"]), (uid, one, other)


def _overlap(one: Any, other: Any) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    under = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or under)


def test_every_panel_says_what_it_shows() -> None:
    """A title of its own in its row, a sentence, and a unit where there are numbers."""
    for uid, panel in panels():
        assert panel["description"].endswith("."), (uid, panel["title"])
        if panel["type"] not in ("text", "logs", "traces") and "${traces}" not in str(panel):
            assert panel["fieldConfig"]["defaults"]["unit"], (uid, panel["title"])


def test_ids_are_unique() -> None:
    """Links to a panel stay good as long as its place does."""
    for uid, board in boards().items():
        ids = [panel["id"] for panel in board["panels"]]
        assert ids == list(range(1, len(ids) + 1)), uid


def test_every_variable_resolves() -> None:
    """What a dashboard writes as `$name` is one of its variables, or built into Grafana."""
    for uid, board in boards().items():
        own = {variable["name"] for variable in board["templating"]["list"]}
        text = re.sub(r"\{\{.*?\}\}", "", str(board))
        used = set(re.findall(r"\$\{?([a-z_]\w*)", text.replace("$__all", "")))
        assert used <= own | BUILT_IN, uid


def test_every_data_source_is_provisioned() -> None:
    """Variables begin with the uid of a data source of their kind, and links lead to others."""
    file = PROVISIONED / "datasources" / "tallybook.yaml"
    text = file.read_text(encoding="utf-8")
    sources = {one["uid"]: one["type"] for one in yaml.safe_load(text)["datasources"]}
    for board in boards().values():
        chosen = [v for v in board["templating"]["list"] if v["type"] == "datasource"]
        assert {v["current"]["value"]: v["query"] for v in chosen} == sources
    assert set(re.findall(r"datasourceUid: (\w+)", text)) == set(sources)


def test_links_lead_to_dashboards_that_exist() -> None:
    """By uid from panels, by tag from every dashboard to all."""
    for uid, board in boards().items():
        assert [link["tags"] for link in board["links"]] == [board["tags"]], uid
        linked = re.findall(r"/d/([a-z-]+)", str(board))
        assert set(linked) <= BOARDS - {uid}


def test_the_scrape_interval_is_the_one_of_prometheus() -> None:
    """`$__rate_interval` is computed from it."""
    scrapes = yaml.safe_load((PLACE.parents[1] / "prometheus.yml").read_text(encoding="utf-8"))
    sources = (PROVISIONED / "datasources" / "tallybook.yaml").read_text(encoding="utf-8")
    assert f"timeInterval: {scrapes['global']['scrape_interval']}\n" in sources


def test_thresholds_are_the_objectives_of_the_rules() -> None:
    """One number, in two languages."""
    groups = yaml.safe_load((RULES / "recording.yml").read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    stated = {
        rule["labels"]["slo"]: rule["expr"]
        for rule in rules
        if rule["record"] == "slo:objective:ratio"
    }
    assert stated == {
        "availability": f"vector({objectives.AVAILABILITY})",
        "latency": f"vector({objectives.IN_TIME})",
    }
    assert f'le="{objectives.BOOKING_S}"' in str(rules)


@pytest.mark.parametrize(
    ("alert", "limits"),
    [
        ("AvailabilityBudgetBurn", objectives.BURN_RATES),
        ("LatencyBudgetBurn", objectives.BURN_RATES),
        ("CircuitBreakerOpen", (objectives.NOT_CLOSED,)),
        ("RetryAmplification", (objectives.AMPLIFICATION,)),
        ("RateLimitRejections", (objectives.REJECTED,)),
        ("TelemetryDrift", (objectives.DRIFT,)),
    ],
)
def test_thresholds_are_those_of_the_alerts(alert: str, limits: tuple[float, ...]) -> None:
    """A panel turns red where the alert begins."""
    groups = yaml.safe_load((RULES / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    rules = [r for group in groups for r in group["rules"] if r["alert"] == alert]
    begins = {float(n) for rule in rules for n in re.findall(r"> ([0-9.]+)", rule["expr"])}
    assert set(limits) <= begins
