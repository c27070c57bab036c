"""How many creates may leave in a minute: better kept back here than refused there."""

from __future__ import annotations

from collections import deque

_MINUTE = 60.0


class RateLimit:
    """The places that a service has for new jobs of one model.

    Args:
        per_minute: how many creates it takes in any minute; None if that is not known.
    """

    def __init__(self, per_minute: int | None) -> None:
        self.per_minute = per_minute
        self._taken: deque[float] = deque()
        self._closed_at, self._closed_until = 0.0, 0.0

    def claim(self, now: float) -> float:
        """Take a place if there is one.

        Args:
            now: seconds since the epoch.

        Returns:
            0 if a create may leave now, else the seconds until it is worth claiming again.
        """
        self._forget(now)
        if now < self._closed_until:
            return self._closed_until - now
        if self.per_minute is not None and len(self._taken) >= self.per_minute:
            return self._taken[0] + _MINUTE - now
        self._taken.append(now)
        return 0.0

    def refused(self, now: float, seconds: float) -> None:
        """The service has no room for so many seconds: nobody else needs to find that out by asking."""
        self._forget(now)
        self._closed_at, self._closed_until = now, now + seconds
        if self._taken:
            # What was refused has used nothing up.
            self._taken.pop()

    def _forget(self, now: float) -> None:
        """Drop what is older than a minute, and what a clock that was set back has put into the future."""
        while self._taken and not now - _MINUTE < self._taken[0] <= now:
            self._taken.popleft()
        if now < self._closed_at:
            self._closed_until = now
