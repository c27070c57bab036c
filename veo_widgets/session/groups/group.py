"""Brings the pieces of a film or a batch to their clips: what is there is kept, what is missing is sent, once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any, Self

import anyio
from anyio.abc import TaskGroup

from ...client.notices import Teller
from ...client.plan import Plan
from ...client.progress import Line, in_notebook, is_notebook, metered
from ...domain.arguments import COUNT, SECONDS, SWITCH, accepts, shown
from ...domain.errors import (
    AuthenticationError,
    ConfigError,
    InvalidRequestError,
    PlaceTakenError,
    VeoError,
    WaitTimeoutError,
)
from ...domain.job_record import JobRecord
from ..comm_queue import serve_comms
from ..contact_sheets import ContactSheet
from ..job import Jobs
from ..loop import Loop
from ..videos import Videos
from ..waiting import result, result_in_loop
from .piece import Piece, has_clip, is_due, records_by_piece, refuse
from .runs import Run, cancel_unsent, wait_if_unsent
from .sheets import sheet_of
from .summary import MOST_STILLS, Bill, Summary, entry, standing_line

_Future = concurrent.futures.Future[None]
# Called on any thread: with a piece and the id of its job, once it is sent, or "" if it has none; else with neither.
Listener = Callable[[Piece | None, str], None]


class Group:
    """Pieces that belong together under a name.

    Args:
        client: sends and watches.
        kind: what it is, ``film`` or ``batch``.
        name: what the pieces are found by again.
        chains: the pieces; in a chain each waits for the one before.
    """

    # What to know beside the price.
    remarks: tuple[str, ...] = ()
    # What is left to do once every piece has come to its end, for people.
    _final_step = ""

    def __init__(self, client: Loop, kind: str, name: str, chains: Sequence[Sequence[Piece]]) -> None:
        self.client, self.kind, self.name = client, kind, name
        self.group, self.title = f"{kind}:{name}", f"{kind} {name!r}"
        self._chains = chains
        self._began, self._over_before = 0.0, 0
        # What the run was begun with: a film may be edited since.
        self._brought: Sequence[Sequence[Piece]] = chains
        self._run: _Future | None = None
        self._scopes: list[anyio.CancelScope] = []
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called when a run begins or ends, and when a piece is sent; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, piece: Piece | None = None, job_id: str = "") -> None:
        for listener in tuple(self._listeners):
            listener(piece, job_id)

    @property
    def pieces(self) -> list[Piece]:
        """Every piece in its order."""
        return [piece for chain in self._chains for piece in chain]

    @property
    def violations(self) -> tuple[InvalidRequestError, ...]:
        """Every rule that a piece breaks; nothing is sent while there is one."""
        return tuple(error for piece in self.pieces for error in piece.violations)

    @property
    def is_running(self) -> bool:
        """Whether this program is at work on it."""
        return self._run is not None and not self._run.done()

    @property
    def jobs(self) -> Jobs:
        """The jobs that stand for the pieces, in their order; a piece without one is left out."""
        return Jobs(self.client, [record for record in self._records() if record])

    @property
    def videos(self) -> Videos:
        """The clips that are there, in the order of the pieces."""
        return Videos(video for record in self._records() if record and has_clip(record) for video in record.videos)

    @property
    def cost(self) -> Bill:
        """The price of each piece and of all, and what is still to be paid for."""
        return self.plan().cost

    def plan(self) -> Summary:
        """How every piece stands, what it costs, and what speaks against it. Nothing is sent."""
        return self._summary(posters=False)

    def due(self, *, retry: bool = False) -> list[Plan]:
        """What `run` would send now; see there."""
        return self.client.call(self._unsent, retry)

    async def _unsent(self, retry: bool) -> list[Plan]:  # noqa: FBT001 (called by `Loop.call`, which passes no names)
        wanted = [take.plan for take in await self._due_takes()]
        for piece, record in zip(self.pieces, await self.current_records(), strict=True):
            if is_due(record, retry=retry):
                wanted.append(piece.plan)
        return [plan for plan in wanted if plan]

    def _summary(self, *, posters: bool) -> Summary:
        return self.summary_of(self._records(), self.client.call(self._due_takes), posters=posters)

    def summary_of(
        self, records: Sequence[JobRecord | None], takes: Sequence[Piece] = (), *, posters: bool = False
    ) -> Summary:
        """How every piece stands whose jobs are known.

        Args:
            records: the job of each piece.
            takes: those that are to be made beside the chosen ones.
            posters: whether to bring stills, for which files are read.
        """
        found = iter(records)
        entries = []
        for chain in self._chains:
            before, there = "", True
            for piece in chain:
                record = next(found)
                waits_for = before if piece.follows and not there else ""
                entries.append(entry(piece, record, waits_for, posters=posters))
                before, there = piece.label, has_clip(record)
        made = tuple(entry(take, None, "", posters=False) for take in takes)
        plans = [piece.plan for piece in self.pieces if piece.plan is not None]
        free = bool(plans) and all(plan.provider.name == "emulator" for plan in plans)
        remarks = (*self.remarks, *self._clip_remarks(records))
        return Summary(self.title, tuple(entries), free=free, remarks=remarks, takes=made)

    async def _due_takes(self) -> list[Piece]:
        """The takes that are not chosen and were never sent: they are made beside the others."""
        takes = [take for piece in self.pieces for take in piece.takes]
        known = await self._jobs_by_place() if takes else {}
        return [take for take in takes if take.is_due_beside(known)]

    def _clip_remarks(self, records: Sequence[JobRecord | None]) -> tuple[str, ...]:
        """What to know of the clips that are there, beside the price."""
        del records
        return ()

    def _records(self) -> list[JobRecord | None]:
        return self.client.call(self.current_records)

    async def current_records(self) -> list[JobRecord | None]:
        """The job of each piece, to be asked on the client's loop."""
        return records_by_piece(self._chains, await self._jobs_by_place())

    async def _jobs_by_place(self) -> dict[str, JobRecord]:
        client = self.client.asynchronous
        found = await client.group(self.group)
        if not any(piece.follows for piece in self.pieces):
            return found
        # The digest of a clip is part of the place of what goes on from it.
        return {place: await client.digested(record) for place, record in found.items()}

    @accepts()
    def sheet(self, columns: int = 5, *, on: Any = None) -> ContactSheet:
        """A contact sheet of so many columns: a still of every clip with its facts; a piece without one says why.

        Stills that are not here are read and drawn in tasks of `on`, an executor as for `Batch.run`.
        """
        found = zip(self.pieces, self._records(), self.plan().entries, strict=True)
        return sheet_of(self.title, found, columns, on)

    @accepts(retry=SWITCH)
    def run(self, *, retry: bool = False, max_running: int | None = None) -> Self:
        """Send what is missing and return at once; the rest happens in the background. This costs money.

        Clips that exist are kept, and jobs sent by another run or another program are waited for, so running the same
        again costs nothing. While a run is in progress here, calling this again changes nothing.

        Args:
            retry: also send again what failed, was filtered, or whose clip is gone.
            max_running: how many jobs may run at once; default is as many as the service accepts.

        Raises:
            InvalidRequestError: a piece breaks a rule; all of them are named, and nothing was sent.
            BudgetError: together they cost more than the `budget` has left; nothing was sent.
            UnknownOutcomeError: for a film, the answer to a shot's create was lost; nothing was sent.
        """
        if not COUNT.fits(max_running):
            message = f"max_running: {shown(max_running)} is not a number of jobs from 1."
            raise InvalidRequestError(message, parameter="max_running", value=max_running)
        if not self.is_running or self._brought is not self._chains:
            refuse(self.title, [*self.pieces, *self.client.call(self._due_takes)])
            self.client.call(self._check, retry)
            self._began = time.monotonic()
            self._over_before = sum(entry.is_over for entry in self.plan().entries)
            earlier, self._brought = self._run if self.is_running else None, self._chains
            self._run = self.client.start(self._bring_all, retry, max_running, earlier)
            self._tell()
            self._run.add_done_callback(lambda _: self._tell())
        return self

    async def _check(self, retry: bool) -> None:  # noqa: FBT001 (as above)
        """See that nothing speaks against sending what is missing."""
        await self.client.asynchronous.reservations.admit(await self._unsent(retry))

    async def _bring_all(self, retry: bool, max_running: int | None, earlier: _Future | None) -> None:  # noqa: FBT001
        known = await self._jobs_by_place()
        count = max_running or sum(1 + len(piece.takes) for piece in self.pieces) or 1
        run = Run(known, retry, anyio.Semaphore(count))
        self._scopes.append(run.scope)
        try:
            with run.scope:
                async with anyio.create_task_group() as tasks:
                    for chain in self._brought:
                        tasks.start_soon(self._bring_chain, chain, run, tasks)
        finally:
            self._scopes.remove(run.scope)
        if earlier is not None:
            # What was sent before the edit is waited for as well.
            await asyncio.wait([asyncio.wrap_future(earlier)])
        await self._finish()

    @accepts()
    def stop(self) -> Self:
        """Send nothing more. Jobs that the service has go on, and their clips are fetched; others are cancelled."""
        self.client.call(self.stop_sending)
        return self

    async def stop_sending(self) -> None:
        """The same, on the client's loop."""
        for scope in tuple(self._scopes):
            scope.cancel()
        await cancel_unsent(self.client.asynchronous, self.group)
        self._tell()

    async def _finish(self) -> None:
        """What is left to do when every piece has come to its end."""

    async def _bring_chain(self, chain: Sequence[Piece], run: Run, tasks: TaskGroup) -> None:
        before: JobRecord | None = None
        # What was wrong in an earlier run.
        for piece in chain:
            piece.trouble = None
        for piece in chain:
            try:
                if before is not None:
                    # As above.
                    before = await self.client.asynchronous.digested(before)
                for take in piece.takes:
                    if take.is_due_beside(run.known):
                        tasks.start_soon(self._bring_take, take, before, run)
                async with run.turns:
                    before = await self._bring_piece(piece, before, run)
            except VeoError as error:
                # The pieces after it begin from its clip, which there is not.
                piece.trouble = error
                self._tell(piece)
                return

    async def _bring_take(self, take: Piece, before: JobRecord | None, run: Run) -> None:
        take.trouble = None
        try:
            async with run.turns:
                await self._bring_piece(take, before, run)
        except VeoError as error:
            take.trouble = error

    def _check_wanted(self, piece: Piece) -> None:
        """Raise a `VeoError` if a piece has been edited away since the run began."""

    async def _bring_piece(self, piece: Piece, before: JobRecord | None, run: Run) -> JobRecord:
        """The record of a piece once its clip is there."""
        known = await wait_if_unsent(self.client.asynchronous, run.known.get(piece.place(before)))
        if known is None or is_due(known, retry=run.retry):
            async with run.sending:
                job_id = await self._send(piece, before, known, run)
                self._tell(piece, job_id)
        else:
            job_id = known.id
        record = await self.client.asynchronous.end_of(job_id)
        if not has_clip(record):
            raise VeoError(
                f"The clip of job {record.id} is no longer at {str(record.videos[0].path)!r}. Put it back, or "
                "run(retry=True) makes it again, which costs money again."
            )
        return record

    async def _send(self, piece: Piece, before: JobRecord | None, known: JobRecord | None, run: Run) -> str:
        """Submit a piece; returns the id of its job, which may be one that another program has just sent."""
        if run.hopeless is not None:
            raise run.hopeless
        self._check_wanted(piece)
        submit = self.client.asynchronous.submit_plan
        try:
            plan = await self._plan(piece, before)
            retry_of = known.id if known else ""
            return (await submit(plan, retry_of=retry_of, group=self.group, place=piece.place(before))).id
        except PlaceTakenError as taken:
            return taken.job_id
        except (AuthenticationError, ConfigError) as error:
            # The next piece would be refused for the same reason.
            run.hopeless = error
            raise

    async def _plan(self, piece: Piece, before: JobRecord | None) -> Plan:
        """What to send for a piece that follows the job `before`, if it follows any."""
        del before
        if piece.plan is None:
            raise InvalidRequestError(f"{self.title}: {piece.label} has no plan.")
        return piece.plan

    @accepts(timeout=SECONDS)
    def wait(self, timeout: float | None = None) -> Self:
        """Block until every piece of this run has come to its end.

        Args:
            timeout: seconds; when they are over the waiting ends, not the jobs.

        Raises:
            WaitTimeoutError: it took longer.
            VeoError: it was not run; or, of a film, a shot has no clip.
            KeyboardInterrupt: the waiting was interrupted; the jobs go on.
        """
        try:
            run = self._running()
            with metered(lambda last: self.standing_line(last=last)) as tick:
                result(run, timeout, tick, self._notices(), serve_comms)
        except TimeoutError:
            raise WaitTimeoutError(
                f"{self.title} is not done after {timeout:g} s. It keeps running; call wait() again."
            ) from None
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"Stopped waiting; {self.title} keeps running. Call wait() again.") from None
        finally:
            self.client.tell()
        return self._checked_end()

    def __await__(self) -> Generator[Any, None, Self]:
        # Through a generator, as a job.
        return (yield from self._wait_in_loop().__await__())

    async def _wait_in_loop(self) -> Self:
        run, tell = self._running(), self._notices()
        with metered(lambda last: self.standing_line(last=last)) as tick:
            # It belongs to everybody who waits, and is not cancelled with this waiting.
            await result_in_loop(run, tick, tell, serve_comms)
        self.client.tell()
        return self._checked_end()

    def _notices(self) -> Teller:
        return self.client.asynchronous.teller(lambda record: record.group == self.group)

    def standing_line(self, *, last: bool) -> Line:
        """How many pieces are there, what they have cost, and how long the rest may take, in a line.

        Args:
            last: whether the run has ended, so that nothing is said of time.
        """
        return self.line_of(self.plan(), last=last)

    def line_of(self, summary: Summary, *, last: bool = False) -> Line:
        """The same of a summary that is there."""
        gone = time.monotonic() - self._began
        return standing_line(summary, gone, self._over_before, self._final_step, last=last)

    def _running(self) -> _Future:
        if self._run is None:
            raise VeoError(
                f"{self.title}: nothing was started here; run() sends what is missing and takes up the rest."
            )
        return self._run

    def _checked_end(self) -> Self:
        return self

    def __repr__(self) -> str:
        return repr(self.plan())

    def _ipython_display_(self) -> None:
        # Only for somebody who watches; else its table is shown as ever.
        if not is_notebook() or not in_notebook().show_group(self):
            raise NotImplementedError

    def _repr_html_(self) -> str:
        return self._summary(posters=len(self.pieces) <= MOST_STILLS)._repr_html_()
