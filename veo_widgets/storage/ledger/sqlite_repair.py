"""Recovers a damaged or lost ledger: what can still be read goes into a new one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from ...domain.job_record import JobRecord
from ...domain.request import VideoRequest
from .schema import COUNT, TABLES
from .sqlite_schema import stamp


def set_aside(
    path: Path, is_damaged: Callable[[], bool], make: Callable[[], sqlite3.Connection], patience: float
) -> str:
    """Give a damaged ledger another name and begin a new one with what can still be read.

    Args:
        path: the ledger.
        is_damaged: whether the file of that name is still the damaged one.
        make: opens a ledger of that name, anew if need be.
        patience: seconds to wait for another process that is at it already.

    Returns:
        What happened, for people; empty if another process has done it meanwhile.
    """
    with _exclusive(path, patience):
        if not is_damaged():
            return ""
        kept = path.with_name(f"{path.stem}.corrupt-{stamp()}{path.suffix}")
        # The file itself last: until then the next try finds it damaged again, and nothing of it is lost.
        for ending in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(kept.with_name(kept.name + ending))
        with closing(make()) as fresh:
            count = _copy_readable_rows(kept, fresh)
    return (
        f"The ledger {str(path)!r} was damaged. It is kept as {kept.name!r} beside a new one, which has the "
        f"{count} jobs that could still be read. Others may still run at the service, but count against no budget."
    )


class _exclusive:  # noqa: N801 (used as a statement)
    """One process at a time; the lock of one that dies is gone with it."""

    def __init__(self, path: Path, patience: float) -> None:
        self._db = sqlite3.connect(path.with_name(f"{path.stem}.mending"), timeout=patience, isolation_level=None)

    def __enter__(self) -> None:
        self._db.execute("BEGIN EXCLUSIVE")

    def __exit__(self, *_: object) -> None:
        self._db.close()


def _copy_readable_rows(kept: Path, fresh: sqlite3.Connection) -> int:
    """Copy the rows that can be read; returns the number of jobs."""
    fresh.execute("BEGIN IMMEDIATE")
    with closing(sqlite3.connect(f"{kept.absolute().as_uri()}?mode=ro", uri=True)) as damaged:
        for table in TABLES:
            columns = [name for name in _column_names(fresh, table) if name in _column_names(damaged, table)]
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            for row in _readable_rows(damaged, table, names) if columns else ():
                if table != "jobs" or _is_readable_job(dict(zip(columns, row, strict=True))):
                    with suppress(sqlite3.IntegrityError):
                        fresh.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608
    fresh.execute(COUNT)
    count = fresh.execute("SELECT count(*) FROM jobs").fetchone()[0]
    fresh.execute("COMMIT")
    return int(count)


def _column_names(db: sqlite3.Connection, table: str) -> list[str]:
    try:
        return [str(row[1]) for row in db.execute(f"PRAGMA table_info({table})")]
    except sqlite3.DatabaseError:
        return []


def _readable_rows(db: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[object, ...]]:
    """The rows before the damage, then those behind it."""
    query, last = f"SELECT rowid, {names} FROM {table}", -1  # noqa: S608 (our own names)
    try:
        for number, *row in db.execute(f"{query} ORDER BY rowid"):
            last = number
            yield tuple(row)
    except sqlite3.DatabaseError:
        behind: list[tuple[object, ...]] = []
        with suppress(sqlite3.DatabaseError):
            behind.extend(tuple(row) for _, *row in db.execute(f"{query} WHERE rowid > ? ORDER BY rowid DESC", (last,)))
        yield from reversed(behind)


def _is_readable_job(row: dict[str, object]) -> bool:
    """Whether a job can be read as one."""
    try:
        json.loads(str(row["request"]))
        JobRecord.from_json(json.loads(str(row["record"])), VideoRequest())
    except (KeyError, TypeError, ValueError):
        return False
    return True


def copy_jobs(before: sqlite3.Connection, db: sqlite3.Connection, records: Iterable[JobRecord]) -> None:
    """Copy jobs, what has happened to them, and their images into a ledger without them, as far as they can be read.

    So is what may be spent, if the ledger says nothing of it.

    Args:
        before: the ledger that has them.
        db: the ledger that may not have them.
        records: the jobs.
    """
    if db.execute("SELECT count(*) FROM budgets").fetchone() == (0,):
        _copy_rows(before, db, "budgets", "1", ())
    for record in records:
        if db.execute("SELECT 1 FROM jobs WHERE id = ?", (record.id,)).fetchone() is None:
            _copy_rows(before, db, "jobs", "id = ?", (record.id,))
            _copy_rows(before, db, "events", "job_id = ?", (record.id,))
            for image in record.request.images:
                _copy_rows(before, db, "inputs", "sha256 = ?", (image.sha256,))


def _copy_rows(
    before: sqlite3.Connection, db: sqlite3.Connection, table: str, which: str, values: tuple[str, ...]
) -> None:
    with suppress(sqlite3.Error):
        found = before.execute(f"SELECT * FROM {table} WHERE {which}", values)  # noqa: S608 (our own names)
        names = [column[0] for column in found.description]
        rows = [row for row in found if table != "jobs" or _is_readable_job(dict(zip(names, row, strict=True)))]
        marks = ", ".join("?" * len(names))
        db.executemany(f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608
