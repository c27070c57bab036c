"""The trash: where the files of deleted clips lie, beside where they were, until it is emptied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...domain.errors import VeoError
from ...domain.media import Video
from ...domain.paths import is_there
from . import captions, uploading

# Of the same file system as the clips, so that nothing is copied; a Jupyter server serves nothing from hidden folders.
FOLDER = ".veo_trash"


def in_trash(video: Video) -> Video:
    """The clip at its place in the trash."""
    # By the job, since two clips of one name may have been deleted one after the other.
    return replace(video, path=video.path.parent / FOLDER / video.job_id / video.path.name)


def is_missing(video: Video) -> bool:
    """Whether a clip is no longer where it was saved; a clip of another job that has its name by now is not it."""
    return not video.is_kept or video.recipe.get("job", video.job_id) != video.job_id


def put(video: Video) -> None:
    """Move a clip, its recipe and its captions into the trash; what is not there, or is of another job, stays as it is.

    Raises:
        VeoError: the disk refused.
    """
    if is_there(video.path, Path.is_file) and not is_missing(video):
        for path, place in _pairs(video):
            _move(path, place)


def take_back(video: Video) -> None:
    """Move a clip, its recipe and its captions to where they were; what is not in the trash is left out.

    Raises:
        VeoError: another file has its name by now, or the disk refused.
    """
    found = [(place, path) for path, place in _pairs(video) if is_there(place)]
    for _, path in found:
        # A copy of a clip in a bucket may have been fetched anew.
        if is_there(path) and not video.uri:
            message = f"Another file is at {str(path)!r} by now; move it, and undo again. The clip is kept."
            raise VeoError(message)
    # The clip last: until it is there, the rest is tried again.
    for place, path in reversed(found):
        _move(place, path)
    _remove_folders(video)


def remove(video: Video) -> int:
    """Remove a clip, its recipe and its captions from the trash for good; returns how many bytes that was.

    A clip in a bucket is removed there too: until then, only its copy on this machine was in the trash.

    Raises:
        VeoError: the disk or the store refused.
    """
    uploading.remove(video)
    freed = 0
    for _, place in _pairs(video):
        try:
            freed += place.stat().st_size
            place.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise VeoError(f"Cannot remove {str(place)!r}: {error.strerror or error}.") from error
    _remove_folders(video)
    return freed


def _pairs(video: Video) -> Iterator[tuple[Path, Path]]:
    """The clip, its recipe and its captions: where each was, and its place in the trash."""
    place = in_trash(video)
    # Before the clip is moved, by which they are found.
    names = {path.name for clip in (video, place) for _, path in captions.files_of(clip.path)[0]}
    yield video.path, place.path
    yield video.sidecar, place.sidecar
    for name in sorted(names):
        yield video.path.with_name(name), place.path.with_name(name)


def _move(path: Path, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    except FileNotFoundError:
        # A clip may have no recipe, and may have been moved by half.
        return
    except OSError as error:
        raise VeoError(f"Cannot move {str(path)!r}: {error.strerror or error}.") from error


def _remove_folders(video: Video) -> None:
    folder = in_trash(video).path.parent
    for one in (folder, folder.parent):
        try:
            one.rmdir()
        except OSError:
            # There is more in it.
            return
