"""Saves clips: checked, whole, under a descriptive name, with their recipe beside them."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from ...domain.errors import DownloadError
from ...domain.formats.containers import ENDINGS, Container, container_of, described, named_by, what_came
from ...domain.job_record import JobRecord, Sample
from ...domain.media import Video
from .names import named
from .poster import data_address, make_poster
from .receiving import Incoming, Progress, Receiving, Source, flush
from .sidecars import facts, made_by, recipe_of, write_sidecar


def clip_name(record: JobRecord, sample: int) -> str:
    """The file name of a clip that is an MP4: date, slug of the prompt, short id, and the sample if there are several.

    Lower-case ASCII letters, digits, ``-`` and ``_`` only, and never a name that Windows keeps for itself.
    """
    date = datetime.fromtimestamp(record.created_at).astimezone().date().isoformat()
    # A service may send more clips than were asked for; none may take another's name.
    number = f"_{sample + 1}" if (record.request.samples or 1) > 1 or sample else ""
    return f"{date}_{slug(record.request.prompt)}_{record.id}{number}.mp4"


def slug(text: str) -> str:
    """The beginning of a text as a part of a file name."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    # Forty letters keep the whole name far below the 255 bytes of most file systems.
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "clip"


async def save(
    record: JobRecord,
    sample: Sample,
    source: Source,
    *,
    now: float,
    progress: Progress = lambda _received, _total: None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> Video:
    """Write a clip in constant memory: part file, checks, fsync, rename, sidecar.

    A connection that breaks is continued where it broke, or begun anew where the service cannot. The digest is left to
    `Video.sha256`: a clip is whole by its length and its boxes, and can be played before.

    Args:
        record: the job.
        sample: which of its results.
        source: opens the clip.
        now: seconds since the epoch, for the sidecar.
        progress: told the number of bytes so far, and of all if it is known.
        sleep: how to wait before the connection is made again.

    Returns:
        The clip. Only a whole one ever bears the final name, with the ending of the kind that it is.

    Raises:
        DownloadError: the bytes are no whole clip, or the disk refused them.
        NoAnswerError: the connection broke again and again.
    """
    path = Path(record.folder) / clip_name(record, sample.index)
    # A name of its own: should two processes ever save the same clip, neither writes into the other's file.
    part = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What a process that was killed has left of this very clip; whoever calls this has the job's lease.
        _clear_parts(path.parent, path.stem)
        kind = await _receive(part, source, progress, sleep)
        wished = wished_path(record, sample, kind)
        # Only now: until here a crash leaves a part file, which the next attempt clears.
        path = named(part, path.with_suffix(kind.ending), wished, record.id)
        # On a thread: it syncs the folder, reads the clip's header and draws a still.
        return await anyio.to_thread.run_sync(_describe_and_record, record, sample, path, now)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and path.parent.is_dir():
            # Not this disk's fault, so it is looked at again.
            raise DownloadError(
                "Another process has cleared the part file away, to download the clip itself."
            ) from None
        raise DownloadError(
            f"The clip could not be written to {str(path)!r}: {error.strerror or error}. "
            "Make room or choose another folder, then resume the job."
        ) from error
    finally:
        # A part that was renamed is gone, and that is well.
        with suppress(OSError):
            part.unlink()


async def _receive(
    part: Path, source: Source, progress: Progress, sleep: Callable[[float], Awaitable[None]]
) -> Container:
    """Receive a clip and check that it is whole; returns the kind of clip."""
    with part.open("wb", buffering=0) as file:
        taken = Receiving(file, progress, _refuse_other_files)
        try:
            await taken.receive_all(source, sleep)
            # Before the rename: after a power cut the final name could stand for an empty file otherwise.
            await anyio.to_thread.run_sync(flush, file)
            return await anyio.to_thread.run_sync(_check_whole, part, taken.size, taken.mime)
        except DownloadError as error:
            error.fetched, error.size = taken.fetched, taken.size
            raise


def _refuse_other_files(start: bytes, incoming: Incoming) -> None:
    """Refuse what is not a clip before the rest of it arrives.

    Raises:
        DownloadError: it is none; what it is stands in the message.
    """
    if container_of(start) is None:
        raise _not_a_clip_error(start, incoming.mime, incoming.length)


def _not_a_clip_error(start: bytes, mime: str, size: int | None) -> DownloadError:
    bytes_ = "" if size is None else f" ({size:,} bytes)"
    return DownloadError(f"What was downloaded is {what_came(start, mime)}, not a video{bytes_}.")


def wished_path(record: JobRecord, sample: Sample, kind: Container) -> Path | None:
    """The file that the user has named, with the clip's own ending, numbered if there are several clips."""
    # The folder is another where the wished one could not be made or written.
    if not record.output.lower().endswith(ENDINGS) or record.folder != str(Path(record.output).parent):
        return None
    wished = Path(record.output).with_suffix(kind.ending)
    several = (record.request.samples or 1) > 1 or sample.index
    return wished.with_name(f"{wished.stem}_{sample.index + 1}{kind.ending}") if several else wished


def clear(record: JobRecord) -> None:
    """Remove the part files that dead processes left of a job's clips; the caller has the job's lease."""
    for sample in record.samples:
        _clear_parts(Path(record.folder), Path(clip_name(record, sample.index)).stem)


def _clear_parts(folder: Path, stem: str) -> None:
    for left in folder.glob(f"{glob.escape(stem)}.*.part"):
        with suppress(OSError):
            left.unlink()


def _check_whole(part: Path, size: int, mime: str) -> Container:
    """The kind of clip that a file is, once nothing of it is missing.

    Raises:
        DownloadError: it is no clip, or no whole one.
    """
    with part.open("rb") as file:
        start = file.read(64)
        kind = container_of(start)
        if kind is None:
            raise _not_a_clip_error(start, mime, size)
        # Another process may have cleared or cut the file meanwhile.
        if part.stat().st_size != size or not kind.is_whole(file):
            raise DownloadError(f"The {kind.label} is not whole: after {size:,} bytes a piece of the clip is missing.")
    return kind


def _describe_and_record(record: JobRecord, sample: Sample, path: Path, now: float) -> Video:
    _sync_folder(path.parent)
    # Once it is closed: Windows and network drives may set the time only then.
    state, kind = path.stat(), named_by(path.suffix)
    with path.open("rb") as file:
        found = described(file, kind)
    video = Video(
        path=path,
        sample=sample.index,
        bytes=state.st_size,
        job_id=record.id,
        mime=kind.mime,
        modified=state.st_mtime_ns,
        **asdict(found),
    )
    write_sidecar(video, {**recipe_of(record, video, now), "poster": data_address(make_poster(path))})
    return video


def settle(part: Path, path: Path, recipe: Mapping[str, Any]) -> Video:
    """Give a clip that was made here its final name, and the recipe beside it.

    Raises:
        OSError: the disk refused.
    """
    with part.open("rb+") as file:
        # Of the file as it is now: nothing was received that could have been hashed on the way.
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        found = described(file)
        flush(file)
    part.replace(path)
    _sync_folder(path.parent)
    video = Video(path=path, bytes=path.stat().st_size, digest=digest, **asdict(found))
    write_sidecar(video, {**made_by(), **recipe, "file": facts(video), "poster": data_address(make_poster(path))})
    return video


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where that can be asked for: not on Windows nor on every network disk."""
    if os.name != "posix":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
