"""How long the emulated service takes to make a clip."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Literal

from ...domain.catalog import TypicalSeconds

# About two thirds of the draws lie within a factor of 1.7 of the likely value.
_SPREAD = 0.55


@dataclass(frozen=True)
class Wait:
    """What must pass before one operation is done.

    Attributes:
        polls: how many polls are answered as still running.
        seconds: how much time passes from the create on.
    """

    polls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Pace:
    """The speed of the service; make one with `at_once`, `polls`, `seconds` or `parse`."""

    kind: Literal["at-once", "polls", "seconds"]
    amount: float = 0.0

    @classmethod
    def at_once(cls) -> Pace:
        """Done at the first poll, which is answered when the clip is rendered."""
        return cls("at-once")

    @classmethod
    def polls(cls, number: int) -> Pace:
        """Running for `number` polls, done at the next."""
        return cls("polls", number)

    @classmethod
    def seconds(cls, speed: float = 20.0) -> Pace:
        """As long as the real service takes, drawn per request, divided by `speed`."""
        return cls("seconds", speed)

    @classmethod
    def parse(cls, text: str) -> Pace:
        """Read ``at-once``, ``polls:N`` or ``seconds:SPEED``.

        Raises:
            ValueError: `text` is none of them, or its number makes no sense.
        """
        kind, _, amount = text.partition(":")
        if kind == "at-once" and not amount:
            return cls.at_once()
        if kind == "polls" and amount.isdigit():
            return cls.polls(int(amount))
        if kind == "seconds" and _positive(amount or "20"):
            return cls.seconds(float(amount or 20))
        raise ValueError(f"pace {text!r}: write at-once, polls:N or seconds:SPEED, with SPEED above 0.")

    def __str__(self) -> str:
        return self.kind if self.kind == "at-once" else f"{self.kind}:{self.amount:g}"

    def wait(self, typical: TypicalSeconds, draw: str) -> Wait:
        """What one operation waits for; the same `draw` gives the same time, within the range of `typical`."""
        if self.kind == "at-once":
            return Wait()
        if self.kind == "polls":
            return Wait(polls=int(self.amount))
        rng = random.Random(draw)  # noqa: S311 - a waiting time, not a secret
        # Waiting times have a long tail: many near the likely one, a few that are several times as long.
        drawn = rng.lognormvariate(math.log(typical.likely), _SPREAD)
        return Wait(seconds=min(typical.high, max(typical.low, drawn)) / self.amount)


def _positive(text: str) -> bool:
    try:
        # float() also reads nan and inf, by which no time can be divided.
        return 0 < float(text) < math.inf
    except ValueError:
        return False
