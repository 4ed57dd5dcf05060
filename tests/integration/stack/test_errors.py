"""What an error tells a stranger, and to whom the servers listen."""

import re

import psutil  # type: ignore[import-untyped]  # untyped there
import pytest
from tests.integration.stack.conftest import House
from tests.stack_http import Answer, ask, new_user, wish

MEMBERS = {
    "type",
    "title",
    "status",
    "detail",
    "success",
    "error",
    "request_id",
    "trace_id",
    "alternatives",
    "fields",
}
INSIDES = re.compile(
    r"traceback|\.py\b|line \d|select |insert |sqlite|sqlalchemy|werkzeug|flask|uvicorn|pydantic"
    r"|python|debugger|/usr/|/home/|0x[0-9a-f]{6}",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def errors(house: House) -> list[Answer]:
    """Errors of every kind, from the application and from the edge, of the API and the agent."""
    body, user = wish(house.api.port), new_user()
    ask(house.api.port, "POST /appointments", body)
    given = [
        ("GET /absent", None),
        ("DELETE /services", None),
        ("GET /availability?service_id=srv-001&date_from=nonsense", None),
        ("GET /appointments/APPT-0000000000000000", None),
        ("POST /appointments", b"{"),
        ("POST /appointments", {}),
        ("POST /appointments", body),
        ("POST /appointments", b"x" * 70_000),
        ("POST /book", b"{"),
    ]
    asked = [ask(server.port, *each) for each in given for server in (house.api, house.agent)]
    limited = [ask(house.api.port, "GET /services", user=user) for _ in range(11)]
    return [answer for answer in (*asked, *limited) if answer.status >= 400]


@pytest.mark.fault(90)
def test_an_error_is_a_problem_document_that_nobody_stores(errors: list[Answer]) -> None:
    """With the same members everywhere, and the ids under which its signals are found."""
    assert {answer.status for answer in errors} == {400, 404, 405, 409, 413, 422, 429}
    for answer in errors:
        document = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert MEMBERS - {"alternatives", "fields"} <= document.keys() <= MEMBERS
        assert (document["status"], document["success"]) == (answer.status, False)
        assert document["trace_id"] == answer.trace_id
        assert document["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.fault(90)
def test_an_error_shows_nothing_of_the_insides(errors: list[Answer]) -> None:
    """No stack trace, no SQL, no path, no product and no version."""
    for answer in errors:
        headers = answer.headers.as_string().replace("/problems/", "")
        assert INSIDES.findall(answer.body.decode() + headers) == []
        assert answer.headers["Server"] is None


@pytest.mark.fault(90)
def test_the_servers_listen_to_this_machine_only(house: House) -> None:
    """Unless a setting says otherwise."""
    for server in (house.api, house.agent):
        found = psutil.Process(server.process.pid).net_connections("tcp")
        listening = [(c.laddr.ip, c.laddr.port) for c in found if c.status == psutil.CONN_LISTEN]
        assert listening == [("127.0.0.1", server.port)]


@pytest.mark.fault(90)
def test_probes_do_not_exist_for_what_was_forwarded(house: House) -> None:
    """Whoever comes through a proxy sees neither metrics nor readiness."""
    headers = {"X-Forwarded-For": "192.0.2.1"}
    paths = ("metrics", "livez", "readyz")

    assert [ask(house.api.port, f"GET /{path}", headers=headers).status for path in paths] == [
        404
    ] * 3
