"""Several jobs, each when it has ended."""

from __future__ import annotations

import concurrent.futures
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..client.live_jobs import Sighting
from ..client.progress import Line, make_room, metered
from ..domain.arguments import SECONDS, SEVERAL, accepts, refusal
from ..domain.errors import WaitTimeoutError
from ..domain.job_record import JobRecord
from .comm_queue import serve_comms
from .job import Job
from .job_references import teller
from .status_lines import line_of_several
from .waiting import deadline, first_of, first_of_in_loop

_Future = concurrent.futures.Future[JobRecord]


class Completions:
    """Jobs in the order in which they end: ``for job in …`` blocks, ``async for job in …`` does not.

    Args:
        jobs: which.
        timeout: seconds for all of them.
    """

    def __init__(self, jobs: Iterable[Job], timeout: float | None) -> None:
        # A job that was given twice is waited for once.
        self._jobs, self._timeout = list(dict.fromkeys(_as_jobs(jobs))), timeout

    def __iter__(self) -> Iterator[Job]:
        waits, until, tell = self._start_waits()
        with _cancelled_at_end(waits), metered(self._progress_line(), notable=bool(waits)) as tick:
            while waits:
                first_of(waits, until, tick, tell, serve_comms)
                for job in self._take_ended(waits):
                    # Whoever takes the job may print, which belongs above the line of progress.
                    make_room()
                    yield job

    async def __aiter__(self) -> AsyncIterator[Job]:
        waits, until, tell = self._start_waits()
        with _cancelled_at_end(waits), metered(self._progress_line(), notable=bool(waits)) as tick:
            while waits:
                await first_of_in_loop(waits, until, tick, tell, serve_comms)
                for job in self._take_ended(waits):
                    make_room()
                    yield job

    def _start_waits(self) -> tuple[dict[_Future, Job], float | None, Callable[[], None]]:
        return {job.start_waiting(): job for job in self._jobs}, deadline(self._timeout), teller(self._jobs)

    def _progress_line(self) -> Callable[[bool], Line]:
        """How all of them stand; a job that has ended is not looked at again."""
        seen: dict[Job, Sighting] = {}

        def line(last: bool) -> Line:  # noqa: FBT001 (what `Meter` asks with)
            for job in self._jobs:
                if job not in seen or not seen[job].record.state.is_final:
                    seen[job] = job.sighting
            return line_of_several(list(seen.values()), self._jobs[0].client.asynchronous.now(), last=last)

        return line

    def _take_ended(self, waits: dict[_Future, Job]) -> Iterator[Job]:
        """The jobs that have ended, each taken out of `waits` when its turn comes."""
        ended = [future for future in waits if future.done()]
        if not ended:
            raise WaitTimeoutError(
                f"{len(waits)} of {len(self._jobs)} jobs are still running after {self._timeout:g} s; wait for them "
                "again to get their clips."
            )
        for future in ended:
            job = waits.pop(future)
            job.waited(future)
            yield job


def _as_jobs(jobs: Any) -> list[Job]:
    """The jobs that were given, one or several."""
    given = list(jobs) if SEVERAL.fits(jobs) else [jobs]
    for item in given:
        if not isinstance(item, Job):
            raise refusal("jobs", item, "a job; give those that veo.submit() returned")
    return given


@contextmanager
def _cancelled_at_end(waits: Iterable[_Future]) -> Iterator[None]:
    """Stop waiting for what has not come when the block ends; the jobs keep running."""
    try:
        yield
    finally:
        for future in waits:
            future.cancel()


@accepts(timeout=SECONDS)
def as_completed(jobs: Iterable[Job], *, timeout: float | None = None) -> Completions:
    """Each job when it has ended, whichever is first, with or without a clip: ``job.state`` says which.

    While it waits it shows progress, as `Job.wait` does.

    ```python
    jobs = [veo.submit(f"A cat, take {number}") for number in (1, 2)]
    for job in veo.as_completed(jobs):
        print(job.state)
    async for job in veo.as_completed(jobs):
        print(job.state)
    ```

    Args:
        jobs: which.
        timeout: seconds for all of them; after that, `WaitTimeoutError` is raised and the jobs keep running.
    """
    return Completions(jobs, timeout)
