"""One decision for all limits of a client."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from resilience.edge.limits import MAX_KNOWN, MAX_SPENT, Decision, Limits
from resilience.server_events import NearLimit
from resilience.testing.clock import FakeClock
from resilience.vocabulary import LimitResult


def limits(clock: FakeClock, spec: str = "10/minute;100/hour") -> Limits:
    """Limits on a clock that stands still."""
    return Limits(spec, now=clock.monotonic, epoch=lambda: clock.utc_now().timestamp())


@pytest.mark.fault(61)
def test_no_interval_holds_more_than_its_limit() -> None:
    """Over a day of bursts and pauses, any 60 s hold at most 10 and any hour at most 100."""
    clock, choice = FakeClock(), random.Random(3)
    checked, admitted = limits(clock), list[float]()
    for _ in range(8000):
        clock.advance(choice.choice([0, 0, 0, 0.01, 0.5, 5, 59.9, 60]))
        if checked.check("a").result is LimitResult.ACQUIRED:
            admitted.append(clock.monotonic())

    for allowed, window_s in ((10, 60.0), (100, 3600.0)):
        spans = [late - early for early, late in zip(admitted, admitted[allowed:], strict=False)]
        assert min(spans) > window_s


@pytest.mark.fault(61)
def test_requests_that_keep_their_distance_are_all_admitted() -> None:
    """A hundred an hour, evenly spaced, never meet the limit."""
    clock = FakeClock()
    checked = limits(clock)
    results = set()
    for _ in range(300):
        results.add(checked.check("a").result)
        clock.advance(36.1)

    assert results == {LimitResult.ACQUIRED}


@pytest.mark.fault(65)
def test_retry_after_is_true_a_thousand_times() -> None:
    """Whatever limit was met, a retry at the second named succeeds."""
    clock, choice = FakeClock(), random.Random(5)
    checked, refusals = limits(clock, "3/second;7/minute;40/hour"), 0
    while refusals < 1000:
        clock.advance(choice.uniform(0, 3))
        decision = checked.check("a")
        if decision.rejected:
            refusals += 1
            assert decision.retry_after_s >= 1
            clock.advance(decision.retry_after_s)
            assert checked.check("a").result is LimitResult.ACQUIRED


def test_a_rejected_request_burns_no_quota() -> None:
    """Meeting the limit of a minute a hundred times leaves the hour's count as it was."""
    clock = FakeClock()
    checked = limits(clock, "2/minute;4/hour")
    for _ in range(100):
        checked.check("a")
    clock.advance(61)

    assert [checked.check("a").rejected for _ in range(3)] == [False, False, True]


def test_the_decision_is_about_the_tightest_limit() -> None:
    """Policy and remaining are of the limit with the least left, the first of equals."""
    clock = FakeClock()
    checked = limits(clock, "5/minute;6/hour")
    seen = []
    for _ in range(4):
        decision = checked.check("a")
        seen.append((decision.policy, decision.remaining))
        clock.advance(40)

    assert seen == [
        ("5_per_minute", 4),
        ("5_per_minute", 3),
        ("5_per_minute", 3),
        ("6_per_hour", 2),
    ]


def test_only_the_request_that_crosses_four_fifths_is_near() -> None:
    """Of ten, the ninth."""
    checked = limits(FakeClock(), "10/minute")
    near = [checked.check("a").near for _ in range(11)]

    assert near == [()] * 8 + [(NearLimit(policy="10_per_minute", remaining=1),)] + [(), ()]


def test_a_flood_is_told_without_looking_at_its_window_again() -> None:
    """A refusal stands until the window frees a place, and is the same to everyone in between."""
    clock, seen = FakeClock(), list[float]()

    def now() -> float:
        seen.append(clock.monotonic())
        return seen[-1]

    checked = Limits("2/minute;3/hour", now=now, epoch=lambda: 0.0)
    first = [checked.check("a").result for _ in range(3)]
    seen.clear()
    flood = {checked.check("a") for _ in range(100)}
    clock.advance(60)
    last = checked.check("a")
    clock.advance(0.5)

    assert first == [LimitResult.ACQUIRED] * 2 + [LimitResult.REJECTED]
    assert ({d.retry_after_s for d in flood}, len(flood), len(seen)) == ({61}, 1, 202)
    assert (last.rejected, last.retry_after_s) == (True, 1)
    assert checked.check("a").result is LimitResult.ACQUIRED


