"""Posters, frames and contact sheets of many clips: a task for each, for threads here or for the workers of a cluster.

A clip in a bucket is read there by the worker. What goes into a bucket is put there by the worker; what goes into a
folder comes back, since the folder may be of this machine alone.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..domain import buckets
from ..domain.errors import InvalidRequestError, VeoError
from ..domain.formats import clip_frames
from ..domain.media import Video
from ..domain.paths import expanded, written_whole
from ..storage.clips.bucket_clips import at_hand
from ..storage.clips.stills import keep_still, kept_still_of
from .executors import each


def posters_of(videos: Sequence[Video], on: Any) -> list[str]:
    """A still of each clip; see `Videos.posters`."""
    found = list(each(kept_still_of, videos, on, "posters"))
    for video, poster in zip(videos, found, strict=True):
        # Whoever drew it may have another disk.
        keep_still(video, poster)
    return found


def frames_of(
    videos: Sequence[Video], every: float | None, width: int | None, into: str | os.PathLike[str] | None, on: Any
) -> list[list[Any]]:
    """Pictures of each clip; see `Videos.frames`."""
    return _pictures_of(videos, partial(_frames, every=every, width=width), "frames", into, on)


def sheets_of(
    videos: Sequence[Video], columns: int, stills: int, width: int, into: str | os.PathLike[str] | None, on: Any
) -> list[Any]:
    """A contact sheet of each clip; see `Videos.sheets`."""
    draw = partial(_sheet, columns=columns, stills=stills, width=width)
    return [made[0] for made in _pictures_of(videos, draw, "sheet", into, on)]


def _frames(path: Path, every: float | None, width: int | None) -> Iterator[Any]:
    return clip_frames.every(path, every, width)


def _sheet(path: Path, columns: int, stills: int, width: int) -> Iterator[Any]:
    yield clip_frames.sheet(path, columns, stills, width)


@dataclass(frozen=True)
class _Pictures:
    """What is made of a clip.

    Attributes:
        video: the clip.
        draw: makes the pictures of its file.
        name: of the files, without a number and an ending; empty for images instead.
        bucket: the address where the files go; empty where they come back.
    """

    video: Video
    draw: Callable[[Path], Iterable[Any]]
    name: str = ""
    bucket: str = ""


def _draw(task: _Pictures) -> list[Any]:
    """The pictures, their files' addresses, or their files' bytes."""
    with at_hand(task.video) as path:
        drawn = task.draw(path)
        if not task.name:
            return list(drawn)
        return [_filed(task, number, picture) for number, picture in enumerate(drawn, 1)]


def _filed(task: _Pictures, number: int, picture: Any) -> str | bytes:
    data = io.BytesIO()
    picture.save(data, format="PNG")
    if not task.bucket:
        return data.getvalue()
    address = f"{task.bucket}/{_file_name(task, number)}"
    buckets.put_bytes(data.getvalue(), address)
    return address


def _file_name(task: _Pictures, number: int) -> str:
    return f"{task.name}_{number:05d}.png"


def _pictures_of(
    videos: Sequence[Video],
    draw: Callable[[Path], Iterable[Any]],
    word: str,
    into: str | os.PathLike[str] | None,
    on: Any,
) -> list[list[Any]]:
    bucket = folder = None
    if into is not None and buckets.is_address(into):
        bucket = buckets.address_of(into, "into")
        buckets.check(bucket, "into", spared="made")
    elif into is not None:
        folder = _made_folder(into)
    names = _names(videos, word) if into is not None else [""] * len(videos)
    tasks = [_Pictures(video, draw, name, bucket or "") for video, name in zip(videos, names, strict=True)]
    made = zip(tasks, each(_draw, tasks, on, word), strict=True)
    if folder is None:
        return [pictures for _, pictures in made]
    return [[_written(folder / _file_name(task, n), data) for n, data in enumerate(files, 1)] for task, files in made]


def _names(videos: Sequence[Video], word: str) -> list[str]:
    """A name for the files of each clip after its own; clips of different folders may have the same."""
    found: dict[str, None] = {}
    for number, video in enumerate(videos, 1):
        name = f"{video.path.stem}_{word}"
        found[name if name not in found else f"{name}_of_clip_{number}"] = None
    return list(found)


def _made_folder(into: str | os.PathLike[str]) -> Path:
    folder = expanded(into).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"into: the folder {str(folder)!r} cannot be made: {error.strerror or error}."
        raise InvalidRequestError(message, parameter="into", value=str(into)) from None
    return folder


def _written(path: Path, data: bytes) -> Path:
    try:
        with written_whole(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise VeoError(f"into: cannot write {str(path)!r}: {error.strerror or error}.") from error
    return path
