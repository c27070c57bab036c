"""A clip that is whole on this machine, put into a bucket with its recipe."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ...domain import buckets
from ...domain.errors import DownloadError
from ...domain.formats.containers import ENOUGH, container_of
from ...domain.job_record import JobRecord
from ...domain.media import Video
from .library import clip_name
from .sidecars import add_digest


def put_up(record: JobRecord, video: Video) -> Video:
    """Put a clip and its recipe into its job's bucket; what is there already is not put again.

    Args:
        record: the job.
        video: its clip, whole on this machine.

    Returns:
        The clip with its address there.

    Raises:
        DownloadError: it could not be put there whole; nothing of it bears its name there.
    """
    if video.uri:
        # The store has copied the clip by itself.
        put_recipe(video)
        return video
    _refuse_other_files(video.path)
    # Now, since the recipe goes with it.
    video = replace(video, digest=video.sha256)
    with suppress(OSError):
        add_digest(video)
    address = f"{record.bucket}/{name_there(record, video)}"
    # The recipe first: a clip that is there has one.
    if video.sidecar.exists():
        buckets.put(video.sidecar, recipe_there(address))
    buckets.put(video.path, address)
    return replace(video, uri=address)


def _refuse_other_files(path: Path) -> None:
    """Refuse what is no clip: the job may be another's, who says which file of this machine its clip is.

    Raises:
        DownloadError: it is none.
    """
    # What cannot be read says why when it is put there.
    with suppress(OSError), path.open("rb") as file:
        if container_of(file.read(ENOUGH)) is None:
            raise DownloadError(f"{path.name!r} is no clip, and so is not put into a bucket.")


def put_recipe(video: Video) -> None:
    """Put the recipe of a clip that is in a bucket there again, since more is known; one that cannot be put stays."""
    if video.uri and video.sidecar.exists():
        with suppress(DownloadError):
            buckets.put(video.sidecar, recipe_there(video.uri))


def recipe_there(address: str) -> str:
    """Where the recipe is of a clip in a bucket."""
    return f"{address.rpartition('.')[0]}.json"


def name_there(record: JobRecord, video: Video) -> str:
    """The name that a clip has on this machine, unless another clip has it in the bucket, which keeps it."""
    own = clip_name(record, video.sample).rpartition(".")[0]
    # A name with the job's id is no other clip's.
    if video.path.stem == own or buckets.size(f"{record.bucket}/{video.path.name}") is None:
        return video.path.name
    return f"{own}{video.path.suffix}"


def remove(video: Video) -> None:
    """Remove a clip and its recipe from its bucket, for good.

    Raises:
        DownloadError: the store refused.
    """
    if video.uri:
        for address in (video.uri, recipe_there(video.uri)):
            buckets.remove(address)
