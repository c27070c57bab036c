"""Brings a submitted job to its end: polls at the right moments, rides out trouble, downloads the clips."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from . import config, library
from . import record as records
from .board import Board
from .catalog import TypicalSeconds
from .config import Account, Settings
from .embedded import emulator_address
from .errors import (
    AuthenticationError,
    BadRequestError,
    ConfigError,
    DownloadError,
    InvalidRequestError,
    LedgerError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnknownModelError,
    VeoError,
)
from .ledger import AsyncLedger
from .logbook import LOGGER
from .media import Video
from .poller import Schedule, polite
from .pricing import settled
from .providers import LITELLM, model_at, provider_named
from .record import JobRecord, JobState, Operation, Sample
from .transport import Transport
from .wires import Wire, wire_for

# A lease outlives the longest pause between two polls, so that it only runs out when its holder is gone.
LEASE_SECONDS = 120.0
# After so many refusals in a row another try needs somebody to change something.
_PATIENCE = 4
# Source: https://ai.google.dev/gemini-api/docs/video. What is asked for later is gone for good.
_KEPT_SECONDS = 2 * 24 * 3600.0
# A screen needs no more than this, and a fast download has thousands of chunks.
_SCREEN_SECONDS = 0.2


@dataclass(frozen=True)
class Clock:
    """Time, so that tests can bring their own.

    Attributes:
        now: seconds since the epoch.
        sleep: wait that many seconds.
    """

    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep


class Watcher:
    """Polls and downloads for one client.

    Args:
        settings: for the credentials.
        home: the folder of the ledger and of the embedded emulator's memory.
        transport: how to reach the services.
        clock: where time comes from.
    """

    def __init__(self, settings: Settings, home: Path, transport: Transport, clock: Clock) -> None:
        # The settings by profile; those without a name go by the empty one.
        self.profiles = {settings.profile or "": settings}
        self.profile = settings.profile or ""
        self.transport = transport
        self.clock = clock
        self.board = Board()
        self.ledger = AsyncLedger(home / "ledger.sqlite3")
        # Jobs whose create is under way in this process.
        self.submitting: set[str] = set()
        self._home = home

    def settings_of(self, profile: str | None) -> Settings:
        """The settings of a profile; those in use for None.

        Raises:
            ConfigError: nothing goes by that name in this process.
        """
        name = self.profile if profile is None else profile
        if name in self.profiles or not name:
            return self.profiles.get(name, Settings())
        known = ", ".join(sorted(filter(None, self.profiles))) or "none"
        raise ConfigError(f"profile: {name!r} is not known here ({known}); call veo.configure(profile={name!r}, …).")

    async def account_of(self, record: JobRecord) -> Account:
        """The account that a job was sent with, at its address."""
        settings = self.settings_of(record.profile)
        return await self.reach(config.account_of_job(record.provider, record.surface, record.endpoint, settings))

    async def keep(self, record: JobRecord, detail: str = "") -> JobRecord:
        """Write a record, then show it: what is on screen is always on disk."""
        with anyio.CancelScope(shield=True):
            await self.ledger.do(lambda ledger: ledger.write(record, detail))
        self.board.put(record)
        LOGGER.info("job %s: %s %s", record.id, record.state, detail)
        return record

    async def lease(self, job_id: str) -> bool:
        """Take or renew the right to poll and download a job."""
        now = self.clock.now()
        return await self.ledger.do(lambda ledger: ledger.lease(job_id, now, LEASE_SECONDS))

    async def reach(self, account: Account) -> Account:
        """The account with an address: the embedded emulator is started when it is first needed."""
        if not account.embedded:
            return account
        return account.at(await anyio.to_thread.run_sync(emulator_address, self._home / "emulator"))

    async def drive(self, job_id: str, scope: anyio.CancelScope) -> None:
        """Watch a job on the board until it ends or `scope` is cancelled."""
        entry = self.board[job_id]
        self.board.show(job_id, watching=True)
        with scope:
            try:
                await self._watch_to_the_end(job_id)
            except VeoError as error:
                entry.stopped_by = error
            except Exception as error:  # noqa: BLE001
                # A fault of ours ends the watching of one job, never that of the others.
                LOGGER.exception("Watching job %s failed.", job_id)
                entry.stopped_by = VeoError(f"Watching job {job_id} failed: {error!r}. Resume it to try again.")
            finally:
                await self._stop_watching(job_id, scope)

    async def _stop_watching(self, job_id: str, scope: anyio.CancelScope) -> None:
        entry = self.board[job_id]
        if entry.scope is scope:
            entry.scope = None
        if entry.scope is not None:
            # Detached and taken up again at once: the lease and the screen are the next watcher's.
            return
        with anyio.CancelScope(shield=True):
            try:
                await self.ledger.do(lambda ledger: ledger.release(job_id))
            except LedgerError as error:
                entry.stopped_by = entry.stopped_by or error
        if entry.scope is None:
            self.board.show(job_id, watching=False, next_poll_at=None, receiving=None)

    async def _watch_to_the_end(self, job_id: str) -> None:
        refusals = troubles = 0
        pause: float | None = None
        while True:
            record = await self._take(job_id)
            if record.state.is_final:
                return
            await self._pause(record, pause)
            try:
                await self.look(record)
            except VeoError as error:
                troubles += 1
                refusals += _is_refusal(error)
                if refusals >= _PATIENCE:
                    await self._give_up(record, error)
                    return
                pause = await self._put_up_with(job_id, error, troubles)
            else:
                refusals = troubles = 0
                asked = self.board[job_id].retry_after
                pause = None if asked is None else polite(asked)

    async def _take(self, job_id: str) -> JobRecord:
        """The record, once this process holds the job's lease or another has brought the job to its end."""
        while True:
            leased = await self.lease(job_id)
            record = await self.reread(job_id)
            if record.state.is_final or (leased and record.operation):
                return record
            if leased and job_id not in self.submitting:
                # Whoever sent the create is gone, and the service's answer with it.
                problem = records.unknown_problem("The program ended before the service's answer came.")
                return await self.keep(records.ended(record, JobState.UNKNOWN, problem, self.clock.now()))
            await self.clock.sleep(0.5)

    async def reread(self, job_id: str) -> JobRecord:
        """A job of the board as the ledger has it now, whoever works on it."""
        known = self.board[job_id].sighting.record
        record = await self.ledger.do(lambda ledger: ledger.reread(known))
        if record != known:
            self.board.put(record)
        return record

    async def _pause(self, record: JobRecord, seconds: float | None) -> None:
        if seconds is None:
            seconds = await self._next_delay(record)
        self.board.show(record.id, next_poll_at=self.clock.now() + seconds)
        await self.clock.sleep(seconds)
        self.board.show(record.id, next_poll_at=None)

    async def _next_delay(self, record: JobRecord) -> float:
        if record.state is JobState.DOWNLOADING:
            return 0.0
        history = await self.ledger.do(lambda ledger: ledger.durations(record.provider, record.model))
        typical = typical_seconds(record.provider, record.model)
        elapsed = self.clock.now() - (record.submitted_at or record.created_at)
        return Schedule.of(history, typical).delay(max(elapsed, 0.0))

    async def _put_up_with(self, job_id: str, error: VeoError, troubles: int) -> float:
        """Note a passing trouble where it is seen, and say how long to wait.

        Raises:
            DownloadError: this machine's disk is at fault, which waiting does not mend.
        """
        if isinstance(error, DownloadError) and isinstance(error.__cause__, OSError):
            raise error
        record = self.board[job_id].sighting.record
        LOGGER.warning("job %s: %s", job_id, error)
        await self.keep(replace(record, notice=str(error), updated_at=self.clock.now()), "trouble")
        asked = error.retry_after if isinstance(error, ServiceError) else None
        return polite(asked) if asked is not None else min(2.0**troubles, 30.0)

    async def _give_up(self, record: JobRecord, error: VeoError) -> None:
        """End a job whose clip is gone; any other refusal only ends the watching.

        Raises:
            VeoError: the refusal, while the service still keeps the clip: with the right key or on another network
                the job can be resumed.
        """
        age = self.clock.now() - (record.submitted_at or record.created_at)
        if age < _KEPT_SECONDS:
            raise error
        problem = records.gone_problem(str(error), proxied=record.surface == LITELLM)
        await self.keep(records.ended(record, JobState.EXPIRED, problem, self.clock.now()))

    async def look(self, record: JobRecord) -> JobRecord:
        """One poll, and the download if it says that the clips are there."""
        account, wire = await self.account_of(record), wire_for(record.wire, record.surface)
        try:
            return await self._look(record, account, wire)
        except ServiceError as error:
            if (verdict := wire.verdict(error)) is None:
                raise
            return await self.keep(records.advance(replace(record, notice=""), verdict, self.clock.now()))

    async def _look(self, record: JobRecord, account: Account, wire: Wire) -> JobRecord:
        reply = await self.transport.send(wire.poll(record.operation, account.endpoint), account)
        operation = records.as_created(wire.parse(reply), record.operation)
        operation = await self._once_ready(operation, account, wire)
        self.board[record.id].retry_after = reply.retry_after
        seen = records.advance(replace(record, notice=""), operation, self.clock.now())
        if operation.outcome == "samples":
            # A model that has left the catalog keeps the price it was sent with.
            with suppress(UnknownModelError):
                model = model_at(provider_named(record.provider), record.model)
                seen = replace(seen, cost=settled(seen.cost, operation.usage, model))
        if seen.state is record.state and seen.notice == record.notice:
            # Another poll without news is not worth a write.
            self.board.put(seen)
        else:
            await self.keep(seen)
        if seen.state is not JobState.DOWNLOADING:
            return seen
        seen = await self._download(seen, operation, account, wire)
        return await self.keep(records.saved(seen, seen.videos, self.clock.now()))

    async def _once_ready(self, operation: Operation, account: Account, wire: Wire) -> Operation:
        """The operation, or one that still runs while a file of it is in the making."""
        for sample in operation.samples:
            call = wire.probe(sample, account.endpoint)
            if call is None:
                continue
            try:
                finished = wire.ready(await self.transport.send(call, account))
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
        account, wire = await self.account_of(record), wire_for(record.wire, record.surface)
        call = wire.cancel(record.operation, account.endpoint) if record.operation else None
        if call is None:
            why = f"{account.provider.label} stops no {record.model} once it has started"
            message = f"job: {record.id} cannot be cancelled; {why}. It goes on; detach() stops the watching."
            raise InvalidRequestError(message, parameter="job", value=record.id)
        await self.transport.send(call, account)
        return await self.look(record) if await self.lease(record.id) else record

    async def _download(self, record: JobRecord, operation: Operation, account: Account, wire: Wire) -> JobRecord:
        """Save every sample of a finished operation that is not on disk yet.

        Raises:
            DownloadError: a clip could not be had whole, or another process has taken the job over.
        """
        trouble: VeoError | None = None

        async def stay_leased() -> None:
            nonlocal trouble
            while True:
                if not await self.lease(record.id):
                    trouble = DownloadError("Another process has taken this job over and is downloading its clip.")
                    tasks.cancel_scope.cancel()
                await anyio.sleep(LEASE_SECONDS / 3)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stay_leased)
            try:
                for sample in operation.samples:
                    if not any(video.sample == sample.index and _is_whole(video) for video in record.videos):
                        record = await self._save_somewhere(record, sample, account, wire)
            except VeoError as error:
                # Raised outside the group, which would wrap it.
                trouble = error
            tasks.cancel_scope.cancel()
        if trouble is not None:
            raise trouble
        return record

    async def _save_somewhere(self, record: JobRecord, sample: Sample, account: Account, wire: Wire) -> JobRecord:
        """The record with the sample's clip, saved where it was meant to be or, if that fails, where it is now."""
        try:
            video = await self._save(record, sample, account, wire)
        except DownloadError as error:
            folder = str(config.clips_folder(self.settings_of(record.profile)))
            if not isinstance(error.__cause__, OSError) or folder == record.folder:
                raise
            record = replace(record, folder=folder)
            video = await self._save(record, sample, account, wire)
        others = (other for other in record.videos if other.sample != sample.index)
        videos = tuple(sorted((*others, video), key=lambda video: video.sample))
        return await self.keep(replace(record, videos=videos), f"saved clip {sample.index + 1}")

    async def _save(self, record: JobRecord, sample: Sample, account: Account, wire: Wire) -> Video:
        keep = partial(library.save, record, sample, now=self.clock.now())
        if sample.data:
            tell = self._teller(record, sample, len(sample.data) * 3 // 4)
            return await keep(library.inline_chunks(sample.data), length=None, progress=tell)
        async with self.transport.stream(wire.content(sample, account.endpoint), account) as stream:
            tell = self._teller(record, sample, stream.length)
            return await keep(stream.chunks, length=stream.length, progress=tell)

    def _teller(self, record: JobRecord, sample: Sample, total: int | None) -> library.Progress:
        shown_at = 0.0

        def progress(received: int) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at > _SCREEN_SECONDS:
                shown_at = time.monotonic()
                self.board.show(record.id, receiving=(sample.index, received, total))

        return progress


def _is_refusal(error: VeoError) -> bool:
    return isinstance(
        error, AuthenticationError | BadRequestError | ConfigError | NotFoundError | PermissionDeniedError
    )


def _is_whole(video: Video) -> bool:
    try:
        return video.path.stat().st_size == video.bytes
    except OSError:
        return False


def typical_seconds(provider_name: str, model_id: str) -> TypicalSeconds:
    """How long a model usually takes; one that has left the catalog since a job was sent, as long as most."""
    try:
        provider = provider_named(provider_name)
        return model_at(provider, model_id).typical_seconds.sped_up(provider.speed)
    except VeoError:
        return TypicalSeconds(11, 60, 360)
