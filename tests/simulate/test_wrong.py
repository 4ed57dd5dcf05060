"""The simulation can fail: it finds each of the mistakes that are planted for it."""

import re
from collections.abc import Iterator

import pytest
from tests.simulate.batch import Failure, explain, replay, run
from tests.simulate.capture import Capture, capturing
from tests.simulate.draw import draw
from tests.simulate.shrink import shrink, weight
from tests.simulate.wrong import WRONG, planted

FEW = 150
"""Plans within which a mistake must show."""


@pytest.fixture(scope="module")
def capture() -> Iterator[Capture]:
    """One capture for all tests of this module."""
    with capturing() as captured:
        yield captured


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_found(name: str, capture: Capture) -> None:
    """A few plans are enough for the two worlds to part."""
    with planted(name):
        tried = (failures_of(seed, capture) for seed in range(1, FEW))
        found = next(filter(None, tried), [])

    assert found, f"{FEW} plans did not show it"
    assert "storage_error" not in str(found), "the mistake itself is broken"


def failures_of(seed: int, capture: Capture) -> list[Failure]:
    """How a plan, played as in a long run, fails."""
    (tally,) = run(range(seed, seed + 1), capture)
    return tally.failures


def test_without_a_mistake_the_same_plans_agree(capture: Capture) -> None:
    """It is the mistakes that are found, not the plans."""
    (first, *_) = run(range(1, 30), capture)

    assert (first.plans, first.failures) == (29, [])


def test_what_shows_at_the_end_of_a_plan_is_traced_to_its_step(capture: Capture) -> None:
    """The breaker's sums are read after the last step; played again, after the one that erred."""
    with planted("the time in a state is not added up"):
        seed = next(s for s in range(1, FEW) if failures_of(s, capture))
        (tally,) = run(range(seed, seed + 1), capture)
        again = replay(draw(seed), capture)

    assert [failure.found.step for failure in tally.failures] == [20]
    assert again is not None
    assert again.step < 20


def test_a_failing_plan_is_shrunk_and_can_be_replayed(capture: Capture) -> None:
    """What is printed is small, says what differs, and names the command that plays it again."""
    with planted("the circuit opens one failure late"):
        seed = next(s for s in range(1, FEW) if failures_of(s, capture))
        found = replay(draw(seed), capture)
        assert found is not None
        text = explain(Failure(seed, found), capture)
        small = shrink(draw(seed), lambda plan: replay(plan, capture) is not None)

    assert weight(small) < weight(draw(seed)) / 3
    assert re.search(r"^1\. \w+", text, re.MULTILINE)
    assert re.search(r"state: expected 'open', but saw 'closed'", text)
    assert text.endswith(f"replay: make simulate SEED={seed} PLANS=1")
