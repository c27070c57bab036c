"""Verbs on a job that is named by its id, the beginning of it, or the job itself; by default the newest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..domain.arguments import NAME, PATH, SECONDS, SWITCH, accepts, refusal
from ..domain.errors import InvalidRequestError, nearest
from ..domain.tables import Table
from ..session import shelves
from ..session.job import Job, Jobs
from ..storage.ledger.searches import STATES, Search
from ..storage.ledger.shelf import Shelved
from . import functions

# Rows of a table in a terminal.
_LISTED = 50


def find(job: Job | str | None = None) -> Job:
    """Find a job.

    Args:
        job: the job, its id, the start of its id, or None for the newest.

    Raises:
        InvalidRequestError: there is none.
    """
    if isinstance(job, Job):
        return job
    if job is not None and not isinstance(job, str):
        raise refusal("job", job, "a job or its id")
    if job:
        return functions.job(job)
    newest = functions.jobs(limit=1)
    if not newest:
        raise InvalidRequestError("job: there are no jobs yet.", parameter="job")
    return newest[0]


def _find_named(job: Job | str) -> Job:
    """A job that has to be named: what costs or ends something is not done to whichever is the newest."""
    if not job:
        raise refusal("job", job, "a job or its id")
    return find(job)


@accepts(timeout=SECONDS)
def wait(job: Job | str | None = None, *, timeout: float | None = None) -> Job:
    """Block until a job's clips are on disk; see `Job.wait`."""
    return find(job).wait(timeout)


@accepts()
def cancel(job: Job | str) -> Job:
    """Cancel a job, if its service supports that; see `Job.cancel`."""
    return _find_named(job).cancel()


@accepts()
def retry(job: Job | str) -> Job:
    """Send a job's request again as a new job; this costs money again. See `Job.retry`."""
    return _find_named(job).retry()


@accepts(operation=NAME)
def look(job: Job | str, operation: str = "") -> Job:
    """Check whether the service has a job whose answer was lost, or retry a failed download; see `Job.look_for`."""
    found = _find_named(job).look_for(operation)
    if remark := found.record.remark:
        print(remark)  # noqa: T201 (what was found)
    return found


@accepts()
def forget(job: Job | str) -> Job:
    """Mark a job whose answer was lost as failed; see `Job.forget`."""
    return _find_named(job).forget()


@accepts(path=PATH)
def save(path: str | Path, job: Job | str | None = None) -> list[Path]:
    """Copy a job's clips to a folder or a file, by default the newest job's; see `Job.save`."""
    return find(job).save(path)


def ledger_jobs(words: Sequence[str] = (), **wanted: str) -> Jobs:
    """The newest jobs, as `veo_widgets.jobs`, where text is read.

    Args:
        words: how many jobs, and the states that they are in.
        wanted: ``search``, ``model`` and ``since``.

    Raises:
        InvalidRequestError: a word is neither a number of jobs nor a state.
    """
    limit, states = 20, []
    for word in words:
        if word in STATES:
            states.append(word)
        elif word.lstrip("-").isdecimal():
            limit = int(word)
        else:
            message = f"jobs: {word!r} is neither a number of jobs nor one of {', '.join(STATES)}; --search looks into "
            raise InvalidRequestError(f"{message}prompts.{nearest(word, STATES)}", parameter="jobs", value=word)
    if limit < 1:
        raise InvalidRequestError(f"limit: {limit} is not a number of jobs.", parameter="limit", value=limit)
    return functions.jobs(limit, state=states or None, **wanted)


@accepts(starred=SWITCH)
def library_table(words: Sequence[str] = (), *, starred: bool = False, **wanted: str) -> Table:
    """The newest jobs of the library, which are those that were not deleted, with their sizes on disk, as a table.

    Args:
        words: what their prompts have.
        starred: only those with a star.
        wanted: ``state``, ``model`` and ``since``.

    Raises:
        InvalidRequestError: a value cannot be read.
    """
    client = functions.client()
    search = Search.of(search=" ".join(words), now=client.asynchronous.now(), starred=starred, deleted=False, **wanted)

    async def read() -> tuple[int, list[Shelved]]:
        numbers = await client.asynchronous.shelf(lambda shelf: shelf.find(search))
        return len(numbers), await client.asynchronous.shelf(lambda shelf: shelf.read(numbers[:_LISTED]))

    count, found = client.call(read)
    more = f"and {count - len(found)} more; give words or a flag to see fewer." if count > len(found) else ""
    return shelves.table_of(found, more if found else "No job matches.")
