"""L11: no signal holds personal data, in whatever form."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from audit.books import LOGS, METRICS, SPANS, Books
from audit.canary import forms_of
from audit.laws.law import Law
from audit.laws.result import LawResult, Row, Verdict

_PIECE = 4 * 1024 * 1024


def judge(books: Books, result: LawResult) -> None:
    """Search every distinct text of spans and log lines, and every line of every scrape."""
    if not books.run.canaries:
        result.verdict, result.why = Verdict.NOT_JUDGED, "the run names no canaries"
        return
    forms = {form: canary for canary in books.run.canaries for form in forms_of(canary)}
    texts = [*books.strings.places, *_lines_of_scrapes(books)]
    for piece in _pieces(texts):
        for form in forms:
            if form in piece:
                _tell(books, result, form, forms[form])
    says = {"texts": len(texts), "forms": len(forms)}
    result.add(Row("searched", says))


def _lines_of_scrapes(books: Books) -> set[str]:
    found: set[str] = set()
    for path in _paths(books):
        found.update(path.read_text(encoding="utf-8").splitlines())
    return found


def _paths(books: Books) -> Iterator[Path]:
    for scrapes in books.scrapes.values():
        yield from scrapes.paths


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """All texts in lower case, a line feed between them, some megabytes at a time."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size > _PIECE:
            yield "\n".join(held).lower()
            held, size = [], 0
    yield "\n".join(held).lower()


def _tell(books: Books, result: LawResult, form: str, canary: str) -> None:
    """Say where, without repeating the data: which canary it is, by its number."""
    number = books.run.canaries.index(canary) + 1
    places = [place for text, place in books.strings.places.items() if form in text.lower()]
    where = [f"{path.name}, line {line}" for path, line in places[:3]]
    for path in _paths(books):
        if form in path.read_text(encoding="utf-8").lower():
            where.append(f"{path.parent.name}/{path.name}")
            break
    what = f"canary {number} in one of its forms ({len(form)} characters)"
    result.disagree(what, subject="; ".join(where[:4]))


LAW = Law(
    "L11",
    "no form of any canary is in any signal",
    (METRICS, SPANS, LOGS),
    judge,
    "The invented personal data of the run (its canaries), as they are and encoded (JSON, "
    "URL, base64, decomposed, any case), against every text in spans, log lines and "
    "scrapes. Not judged when the run names none.",
)
