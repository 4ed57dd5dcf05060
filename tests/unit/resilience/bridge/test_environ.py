"""The environ of a request, where it differs from what a2wsgi makes on purpose."""

from typing import Any

import pytest

from resilience.bridge import Call
from resilience.bridge.environ import build_environ, environ_name


def environ(headers: list[tuple[bytes, bytes]], **changes: Any) -> dict[str, Any]:
    """The environ of a GET with these headers."""
    scope = {
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": headers,
    }
    options = {name: changes.pop(name) for name in ("body", "hidden", "extra") if name in changes}
    return build_environ(Call({**scope, **changes}, **options))


def told(headers: list[tuple[bytes, bytes]], **changes: Any) -> dict[str, str]:
    """The headers in an environ."""
    return {n: v for n, v in environ(headers, **changes).items() if n.startswith("HTTP_")}


@pytest.mark.fault(84)
def test_a_name_with_an_underscore_cannot_pass_for_another() -> None:
    """`X_Y` is dropped, whichever comes first."""
    pair = [(b"x_y", b"evil"), (b"x-y", b"good")]

    assert told(pair) == told(pair[::-1]) == {"HTTP_X_Y": "good"}


def test_repeated_headers_are_joined() -> None:
    """By commas, and cookies by semicolons."""
    headers = [(b"a", b"1"), (b"cookie", b"x=1"), (b"a", b"2"), (b"cookie", b"y=2")]

    assert told(headers) == {"HTTP_A": "1,2", "HTTP_COOKIE": "x=1; y=2"}


@pytest.mark.parametrize("name", [b"proxy", b"transfer-encoding", b"content-length", b"upgrade"])
def test_some_headers_are_never_told(name: bytes) -> None:
    """Settings in disguise, and framing that no longer holds."""
    assert environ_name(name) == ""


def test_the_length_is_that_of_the_body_that_was_read() -> None:
    """Also when it came in chunks."""
    made = environ([(b"transfer-encoding", b"chunked")], body=b"hello")

    assert (made["CONTENT_LENGTH"], made["wsgi.input"].read()) == ("5", b"hello")
    assert "CONTENT_LENGTH" not in environ([(b"content-length", b"0")])


def test_the_target_is_told_raw_and_decoded() -> None:
    """REQUEST_URI is what was asked for; PATH_INFO is decoded, byte for byte."""
    made = environ([], raw_path=b"/a%2Fb%FF", path="/a/b\ufffd", query_string=b"q=%20")

    assert (made["REQUEST_URI"], made["RAW_URI"]) == ("/a%2Fb%FF?q=%20", "/a%2Fb%FF?q=%20")
    assert (made["PATH_INFO"], made["QUERY_STRING"]) == ("/a/b\xff", "q=%20")


def test_hidden_headers_are_left_out_and_extras_added() -> None:
    """The caller decides what the application may know."""
    made = environ([(b"a", b"1"), (b"b", b"2")], hidden=frozenset({b"a"}), extra={"note": 1})

    assert ("HTTP_A" in made, made["HTTP_B"], made["note"]) == (False, "2", 1)


def test_a_unix_socket_has_no_address() -> None:
    """Server and client may be unknown."""
    made = environ([], server=None, client=None, scheme="https")

    assert (made["SERVER_NAME"], made["SERVER_PORT"], made["REMOTE_ADDR"]) == (
        "localhost",
        "443",
        "",
    )
