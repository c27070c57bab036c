"""Reckons the digests of clips that can be played already, and writes them down."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import replace

import anyio
import anyio.to_thread

from ..config.log import LOGGER
from ..domain.errors import VeoError
from ..domain.job_record import JobRecord
from ..domain.media import Video
from ..storage.clips import sidecars
from .job_store import JobStore


class Digests:
    """The digests of one client's clips.

    A program may be killed between a clip and its digest. Whoever next has to do with the job makes up for it.

    Args:
        store: where they are noted and shown.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        # One at a time: each takes a whole core, and whoever asks for one that is under way waits for it.
        self._turn = anyio.Lock()
        self._wanted: deque[JobRecord] = deque()
        self._more: anyio.Event | None = None

    def want(self, record: JobRecord) -> None:
        """Have a job's digests be in the ledger and beside its clips soon."""
        if record.lacks_digests:
            self._wanted.append(record)
            if self._more is not None:
                self._more.set()

    async def want_left_over(self) -> None:
        """Have the same of jobs whose program was killed."""
        for record in await self._store.ledger.do(lambda ledger: ledger.without_digests()):
            self.want(record)

    async def stay_busy(self) -> None:
        """Reckon what is wanted for as long as this runs, and in the end what is still left."""
        try:
            while True:
                self._more = anyio.Event()
                await self._reckon_wanted()
                await self._more.wait()
        finally:
            await self._reckon_wanted()

    async def _reckon_wanted(self) -> None:
        with anyio.CancelScope(shield=True):
            while self._wanted:
                # Whoever needs one that could not be written down reckons it anew.
                with suppress(VeoError):
                    await self.of(self._wanted.popleft())

    async def of(self, record: JobRecord) -> JobRecord:
        """A job's record with the digest of each clip, as far as anybody can tell it; waits for what is missing.

        Raises:
            LedgerError: they could not be written down.
        """
        if not record.lacks_digests:
            return record
        async with self._turn:
            if record.id in self._store.live:
                record = record.with_digests(self._store.live[record.id].sighting.record.videos)
            if record.lacks_digests:
                record = await anyio.to_thread.run_sync(_reckoned, record)
                await self._store.note_digests(record)
        if record.lacks_digests:
            LOGGER.info("job %s: a clip is not as it was saved, so its digest cannot be told", record.id)
        return record


def _reckoned(record: JobRecord) -> JobRecord:
    return replace(record, videos=tuple(map(_with_digest, record.videos)))


def _with_digest(video: Video) -> Video:
    found = replace(video, digest=video.sha256)
    # Before the ledger: as long as that knows none, all of this is done again.
    with suppress(OSError):
        sidecars.add_digest(found)
    return found
