"""The books of a run: the records of all witnesses, indexed for the laws."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from audit.catalogue import Catalogue
from audit.losses import LOG, SPAN, Losses
from audit.records import Answer, Crossing, Line, Span
from audit.run import Life, Run
from audit.sources.metrics import Scrape, Scrapes
from audit.strings import Strings

LEDGER, METRICS, SPANS, LOGS = "ledger", "metrics", "spans", "logs"
USERS, DATABASE = "users", "database"
WITNESSES = frozenset((LEDGER, METRICS, SPANS, LOGS))
"""The four records that every run must have; the others can be left out."""

_ON_ITS_WAY_S = 0.5
"""How long a request waits at most to be seen; no process begins to send in less."""


@dataclass(kw_only=True)
class Books:
    """What every witness wrote. `missing` says of a witness that wrote nothing, why.

    `attempts`, `operations` and `served` are the CLIENT spans of protected attempts, the spans of
    protected calls and the SERVER spans; `own` those of events with a span of their own, by the
    event's name; `others` all further spans. `lines` are by event, those of no event under "".
    """

    run: Run
    catalogue: Catalogue = field(default_factory=Catalogue)
    crossings: Mapping[str, Sequence[Crossing]] = field(default_factory=dict)
    attempts: Sequence[Span] = ()
    operations: Sequence[Span] = ()
    served: Sequence[Span] = ()
    own: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    others: Sequence[Span] = ()
    lines: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    scrapes: Mapping[str, Scrapes] = field(default_factory=dict)
    users: Sequence[Answer] = ()
    database: Path | None = None
    strings: Strings = field(default_factory=Strings)
    torn: Counter[str] = field(default_factory=Counter)
    line_counts: Counter[str] = field(default_factory=Counter)
    missing: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def lives(self) -> Mapping[str, Life]:
        """The lives by name."""
        return {life.name: life for life in self.run.lives}

    @cached_property
    def span_counts(self) -> Counter[str]:
        """How many spans were received of each life."""
        return Counter(span.life for span in self.all_spans())

    @cached_property
    def losses(self) -> Losses:
        """What the signals are known to have lost."""
        last = {name: scrapes.last for name, scrapes in self.scrapes.items()}
        return Losses(self.run, last, {SPAN: self.span_counts, LOG: self.line_counts})

    @cached_property
    def traces(self) -> Mapping[str, str]:
        """The trace of each received span, by its id."""
        return {span.span_id: span.trace_id for span in self.all_spans()}

    @cached_property
    def attempt_of(self) -> Mapping[str, Span]:
        """The attempts by span id."""
        return {span.span_id: span for span in self.attempts}

    @cached_property
    def operation_of(self) -> Mapping[str, Span]:
        """The protected calls by span id."""
        return {span.span_id: span for span in self.operations}

    @cached_property
    def attempts_in(self) -> Mapping[str, list[Span]]:
        """The attempts of each protected call, by its span id, in the order of their begin."""
        return _children(self.attempts)

    @cached_property
    def crossing_of(self) -> Mapping[str, Crossing]:
        """The requests in the ledgers that a protected client sent, by the attempt's span id."""
        found: dict[str, Crossing] = {}
        for hop in self.client_hops():
            for crossing in self.crossings.get(hop, ()):
                if crossing.span_id:
                    found.setdefault(crossing.span_id, crossing)
        return found

    def all_spans(self) -> Iterable[Span]:
        """Every received span."""
        for spans in (self.attempts, self.operations, self.served, *self.own.values()):
            yield from spans
        yield from self.others

    def own_in(self, event: str) -> Mapping[str, list[Span]]:
        """The spans of an event by the span that they stand under."""
        return _children(self.own.get(event, ()))

    def client_hops(self) -> tuple[str, ...]:
        """The hops whose client is a service that tells of itself."""
        return tuple(hop.name for hop in self.run.hops if hop.client)

    def watched(self, service: str) -> list[Span]:
        """The SERVER spans of a service whose requests came over a hop that a ledger watched.

        Where no hop leads from the users to a service, what begins a trace there came past.
        """
        lives = {life.name for life in self.run.lives_of(service)}
        from_users = any(hop.server == service and not hop.client for hop in self.run.hops)
        own = (span for span in self.served if span.life in lives)
        return [span for span in own if span.parent_id or from_users]

    def scrape(self, life: str) -> Scrape | None:
        """The last scrape of a life."""
        scrapes = self.scrapes.get(life)
        return scrapes.last if scrapes else None

    def life_at(self, service: str, moment_s: float) -> str:
        """The life of a service that sent what is seen at a moment; "" when there was none.

        What the last life sent may be seen after its end, before another one sends anything.
        """
        lives = self.run.lives_of(service)
        if len(lives) == 1:
            return lives[0].name
        moments_s = (moment_s - _ON_ITS_WAY_S, moment_s)
        return next((life.name for at_s in moments_s for life in lives if life.lived_at(at_s)), "")


def _children(spans: Iterable[Span]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        found[span.parent_id].append(span)
    for children in found.values():
        if len(children) > 1:
            children.sort(key=lambda span: span.began_s)
    return dict(found)
