"""Which job stands for which piece of a film or a batch, in the ledger's tables."""

from __future__ import annotations

from ...domain.errors import PlaceTakenError
from ...domain.job_record import JobRecord
from .engine import Database, Engine
from .job_rows import JOB, read_job

_GROUP = "json_extract(record, '$.group')"
_PLACE = "json_extract(record, '$.place')"
# A clip, or what may become one, goes before a newer job that brought none.
_FRUITLESS = "state IN ('failed', 'filtered', 'expired')"


def claim(db: Database, record: JobRecord) -> None:
    """Check that a new job takes only the place of the job it retries, whatever other programs do at this moment.

    Raises:
        PlaceTakenError: another job stands there.
    """
    if not record.group:
        return
    query = f"SELECT id FROM jobs WHERE {_GROUP} = ? AND {_PLACE} = ? ORDER BY {_FRUITLESS}, rowid DESC LIMIT 1"  # noqa: S608
    found = db.execute(query, (record.group, record.place)).fetchone()
    if found and found[0] != record.retry_of:
        raise PlaceTakenError(found[0], record.group)


def group(file: Engine, name: str) -> dict[str, JobRecord]:
    """The job that stands for each piece, by place."""
    query = f"SELECT {JOB} FROM jobs WHERE {_GROUP} = ? ORDER BY {_FRUITLESS} DESC, rowid"  # noqa: S608
    return {record.place: record for record in (read_job(row, file) for row in file.rows(query, (name,)))}
