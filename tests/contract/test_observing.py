"""The page that walks from a spike to its cause tells of one run, and leads to what exists."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "observing.md").read_text(encoding="utf-8")
ANSWER = json.loads((DOCS / "observing" / "trace.json").read_text(encoding="utf-8"))


def _lines(name: str) -> list[Mapping[str, Any]]:
    text = (DOCS / "observing" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _tags(span: Mapping[str, Any]) -> Mapping[str, Any]:
    return {tag["key"]: tag["value"] for tag in span["tags"]}


def test_every_trace_named_is_the_one_that_jaeger_returned() -> None:
    """Page, log lines and ledger are of the same run as the trace."""
    [trace] = ANSWER["data"]
    told = {line["trace_id"] for name in ("lines.jsonl", "ledger.jsonl") for line in _lines(name)}
    assert {*re.findall(r"\b[0-9a-f]{32}\b", PAGE), *told} == {trace["traceID"]}


def test_the_requests_on_the_wire_are_the_client_spans() -> None:
    """The ledger's requests are the agent's attempts, with the statuses that reached it."""
    spans = [(span["spanID"], _tags(span)) for span in ANSWER["data"][0]["spans"]]
    assert {
        entry["parent_span_id"]: (entry["attempt"], entry["status"])
        for entry in _lines("ledger.jsonl")
    } == {
        span_id: (tags["resilience.attempt"], tags.get("http.response.status_code"))
        for span_id, tags in spans
        if "url.template" in tags
    }


def test_every_log_line_belongs_to_a_span() -> None:
    """From a line to the trace and back."""
    spans = {span["spanID"] for span in ANSWER["data"][0]["spans"]}
    assert {line["span_id"] for line in _lines("lines.jsonl")} <= spans


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", PAGE))))
def test_every_link_leads_somewhere(link: str) -> None:
    """Also the ones to pictures and to the whole answers."""
    assert (DOCS / link).exists()


def test_the_page_was_written_from_its_template() -> None:
    """Who changes the template runs `make evidence`, and nobody edits the page."""
    template = (DOCS.parent / "tests" / "stack" / "walk" / "page.md").read_text(encoding="utf-8")
    parts = re.split(r"\$\$|\$[a-z_]+", template)
    found = re.fullmatch("(?s)" + "(.+?)".join(map(re.escape, parts)), PAGE)
    assert found, "docs/observing.md is stale: run `make evidence`"
