"""Tests of `booking.agent.conversation`."""

import pytest
from tests.unit.booking.agent.conftest import FakeApi, booking, slot, wish

from booking.agent.conversation import Conversation, Sent
from booking.agent.errors import NotFree, Refused
from booking.agent.sendings import Sendings
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
        "09:30 on 2026-12-01 is not free.",
        (slot("10:00"), slot("11:00")),
        [],
    )


def test_nothing_free_says_so() -> None:
    """With no free start at all the sentence says so, even with leave to take another."""
    with pytest.raises(NotFree) as raised:
        Conversation(FakeApi([]), unobserved).book(wish("09:30", take_next=True), "k")
    assert str(raised.value) == (
        "09:30 on 2026-12-01 is not free. Nothing else is free from that day on."
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


def test_known_key_finds_its_own_booking_in_a_start_that_is_no_longer_free(api: FakeApi) -> None:
    """Whoever repeats a key asks the API again, for the taker of the start may be the same wish."""
    api.free = [slot("11:00")]
    booked = Conversation(api, unobserved).book(wish("10:00"), "k", known_key=True)
    assert (booked, api.booked) == (booking(("2026-12-01", "10:00")), [("10:00", "k")])


def test_known_key_of_a_start_that_others_have_is_answered_with_the_next(api: FakeApi) -> None:
    """When somebody else has the start, a repeated key changes nothing in the answer."""
    api.free, api.taken = [slot("11:00")], {"10:00"}
    with pytest.raises(NotFree) as raised:
        Conversation(api, unobserved).book(wish("10:00"), "k", known_key=True)
    assert raised.value.alternatives == (slot("11:00"),)


def test_another_start_never_gets_the_key_of_the_wished_one(api: FakeApi) -> None:
    """The caller's key stays that of the wished start, so that it can be repeated."""
    Conversation(api, unobserved).book(wish("09:30", take_next=True), "k")
    assert api.booked == [("10:00", "k-1")]


def test_what_was_sent_can_be_repeated(api: FakeApi) -> None:
    """The last start that was asked for is known, with its key, and none before any was."""
    api.taken = {"10:00"}
    conversation = Conversation(api, unobserved)
    before = conversation.sent
    conversation.book(wish("10:00", take_next=True), "k")
    assert (before, conversation.sent) == (None, Sent("2026-12-01", "09:00", "k-1"))


def test_a_long_key_gives_each_alternative_a_key_of_its_own(api: FakeApi) -> None:
    """Keys that differ only in their last letters differ still, within what the API takes."""
    api.taken = {"10:00"}
    for key in ("k" * 254 + "a", "k" * 254 + "b"):
        Conversation(api, unobserved).book(wish("10:00", take_next=True), key)
    first, second = (key for start, key in api.booked if start == "09:00")
    assert first != second
    assert max(len(first), len(second)) <= 255


def lost(api: FakeApi, sendings: Sendings, start: str = "10:00") -> None:
    """A wish of whoever's key is k, whose outcome was never known, and whose start is gone."""
    conversation = Conversation(api, unobserved, sendings, "127.0.0.9")
    conversation.book(wish(start, take_next=True), "k", known_key=True)
    assert conversation.sent
    api.free = [each for each in api.free if each.start_time != conversation.sent.start_time]
    api.booked.clear()


def test_a_repeated_key_asks_for_the_alternative_that_it_had(api: FakeApi) -> None:
    """Not for the next one, which would be a second booking, or another's under the same key."""
    sendings = Sendings()
    api.taken = {"10:00"}
    lost(api, sendings)
    again = Conversation(api, unobserved, sendings, "127.0.0.9")
    booked = again.book(wish("10:00", take_next=True), "k", known_key=True)
    assert (booked.start_time, api.booked) == ("09:00", [("09:00", "k-1")])


def test_an_alternative_that_somebody_else_has_by_now_is_passed_over(api: FakeApi) -> None:
    """The next one has a key that was never used."""
    sendings = Sendings()
    api.taken = {"10:00"}
    lost(api, sendings)
    api.taken = {"09:00", "10:00"}
    again = Conversation(api, unobserved, sendings, "127.0.0.9")
    booked = again.book(wish("10:00", take_next=True), "k", known_key=True)
    assert (booked.start_time, api.booked) == (
        "11:00",
        [("09:00", "k-1"), ("10:00", "k"), ("11:00", "k-2")],
    )


@pytest.mark.parametrize(
    ("caller", "start", "key"),
    [("127.0.0.8", "10:00", "k"), ("127.0.0.9", "11:00", "k"), ("127.0.0.9", "10:00", "l")],
    ids=["another caller", "another wish", "another key"],
)
def test_nobody_else_gets_what_was_asked_for(
    api: FakeApi, caller: str, start: str, key: str
) -> None:
    """A key stands for one wish of one caller."""
    sendings = Sendings()
    api.taken = {"10:00"}
    lost(api, sendings)
    api.taken = set()
    again = Conversation(api, unobserved, sendings, caller)
    again.book(wish(start, take_next=True), key, known_key=True)
    assert api.booked == [(start, key)]
