"""Where clips land: checked, whole, under a name that says what they are, with the recipe beside them."""

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

from .containers import ENDINGS, Container, container_of, described, named_by, what_came
from .errors import DownloadError
from .intake import Incoming, Intake, Progress, Source, flush
from .media import Video
from .placing import named
from .poster import data_address, make_poster
from .record import JobRecord, Sample
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

    A connection that breaks is continued where it broke, or begun anew where the service cannot.

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
        _clear_parts(path.parent, path.stem)
        taken, kind = await _take_in(part, source, progress, sleep)
        wished = _wished(record, sample, kind)
        path = named(part, path.with_suffix(kind.ending), wished, record.id)
        return await anyio.to_thread.run_sync(_finish, record, sample, path, taken.digest, now)
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
        with suppress(OSError):
            part.unlink()


async def _take_in(
    part: Path, source: Source, progress: Progress, sleep: Callable[[float], Awaitable[None]]
) -> tuple[Intake, Container]:
    """Take a clip in and see that it is whole; what was taken, and the kind of clip that it is."""
    with part.open("wb") as file:
        taken = Intake(file, progress, _judge)
        try:
            await taken.all_of(source, sleep)
            await anyio.to_thread.run_sync(flush, file)
            return taken, await anyio.to_thread.run_sync(_checked, part, taken.size, taken.mime)
        except DownloadError as error:
            error.fetched, error.size = taken.fetched, taken.size
            raise


def _judge(start: bytes, incoming: Incoming) -> None:
    """Refuse what is no clip before the rest of it comes.

    Raises:
        DownloadError: it is none; what it is stands in the message.
    """
    if container_of(start) is None:
        raise _no_clip(start, incoming.mime, incoming.length)


def _no_clip(start: bytes, mime: str, size: int | None) -> DownloadError:
    bytes_ = "" if size is None else f" ({size:,} bytes)"
    return DownloadError(f"What was downloaded is {what_came(start, mime)}, not a video{bytes_}.")


def _wished(record: JobRecord, sample: Sample, kind: Container) -> Path | None:
    """The file that the user has named, with the clip's own ending, numbered if there are several clips."""
    if not record.output.lower().endswith(ENDINGS) or record.folder != str(Path(record.output).parent):
        return None
    wished = Path(record.output).with_suffix(kind.ending)
    several = (record.request.samples or 1) > 1 or sample.index
    return wished.with_name(f"{wished.stem}_{sample.index + 1}{kind.ending}") if several else wished


def clear(record: JobRecord) -> None:
    """Remove what processes that died have left of a job's clips, none of which will come; the caller has its lease."""
    for sample in record.samples:
        _clear_parts(Path(record.folder), Path(clip_name(record, sample.index)).stem)


def _clear_parts(folder: Path, stem: str) -> None:
    for left in folder.glob(f"{glob.escape(stem)}.*.part"):
        with suppress(OSError):
            left.unlink()


def _checked(part: Path, size: int, mime: str) -> Container:
    """The kind of clip that a file is, once nothing of it is missing.

    Raises:
        DownloadError: it is no clip, or no whole one.
    """
    with part.open("rb") as file:
        start = file.read(64)
        kind = container_of(start)
        if kind is None:
            raise _no_clip(start, mime, size)
        if part.stat().st_size != size or not kind.is_whole(file):
            raise DownloadError(f"The {kind.label} is not whole: after {size:,} bytes a piece of the clip is missing.")
    return kind


def _finish(record: JobRecord, sample: Sample, path: Path, digest: str, now: float) -> Video:
    _sync_folder(path.parent)
    kind = named_by(path.suffix)
    with path.open("rb") as file:
        found = described(file, kind)
    video = Video(
        path=path,
        sample=sample.index,
        bytes=path.stat().st_size,
        sha256=digest,
        job_id=record.id,
        mime=kind.mime,
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
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        found = described(file)
        flush(file)
    part.replace(path)
    _sync_folder(path.parent)
    video = Video(path=path, bytes=path.stat().st_size, sha256=digest, **asdict(found))
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
