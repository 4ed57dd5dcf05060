"""The objectives: how well they are kept, what is left of the budget, and how fast it goes."""

from dashboards.generate import objectives as promised
from dashboards.generate.board import Panels
from dashboards.generate.panels import TIMES, gauge, lines, stat
from dashboards.generate.promql import increase, ratio, select
from dashboards.generate.sources import Query

SERVED = "http_server_request_duration_seconds"
BOOKINGS = (
    'http_request_method="POST"',
    'http_route=~"/appointments|/book"',
    'http_response_status_code=~"2.."',
)
NOT_THEIR_FAULT = 'http_response_status_code!~"4.."'
FAILED = 'http_response_status_code=~"5.."'


def kept_promises() -> Panels:
    """The row of the overview."""
    return [*_kept(), *_budgets(), *_burn_rates()]


def _kept() -> Panels:
    answered = ratio(
        increase(f"{SERVED}_count", FAILED), increase(f"{SERVED}_count", NOT_THEIR_FAULT)
    )
    bucket = increase(f"{SERVED}_bucket", *BOOKINGS, f'le="{promised.BOOKING_S}"')
    in_time = ratio(bucket, increase(f"{SERVED}_count", *BOOKINGS))
    return [
        stat(
            "Availability",
            "Share of requests answered without a server error, in the time shown; requests that"
            " were the client's own fault (4xx) are left out. The objective is 99.9 %.",
            "percentunit",
            Query(f"1 - {answered}", "{{job}}"),
            base="red",
            above=[(promised.AVAILABILITY, "green")],
            width=5,
            height=6,
            decimals=3,
        ),
        stat(
            "Bookings within 500 ms",
            "Share of successful bookings that took 500 ms at most, in the time shown."
            " The objective is 99 %.",
            "percentunit",
            Query(in_time, "{{job}}"),
            base="red",
            above=[(promised.IN_TIME, "green")],
            width=5,
            height=6,
            decimals=2,
            empty="no bookings",
        ),
    ]


def _budgets() -> Panels:
    left = "job_slo:error_budget_left:ratio30d"
    colours = ((0.0, "orange"), (0.25, "yellow"), (0.5, "green"))
    return [
        gauge(
            "Error budget left: availability",
            "What is left of the server errors that 99.9 % allows in 30 days; below 0 the"
            " objective is missed.",
            Query(select(left, 'slo="availability"'), "{{job}}"),
            above=colours,
            lowest=-1.0,
            width=7,
            height=6,
        ),
        gauge(
            "Error budget left: latency",
            "What is left of the slow bookings that 99 % within 500 ms allows in 30 days; below 0"
            " the objective is missed.",
            Query(select(left, 'slo="latency"'), "{{job}}"),
            above=colours,
            lowest=-1.0,
            width=7,
            height=6,
            empty="no bookings",
        ),
    ]


def _burn_rates() -> Panels:
    colours = ("yellow", "orange", "red", "dark-red")
    limits = list(zip(promised.BURN_RATES, colours, strict=True))
    return [
        lines(
            "Burn rate, last hour",
            "How many times faster than allowed the error budget is spent: at 1 it lasts exactly"
            " 30 days. The lines are where the alerts begin: 14.4 over 1 h, 6 over 6 h, 3 over a"
            " day, 1 over 3 days.",
            TIMES,
            Query(select("job_slo:burn_rate:rate1h"), "{{job}} {{slo}}"),
            limits=limits,
        ),
        lines(
            "Burn rate, last 5 minutes",
            "The same over 5 minutes: whether it still burns. Alerts need both to be high.",
            TIMES,
            Query(select("job_slo:burn_rate:rate5m"), "{{job}} {{slo}}"),
            limits=limits,
        ),
    ]
