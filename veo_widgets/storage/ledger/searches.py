"""What a search for jobs asks for: state, prompt, model and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ...domain.arguments import NAME, SEVERAL, refusal
from ...domain.errors import InvalidRequestError, nearest
from ...domain.job_record import JobState

_OPEN = tuple(state for state in JobState if not state.is_final)
STATES = (*map(str, JobState), "open")


@dataclass(frozen=True)
class Search:
    """What jobs have to be like.

    Attributes:
        states: any of these; empty for all.
        words: all of them are in the prompt, in whatever case.
        model: in the model's id.
        since: seconds since the epoch, of the submit.
        until: the same, and before it; 0.0 for no end.
        notebook: the whole path of the notebook; empty for all.
        least: US dollars that count for it, at least; None for all.
        most: US dollars that count for it, at most; None for all.
        starred: only what has a star.
        deleted: only what is in the trash, or only what is not; None for both.
    """

    states: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    model: str = ""
    since: float = 0.0
    until: float = 0.0
    notebook: str = ""
    least: float | None = None
    most: float | None = None
    starred: bool = False
    deleted: bool | None = None

    @classmethod
    def of(
        cls,
        state: Any = None,
        search: Any = None,
        model: Any = None,
        since: Any = None,
        *,
        now: float,
        day: Any = None,
        **others: Any,
    ) -> Search:
        """Read what a user has said.

        Args:
            state: a state or several; ``open`` stands for all that have not ended.
            search: words that the prompt has.
            model: a model's id or a part of it, with or without a prefix.
            since: a date, a time, a number of days as a ``timedelta``, or an ISO date as text.
            now: seconds since the epoch.
            day: an ISO date: only of this day.
            others: further attributes as they are.

        Raises:
            InvalidRequestError: there is no such state, or a value cannot be read.
        """
        for name, value in (("search", search), ("model", model)):
            if value is not None and not NAME.fits(value):
                raise refusal(name, value, "text")
        words = tuple((search or "").casefold().split())
        first, until = _read_since(since, now), 0.0
        if day is not None:
            until = _read_since(_day_after(day), now)
            first = max(first, _read_since(day, now))
        model = (model or "").rpartition("/")[2].lower()
        return cls(_read_states(state), words, model, first, until, **others)


def _read_states(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    named = [given] if isinstance(given, str) or not SEVERAL.fits(given) else list(given)
    return tuple(state for name in named for state in _states_named(name))


def _states_named(name: Any) -> Iterable[str]:
    if name not in STATES:
        hint = nearest(name, STATES) if isinstance(name, str) else ""
        message = f"state: {name!r} is not one of {', '.join(STATES)}.{hint}"
        raise InvalidRequestError(message, parameter="state", value=name, allowed=STATES)
    return map(str, _OPEN) if name == "open" else (str(name),)


def _day_after(day: Any) -> date:
    try:
        return date.fromisoformat(day) + timedelta(days=1)
    except (TypeError, ValueError, OverflowError):
        raise refusal("day", day, "a day; give one such as '2026-11-01'") from None


def _read_since(given: Any, now: float) -> float:
    try:
        if given is None:
            return 0.0
        if isinstance(given, timedelta):
            return now - given.total_seconds()
        if isinstance(given, str):
            given = datetime.fromisoformat(given)
        if not isinstance(given, datetime) and isinstance(given, date):
            given = datetime(given.year, given.month, given.day)  # noqa: DTZ001 (a day of this computer's time zone)
        if isinstance(given, datetime):
            return given.timestamp()
    except (ValueError, OverflowError, OSError):
        # No such date, or one that no clock can show.
        pass
    raise refusal("since", given, "a date; give one such as '2026-11-01', a datetime or a timedelta")
