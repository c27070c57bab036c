"""Jobs that are found by what is written in them; see the methods of `ledger.Ledger` with the same names."""

from __future__ import annotations

import json
import sys

from ...domain.errors import InvalidRequestError
from ...domain.job_record import JobRecord
from .engine import Reader
from .job_rows import JOB, PROGRAM, read_job

# Among how many jobs one without a digest is looked for; whoever asks for an older one finds out then.
_LOOKED_BACK = 1000


def read(file: Reader, job_id: str) -> JobRecord:
    """The job of an id, or of the beginning of one."""
    rows = file.rows(f"SELECT {JOB} FROM jobs WHERE id = ?", (job_id,))  # noqa: S608
    if not rows and job_id:
        # Two are enough to know that it is not one; nothing that begins so comes after the last of all characters.
        query = f"SELECT {JOB} FROM jobs WHERE id BETWEEN ? AND ? LIMIT 2"  # noqa: S608
        rows = file.rows(query, (job_id, f"{job_id}{chr(sys.maxunicode)}"))
    if len(rows) != 1:
        many = "several jobs" if rows else "no job"
        raise InvalidRequestError(
            f"job: {job_id!r} fits {many} of the ledger; veo.jobs() lists them.", parameter="job", value=job_id
        )
    return read_job(rows[0], file)


def without_digests(file: Reader) -> list[JobRecord]:
    """Those of the newest jobs whose program has ended between a clip and its digest."""
    query = f"""SELECT {JOB} FROM (SELECT * FROM jobs ORDER BY rowid DESC LIMIT ?)
        AS newest WHERE state = 'succeeded' AND instr(record, '"sha256": ""') > 0"""  # noqa: S608
    return [read_job(row, file) for row in file.rows(query, (_LOOKED_BACK,))]


def without_uploads(file: Reader) -> list[JobRecord]:
    """Those of the newest jobs with clips that could not be put into their bucket."""
    query = f"""SELECT {JOB} FROM (SELECT * FROM jobs ORDER BY rowid DESC LIMIT ?)
        AS newest WHERE state = 'succeeded' AND coalesce(json_extract(record, '$.bucket'), '') <> ''"""  # noqa: S608
    found = [read_job(row, file) for row in file.rows(query, (_LOOKED_BACK,))]
    return [record for record in found if record.lacks_upload]


def with_prompt(file: Reader, provider: str, model: str, prompt: str) -> list[tuple[JobRecord, bool]]:
    """The jobs of a model with this prompt, oldest first, each with whether this program has sent it."""
    # By the index on these two, and not by one of models (hence the plus signs). What is found so is compared as it
    # is written down: in ASCII, which every prompt can be.
    query = f"""SELECT program, {JOB} FROM jobs
        WHERE substr(json_extract(request, '$.prompt'), 1, 60) = substr(json_extract(:asked, '$.prompt'), 1, 60)
        AND length(json_extract(request, '$.prompt')) = length(json_extract(:asked, '$.prompt'))
        AND +provider = :provider AND +model = :model AND instr(request, :written) > 0
        AND json_extract(record, '$.group') = '' ORDER BY rowid"""  # noqa: S608
    written = f'"prompt": {json.dumps(prompt)}'
    values = {"asked": f"{{{written}}}", "provider": provider, "model": model, "written": written}
    return [(read_job(job, file), sent == PROGRAM) for sent, *job in file.rows(query, values)]


def with_operation(file: Reader, operation: str) -> JobRecord | None:
    """The newest job whose operation the service calls so, if there is one."""
    query = f"""SELECT {JOB} FROM jobs WHERE json_extract(record, '$.operation') = ?
        ORDER BY rowid DESC LIMIT 1"""  # noqa: S608
    rows = file.rows(query, (operation,))
    return read_job(rows[0], file) if rows else None


def events(file: Reader, job_id: str) -> list[tuple[float, str, str]]:
    """Time, state and detail of each change of a job, oldest first."""
    query = "SELECT at, state, detail FROM events WHERE job_id = ? ORDER BY rowid"
    return [(at, state, detail) for at, state, detail in file.rows(query, (job_id,))]


def durations(file: Reader, provider: str, model: str) -> list[float]:
    """Seconds from submit to done of the last 50 clips of a model, for the poll schedule."""
    query = """SELECT finished_at - submitted_at FROM jobs
        WHERE provider = ? AND model = ? AND state IN ('succeeded', 'downloading')
        AND finished_at > submitted_at ORDER BY finished_at DESC LIMIT 50"""
    return [row[0] for row in file.rows(query, (provider, model))]
