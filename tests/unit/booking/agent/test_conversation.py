"""Tests of `booking.agent.conversation`."""

import pytest
from tests.unit.booking.agent.conftest import FakeApi, booking, slot, wish

from booking.agent.conversation import Conversation
from booking.agent.errors import NotFree, Refused
from resilience.events import unobserved


def test_free_start_is_booked(api: FakeApi) -> None:
    """A wished start that is free is booked with the caller's key."""
    booked = Conversation(api, unobserved).book(wish("10:00"), "k")
    assert (booked, api.booked) == (booking(("2026-12-01", "10:00")), [("10:00", "k")])


def test_unknown_service_names_the_known(api: FakeApi) -> None:
    """A service that does not exist is refused with those that do, before anything is sent."""
    with pytest.raises(Refused) as raised:
        Conversation(api, unobserved).book(wish("10:00", service="srv-9"), "k")
    assert (raised.value.status, str(raised.value), api.booked) == (
        404,
        "There is no service 'srv-9'. Choose one of: srv-001 (General Consultation).",
        [],
    )


def test_start_that_is_not_free_is_answered_with_the_next(api: FakeApi) -> None:
    """Without leave to take another, the next free starts are offered and nothing is booked."""
    with pytest.raises(NotFree) as raised:
        Conversation(api, unobserved).book(wish("09:30"), "k")
    assert (str(raised.value), raised.value.alternatives, api.booked) == (
        "09:30 on 2026-12-01 is not free. Free instead: 2026-12-01 10:00, 2026-12-01 11:00.",
        (slot("10:00"), slot("11:00")),
        [],
    )


def test_nothing_free_says_so() -> None:
    """With no free start at all the sentence advises an earlier date, even with leave to take."""
    with pytest.raises(NotFree) as raised:
        Conversation(FakeApi([]), unobserved).book(wish("09:30", take_next=True), "k")
    assert str(raised.value) == (
        "09:30 on 2026-12-01 is not free. Nothing is free from that day on: try an earlier date."
    )


def test_next_start_is_taken_when_allowed(api: FakeApi) -> None:
    """With leave to take another, the next free start is booked, with a key of its own."""
    api.taken = {"10:00"}
    booked = Conversation(api, unobserved).book(wish("10:00", take_next=True), "k")
    assert (booked.start_time, api.booked) == ("09:00", [("10:00", "k"), ("09:00", "k-1")])


def test_slot_lost_in_the_race_is_offered_back(api: FakeApi) -> None:
    """A start that somebody took in between ends with the API's alternatives."""
    api.taken = {"10:00"}
    with pytest.raises(NotFree) as raised:
        Conversation(api, unobserved).book(wish("10:00"), "k")
    assert raised.value.alternatives == (slot("09:00"), slot("11:00"))


def test_taking_the_next_ends_after_five(api: FakeApi) -> None:
    """Somebody who takes every start just before us does not keep us for ever."""
    api.free = [slot(f"{hour:02d}:00") for hour in range(9, 18)]
    api.taken = {f"{hour:02d}:00" for hour in range(9, 18)} - {"17:00"}
    api.free.pop()
    with pytest.raises(NotFree):
        Conversation(api, unobserved).book(wish("09:00", take_next=True), "k")
    assert len(api.booked) <= 6
