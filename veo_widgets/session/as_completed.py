"""Several jobs, each when it has ended."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .arguments import SECONDS, SEVERAL, accepts, refusal
from .board import Sighting
from .comm_queue import serve_comms
from .errors import WaitTimeoutError
from .handles import Job
from .lines import line_of_several
from .progress import Line, make_room, metered
from .record import JobRecord
from .references import teller
from .waiting import TICK_SECONDS

_Future = concurrent.futures.Future[JobRecord]


class Arrivals:
    """Jobs in the order in which they end: ``for job in …`` blocks, ``async for job in …`` does not.

    Args:
        jobs: which.
        timeout: seconds for all of them.
    """

    def __init__(self, jobs: Iterable[Job], timeout: float | None) -> None:
        self._jobs, self._timeout = list(dict.fromkeys(_jobs(jobs))), timeout

    def __iter__(self) -> Iterator[Job]:
        waits, end = self._begin()
        tell = teller(self._jobs)
        with _let_go(waits), metered(self._standing(), notable=bool(waits)) as tick:
            while waits:
                concurrent.futures.wait(waits, self._tick(end, waits), concurrent.futures.FIRST_COMPLETED)
                tick()
                tell()
                serve_comms()
                for future in [future for future in waits if future.done()]:
                    arrived = self._arrived(waits, future)
                    make_room()
                    yield arrived

    async def __aiter__(self) -> AsyncIterator[Job]:
        waits, end = self._begin()
        tell = teller(self._jobs)
        with _let_go(waits), metered(self._standing(), notable=bool(waits)) as tick:
            while waits:
                # Asked again and again, since a kernel's loop notices an interrupt only when it wakes up.
                tasks = [asyncio.wrap_future(future) for future in waits]
                await asyncio.wait(tasks, timeout=self._tick(end, waits), return_when=asyncio.FIRST_COMPLETED)
                tick()
                tell()
                serve_comms()
                for future in [future for future in waits if future.done()]:
                    arrived = self._arrived(waits, future)
                    make_room()
                    yield arrived

    def _begin(self) -> tuple[dict[_Future, Job], float | None]:
        end = None if self._timeout is None else time.monotonic() + self._timeout
        return {job.start_waiting(): job for job in self._jobs}, end

    def _standing(self) -> Callable[[bool], Line]:
        """How all of them stand; a job that has ended is not looked at again."""
        seen: dict[Job, Sighting] = {}

        def line(last: bool) -> Line:  # noqa: FBT001 (what `Meter` asks with)
            for job in self._jobs:
                if job not in seen or not seen[job].record.state.is_final:
                    seen[job] = job.sighting
            return line_of_several(list(seen.values()), self._jobs[0].client.asynchronous.now(), last=last)

        return line

    def _tick(self, end: float | None, waits: dict[_Future, Job]) -> float:
        if end is None:
            return TICK_SECONDS
        left = end - time.monotonic()
        if left <= 0:
            raise WaitTimeoutError(
                f"{len(waits)} of {len(self._jobs)} jobs take longer than {self._timeout:g} s and go on; wait again to "
                "see their end."
            )
        return min(left, TICK_SECONDS)

    def _arrived(self, waits: dict[_Future, Job], future: _Future) -> Job:
        job = waits.pop(future)
        job.waited(future)
        return job


def _jobs(jobs: Any) -> list[Job]:
    """The jobs that were given, one or several."""
    given = list(jobs) if SEVERAL.fits(jobs) else [jobs]
    for item in given:
        if not isinstance(item, Job):
            raise refusal("jobs", item, "a job; give those that veo.submit() returned")
    return given


@contextmanager
def _let_go(waits: Iterable[_Future]) -> Iterator[None]:
    """Wait no longer for what has not come when the block ends; the jobs go on."""
    try:
        yield
    finally:
        for future in waits:
            future.cancel()


@accepts(timeout=SECONDS)
def as_completed(jobs: Iterable[Job], *, timeout: float | None = None) -> Arrivals:
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
        timeout: seconds for all of them; when they are over, `WaitTimeoutError` is raised and the jobs go on.
    """
    return Arrivals(jobs, timeout)
