"""Leases in the ledger's tables: who may send, poll and download which job, and until when.

A lease holds until its job's own time is over or its holder's, whichever is later: a client with a thousand jobs renews
all of its leases by one small row. Whoever takes a job from a holder ends that holder's time, by which it finds out at
its next renewal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from .database import Database, LedgerFile
from .holders import Hold

OPEN = "('submitting', 'queued', 'running', 'downloading')"
_UNTIL = "max(coalesce(held_until, 0.0), coalesce(until, 0.0))"
_LEASES = f"SELECT holder, {_UNTIL} FROM jobs LEFT JOIN holders ON name = holder WHERE id = ?"  # noqa: S608
# Long after every lease of such a holder has run out, so that its row decides nothing.
_FORGOTTEN_SECONDS = 24 * 3600.0

IsDead = Callable[[str], bool]


def found(file: LedgerFile, job_id: str) -> tuple[str | None, float] | None:
    """A job's holder and until when; None if there is no such job."""
    rows = file.rows(_LEASES, (job_id,))
    return rows[0] if rows else None


def others(lease: tuple[str | None, float], me: str, now: float, is_dead: IsDead) -> Hold | None:
    """The other holder whose lease keeps `me` from a job; None if there is none."""
    holder, until = lease
    return None if holder in (None, me) or until <= now or is_dead(holder or "") else Hold(holder or "", until)


def take(db: Database, job_id: str, me: str, now: float, seconds: float, *, is_dead: IsDead, force: bool) -> bool:
    """Take or renew the lease of a job that is there; see `Ledger.lease`."""
    lease = db.execute(_LEASES, (job_id,)).fetchone()
    hold = None if force else others(lease, me, now, is_dead)
    if hold is None:
        if lease[0] not in (None, me):
            db.execute("INSERT OR REPLACE INTO holders VALUES (?, 0.0)", (lease[0],))
        give(db, job_id, me, now + seconds)
        return True
    if hold.until > now + seconds:
        # A clock that was ahead may have promised years: from now on it holds as long as any other.
        give(db, job_id, hold.holder, now + seconds)
        db.execute("UPDATE holders SET until = min(until, ?) WHERE name = ?", (now + seconds, hold.holder))
    return False


def give(db: Database, job_id: str, holder: str, until: float) -> None:
    """Write down who holds a job."""
    db.execute("UPDATE jobs SET holder = ?, held_until = ? WHERE id = ?", (holder, until, job_id))


def release(db: Database, job_ids: Iterable[str], holder: str) -> None:
    """Give jobs back that are the holder's."""
    query = "UPDATE jobs SET holder = NULL WHERE id = ? AND holder = ?"
    db.executemany(query, [(job_id, holder) for job_id in job_ids])


def renew(db: Database, me: str, promised: float | None, now: float, seconds: float) -> bool:
    """Renew all leases of a holder at once; see `Ledger.renew`.

    Args:
        db: the ledger.
        me: the holder.
        promised: until when it has renewed them before, if it has.
        now: seconds since the epoch.
        seconds: how long they hold from now on.
    """
    row = db.execute("SELECT until FROM holders WHERE name = ?", (me,)).fetchone()
    db.execute("INSERT OR REPLACE INTO holders VALUES (?, ?)", (me, now + seconds))
    if row is None:
        db.execute("DELETE FROM holders WHERE until < ?", (now - _FORGOTTEN_SECONDS,))
        return promised is None
    return bool(row[0] == promised and row[0] > now)


def open_jobs(file: LedgerFile, me: str, now: float, is_dead: IsDead) -> dict[str, Hold | None]:
    """The open jobs by id, with the other holder that works on each, if one does."""
    query = f"SELECT id, holder, {_UNTIL} FROM jobs LEFT JOIN holders ON name = holder WHERE state IN {OPEN}"  # noqa: S608
    is_dead = cache(is_dead)
    return {job_id: others((holder, until), me, now, is_dead) for job_id, holder, until in file.rows(query)}
