"""Ids of requests: which are taken over, and how new ones look."""

import re
from contextvars import copy_context
from threading import Thread

import pytest

from resilience.context import accept_request_id, generate_request_id, request_id

NEW = re.compile(r"req-[0-9a-f]{12}")


def test_new_ids_have_one_form_and_differ() -> None:
    """A new id is `req-` and twelve hexadecimal digits."""
    made = [generate_request_id() for _ in range(1000)]
    assert len({*made}) == 1000
    assert all(NEW.fullmatch(one) for one in made)


@pytest.mark.parametrize("offered", ["a", "A.b_c-9", "x" * 64])
def test_a_well_formed_id_is_taken_over(offered: str) -> None:
    """The caller's id is kept, so that both sides can find the request."""
    assert accept_request_id(offered) == offered


@pytest.mark.fault(75)
@pytest.mark.parametrize(
    "offered", [None, "", "x" * 65, "a b", "a\n", "\x1b[31m", "é", "a\r\nb", "٣", "a/b", "a\0"]
)
def test_any_other_id_is_replaced(offered: str | None) -> None:
    """Nothing that could break a line, a header or a terminal is taken over."""
    assert NEW.fullmatch(accept_request_id(offered))


def test_the_id_follows_a_copied_context_only() -> None:
    """A thread sees the id of the context it was given, and none of its own accord."""
    seen: list[str] = []
    token = request_id.set("req-1")
    given = copy_context()
    for target in (lambda: given.run(lambda: seen.append(request_id.get())),):
        _run(target)
    request_id.reset(token)
    _run(lambda: seen.append(request_id.get()))
    assert seen == ["req-1", ""]


def _run(target: object) -> None:
    thread = Thread(target=target)  # type: ignore[arg-type]  # any callable
    thread.start()
    thread.join()
