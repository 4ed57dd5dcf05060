"""Random plans: everything about them follows from the seed.

Times are multiples of 1/64 s, which binary fractions hold exactly: two ways of adding them up give
the same figure, and a comparison at a border is no matter of rounding.
"""

from random import Random

from tests.simulate.plan import OPERATIONS, RANDOMS, Options, Plan, Step, Turn, Window

_STATUSES = (200, 201, 202, 400, 404, 409, 418, 422, 501, 505)
_TRANSIENT = (500, 502, 503, 504)
_REDIRECTS = (301, 302, 303, 307, 308)
_LOST = ("reset", "read_timeout", "drips", "truncated", "not_json", "not_said_to_be_json")
_UNSENT = ("refused", "reset_before_sending", "connect_timeout")
_RARE = ("broken_http", "too_long", "redirect", "in_flight", "crash", "interrupt")
_HOSTILE = ("soon", "-5", "1e3", "nan", "\u0665", "99999999999", "5;6", "Tue, 99 Foo 2030", "")
_HANDS = ("force_open", "disable", "metrics_only", "reset", "reset")
_MOODS = {"well": 6, "ill": 5, "limiting": 2, "odd": 3}


def draw(seed: int, operations: int = 20) -> Plan:
    """The plan of a seed, with this many operations."""
    random = Random(seed)
    options = _options(random)
    drawn = _Steps(random, options)
    return Plan(seed, options, tuple(drawn.step() for _ in range(operations)))


def _options(random: Random) -> Options:
    pick = random.choice
    if random.random() < 0.15:
        return Options(jitter=0.2)
    return Options(
        max_retries=pick((0, 1, 2, 3, 3, 4)),
        backoff_s=pick((0.0, 0.25, 1.0, 1.0, 2.0)),
        max_wait_s=pick((0.5, 3.0, 30.0)),
        jitter=pick((0.0, 0.125, 0.2, 0.25, 1.0)),
        max_retry_after_s=pick((4.0, 30.0, 30.0)),
        attempt_s=pick((2.0, 15.0, 15.0)),
        connect_s=pick((1.0, 5.0, 20.0)),
        operation_s=pick((8.0, 67.0, 67.0)),
        failure_threshold=pick((1, 2, 3, 5, 5, 1000)),
        open_for_s=pick((1.0, 10.0, 60.0)),
        probes=pick((1, 1, 1, 2, 3)),
        probe_expires_s=pick((0.5, 5.0, 60.0)),
        window=_window(random) if random.random() < 0.4 else None,
        max_tokens=pick((1.0, 4.0, 10.0, 100.0)),
        token_ratio=pick((0.125, 0.5, 1.0)),
        limits=pick(("", "", "", "10/minute;100/hour", "2/second;5/minute", "3/minute")),
    )


def _window(random: Random) -> Window:
    pick = random.choice
    return Window(
        counts=pick(("calls", "time")),
        size=pick((4, 5, 10)),
        minimum_calls=pick((1, 2, 4)),
        failure_rate=pick((0.25, 0.5, 1.0)),
        slow_call_rate=pick((0.25, 0.5, 1.0)),
        slow_call_s=pick((0.5, 1.0, 4.0)),
    )


class _Steps:
    """Draws the steps; the service's mood lasts for some of them."""

    def __init__(self, random: Random, options: Options) -> None:
        self._random = random
        self._options = options
        self._mood = "well"
        self._turns = {
            "well": self._answer,
            "ill": self._illness,
            "limiting": self._too_many,
            "odd": self._oddity,
        }

    def step(self, depth: int = 0) -> Step:
        random = self._random
        if random.random() < 0.25:
            (self._mood,) = random.choices([*_MOODS], [*_MOODS.values()])
        turns = tuple(self._turn(depth) for _ in range(self._count()))
        return Step(
            gap_s=self._gap(),
            by_hand=random.choice(_HANDS) if not depth and random.random() < 0.03 else "",
            operation=random.choice(tuple(OPERATIONS)),
            key=random.choice(("minted", "minted", "given", "none")),
            deadline_s=self._deadline(),
            client=random.choice("aab"),
            stopping=random.random() < 0.004,
            turns=turns,
            random=tuple(random.randrange(RANDOMS) for _ in turns) or (32,),
        )

    def _count(self) -> int:
        """How many turns are scripted: a well service needs one."""
        if self._mood == "well":
            return 1
        return self._random.randint(1, self._options.max_retries + 1)

    def _gap(self) -> float:
        rest_s = self._options.open_for_s
        choices = (0.0, 0.0, 0.015625, 0.5, 5.0, rest_s, rest_s - 0.015625, 61.0, 3600.0)
        return self._random.choice(choices)

    def _deadline(self) -> float | None:
        if self._random.random() < 0.75:
            return None
        return self._random.choice((0.0078125, 0.5, 2.0, 2.5, 10.0, 500.0))

    def _turn(self, depth: int) -> Turn:
        mood = self._mood if self._random.random() < 0.85 else self._random.choice([*_MOODS])
        turn: Turn = self._turns[mood]()
        if depth < 2 and self._random.random() < 0.04:
            inner = self.step(depth + 1)
            return Turn(
                turn.kind, turn.status, turn.after_s, turn.retry_after, turn.took_effect, inner
            )
        return turn

    def _after(self) -> float:
        """Mostly at once; at and past the borders of what an attempt may last."""
        if self._random.random() < 0.6:
            return 0.0
        limit_s = self._options.attempt_s
        return self._random.choice((0.015625, 0.5, 1.0, 4.0, limit_s, limit_s + 0.015625, 99.0))

    def _answer(self) -> Turn:
        status = self._random.choice(_STATUSES) if self._random.random() < 0.15 else 200
        return Turn("answer", status, self._after())

    def _illness(self) -> Turn:
        random = self._random
        kind = random.choice(("answer", "answer", "answer", *_UNSENT, *_LOST))
        if kind != "answer":
            return Turn(kind, 200, self._after(), None, random.random() < 0.5)
        asked = self._asked() if random.random() < 0.3 else None
        took_effect = random.random() < 0.3
        return Turn(kind, random.choice(_TRANSIENT), self._after(), asked, took_effect)

    def _too_many(self) -> Turn:
        asked = self._asked() if self._random.random() < 0.8 else None
        return Turn("answer", 429, self._after(), asked)

    def _oddity(self) -> Turn:
        random = self._random
        kind = random.choice(("answer", *_RARE))
        status = random.choice(_REDIRECTS) if kind == "redirect" else random.choice(_STATUSES)
        asked = self._asked() if random.random() < 0.2 else None
        unclear = kind in ("broken_http", "too_long", "crash", "interrupt")
        return Turn(kind, status, self._after(), asked, unclear and random.random() < 0.5)

    def _asked(self) -> tuple[str, str]:
        random = self._random
        form = random.choice(("seconds", "seconds", "date", "shown", "two", "hostile"))
        if form == "hostile":
            return form, random.choice(_HOSTILE)
        return form, str(random.choice((0, 0, 1, 2, 4, 5, 30, 31, 1000)))
