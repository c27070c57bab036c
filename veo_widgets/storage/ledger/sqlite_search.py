"""Searches in SQLite: by its indexes, and by that of prompts, where that helps."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from . import sqlite_prompt_index as prompt_index
from .engine import Row, distinct
from .search_rows import LAST, conditions, values
from .searches import Search

# No job before it is of that time, whatever the clock said. Without the hint SQLite goes through the jobs for it.
_FIRST_SINCE = f"SELECT coalesce(min(rowid), {LAST}) FROM jobs INDEXED BY jobs_by_time WHERE created_at >= ?"  # noqa: S608


def prepare(
    search: Search,
    read: Callable[[Callable[[sqlite3.Connection], bool]], bool],
    write_if_free: Callable[[Callable[[sqlite3.Connection], bool]], bool | None],
) -> str:
    """What the index of prompts is asked for, brought up to date where it lags; empty where that is no help."""
    asked = prompt_index.question(search.words)
    if asked and read(prompt_index.lags):
        prompt_index.catch_up(write_if_free)
    return asked


def found(db: sqlite3.Connection, search: Search, asked: str, limit: int | None, columns: str) -> list[Row]:
    """What is found, newest first; `asked` is for the index of prompts."""
    first = db.execute(_FIRST_SINCE, (search.since,)).fetchone()[0] if search.since else 1
    indexed = prompt_index.last_row(db) if asked else 0
    rows = _read_jobs(db, search, max(first, indexed + 1), LAST, limit, columns)
    left = None if limit is None else limit - len(rows)
    if indexed < first or left == 0:
        return rows
    try:
        return rows + _read_indexed(db, search, asked, first, indexed, left, columns)
    except sqlite3.DatabaseError:
        # The index's own damage is mended by dropping it; the ledger's is met again here.
        prompt_index.drop(db)
        return rows + _read_jobs(db, search, first, indexed, left, columns)


def _read_jobs(
    db: sqlite3.Connection, search: Search, first: int, last: int, limit: int | None, columns: str
) -> list[Row]:
    """One job after the other: of each model or state by itself, since an index has those by their age."""
    source = f"jobs WHERE rowid BETWEEN {first} AND {last}"
    column, found_values = "state", list(dict.fromkeys(search.states))
    if search.starred:
        return _select(db, search, f"{source} AND starred = 1", "rowid", limit, columns)
    if search.model:
        column, found_values = "model", [name for name in distinct(db, "model") if search.model in name.lower()]
    elif not found_values:
        # An index has what is not deleted, and what is, in the order of their numbers.
        kept = "" if search.deleted is None else f" AND deleted = {int(search.deleted)}"
        return _select(db, search, source + kept, "rowid", limit, columns)
    rows = [
        row
        for value in found_values
        for row in _select(db, search, f"{source} AND {column} = :value", "rowid", limit, columns, value)
    ]
    return sorted(rows, reverse=True)[:limit]


def _read_indexed(
    db: sqlite3.Connection, search: Search, asked: str, first: int, last: int, limit: int | None, columns: str
) -> list[Row]:
    source = f"""prompts CROSS JOIN jobs ON jobs.rowid = prompts.rowid
        WHERE prompts MATCH :value AND prompts.rowid BETWEEN {first} AND {last}"""
    return _select(db, search, source, "prompts.rowid", limit, columns, asked)


def _select(
    db: sqlite3.Connection, search: Search, source: str, order: str, limit: int | None, columns: str, value: str = ""
) -> list[Row]:
    query = f"""SELECT {", ".join(filter(None, ("jobs.rowid", columns)))} FROM {source}{conditions(search)}
        {"AND has_words(request, :words)" if search.words else ""}
        ORDER BY {order} DESC LIMIT :limit"""  # noqa: S608 (our own names)
    return db.execute(query, {**values(search, limit), "value": value}).fetchall()
