"""A requests session that sends each request exactly once, and reads no environment."""

from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy

import requests
from requests import Response
from requests.adapters import BaseAdapter
from urllib3.util.retry import Retry


class SingleSendSession(requests.Session):
    """A session on one adapter, which refuses any that would send again by itself.

    Two layers of retries multiply: four attempts over three hidden retries are sixteen sends,
    of which the telemetry would show four.
    """

    def __init__(self, adapter: BaseAdapter, transport: BaseAdapter | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.stream = True  # the adapter reads the answer
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if transport is not None:
            refuse_retries(transport)
        self.adapters.clear()
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self._adapter = adapter

    def get_adapter(self, url: str | bytes) -> BaseAdapter:
        """The one adapter, whatever the URL: it is only known there."""
        del url
        return self._adapter

    def resolve_redirects(self, *args: object, **kwargs: object) -> Iterator[Response]:
        """Nothing: no redirect is ever followed, and none has to be looked for."""
        del args, kwargs
        return iter(())

    def mount(self, prefix: str | bytes, adapter: BaseAdapter) -> None:
        """Use the adapter for URLs that begin with `prefix`; a ValueError if it retries."""
        refuse_retries(adapter)
        super().mount(prefix, adapter)


def refuse_retries(adapter: BaseAdapter) -> None:
    """Raise a ValueError when an adapter would send a request more than once."""
    retries = getattr(adapter, "max_retries", 0)
    sends = retries.total if isinstance(retries, Retry) else retries
    if sends in (0, False):
        return
    raise ValueError(
        f"the adapter {type(adapter).__name__} retries by itself ({retries!r}), but only one "
        "layer may: mount it with max_retries=0 and set RetryOptions.max_retries"
    )
