"""Brings a submitted job to its end: sends what was kept back, polls at the right moments, rides out trouble."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial

import anyio
import anyio.to_thread

from . import deliveries, library, sidecars, transitions
from .accounts import Accounts
from .catalog import TypicalSeconds
from .config import Account
from .downloads import Downloads
from .errors import (
    BadRequestError,
    DownloadError,
    InvalidReplyError,
    InvalidRequestError,
    LedgerError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnknownModelError,
    VeoError,
)
from .keeper import Keeper
from .logbook import LOGGER
from .patience import accompanied, quiet_for
from .poller import Schedule, polite
from .pricing import settled
from .problems import gone_problem
from .providers import LITELLM, LITELLM_GEMINI, model_at, provider_named
from .record import JobRecord, JobState, Operation
from .retries import answer_of, pause
from .sender import Sender, orphaned
from .transport import Transport
from .wires import Wire, wire_for

# Source: https://ai.google.dev/gemini-api/docs/video. What is asked for later is gone for good.
_KEPT_SECONDS = 2 * 24 * 3600.0
# Between two requests for a clip that nobody has said is there; and the share of the job's age that they are apart.
_ANYWAY_SECONDS, _ANYWAY_SHARE = 60.0, 1 / 10
# So long a poll may go without an answer before it is told.
_ANSWER_SECONDS = 15.0
# A schedule that is this old is learned anew: at every poll that would be a trip to the ledger.
_LEARNED_SECONDS = 60.0
# So many jobs are asked for twice a second while others have them; more of them less often.
_OFTEN = 20


class Watcher:
    """Polls for one client.

    Args:
        keeper: where everything is noted and shown.
        accounts: whom to ask with.
        transport: how to reach the services.
        sender: for jobs that are not sent yet.
        downloads: for jobs that are done.
    """

    def __init__(
        self, keeper: Keeper, accounts: Accounts, transport: Transport, sender: Sender, downloads: Downloads
    ) -> None:
        self._keeper, self._accounts, self._transport = keeper, accounts, transport
        self._sender, self._downloads = sender, downloads
        self._board, self._clock = keeper.board, keeper.clock
        self._schedules: dict[tuple[str, str], tuple[float, Schedule]] = {}
        self._watched = 0
        # When the clip of a job was asked for last without its being told ready.
        self._asked: dict[str, float] = {}

    async def drive(self, job_id: str, scope: anyio.CancelScope) -> None:
        """Watch a job on the board until it ends or `scope` is cancelled."""
        entry = self._board[job_id]
        self._board.show(job_id, watching=True)
        self._watched += 1
        with scope:
            try:
                await self._watch_to_the_end(job_id)
            except VeoError as error:
                entry.stopped_by = _with_operation(error, entry.sighting.record)
            except Exception as error:  # noqa: BLE001
                # A fault of ours ends the watching of one job, never that of the others.
                LOGGER.exception("Watching job %s failed.", job_id)
                entry.stopped_by = VeoError(f"Watching job {job_id} failed: {error!r}. Resume it to try again.")
            finally:
                self._watched -= 1
                await self._stop_watching(job_id, scope)

    async def _stop_watching(self, job_id: str, scope: anyio.CancelScope) -> None:
        entry = self._board[job_id]
        self._asked.pop(job_id, None)
        entry.looked.set()
        entry.looked = anyio.Event()
        if entry.scope is scope:
            entry.scope = None
        if entry.scope is not None:
            # Detached and taken up again at once: the lease and the screen are the next watcher's.
            return
        with anyio.CancelScope(shield=True):
            try:
                await self._keeper.release(job_id)
            except LedgerError as error:
                entry.stopped_by = entry.stopped_by or _with_operation(error, entry.sighting.record)
        if entry.scope is None:
            self._board.show(job_id, watching=False, next_poll_at=None, receiving=None, held_by=None)

    async def _watch_to_the_end(self, job_id: str) -> None:
        met: Counter[str] = Counter()
        asked = self._board[job_id].retry_after
        wait = None if asked is None else polite(asked)
        while True:
            record = self._board[job_id].sighting.record if self._keeper.holds(job_id) else await self._take(job_id)
            if record.state.is_final:
                return
            if record.held_back:
                await self._send(record)
                continue
            await self._pause(record, wait)
            try:
                await self._look_for_all(record)
            except VeoError as error:
                met[answer_of(error)] += 1
                wait = pause("look", error, tried=met[answer_of(error)])
                if wait is None:
                    await self._give_up(record, error)
                    return
                await self._keeper.note_trouble(job_id, str(error))
                LOGGER.warning("job %s: %s", job_id, error)
            else:
                met.clear()
                asked = self._board[job_id].retry_after
                wait = None if asked is None else polite(asked)

    async def _send(self, record: JobRecord) -> None:
        """Send a job that was kept back; what the service refuses ends it, and its record says why."""
        try:
            await self._sender.send_held_back(record)
        except VeoError:
            if not (await self._keeper.reread(record.id)).state.is_final:
                raise

    async def _take(self, job_id: str) -> JobRecord:
        """The record, once this process holds the job's lease or another has brought the job to its end."""
        while True:
            leased, record = await self._keeper.take(job_id)
            if record.state.is_final or (leased and (record.operation or record.held_back)):
                return record
            if leased and job_id not in self._sender.submitting:
                # Whoever was to send the create is gone, and the service's answer, if it was sent, with it.
                return await self._keeper.keep(orphaned(record, self._clock.now()))
            await self._clock.sleep(min(max(self._watched, _OFTEN) / _OFTEN * 0.5, 5.0))

    async def _pause(self, record: JobRecord, seconds: float | None) -> None:
        if hurried := seconds is None:
            seconds = await self._next_delay(record)
        self._board.show(record.id, next_poll_at=self._clock.now() + seconds)
        # Only the schedule's own pause may be cut short: where the service has asked for patience, it gets it.
        await self._sleep(record.id, seconds) if hurried else await self._clock.sleep(seconds)
        self._board.show(record.id, next_poll_at=None)

    async def _sleep(self, job_id: str, seconds: float) -> None:
        """Sleep until it is time, or until somebody asks for a look now."""
        entry = self._board[job_id]
        try:
            with anyio.CancelScope() as entry.nudge:
                await self._clock.sleep(seconds)
        finally:
            entry.nudge = None

    async def _look_for_all(self, record: JobRecord) -> None:
        entry = self._board[record.id]
        try:
            await self.look(record)
        finally:
            entry.looked.set()
            entry.looked = anyio.Event()

    async def look_early(self, job_id: str) -> JobRecord:
        """How a watched job is, asked now if only the schedule says later."""
        entry = self._board[job_id]
        if entry.nudge is not None:
            entry.nudge.cancel()
            await entry.looked.wait()
        return entry.sighting.record

    async def _next_delay(self, record: JobRecord) -> float:
        if record.state is JobState.DOWNLOADING:
            return 0.0
        elapsed = self._clock.now() - (record.submitted_at or record.created_at)
        return (await self._schedule(record)).delay(max(elapsed, 0.0), self._watched)

    async def _schedule(self, record: JobRecord) -> Schedule:
        """When jobs of this kind are done, learned anew now and then."""
        kind, now = (record.provider, record.model), self._clock.now()
        learned_at, schedule = self._schedules.get(kind, (0.0, None))
        if schedule is None or not 0 <= now - learned_at < _LEARNED_SECONDS:
            history = await self._keeper.ledger.do(lambda ledger: ledger.durations(*kind))
            schedule = Schedule.of(history, typical_seconds(*kind))
            self._schedules[kind] = now, schedule
        return schedule

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
                await self._keeper.note_trouble(record.id, str(error))
            raise error
        await anyio.to_thread.run_sync(library.clear, record)
        problem = gone_problem(str(error), proxied=record.surface == LITELLM)
        await self._keeper.keep(transitions.ended(record, JobState.EXPIRED, problem, self._clock.now()))

    async def look(self, record: JobRecord) -> JobRecord:
        """One poll, and the download if it says that the clips are there."""
        account, wire = await self._accounts.of_job(record), wire_for(record.wire, record.surface)
        try:
            return await self._look(record, account, wire)
        except ServiceError as error:
            # Of a poll's answer this has been asked already; here it is about a download's.
            verdict = await self._verdict(error, record, wire)
            if verdict is None or verdict.outcome == "samples":
                raise
            return await self._note(_seen(record, verdict, self._clock.now()), verdict)

    async def _polled(self, record: JobRecord, account: Account, wire: Wire) -> tuple[Operation, float | None]:
        """What a poll says, be it in an error, and how long the service asks to wait."""
        try:
            reply = await self._transport.send(wire.poll(record.operation, account.endpoint), account)
        except ServiceError as error:
            verdict = await self._verdict(error, record, wire)
            if verdict is None:
                raise
            return transitions.as_created(verdict, record.operation), error.retry_after
        return transitions.as_created(wire.parse(reply), record.operation), reply.retry_after

    async def _verdict(self, error: ServiceError, record: JobRecord, wire: Wire) -> Operation | None:
        """How a job has ended, if an error tells, with the reason where a proxy has lost it and its other way tells."""
        verdict, other = wire.verdict(error, record.operation), wire.other_way(record.operation)
        if verdict is None or other is None or verdict.outcome not in {"failed", "empty"}:
            return verdict
        dialect, name = other
        try:
            account = await self._accounts.of_job(replace(record, surface=LITELLM_GEMINI))
            told = dialect.parse(await self._transport.send(dialect.poll(name, account.endpoint), account))
        except VeoError:
            # An operator need not open that way, nor keep one key for both.
            return verdict
        return told if told.outcome in {"failed", "filtered", "empty"} else None

    async def _look(self, record: JobRecord, account: Account, wire: Wire) -> JobRecord:
        began = self._clock.now()

        async def tell() -> None:
            await quiet_for(self._clock, _ANSWER_SECONDS, lambda: began)
            told = f"{account.provider.label} has not answered for {_ANSWER_SECONDS:g} s; waiting."
            with suppress(VeoError):
                await self._keeper.note_trouble(record.id, told)

        operation, asked = await accompanied(partial(self._polled, record, account, wire), tell)
        self._board[record.id].retry_after = asked
        record = self._keeper.now_known(record)
        operation = await self._once_ready(operation, account, wire)
        if operation.status and (finished := await self._finished_anyway(record, operation, account, wire)):
            return finished
        seen = _seen(record, operation, self._clock.now())
        if seen.state is JobState.RUNNING and _is_no_news(seen, record):
            # Another poll without news is not worth a trip to the ledger.
            self._board.put(seen)
            return seen
        if operation.status and seen.notice != record.notice:
            LOGGER.warning("job %s: the service says %r, which is not known here", record.id, operation.status)
        seen = await self._note(seen, operation)
        if seen.state is not JobState.DOWNLOADING:
            return seen
        return await self._fetch(seen, operation, account, wire)

    async def _fetch(self, record: JobRecord, operation: Operation, account: Account, wire: Wire) -> JobRecord:
        """Download the clips; what is never a clip ends the job after a few tries.

        Raises:
            VeoError: the trouble, while it is worth another try, and whatever is this machine's fault.
        """
        try:
            record = await self._downloads.save_all(record, operation, account, wire)
        except (DownloadError, InvalidReplyError) as error:
            if isinstance(error.__cause__, OSError):
                raise
            leased, known = await self._keeper.take(record.id)
            if not leased or known.state.is_final:
                raise
            known = await self._keeper.keep(transitions.without_clip(known, error, self._clock.now()))
            if known.state.is_final:
                return known
            raise
        return await self._saved(record, operation)

    async def _saved(self, record: JobRecord, operation: Operation) -> JobRecord:
        """The job with all of its clips on disk, held against what was asked for."""
        record = await _compared(record, operation)
        return await self._keeper.keep(transitions.saved(record, record.videos, self._clock.now()))

    async def _finished_anyway(
        self, record: JobRecord, operation: Operation, account: Account, wire: Wire
    ) -> JobRecord | None:
        """The job with its clips, if they can be had, whatever the word means that its service has for it; else None.

        They are asked for now and then once the job has taken longer than its model usually does: asking is free.
        """
        now, began = self._clock.now(), record.submitted_at or record.created_at
        apart = max(_ANYWAY_SECONDS, _ANYWAY_SHARE * (now - began))
        is_late = now - began > typical_seconds(record.provider, record.model).high
        if not is_late or now - self._asked.get(record.id, 0.0) < apart:
            return None
        self._asked[record.id] = now
        done = replace(operation, outcome="samples", samples=operation.expected, status="", expected=())
        try:
            saved = await self._downloads.save_all(_seen(record, done, now), done, account, wire)
        except VeoError as error:
            if isinstance(error.__cause__, OSError):
                raise
            LOGGER.info("job %s: its clip cannot be had yet: %s", record.id, error)
            return None
        return await self._saved(replace(_seen(saved, done, now), videos=saved.videos), done)

    async def _note(self, seen: JobRecord, operation: Operation) -> JobRecord:
        """Write down what a poll has said, if the job is still ours; if not, the record is as the ledger has it."""
        leased, record = await self._keeper.take(seen.id)
        if not leased or record.state.is_final:
            return record
        now_seen = replace(_seen(record, operation, self._clock.now()), polls=seen.polls)
        if _is_no_news(now_seen, record):
            self._board.put(now_seen)
            return now_seen
        return await self._keeper.keep(now_seen)

    async def _once_ready(self, operation: Operation, account: Account, wire: Wire) -> Operation:
        """The operation, or one that still runs while a file of it is in the making."""
        for sample in operation.samples:
            call = wire.probe(sample, account.endpoint)
            if call is None:
                continue
            try:
                finished = wire.ready(await self._transport.send(call, account))
            except (BadRequestError, NotFoundError, PermissionDeniedError):
                # Whoever does not describe files may still have them: the download will tell.
                continue
            if not finished:
                return Operation(operation.name, "running")
        return operation

    async def cancel(self, record: JobRecord) -> JobRecord:
        """Have the service stop an operation, and look what has become of it.

        Raises:
            InvalidRequestError: the job has no operation yet, or its service stops none.
        """
        account, wire = await self._accounts.of_job(record), wire_for(record.wire, record.surface)
        call = wire.cancel(record.operation, account.endpoint) if record.operation else None
        if call is None:
            why = f"{account.provider.label} stops no {record.model} once it has started"
            message = f"job: {record.id} cannot be cancelled; {why}. It goes on; detach() stops the watching."
            raise InvalidRequestError(message, parameter="job", value=record.id)
        await self._transport.send(call, account)
        if not await self._keeper.lease(record.id):
            return record
        try:
            return await self.look(record)
        finally:
            if self._board[record.id].scope is None:
                await self._keeper.release(record.id)


