"""When to look next: a pure schedule drawn from how long such jobs have taken.

A look that comes `s` seconds after the one before notices an end `s / 2` seconds late on average. With `h` the chance
that a job which still runs ends within the next second, looks and lateness together cost least when they are
``sqrt(2 * price / h)`` seconds apart, `price` being the seconds of lateness that one look is worth. So they are rare
before anything can be done, close where most jobs end, and rare again for those that take very long.
`docs/polling.md` compares this with loops, and with the best that anybody could do.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, erfc, exp, log, pi, sqrt
from statistics import fmean, median, pstdev
from typing import NamedTuple, TypeAlias

from ..domain.catalog import TypicalSeconds

# What took so many times longer than anything the catalog knows was done long before somebody looked.
_NOTICED_LATE = 3
# As many observations as this say as much as the catalog.
_WORTH_OF_CATALOG = 5
# Jobs are never so much alike that the next one could not differ by this share.
_LEAST_SPREAD = 0.08
# Nobody gains by asking more often than this, nor by asking less often. The shortest pause only matters where jobs are
# done at once, as they can be at the emulator: there steps in proportion would be no pauses at all.
_SHORTEST, _LONGEST = 0.1, 30.0
# The shortest pause where a service says how far it is, which may be in steps.
_PACED = 0.5
# A share of the time that somebody has waited already, by which it may be longer without being felt.
_UNNOTICED = 1 / 50
# What a look costs, in likely times of lateness: for one job alone, and how many jobs double it.
_PRICE, _CROWD = 1 / 400, 160
# How many jobs are many, and within how many seconds theirs are looked at together: each moment wakes the processor,
# and finds its caches cold.
_MANY, _STEP = 20, 0.1
# How long a model may take of which nothing is known: from `low` to so many times `high`.
_ANYTHING = 6.0
# The grid: geometric, from a share of the fastest to a multiple of the slowest.
_RATIO, _FROM, _TO = 1.02, 0.25, 2.0


@dataclass(frozen=True)
class Schedule:
    """When jobs of one kind are to be looked at.

    Attributes:
        moments: seconds since a job was submitted.
        looks: how many looks are worth while up to each of them, for one job alone.
    """

    moments: tuple[float, ...]
    looks: tuple[float, ...]

    @classmethod
    def of(cls, history: Sequence[float], typical: TypicalSeconds) -> Schedule:
        """Learn from `history` (durations in seconds), and where there is little of it, from the catalog's range."""
        seen = _credible(history, typical)
        kinds: list[tuple[float, _Kind]] = [(1.0, _expected(typical))]
        if seen:
            share = _worth(seen)
            alike = _LogNormal(median(seen), max(_spread(seen), _LEAST_SPREAD))
            kinds = [(share, alike), (1 - share, kinds[0][1])]
        fastest = min(typical.low, exp(min(seen, default=log(typical.low))))
        moments, last = [_FROM * fastest], _TO * typical.high
        while moments[-1] < last:
            moments.append(moments[-1] * _RATIO)
        densities = [sqrt(_hazard(moment, kinds) / (2 * _PRICE * typical.likely)) for moment in moments]
        looks = [0.0]
        for (earlier, later), (before, after) in zip(pairwise(moments), pairwise(densities), strict=True):
            looks.append(looks[-1] + (later - earlier) * (before + after) / 2)
        return cls(tuple(moments), tuple(looks))

    def delay(self, elapsed: float, watched: int = 1) -> float:
        """Seconds to wait before the next look.

        Args:
            elapsed: seconds since the job was submitted.
            watched: how many jobs this program looks after; with many, each is looked at less often.
        """
        wanted = _between(self.moments, self.looks, elapsed) + sqrt(1 + (watched - 1) / _CROWD)
        step = _between(self.looks, self.moments, wanted) - elapsed if wanted < self.looks[-1] else elapsed / 10
        return min(max(step, elapsed * _UNNOTICED, _SHORTEST), _LONGEST)


def _spread(seen: Sequence[float]) -> float:
    return pstdev(seen, fmean(seen))


def _credible(history: Sequence[float], typical: TypicalSeconds) -> list[float]:
    """Logarithms of the durations that may be true."""
    return [log(seconds) for seconds in history if 0 < seconds <= _NOTICED_LATE * typical.high]


def _worth(seen: Sequence[float]) -> float:
    """How much observations say, beside the catalog, as a share of all that is known."""
    return len(seen) / (len(seen) + _WORTH_OF_CATALOG)


