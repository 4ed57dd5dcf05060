"""How the answers are shortened for the page."""

from tests.stack.walk.words import indented, one_span, short_line, wrapped


def test_a_tag_stands_on_one_line() -> None:
    """And everything else on lines of its own."""
    tag = {"key": "error", "type": "bool", "value": True}
    expected = '{\n "tags": [\n  {"key": "error", "type": "bool", "value": true}\n ]\n}'
    assert indented({"tags": [tag]}) == expected


def test_the_spans_left_out_are_counted_on_both_sides() -> None:
    """So that nobody takes the one that is shown for the whole trace."""
    spans = [{"spanID": name} for name in "abcd"]
    answer = {"data": [{"spans": spans, "processes": {"p1": {"serviceName": "x"}}}]}
    shown = [line.strip() for line in one_span(answer, "b").splitlines()]
    assert shown[4:10] == ["... (1 more)", "{", '"spanID": "b"', "},", "... (2 more)", "],"]
    assert shown[11] == '"p1": ...'


def test_what_all_lines_of_a_trace_share_is_left_out_of_a_line() -> None:
    """Its place is marked once, and the order is that of the line."""
    line = {"event": "a", "trace_id": "t", "trace_flags": "01", "span_id": "s"}
    assert short_line(line) == '{"event": "a", ..., "span_id": "s"}'


def test_a_long_line_is_broken_behind_commas() -> None:
    """Nothing is lost, and each row but the first is indented."""
    assert wrapped("ab, cd, ef", width=8) == "ab, cd,\n  ef"
