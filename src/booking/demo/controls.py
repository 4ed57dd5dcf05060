"""Breaks things and mends them again: the way to the API, and the way to the collector."""

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from booking.demo.scene import Act
from booking.demo.scenes import HEALTHY
from booking.stack.parts import StackError
from wire import RunningProxy

_WITHIN_S = 5.0


class Controls:
    """`host`, `port`: the control of the fault proxy. `to_collector`: the way of the spans."""

    def __init__(self, host: str, port: int, to_collector: RunningProxy) -> None:
        self._host, self._port = host, port
        self._to_collector = to_collector
        self._collecting = True

    def carry_out(self, act: Act) -> None:
        """Change what the act changes."""
        if act.plan is not None:
            self._ask("PUT", "/plan", act.plan.to_dict())
        if act.listening is not None:
            self._ask("POST", "/listening", {"accept": act.listening})
        if act.collecting is not None:
            self._collect(act.collecting)

    def mend(self) -> None:
        """Leave no fault behind."""
        self.carry_out(Act(1.0, "", plan=HEALTHY, listening=True, collecting=True))

    @property
    def in_progress(self) -> int:
        """Requests between the agent and the API now."""
        return int(self._ask("GET", "/ledger/summary")["in_progress"])

    def _collect(self, collecting: bool) -> None:
        if collecting and not self._collecting:
            self._to_collector.listen_again()
        if not collecting and self._collecting:
            self._to_collector.stop_listening()
        self._collecting = collecting

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        sent = None if body is None else json.dumps(body)
        with closing(HTTPConnection(self._host, self._port, timeout=_WITHIN_S)) as connection:
            connection.request(method, path, sent)
            response = connection.getresponse()
            said = json.loads(response.read())
        if response.status != 200:
            raise StackError(f"The fault proxy refused {method} {path}: {said['error']}")
        return said