def usual(history: Sequence[float], typical: TypicalSeconds) -> TypicalSeconds:
    """How long jobs take, by what they took so far and by what the catalog says; the catalog's guess counts nothing.

    Args:
        history: durations in seconds.
        typical: the catalog's range.
    """
    seen = _credible(history, typical)
    if not seen:
        return typical
    share = 1.0 if typical.is_guess else _worth(seen)
    likely = exp(share * median(seen) + (1 - share) * log(typical.likely))
    high = _NOTICED_LATE * likely if typical.is_guess else typical.high
    return TypicalSeconds(min(typical.low, exp(min(seen))), likely, max(high, exp(max(seen))), "earlier clips")


# How long jobs of one kind take: `density` is the chance to end within the second after a moment, `rest` to end later.
@dataclass(frozen=True)
class _LogNormal:
    middle: float
    spread: float

    def density(self, moment: float) -> float:
        away = (log(moment) - self.middle) / self.spread
        return exp(-away * away / 2) / (moment * self.spread * sqrt(2 * pi))

    def rest(self, moment: float) -> float:
        return erfc((log(moment) - self.middle) / self.spread / sqrt(2)) / 2


@dataclass(frozen=True)
class _Anything:
    """Seconds, minutes and hours are equally likely."""

    low: float
    high: float

    def density(self, moment: float) -> float:
        return 1 / (moment * log(self.high / self.low)) if self.low <= moment < self.high else 0.0

    def rest(self, moment: float) -> float:
        return min(max(log(self.high / moment) / log(self.high / self.low), 0.0), 1.0)


_Kind: TypeAlias = _LogNormal | _Anything


def _expected(typical: TypicalSeconds) -> _Kind:
    if typical.is_guess:
        return _Anything(typical.low * _FROM, typical.high * _ANYTHING)
    # The range is taken for six standard deviations wide.
    return _LogNormal(log(typical.likely), log(typical.high / typical.low) / 6)


def _hazard(moment: float, kinds: Sequence[tuple[float, _Kind]]) -> float:
    """The chance that a job which still runs is done within a second, from shares of kinds of jobs."""
    density = sum(share * kind.density(moment) for share, kind in kinds)
    rest = sum(share * kind.rest(moment) for share, kind in kinds)
    return density / rest if rest > 1e-12 else 0.0


def _between(places: Sequence[float], values: Sequence[float], at: float) -> float:
    """The value at a place between two that are known."""
    right = min(max(bisect_right(places, at), 1), len(places) - 1)
    (left_place, right_place), (left, value) = places[right - 1 : right + 1], values[right - 1 : right + 1]
    if right_place == left_place:
        return value
    share = min(max((at - left_place) / (right_place - left_place), 0.0), 1.0)
    return left + (value - left) * share


class Pace(NamedTuple):
    """How far a job is by its service's own account.

    Attributes:
        share: what is done, between 0 and 1.
        at: when the service said so, in seconds since the epoch.
        ends_at: when it is done if it goes on like this.
    """

    share: float
    at: float
    ends_at: float

    @classmethod
    def of(cls, share: float, at: float, began: float, first: Pace | None) -> Pace:
        """A pace from what a service says.

        Args:
            share: what is done by now.
            at: seconds since the epoch.
            began: when the job was submitted.
            first: what the service said first. Before that the job may have stood in a queue.
        """
        done, taken = (share - first.share, at - first.at) if first else (0.0, 0.0)
        if done <= 0 or taken <= 0:
            done, taken = share, at - began
        return cls(share, at, at + (1 - share) * max(taken, 0.0) / done)

    def delay(self, elapsed: float, watched: int = 1) -> float:
        """Seconds to wait before the next look: half of what is left, so that the looks come closer towards the end.

        It is never longer than the job has run, since what a service says first may be far off.

        Args:
            elapsed: seconds since the job was submitted.
            watched: as for `Schedule.delay`.
        """
        step = (self.ends_at - self.at) / 2 * sqrt(1 + (watched - 1) / _CROWD)
        return min(max(min(step, elapsed), elapsed * _UNNOTICED, _PACED), _LONGEST)


def in_step(pause: float, now: float, watched: int) -> float:
    """A pause before a look: where there are many jobs, it ends with the pauses of those that are due a little later.

    Args:
        pause: in seconds; none stays none.
        now: seconds since the epoch.
        watched: as for `Schedule.delay`.
    """
    return ceil((now + pause) / _STEP) * _STEP - now if pause and watched > _MANY else pause


def polite(seconds: float) -> float:
    """What a service asked to wait, within reason: neither a busy loop nor a lost day.

    Args:
        seconds: from ``Retry-After`` or RetryInfo.
    """
    return min(max(seconds, 1.0), 60.0)
