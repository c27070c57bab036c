"""Keeps what is on screen and what is on disk the same: a record is written first and shown then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import anyio

from . import record as records
from .async_ledger import AsyncLedger
from .board import Board
from .clock import Clock
from .ledger import Ledger
from .logbook import LOGGER
from .record import JobRecord

T = TypeVar("T")

# Half a lease outlives the longest pause between two polls, and a whole one the slowest create, so that it only runs
# out when its holder is gone.
LEASE_SECONDS = 900.0


class Keeper:
    """The ledger and the board of one client.

    Args:
        ledger: what lasts.
        board: what is seen.
        clock: for the leases.
    """

    def __init__(self, ledger: AsyncLedger, board: Board, clock: Clock) -> None:
        self.ledger, self.board, self.clock = ledger, board, clock
        # When each lease was last found to be ours.
        self._leased_at: dict[str, float] = {}

    async def keep(self, record: JobRecord, detail: str = "") -> JobRecord:
        """Write a record, then show it."""
        with anyio.CancelScope(shield=True):
            await self.ledger.do(lambda ledger: ledger.write(record, detail))
        LOGGER.info("job %s: %s %s", record.id, record.state, detail)
        self.board.put(record)
        return record

    def now_known(self, record: JobRecord) -> JobRecord:
        """The record as it is on the board by now: what was noted beside somebody's work is not lost on them."""
        known = self.board[record.id].sighting.record
        return record if known.state.is_final else known

    async def note_trouble(self, job_id: str, trouble: str) -> None:
        """Write down and show what goes wrong with a job at the moment, if it is still ours."""
        leased, record = await self.take(job_id)
        if leased and not record.state.is_final:
            await self.keep(records.troubled(record, trouble, self.clock.now()), "trouble")

    async def trouble_is_over(self, job_id: str) -> None:
        """Show that what went wrong with a job goes on no more."""
        leased, record = await self.take(job_id)
        if leased and record.troubled:
            await self.keep(replace(record, troubled=False))

    async def begin_sending(self, record: JobRecord) -> bool:
        """Write that a job which was held back is being sent, and show it; False if another process sees to it."""
        with anyio.CancelScope(shield=True):
            if not await self.ledger.do(lambda ledger: ledger.begin_sending(record, "sending again")):
                return False
        LOGGER.info("job %s: sending again", record.id)
        self.board.put(record)
        return True

    async def reread(self, job_id: str) -> JobRecord:
        """A job of the board as the ledger has it now, whoever works on it."""
        known = self.board[job_id].sighting.record
        record = await self.ledger.do(lambda ledger: ledger.reread(known))
        if record != known:
            self.board.put(record)
        return record

    async def lease(self, job_id: str) -> bool:
        """Take or renew the right to send, poll and download a job."""
        return (await self._ledgers(job_id, lambda _ledger: None))[0]

    async def take(self, job_id: str) -> tuple[bool, JobRecord]:
        """Take or renew that right to a job of the board, and read its record anew; see `lease` and `reread`."""
        known = self.board[job_id].sighting.record
        leased, record = await self._ledgers(job_id, lambda ledger: ledger.reread(known))
        if record != known:
            self.board.put(record)
        return leased, record

    async def _ledgers(self, job_id: str, verb: Callable[[Ledger], T]) -> tuple[bool, T]:
        """Whether the ledger leases a job to us, and what else it says, in one trip."""
        now = self.clock.now()
        leased, said = await self.ledger.do(lambda ledger: (ledger.lease(job_id, now, LEASE_SECONDS), verb(ledger)))
        if leased:
            self._leased_at[job_id] = now
        else:
            self._leased_at.pop(job_id, None)
        return leased, said

    def holds(self, job_id: str) -> bool:
        """Whether this process is known to hold a job's lease for a while yet, without asking the ledger.

        Enough to look at a job once more; whoever writes what was seen, or downloads, asks the ledger itself.
        """
        leased_at = self._leased_at.get(job_id)
        # A clock that was set back, or a lid that was closed, makes that unknown again.
        return leased_at is not None and 0 <= self.clock.now() - leased_at < LEASE_SECONDS / 4

    async def release(self, job_id: str) -> None:
        """Give that right back."""
        self._leased_at.pop(job_id, None)
        with anyio.CancelScope(shield=True):
            await self.ledger.do(lambda ledger: ledger.release(job_id))
