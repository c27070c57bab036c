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
from math import erfc, exp, log, pi, sqrt
from statistics import fmean, median, pstdev

from .catalog import TypicalSeconds

# What took so many times longer than anything the catalog knows was done long before somebody looked.
_NOTICED_LATE = 3
# As many observations as this say as much as the catalog.
_WORTH_OF_CATALOG = 5
# Jobs are never so much alike that the next one could not differ by this share.
_LEAST_SPREAD = 0.08
# Nobody gains by asking more often than this, nor by asking less often. The shortest pause only matters where jobs are
# done at once, as they can be at the emulator: there steps in proportion would be no pauses at all.
_SHORTEST, _LONGEST = 0.1, 30.0
# A share of the time that somebody has waited already, by which it may be longer without being felt.
_UNNOTICED = 1 / 50
# What a look costs, in likely times of lateness: for one job alone, and how many jobs double it.
_PRICE, _CROWD = 1 / 400, 160
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
        seen = [log(seconds) for seconds in history if 0 < seconds <= _NOTICED_LATE * typical.high]
        # The range is taken for six standard deviations wide.
        kinds = [(1.0, log(typical.likely), log(typical.high / typical.low) / 6)]
        if seen:
            share = len(seen) / (len(seen) + _WORTH_OF_CATALOG)
            kinds = [(share, median(seen), max(_spread(seen), _LEAST_SPREAD)), (1 - share, *kinds[0][1:])]
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


def _hazard(moment: float, kinds: Sequence[tuple[float, float, float]]) -> float:
    """The chance that a job which still runs is done within a second, from shares of log-normal kinds of jobs."""
    density = rest = 0.0
    for share, middle, spread in kinds:
        away = (log(moment) - middle) / spread
        density += share * exp(-away * away / 2) / (moment * spread * sqrt(2 * pi))
        rest += share * erfc(away / sqrt(2)) / 2
    return density / rest if rest > 1e-12 else 0.0


def _between(places: Sequence[float], values: Sequence[float], at: float) -> float:
    """The value at a place between two that are known."""
    right = min(max(bisect_right(places, at), 1), len(places) - 1)
    (left_place, right_place), (left, value) = places[right - 1 : right + 1], values[right - 1 : right + 1]
    if right_place == left_place:
        return value
    share = min(max((at - left_place) / (right_place - left_place), 0.0), 1.0)
    return left + (value - left) * share


def polite(seconds: float) -> float:
    """What a service asked to wait, within reason: neither a busy loop nor a lost day.

    Args:
        seconds: from ``Retry-After`` or RetryInfo.
    """
    return min(max(seconds, 1.0), 60.0)
