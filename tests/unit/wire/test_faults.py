"""The closed set of faults: validated when built, and readable from JSON."""

import json

import pytest

from wire.checks import Misconfigured
from wire.faults import (
    FAULTS,
    Delay,
    Drip,
    Drop,
    Fault,
    Hang,
    Refuse,
    Reset,
    Status,
    Truncate,
    fault_from_dict,
)

EACH = [
    Refuse(),
    Reset(when="mid_body"),
    Hang(),
    Delay(delay_s=1.5),
    Drip(interval_s=0.1, chunk_bytes=7, start="headers"),
    Truncate(body_bytes=3, then="reset"),
    Status(status=429, headers=(("Retry-After", "1"), ("X", "y")), body="slow down"),
    Drop(then="close"),
]


def test_the_set_is_closed() -> None:
    """The names are those that are counted, in alphabetical order."""
    expected = ["delay", "drip", "drop", "hang", "refuse", "reset", "status", "truncate"]
    assert list(FAULTS) == expected
    assert sorted(fault.name for fault in EACH) == expected


@pytest.mark.parametrize("fault", EACH, ids=lambda fault: fault.name)
def test_each_fault_survives_json(fault: Fault) -> None:
    """What is written is read back equal."""
    assert fault_from_dict(json.loads(json.dumps(fault.to_dict()))) == fault


def test_headers_may_be_an_object() -> None:
    """The shorter form, for headers that do not repeat."""
    data = {"name": "status", "status": 503, "headers": {"Retry-After": "1"}}
    assert fault_from_dict(data) == Status(status=503, headers=(("Retry-After", "1"),))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "delay", "delay_s": -1}, "delay.delay_s is -1; expected a number at least 0"),
        ({"name": "delay", "delay_s": float("nan")}, "delay.delay_s is nan"),
        ({"name": "delay"}, "fault lacks delay_s"),
        ({"name": "hang", "hang_s": 1}, "fault has the unknown member"),
        ({"name": "hnag"}, "fault.name is 'hnag'; expected one of delay, drip, drop, hang"),
        ({}, "fault.name is None"),
        ([], "fault is of type list; expected a JSON object"),
        ({"name": "drip", "interval_s": 1, "chunk_bytes": 0}, "drip.chunk_bytes is 0"),
        ({"name": "drip", "interval_s": 1, "start": "end"}, "drip.start is 'end'"),
        ({"name": "reset", "when": []}, "reset.when is []"),
        ({"name": "drop", "then": "cry"}, "drop.then is 'cry'"),
        ({"name": "truncate", "body_bytes": 1.5}, "truncate.body_bytes is 1.5"),
        ({"name": "status", "status": 100}, "status.status is 100; expected a number from 200"),
        ({"name": "status", "status": "503"}, "status.status is '503'; expected a whole number"),
        ({"name": "status", "status": 204, "body": "x"}, "status.body is given for a 204"),
        ({"name": "status", "status": 500, "body": 1}, "status.body is 1; expected a string"),
        (
            {"name": "status", "status": 500, "headers": {"Content-Length": "1"}},
            "status.headers has Content-Length; expected no framing",
        ),
        ({"name": "status", "status": 500, "headers": {"A": "1\r\nB: 2"}}, "status.headers A is"),
        ({"name": "status", "status": 500, "headers": {"A B": "1"}}, "status.headers is 'A B'"),
        (
            {"name": "status", "status": 500, "headers": [["A"]]},
            "fault.headers is not made",
        ),
    ],
)
def test_a_bad_fault_is_refused_with_a_sentence(data: object, sentence: str) -> None:
    """Errors name the member, what was expected and the remedy."""
    with pytest.raises(Misconfigured) as caught:
        fault_from_dict(data)
    assert sentence in str(caught.value)
    assert str(caught.value).count("; ") >= 2
