"""Keeps what is on screen and what is on disk the same: a record is written first and shown then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import anyio

from .async_ledger import AsyncLedger
from .board import Board
from .clock import Clock
from .ledger import Ledger
from .logbook import LOGGER
from .record import JobRecord

T = TypeVar("T")
# What may be spent by the environment, and by the settings of this program.
Limits = tuple[Mapping[str, float], Mapping[str, float]]

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

    async def begin_sending(self, record: JobRecord, detail: str, limits: Limits) -> bool:
        """Write that a create leaves now, and show it; False if it must not. See `Ledger.begin_sending`."""
        with anyio.CancelScope(shield=True):
            if not await self.ledger.do(lambda ledger: ledger.begin_sending(record, detail, *limits)):
                return False
        LOGGER.info("job %s: %s", record.id, detail or "sending")
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
