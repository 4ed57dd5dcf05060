"""Everything that can be set from outside: the one reader of the environment."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from booking.domain.errors import BookingError
from resilience.edge import Limits
from resilience.options import LOG_LEVELS

PREFIX = "TALLYBOOK_"
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class SettingsError(BookingError):
    """A setting cannot be used; the text names each, what it was and what is expected."""


class Settings(BaseSettings):
    """Read from environment variables `TALLYBOOK_...`; the defaults run on one machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="address that the servers listen on")
    api_port: Port = Field(5000, description="port of the booking API")
    agent_port: Port = Field(5001, description="port of the booking agent")
    proxy_port: Port = Field(5100, description="port of the fault proxy (make run)")
    control_port: Port = Field(5101, description="port that controls the fault proxy (make run)")
    data: Path = Field(Path("var"), description="directory of the database and of what runs leave")
    business: Path | None = Field(None, description="TOML file with the business data")
    api_url: str = Field(
        "http://127.0.0.1:5000", description="where the agent and the commands find the API"
    )
    agent_url: str = Field(
        "http://127.0.0.1:5001", description="where the traffic generator finds the agent"
    )
    key: SecretStr = Field(
        SecretStr(""),
        description="secret (16 characters or more) with which the API believes the agent",
    )

    limits: str = Field("10/minute;100/hour", description="limits of one client; empty for none")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="networks, separated by commas, whose X-Forwarded-For is believed"
    )
    probe_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        ("127.0.0.0/8", "::1/128"),
        description="networks that may read /metrics, /livez and /readyz",
    )
    threads: Annotated[int, Field(ge=1, le=256)] = Field(8, description="worker threads of the API")
    agent_threads: Annotated[int, Field(ge=1, le=256)] = Field(
        32, description="worker threads of the agent, each of which may wait for the API"
    )
    queue: Annotated[int, Field(ge=1, le=10_000)] = Field(
        256, description="requests that may wait for a thread before new ones are turned away"
    )
    hold_s: Annotated[float, Field(ge=0, le=10)] = Field(
        0.05, description="how long the 429 of a repeat offender is held back, in seconds"
    )
    drain_s: Seconds = Field(10.0, description="how long a stopping server finishes its requests")

    max_retries: Annotated[int, Field(ge=0, le=10)] = Field(3, description="sends after the first")
    backoff_s: Annotated[float, Field(ge=0, le=60)] = Field(1.0, description="first wait, doubled")
    attempt_timeout_s: Seconds = Field(15.0, description="one attempt, on the clock")
    operation_timeout_s: Seconds = Field(67.0, description="all attempts and waits of one call")
    breaker_failures: Annotated[int, Field(ge=1, le=1000)] = Field(
        5, description="consecutive failures that open the circuit"
    )
    breaker_open_s: Seconds = Field(60.0, description="how long the circuit stays open")

    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING, ERROR or CRITICAL")
    log_file: Path | None = Field(
        None, description="file that log lines also go to; at 16 MiB it moves to NAME.1"
    )
    revision: str = Field("", description="revision of the source, shown by booking_build_info")

    @field_validator("business", "log_file", mode="before")
    @classmethod
    def _none_when_empty(cls, value: object) -> object:
        """An empty variable is as good as none."""
        return value or None

    @field_validator("api_url", "agent_url")
    @classmethod
    def _can_be_called(cls, value: str) -> str:
        """An HTTP URL with a host."""
        url = urlsplit(value)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("expected a URL such as http://127.0.0.1:5000")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, value: str) -> str:
        """In capitals or not."""
        if value.upper() not in LOG_LEVELS:
            raise ValueError(f"expected one of {', '.join(LOG_LEVELS)}")
        return value

    @field_validator("limits")
    @classmethod
    def _can_be_counted(cls, value: str) -> str:
        """What the edge will make of it."""
        try:
            Limits(value, now=float, epoch=float)
        except ValueError:
            raise ValueError("expected limits such as '10/minute;100/hour', or empty") from None
        return value

    @field_validator("trusted_proxies", "probe_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Networks come as one text, separated by commas."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxies", "probe_networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Each is an address or a network."""
        for network in value:
            ip_network(network)
        return value

    @field_validator("key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        """A short secret would be guessed."""
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("a secret needs at least 16 characters; leave it empty for none")
        return value

    def __init__(self, **values: object) -> None:
        """Read what `values` leaves open. Raises SettingsError."""
        _refuse_misspelt(os.environ)
        try:
            super().__init__(**values)  # type: ignore[arg-type]  # checked by pydantic itself
        except ValidationError as error:
            raise SettingsError(_sentences(error)) from None

    @property
    def database(self) -> Path:
        """The file of the embedded database."""
        return self.data / "tallybook.db"

    def make_data(self) -> Path:
        """The directory `data`, made for its owner alone if it is missing. Raises SettingsError."""
        reason = ""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
        if not reason and not os.access(self.data, os.W_OK | os.X_OK):
            reason = "it cannot be written to"
        if reason:
            meaning = type(self).model_fields["data"].description
            where = f"{PREFIX}DATA ({meaning}) is {str(self.data)!r}"
            raise SettingsError(f"{where}: {reason}; choose a directory that can be written to")
        return self.data


def _refuse_misspelt(names: Iterable[str]) -> None:
    """A misspelt variable would be passed over in silence; what resembles none may be another's."""
    known = [name.upper() for name in Settings.model_fields]
    for name in sorted(names):
        given = name.removeprefix(PREFIX)
        near = get_close_matches(given, known, 1, cutoff=0.8) if given != name else []
        if near and given not in known:
            raise SettingsError(f"{name} is no setting: did you mean {PREFIX}{near[0]}?")


def _sentences(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        name = "_".join(str(part) for part in problem["loc"])
        field = Settings.model_fields.get(name)
        shown = "(secret)" if name == "key" else repr(problem.get("input"))
        meaning = f" ({field.description})" if field and field.description else ""
        wrong = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{PREFIX}{name.upper()}{meaning} is {shown}: {wrong}")
    return "; ".join(lines)
