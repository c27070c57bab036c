"""Verbs on a job that is named by its id, the beginning of it, or the job itself; by default the newest."""

from __future__ import annotations

from pathlib import Path

from . import session
from .errors import InvalidRequestError
from .handles import Job, Jobs


def find(job: Job | str | None = None) -> Job:
    """The job that is meant.

    Args:
        job: itself, its id, the beginning of it, or None for the newest.

    Raises:
        InvalidRequestError: there is none.
    """
    if isinstance(job, Job):
        return job
    if job:
        return session.job(job)
    newest = session.jobs(limit=1)
    if not newest:
        raise InvalidRequestError("job: there are no jobs yet.", parameter="job")
    return newest[0]


def wait(job: Job | str | None = None, *, timeout: float | None = None) -> Job:
    """Block until a job's clips are on disk; see `Job.wait`."""
    return find(job).wait(timeout)


def cancel(job: Job | str) -> Job:
    """Have a job stopped, where its service can; see `Job.cancel`."""
    return find(job).cancel()


def retry(job: Job | str) -> Job:
    """Send a job's request again as a new job, which costs money again; see `Job.retry`."""
    return find(job).retry()


def look(job: Job | str, operation: str = "") -> Job:
    """Look whether the service has a job whose answer was lost, or a clip that could not be had; see `Job.look_for`."""
    found = find(job).look_for(operation)
    if remark := found.record.remark:
        print(remark)  # noqa: T201 (what was found)
    return found


def forget(job: Job | str) -> Job:
    """Take a job whose answer was lost for failed; see `Job.forget`."""
    return find(job).forget()


def save(path: str | Path, job: Job | str | None = None) -> list[Path]:
    """Copy a job's clips to a folder or to a file of that name; see `Job.save`. By default the newest job's."""
    return find(job).save(path)


def ledger_jobs(limit: int = 20) -> Jobs:
    """The newest jobs, as `veo_widgets.jobs`, where text is read.

    Raises:
        InvalidRequestError: `limit` is less than 1.
    """
    if limit < 1:
        raise InvalidRequestError(f"limit: {limit} is not a number of jobs.", parameter="limit", value=limit)
    return session.jobs(limit)
