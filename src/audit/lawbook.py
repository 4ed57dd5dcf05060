"""The page of the laws, written from their declarations."""

from collections.abc import Iterable

from audit.books import DATABASE, LEDGER, LOGS, METRICS, SPANS, USERS
from audit.laws import LAWS

_WITNESSES = {
    LEDGER: "what crossed the wire, as the proxies between the processes wrote it",
    METRICS: "the scrapes of each process",
    SPANS: "the spans that arrived",
    LOGS: "the log lines of each process",
    USERS: "what each user sent and was told",
    DATABASE: "the appointments and the stored answers",
}


def write_lawbook() -> str:
    """Markdown: every witness, and every law with what it holds against what."""
    return "\n".join(
        [
            "# The laws",
            "",
            "Generated from `audit.laws.LAWS` by `make laws`; do not edit.",
            "",
            "`tallybook audit` judges the records of a run by these laws. Metrics, spans and log",
            "lines are made from one event by one recorder; ledger, users and database know",
            "nothing of it.",
            "",
            "| witness | what it is |",
            "|---|---|",
            *(f"| {name} | {what} |" for name, what in _WITNESSES.items()),
            "",
            "A law passes, fails, or is *untrustworthy*: a hop lost telemetry, so that what is",
            "missing proves nothing. Without one of its witnesses it is *not judged*. What was",
            "lost with a process that was killed, or what the run names, may be missing, and is",
            "told.",
            "",
            *_laws(),
        ]
    )


def _laws() -> Iterable[str]:
    for law in LAWS:
        yield f"## {law.name}: {law.title}"
        yield ""
        yield f"Witnesses: {', '.join(law.needs)}."
        yield ""
        yield law.holds
        yield ""
