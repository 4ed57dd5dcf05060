"""What the limits tell a client, to the last header."""

import pytest

from resilience.edge.limits import Decision, Limits
from resilience.edge.storage import WindowMemory
from resilience.server_events import NearLimit
from resilience.testing.clock import START, FakeClock
from resilience.vocabulary import LimitResult

NOON_S = int(START.timestamp())
BOTH = b'"3_per_minute";q=3;w=60, "4_per_2_hour";q=4;w=7200'


def limits(clock: FakeClock, spec: str) -> Limits:
    """Limits on a clock that stands still."""
    return Limits(spec, now=clock.monotonic, epoch=lambda: clock.utc_now().timestamp())


def test_all_that_an_admitted_request_is_told() -> None:
    """The headers are about the tightest limit, and name them all."""
    clock = FakeClock()
    checked = limits(clock, "3/minute;4 per 2 hours")
    checked.check("a")
    clock.advance(20.5)
    assert checked.check("a") == Decision(
        result=LimitResult.ACQUIRED,
        policy="3_per_minute",
        remaining=1,
        retry_after_s=0,
        headers=(
            (b"x-ratelimit-limit", b"3"),
            (b"x-ratelimit-remaining", b"1"),
            (b"x-ratelimit-reset", b"%d" % (NOON_S + 61)),
            (b"ratelimit", b'"3_per_minute";r=1;t=40'),
            (b"ratelimit-policy", BOTH),
        ),
        near=(),
    )


def test_all_that_a_refused_request_is_told() -> None:
    """When to come back, in both ways to say it, and that nothing is left."""
    clock = FakeClock()
    checked = limits(clock, "3/minute;4 per 2 hours")
    for _ in range(3):
        checked.check("a")
    clock.advance(20.5)
    assert checked.check("a") == Decision(
        result=LimitResult.REJECTED,
        policy="3_per_minute",
        remaining=0,
        retry_after_s=40,
        headers=(
            (b"x-ratelimit-limit", b"3"),
            (b"x-ratelimit-remaining", b"0"),
            (b"x-ratelimit-reset", b"%d" % (NOON_S + 61)),
            (b"ratelimit", b'"3_per_minute";r=0;t=40'),
            (b"ratelimit-policy", BOTH),
            (b"retry-after", b"40"),
        ),
        near=(),
    )


def test_of_two_limits_that_refuse_the_longer_wait_is_told() -> None:
    """A client who came back after the shorter one would be refused again."""
    checked = limits(FakeClock(), "2/hour;2/minute")
    decisions = [checked.check("a") for _ in range(3)]
    assert (decisions[2].policy, decisions[2].retry_after_s) == ("2_per_hour", 3601)


def test_a_limit_that_is_not_used_up_is_not_blamed() -> None:
    """Though its window ends later, and only one request is left in it."""
    checked = limits(FakeClock(), "2/minute;3/hour")
    decisions = [checked.check("a") for _ in range(3)]
    assert (decisions[2].policy, decisions[2].retry_after_s) == ("2_per_minute", 61)


@pytest.mark.parametrize(("amount", "near"), [(1, 1), (4, 4), (5, 5), (9, 8), (20, 17)])
def test_who_goes_past_four_fifths_is_near(amount: int, near: int) -> None:
    """Four fifths themselves are not yet past them, and what is left is told."""
    checked = limits(FakeClock(), f"{amount}/hour")
    told = {number: checked.check("a").near for number in range(1, amount + 1)}
    event = NearLimit(policy=f"{amount}_per_hour", remaining=amount - near)
    assert {number: events for number, events in told.items() if events} == {near: (event,)}


def test_each_limit_that_is_near_is_told() -> None:
    """One request can bring a client near to several."""
    checked = limits(FakeClock(), "2/minute;2/hour;9/day")
    assert [checked.check("a").near for _ in range(2)] == [
        (),
        (
            NearLimit(policy="2_per_minute", remaining=0),
            NearLimit(policy="2_per_hour", remaining=0),
        ),
    ]


def test_a_storage_elsewhere_goes_by_the_wall_clock() -> None:
    """What it says of its windows is in the time that other processes have, too."""
    clock = FakeClock()

    def epoch() -> float:
        return clock.utc_now().timestamp()

    class Elsewhere(WindowMemory):
        STORAGE_SCHEME = ["elsewhere"]

        def __init__(self, uri: str) -> None:
            super().__init__(uri, now=epoch)

    checked = Limits("1/minute", now=clock.monotonic, epoch=epoch, storage="elsewhere://")
    clock.advance(7.0)
    admitted, refused = checked.check("a"), checked.check("a")
    assert dict(admitted.headers)[b"ratelimit"] == b'"1_per_minute";r=0;t=60'
    assert dict(admitted.headers)[b"x-ratelimit-reset"] == b"%d" % (NOON_S + 67)
    assert (refused.rejected, refused.retry_after_s) == (True, 61)


@pytest.mark.parametrize(
    ("spec", "told"),
    [("2/minute", b'"2_per_minute";r=0;t=0'), ("1/minute", b'"1_per_minute";r=0;t=1')],
    ids=["admitted", "refused"],
)
def test_a_window_that_ends_while_deciding_ends_now(spec: str, told: bytes) -> None:
    """No wait is told that is less than none, and none of less than a second to whoever waits."""
    now, step = [1000.0], [0.0]

    def running() -> float:
        now[0] += step[0]
        return now[0]

    checked = Limits(spec, now=running, epoch=lambda: 0.0)
    checked.check("a")
    now[0], step[0] = 1059.5, 0.5
    assert dict(checked.check("a").headers)[b"ratelimit"] == told


def test_the_refusals_that_are_kept_are_bounded() -> None:
    """Of thousands of different waits only some are remembered."""
    clock = FakeClock()
    checked = limits(clock, "1/day")
    checked.check("a")
    for _ in range(1100):
        checked.check("a")
        clock.advance(1.0)
    assert checked._rejection.cache_info().currsize == 1024


def test_limits_start_out_well() -> None:
    """Nothing is degraded before a storage has failed."""
    assert limits(FakeClock(), "1/day").degraded is False
