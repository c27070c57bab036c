"""Whether a ledger is whole: its file, its jobs, what has happened to them, and their images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ...domain.errors import LedgerError
from .engine import Reader, Row
from .job_rows import JOB, read_job
from .sqlite_reader import SqliteReader

_AT_ONCE = 200
_JOBS = f"SELECT rowid, id, state, {JOB} FROM jobs WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608
_LOST_EVENTS = """SELECT job_id, count(*) FROM events
    WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = events.job_id) GROUP BY job_id ORDER BY job_id"""
_HASHES = "SELECT DISTINCT sha256 FROM inputs WHERE sha256 > ? ORDER BY sha256 LIMIT ?"


def check(ledger: Reader) -> Iterator[str]:
    """What is wrong with a ledger, a sentence each; nothing is changed."""
    if isinstance(ledger, SqliteReader):
        yield from _told_unless_unreadable("file", _file_faults(ledger))
    yield from _told_unless_unreadable("jobs", _job_faults(ledger))
    yield from _told_unless_unreadable("events", _event_faults(ledger))
    yield from _told_unless_unreadable("images", _image_faults(ledger))


def lost_events(ledger: Reader) -> dict[str, int]:
    """How many events there are of each job that is not there, as damage to a file leaves them behind.

    Raises:
        LedgerError: they cannot be read.
    """
    return dict(ledger.rows(_LOST_EVENTS))


def _told_unless_unreadable(what: str, faults: Iterator[str]) -> Iterator[str]:
    """Faults, the last of which may be that the rest cannot be read."""
    try:
        yield from faults
    except LedgerError as error:
        yield f"{what}: {error}"


def _file_faults(ledger: SqliteReader) -> Iterator[str]:
    yield from (f"file: {fault}" for fault in ledger.faults())


def _job_faults(ledger: Reader) -> Iterator[str]:
    last = -1
    while rows := ledger.rows(_JOBS, (last, _AT_ONCE)):
        for number, *row in rows:
            last = number
            yield from (f"job {row[0]!r}: {fault}" for fault in _faults_of_job(tuple(row), ledger))


def _faults_of_job(row: Row, ledger: Reader) -> Iterator[str]:
    name, state, *columns = row
    try:
        job = read_job(columns, ledger)
        hashes = sorted({image.sha256 for image in job.request.images})
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        yield f"it cannot be read as a job ({type(error).__name__}: {error})."
        return
    if (job.id, str(job.state)) != (name, state):
        yield f"its row is of {name!r}, {state}, and its record of {job.id!r}, {job.state}."
    for sha256 in hashes:
        if not ledger.rows("SELECT 1 FROM inputs WHERE sha256 = ?", (sha256,)):
            yield f"its image {sha256[:12]}… is not there."


def _event_faults(ledger: Reader) -> Iterator[str]:
    for job_id, count in lost_events(ledger).items():
        yield f"events: {count} of the job {job_id!r}, which is not there."


def _image_faults(ledger: Reader) -> Iterator[str]:
    last = ""
    while rows := ledger.rows(_HASHES, (last, _AT_ONCE)):
        for (sha256,) in rows:
            last = sha256
            for (data,) in ledger.rows("SELECT data FROM inputs WHERE sha256 = ?", (sha256,)):
                # Of an image by its address there are no bytes.
                if data and hashlib.sha256(data).hexdigest() != sha256:
                    yield f"image {sha256[:12]}…: its bytes are not those that it was made of."
