"""Which job's create may leave, in the ledger's tables: once, and by the holder of its lease alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...domain.job_record import JobRecord
from . import budget_rows as money
from .engine import LOCKED, Database
from .job_rows import write_job
from .role import Role

_JOB = f"SELECT holder, state, record FROM jobs WHERE id = ? {LOCKED}"  # noqa: S608 (our own words)


def begin(
    db: Database,
    record: JobRecord,
    detail: str,
    me: str,
    environment: Mapping[str, float],
    settings: Mapping[str, float],
    role: Role,
) -> bool:
    """Write down that a job's create leaves now, if it may; see `Ledger.begin_sending`."""
    kept = _if_ours(db, record.id, me)
    # Something has left already, and nobody has written down that it was refused.
    if kept is None or (kept.get("sending_at") is not None and not kept.get("held_back")):
        return False
    # It may have waited overnight, and today has a limit and a tally of its own.
    usd = money.reserve_anew(db, record, environment, settings, role)
    write_job(db, replace(record, sending_at=_moment(record)), detail)
    money.count(db, record, usd)
    return True


def has_begun(db: Database, record: JobRecord, me: str) -> bool | None:
    """True if this very create is written down; None if not."""
    kept = _if_ours(db, record.id, me)
    return True if kept and kept.get("sending_at") == _moment(record) and not kept.get("held_back") else None


def _moment(record: JobRecord) -> float:
    return record.sending_at or record.updated_at


def _if_ours(db: Database, job_id: str, me: str) -> dict[str, Any] | None:
    holder, state, record = db.execute(_JOB, (job_id,)).fetchone() or (None, "", "")
    if (holder, state) != (me, "submitting"):
        return None
    kept: dict[str, Any] = json.loads(record)
    return kept
