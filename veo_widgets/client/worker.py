"""Works on every open job that no other program works on: of notebooks that were closed, of programs that died."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import anyio

from ..config.log import LOGGER
from ..domain.errors import JobError, LedgerError, VeoError
from ..domain.job_record import JobRecord
from .async_client import AsyncClient
from .background_tasks import BackgroundTasks
from .live_jobs import EVERY_JOB, Sighting

# How often the ledger is asked for jobs that nobody works on.
_LOOK_SECONDS = 2.0
# What cannot be brought on from here, as without a key, is tried again after the first, doubled up to the second.
_SHORTEST_ASIDE, _LONGEST_ASIDE = 5.0, 600.0
# How often clips are put into their buckets that could not be put there before.
_UPLOAD_SECONDS = 60.0
# The same words are said again after so long, if they still hold.
_SAID_SECONDS = 600.0


class Reporter(Protocol):
    """Is told how it goes."""

    def looked(self) -> None:
        """The ledger was asked for open jobs, whatever it said: the worker is alive."""

    def ended(self, record: JobRecord) -> None:
        """A job that was worked on here has ended, with or without a clip."""

    def trouble(self, words: str) -> None:
        """Something keeps jobs from going on; they are tried again."""


@dataclass(frozen=True)
class _Aside:
    """How long a job is left alone, in seconds, and until when."""

    pause: float
    until: float


class Worker:
    """Brings open jobs to their end as `AsyncClient.resume` does, and goes on looking for more.

    Clips that could not be put into their buckets are put there. It creates no job. One that was held back for want of
    quota when its program ended is sent as after `resume`: its price is reserved, and the limits must allow it at the
    moment in which it leaves.

    Args:
        client: of its own, since it forgets what is not worked on.
        reporter: who is told.
    """

    def __init__(self, client: AsyncClient, reporter: Reporter) -> None:
        self._client, self._reporter = client, reporter
        self._working: dict[str, anyio.CancelScope] = {}
        self._asides: dict[str, _Aside] = {}
        self._said: dict[str, float] = {}
        # Told by the task that runs this, whose errors, such as a pipe that nobody reads, end it.
        self._news: deque[Callable[[], None]] = deque()
        self._woken = anyio.Event()
        self._stopped = False

    def stop(self) -> None:
        """Have `run` return; to be called on the loop."""
        self._stopped = True
        self._woken.set()

    async def run(self, *, once: bool = False) -> set[str]:
        """Work until `stop`; what is then under way goes back to the ledger as the client is closed.

        Args:
            once: whether to return as soon as no job is open but those that cannot be brought on from here.

        Returns:
            These jobs, and with `once` those whose clips are still not in their buckets.

        Raises:
            LedgerError: with `once`, the ledger cannot be used. Otherwise it is asked again.
        """
        end_listening = self._client.listen(EVERY_JOB, self._see)
        try:
            with suppress(LedgerError):
                await self._client.reckon_missing_digests()
            async with BackgroundTasks() as tasks:
                is_over = False
                if not once:
                    tasks.start(self._keep_putting_up, name="veo worker uploads")
                while not self._stopped and not (once and is_over):
                    self._woken = anyio.Event()
                    is_over = await self._look(tasks, patient=not once)
                    self._tell_news()
                    if not (once and is_over):
                        with anyio.move_on_after(_LOOK_SECONDS):
                            await self._woken.wait()
            left = await self._put_up() if once and not self._stopped else set()
            self._tell_news()
        finally:
            end_listening()
        return left.union(self._asides)

    async def _keep_putting_up(self) -> None:
        while True:
            await self._put_up()
            await anyio.sleep(_UPLOAD_SECONDS)

    async def _put_up(self) -> set[str]:
        """Put up what was left over; returns the jobs of which it could not be."""
        left = [record for record in await self._client.put_up_left_over() if record.lacks_upload]
        for record in left:
            self._tell_trouble(f"Job {record.id}: {record.trouble}")
        return {record.id for record in left}

    async def _look(self, tasks: BackgroundTasks, *, patient: bool) -> bool:
        """Take up what nobody works on; returns whether there is nothing left that can be brought on from here."""
        self._news.append(self._reporter.looked)
        try:
            found = await self._client.open_jobs()
            await self._client.drop_unwatched(self._working)
        except LedgerError as error:
            if not patient:
                raise
            self._tell_trouble(str(error))
            return False
        now = self._client.now()
        self._asides = {job_id: aside for job_id, aside in self._asides.items() if job_id in found}
        for job_id, hold in found.items():
            aside = self._asides.get(job_id)
            if hold is None and job_id not in self._working and (aside is None or aside.until <= now):
                self._working[job_id] = anyio.CancelScope()
                tasks.start(self._bring_home, job_id, self._working[job_id], name=f"veo worker {job_id}")
        return not self._working and found.keys() <= self._asides.keys()

    async def _bring_home(self, job_id: str, scope: anyio.CancelScope) -> None:
        """Work on a job until it ends, until it cannot be brought on, or until another program takes it."""
        try:
            with scope:
                await self._work_on(job_id)
            if scope.cancelled_caught:
                await self._client.detach(job_id)
        except VeoError as error:
            self._put_aside(job_id, str(error))
        except Exception as error:  # noqa: BLE001
            # A fault of ours with one job never ends the work on the others.
            LOGGER.exception("Working on job %s failed.", job_id)
            self._put_aside(job_id, f"Working on job {job_id} failed: {error!r}")
        finally:
            del self._working[job_id]
            self._woken.set()

    async def _work_on(self, job_id: str) -> None:
        if await self._client.claim(job_id):
            # Why there is no clip stands in the record.
            with suppress(JobError):
                await self._client.end_of(job_id)
            ended = (await self._client.sighting(job_id)).record
            self._news.append(partial(self._reporter.ended, ended))

    def _put_aside(self, job_id: str, why: str) -> None:
        """Leave a job alone for a while: what keeps it may be mended meanwhile, such as a key or a full disk."""
        before = self._asides.get(job_id)
        pause = min(2 * before.pause, _LONGEST_ASIDE) if before else _SHORTEST_ASIDE
        self._asides[job_id] = _Aside(pause, self._client.now() + pause)
        self._tell_trouble(why)

    def _see(self, seen: Sighting) -> None:
        """Leave a job that was taken over from here, and tell what goes wrong with the others."""
        scope, record = self._working.get(seen.record.id), seen.record
        if scope is not None and seen.held_by is not None:
            scope.cancel()
        elif scope is not None and record.troubled and not record.state.is_final:
            self._tell_trouble(record.trouble)

    def _tell_trouble(self, words: str) -> None:
        """Tell it once for all jobs that meet it, and again if it lasts."""
        now = self._client.now()
        self._said = {said: at for said, at in self._said.items() if 0 <= now - at < _SAID_SECONDS}
        if words not in self._said:
            self._said[words] = now
            self._news.append(partial(self._reporter.trouble, words))
            self._woken.set()

    def _tell_news(self) -> None:
        while self._news:
            self._news.popleft()()
