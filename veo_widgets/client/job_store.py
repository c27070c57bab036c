"""Keeps what is on screen and what is on disk the same: a record is written first and shown then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import anyio

from ..config.log import LOGGER
from ..domain import job_transitions
from ..domain.errors import VeoError
from ..domain.job_record import JobRecord
from ..storage.ledger.async_ledger import AsyncLedger
from ..storage.ledger.holders import Hold
from ..storage.ledger.ledger import Ledger
from .clock import Clock
from .live_jobs import LiveJobs

T = TypeVar("T")
# What may be spent by the environment, and by the settings of this program.
Limits = tuple[Mapping[str, float], Mapping[str, float]]

# As long as others wait for a job whose holder has gone without their knowing. A third of it passes between renewals,
# so that a ledger that is locked for as long as anybody waits for it costs no lease.
LEASE_SECONDS = 75.0
# The shortest round, for clocks that do not pause.
_LEAST_SECONDS = 0.02


class JobStore:
    """The ledger and the live jobs of one client.

    Args:
        ledger: what lasts.
        live: what is seen.
        clock: for the leases.
    """

    def __init__(self, ledger: AsyncLedger, live: LiveJobs, clock: Clock) -> None:
        self.ledger, self.live, self.clock = ledger, live, clock
        # When each lease was last found to be ours, and when all were renewed.
        self._leased_at: dict[str, float] = {}
        self._renewed_at = 0.0

    async def keep(self, record: JobRecord, detail: str = "") -> JobRecord:
        """Write a record, then show it."""
        with anyio.CancelScope(shield=True):
            await self.ledger.do(lambda ledger: ledger.write(record, detail))
        LOGGER.info("job %s: %s %s", record.id, record.state, detail)
        self.live.put(record)
        return record

    async def keep_end(self, record: JobRecord, was: JobRecord) -> JobRecord:
        """Write that a job has ended whose sender is gone, unless the sender has just written; show what is so then."""
        with anyio.CancelScope(shield=True):
            written = await self.ledger.do(lambda ledger: ledger.write(record, was=was))
        if not written:
            return await self.reread(record.id)
        LOGGER.info("job %s: %s", record.id, record.state)
        self.live.put(record)
        return record

    async def note_digests(self, record: JobRecord) -> None:
        """Write down the digests of a job's clips, and show them where the job is shown."""
        with anyio.CancelScope(shield=True):
            await self.ledger.do(lambda ledger: ledger.note_digests(record))
        if record.id in self.live:
            self.live.put(self.live[record.id].sighting.record.with_digests(record.videos))

    def now_known(self, record: JobRecord) -> JobRecord:
        """The record as it is shown by now: what was noted beside somebody's work is not lost on them."""
        known = self.live[record.id].sighting.record
        return record if known.state.is_final else known

    async def note_trouble(self, job_id: str, trouble: str) -> None:
        """Write down and show what goes wrong with a job at the moment, if it is still ours."""
        leased, record = await self.take(job_id)
        if leased and not record.state.is_final:
            seen = job_transitions.troubled(record, trouble, self.clock.now())
            # A night without the service is one event, not one for each poll.
            is_news = not record.troubled or seen.trouble != record.trouble
            await self.keep(seen, "trouble" if is_news else "")

    async def trouble_is_over(self, job_id: str) -> None:
        """Show that what went wrong with a job goes on no more."""
        leased, record = await self.take(job_id)
        if leased and record.troubled:
            await self.keep(replace(record, troubled=False))

    async def begin_sending(self, record: JobRecord, detail: str, limits: Limits) -> bool:
        """Write that a create leaves now, and show it; False if it must not. See `Ledger.begin_sending`."""
        with anyio.CancelScope(shield=True):
            if not await self.ledger.do(lambda ledger: ledger.begin_sending(record, detail, *limits)):
                return False
        LOGGER.info("job %s: %s", record.id, detail or "sending")
        self.live.put(record)
        return True

    async def reread(self, job_id: str) -> JobRecord:
        """A live job as the ledger has it now, whoever works on it."""
        known = self.live[job_id].sighting.record
        record = await self.ledger.do(lambda ledger: ledger.reread(known))
        if record != known:
            self.live.put(record)
        return record

    async def stay_alive(self) -> None:
        """Renew all leases for as long as this runs, those of creates that take minutes too."""
        while True:
            await self.clock.sleep(LEASE_SECONDS / 3)
            await anyio.sleep(_LEAST_SECONDS)
            now = self.clock.now()
            if self.ledger.leasing and not 0 <= now - self._renewed_at < LEASE_SECONDS / 3:
                await self._renew(now)

    async def _renew(self, now: float) -> None:
        try:
            unbroken = await self.ledger.do(lambda ledger: ledger.renew(now, LEASE_SECONDS))
        except VeoError as error:
            LOGGER.warning("The leases could not be renewed: %s", error)
            return
        self._renewed_at = now
        if not unbroken:
            # After a sleep, or where somebody has taken a job over: the ledger is asked before anything else is done.
            self._leased_at.clear()

    async def lease(self, job_id: str, *, force: bool = False) -> bool:
        """Take or renew the right to send, poll and download a job; by `force`, from whoever has it."""
        return (await self._ledgers(job_id, lambda _ledger: None, force=force))[0]

    async def take(self, job_id: str) -> tuple[bool, JobRecord]:
        """Take or renew that right to a job of the live, and read its record anew; see `lease` and `reread`."""
        known = self.live[job_id].sighting.record
        leased, record = await self._ledgers(job_id, lambda ledger: ledger.reread(known))
        if record != known:
            self.live.put(record)
        return leased, record

    async def _ledgers(self, job_id: str, verb: Callable[[Ledger], T], *, force: bool = False) -> tuple[bool, T]:
        """Whether the ledger leases a job to us, and what else it says, in one trip; who else has it is shown."""
        now, known = self.clock.now(), self.live[job_id].sighting

        def ask(ledger: Ledger) -> tuple[bool, T, Hold | None]:
            ledger.known(known.record)
            leased = ledger.lease(job_id, now, LEASE_SECONDS, force=force)
            return leased, verb(ledger), None if leased else ledger.held_by(job_id, now)

        leased, said, hold = await self.ledger.do(ask)
        if leased:
            self._leased_at[job_id] = now
        else:
            self._leased_at.pop(job_id, None)
        if hold != known.held_by:
            self.live.show(job_id, held_by=hold)
        return leased, said

    def holds(self, job_id: str) -> bool:
        """Whether this process is known to hold a job's lease for a while yet, without asking the ledger.

        Enough to look at a job once more; whoever writes what was seen, or downloads, asks the ledger itself.
        """
        leased_at = self._leased_at.get(job_id)
        # A clock that was set back, or a lid that was closed, makes that unknown again.
        return leased_at is not None and 0 <= self.clock.now() - max(leased_at, self._renewed_at) < LEASE_SECONDS / 2

    async def release(self, job_id: str) -> None:
        """Give that right back."""
        self._leased_at.pop(job_id, None)
        with anyio.CancelScope(shield=True):
            await self.ledger.do(lambda ledger: ledger.release(job_id))
