"""Brings the clips of a finished operation to disk: all of them, each whole, each once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

import anyio
import anyio.to_thread

from ..config.settings import clips_folder
from ..domain.buckets import is_google
from ..domain.errors import DownloadError, MissingExtraError, VeoError
from ..domain.job_record import JobRecord, Operation, Sample
from ..domain.media import Video
from ..storage.clips import bucket_clips, library
from ..storage.clips.receiving import Incoming, Progress, Source, inline_chunks
from .job_accounts import JobAccounts
from .job_route import Route
from .job_store import LEASE_SECONDS, JobStore
from .retries import answer_of
from .slow_steps import accompanied, moved, quiet_for
from .transport.transport import Transport

# A screen needs no more than this, and a fast download has thousands of chunks.
_SCREEN_SECONDS = 0.2
# So long a clip may come to a halt before it is told.
_STALL_SECONDS = 10.0


@dataclass
class _Flow:
    """How a clip comes in: when something last came, how much there is, and how much there will be if that is known."""

    at: float
    received: int = 0
    total: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all has come; base64 tells the size to within a few bytes."""
        return self.total is not None and self.received + 4 > self.total

    def stall(self) -> str:
        """What is told when nothing comes."""
        of = "" if self.total is None else f" of {self.total / 1e6:.1f}"
        return f"No data for {_STALL_SECONDS:g} s; {self.received / 1e6:.1f}{of} MB of the clip so far; waiting."


class Downloads:
    """Saves samples for one client.

    Args:
        store: where each saved clip is noted.
        accounts: for the folder that clips go to now.
        transport: how to reach the services.
    """

    def __init__(self, store: JobStore, accounts: JobAccounts, transport: Transport) -> None:
        self._store, self._accounts, self._transport = store, accounts, transport

    async def save_all(self, record: JobRecord, operation: Operation, route: Route) -> JobRecord:
        """Save every sample of a finished operation that is not on disk yet.

        Raises:
            DownloadError: a clip could not be had whole, or another process has taken the job over.
        """

        async def stay_leased() -> None:
            while True:
                try:
                    leased = await self._store.lease(record.id)
                except VeoError:
                    # It holds for a good while yet, and the next round tells.
                    leased = True
                if not leased:
                    scope.cancel()
                await anyio.sleep(LEASE_SECONDS / 3)

        flow = _Flow(self._store.clock.now())

        async def save() -> JobRecord:
            saved = record
            for sample in operation.samples:
                if not any(video.sample == sample.index and _is_whole(video) for video in saved.videos):
                    saved = await self._save_somewhere(saved, sample, route, flow)
            return saved

        with anyio.CancelScope() as scope:
            return await accompanied(save, stay_leased, partial(self._tell_of_stalls, record.id, flow))
        raise DownloadError("Another process has taken this job over and is downloading its clip.")

    async def _tell_of_stalls(self, job_id: str, flow: _Flow) -> None:
        """Say that nothing comes, as long as nothing comes."""
        while True:
            await quiet_for(self._store.clock, _STALL_SECONDS, lambda: flow.at)
            if not flow.is_complete:
                with suppress(VeoError):
                    await self._store.note_trouble(job_id, flow.stall())
            await moved(lambda: flow.at)
            with suppress(VeoError):
                await self._store.trouble_is_over(job_id)

    async def _save_somewhere(self, record: JobRecord, sample: Sample, route: Route, flow: _Flow) -> JobRecord:
        """The record with the sample's clip, saved where it was meant to be or, if that fails, where it is now."""
        try:
            video = await self._save(record, sample, route, flow)
        except DownloadError as error:
            folder = str(clips_folder(self._accounts.settings_of(record.profile)))
            if not isinstance(error.__cause__, OSError) or folder == record.folder:
                raise
            record = replace(record, folder=folder)
            video = await self._save(record, sample, route, flow)
        others = (other for other in record.videos if other.sample != sample.index)
        videos = tuple(sorted((*others, video), key=lambda video: video.sample))
        known = replace(self._store.now_known(record), videos=videos, folder=record.folder)
        return await self._store.keep(known, f"saved clip {sample.index + 1}")

    async def _save(self, record: JobRecord, sample: Sample, route: Route, flow: _Flow) -> Video:
        """Save a sample from the first of its places that brings a whole clip.

        Raises:
            VeoError: none does; of several reasons the first that may pass, else the first.
        """
        clock, met = self._store.clock, list[VeoError]()
        # What its store does not copy, or has no package here for, comes as usual.
        with suppress(DownloadError, MissingExtraError):
            if record.bucket and (
                video := await anyio.to_thread.run_sync(bucket_clips.copied, record, sample, clock.now())
            ):
                return video
        for source in self._sources(sample, route):
            tell = self._teller(record, sample, flow)
            try:
                return await library.save(record, sample, source, now=clock.now(), progress=tell, sleep=clock.sleep)
            except VeoError as error:
                if isinstance(error.__cause__, OSError):
                    raise
                met.append(error)
        raise next((error for error in met if answer_of(error) != "refused"), met[0])

    def _sources(self, sample: Sample, route: Route) -> Iterator[Source]:
        """Where a clip may be had: in the answer itself, at its address, at others that the answer names."""
        if sample.data:
            yield self._decoded(sample)
        if sample.uri or not sample.data:
            wire, account = route.wire, route.account
            elsewhere = [address for address in (sample.uri, *sample.others) if is_google(address)]
            if wire.reads_buckets or not is_google(sample.uri):
                yield partial(self._transport.stream, wire.content(sample, account.endpoint), account)
            for call in wire.others(sample, account.endpoint):
                yield partial(self._transport.stream, call, account)
            # With the user's own account, since this service hands out nothing of a bucket.
            for address in () if wire.reads_buckets else elsewhere:
                yield bucket_clips.source_in(address)

    def _decoded(self, sample: Sample) -> Source:
        @asynccontextmanager
        async def opened(_at: int, _validator: str) -> AsyncIterator[Incoming]:
            yield Incoming(inline_chunks(sample.data), expected=len(sample.data) * 3 // 4)

        return opened

    def _teller(self, record: JobRecord, sample: Sample, flow: _Flow) -> Progress:
        shown_at = 0.0
        clock = self._store.clock
        flow.at, flow.received, flow.total = clock.now(), 0, None

        def progress(received: int, total: int | None) -> None:
            nonlocal shown_at
            flow.at, flow.received, flow.total = clock.now(), received, total
            if time.monotonic() - shown_at > _SCREEN_SECONDS:
                shown_at = time.monotonic()
                self._store.live.show(record.id, receiving=(sample.index, received, total))

        return progress


def _is_whole(video: Video) -> bool:
    if video.uri:
        return True
    try:
        return video.path.stat().st_size == video.bytes
    except OSError:
        return False