def test_a_clock_that_goes_back_refuses_nobody_for_longer() -> None:
    """What is known of a refusal is forgotten when it lies further ahead than its window."""
    now = [1000.0]
    checked = Limits("1/minute", now=lambda: now[0], epoch=lambda: 0.0)
    assert [checked.check("a").rejected for _ in range(2)] == [False, True]
    checked._limiter.storage.reset()
    assert checked.check("a").rejected
    now[0] = 100.0
    assert checked.check("a").result is LimitResult.ACQUIRED


def test_what_is_known_of_refusals_is_bounded() -> None:
    """Whoever was refused the longest ago is asked for again."""
    checked = limits(FakeClock(), "1/minute")
    told = [
        [checked.check(f"{number}").result for _ in range(2)] for number in range(MAX_SPENT + 5)
    ]
    assert told == [[LimitResult.ACQUIRED, LimitResult.REJECTED]] * (MAX_SPENT + 5)
    assert (len(checked._spent), "4" in checked._spent, "5" in checked._spent) == (
        MAX_SPENT,
        False,
        True,
    )
    assert (checked.check("0").rejected, checked.check("7").rejected) == (True, True)


def test_the_keys_of_so_many_clients_are_at_hand() -> None:
    """Not those of everybody who ever came."""
    checked = limits(FakeClock())
    for number in range(MAX_KNOWN + 5):
        checked.check(f"{number}")
    assert [policy.key_for.cache_info().currsize for policy in checked._policies] == [MAX_KNOWN] * 2


def test_each_client_has_windows_of_its_own() -> None:
    """What one uses up is not missed by another."""
    checked = limits(FakeClock(), "1/minute")
    assert [checked.check(client).rejected for client in "aab"] == [False, True, False]


def test_without_limits_nothing_is_checked() -> None:
    """An empty string switches the limiter off."""
    assert limits(FakeClock(), "").check("a") == Decision(LimitResult.NONE)


def test_a_storage_that_fails_lets_requests_pass_and_says_so() -> None:
    """The service goes on without its limits, and the gauge shows it until they are back."""
    broken = {"now": True}

    def now() -> float:
        if broken["now"]:
            raise ConnectionError("no storage")
        return 1.0

    checked = Limits("10/minute", now=now, epoch=lambda: 0.0)
    decision, degraded = checked.check("a"), checked.degraded
    broken["now"] = False

    assert (decision, degraded) == (
        Decision(LimitResult.STORAGE_ERROR_ALLOWED, "10_per_minute"),
        True,
    )
    assert (checked.check("a").result, checked.degraded) == (LimitResult.ACQUIRED, False)


@pytest.mark.parametrize("spec", ["ten/minute", "10/fortnight", "10", ";"])
def test_a_limit_that_cannot_be_read_is_refused(spec: str) -> None:
    """The error names the option, its value and an example."""
    with pytest.raises(ValueError) as raised:
        limits(FakeClock(), spec)

    assert str(raised.value) == (
        f"limits is {spec!r}, but must be limits such as '10/minute;100/hour', or empty"
    )


def test_policies_are_named_by_amount_and_period() -> None:
    """The names are the values of the label `policy`."""
    checked = limits(FakeClock(), "10/minute;5 per 2 hours")

    assert checked.policies == ("10_per_minute", "5_per_2_hour")


def test_a_file_of_settings_in_the_working_directory_is_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """slowapi would take its storage and strategy from it."""
    (tmp_path / ".env").write_text("RATELIMIT_STORAGE_URL=nonsense://\nRATELIMIT_ENABLED=x\n")
    monkeypatch.chdir(tmp_path)
    checked = limits(FakeClock(), "1/minute")

    assert [checked.check("a").rejected for _ in range(2)] == [False, True]


def test_the_reset_never_moves_back() -> None:
    """As time passes, the same window names the same end."""
    clock = FakeClock()
    checked = limits(clock, "2/minute")
    resets = []
    for _ in range(3):
        resets.append(int(dict(checked.check("a").headers)[b"x-ratelimit-reset"]))
        clock.advance(7)

    assert all(late - early in (0, 1) for early, late in pairwise(resets))


def test_the_reset_is_never_longer_than_its_window() -> None:
    """Whatever the clock shows, the first request of a minute is told 60 s, not 61."""
    shown = set()
    for monotonic_s in (1000.0, 1000.7957807, 123456.7890123, 86399.9999999):
        clock = FakeClock(monotonic_s=monotonic_s)
        shown.add(dict(limits(clock, "10/minute").check("a").headers)[b"ratelimit"])

    assert shown == {b'"10_per_minute";r=9;t=60'}
