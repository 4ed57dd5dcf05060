"""Gathers what live end points and loose files say into the directory of a run."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from typing import Any
from urllib.parse import quote

import orjson

from audit.catalogue import Catalogue
from audit.errors import Misused, Unreadable
from audit.run import FORMAT
from audit.sources.http import OPENMETRICS, fetch, is_url
from audit.sources.jaeger import read_jaeger
from audit.sources.lines import objects
from audit.sources.metrics import parse_scrape
from audit.sources.otlp import read_span_file
from audit.sources.prometheus import read_prometheus

_EVERYTHING = ("resilience_", "http_", "rate_limiting_", "telemetry_")
_STEADY = {"ended": "running", "started_s": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the witnesses are: files, or URLs where the comment of the command says so.

    `metrics` are pairs of a service and its place.
    """

    ledgers: Sequence[str] = ()
    metrics: Sequence[tuple[str, str]] = ()
    prometheus: str = ""
    spans: Sequence[str] = ()
    logs: Sequence[Path] = ()
    database: Path | None = None


def collect(places: Places, directory: Path, catalogue: Catalogue) -> Path:
    """Write the directory of a run from these places. Raises Unreadable or Misused."""
    if not (places.metrics or places.prometheus or places.logs or places.spans):
        if places == Places():
            raise Misused("Give the directory of a run, or where its witnesses are: see --help.")
        raise Misused(
            "A ledger or a database alone cannot be compared: add --metrics, --spans or --logs."
        )
    lives = _collect_metrics(places, directory, catalogue)
    spans = list(_spans(places.spans))
    if places.spans:
        _write(directory / "spans.jsonl", spans)
    _collect_logs(places.logs, directory, lives)
    hops, began = _collect_ledgers(places.ledgers, directory, spans)
    if places.database is not None:
        _copy(places.database, directory / "database.db")
    about = {
        "format": FORMAT,
        "name": "live",
        "started_at": (began or datetime.fromtimestamp(0, UTC)).isoformat(),
        "lives": [{"name": n, "service": s, **_STEADY} for n, s in lives.items()],
        "hops": hops,
    }
    (directory / "run.json").write_bytes(orjson.dumps(about))
    return directory


def _collect_metrics(places: Places, directory: Path, catalogue: Catalogue) -> dict[str, str]:
    """The services by the names of their lives."""
    texts = [(service, _scrape(place)) for service, place in places.metrics]
    if places.prometheus:
        prefixes = {*_EVERYTHING, *(f"{metric.name}" for metric, _ in catalogue.metrics())}
        found = read_prometheus(places.prometheus, prefixes)
        texts += [(job, text) for (job, _), text in sorted(found.items()) if _is_ours(text)]
    lives: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for service, text in texts:
        counts[service] += 1
        life = f"{service}-{counts[service]}"
        lives[life] = service
        folder = directory / "metrics" / life
        folder.mkdir(parents=True)
        (folder / "0001.prom").write_text(text, encoding="utf-8")
    return lives


def _is_ours(text: str) -> bool:
    """Whether a process tells of itself as ours do, and does not only have a name in common."""
    return "telemetry_made_total" in text


def _scrape(place: str) -> str:
    """What a place says of its counters; what cannot be read is told by the name given here."""
    text = _text(place)
    parse_scrape(text, place)
    return text


def _text(place: str) -> str:
    try:
        data = fetch(place, OPENMETRICS) if is_url(place) else Path(place).read_bytes()
        return data.decode()
    except OSError as error:
        raise Unreadable(place, str(error.strerror)) from None
    except UnicodeDecodeError:
        raise Unreadable(place, "not a text") from None


def _spans(places: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for place in places:
        yield from read_jaeger(place) if is_url(place) else read_span_file(Path(place))


def _collect_logs(paths: Sequence[Path], directory: Path, lives: dict[str, str]) -> None:
    """Each file is the log of one life of the service that its lines name."""
    used: set[str] = set()
    (directory / "logs").mkdir(parents=True, exist_ok=True)
    for path in paths:
        service = _service_of(path)
        life = next((n for n, s in lives.items() if s == service and n not in used), "")
        if not life:
            life = f"{service}-{1 + sum(s == service for s in lives.values())}"
            lives[life] = service
        used.add(life)
        copyfile(path, directory / "logs" / f"{life}.jsonl")


def _service_of(path: Path) -> str:
    for _, line in objects(path, _forget):
        if line.get("service"):
            return str(line["service"])
    raise Unreadable(path, "no line names its service")


def _collect_ledgers(
    places: Sequence[str], directory: Path, spans: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, str]], datetime | None]:
    """The hops, with who stands at their ends, and when the first request began."""
    hops: list[Mapping[str, str]] = []
    began: list[datetime] = []
    (directory / "ledger").mkdir(parents=True, exist_ok=True)
    for number, place in enumerate(places, 1):
        path = directory / "ledger" / f"hop-{number}.jsonl"
        path.write_bytes(_ledger(place))
        entries = [entry for _, entry in objects(path, _forget)]
        hops.append({"name": path.stem, **_ends(entries, spans)})
        began += [datetime.fromisoformat(str(entry["started_at"])) for entry in entries[:1]]
    return hops, min(began, default=None)


def _forget(number: int, line: bytes) -> None:
    """Half a line, which is judged when the run is read."""
    del number, line


def _ledger(place: str) -> bytes:
    if is_url(place):
        return fetch(f"{place.rstrip('/').removesuffix('/ledger')}/ledger")
    try:
        return Path(place).read_bytes()
    except OSError as error:
        raise Unreadable(place, str(error.strerror)) from None


def _ends(
    entries: Sequence[Mapping[str, Any]], spans: Sequence[Mapping[str, Any]]
) -> Mapping[str, str]:
    """The services at both ends of a hop, as the spans of its requests say."""
    sent = {entry.get("parent_span_id") for entry in entries} - {"", None}
    parents = sent or {""}  # what users send without a trace begins one
    clients = Counter(s["service"] for s in spans if s["span_id"] in sent)
    served = [span for span in spans if span["kind"] == "server"]
    servers = Counter(span["service"] for span in served if span["parent_id"] in parents)
    return {"client": _most(clients), "server": _most(servers)}


def _most(counts: Counter[str]) -> str:
    return counts.most_common(1)[0][0] if counts else ""


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("wb") as out:
        out.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _copy(database: Path, target: Path) -> None:
    try:
        uri = f"file:{quote(str(database))}?mode=ro"
        with (
            closing(sqlite3.connect(uri, uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error as error:
        raise Unreadable(database, f"not an SQLite database ({error})") from None
