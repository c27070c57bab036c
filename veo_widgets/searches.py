"""Which jobs of the ledger are meant: by state, prompt, model and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .arguments import NAME, SEVERAL, refusal
from .errors import InvalidRequestError, nearest
from .ledger_file import LedgerFile
from .ledger_rows import read_job
from .record import JobRecord, JobState

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
    """

    states: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    model: str = ""
    since: float = 0.0

    @classmethod
    def of(cls, state: Any = None, search: Any = None, model: Any = None, since: Any = None, *, now: float) -> Search:
        """Read what a user has said.

        Args:
            state: a state or several; ``open`` stands for all that have not ended.
            search: words that the prompt has.
            model: a model's id or a part of it, with or without a prefix.
            since: a date, a time, a number of days as a ``timedelta``, or an ISO date as text.
            now: seconds since the epoch.

        Raises:
            InvalidRequestError: there is no such state, or a value cannot be read.
        """
        for name, value in (("search", search), ("model", model)):
            if value is not None and not NAME.fits(value):
                raise refusal(name, value, "text")
        words = tuple((search or "").casefold().split())
        return cls(_states(state), words, (model or "").rpartition("/")[2].lower(), _since(since, now))

    def find(self, file: LedgerFile, limit: int | None) -> list[JobRecord]:
        """The newest jobs that are so, newest first."""
        marks = ", ".join("?" * len(self.states))
        among = f"AND state IN ({marks})" if self.states else ""
        query = f"""SELECT id, json_extract(request, '$.prompt') FROM jobs
            WHERE created_at >= ? AND instr(lower(model), ?) {among} ORDER BY rowid DESC"""  # noqa: S608
        rows = file.rows(query, (self.since, self.model, *self.states))
        ids = [job_id for job_id, prompt in rows if all(word in (prompt or "").casefold() for word in self.words)]
        # One by one, since only a table's worth is wanted of what may be thousands.
        read = "SELECT record, request FROM jobs WHERE id = ?"
        return [read_job(file.rows(read, (job_id,))[0], file) for job_id in ids[:limit]]


def _states(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    named = [given] if isinstance(given, str) or not SEVERAL.fits(given) else list(given)
    return tuple(state for name in named for state in _meant(name))


def _meant(name: Any) -> Iterable[str]:
    if name not in STATES:
        hint = nearest(name, STATES) if isinstance(name, str) else ""
        message = f"state: {name!r} is not one of {', '.join(STATES)}.{hint}"
        raise InvalidRequestError(message, parameter="state", value=name, allowed=STATES)
    return map(str, _OPEN) if name == "open" else (str(name),)


def _since(given: Any, now: float) -> float:
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
