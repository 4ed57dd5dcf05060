"""The names that no event may give to a field."""

from resilience.declare import Event
from resilience.reserved import LINE, RESERVED


def test_the_form_of_a_log_line_is_reserved() -> None:
    """A field never hides behind a member of the line's form."""
    form = {"timestamp", "level", "event", "logger", "service", "trace_id", "span_id"}
    assert form | {"trace_flags", "request_id", "exception"} <= LINE < RESERVED


def test_all_that_a_declaration_says_is_reserved() -> None:
    """A field never stands in for a part of the declaration."""
    public = {name for name in (*vars(Event), *Event.__annotations__) if not name.startswith("_")}
    assert public <= RESERVED
