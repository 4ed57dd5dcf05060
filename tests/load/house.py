"""The stack under load: API, agent, three hops and a telemetry sink, and the records of it all."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.load.hop import Hop, wait_carried, write_ledger
from tests.load.life import Service
from tests.load.process import ROOT, Process, free_port
from tests.load.reader import Reader
from tests.load.records import Records, Shade
from tests.load.scraper import Scraper
from tests.load.spans import write_spans

KEY = "a-key-of-sixteen-letters-or-more"
CARRIED_WITHIN_S = 90.0
SCRAPE_EVERY_S = 2.0


class Sink:
    """The telemetry sink's process; it may be lost and come back on the same port."""

    def __init__(self, work: Path) -> None:
        self.port = free_port()
        self.received = work / "exports.jsonl"
        self.processes: list[Process] = []
        self._log = work / "sink.log"
        self.received.touch()

    @property
    def endpoint(self) -> str:
        """Where exports are sent."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Receive from now on."""
        words = [str(ROOT / "tests" / "load" / "sink.py"), str(self.port), str(self.received)]
        self.processes.append(Process(words, self._log))
        self.processes[-1].wait_ready(self.port, "/")

    def kill(self) -> None:
        """Be lost, with the port refusing connections."""
        self.processes[-1].kill()


@dataclass(slots=True)
class House:
    """A running stack. Users reach the services through `users_api` and `users_agent`."""

    records: Records
    sink: Sink
    api: Service
    agent: Service
    agent_api: Hop
    users_agent: Hop
    users_api: Hop
    scraper: Scraper
    readers: list[Reader] = field(default_factory=list)

    @property
    def services(self) -> Sequence[Service]:
        """Both services."""
        return (self.api, self.agent)

    @property
    def hops(self) -> list[Hop]:
        """All hops."""
        return [self.agent_api, self.users_agent, self.users_api]

    @property
    def database(self) -> Path:
        """The database that the API writes."""
        return self.records.directory / "work" / "tallybook.db"

    def read_through_pipes(self) -> None:
        """Have readers for the log lines of both services, who may stop."""
        for service in self.services:
            reader = Reader()
            service.lines_to = reader
            self.readers.append(reader)

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        work = self.records.directory
        self.sink.start()
        for service in self.services:
            service.start()
        self.agent_api.start(self.api.port, work)
        self.users_agent.start(self.agent.port, work)
        self.users_api.start(self.api.port, work)
        for service in self.services:
            service.wait_ready()
        for hop in self.hops:
            hop.wait_ready()
        self.scraper.start()

    @contextmanager
    def shade(self, name: str) -> Iterator[None]:
        """Note that this fault is in force during the block."""
        from_s = self.records.now_s()
        try:
            yield
        finally:
            self.records.shades.append(Shade(name=name, from_s=from_s, to_s=self.records.now_s()))

    def settle(self) -> None:
        """Wait until all is at rest, and take the last scrape of each living process."""
        wait_carried(self.hops, CARRIED_WITHIN_S)
        self.scraper.stop()
        for service in self.services:
            if service.life.ended == "running":
                self.scraper.keep(service.life.name, service.wait_settled())
        self.scraper.write_times()

    def write(self) -> None:
        """Put the records of all witnesses into the run's directory."""
        records, directory = self.records, self.records.directory
        for reader in self.readers:
            reader.drain()
        lives = [life for service in self.services for life in service.lives]
        for life in lives:
            records.copy_log(life.name)
        for hop in self.hops:
            work = directory / "work" / f"{hop.name}.ledger"
            write_ledger(work, directory / "ledger" / f"{hop.name}.jsonl", records.began)
        write_spans(self.sink.received, directory / "spans.jsonl")
        records.copy_database(self.database)
        records.write([life.to_dict() for life in lives], [hop.to_dict() for hop in self.hops])

    def close(self) -> None:
        """End every process that still runs."""
        services = [life.process for service in self.services for life in service.lives]
        hops = [hop.process for hop in self.hops if hop.process is not None]
        for process in (*services, *hops, *self.sink.processes):
            process.kill()
        self.scraper.stop()


@contextmanager
def open_house(
    records: Records,
    settings: Mapping[str, object],
    *,
    through_pipes: bool = False,
    bug: str = "",
) -> Iterator[House]:
    """A running stack whose records are written when the block has ended well.

    `bug` is planted into both services.
    """
    house = _house(records, {"KEY": KEY, "DATA": records.directory / "work", **settings}, bug)
    with ExitStack() as running:
        running.callback(house.close)
        if through_pipes:
            house.read_through_pipes()
        house.start()
        yield house
        house.settle()
        house.write()
        statuses = [s.stop() for s in house.services if s.life.ended == "running"]
        assert set(statuses) <= {0}, f"the services ended with {statuses}"


def _house(records: Records, settings: Mapping[str, object], bug: str) -> House:
    sink = Sink(records.directory / "work")
    agent_api = Hop(name="agent-api", client="booking-agent", server="booking-api")
    common = (records.directory, records.now_s, sink.endpoint)
    api = Service("api", *common, settings, bug)
    agent = Service("agent", *common, {**settings, "API_URL": agent_api.url}, bug)
    metrics = records.directory / "metrics"
    return House(
        records=records,
        sink=sink,
        api=api,
        agent=agent,
        agent_api=agent_api,
        users_agent=Hop(name="users-agent", client="", server="booking-agent"),
        users_api=Hop(name="users-api", client="", server="booking-api"),
        scraper=Scraper((api, agent), metrics, records.now_s, SCRAPE_EVERY_S),
    )
