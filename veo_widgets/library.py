"""Where clips land: checked, whole, under a name that says what they are, with the recipe beside them."""

from __future__ import annotations

import base64
import errno
import glob
import hashlib
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import anyio
import anyio.to_thread

from . import mp4
from .errors import DownloadError, NoAnswerError, VeoError
from .media import Video
from .placing import named
from .poster import data_address, make_poster
from .record import JobRecord, Sample
from .sidecars import facts, made_by, recipe_of, write_sidecar

# Multiples of 4, so that each piece of base64 decodes by itself.
_BASE64_PIECE = 1 << 20

# What is kept free on the disk beyond the clip itself, and the largest clip that is believed.
_SPARE, _LARGEST = 1 << 20, 4 << 30
# Seconds before a connection that broke is made again; and how many are made for one clip at all.
_PAUSES, _CONNECTIONS = (0.2, 1.0, 2.0, 4.0, 8.0), 100

Progress = Callable[[int, int | None], None]


def clip_name(record: JobRecord, sample: int) -> str:
    """The file name of a clip: date, slug of the prompt, short id, and the sample if there are several.

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


async def inline_chunks(data: str) -> AsyncIterator[bytes]:
    """The bytes of a clip that came as base64, piece by piece.

    Raises:
        DownloadError: it is no base64.
    """
    for at in range(0, len(data), _BASE64_PIECE):
        try:
            yield base64.b64decode(data[at : at + _BASE64_PIECE], validate=True)
        except ValueError:
            raise DownloadError("The service sent a clip that is not valid base64.") from None


@dataclass(frozen=True)
class Incoming:
    """A clip on its way.

    Attributes:
        chunks: its bytes as they arrive.
        start: which byte of the clip the first of them is.
        length: the announced number of bytes of the whole clip, if there is one.
        expected: about how many, for the screen, where none is announced.
        validator: what names this state of the clip, so that another one is not taken for its continuation.
    """

    chunks: AsyncIterator[bytes]
    start: int = 0
    length: int | None = None
    expected: int | None = None
    validator: str = ""


# Opens a clip from a byte on, if its state is still the one named; a source that cannot begins at 0.
Source = Callable[[int, str], AbstractAsyncContextManager[Incoming]]


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
        The clip. Only a whole MP4 ever bears the final name.

    Raises:
        DownloadError: the bytes are no whole MP4, or the disk refused them.
        NoAnswerError: the connection broke again and again.
    """
    path = Path(record.folder) / clip_name(record, sample.index)
    # A name of its own: should two processes ever save the same clip, neither writes into the other's file.
    part = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_parts(path.parent, path.stem)
        with part.open("wb") as file:
            taken = _Intake(file, progress)
            await taken.all_of(source, sleep)
            await anyio.to_thread.run_sync(_flush, file)
        _check(part, taken.size)
        path = named(part, path, _wished(record, sample), record.id)
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


class _Intake:
    """Takes a clip in, over as many connections as it needs."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file, self._progress = file, progress
        self._sha256 = hashlib.sha256()
        self._validator = ""
        self._length: int | None = None
        self._connections = 0
        self.size = 0

    @property
    def digest(self) -> str:
        """SHA-256 of what has been written."""
        return self._sha256.hexdigest()

    async def all_of(self, source: Source, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Take everything; a connection that brings nothing more is given up after a few others."""
        stuck, furthest = 0, 0
        while (broken := await self._as_far_as_it_goes(source)) is not None:
            stuck = 0 if self.size > furthest else stuck + 1
            furthest = max(furthest, self.size)
            self._connections += 1
            if not self.size or stuck == len(_PAUSES) or self._connections == _CONNECTIONS:
                raise broken
            await sleep(_PAUSES[stuck])

    async def _as_far_as_it_goes(self, source: Source) -> VeoError | None:
        """Take what one connection brings; what broke it, or None if the clip is complete."""
        try:
            async with source(self.size, self._validator) as incoming:
                self._begin(incoming)
                async for chunk in incoming.chunks:
                    self._take(chunk, incoming)
        except NoAnswerError as error:
            return error
        if self._length is None or self.size == self._length:
            return None
        if self.size > self._length:
            raise DownloadError(f"The download brought {self.size:,} bytes, where {self._length:,} were announced.")
        return DownloadError(f"The download ended after {self.size:,} of {self._length:,} bytes.")

    def _begin(self, incoming: Incoming) -> None:
        if incoming.start != self.size:
            self._file.seek(0)
            self._file.truncate()
            self._sha256, self.size = hashlib.sha256(), 0
        self._validator, self._length = incoming.validator, incoming.length
        needed = (incoming.length or incoming.expected or 0) - self.size
        if needed + _SPARE > shutil.disk_usage(Path(self._file.name).parent).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _take(self, chunk: bytes, incoming: Incoming) -> None:
        if self.size + len(chunk) > _LARGEST:
            raise OSError(errno.EFBIG, f"it is larger than {_LARGEST >> 30} GiB")
        self._file.write(chunk)
        self._sha256.update(chunk)
        self.size += len(chunk)
        self._progress(self.size, incoming.length or incoming.expected)


def _wished(record: JobRecord, sample: Sample) -> Path | None:
    """The file that the user has named, numbered if there are several clips."""
    if not record.output.lower().endswith(".mp4") or record.folder != str(Path(record.output).parent):
        return None
    wished = Path(record.output)
    several = (record.request.samples or 1) > 1 or sample.index
    return wished.with_name(f"{wished.stem}_{sample.index + 1}.mp4") if several else wished


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def clear(record: JobRecord) -> None:
    """Remove what processes that died have left of a job's clips, none of which will come; the caller has its lease."""
    for sample in record.samples:
        _clear_parts(Path(record.folder), Path(clip_name(record, sample.index)).stem)


def _clear_parts(folder: Path, stem: str) -> None:
    for left in folder.glob(f"{glob.escape(stem)}.*.part"):
        with suppress(OSError):
            left.unlink()


def _check(part: Path, size: int) -> None:
    with part.open("rb") as file:
        start = file.read(12)
        if not mp4.is_mp4(start):
            kind = {b"<": "an HTML page", b"{": "JSON", b"[": "JSON"}.get(start.lstrip()[:1], "no MP4")
            raise DownloadError(f"What was downloaded is {kind}, not a clip ({size:,} bytes).")
        if part.stat().st_size != size or not mp4.is_whole(file):
            raise DownloadError(f"The download ended early: after {size:,} bytes a piece of the clip is missing.")


def _finish(record: JobRecord, sample: Sample, path: Path, digest: str, now: float) -> Video:
    _sync_folder(path.parent)
    with path.open("rb") as file:
        described = mp4.describe(file)
    video = Video(
        path=path,
        sample=sample.index,
        bytes=path.stat().st_size,
        sha256=digest,
        job_id=record.id,
        **asdict(described),
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
        described = mp4.describe(file)
        _flush(file)
    part.replace(path)
    _sync_folder(path.parent)
    video = Video(path=path, bytes=path.stat().st_size, sha256=digest, **asdict(described))
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
