"""The asynchronous client: submit, look, wait, download. Everything else in the package speaks through it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio

from ..config.settings import Settings
from ..config.settings import home as usual_home
from ..domain import job_transitions
from ..domain.arguments import NONE, accepts, instance_of
from ..domain.errors import LedgerError, VeoError, WaitTimeoutError
from ..domain.job_record import JobRecord, JobState
from ..domain.media import Video
from ..domain.problems import CANCELLED, CANCELLED_LATER
from ..domain.secret import sealed
from .background_tasks import BackgroundTasks
from .budget_reservations import BudgetReservations
from .catalog_notices import CatalogNotices
from .clock import Clock
from .downloads import Downloads
from .job_route import Route
from .job_status import StatusChecks
from .job_store import LEASE_SECONDS
from .lost_answers import LostAnswers
from .model_discovery import ModelDiscovery
from .notices import warn_of_differences
from .offline_client import OfflineClient, new_job_id
from .plan import Plan, bucket_of, following
from .planner import Planner
from .polling import Polling
from .proxy_books import ProxyBooks
from .remote_videos import Remote
from .slow_steps import apart
from .submission import Sender
from .transport.transport import Letter, Transport
from .web_images import with_images

# How long a closing client waits for the answer to a create: without it a paid job has no name.
_ANSWER_SECONDS = 30.0
CLOSED = "This client is closed; its jobs go on. Make a new one and call resume()."
T = TypeVar("T")


class AsyncClient(OfflineClient):
    """Submits requests and brings jobs to their end.

    Use it as an asynchronous context manager; leaving it stops the watching, never a job:

    ```python
    async with veo.AsyncClient() as client:
        job = await client.submit("A cat playing with a ball of yarn")
        job = await client.wait(job.id)
        print(job.videos[0].path)
    ```

    Args:
        settings: as `veo_widgets.configure` takes them.
        home: the folder of the ledger; default is `accounts.home`.
        transport: how to reach the services.
        clock: where time comes from.
    """

    @accepts(settings=instance_of(Settings, "Settings") | NONE)
    def __init__(
        self,
        settings: Settings | None = None,
        *,
        home: Path | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(settings or Settings(), home or usual_home(), clock or Clock())
        self._transport = transport or Transport()
        self.reservations = BudgetReservations(self._ledger, self._clock.now, settings=lambda: self.settings)
        self._sender = Sender(self._store, self._accounts, self._transport, self.reservations)
        downloads = Downloads(self._store, self._accounts, self._transport)
        self._looks = StatusChecks(self._store, self._accounts, self._transport, downloads, self._digests.want)
        self._watcher = Polling(self._store, self._sender, self._looks)
        self.discovery = ModelDiscovery(self._accounts, self._transport)
        self.books = ProxyBooks(self._accounts, self.discovery, self._ledger, self._clock.now)
        self.remote = Remote(self._store, self._accounts, self._transport)
        self._lost = LostAnswers(self._store, self.remote)
        self._catalog_notices = CatalogNotices()
        self._tasks: BackgroundTasks | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._tasks = await self._stack.enter_async_context(BackgroundTasks())
        self._tasks.start(self._store.stay_alive, name="veo leases")
        self._tasks.start(self._looks.waits.watch, name="veo waits")
        self._tasks.start(self._digests.stay_busy, name="veo digests")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            # What was begun in it and costs money is shielded, and goes on until it is answered.
            tasks.end()
        try:
            with anyio.CancelScope(shield=True):
                await self._answers()
        finally:
            self._sender.abandon()
            try:
                await self._stack.__aexit__(kind, error, trace)
            finally:
                with anyio.CancelScope(shield=True):
                    await self._transport.aclose()
                    await self._ledger.aclose()

    async def _answers(self) -> None:
        """Wait for the answers to creates that are under way, up to a point."""
        with anyio.move_on_after(_ANSWER_SECONDS):
            while self._sender.submitting:  # noqa: ASYNC110 (there is hardly ever anything to wait for)
                await anyio.sleep(0.02)

    # Plan

    async def prepare(self, prompt: str, values: Mapping[str, Any]) -> Plan:
        """Work out request, price and violations; nothing is sent but a question to a gateway which model it has.

        Args:
            prompt: what the clips show.
            values: as for `submit`.

        Raises:
            InvalidRequestError: the request cannot even be read.
            ConfigError: no such provider, or no model is named and the gateway lists none or several.
            ServiceError: the gateway refuses to tell.
        """
        return await self.planner().prepare(prompt, values)

    def planner(self) -> Planner:
        """Plans many requests as `prepare` does, and looks up once what holds for several of them."""
        return Planner(self._accounts, self.discovery, self.today(), self.cast.read)

    # Submit

    async def submit(self, prompt: str, **values: Any) -> JobRecord:
        """Start a job. This is the verb that costs money.

        Args:
            prompt: what the clips show.
            values: ``model``, ``provider``, ``profile``, ``api_key``, ``base_url``, and the parameters of
                `params.PARAMS`.

        Returns:
            The job, watched from now on: accepted by the service, or held back while that has no room.

        Raises:
            InvalidRequestError: refused here; nothing was sent. A `BudgetError` says that it costs too much.
            ServiceError: refused by the service.
            UnknownOutcomeError: the answer was lost; the job is in the ledger as ``unknown``.

        Whoever is cancelled while waiting here stops the waiting only: the create goes on, and the job is watched.
        """
        values = sealed(values)
        return await self.submit_plan(await self.prepare(prompt, values))

    async def submit_plan(
        self,
        plan: Plan,
        *,
        retry_of: str = "",
        job_id: str = "",
        patient: bool = True,
        group: str = "",
        place: str = "",
    ) -> JobRecord:
        """Start a job that was planned before; see `submit`.

        Args:
            plan: what to send.
            retry_of: the job whose request this is.
            job_id: the new job's id, from `new_job_id`, for callers who want to know it before the answer.
            patient: whether to keep the job back where the service has no room, and send it later.
            group: the film or the batch that it is a piece of.
            place: which piece.

        Raises:
            PlaceTakenError: that piece has another job than `retry_of`.
        """
        plan.check()
        tasks = self._running()
        self.reservations.notices += self._catalog_notices.of(plan, self.today())
        route = await self._accounts.of_plan(plan)
        account = route.account
        # Before anything is written: what cannot leave this machine, or be signed, is no job.
        await self._transport.ready_for(account)
        await self._uploads.check(bucket_of(plan, route.settings))
        plan = await with_images(plan, account, self._transport)
        letter = await self._sender.letter(plan.call(account), account)
        record = replace(self._record(plan, route, job_id or new_job_id()), retry_of=retry_of, group=group, place=place)
        if tasks.ended:
            raise VeoError(CLOSED)
        self._sender.submitting.add(record.id)
        # From here on money may be spent: whoever waits for the answer may go, and the create goes on.
        return await apart(tasks, partial(self._start, record, letter, route, tasks, patient=patient))

    async def _start(
        self, record: JobRecord, letter: Letter, route: Route, tasks: BackgroundTasks, *, patient: bool
    ) -> JobRecord:
        try:
            with self._sender.shielded():
                self._live.put(await self.reservations.reserve(record, LEASE_SECONDS))
                record = await self._sender.send(record, letter, route, patient=patient)
        finally:
            if self._tasks is not tasks:
                # Closed meanwhile: whoever resumes the job must not wait for this lease to run out.
                with anyio.CancelScope(shield=True), suppress(LedgerError):
                    await self._store.release(record.id)
            # Until its operation is written down, the ledger must not take the job for one whose answer was lost.
            if record.id in self._sender.unwritten and self._tasks is tasks:
                tasks.start(self._write_later, record.id)
            else:
                self._sender.submitting.discard(record.id)
        if self._tasks is tasks:
            self.watch(record.id)
        return record

    async def sent_before(self, plan: Plan) -> list[tuple[JobRecord, bool]]:
        """The jobs with the very request of a plan, oldest first, each with whether this program has sent it."""
        request, place = plan.request, (plan.provider.name, plan.request.model, plan.request.prompt)
        found = await self._ledger.do(lambda ledger: ledger.with_prompt(*place))
        if found and any(image.is_on_web for image in request.images):
            # What is at an address was sent, and not the address.
            account = (await self._accounts.of_plan(plan)).account
            request = (await with_images(plan, account, self._transport)).request
        return [one for one in found if one[0].profile == plan.profile and one[0].request.asks_the_same(request)]

    async def _write_later(self, job_id: str) -> None:
        await self._sender.write_later(job_id)
        self.watch(job_id)

    async def retry(self, job_id: str) -> JobRecord:
        """Send a job's request again, as a new job at today's price and in its place; see `submit`."""
        record = await self.job(job_id)
        values = record.request.said()
        prompt = values.pop("prompt", "")
        values |= {"provider": record.provider, "profile": record.profile}
        values |= {"max_cost": record.max_cost, "output": record.wished or None}
        plan = await self.prepare(prompt, values)
        return await self.submit_plan(plan, retry_of=record.id, group=record.group, place=record.place)

    async def edit(self, job_id: str, prompt: str, **values: Any) -> JobRecord:
        """Have a finished job's clip changed as `prompt` says: a new job at the same place; see `submit`."""
        return await self.submit(prompt, **following(await self.job(job_id), "edit_from", values))

    async def remix(self, job_id: str, prompt: str, **values: Any) -> JobRecord:
        """Have a finished job's video made anew with a change: a new job at the same place; see `submit`."""
        return await self.submit(prompt, **following(await self.job(job_id), "remix_from", values))

    async def extend(self, job_id: str, prompt: str, *, seconds: float | None = None, **values: Any) -> JobRecord:
        """Have a finished job's clip continued for `seconds`: a new job at the same place; see `submit`."""
        values["duration_seconds"] = seconds
        return await self.submit(prompt, **following(await self.job(job_id), "extend_from", values))

    async def look_for(self, job_id: str, operation: str = "") -> JobRecord:
        """Look whether the service has a job whose answer was lost, and watch it if so; see `LostAnswers.look_for`.

        The clips of a job that could not be downloaded are asked for again.
        """
        record = await self.job(job_id)
        if record.is_unfetched:
            record = job_transitions.reopened(record, self._clock.now())
            await self._ledger.do(lambda ledger: ledger.reopen(record, "asked for again"))
            self._live.put(record)
        else:
            record = await self._lost.look_for(record, operation)
        self.watch(record.id)
        return record

    async def forget(self, job_id: str) -> JobRecord:
        """Take a job whose answer was lost for failed; see `LostAnswers.forget`."""
        return await self._lost.forget(await self.job(job_id))

    async def cancel(self, job_id: str) -> JobRecord:
        """Have the service stop a job; one that was not sent yet is not sent, one that has ended stays as it is.

        Raises:
            InvalidRequestError: the service cannot.
            ServiceError: it would not.
        """
        record = await self.job(job_id)
        if not record.held_back:
            return record if record.state.is_final else await self._looks.cancel(record)
        await self.detach(record.id)
        if await self._store.lease(record.id):
            if (await self._store.reread(record.id)).held_back:
                problem = CANCELLED if record.sending_at is None else CANCELLED_LATER
                record = job_transitions.ended(record, JobState.FAILED, problem, self._clock.now(), free=True)
                await self._store.keep(record)
            await self._store.release(record.id)
        return await self._store.reread(record.id)

    # Watch

    def watch(self, job_id: str) -> None:
        """Poll in the background for a job that `sighting` knows, until it ends, and download its clips."""
        tasks = self._running()
        entry = self._live[job_id]
        if entry.scope is None and not entry.sighting.record.state.is_final:
            entry.scope, entry.stopped_by = anyio.CancelScope(), None
            tasks.start(self._watcher.drive, job_id, entry.scope, name=f"veo job {job_id}")

    def _running(self) -> BackgroundTasks:
        if self._tasks is None:
            raise VeoError("AsyncClient is used as a context manager: async with AsyncClient() as client: …")
        return self._tasks

    async def detach(self, job_id: str) -> None:
        """Stop watching a job. The job itself goes on at the service."""
        if job_id in self._live and (scope := self._live[job_id].scope) is not None:
            scope.cancel()
            self._live[job_id].scope = None
            self._live.show(job_id, watching=False, next_poll_at=None, receiving=None, held_by=None)
            # Now, and not only when the watching has wound down: another kernel may be told of the job at once.
            await self._store.release(job_id)

    async def resume(self, *, take_over: bool = False) -> list[JobRecord]:
        """Watch every open job of the ledger again; returns their records.

        Args:
            take_over: whether to take those that other programs hold, which find out and stop; but no create under way.
        """
        await self.reckon_missing_digests()
        self._running().start(self._uploads.put_up_left_over, name="veo uploads")
        found = await self.jobs(limit=None, only_open=True)
        for record in found:
            if record.id not in self._live:
                self._live.put(record)
            if take_over and (record.operation or record.held_back):
                await self._store.lease(record.id, force=True)
            self.watch(record.id)
        return found

    async def refresh(self, job_id: str) -> JobRecord:
        """Look once now, unless another process is at it; a finished operation is downloaded."""
        record = await self.job(job_id)
        if record.state.is_final or not record.operation:
            return record
        if self._live[record.id].scope is not None:
            return await self._watcher.look_early(record.id)
        if not await self._store.lease(record.id):
            return record
        try:
            return await self._looks.look(record)
        finally:
            await self._store.release(record.id)

    # Wait

    async def wait(self, job_id: str, timeout: float | None = None) -> JobRecord:
        """Wait until a job has ended and its clips are on disk.

        Args:
            job_id: which job.
            timeout: seconds; when they are over the waiting ends, not the job.

        Raises:
            WaitTimeoutError: it took longer, or the watching was stopped; the job goes on.
            JobError: the job ended without a clip.
        """
        record = await self.end_of(job_id, timeout)
        warn_of_differences(record)
        return record

    async def end_of(self, job_id: str, timeout: float | None = None) -> JobRecord:
        """The same as `wait`, without the warning where a clip is not what was asked for."""
        job_id = (await self.sighting(job_id)).record.id
        self.watch(job_id)
        with anyio.move_on_after(timeout):
            return await self._end_of(job_id)
        told = f"Job {job_id} is not done after {timeout:g} s. It keeps running; call wait() again."
        raise WaitTimeoutError(f"{told} {self._live[job_id].sighting.notice}".strip())

    async def _end_of(self, job_id: str) -> JobRecord:
        entry = self._live[job_id]
        while not entry.sighting.record.state.is_final:
            if entry.scope is None:
                stopped = f"Job {job_id} is no longer watched here. It keeps running; call wait() again."
                raise entry.stopped_by or WaitTimeoutError(stopped)
            await entry.wait_until_over()
        return job_transitions.raise_for_state(entry.sighting.record)

    async def generate(self, prompt: str, *, timeout: float | None = None, **values: Any) -> tuple[Video, ...]:
        """Submit, wait, and return the clips; see `submit` and `wait`."""
        values = sealed(values)
        record = await self.submit(prompt, **values)
        return (await self.wait(record.id, timeout)).videos
