"""Leases in the ledger's tables: who may send, poll and download which job, and until when.

A lease holds until its job's own time is over or its holder's, whichever is later: a client with a thousand jobs renews
all of its leases by one small row. Whoever takes a job from a holder ends that holder's time, by which it finds out at
its next renewal.

All times are those of the ledger's own clock, which is the caller's in SQLite and the server's in PostgreSQL; see
`Database`. What callers are told is translated to theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from .engine import LOCKED, LOCKED_HOLDER, Database, Engine, Reader
from .holders import Hold

OPEN = "('submitting', 'queued', 'running', 'downloading')"
_UNTIL = """CASE WHEN coalesce(until, 0.0) > coalesce(held_until, 0.0) THEN until
    ELSE coalesce(held_until, 0.0) END"""
_LEASES = f"SELECT holder, {_UNTIL}, :now FROM jobs LEFT JOIN holders ON name = holder"  # noqa: S608
_LEASE = f"{_LEASES} WHERE id = :id"
_END = "INSERT INTO holders VALUES (?, 0.0) ON CONFLICT (name) DO UPDATE SET until = excluded.until"
_RENEW = """INSERT INTO holders VALUES (:me, :now + :seconds)
    ON CONFLICT (name) DO UPDATE SET until = excluded.until RETURNING until"""
# Long after every lease of such a holder has run out, so that its row decides nothing.
_FORGOTTEN_SECONDS = 24 * 3600.0

IsDead = Callable[[str], bool]


class Lease(NamedTuple):
    """A job's holder and until when, and the moment at which that was so, by the ledger's clock."""

    holder: str | None
    until: float
    now: float


def found(file: Engine, job_id: str, now: float) -> Lease | None:
    """A job's lease; None if there is no such job."""
    rows = file.rows(_LEASE, {"id": job_id, "now": now})
    return Lease(*rows[0]) if rows else None


def others(lease: Lease, me: str, is_dead: IsDead) -> Hold | None:
    """The other holder whose lease keeps `me` from a job, by the ledger's clock; None if there is none."""
    holder, until, now = lease
    return None if holder in (None, me) or until <= now or is_dead(holder or "") else Hold(holder or "", until)


def told(lease: Lease, me: str, now: float, is_dead: IsDead) -> Hold | None:
    """The same by the clock of who asks."""
    hold = others(lease, me, is_dead)
    return hold and Hold(hold.holder, hold.until + (now - lease.now))


def take(db: Database, job_id: str, me: str, now: float, seconds: float, *, is_dead: IsDead, force: bool) -> bool:
    """Take or renew the lease of a job that is there; see `Ledger.lease`."""
    lease = Lease(*db.execute(f"{_LEASE} {LOCKED}", {"id": job_id, "now": now}).fetchone())
    if lease.holder not in (None, me):
        # Asked again with a lock: it may be renewed at this moment.
        row = db.execute(f"SELECT until FROM holders WHERE name = ? {LOCKED_HOLDER}", (lease.holder,)).fetchone()  # noqa: S608
        lease = lease._replace(until=max(lease.until, row[0] if row else 0.0))
    hold = None if force else others(lease, me, is_dead)
    if hold is None:
        if lease.holder not in (None, me):
            db.execute(_END, (lease.holder,))
        give(db, job_id, me, now, seconds)
        return True
    if hold.until > lease.now + seconds:
        # A clock that was ahead may have promised years: from now on it holds as long as any other.
        give(db, job_id, hold.holder, now, seconds)
        db.execute(
            "UPDATE holders SET until = :now + :seconds WHERE name = :holder AND until > :now + :seconds",
            {"now": now, "seconds": seconds, "holder": hold.holder},
        )
    return False


def give(db: Database, job_id: str, holder: str, now: float, seconds: float) -> None:
    """Write down who holds a job for how long."""
    db.execute(
        "UPDATE jobs SET holder = :holder, held_until = :now + :seconds WHERE id = :id",
        {"holder": holder, "now": now, "seconds": seconds, "id": job_id},
    )


def release(db: Database, job_ids: Iterable[str], holder: str) -> None:
    """Give jobs back that are the holder's."""
    query = "UPDATE jobs SET holder = NULL WHERE id = ? AND holder = ?"
    # In one order, so that two programs never wait for each other.
    db.executemany(query, [(job_id, holder) for job_id in sorted(job_ids)])


def renew(db: Database, me: str, promised: float | None, now: float, seconds: float) -> tuple[bool, float]:
    """Renew all leases of a holder at once; see `Ledger.renew`.

    Args:
        db: the ledger.
        me: the holder.
        promised: until when it has renewed them before, if it has, as it was returned then.
        now: seconds since the epoch.
        seconds: how long they hold from now on.

    Returns:
        Whether they have held all the time, and until when they hold now.
    """
    values = {"me": me, "now": now, "seconds": seconds, "forgotten": _FORGOTTEN_SECONDS}
    row = db.execute(f"SELECT until, :now FROM holders WHERE name = :me {LOCKED_HOLDER}", values).fetchone()  # noqa: S608
    # All of it: SQLite ends no transaction with a statement that is half read.
    ((until,),) = db.execute(_RENEW, values).fetchall()
    if row is None:
        db.execute("DELETE FROM holders WHERE until < :now - :forgotten", values)
        return promised is None, until
    return bool(row[0] == promised and row[0] > row[1]), until


def open_jobs(file: Reader, me: str, now: float, is_dead: IsDead) -> dict[str, Hold | None]:
    """The open jobs by id, with the other holder that works on each, if one does."""
    query = f"SELECT id, holder, {_UNTIL}, :now FROM jobs LEFT JOIN holders ON name = holder WHERE state IN {OPEN}"  # noqa: S608
    is_dead = cache(is_dead)
    return {job_id: told(Lease(*lease), me, now, is_dead) for job_id, *lease in file.rows(query, {"now": now})}
