"""Searches for jobs by state, prompt, model and time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ...domain.arguments import NAME, SEVERAL, refusal
from ...domain.errors import InvalidRequestError, nearest
from ...domain.job_record import JobRecord, JobState
from . import prompt_index
from .database import Database, LedgerFile
from .job_rows import read_job

_OPEN = tuple(state for state in JobState if not state.is_final)
STATES = (*map(str, JobState), "open")
NOTEBOOK = "json_extract(record, '$.notebook')"
_LAST = 2**63 - 1
# No job before it is of that time, whatever the clock said. Without the hint SQLite goes through the jobs for it.
_FIRST_SINCE = f"SELECT coalesce(min(rowid), {_LAST}) FROM jobs INDEXED BY jobs_by_time WHERE created_at >= ?"  # noqa: S608

# Its number, and where more is wanted than that, its record and its request.
_Row = tuple[Any, ...]


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

    def find(self, file: LedgerFile, limit: int | None) -> list[JobRecord]:
        """The newest jobs that are so, newest first."""
        rows = self._found(file, limit, "record, request")
        return [read_job((record, request), file) for _, record, request in rows]

    def numbers(self, file: LedgerFile) -> list[int]:
        """The number in the ledger of every job that is so, newest first; the jobs themselves are not read."""
        return [number for (number,) in self._found(file, None, "")]

    def _found(self, file: LedgerFile, limit: int | None, columns: str) -> list[_Row]:
        asked = prompt_index.question(self.words)
        if asked and file.read(prompt_index.lags):
            prompt_index.catch_up(file.write_if_free)
        return file.read(lambda db: self._rows(db, asked, limit, columns))

    def _rows(self, db: Database, asked: str, limit: int | None, columns: str) -> list[_Row]:
        """What is found, newest first; `asked` is for the index of prompts, and empty where that is no help."""
        first = db.execute(_FIRST_SINCE, (self.since,)).fetchone()[0] if self.since else 1
        indexed = prompt_index.last_row(db) if asked else 0
        rows = self._read_jobs(db, max(first, indexed + 1), _LAST, limit, columns)
        left = None if limit is None else limit - len(rows)
        if indexed < first or left == 0:
            return rows
        try:
            return rows + self._read_indexed(db, asked, first, indexed, left, columns)
        except sqlite3.DatabaseError:
            # The index's own damage is mended by dropping it; the ledger's is met again here.
            prompt_index.drop(db)
            return rows + self._read_jobs(db, first, indexed, left, columns)

    def _read_jobs(self, db: Database, first: int, last: int, limit: int | None, columns: str) -> list[_Row]:
        """One job after the other: of each model or state by itself, since an index has those by their age."""
        source = f"jobs WHERE rowid BETWEEN {first} AND {last}"
        column, values = "state", list(dict.fromkeys(self.states))
        if self.starred:
            return self._select(db, f"{source} AND starred = 1", "rowid", limit, columns)
        if self.model:
            column, values = "model", [name for name in distinct(db, "model") if self.model in name.lower()]
        elif not values:
            # An index has what is not deleted, and what is, in the order of their numbers.
            kept = "" if self.deleted is None else f" AND deleted = {int(self.deleted)}"
            return self._select(db, source + kept, "rowid", limit, columns)
        rows = [
            row
            for value in values
            for row in self._select(db, f"{source} AND {column} = :value", "rowid", limit, columns, value)
        ]
        return sorted(rows, reverse=True)[:limit]

    def _read_indexed(
        self, db: Database, asked: str, first: int, last: int, limit: int | None, columns: str
    ) -> list[_Row]:
        source = f"""prompts CROSS JOIN jobs ON jobs.rowid = prompts.rowid
            WHERE prompts MATCH :value AND prompts.rowid BETWEEN {first} AND {last}"""
        return self._select(db, source, "prompts.rowid", limit, columns, asked)

    def _select(
        self, db: Database, source: str, order: str, limit: int | None, columns: str, value: str = ""
    ) -> list[_Row]:
        # The plus signs keep SQLite from an index by which it would have to sort all that it finds.
        among = ", ".join(f"'{state}'" for state in self.states)
        query = f"""SELECT {", ".join(filter(None, ("jobs.rowid", columns)))} FROM {source}
            {f"AND +state IN ({among})" if among else ""}
            {"AND instr(lower(+model), :model)" if self.model else ""}
            {"AND +created_at >= :since" if self.since else ""}
            {"AND +created_at < :until" if self.until else ""}
            {"AND starred = 1" if self.starred else ""}
            {"" if self.deleted is None else f"AND +deleted = {int(self.deleted)}"}
            {f"AND +{NOTEBOOK} = :notebook" if self.notebook else ""}
            {"" if self.least is None else "AND +usd >= :least"}
            {"" if self.most is None else "AND +usd <= :most"}
            {"AND has_words(request, :words)" if self.words else ""}
            ORDER BY {order} DESC LIMIT :limit"""  # noqa: S608 (our own names)
        given = {
            "value": value,
            "model": self.model,
            "since": self.since,
            "until": self.until,
            "notebook": self.notebook,
            "least": self.least,
            "most": self.most,
            "words": json.dumps(self.words),
        }
        return db.execute(query, given | {"limit": -1 if limit is None else limit}).fetchall()


def distinct(db: Database, column: str) -> list[str]:
    """Each value of a column once, from one to the next in its index."""
    query = f"""WITH RECURSIVE found(name) AS (SELECT min({column}) FROM jobs
            UNION ALL SELECT (SELECT min({column}) FROM jobs WHERE {column} > name) FROM found WHERE name IS NOT NULL)
        SELECT name FROM found WHERE name IS NOT NULL"""  # noqa: S608 (our own names)
    return [name for (name,) in db.execute(query)]


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
