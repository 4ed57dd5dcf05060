"""No name, e-mail or phone in any signal or error, whichever way it came in."""

import json
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from tests.canaries import PERSON, found_in
from tests.integration.stack.conftest import House
from tests.stack_http import Answer, ask, new_user, wish

from wire import Drop, Rule, Status, Truncate

EMAIL, NAME, PHONE = PERSON["email"], PERSON["name"], PERSON["phone"]
CODED = b64encode(EMAIL.encode()).decode()
HEADERS = {
    "User-Agent": f"{EMAIL} {CODED}",
    "X-Request-ID": EMAIL,
    "Authorization": f"Basic {CODED}",
    "Cookie": f"who={quote(NAME)}; mail={EMAIL}",
    "Referer": f"http://example.com/?email={quote(EMAIL)}",
    "baggage": f"email={EMAIL}",
    "traceparent": f"00-{EMAIL}-{PHONE}-01",
    "tracestate": f"who={EMAIL}",
    "X-Forwarded-For": EMAIL,
    "X-Trusted-Key": EMAIL,
    "Idempotency-Key": EMAIL,
    "X-Request-Attempt": PHONE,
    "X-Request-Timeout-Ms": PHONE,
    "Accept": EMAIL,
}
LINES = (
    f"GET /services?{urlencode(PERSON)}",
    f"GET /availability?service_id={quote(EMAIL)}&date_from={quote(PHONE)}",
    f"GET /availability?service_id=srv-001&{quote(EMAIL)}=1",
    f"GET /appointments/{quote(EMAIL)}",
    f"GET /{quote(NAME)}/{CODED}",
    f"GET /problems/{quote(EMAIL)}",
    f"{CODED.rstrip('=').upper()} /services",
    f"PATCH /appointments/{quote(EMAIL)}",
    f"POST /{quote(PHONE)}",
)
BROKEN = (
    json.dumps(PERSON).encode() + b"}",
    json.dumps({"client": PERSON, EMAIL: NAME}).encode(),
    json.dumps([PERSON]).encode(),
    f'{{"{EMAIL}": 1, "{EMAIL}": 2}}'.encode(),
    NAME.encode("utf-16"),
)


def hostile(house: House) -> Iterator[Answer]:
    """Canaries in lines, headers and bodies, to the API and to the agent."""
    for line in LINES:
        yield ask(house.api.port, line, headers=HEADERS)
        yield ask(house.agent.port, line, headers=HEADERS)
    for body in (*BROKEN, *_wrong(house)):
        yield ask(house.api.port, "POST /appointments", body, HEADERS)
        yield ask(house.agent.port, "POST /book", body, HEADERS)


def _wrong(house: House) -> Iterator[dict[str, object]]:
    """Bookings with one field that holds what belongs elsewhere."""
    right = wish(house.api.port, client=PERSON)
    yield {**right, "service_id": EMAIL}
    yield {**right, "date": NAME, "start_time": PHONE}
    yield {**right, EMAIL: NAME}
    yield {**right, "client": {**PERSON, "email": NAME}}
    yield {**right, "client": {**PERSON, "phone": EMAIL}}
    yield {**right, "client": EMAIL}


def faulty(house: House) -> Iterator[Answer]:
    """Bookings of the canary that meet each kind of failure on their way."""
    for fault in (Status(status=503, body=EMAIL), Drop(), Truncate(body_bytes=200)):
        house.plan(Rule(method="POST", every=True, fault=fault))
        yield ask(house.agent.port, "POST /book", wish(house.api.port, client=PERSON))
    house.plan()


@pytest.fixture(scope="module")
def answers(house: House) -> list[Answer]:
    """A good booking, the same slot again, and everything that can go wrong."""
    body, user = wish(house.api.port, client=PERSON), new_user()
    first = ask(house.agent.port, "POST /book", body, user=user)
    again = ask(house.api.port, "POST /appointments", body, user=user)
    others = [*hostile(house), *faulty(house)]
    house.spans(others[-1].trace_id, "POST /book")
    return [first, again, *others]


@pytest.mark.fault(76)
def test_the_canary_is_really_there(answers: list[Answer]) -> None:
    """Whoever booked sees it in the answer, and the search finds it there."""
    booked = answers[0]

    assert booked.status == 201
    assert booked.json()["appointment"]["client"] == PERSON
    assert len(found_in(booked.body)) >= 3
    assert {answer.status for answer in answers[1:]} >= {400, 404, 409, 415, 422, 502}


@pytest.mark.parametrize("before", range(3))
def test_the_search_finds_what_is_encoded(before: int) -> None:
    """Wherever in a longer text the canary begins when that is encoded."""
    text = "x" * before + EMAIL + "and more"

    assert found_in(b64encode(text.encode()))
    assert found_in(quote(text).encode())
    assert found_in(text.encode().hex().upper().encode())
    assert found_in(b"nobody in particular") == []


@pytest.mark.fault(76, 79)
def test_no_error_repeats_what_it_was_given(answers: list[Answer]) -> None:
    """Neither body nor headers of any refusal."""
    refused = [answer for answer in answers if answer.status >= 400]
    text = b"".join(a.body + a.headers.as_bytes() for a in refused)

    assert len(refused) >= 40
    assert found_in(text) == []


@pytest.mark.fault(74, 75, 76)
def test_no_log_line_holds_personal_data(answers: list[Answer], house: House) -> None:
    """Of both processes; and each line is one JSON object still."""
    for server in (house.api, house.agent):
        assert len(server.lines("request.served")) >= 20
        assert found_in(server.log.read_bytes()) == []


@pytest.mark.fault(74, 76)
def test_no_span_holds_personal_data(answers: list[Answer], house: House) -> None:
    """Names, attributes and links of everything that was exported."""
    spans = house.receiver.spans()
    text = repr(spans).encode()

    assert {span.service for span in spans} == {"booking-api", "booking-agent"}
    assert found_in(text) == []


@pytest.mark.fault(72, 76)
@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text"])
def test_no_metric_holds_personal_data(answers: list[Answer], house: House, accept: str) -> None:
    """Neither labels nor exemplars."""
    text = house.api.metrics(accept) + house.agent.metrics(accept)

    assert "http_server_request_duration_seconds_count{" in text
    assert found_in(text.encode()) == []


@pytest.mark.fault(6)
def test_a_booking_that_may_have_been_made_says_so(answers: list[Answer]) -> None:
    """After lost answers the user is told to repeat with the same key, not that it failed."""
    unknown = [answer for answer in answers if b"outcome-unknown" in answer.body]

    assert [answer.status for answer in unknown] == [502, 502]
    assert {answer.json()["error"] for answer in unknown} == {
        "The booking service did not say whether the request took effect. "
        "Repeat it with the same Idempotency-Key: it takes effect at most once."
    }
