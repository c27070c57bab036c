"""Where clips land: checked, whole, under a name that says what they are, with the recipe beside them."""

from __future__ import annotations

import base64
import glob
import hashlib
import json
import os
import re
import secrets
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import anyio.to_thread

from . import mp4
from .errors import DownloadError
from .media import Image, Video
from .poster import data_address, make_poster
from .record import JobRecord, Sample
from .version import own_version

# Multiples of 4, so that each piece of base64 decodes by itself.
_BASE64_PIECE = 1 << 20

Progress = Callable[[int], None]


def clip_name(record: JobRecord, sample: int) -> str:
    """The file name of a clip: date, slug of the prompt, short id, and the sample if there are several.

    Lower-case ASCII letters, digits, ``-`` and ``_`` only, and never a name that Windows keeps for itself.
    """
    plain = unicodedata.normalize("NFKD", record.request.prompt).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "clip"
    date = datetime.fromtimestamp(record.created_at).astimezone().date().isoformat()
    # A service may send more clips than were asked for; none may take another's name.
    number = f"_{sample + 1}" if (record.request.samples or 1) > 1 or sample else ""
    return f"{date}_{slug}_{record.id}{number}.mp4"


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


async def save(
    record: JobRecord,
    sample: Sample,
    chunks: AsyncIterator[bytes],
    *,
    length: int | None,
    now: float,
    progress: Progress = lambda _: None,
) -> Video:
    """Write a clip in constant memory: part file, checks, fsync, rename, sidecar.

    Args:
        record: the job.
        sample: which of its results.
        chunks: the bytes as they arrive.
        length: the announced number of bytes, if there is one.
        now: seconds since the epoch, for the sidecar.
        progress: told the number of bytes so far.

    Returns:
        The clip. Only a whole MP4 ever bears the final name.

    Raises:
        DownloadError: the bytes are no whole MP4, or the disk refused them.
    """
    path = Path(record.folder) / clip_name(record, sample.index)
    # A name of its own: should two processes ever save the same clip, neither writes into the other's file.
    part = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_parts(path)
        with part.open("wb") as file:
            size, digest = await _receive(file, chunks, progress)
            await anyio.to_thread.run_sync(_flush, file)
        _check(part, size, length)
        part.replace(path)
        return await anyio.to_thread.run_sync(_finish, record, sample, path, digest, now)
    except OSError as error:
        raise DownloadError(
            f"The clip could not be written to {str(path)!r}: {error.strerror or error}. "
            "Make room or choose another folder, then resume the job."
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()


async def _receive(file: IO[bytes], chunks: AsyncIterator[bytes], progress: Progress) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        file.write(chunk)
        digest.update(chunk)
        size += len(chunk)
        progress(size)
    return size, digest.hexdigest()


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _clear_parts(path: Path) -> None:
    """Remove what a process that died has left of this clip; the caller holds the job's lease."""
    for left in path.parent.glob(f"{glob.escape(path.stem)}.*.part"):
        with suppress(OSError):
            left.unlink()


def _check(part: Path, size: int, length: int | None) -> None:
    size = min(size, part.stat().st_size)
    if length is not None and size != length:
        raise DownloadError(f"The download ended after {size:,} of {length:,} bytes.")
    with part.open("rb") as file:
        start = file.read(12)
    if not mp4.is_mp4(start):
        kind = {b"<": "an HTML page", b"{": "JSON", b"[": "JSON"}.get(start.lstrip()[:1], "no MP4")
        raise DownloadError(f"What was downloaded is {kind}, not a clip ({size:,} bytes).")


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
    _write_sidecar(video, {**_recipe(record, video, now), "poster": data_address(make_poster(path))})
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


def _write_sidecar(video: Video, recipe: dict[str, Any]) -> None:
    part = video.path.with_suffix(".json.part")
    text = json.dumps(recipe, indent=1, ensure_ascii=False) + "\n"
    try:
        # Half a surrogate pair, which a prompt may hold, stays readable JSON this way.
        part.write_bytes(text.encode("utf-8", "backslashreplace"))
        part.replace(video.sidecar)
    finally:
        with suppress(OSError):
            part.unlink()


def add_poster(video: Video, jpeg: bytes) -> None:
    """Put a poster that was made elsewhere into the sidecar, unless there is one already."""
    recipe = video.recipe
    if recipe and not recipe.get("poster"):
        _write_sidecar(video, {**recipe, "poster": data_address(jpeg)})


def _recipe(record: JobRecord, video: Video, now: float) -> dict[str, Any]:
    """Everything that is needed to know how a clip came about, and to make it again."""
    return {
        "schema": 1,
        "made_by": f"veo-widgets {own_version()}",
        "job": record.id,
        "sample": video.sample,
        "provider": record.provider,
        "surface": record.surface,
        "operation": record.operation,
        "model": record.model,
        "request": {name: _plain(value) for name, value in record.request.said().items()},
        "cost": record.cost.to_json(),
        "created_at": _iso(record.created_at),
        "submitted_at": _iso(record.submitted_at),
        "finished_at": _iso(record.finished_at),
        "saved_at": _iso(now),
        "file": {key: value for key, value in video.to_json().items() if key not in {"path", "job_id", "sample"}},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Image):
        return {
            "name": value.name,
            "mime": value.mime,
            "sha256": value.sha256,
            **({"uri": value.address} if value.uri else {}),
        }
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at).astimezone().isoformat(timespec="milliseconds")
