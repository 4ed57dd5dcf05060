"""Spans from a file: OTLP/JSON with one export a line, or one span a line."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from audit.errors import Unreadable
from audit.sources.lines import objects
from audit.sources.spans import checked
from resilience.telemetry.trace import from_otlp_json


def read_span_file(path: Path) -> Iterator[Mapping[str, Any]]:
    """The spans of a file as lines of spans.jsonl, whichever of the two forms it has.

    Raises Unreadable that names the line.
    """
    for number, found in objects(path):
        if "resourceSpans" not in found:
            yield checked(found, path, number)
            continue
        try:
            for of_resource in found["resourceSpans"]:
                life = _life(of_resource)
                for span in from_otlp_json({"resourceSpans": [of_resource]}):
                    yield {**asdict(span), "life": life}
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise Unreadable(path, f"not an OTLP export ({error!r})", number) from None


def _life(of_resource: Mapping[str, Any]) -> str:
    pairs = of_resource["resource"].get("attributes", ())
    named = (p["value"].get("stringValue") for p in pairs if p["key"] == "service.instance.id")
    return next(named, "") or ""
