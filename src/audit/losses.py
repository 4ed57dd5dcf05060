"""What the signals of each life are known to have lost: only this may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from audit.run import Life, Run
from audit.sources.metrics import Scrape

METRIC, SPAN, LOG = "metric", "span", "log"
LOST_WITHIN_S = 10.0
"""What ended longer than this before a process was killed had been handed over."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What one signal of one life lost: `count` records at most (None: not known how many).

    `explained`: the run named it, or the process was killed. Otherwise nothing can be said of
    what the signal does not show.
    """

    why: str
    count: int | None = None
    explained: bool = False


class Losses:
    """The losses of a run, by life and signal."""

    def __init__(
        self,
        run: Run,
        scrapes: Mapping[str, Scrape],
        received: Mapping[str, Mapping[str, int]],
    ) -> None:
        """`received`: how many records of each signal and life arrived."""
        self._run = run
        self._lives = {life.name: life for life in run.lives}
        self._found: dict[tuple[str, str], Loss] = {}
        for life in run.lives:
            scrape = scrapes.get(life.name)
            for signal in (METRIC, SPAN, LOG):
                loss = self._loss(life, signal, scrape, received.get(signal, {}))
                if loss is not None:
                    self._found[life.name, signal] = loss

    def of(self, life: str, signal: str) -> Loss | None:
        """What a signal of a life lost; None when it must be complete."""
        return self._found.get((life, signal))

    def excuse(self, life: str, signal: str, ended_s: float | None) -> Loss | None:
        """The loss that a record which ended then may be among; None when it must be there."""
        loss, lived = self.of(life, signal), self._lives.get(life)
        if loss is None or lived is None or not lived.killed or loss.count is not None:
            return loss
        too_early = ended_s is not None and ended_s < (lived.ended_s or 0.0) - LOST_WITHIN_S
        return None if too_early else loss

    def _loss(
        self, life: Life, signal: str, scrape: Scrape | None, received: Mapping[str, int]
    ) -> Loss | None:
        if life.killed:
            return Loss(_KILLED[signal], None, True)
        if scrape is None:
            return None
        count, why = _counted(scrape, signal)
        gap = int(scrape.total("telemetry_delivered_total", signal=signal)) - received.get(
            life.name, 0
        )
        if signal != METRIC and "telemetry_delivered_total" in scrape and gap > 0:
            count, why = count + gap, [*why, f"{gap} delivered but not received"]
        if not count:
            return None
        return Loss(", ".join(why), count, self._is_named(life.name, signal))

    def _is_named(self, life: str, signal: str) -> bool:
        return any(
            residual.law == "L10"
            and residual.life in ("", life)
            and residual.signal in ("", signal)
            for residual in self._run.residuals
        )


_KILLED = {
    METRIC: "counted after the last scrape of a killed process",
    SPAN: "spans lost with the killed process",
    LOG: "lines lost with the killed process",
}


def _counted(scrape: Scrape, signal: str) -> tuple[int, list[str]]:
    """What the process itself says that it lost of a signal."""
    count, why = 0, []
    for name in ("telemetry_dropped", "telemetry_failures"):
        for sample in scrape.by_name.get(f"{name}_total", ()):
            if sample.value and sample.labels.get("signal") == signal:
                count += int(sample.value)
                why.append(f"{sample.value:g} {signal}s lost ({sample.labels.get('reason')})")
    return count, why
