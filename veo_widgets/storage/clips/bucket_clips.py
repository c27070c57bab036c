"""Clips that a service has put into a bucket itself: read there, or copied by the store to where they go."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import IO

import anyio.to_thread

from ...domain import buckets
from ...domain.errors import DownloadError, VeoError
from ...domain.formats.containers import container_of, described
from ...domain.job_record import JobRecord, Sample
from ...domain.media import Video
from ...domain.paths import is_there
from .library import clip_name, wished_path
from .poster import data_address, make_poster
from .receiving import Incoming, Source
from .sidecars import recipe_of, write_sidecar
from .uploading import name_there

_PIECE = 1 << 21


def source_in(address: str) -> Source:
    """Opens a clip in a bucket, from the beginning: what breaks off is begun anew."""

    @asynccontextmanager
    async def opened(_at: int, _validator: str) -> AsyncIterator[Incoming]:
        lines = buckets.reading(address)
        file = await anyio.to_thread.run_sync(lines.__enter__)
        try:
            size = await anyio.to_thread.run_sync(file.seek, 0, 2)
            await anyio.to_thread.run_sync(file.seek, 0)
            yield Incoming(_pieces(address, file), length=size)
        finally:
            await anyio.to_thread.run_sync(partial(lines.__exit__, None, None, None))

    return opened


async def _pieces(address: str, file: IO[bytes]) -> AsyncIterator[bytes]:
    def read() -> bytes:
        try:
            return file.read(_PIECE)
        except Exception as error:  # noqa: BLE001 (each store has errors of its own)
            raise DownloadError(f"{address!r} broke off: {type(error).__name__}.") from None

    while piece := await anyio.to_thread.run_sync(read):
        yield piece


@contextmanager
def at_hand(video: Video) -> Iterator[Path]:
    """A clip as a file of this machine; one in a bucket that is not here is fetched, and not kept.

    Raises:
        VeoError: there is no such file here.
        DownloadError: it cannot be read in its bucket.
    """
    if is_there(video.path, Path.is_file):
        yield video.path
        return
    if not video.uri:
        message = f"The clip {str(video.path)!r} is not there; workers need it under the same path, or in a bucket."
        raise VeoError(message)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, video.path.name)
        buckets.fetch(video.uri, copy, video.bytes, 0)
        yield copy


def copied(record: JobRecord, sample: Sample, now: float) -> Video | None:
    """A clip that its store has copied to where the job's clips go, without passing this machine; None where it cannot.

    Its beginning and its index are read, to know that it is whole and what is in it. What reads all of it, such as its
    digest, waits until somebody fetches it.

    Args:
        record: a job whose clips go into a bucket.
        sample: which of its results.
        now: seconds since the epoch.

    Raises:
        DownloadError: the store refused.
    """
    if not buckets.can_copy(sample.uri, record.bucket):
        return None
    with buckets.reading(sample.uri) as file:
        kind = container_of(file.read(64))
        if kind is None or not kind.is_whole(file):
            # Received as usual, it is told what is wrong with it.
            return None
        size, found = file.seek(0, 2), described(file, kind)
        file.seek(0)
        still = make_poster(file)
    own = (Path(record.folder) / clip_name(record, sample.index)).with_suffix(kind.ending)
    video = Video(
        path=wished_path(record, sample, kind) or own,
        sample=sample.index,
        bytes=size,
        job_id=record.id,
        mime=kind.mime,
        # Of its copy here, when somebody fetches it.
        modified=int(now * 1e9),
        **asdict(found),
    )
    name = name_there(record, video)
    video = replace(video, path=video.path.with_name(name), uri=f"{record.bucket}/{name}")
    buckets.copy(sample.uri, video.uri)
    video.path.parent.mkdir(parents=True, exist_ok=True)
    write_sidecar(video, {**recipe_of(record, video, now), "poster": data_address(still)})
    return video
