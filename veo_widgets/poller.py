"""When to look next: a pure schedule drawn from how long such jobs have taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .catalog import TypicalSeconds

# Fewer observations than this say less than the catalog.
_ENOUGH_HISTORY = 5
# What took so many times longer than anything the catalog knows was done long before somebody looked.
_NOTICED_LATE = 3
# Nobody gains by asking more often than this, nor by asking less often. The shortest pause only matters where jobs are
# done at once, as they can be at the emulator: there steps in proportion would be no pauses at all.
_SHORTEST, _LONGEST = 0.1, 30.0


@dataclass(frozen=True)
class Schedule:
    """When jobs of one kind tend to be done, in seconds since they were submitted.

    Attributes:
        first: hardly any is done before this.
        likely: half of them are done by then.
        late: nearly all are done by then.
    """

    first: float
    likely: float
    late: float

    @classmethod
    def of(cls, history: Sequence[float], typical: TypicalSeconds) -> Schedule:
        """Learn from `history` (durations in seconds); with little of it, from the catalog's range."""
        ordered = sorted(seconds for seconds in history if seconds <= _NOTICED_LATE * typical.high)
        if len(ordered) < _ENOUGH_HISTORY:
            return cls(typical.low, typical.likely, typical.high)

        def quantile(share: float) -> float:
            return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

        # A little before the fastest seen: what was noticed late was done earlier.
        return cls(quantile(0.0) * 0.8, quantile(0.5), quantile(0.95))

    def delay(self, elapsed: float) -> float:
        """Seconds to wait before the next poll.

        Args:
            elapsed: seconds since the job was submitted.

        Returns:
            The time until the first poll makes sense; then short steps around the likely time; then longer and longer
            ones. Steps are in proportion to `likely`: a service that answers in seconds is asked in fractions of one.
        """
        if elapsed < self.first:
            return max(self.first - elapsed, _SHORTEST)
        step = self.likely / 15
        if elapsed > self.late:
            step = elapsed / 10
        elif elapsed > 2 * self.likely:
            step = elapsed / 20
        return min(max(step, _SHORTEST), _LONGEST)


def polite(seconds: float) -> float:
    """What a service asked to wait, within reason: neither a busy loop nor a lost day.

    Args:
        seconds: from ``Retry-After`` or RetryInfo.
    """
    return min(max(seconds, 1.0), 60.0)
