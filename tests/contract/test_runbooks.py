"""Alerts, their pages, the dashboards that the pages name, and the catalogue: nothing dangles."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from booking.bootstrap import EVENTS
from resilience.declare import Count, Measure, Span, label_names
from resilience.gauges import GAUGES

ROOT = Path(__file__).parents[2]
PAGES = {page.stem: page for page in sorted((ROOT / "docs" / "runbooks").glob("*.md"))}
NAMED = re.compile(r"^- (?P<title>[^(\n]+) \((?P<uid>tallybook-\w+)\): (?P<panels>.*)$", re.M)
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}")
GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right) *\([^)]*\)")
NO_METRICS = frozenset({"and", "or", "unless", "offset", "bool"})
OTHERS: Mapping[str, frozenset[str]] = {
    "up": frozenset(),
    "traces_span_metrics_calls_total": frozenset({"service_name", "span_kind"}),
}
"""What Prometheus and the collector make themselves, with the labels that may be asked for."""

ALWAYS = frozenset({"job", "instance"})


def kebab(name: str) -> str:
    """`RetryBudgetEmpty` as `retry-budget-empty`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@cache
def rules() -> tuple[Mapping[str, Any], ...]:
    """Every rule of both files."""
    files = sorted((ROOT / "dashboards" / "rules").glob("*.yml"))
    groups = [g for f in files for g in yaml.safe_load(f.read_text(encoding="utf-8"))["groups"]]
    return tuple(rule for group in groups for rule in group["rules"])


def alerts() -> list[Mapping[str, Any]]:
    """The alerting rules."""
    return [rule for rule in rules() if "alert" in rule]


@cache
def panels() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Title and panels of each dashboard, by its uid."""
    folder = ROOT / "dashboards" / "grafana" / "dashboards"
    boards = [
        json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))
    ]
    return {board["uid"]: (board["title"], frozenset(_titles(board["panels"]))) for board in boards}


def _titles(found: list[dict[str, Any]]) -> Iterator[str]:
    for panel in found:
        yield panel.get("title", "")
        yield from _titles(panel.get("panels") or [])


@cache
def metrics() -> Mapping[str, frozenset[str]]:
    """The labels of every series that a rule may ask for."""
    known = dict(OTHERS)
    for event in EVENTS:
        for metric in event.metrics:
            labels = frozenset(label_names(event, metric))
            if isinstance(metric, Count):
                known[f"{metric.name}_total"] = labels
            elif isinstance(metric, Measure):
                known |= {f"{metric.name}_count": labels, f"{metric.name}_sum": labels}
                known[f"{metric.name}_bucket"] = labels | {"le"}
    for gauge in GAUGES:
        known[f"{gauge.name}_total" if gauge.counts else gauge.name] = frozenset(gauge.labels)
    recorded = {
        rule["record"]: frozenset(rule.get("labels", ())) for rule in rules() if "record" in rule
    }
    return {**known, **{name: labels | {"slo", "kind"} for name, labels in recorded.items()}}


def asked(expression: str) -> set[str]:
    """The names of the metrics in an expression."""
    bare = re.sub(r"\"[^\"]*\"", "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", GROUPING.sub("", bare))
    bare = re.sub(r"offset +\w+", "", bare)
    names = set(re.findall(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?! *\()(?![\w:])", bare))
    return names - NO_METRICS


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    """Under the alert's name in small letters."""
    assert {kebab(alert["alert"]) for alert in alerts()} == PAGES.keys()


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_says_all_that_its_reader_needs(alert: Mapping[str, Any]) -> None:
    """How grave it is, what happened with which value, where to look and what to do."""
    told = alert["annotations"]
    dashboard = told["dashboard_url"].removeprefix("{{ $externalLabels.grafana_base }}/d/")

    assert alert["labels"]["severity"] in ("page", "ticket")
    assert told["summary"]
    assert "{{ $" in told["description"]
    assert dashboard in panels()
    assert told["runbook_url"] == (
        "{{ $externalLabels.docs_base }}docs/runbooks/" + kebab(alert["alert"]) + ".md"
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(name: str) -> None:
    """Title, the three sections, a Jaeger search and the logs."""
    text = PAGES[name].read_text(encoding="utf-8")

    assert kebab(text.partition("\n")[0].removeprefix("# ")) == name
    assert re.findall(r"^## (.*)$", text, re.M) == ["Look at", "Do", "How it was provoked"]
    assert "\n- Logs:" in text
    assert "\n- Jaeger:" in text or "\n- Prometheus:" in text


@pytest.mark.parametrize("name", PAGES)
def test_every_panel_that_a_page_names_exists(name: str) -> None:
    """On the dashboard of that title and uid."""
    named = NAMED.findall(PAGES[name].read_text(encoding="utf-8"))

    assert named
    for title, uid, words in named:
        assert panels()[uid][0] == title
        assert set(re.findall(r'"([^"]+)"', words)) - panels()[uid][1] == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_span_event_and_metric_that_a_page_names_exists(name: str) -> None:
    """In the catalogue."""
    text = PAGES[name].read_text(encoding="utf-8")
    spans = {event.span_name for event in EVENTS if event.span is Span.OWN}
    events = {event.name for event in EVENTS}

    assert set(re.findall(r"operation `([a-z_.]+)`", text)) - spans == set()
    assert set(re.findall(r'event="([^"]+)"', text)) - events == set()
    assert (
        set(re.findall(r"`((?:resilience|http|booking|telemetry)_[a-z_]+)`", text))
        - {
            *metrics(),
            "booking_build_info",
        }
        == set()
    )


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    """To another page."""
    links = re.findall(r"\]\(([^)]+)\)", PAGES[name].read_text(encoding="utf-8"))

    assert [link for link in links if link.removesuffix(".md") not in PAGES] == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("record") or rule["alert"])
def test_every_metric_and_label_of_a_rule_exists(rule: Mapping[str, Any]) -> None:
    """In the catalogue, among what is recorded, or in the list of the collector's."""
    assert asked(rule["expr"]) - metrics().keys() == set()
    for name, matchers in SELECTOR.findall(rule["expr"]):
        labels = set(re.findall(r"(\w+) *(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', matchers)))
        assert labels - metrics()[name] - ALWAYS == set()


def test_the_table_of_alerts_has_every_alert_with_its_severity() -> None:
    """As `make alerts` measured them."""
    table = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| \[(\w+)\]\(runbooks/([\w-]+)\.md\) of [\w-]+ \| (\w+) \| ([^|]+) \| [\d.]+ s \|",
        table,
        re.M,
    )
    severities = {(alert["alert"], alert["labels"]["severity"]) for alert in alerts()}

    assert {name for name, _, _, _ in rows} == {alert["alert"] for alert in alerts()}
    assert {(name, severity) for name, _, severity, _ in rows} <= severities
    assert [page for _, page, _, _ in rows if page not in PAGES] == []
