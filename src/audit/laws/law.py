"""What a law is: a pure function of the books, and the witnesses without whom it is not judged."""

from collections.abc import Callable
from dataclasses import dataclass

from audit.books import Books
from audit.laws.result import LawResult, Verdict

Judge = Callable[[Books, LawResult], None]
"""Enters what it finds into the result."""


@dataclass(frozen=True, slots=True)
class Law:
    """A law by its name (L1 to L13).

    `needs` are the witnesses that it asks; `holds` says in words what it holds against what.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    judge: Judge
    holds: str

    def check(self, books: Books) -> LawResult:
        """The verdict on this law; "not judged", with the reason, when a witness is missing."""
        lacks = {source: books.missing[source] for source in self.needs if source in books.missing}
        result = LawResult(self.name, self.title, lacks=lacks)
        if lacks:
            result.verdict, result.why = Verdict.NOT_JUDGED, "; ".join(lacks.values())
        else:
            self.judge(books, result)
        return result
