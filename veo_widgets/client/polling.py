"""Brings a submitted job to its end: sends what was kept back, polls at the right moments, rides out trouble."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import NamedTuple

import anyio
import anyio.to_thread

from ..config.log import LOGGER
from ..domain import job_transitions
from ..domain.catalog import TypicalSeconds
from ..domain.errors import BadRequestError, LedgerError, NotFoundError, PermissionDeniedError, VeoError
from ..domain.job_record import JobRecord, JobState
from ..domain.problems import gone_problem
from ..providers.registry import LITELLM
from ..storage.clips import library
from .job_status import StatusChecks, typical_seconds
from .job_store import JobStore
from .poll_schedule import Schedule, in_step, polite, usual
from .retries import answer_of, pause
from .submission import Sender, orphaned

# Source: https://ai.google.dev/gemini-api/docs/video. What is asked for later is gone for good.
_KEPT_SECONDS = 2 * 24 * 3600.0
# A schedule that is this old is learned anew: at every poll that would be a trip to the ledger.
_LEARNED_SECONDS = 60.0
# Between two looks for a ledger whose server is away.
_AWAY_SECONDS = 5.0
# So many jobs are asked for twice a second while others have them; more of them less often.
_OFTEN = 20


class _Learned(NamedTuple):
    """What was known at a moment of jobs of one kind."""

    at: float
    schedule: Schedule
    usual: TypicalSeconds


class Polling:
    """Polls for one client.

    Args:
        store: where everything is noted and shown.
        sender: for jobs that are not sent yet.
        looks: how a job is.
    """

    def __init__(self, store: JobStore, sender: Sender, looks: StatusChecks) -> None:
        self._store, self._sender, self._looks = store, sender, looks
        self._live, self._clock = store.live, store.clock
        # By provider and model.
        self._schedules: dict[tuple[str, str], _Learned] = {}
        self._learning = anyio.Lock()
        self._watched = 0

    async def drive(self, job_id: str, scope: anyio.CancelScope) -> None:
        """Watch a live job until it ends or `scope` is cancelled."""
        entry = self._live[job_id]
        self._live.show(job_id, watching=True)
        self._watched += 1
        with scope:
            try:
                await self._watch_while_the_ledger_comes_and_goes(job_id)
            except VeoError as error:
                entry.stopped_by = _with_operation(error, entry.sighting.record)
            except Exception as error:  # noqa: BLE001
                # A fault of ours ends the watching of one job, never that of the others.
                LOGGER.exception("Watching job %s failed.", job_id)
                entry.stopped_by = VeoError(f"Watching job {job_id} failed: {error!r}. Resume it to try again.")
            finally:
                self._watched -= 1
                await self._stop_watching(job_id, scope)

    async def _watch_while_the_ledger_comes_and_goes(self, job_id: str) -> None:
        while True:
            try:
                return await self._watch_to_the_end(job_id)
            except LedgerError as error:
                if not error.away:
                    raise
                # Shown and not written: what is on screen is what is known until the ledger is back.
                record = self._live[job_id].sighting.record
                self._live.put(job_transitions.troubled(record, str(error), self._clock.now()))
                LOGGER.warning("job %s: %s", job_id, error)
                await self._clock.sleep(_AWAY_SECONDS)

    async def _stop_watching(self, job_id: str, scope: anyio.CancelScope) -> None:
        entry = self._live[job_id]
        self._looks.forget(job_id)
        entry.has_looked()
        if entry.scope is scope:
            entry.scope = None
        if entry.scope is not None:
            # Detached and taken up again at once: the lease and the screen are the next watcher's.
            return
        with anyio.CancelScope(shield=True):
            try:
                await self._store.release(job_id)
            except LedgerError as error:
                entry.stopped_by = entry.stopped_by or _with_operation(error, entry.sighting.record)
        if entry.scope is None:
            self._live.show(job_id, watching=False, next_poll_at=None, receiving=None, held_by=None)

    async def _watch_to_the_end(self, job_id: str) -> None:
        met: Counter[str] = Counter()
        asked = self._live[job_id].retry_after
        wait, first = None if asked is None else polite(asked), True
        while True:
            record = self._live[job_id].sighting.record
            if not self._store.holds(job_id) or not (record.operation or record.held_back or record.state.is_final):
                record = await self._take(job_id)
            if record.state.is_final:
                return
            if record.held_back:
                await self._send(record)
                continue
            await self._pause(record, wait, first=first)
            first = False
            try:
                await self._look_for_all(record)
            except VeoError as error:
                met[answer_of(error)] += 1
                wait = pause("look", error, tried=met[answer_of(error)])
                if wait is None:
                    await self._give_up(record, error)
                    return
                await self._store.note_trouble(job_id, str(error))
                LOGGER.warning("job %s: %s", job_id, error)
            else:
                met.clear()
                asked = self._live[job_id].retry_after
                wait = None if asked is None else polite(asked)

    async def _send(self, record: JobRecord) -> None:
        """Send a job that was kept back; what the service refuses ends it, and its record says why."""
        try:
            await self._sender.send_held_back(record)
        except VeoError:
            if not (await self._store.reread(record.id)).state.is_final:
                raise

    async def _take(self, job_id: str) -> JobRecord:
        """The record, once this process holds the job's lease or another has brought the job to its end."""
        while True:
            leased, record = await self._store.take(job_id)
            if record.state.is_final or (leased and (record.operation or record.held_back)):
                return record
            if leased and job_id not in self._sender.submitting:
                # Whoever was to send the create is gone, and the service's answer, if it was sent, with it; or was
                # asleep for longer than its lease, and may wake up at this very moment.
                record = await self._store.keep_end(orphaned(record, self._clock.now()), record)
                if record.state.is_final:
                    return record
            if self._live[job_id].sighting.next_poll_at is not None:
                # Another program polls now, when it likes.
                self._live.show(job_id, next_poll_at=None)
            await self._clock.sleep(min(max(self._watched, _OFTEN) / _OFTEN * 0.5, 5.0))

    async def _pause(self, record: JobRecord, seconds: float | None, *, first: bool) -> None:
        if hurried := seconds is None:
            seconds = in_step(await self._next_delay(record, first=first), self._clock.now(), self._watched)
        self._live.show(record.id, next_poll_at=self._clock.now() + seconds)
        # Only the schedule's own pause may be cut short: where the service has asked for patience, it gets it.
        # It stays shown while the poll is made: a moment that has passed means that it is being looked now.
        await self._sleep(record.id, seconds) if hurried else await self._clock.sleep(seconds)

    async def _sleep(self, job_id: str, seconds: float) -> None:
        """Sleep until it is time, or until somebody asks for a look now."""
        entry = self._live[job_id]
        try:
            with anyio.CancelScope() as entry.nudge:
                await self._clock.sleep(seconds)
        finally:
            entry.nudge = None

    async def _look_for_all(self, record: JobRecord) -> None:
        entry = self._live[record.id]
        try:
            await self._looks.look(record)
        finally:
            entry.has_looked()

    async def look_early(self, job_id: str) -> JobRecord:
        """How a watched job is, asked now if only the schedule says later."""
        entry = self._live[job_id]
        if entry.nudge is not None:
            entry.nudge.cancel()
            await entry.wait_until_looked()
        return entry.sighting.record

    async def _next_delay(self, record: JobRecord, *, first: bool) -> float:
        if record.state is JobState.DOWNLOADING:
            return 0.0
        elapsed = self._clock.now() - (record.submitted_at or record.created_at)
        schedule = await self._schedule(record)
        # What the service says of this job goes before what other jobs took.
        if pace := self._live[record.id].sighting.pace:
            return pace.delay(elapsed, self._watched)
        delay = schedule.delay(max(elapsed, 0.0), self._watched)
        if first and elapsed > typical_seconds(record.provider, record.model).low:
            # Taken up late, as after a restart: it may long be done. Of many, not all are asked for at once.
            return min(delay, self._watched / _OFTEN)
        return delay

    async def _schedule(self, record: JobRecord) -> Schedule:
        """When jobs of this kind are done, learned anew now and then."""
        kind = (record.provider, record.model)
        known = self._known_schedule(kind)
        if known is None:
            # Jobs that begin together learn it once.
            async with self._learning:
                known = self._known_schedule(kind) or await self._learn(kind)
        if self._live[record.id].sighting.usual != known.usual:
            self._live.show(record.id, usual=known.usual)
        return known.schedule

    def _known_schedule(self, kind: tuple[str, str]) -> _Learned | None:
        known = self._schedules.get(kind)
        return known if known and 0 <= self._clock.now() - known.at < _LEARNED_SECONDS else None

    async def _learn(self, kind: tuple[str, str]) -> _Learned:
        now, history = self._clock.now(), await self._store.ledger.do(lambda ledger: ledger.durations(*kind))
        typical = typical_seconds(*kind)
        learned = self._schedules[kind] = _Learned(now, Schedule.of(history, typical), usual(history, typical))
        return learned

    async def _give_up(self, record: JobRecord, error: VeoError) -> None:
        """End a job whose clip is gone; any other refusal only ends the watching.

        Raises:
            VeoError: the refusal, while the service still keeps the clip: with the right key or on another network
                the job can be resumed; and whatever is this machine's fault.
        """
        age = self._clock.now() - (record.submitted_at or record.created_at)
        # Only the service knows that a clip is gone; a key, a profile or a network that is missing says nothing of it.
        told = isinstance(error, BadRequestError | NotFoundError | PermissionDeniedError) and error.status
        if age < _KEPT_SECONDS or not told:
            # The disk at fault may be the ledger's too.
            with suppress(LedgerError):
                await self._store.note_trouble(record.id, str(error))
            raise error
        await anyio.to_thread.run_sync(library.clear, record)
        problem = gone_problem(str(error), proxied=record.surface == LITELLM)
        await self._store.keep(job_transitions.ended(record, JobState.EXPIRED, problem, self._clock.now()))


def _with_operation(error: VeoError, record: JobRecord) -> VeoError:
    """What stopped the watching; of a ledger that cannot be used, with the name by which the service has the job."""
    if not isinstance(error, LedgerError) or not record.operation or record.state.is_final:
        return error
    told = f"{error} Job {record.id} goes on at the service as {record.operation}; wait again when that is mended."
    return type(error)(told) if type(error) is LedgerError else error
