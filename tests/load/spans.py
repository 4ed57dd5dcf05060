"""What the sink received, as one span a line."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from resilience.telemetry.trace import from_otlp_json


def write_spans(received: Path, spans: Path) -> int:
    """Write the spans of all exports, each with the life that it came from; how many."""
    count = 0
    with spans.open("wb") as out:
        for span in _spans(received):
            out.write(orjson.dumps(span, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _spans(received: Path) -> Iterator[Mapping[str, Any]]:
    for line in received.read_bytes().splitlines():
        for of_resource in orjson.loads(line)["resourceSpans"]:
            life = _life(of_resource)
            for span in from_otlp_json({"resourceSpans": [of_resource]}):
                yield {**asdict(span), "life": life}


def _life(of_resource: Mapping[str, Any]) -> str:
    pairs = of_resource["resource"]["attributes"]
    named = (p["value"]["stringValue"] for p in pairs if p["key"] == "service.instance.id")
    return next(named, "")
