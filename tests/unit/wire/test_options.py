"""Addresses and options are checked when built."""

import pytest

from wire.checks import Misconfigured
from wire.options import ProxyOptions, format_address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:5000", ("127.0.0.1", 5000)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_an_address_is_read_and_written(text: str, address: tuple[str, int]) -> None:
    """host:port, with brackets for IPv6."""
    assert parse_address(text) == address
    assert format_address(*address) == text


@pytest.mark.parametrize("text", ["", "5000", "host:", "host:65536", "::1:1", "http://h:1", "h:-1"])
def test_a_bad_address_is_refused(text: str) -> None:
    """The sentence shows one that is good."""
    sentence = "expected host:port such as 127.0.0.1:5000; correct it"
    with pytest.raises(Misconfigured, match=sentence):
        parse_address(text)


@pytest.mark.parametrize("name", ["head_s", "idle_s", "stall_s", "hold_s", "connect_s"])
def test_limits_are_positive(name: str) -> None:
    """A limit of nothing would end everything."""
    with pytest.raises(Misconfigured, match=f"^{name} is 0; expected a number at least 0.001"):
        ProxyOptions(upstream="h:1", **{name: 0})  # type: ignore[arg-type]  # one wrong value at a time


def test_options_check_their_addresses() -> None:
    """A bad upstream is found when the options are built, not when it is asked."""
    with pytest.raises(Misconfigured, match="the address is 'nowhere'"):
        ProxyOptions(upstream="nowhere")
