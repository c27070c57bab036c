"""What this process knows of its jobs at this moment, and who wants to hear of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import anyio

from ..config.log import LOGGER
from ..domain.catalog import TypicalSeconds
from ..domain.errors import VeoError
from ..domain.job_record import JobRecord, Operation
from ..domain.values import changed
from ..storage.ledger.holders import Hold
from .poll_schedule import Pace


class Pressing(NamedTuple):
    """Something to be told once: what it is about, and the words."""

    matter: str
    words: str


@dataclass(frozen=True)
class Sighting:
    """A job as it is seen now: the record, and what is not worth keeping.

    Attributes:
        watching: whether somebody polls for it in this process.
        next_poll_at: seconds since the epoch, or None.
        receiving: of a running download: sample, bytes so far, and bytes in all if that is known.
        held_by: whose lease this process waits for.
        pace: how far it is by the service's own account; None if it gives none.
        usual: how long jobs of this kind have taken lately; None until that is known.
    """

    record: JobRecord
    watching: bool = False
    next_poll_at: float | None = None
    receiving: tuple[int, int, int | None] | None = None
    held_by: Hold | None = None
    pace: Pace | None = None
    usual: TypicalSeconds | None = None

    @property
    def notice(self) -> str:
        """What there is to say beside the state: whom the job is waiting for, or what its record notes."""
        waits = self.held_by is not None and not self.record.state.is_final
        return self.held_by.waited_for if waits and self.held_by else self.record.remark

    @property
    def pressing(self) -> Pressing:
        """What whoever waits for the job has to know; empty where there is nothing."""
        record = self.record
        if record.state.is_final:
            return Pressing("", "")
        if self.held_by is not None:
            return Pressing(self.held_by.who, self.held_by.waited_for)
        words = record.trouble if record.troubled else record.notice if record.held_back else ""
        return Pressing(f"{record.id} {words}", words)


# In the place of a job's id.
EVERY_JOB = ""
# More than this at once is no news to anybody.
_PRESSING = 1000

Listener = Callable[[Sighting], None]


@dataclass
class Entry:
    """One job on the live.

    Attributes:
        over: set when the job has ended or is watched no more; made by who waits for that.
        scope: cancels the watching; None while nobody watches.
        stopped_by: the error that ended the watching, if one did.
        retry_after: seconds that the service asked to wait before the next poll, if it did.
        nudge: cancelled to have the next poll made at once; None while no poll is waited for.
        looked: set when the poll that was asked for so is over, or will not be; made by who asks.
        first_pace: the first that the service has told.
        delivered: the clip, if it came in the answer to the create.
    """

    sighting: Sighting
    over: anyio.Event | None = None
    scope: anyio.CancelScope | None = None
    stopped_by: VeoError | None = None
    retry_after: float | None = None
    nudge: anyio.CancelScope | None = None
    looked: anyio.Event | None = None
    first_pace: Pace | None = None
    delivered: Operation | None = None

    async def wait_until_over(self) -> None:
        """Return once the job has ended or is watched no more; by chance also sooner."""
        self.over = self.over or anyio.Event()
        await self.over.wait()

    async def wait_until_looked(self) -> None:
        """Return once a poll is over, or will not be made."""
        self.looked = self.looked or anyio.Event()
        await self.looked.wait()

    def has_looked(self) -> None:
        """Tell who waits for a poll that it is over."""
        if self.looked is not None:
            self.looked.set()
            self.looked = None


class LiveJobs:
    """The jobs of this process. To be used on the client's loop only."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        # What whoever waits has to know, with a number each; whoever waits reads it on a thread of its own.
        self._pressing: deque[tuple[int, Sighting]] = deque(maxlen=_PRESSING)
        self._numbers = count(1)
        self._listeners: dict[str, list[Listener]] = {}

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._entries

    def __getitem__(self, job_id: str) -> Entry:
        return self._entries[job_id]

    def drop_unwatched(self, keep: Container[str]) -> list[str]:
        """Forget every job that nobody watches here, but those to `keep`; returns their ids."""
        idle = [
            job_id for job_id, entry in self._entries.items() if entry.scope is None and not entry.sighting.watching
        ]
        dropped = [job_id for job_id in idle if job_id not in keep]
        for job_id in dropped:
            del self._entries[job_id]
        return dropped

    def sightings(self) -> list[Sighting]:
        """Every job, on any thread."""
        return [entry.sighting for entry in list(self._entries.values())]

    def pressing(self, after: int) -> tuple[int, list[Sighting]]:
        """What whoever waits has to know and has come since number `after`, and the last number; on any thread."""
        found = list(self._pressing)
        return (found[-1][0] if found else after), [seen for number, seen in found if number > after]

    def put(self, record: JobRecord) -> None:
        """Show a job as its record is, new here or not."""
        if record.id not in self._entries:
            self._entries[record.id] = Entry(Sighting(record))
        self.show(record.id, record=record)

    def show(self, job_id: str, **changes: Any) -> None:
        """Change what is seen of a job, and tell everyone."""
        entry = self._entries[job_id]
        before, entry.sighting = entry.sighting, changed(entry.sighting, **changes)
        if (words := entry.sighting.pressing).words and words != before.pressing:
            self._pressing.append((next(self._numbers), entry.sighting))
        if entry.over is not None and (entry.sighting.record.state.is_final or not entry.sighting.watching):
            entry.over.set()
            entry.over = None
        for listener in (*self._listeners.get(job_id, ()), *self._listeners.get(EVERY_JOB, ())):
            try:
                listener(entry.sighting)
            except Exception:  # noqa: BLE001
                # A view that cannot be drawn must not stop the polling for a clip that is paid for.
                LOGGER.exception("A listener of job %s failed.", job_id)

    def listen(self, job_id: str, listener: Listener) -> Callable[[], None]:
        """Have `listener` called on the loop at every change of a job; returns a function that ends it.

        Args:
            job_id: which, or `EVERY_JOB`: those too that are not known yet.
            listener: takes the job as it is seen now.
        """
        self._listeners.setdefault(job_id, []).append(listener)

        def end() -> None:
            if listener in self._listeners.get(job_id, ()):
                self._listeners[job_id].remove(listener)

        return end
