"""One user: an address of its own, plain HTTP without a second try, and notes of the answers."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp
from tests.load.records import Records, Told

TIMEOUT_S = 90.0
"""How long a user waits for an answer; longer than any operation may take."""

_ERRORS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ServerDisconnectedError, "disconnected"),
    (aiohttp.ClientPayloadError, "truncated"),
    (aiohttp.ClientOSError, "reset"),
)


def address(number: int) -> str:
    """The loopback address of a user."""
    return f"127.77.{1 + number // 250}.{2 + number % 250}"


def person(number: int) -> Mapping[str, str]:
    """Whom a user books for; none of it may turn up in any signal."""
    return {
        "name": f"Zoë Canarybird {number}",
        "email": f"zoe.{number}@feathers.example",
        "phone": f"+44 7700 90{number:04d}",
    }


CANARIES = ("Canarybird", "feathers.example", "+44 7700 90")
"""What no other text has of any of these people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request, as a user means it. `about` goes into the notes; "" is given a request id."""

    operation: str
    url: str
    method: str = "GET"
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    about: Mapping[str, str] | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `status` None and an empty `content` when nothing usable did."""

    told: Told
    headers: Mapping[str, str]
    content: Any

    @property
    def status(self) -> int | None:
        """The status, None without one."""
        return self.told.status


class User:
    """Asks one thing at a time, each on a new connection from the same address."""

    def __init__(self, number: int, records: Records, *, source: str = "") -> None:
        self.number, self.name = number, f"user-{number:04d}"
        self.address = source or address(number)
        self._records = records
        connector = aiohttp.TCPConnector(local_addr=(self.address, 0), force_close=True, limit=0)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        )

    async def ask(self, question: Question, intended_s: float | None = None) -> Answer:
        """Ask, note what was told, and give it back; nothing is asked twice."""
        request_id = question.request_id or self._records.next_request_id(self.number)
        started_s = self._records.now_s()
        status, error, headers, content = await self._send(question, request_id)
        about = {**(question.about or {}), **_booked(content)}
        told = Told(
            user=self.name,
            scenario=self._records.name,
            operation=question.operation,
            intended_s=started_s if intended_s is None else intended_s,
            started_s=started_s,
            ended_s=self._records.now_s(),
            status=status,
            error=error,
            request_id=request_id,
            trace_id=headers.get("X-Trace-Id", ""),
            key=(question.headers or {}).get("Idempotency-Key", ""),
            replayed=headers.get("Idempotency-Replayed") == "true",
            **about,
        )
        self._records.told.append(told)
        return Answer(told, headers, content)

    async def ask_at(self, question: Question, due_s: float) -> Answer:
        """Ask when it is due, or at once when that has passed; latency counts from then."""
        await asyncio.sleep(max(0.0, due_s - self._records.now_s()))
        return await self.ask(question, due_s)

    async def _send(
        self, question: Question, request_id: str
    ) -> tuple[int | None, str, Mapping[str, str], Any]:
        headers = {**(question.headers or {}), "X-Request-ID": request_id}
        try:
            async with self._session.request(
                question.method, question.url, json=question.body, headers=headers
            ) as response:
                return response.status, "", response.headers, _content(await response.read())
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return None, _name_of(error), {}, None

    async def close(self) -> None:
        """Close what is open."""
        await self._session.close()

    async def __aenter__(self) -> "User":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trail: TracebackType | None,
    ) -> None:
        """Close what is open."""
        await self.close()


def _name_of(error: BaseException) -> str:
    return next((name for kind, name in _ERRORS if isinstance(error, kind)), "other")


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _booked(content: Any) -> Mapping[str, str]:
    found = content.get("appointment") if isinstance(content, dict) else None
    if not found:
        return {}
    return {
        "confirmation": found["confirmation_number"],
        **{name: found[name] for name in ("service_id", "date", "start_time")},
    }
