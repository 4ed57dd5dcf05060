"""Circuit breaker: which calls are refused, since when, and what is about to be."""

from dashboards.generate import objectives as promised
from dashboards.generate.board import Panels, board
from dashboards.generate.described import words
from dashboards.generate.panels import OUTCOMES, bars, lines, stat, timeline
from dashboards.generate.promql import RATE, increase, rate, select, total
from dashboards.generate.sources import Query
from grafana_foundation_sdk.models.dashboard import Dashboard

STATE = "resilience_circuit_breaker_state"
SECONDS = "resilience_circuit_breaker_state_seconds_total"
TRANSITIONS = "resilience_circuit_breaker_transitions_total"
CALLS = "resilience_circuit_breaker_calls_total"
REFUSED = "resilience_circuit_breaker_rejections_total"
BY = "job, target"
STATES = (
    ("closed", "green"),
    ("half-open", "yellow"),
    ("open", "red"),
    ("forced open", "dark-red"),
    ("disabled", "purple"),
    ("metrics only", "blue"),
)
NAMES = ("closed", "half_open", "open", "forced_open", "disabled", "metrics_only")


def breaker() -> Dashboard:
    """The dashboard."""
    rows = {
        "At a glance": _glance(),
        "States": _states(),
        "What led there": _causes(),
        "What it costs": _costs(),
    }
    says = "Which calls are refused, since when, why, and which circuit is about to open."
    return board("breaker", "Circuit breaker", says, rows)


def _sampled() -> str:
    """The present state as a number."""
    held = [total(STATE, f'state="{name}"', by=BY) for name in NAMES]
    return " + ".join(f"{value} * {one}" for value, one in enumerate(held) if value)


def _worst() -> str:
    """The worst state between two points, also when no scrape fell into it."""
    forced, opened, half = map(_was, ("forced_open", "open", "half_open"))
    milder = f"2 * {opened} + (1 - {opened}) * {half}"
    return f"3 * {forced} + (1 - {forced}) * ({milder})"


def _was(state: str) -> str:
    """1 where any time was spent in the state, else 0."""
    spent = rate(SECONDS, f'state="{state}"', by=BY)
    return f"({spent} > bool 0)"


def _glance() -> Panels:
    not_closed = increase(SECONDS, 'state=~"open|half_open|forced_open"', by=BY)
    return [
        stat(
            "State",
            "The state of each circuit at the last scrape.",
            "none",
            Query(_sampled(), "{{job}} to {{target}}"),
            above=[(1, "yellow"), (2, "red")],
            width=6,
            empty="no client",
        ).mappings(words(STATES)),
        stat(
            "Not closed",
            "Time in the time shown in which the circuit was open or half-open, openings between"
            " two scrapes included.",
            "s",
            Query(not_closed, "{{job}} to {{target}}"),
            above=[(0.001, "yellow"), (300 * promised.NOT_CLOSED, "red")],
            width=6,
            empty="no client",
        ),
        stat(
            "Openings",
            "How often the circuit opened in the time shown.",
            "short",
            Query(increase(TRANSITIONS, 'to_state="open"', by=BY), "{{job}} to {{target}}"),
            above=[(0.5, "red")],
            width=6,
            decimals=0,
            empty="no client",
        ),
        stat(
            "Refused calls",
            "Calls in the time shown that were refused by an open circuit, without an attempt.",
            "short",
            Query(increase(REFUSED, by=BY), "{{job}} to {{target}}"),
            above=[(0.5, "red")],
            width=6,
            decimals=0,
            empty="no client",
        ),
    ]


def _states() -> Panels:
    by_state, all_states = rate(SECONDS, by=f"{BY}, state"), rate(SECONDS, by=BY)
    shares = f"{by_state} / on ({BY}) group_left () {all_states}"
    return [
        timeline(
            "State",
            "The upper line of each circuit is its state at each scrape; the lower one is the"
            " worst state of the four scrapes up to each point, so that a short opening between"
            " two scrapes is seen as well.",
            STATES,
            Query(_sampled(), "{{target}}, at the scrape"),
            Query(_worst(), "{{target}}, worst in between"),
            height=6,
        ),
        lines(
            "Time in each state",
            "How each second was divided between the states.",
            "percentunit",
            Query(shares, "{{target}} {{state}}"),
            stacked=True,
            top=1,
            colours={name: colour for name, (_, colour) in zip(NAMES, STATES, strict=True)},
        ),
        bars(
            "Time in each state, in all",
            "Seconds spent in each state in the time shown.",
            "s",
            Query(increase(SECONDS, by=f"{BY}, state"), "{{target}} {{state}}"),
        ),
    ]


def _causes() -> Panels:
    reach = select("resilience_circuit_breaker_tripping_ratio")
    highest = f"max by ({BY}) (max_over_time({reach}[{RATE}]))"
    return [
        lines(
            "Nearness to opening",
            "Failures remembered, as a share of those that open the circuit: 0 after a success,"
            " 1 while it is not closed. The highest of each interval, as far as scrapes saw it.",
            "percentunit",
            Query(highest, "{{job}} to {{target}}"),
            limits=[(0.6, "yellow"), (1.0, "red")],
            top=1,
            width=8,
        ),
        lines(
            "Attempts as the breaker judged them",
            "Attempts a second: failures bring the circuit nearer to opening, ignored ones (such as"
            " a 429) do not, rejected ones were refused.",
            "reqps",
            Query(rate(CALLS, by="outcome"), "{{outcome}}"),
            stacked=True,
            width=8,
            colours={**OUTCOMES, "failure": "red", "ignored": "blue"},
        ),
        lines(
            "Failures the breaker may see",
            "Failed attempts a second, by their error. 4xx and 429 are the service's word, not"
            " its failure, and are not judged.",
            "reqps",
            Query(
                rate(
                    "resilience_attempts_total",
                    'error_type=~"5..|timeout_.+|connection|protocol"',
                    by="error_type",
                )
                + " > 0",
                "{{error_type}}",
            ),
            width=8,
        ),
    ]


def _costs() -> Panels:
    change = "{{target}} {{from_state}} to {{to_state}}: {{reason}}"
    by = f"{BY}, from_state, to_state, reason"
    return [
        bars(
            "Transitions",
            "Changes of state in the time shown, with their reason.",
            "short",
            Query(increase(TRANSITIONS, by=by) + " > 0", change),
        ),
        lines(
            "Refused calls",
            "Calls a second refused by an open circuit; their callers waited for nothing.",
            "reqps",
            Query(rate(REFUSED, by=BY), "{{job}} to {{target}}"),
            width=6,
        ),
        lines(
            "Operations ended by the circuit",
            "Protected calls a second whose last reason was the open circuit.",
            "ops",
            Query(
                rate("resilience_operations_total", 'stop_reason="circuit_open"', by="operation"),
                "{{operation}}",
            ),
            width=6,
        ),
    ]