async def _compared(record: JobRecord, operation: Operation) -> JobRecord:
    """The record with what its clips are other than asked for, and with the price that follows from it."""
    cost = record.cost
    # Where tokens were counted, their price is the final one.
    if operation.usage is None or not operation.usage.video:
        cost = deliveries.followed(cost, record.request, record.videos)
    if cost != record.cost:
        for video in record.videos:
            with suppress(OSError):
                await anyio.to_thread.run_sync(sidecars.write_sidecar, video, {**video.recipe, "cost": cost.to_json()})
    return replace(record, differences=deliveries.of_job(record, record.videos), cost=cost)


def _is_no_news(seen: JobRecord, record: JobRecord) -> bool:
    """Whether a poll has told nothing that is worth writing down."""
    return (seen.state, seen.notice, seen.troubled) == (record.state, record.notice, record.troubled)


def _with_operation(error: VeoError, record: JobRecord) -> VeoError:
    """What stopped the watching; of a ledger that cannot be used, with the name by which the service has the job."""
    if not isinstance(error, LedgerError) or not record.operation or record.state.is_final:
        return error
    told = f"{error} Job {record.id} goes on at the service as {record.operation}; wait again when that is mended."
    return type(error)(told) if type(error) is LedgerError else error


def _seen(record: JobRecord, operation: Operation, now: float) -> JobRecord:
    """The record after a poll that went well, at its final price if there are clips."""
    # A service that answers polls may still hand out no clip: that trouble ends with the download.
    troubled = record.troubled and record.state is JobState.DOWNLOADING
    seen = transitions.advance(replace(record, notice="", troubled=troubled), operation, now)
    if operation.outcome == "samples":
        # A model that has left the catalog keeps the price it was sent with.
        with suppress(UnknownModelError):
            model = model_at(provider_named(record.provider), record.model)
            seen = replace(seen, cost=settled(seen.cost, operation.usage, model))
    return seen


def typical_seconds(provider_name: str, model_id: str) -> TypicalSeconds:
    """How long a model usually takes; one that has left the catalog since a job was sent, as long as most."""
    try:
        provider = provider_named(provider_name)
        return model_at(provider, model_id).typical_seconds.sped_up(provider.speed)
    except VeoError:
        return TypicalSeconds(11, 60, 360)
