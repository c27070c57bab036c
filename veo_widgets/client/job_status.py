"""StatusChecks once how a job is, and brings its clips to disk if they are there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import anyio.to_thread

from ..config.log import LOGGER
from ..domain import job_transitions
from ..domain.buckets import is_google
from ..domain.catalog import TypicalSeconds
from ..domain.errors import (
    BadRequestError,
    DownloadError,
    InvalidReplyError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    VeoError,
)
from ..domain.job_record import JobRecord, JobState, Operation
from ..domain.pricing import settled
from ..domain.values import changed
from ..providers.registry import model_at, provider_named, server_of
from ..providers.wires import Wire
from ..storage.clips import sidecars
from . import deliveries
from .downloads import Downloads
from .job_accounts import JobAccounts
from .job_route import Route
from .job_store import JobStore
from .poll_schedule import Pace
from .slow_steps import Waits
from .transport.transport import Transport
from .uploads import Uploads

# Between two requests for a clip that nobody has said is there; and the share of the job's age that they are apart.
_ANYWAY_SECONDS, _ANYWAY_SHARE = 60.0, 1 / 10
# So long a poll may go without an answer before it is told.
_ANSWER_SECONDS = 15.0


class StatusChecks:
    """StatusChecks at jobs for one client.

    Attributes:
        waits: for the answers to polls; to be watched while there may be some.

    Args:
        store: where everything is noted and shown.
        accounts: whom to ask with.
        transport: how to reach the services.
        downloads: for jobs that are done.
        finished: told of each job whose clips are on disk and shown.
    """

    def __init__(
        self,
        store: JobStore,
        accounts: JobAccounts,
        transport: Transport,
        downloads: Downloads,
        finished: Callable[[JobRecord], None],
    ) -> None:
        self._store, self._accounts, self._transport, self._downloads = store, accounts, transport, downloads
        self._uploads, self._finished = Uploads(store), finished
        self._live, self._clock = store.live, store.clock
        self.waits = Waits(store.clock, _ANSWER_SECONDS)
        # When the clip of a job was asked for last without its being told ready.
        self._asked: dict[str, float] = {}

    def forget(self, job_id: str) -> None:
        """Nobody looks at this job any more."""
        self._asked.pop(job_id, None)

    async def look(self, record: JobRecord) -> JobRecord:
        """One poll, and the download if it says that the clips are there."""
        route = await self._accounts.of(record)
        try:
            return await self._look(record, route)
        except ServiceError as error:
            # Of a poll's answer this has been asked already; here it is about a download's.
            verdict = await self._verdict_of(error, record, route.wire)
            if verdict is None or (verdict.outcome == "samples" and not _is_in_bucket(verdict)):
                raise
            seen = await self._note(_after_poll(record, verdict, route, self._clock.now()), verdict, route)
            if seen.state is not JobState.DOWNLOADING or not self._store.holds(seen.id):
                return seen
            # The service hands out nothing of a bucket, so this asks it nothing more.
            return await self._fetch(seen, verdict, route)

    async def _poll(self, record: JobRecord, route: Route) -> tuple[Operation, float | None]:
        """What a poll says, be it in an error, and how long the service asks to wait."""
        account, wire = route.account, route.wire
        if delivered := self._live[record.id].delivered:
            return job_transitions.as_created(delivered, record.operation), None
        try:
            reply = await self._transport.send(wire.poll(record.operation, account.endpoint), account)
        except ServiceError as error:
            verdict = await self._verdict_of(error, record, wire)
            if verdict is None:
                raise
            return job_transitions.as_created(verdict, record.operation), error.retry_after
        operation = job_transitions.as_created(wire.parse(reply), record.operation)
        charged = server_of(account.endpoint).charged(reply.body)
        return changed(operation, charged=charged) if charged is not None else operation, reply.retry_after

    async def _verdict_of(self, error: ServiceError, record: JobRecord, wire: Wire) -> Operation | None:
        """How a job has ended, if an error tells, with the reason where a proxy has lost it and its other way tells."""
        verdict, other = wire.verdict(error, record.operation), wire.other_way(record.operation)
        if verdict is None or other is None or verdict.outcome not in {"failed", "empty"}:
            return verdict
        dialect, surface, name = other
        # By the same way it is the same account, and else one with a key in another header.
        there = record if surface == record.surface else replace(record, surface=surface, wire=dialect.name)
        try:
            account = (await self._accounts.of(there)).account
            told = dialect.parse(await self._transport.send(dialect.poll(name, account.endpoint), account))
        except VeoError:
            # An operator need not open that way, nor keep one key for both.
            return verdict
        return told if told.outcome in {"failed", "filtered", "empty"} or _is_in_bucket(told) else None

    async def _look(self, record: JobRecord, route: Route) -> JobRecord:
        wait = self.waits.begin(partial(self._tell_of_silence, record.id, route))
        try:
            operation, asked = await self._poll(record, route)
        finally:
            await self.waits.end(wait)
        self._live[record.id].retry_after = asked
        record = self._store.now_known(record)
        self._show_pace(record, operation.progress)
        operation = await self._once_ready(operation, route)
        if operation.status and (finished := await self._finished_anyway(record, operation, route)):
            return finished
        seen = _after_poll(record, operation, route, self._clock.now())
        if seen.state is JobState.RUNNING and _is_no_news(seen, record):
            # Another poll without news is not worth a trip to the ledger.
            self._live.put(seen)
            return seen
        if operation.status and seen.notice != record.notice:
            LOGGER.warning("job %s: the service says %r, which is not known here", record.id, operation.status)
        seen = await self._note(seen, operation, route)
        # Another program may have taken the job over since the poll was sent, and be at its clip.
        if seen.state is not JobState.DOWNLOADING or not self._store.holds(seen.id):
            return seen
        return await self._fetch(seen, operation, route)

    async def _tell_of_silence(self, job_id: str, route: Route) -> None:
        told = f"{route.account.whereabouts} has not answered for {_ANSWER_SECONDS:g} s; waiting."
        await self._store.note_trouble(job_id, told)

    def _show_pace(self, record: JobRecord, share: float | None) -> None:
        entry, now = self._live[record.id], self._clock.now()
        pace = None
        if share is not None:
            pace = Pace.of(share, now, record.submitted_at or record.created_at, entry.first_pace)
            entry.first_pace = entry.first_pace or pace
        if pace != entry.sighting.pace:
            self._live.show(record.id, pace=pace)

    async def _fetch(self, record: JobRecord, operation: Operation, route: Route) -> JobRecord:
        """Download the clips, see `_fetched`, and leave whole recipes also if that is ended half way."""
        try:
            return await self._fetched(record, operation, route)
        except anyio.get_cancelled_exc_class():
            # Another program may have finished the job, and this one have written the recipe anew.
            with anyio.CancelScope(shield=True), suppress(VeoError):
                await _restore_recipes(await self._store.reread(record.id))
            raise

    async def _fetched(self, record: JobRecord, operation: Operation, route: Route) -> JobRecord:
        """Download the clips; what is never a clip ends the job after a few tries.

        Raises:
            VeoError: the trouble, while it is worth another try, and whatever is this machine's fault.
        """
        try:
            record = await self._downloads.save_all(record, operation, route)
        except (DownloadError, InvalidReplyError) as error:
            if isinstance(error.__cause__, OSError):
                raise
            leased, known = await self._store.take(record.id)
            if not leased or known.state.is_final:
                await _restore_recipes(known)
                raise
            known = await self._store.keep(job_transitions.without_clip(known, error, self._clock.now()))
            if known.state.is_final:
                return known
            raise
        return await self._finish(record, operation)

    async def _finish(self, record: JobRecord, operation: Operation) -> JobRecord:
        """The job with all of its clips where they go, held against what was asked for."""
        if overtaken := await self._overtaken(record):
            return overtaken
        record = await _with_differences(record, operation)
        record = job_transitions.saved(record, record.videos, self._clock.now())
        if record.bucket:
            record = await self._uploads.put_up(record)
            if overtaken := await self._overtaken(record):
                return overtaken
        record = await self._store.keep(record)
        self._finished(record)
        return record

    async def _overtaken(self, record: JobRecord) -> JobRecord | None:
        """The job as the ledger has it if this program has slept for longer than its lease, else None."""
        leased, known = await self._store.take(record.id)
        if leased and not known.state.is_final:
            return None
        # Another fetches the clips over these, or has.
        await _restore_recipes(known)
        return known

    async def _finished_anyway(self, record: JobRecord, operation: Operation, route: Route) -> JobRecord | None:
        """The job with its clips, if they can be had, whatever the word means that its service has for it; else None.

        They are asked for now and then once the job has taken longer than its model usually does: asking is free.
        """
        if not operation.expected:
            # Nothing was said of where a clip would be, and a job is never done without one.
            return None
        now, began = self._clock.now(), record.submitted_at or record.created_at
        apart = max(_ANYWAY_SECONDS, _ANYWAY_SHARE * (now - began))
        is_late = now - began > typical_seconds(record.provider, record.model).high
        if not is_late or now - self._asked.get(record.id, 0.0) < apart:
            return None
        self._asked[record.id] = now
        done = replace(operation, outcome="samples", samples=operation.expected, status="", expected=())
        try:
            saved = await self._downloads.save_all(_after_poll(record, done, route, now), done, route)
        except VeoError as error:
            if isinstance(error.__cause__, OSError):
                raise
            LOGGER.info("job %s: its clip cannot be had yet: %s", record.id, error)
            return None
        return await self._finish(replace(_after_poll(saved, done, route, now), videos=saved.videos), done)

    async def _note(self, seen: JobRecord, operation: Operation, route: Route) -> JobRecord:
        """Write down what a poll has said, if the job is still ours; if not, the record is as the ledger has it."""
        leased, record = await self._store.take(seen.id)
        if not leased or record.state.is_final:
            return record
        now_seen = replace(_after_poll(record, operation, route, self._clock.now()), polls=seen.polls)
        if _is_no_news(now_seen, record):
            self._live.put(now_seen)
            return now_seen
        return await self._store.keep(now_seen)

    async def _once_ready(self, operation: Operation, route: Route) -> Operation:
        """The operation, or one that still runs while a file of it is in the making."""
        for sample in operation.samples:
            call = route.wire.probe(sample, route.account.endpoint)
            if call is None:
                continue
            try:
                finished = route.wire.ready(await self._transport.send(call, route.account))
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
        route = await self._accounts.of(record)
        account = route.account
        call = route.wire.cancel(record.operation, account.endpoint) if record.operation else None
        if call is None:
            why = f"{account.whereabouts} stops no {record.model} once it has started"
            message = f"job: {record.id} cannot be cancelled; {why}. It goes on; detach() stops the watching."
            raise InvalidRequestError(message, parameter="job", value=record.id)
        await self._transport.send(call, account)
        if not await self._store.lease(record.id):
            return record
        try:
            return await self.look(record)
        finally:
            if self._live[record.id].scope is None:
                await self._store.release(record.id)


async def _restore_recipes(record: JobRecord) -> None:
    """Put into the recipes what another program had added, for a program that may have written them anew since."""
    for video in record.videos:
        with suppress(OSError):
            await anyio.to_thread.run_sync(sidecars.add_digest, video)


async def _with_differences(record: JobRecord, operation: Operation) -> JobRecord:
    """The record with what its clips are other than asked for, and with the price that follows from it."""
    cost = record.cost
    # Where the service has said what it charged, or tokens were counted, that is the final price.
    if operation.charged is None and (operation.usage is None or not operation.usage.video):
        cost = deliveries.followed(cost, record.request, record.videos)
    for video in record.videos:
        told: dict[str, Any] = {"cost": cost.to_json()} if cost != record.cost else {}
        if differing := deliveries.of_clip(record, video):
            told["differences"] = list(differing)
        if told:
            with suppress(OSError):
                await anyio.to_thread.run_sync(sidecars.add, video, told)
    return replace(record, differences=deliveries.of_job(record, record.videos), cost=cost)


def _is_in_bucket(operation: Operation) -> bool:
    """Whether all clips of an operation are in Google's buckets, which are read with the user's own account."""
    return bool(operation.samples) and all(is_google(sample.uri) for sample in operation.samples)


def _is_no_news(seen: JobRecord, record: JobRecord) -> bool:
    """Whether a poll has told nothing that is worth writing down."""
    return (seen.state, seen.notice, seen.troubled) == (record.state, record.notice, record.troubled)


def _after_poll(record: JobRecord, operation: Operation, route: Route, now: float) -> JobRecord:
    """The record after a poll that went well, at its final price if there are clips."""
    # A service that answers polls may still hand out no clip: that trouble ends with the download.
    troubled = record.troubled and record.state is JobState.DOWNLOADING
    seen = job_transitions.advance(changed(record, notice="", troubled=troubled), operation, now)
    if operation.outcome == "samples" and operation.charged is not None:
        return replace(seen, cost=replace(seen.cost, usd=round(operation.charged, 6), note=""))
    # A model that has left the catalog keeps the price it was sent with, and what is free at its place stays so.
    if operation.outcome == "samples" and route.model is not None and seen.cost.usd != 0:
        seen = replace(seen, cost=settled(seen.cost, operation.usage, route.model))
    return seen


def typical_seconds(provider_name: str, model_id: str) -> TypicalSeconds:
    """How long a model usually takes; one that has left the catalog since a job was sent, as long as most."""
    try:
        provider = provider_named(provider_name)
        return model_at(provider, model_id).typical_seconds.sped_up(provider.speed)
    except VeoError:
        return TypicalSeconds(11, 60, 360)
