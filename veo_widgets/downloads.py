"""Brings the clips of a finished operation to disk: all of them, each whole, each once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import anyio

from . import config, library
from .accounts import Accounts
from .config import Account
from .errors import DownloadError, VeoError
from .intake import Incoming, Progress, Source, inline_chunks
from .keeper import LEASE_SECONDS, Keeper
from .media import Video
from .record import JobRecord, Operation, Sample
from .retries import answer_of
from .transport import Transport
from .wires import Wire

# A screen needs no more than this, and a fast download has thousands of chunks.
_SCREEN_SECONDS = 0.2


class Downloads:
    """Saves samples for one client.

    Args:
        keeper: where each saved clip is noted.
        accounts: for the folder that clips go to now.
        transport: how to reach the services.
    """

    def __init__(self, keeper: Keeper, accounts: Accounts, transport: Transport) -> None:
        self._keeper, self._accounts, self._transport = keeper, accounts, transport

    async def save_all(self, record: JobRecord, operation: Operation, account: Account, wire: Wire) -> JobRecord:
        """Save every sample of a finished operation that is not on disk yet.

        Raises:
            DownloadError: a clip could not be had whole, or another process has taken the job over.
        """
        trouble: VeoError | None = None

        async def stay_leased() -> None:
            nonlocal trouble
            while True:
                try:
                    leased = await self._keeper.lease(record.id)
                except VeoError:
                    # It holds for a good while yet, and the next round tells.
                    leased = True
                if not leased:
                    trouble = DownloadError("Another process has taken this job over and is downloading its clip.")
                    tasks.cancel_scope.cancel()
                await anyio.sleep(LEASE_SECONDS / 3)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stay_leased)
            try:
                for sample in operation.samples:
                    if not any(video.sample == sample.index and _is_whole(video) for video in record.videos):
                        record = await self._save_somewhere(record, sample, account, wire)
            except VeoError as error:
                # Raised outside the group, which would wrap it.
                trouble = error
            tasks.cancel_scope.cancel()
        if trouble is not None:
            raise trouble
        return record

    async def _save_somewhere(self, record: JobRecord, sample: Sample, account: Account, wire: Wire) -> JobRecord:
        """The record with the sample's clip, saved where it was meant to be or, if that fails, where it is now."""
        try:
            video = await self._save(record, sample, account, wire)
        except DownloadError as error:
            folder = str(config.clips_folder(self._accounts.settings_of(record.profile)))
            if not isinstance(error.__cause__, OSError) or folder == record.folder:
                raise
            record = replace(record, folder=folder)
            video = await self._save(record, sample, account, wire)
        others = (other for other in record.videos if other.sample != sample.index)
        videos = tuple(sorted((*others, video), key=lambda video: video.sample))
        return await self._keeper.keep(replace(record, videos=videos), f"saved clip {sample.index + 1}")

    async def _save(self, record: JobRecord, sample: Sample, account: Account, wire: Wire) -> Video:
        """Save a sample from the first of its places that brings a whole clip.

        Raises:
            VeoError: none does; of several reasons the first that may pass, else the first.
        """
        clock, tell, met = self._keeper.clock, self._teller(record, sample), list[VeoError]()
        for source in self._sources(sample, account, wire):
            try:
                return await library.save(record, sample, source, now=clock.now(), progress=tell, sleep=clock.sleep)
            except VeoError as error:
                if isinstance(error.__cause__, OSError):
                    raise
                met.append(error)
        raise next((error for error in met if answer_of(error) != "refused"), met[0])

    def _sources(self, sample: Sample, account: Account, wire: Wire) -> Iterator[Source]:
        """Where a clip may be had: in the answer itself, at its address, at others that the answer names."""
        if sample.data:
            yield self._decoded(sample)
        if sample.uri or not sample.data:
            for call in (wire.content(sample, account.endpoint), *wire.others(sample, account.endpoint)):
                yield partial(self._transport.stream, call, account)

    def _decoded(self, sample: Sample) -> Source:
        @asynccontextmanager
        async def opened(_at: int, _validator: str) -> AsyncIterator[Incoming]:
            yield Incoming(inline_chunks(sample.data), expected=len(sample.data) * 3 // 4)

        return opened

    def _teller(self, record: JobRecord, sample: Sample) -> Progress:
        shown_at = 0.0

        def progress(received: int, total: int | None) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at > _SCREEN_SECONDS:
                shown_at = time.monotonic()
                self._keeper.board.show(record.id, receiving=(sample.index, received, total))

        return progress


def _is_whole(video: Video) -> bool:
    try:
        return video.path.stat().st_size == video.bytes
    except OSError:
        return False
