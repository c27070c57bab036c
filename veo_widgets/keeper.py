"""Keeps what is on screen and what is on disk the same: a record is written first and shown then."""

from __future__ import annotations

import anyio

from .board import Board
from .clock import Clock
from .ledger import AsyncLedger
from .logbook import LOGGER
from .record import JobRecord

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

    async def keep(self, record: JobRecord, detail: str = "") -> JobRecord:
        """Write a record, then show it."""
        with anyio.CancelScope(shield=True):
            await self.ledger.do(lambda ledger: ledger.write(record, detail))
        LOGGER.info("job %s: %s %s", record.id, record.state, detail)
        self.board.put(record)
        return record

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
        now = self.clock.now()
        return await self.ledger.do(lambda ledger: ledger.lease(job_id, now, LEASE_SECONDS))

    async def release(self, job_id: str) -> None:
        """Give that right back."""
        with anyio.CancelScope(shield=True):
            await self.ledger.do(lambda ledger: ledger.release(job_id))
