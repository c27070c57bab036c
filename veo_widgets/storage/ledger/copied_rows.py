"""A ledger's rows as they are copied into another and compared with it: images, limits, and jobs with their events."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from .engine import AFTER_JOB, BEFORE_JOB, Database, Reader, Row
from .postgres_text import kept
from .prompt_words import folded_prompt
from .search_rows import LAST

# All but who works on it: leases are of the ledger in which they were taken.
COLUMNS = (
    "rowid", "id", "state", "provider", "model", "created_at", "updated_at", "submitted_at", "finished_at", "record",
    "request", "usd", "day", "program", "starred", "deleted", "owner",
    "project",
)  # fmt: skip
_NAMES, _MARKS = ", ".join(COLUMNS), ", ".join(f":{name}" for name in COLUMNS)
_JOBS = f"SELECT {_NAMES} FROM jobs WHERE rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?"  # noqa: S608
_WRITE_JOB = f"{BEFORE_JOB} INSERT INTO jobs ({_NAMES}) VALUES ({_MARKS}) {AFTER_JOB}"  # noqa: S608
_WRITE_EVENT = "INSERT INTO events (job_id, at, state, detail, rowid) VALUES (?, ?, ?, ?, ?)"
# One image may be there for several owners, and is copied once.
_HASHES = "SELECT DISTINCT sha256 FROM inputs WHERE sha256 > ? AND sha256 <= ? ORDER BY sha256 LIMIT ?"
_IMAGE = "SELECT sha256, mime, data FROM inputs WHERE sha256 = ? ORDER BY length(data) DESC, mime LIMIT 1"
_WRITE_IMAGE = "INSERT INTO inputs (sha256, mime, data) VALUES (?, ?, ?)"
_KEY = "(name, owner, project, set_by)"
_LIMITS = f"""SELECT name, owner, project, set_by, usd FROM budgets
    WHERE {_KEY} > (?, ?, ?, ?) AND {_KEY} <= (?, ?, ?, ?) ORDER BY name, owner, project, set_by LIMIT ?"""  # noqa: S608
_WRITE_LIMIT = "INSERT INTO budgets (name, owner, project, set_by, usd) VALUES (?, ?, ?, ?, ?)"
# No text comes after it.
_LAST_TEXT = chr(sys.maxunicode)


class CopiedRow(NamedTuple):
    """A row, and what belongs to it.

    Attributes:
        name: what it is called.
        values: its columns; in the place of an image's bytes their digest, so that not all are in memory.
        events: what has happened to a job, with the number of each.
    """

    name: str
    values: Row
    events: tuple[Row, ...] = ()

    def is_same(self, other: CopiedRow) -> bool:
        """Whether another ledger has it so, as far as PostgreSQL can keep it; see `kept`."""
        return kept(self.values) == kept(other.values) and [*map(kept, self.events)] == [*map(kept, other.events)]


class Table(NamedTuple):
    """A table, in pieces.

    Attributes:
        noun, nouns: what a row is called.
        first, last: a key before all others, and one that none comes after.
        page: the rows after a key, up to another and to a number of them, by their keys.
        at_once: how many rows are one transaction, and what an interrupted copy has to do again.
        write: writes rows of a ledger into another.
    """

    noun: str
    nouns: str
    first: Any
    last: Any
    page: Callable[[Reader, Any, Any, int], dict[Any, CopiedRow]]
    at_once: int
    write: Callable[[Database, Reader, list[CopiedRow]], None]


def _image_page(ledger: Reader, after: str, upto: str, limit: int) -> dict[Any, CopiedRow]:
    found = {}
    for (name,) in ledger.rows(_HASHES, (after, upto, limit)):
        for _, mime, data in ledger.rows(_IMAGE, (name,)):
            found[name] = CopiedRow(name, (name, mime, hashlib.sha256(data).digest()))
    return found


def _write_images(db: Database, source: Reader, rows: list[CopiedRow]) -> None:
    for row in rows:
        db.executemany(_WRITE_IMAGE, source.rows(_IMAGE, (row.name,)))


def _limit_page(ledger: Reader, after: Row, upto: Row, limit: int) -> dict[Any, CopiedRow]:
    rows = ledger.rows(_LIMITS, (*after, *upto, limit))
    return {row[:4]: CopiedRow(" ".join(filter(None, row[:4])), row) for row in rows}


def _write_limits(db: Database, _: Reader, rows: list[CopiedRow]) -> None:
    db.executemany(_WRITE_LIMIT, [row.values for row in rows])


def _job_page(ledger: Reader, after: int, upto: int, limit: int) -> dict[Any, CopiedRow]:
    rows = ledger.rows(_JOBS, (after, upto, limit))
    events: dict[str, dict[Row, Row]] = {row[1]: {} for row in rows}
    if rows:
        marks = ", ".join("?" * len(rows))
        query = f"SELECT job_id, at, state, detail, rowid FROM events WHERE job_id IN ({marks}) ORDER BY rowid"  # noqa: S608
        for event in ledger.rows(query, tuple(events)):
            # Two of one moment with the same words are one: PostgreSQL keeps no second.
            events[event[0]].setdefault(kept(event[:-1]), event)
    return {row[0]: CopiedRow(row[1], row, tuple(events[row[1]].values())) for row in rows}


def _write_jobs(db: Database, _: Reader, rows: list[CopiedRow]) -> None:
    named = [dict(zip(COLUMNS, row.values, strict=True)) for row in rows]
    db.executemany(_WRITE_JOB, [{**one, "folded": folded_prompt(one["request"])} for one in named])
    db.executemany(_WRITE_EVENT, [event for row in rows for event in row.events])


# Images first: no job is ever without its own.
TABLES = (
    Table("image", "images", "", _LAST_TEXT, _image_page, 20, _write_images),
    Table("limit", "limits", ("", "", "", ""), (_LAST_TEXT,) * 4, _limit_page, 200, _write_limits),
    Table("job", "jobs", -LAST, LAST, _job_page, 200, _write_jobs),
)
