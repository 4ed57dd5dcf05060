"""Hostile input and privacy over real sockets, through the edge, to the file and the signals."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.booking_api import CLIENT, booking, with_client
from tests.booking_stand import BookingStand, booking_stand, rows
from tests.edge_stand import Connection, http

PLAIN = {"Content-Type": "application/json"}
CANARY = {"name": "Wren Canary", "email": "wren.canary@example.org", "phone": "+1 646 555 0142"}
NAMES = [
    "Robert'); DROP TABLE appointments;--",
    "100%_\\",
    "{{7*7}}${7*7}<img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "Zoe\u0308 \u05e9\u05e8\u05d4 \U0001f469\u200d\u2695\ufe0f",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database file is."""
    return tmp_path_factory.mktemp("api")


@pytest.fixture(scope="module")
def stand(folder: Path) -> Iterator[BookingStand]:
    """One running API for all of these: none of them may disturb another."""
    with booking_stand(folder) as running:
        yield running


@pytest.mark.fault(85)
def test_names_are_data(stand: BookingStand, folder: Path) -> None:
    """What looks like code is stored and answered character for character."""
    starts = ["14:00", "14:30", "15:00", "15:30", "16:00"]
    shown = []
    for name, start in zip(NAMES, starts, strict=True):
        document = booking(client={**CLIENT, "name": name}, start_time=start)
        made = stand.send(document=document, headers=PLAIN)
        found = stand.get(made.headers["Location"])
        shown.append(found.json()["appointment"]["client"]["name"])
    assert shown == NAMES
    assert {name for (name,) in rows(folder, "SELECT client_name FROM appointments")} >= set(NAMES)


@pytest.mark.fault(85)
def test_line_breaks_in_a_name_reach_no_header_and_no_row(
    stand: BookingStand, folder: Path
) -> None:
    """A name with control characters is refused."""
    reply = stand.send(document=with_client(name="Eve\r\nSet-Cookie: a=b"), headers=PLAIN)
    assert (reply.status, reply.headers["Set-Cookie"]) == (422, None)
    assert not rows(folder, "SELECT 1 FROM appointments WHERE client_name LIKE 'Eve%'")


@pytest.mark.fault(81)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 20_000,
        b'{"a": NaN}',
        b'{"a": 1, "a": 1}',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b"9" * 5_000,
        b"null",
        b'"' + b"x" * 64_000 + b'"',
        b"x" * 65_537,
        b"",
    ],
    ids=["nesting", "nan", "twice", "utf-16", "bom", "digits", "null", "text", "large", "empty"],
)
def test_bad_bodies_are_refused_and_the_next_request_is_served(
    stand: BookingStand, body: bytes
) -> None:
    """Never a 500; on the same connection, if it stays open, a good request is answered."""
    with Connection(stand.port) as connection:
        refused = connection.ask(http("POST /appointments", PLAIN, body))
        assert refused.status in (400, 413, 422)
        if refused.headers["Connection"] != "close":
            assert connection.ask(http("GET /services")).status == 200


@pytest.mark.fault(79)
def test_guesses_cannot_be_told_apart(stand: BookingStand) -> None:
    """Malformed and absent numbers get one answer, apart from the ids of the request."""
    guesses = ["APPT-1001", "APPT-0000000000000000", "%00", "%ff", "1" * 500]
    replies = [stand.get(f"/appointments/{guess}") for guess in guesses]
    answers = {
        (reply.status, tuple({**reply.json(), "request_id": "", "trace_id": ""}.items()))
        for reply in replies
    }
    assert [status for status, _ in answers] == [404]


@pytest.mark.fault(39)
def test_many_clients_want_one_slot(stand: BookingStand, folder: Path) -> None:
    """One gets it, and everybody else gets alternatives."""
    document = booking(date="2026-12-03")
    with ThreadPoolExecutor(24) as pool:
        replies = list(
            pool.map(
                lambda number: stand.send(
                    document=document, headers=PLAIN, source=f"127.0.1.{number}"
                ),
                range(1, 25),
            )
        )
    assert sorted(reply.status for reply in replies) == [201, *[409] * 23]
    losers = [reply.json() for reply in replies if reply.status == 409]
    assert {len(loser["alternatives"]) for loser in losers} == {5}


@pytest.mark.fault(76)
def test_no_personal_data_is_told_by_the_whole_server(stand: BookingStand) -> None:
    """Through bodies, queries and paths: no span, line, metric or error has any of it."""
    made = stand.send(document=booking(date="2026-12-04", client=CANARY), headers=PLAIN)
    errors = [
        stand.send(document=booking(date="2026-12-04", client=CANARY), headers=PLAIN),
        stand.send(document={"email": CANARY["email"], CANARY["name"]: 1}, headers=PLAIN),
        stand.get("/availability?service_id=wren.canary@example.org"),
        stand.get("/wren.canary@example.org?name=Wren%20Canary"),
    ]
    told = [reply.body.decode() for reply in errors]
    told += [repr(stand.signals.spans()), json.dumps([*map(dict, stand.signals.lines())])]
    told += [repr(sample) for sample in stand.signals.samples()]
    assert made.status == 201
    assert [reply.status for reply in errors] == [409, 422, 422, 404]
    assert [text for text in told if "canary" in text.lower() or "555 0142" in text] == []


def test_one_booking_is_one_trace(stand: BookingStand) -> None:
    """The SERVER span with its route, the use case under it, and the database under that."""
    reply = stand.send(document=booking(date="2026-12-07"), headers=PLAIN)
    trace = [span for span in stand.signals.spans() if span.trace_id == reply.headers["X-Trace-Id"]]
    parents = {span.span_id: span.name for span in trace}
    assert [(span.kind, span.name, parents.get(span.parent_id)) for span in trace] == [
        ("client", "INSERT appointments", "create_appointment"),
        ("internal", "create_appointment", "POST /appointments"),
        ("server", "POST /appointments", None),
    ]
    assert {span.status for span in trace} == {"unset"}
    lines = [x for x in stand.signals.lines() if x.get("trace_id") == trace[0].trace_id]
    assert sorted(line["event"] for line in lines) == ["booking.appointment", "request.served"]
