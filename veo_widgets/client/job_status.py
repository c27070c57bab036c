"""Looks once how a job is, and brings its clips to disk if they are there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import anyio
import anyio.to_thread

from . import deliveries, sidecars, transitions
from .accounts import Accounts
from .catalog import TypicalSeconds
from .config import Account
from .downloads import Downloads
from .errors import (
    BadRequestError,
    DownloadError,
    InvalidReplyError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnknownModelError,
    VeoError,
)
from .keeper import Keeper
from .logbook import LOGGER
from .patience import accompanied, quiet_for
from .pricing import settled
from .providers import LITELLM_GEMINI, model_at, provider_named
from .record import JobRecord, JobState, Operation
from .transport import Transport
from .wires import Wire, wire_for

# Between two requests for a clip that nobody has said is there; and the share of the job's age that they are apart.
_ANYWAY_SECONDS, _ANYWAY_SHARE = 60.0, 1 / 10
# So long a poll may go without an answer before it is told.
_ANSWER_SECONDS = 15.0


class Looks:
    """Looks at jobs for one client.

    Args:
        keeper: where everything is noted and shown.
        accounts: whom to ask with.
        transport: how to reach the services.
        downloads: for jobs that are done.
    """

    def __init__(self, keeper: Keeper, accounts: Accounts, transport: Transport, downloads: Downloads) -> None:
        self._keeper, self._accounts, self._transport, self._downloads = keeper, accounts, transport, downloads
        self._board, self._clock = keeper.board, keeper.clock
        # When the clip of a job was asked for last without its being told ready.
        self._asked: dict[str, float] = {}

    def forget(self, job_id: str) -> None:
        """Nobody looks at this job any more."""
        self._asked.pop(job_id, None)

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
            told = f"{account.whereabouts} has not answered for {_ANSWER_SECONDS:g} s; waiting."
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
            why = f"{account.whereabouts} stops no {record.model} once it has started"
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
