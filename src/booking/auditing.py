"""The commands `tallybook audit` and `tallybook verdict`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import orjson
from rich.console import Console

from audit.books import Books
from audit.catalogue import Catalogue
from audit.collecting import Places, collect
from audit.errors import Misused, Unreadable
from audit.measured import measure
from audit.page.write import write_page
from audit.readiness import Report, read_checks, runs_in, write_verdict
from audit.reading import read_books
from audit.text import show
from audit.verdict import Judgment, judge
from booking.bootstrap import EVENTS
from booking.events import GAUGES as BOOKING_GAUGES
from booking.writing import write_or_print, writing
from resilience.gauges import GAUGES

CATALOGUE = Catalogue(EVENTS, (*GAUGES, *BOOKING_GAUGES))
"""Everything that the processes of this application may tell."""


@click.command()
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="File for all of it.")
@click.option("--html", "html_file", type=click.Path(path_type=Path), help="File for a page.")
@click.option("--law", "laws", multiple=True, help="Judge only this law, such as L1 (repeatable).")
@click.option(
    "--stories",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Disagreements of each law that are told whole.",
)
@click.option("--ledger", "ledgers", multiple=True, help="Ledger of a hop: FILE or control URL.")
@click.option("--metrics", multiple=True, help="SERVICE=FILE or SERVICE=URL of /metrics.")
@click.option("--prometheus", default="", help="URL of Prometheus, whose jobs are the services.")
@click.option("--spans", multiple=True, help="FILE (OTLP/JSON or spans) or URL of Jaeger.")
@click.option("--logs", multiple=True, type=click.Path(path_type=Path), help="Log of a process.")
@click.option("--database", type=click.Path(path_type=Path), help="The SQLite database.")
def audit(
    run: Path | None,
    json_file: Path | None,
    html_file: Path | None,
    laws: tuple[str, ...],
    stories: int,
    **live: Any,
) -> None:
    """Do the books balance? Compares what crossed the wire with what was told of it.

    RUN is the directory of a run; without it, the records come from the places that the options
    name: --ledger, --metrics, --spans and --logs as often as there are such places, --prometheus
    and --database once. Laws whose witnesses are missing are not judged. The books pass without a
    database, or the answers that users got (L9), but only when ledger, metrics, spans and logs
    are there, and every --law that was asked for was judged.

    Ends with 0 when the books balance, 1 when a law is broken, 3 when they cannot be judged
    because a witness is missing (NOT JUDGED) or a hop lost telemetry (UNTRUSTWORTHY), and 2 for
    bad usage, records that cannot be read or a file that cannot be written.
    """
    with TemporaryDirectory(prefix="audit-") as gathered:
        try:
            places = _places(**live)
            if run is not None and places != Places():
                raise Misused("Give the directory of a run or the places of records, not both.")
            directory = run or collect(places, Path(gathered), CATALOGUE)
            books = read_books(directory, CATALOGUE)
            judgment = judge(books, laws)
        except (Misused, Unreadable) as error:
            click.echo(str(error), err=True)
            sys.exit(2)
        _report_on(judgment, books, stories, json_file, html_file)
    sys.exit(judgment.exit_code)


def _places(metrics: tuple[str, ...], ledgers: tuple[str, ...], **others: Any) -> Places:
    pairs = []
    for each in metrics:
        service, equals, place = each.partition("=")
        if not (service and equals and place) or "/" in service:
            raise Misused(f"--metrics {each}: expected SERVICE=FILE or SERVICE=URL.")
        pairs.append((service, place))
    return Places(metrics=tuple(pairs), ledgers=ledgers, **others)


def _report_on(
    judgment: Judgment, books: Books, stories: int, json_file: Path | None, html_file: Path | None
) -> None:
    show(Console(), judgment, stories)
    if json_file is not None:
        with writing(json_file):
            json_file.write_bytes(orjson.dumps(judgment.to_dict(), option=orjson.OPT_INDENT_2))
    if html_file is not None:
        with writing(html_file):
            write_page(html_file, judgment, books)
        click.echo(f"The page: {html_file}")


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), default=Path("var/load"))
@click.option("--write", type=click.Path(path_type=Path), help="File to write it to.")
def verdict(runs: Path, write: Path | None) -> None:
    """Write the production readiness verdict on the measured RUNS (var/load), as Markdown.

    Each line is a figure with the record that it was read from, or a check with its outcome.
    Ends with 0 when it says READY, 1 when not, and 2 for records that cannot be read or a file
    that cannot be written.
    """
    try:
        reports = [_report(directory) for directory in runs_in(runs)]
    except Unreadable as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    write_or_print(write_verdict(reports), write)
    sys.exit(any(report.failures for report in reports))


def _report(directory: Path) -> Report:
    books = read_books(directory, CATALOGUE)
    return Report(directory, judge(books), measure(books), read_checks(directory))
