"""A film put together by a worker: it needs its extras, and its own key for the bucket, but no ledger.

Clips in a bucket are read there, into a folder that is gone afterwards. Music, narration and typefaces travel with the
task. The film is put into a bucket by the worker, or comes back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ...domain import buckets
from ...domain.errors import ConfigError, VeoError
from ...domain.media import Video
from ...domain.paths import written_whole
from ...storage.clips.bucket_clips import at_hand
from ...storage.films import signatures
from ...storage.films.signatures import CERTIFICATES, KEY, Signing
from .film_orders import FilmOrder
from .renditions import Target

# What may lie beside a film; itself last, so that what is there has them.
_BESIDE = (".json", ".vtt", ".mp4")


@dataclass(frozen=True)
class FilmTask:
    """A film for whoever makes it.

    Attributes:
        order: the film.
        files: what of it is on the disk of whoever wants it, by path.
        name: of its file.
        address: where it goes in a bucket; empty where it comes back.
        signed_by: what tells its signer from others; empty for none.
    """

    order: FilmOrder
    files: Mapping[Path, bytes]
    name: str
    address: str
    signed_by: str


def task_of(order: FilmOrder, target: Target, signing: Signing | None) -> FilmTask:
    """A film for others to make.

    Raises:
        VeoError: one of its files cannot be read.
    """
    try:
        files = {path: path.read_bytes() for path in order.own_files}
    except OSError as error:
        raise VeoError(f"The film lacks {error.filename!r}: {error.strerror or error}.") from error
    return FilmTask(order, files, target.path.name, target.address, signing.mark if signing else "")


def make_film(task: FilmTask) -> tuple[Video, dict[str, bytes]]:
    """Make a film; returns it, and its files by their endings unless they went into a bucket.

    Raises:
        VeoError: a clip cannot be read, the film cannot be signed as it should, or its bucket refused.
    """
    signing = signatures.configured()
    if (signing.mark if signing else "") != task.signed_by:
        raise ConfigError(
            f"{KEY}, {CERTIFICATES}: the worker signs films otherwise than the program that wants this one; give the "
            "workers the same two files, or none to either."
        )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        places = {video.path: stack.enter_context(at_hand(video)) for _, video in task.order.clips}
        for number, (path, data) in enumerate(task.files.items()):
            places[path] = folder / f"{number}{path.suffix}"
            places[path].write_bytes(data)
        made = task.order.moved(places).made(folder / task.name, signing)
        if task.address:
            return put_up(made, task.address), {}
        files = {ending: made.path.with_suffix(ending) for ending in _BESIDE}
        return made, {ending: file.read_bytes() for ending, file in files.items() if file.exists()}


def put_up(film: Video, address: str) -> Video:
    """Put a film with its recipe and its captions into a bucket.

    Raises:
        DownloadError: the bucket refused.
    """
    for ending in _BESIDE:
        if (file := film.path.with_suffix(ending)).exists():
            buckets.put(file, f"{address.rpartition('.')[0]}{ending}")
    return replace(film, uri=address)


def taken_home(made: Video, files: Mapping[str, bytes], target: Target) -> Video:
    """A film that a worker has made, at its place here, or in its bucket.

    Raises:
        VeoError: the disk refused.
    """
    try:
        for ending, data in files.items():
            target.path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(target.path.with_suffix(ending)) as part:
                part.write_bytes(data)
    except OSError as error:
        raise VeoError(f"The film could not be written to {str(target.path)!r}: {error.strerror or error}.") from error
    return replace(made, path=target.path)
