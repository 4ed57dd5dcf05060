"""Tests of `booking.traffic.visitors`."""

from random import Random

from booking.traffic.journey import MOST_REQUESTS
from booking.traffic.visitors import Waiting, rest_s, visitors


def test_each_visitor_has_a_loopback_address_of_their_own() -> None:
    """And so a limit of their own."""
    addresses = [visitor.address for visitor in visitors(Random(0), 600, 16)]
    assert len(set(addresses)) == 600
    assert all(address.startswith("127.") for address in addresses)


def test_without_addresses_all_have_that_of_the_machine() -> None:
    """Nothing is bound, nothing forwarded."""
    found = visitors(Random(0), 2, None)
    assert [visitor.address for visitor in found] == ["", ""]


def test_a_seed_draws_the_same_people() -> None:
    """Invented ones, at a domain that is nobody's."""
    once, again = ([each.person for each in visitors(Random(3), 50, 16)] for _ in range(2))
    assert once == again
    assert all(person.email.endswith("@example.com") for person in once)


def test_a_visitor_rests_within_both_limits() -> None:
    """Over an hour 100 requests, over a minute one journey."""
    assert 3600 / rest_s(100) * MOST_REQUESTS <= 100
    assert rest_s(1_000_000) > 60


def test_the_most_rested_goes_next() -> None:
    """Nobody twice before they have rested."""
    one, other = visitors(Random(0), 2, 16)
    waiting = Waiting([one, other], rest_s=60)
    assert [waiting.take(0), waiting.take(0), waiting.take(0)] == [one, other, None]
    waiting.give_back(other, 5)
    waiting.give_back(one, 7)
    assert [waiting.take(64), waiting.take(65), waiting.take(65), waiting.take(67)] == [
        None,
        other,
        None,
        one,
    ]
