"""Scrapes of all running lives, at equal intervals and at the end."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.load.life import Service


class Scraper:
    """Writes metrics/LIFE/NNNN.prom every `every_s` seconds, and when each was made."""

    def __init__(
        self,
        services: Sequence[Service],
        metrics: Path,
        now_s: Callable[[], float],
        every_s: float,
    ) -> None:
        self._services, self._metrics, self._now_s = services, metrics, now_s
        self._every_s = every_s
        self._counts: Counter[str] = Counter()
        self._times: dict[str, list[float]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scraper", daemon=True)

    def start(self) -> None:
        """Begin to scrape."""
        self._thread.start()

    def stop(self) -> None:
        """Scrape no more by itself; `keep` still does."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def write_times(self) -> None:
        """Write down when each scrape was made, in seconds since the run began."""
        for life, times in self._times.items():
            (self._metrics / life / "times.json").write_text(json.dumps(times), encoding="utf-8")

    def once(self, service: Service) -> None:
        """Scrape the latest life of a service, if it answers."""
        life = service.life.name
        with suppress(OSError):
            self.keep(life, service.scrape())

    def keep(self, life: str, text: bytes) -> None:
        """Write one scrape of a life."""
        with self._lock:
            self._counts[life] += 1
            self._times.setdefault(life, []).append(self._now_s())
            folder = self._metrics / life
            folder.mkdir(exist_ok=True)
            (folder / f"{self._counts[life]:04d}.prom").write_bytes(text)

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            for service in self._services:
                if service.life.ended == "running":
                    self.once(service)
