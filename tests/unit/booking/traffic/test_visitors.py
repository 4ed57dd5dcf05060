"""Tests of `booking.traffic.visitors`."""

from ipaddress import ip_address
from random import Random

from booking.traffic.journey import MOST_REQUESTS
from booking.traffic.visitors import BLOCKS, Waiting, rest_s, visitors


def test_each_visitor_has_a_loopback_address_of_their_own() -> None:
    """And so a limit of their own; wherever a run begins, as many as there may be find room."""
    first, last = ([v.address for v in visitors(Random(0), 10_001, b)] for b in (0, BLOCKS - 1))
    assert len({*first, *last}) == 20_002
    assert (first[0], first[250], last[-1]) == ("127.16.0.2", "127.16.1.2", "127.250.135.2")
    assert all(ip_address(address).is_loopback for address in (*first, *last))


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
