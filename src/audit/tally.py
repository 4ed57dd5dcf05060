"""The books of one test: its signals, the wire's ledger, and the laws between them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import orjson
from rich.console import Console

from audit.catalogue import Catalogue
from audit.laws.result import Verdict
from audit.reading import read_books
from audit.run import FORMAT
from audit.text import show
from audit.verdict import Judgment, judge
from resilience.declare import Domains, Emit
from resilience.events import Observe
from resilience.telemetry.instrument import instrument_requests, release_requests
from resilience.telemetry.receiver import Receiver
from resilience.testing import Signals
from wire import Ledger, Plan, Rule, running_proxy

LIFE = "test"
OPEN_METRICS = "application/openmetrics-text"
MOST_TRACES = 100_000
_NO_WITNESS = (
    "Nothing saw the wire: put `tally.through` or `tally.in_front_of` between the code and whom it"
    " talks to, or leave `tally` out of this test."
)


class Unbalanced(AssertionError):
    """The records of a test disagree; the text is the verdict with what each of them says."""


class Tally:
    """What a test tells of itself, held against what crossed the wire.

    `telemetry`, `emit` and `observe` are for the code under test; `through` puts the witness in
    front of a server; `told` and `check` judge the laws. The records are kept in `directory`, in
    the form of a run, so that `tallybook audit` can show them again. `domains` are the label
    values of the code under test; others are counted as "other".
    """

    def __init__(
        self, directory: Path, *, domains: Domains | None = None, catalogue: Catalogue | None = None
    ) -> None:
        self.directory = directory
        self._catalogue = catalogue or Catalogue()
        self._began = datetime.now(UTC)
        self._hops: list[dict[str, str]] = []
        self._open = ExitStack()
        self._receiver = self._open.enter_context(Receiver(max_traces=MOST_TRACES))
        self.signals = self._open.enter_context(self._new_signals(domains))
        self.telemetry = self.signals.telemetry
        self.emit: Emit = self.signals.emit
        self.observe: Observe = self.signals.observe
        instrument_requests(self.telemetry)
        for folder in ("ledger", "logs", f"metrics/{LIFE}"):
            (directory / folder).mkdir(parents=True)

    def _new_signals(self, domains: Domains | None) -> Signals:
        events = [form.event for form in self._catalogue.events.values()]
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": self._receiver.endpoint}
        return Signals(domains, catalogue=events, environment=environment)

    def through(self, upstream: str, *rules: Rule) -> AbstractContextManager[str]:
        """Give the URL of a witness between the calls of this test and `upstream` ("host:port").

        `rules` are the faults that it injects.
        """
        return self._witness(upstream, rules, client=LIFE)

    def in_front_of(self, server: str, *rules: Rule) -> AbstractContextManager[str]:
        """Give the URL of a witness between strangers and a server that tells of itself here."""
        return self._witness(server, rules, server=LIFE)

    @contextmanager
    def _witness(
        self, upstream: str, rules: tuple[Rule, ...], client: str = "", server: str = ""
    ) -> Iterator[str]:
        name = f"hop-{len(self._hops) + 1}"
        self._hops.append({"name": name, "client": client, "server": server})
        with (
            closing(Ledger(self.directory / "ledger" / f"{name}.jsonl")) as ledger,
            running_proxy(upstream, Plan(rules=rules), ledger=ledger) as proxy,
        ):
            yield proxy.url

    def told(self) -> dict[str, int]:
        """How often each event was told, once the books balance. Raises Unbalanced."""
        self.check()
        events = (line["event"] for line in self.signals.lines())
        return dict(Counter(event for event in events if event in self._catalogue.events))

    def check(self) -> None:
        """Raise Unbalanced unless ledger, metrics, spans and log lines tell the same.

        Nothing can be compared before `through` or `in_front_of` has put a witness on the wire.
        """
        if not self._hops:
            raise Unbalanced(_NO_WITNESS)
        judgment = self.judge()
        if judgment.verdict is not Verdict.PASSED:
            text = StringIO()
            show(Console(file=text, width=100), judgment)
            raise Unbalanced(text.getvalue())

    def judge(self) -> Judgment:
        """The verdicts on the laws so far."""
        self._keep()
        return judge(read_books(self.directory, self._catalogue))

    def close(self) -> None:
        """Take the telemetry down."""
        release_requests()
        self._open.close()

    def _keep(self) -> None:
        self.telemetry.flush()
        scrape = self.telemetry.metrics(OPEN_METRICS)[1]
        (self.directory / "metrics" / LIFE / "0001.prom").write_bytes(scrape)
        _write_lines(self.directory / "logs" / f"{LIFE}.jsonl", self.signals.lines())
        spans = [{**asdict(span), "life": LIFE} for span in self._receiver.spans()]
        _write_lines(self.directory / "spans.jsonl", spans)
        about = {
            "format": FORMAT,
            "name": self.directory.name,
            "started_at": self._began.isoformat(),
            "lives": [{"name": LIFE, "service": LIFE, "ended": "running"}],
            "hops": self._hops,
        }
        (self.directory / "run.json").write_bytes(orjson.dumps(about))


def _write_lines(path: Path, members: Iterable[Mapping[str, object]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in members))
