"""Clips one after the other in one file, and the frame that a clip ends on. Needs the extra ``media``."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ...domain.errors import MissingExtraError, VeoError
from ...domain.formats.clip_pictures import opened
from ...domain.formats.pictures import MAX_IMAGE_BYTES, smaller
from .pictures import Copied, Encoded
from .sound import Sound
from .source_clips import Segment, SourceClip, read_clip

if TYPE_CHECKING:
    from av.container import OutputContainer

__all__ = ["Segment", "check_extra", "last_frame", "stitch"]

# Picture and sound of a clip come one after the other where a film is put together, but side by side in the file.
MUXING = {"movflags": "+faststart", "fflags": "+bitexact", "max_interleave_delta": "0"}


def check_extra() -> None:
    """Check that the media packages are installed.

    Raises:
        MissingExtraError: they are not.
    """
    if find_spec("av") is None or find_spec("PIL") is None:
        raise MissingExtraError("A film", "media")


def last_frame(path: Path) -> bytes:
    """The picture that a clip ends on, as PNG; as JPEG where a PNG would be larger than the services take.

    Raises:
        MissingExtraError: the media packages are not installed.
        VeoError: the file is no clip that can be read.
    """
    check_extra()
    with opened(path) as clip:
        picture = clip.last()
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    # PNG first: this frame becomes the first of the next clip, and losses would add up.
    png = buffer.getvalue()
    return png if len(png) <= MAX_IMAGE_BYTES else smaller(picture)


def stitch(segments: Sequence[Segment], target: Path) -> list[Fraction]:
    """Write clips into one MP4, in hard cuts and with their sound.

    Args:
        segments: the clips in order; the first decides size and colours where they differ.
        target: the file to write.

    Returns:
        The seconds of the film at which each clip begins.

    Raises:
        MissingExtraError: the media packages are not installed.
        VeoError: a clip cannot be read, or the file cannot be written.
    """
    check_extra()
    import av

    try:
        clips = [read_clip(segment) for segment in segments]
        with av.open(str(target), "w", format="mp4", options=MUXING) as out:
            return _write_clips(clips, out)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise VeoError(f"The clips of the film cannot be put together: {error}.") from error


def _write_clips(clips: Sequence[SourceClip], out: OutputContainer) -> list[Fraction]:
    alike = len({clip.kind for clip in clips}) == 1 and all(clip.can_be_copied for clip in clips)
    # Copying loses nothing and takes no time; a single clip that differs makes it impossible.
    pictures = Copied(clips[0], out) if alike else Encoded(clips[0], out)
    # A film with one clip that sounds needs a track of its whole length.
    sound = Sound(out) if any(clip.sounds for clip in clips) else None
    begins, at = [], Fraction(0)
    for clip in clips:
        begins.append(at)
        with clip.open() as container:
            pictures.write(clip, container, at)
            if sound is not None:
                sound.write(clip, container, at)
        at += clip.seconds
    pictures.close()
    if sound is not None:
        sound.close()
    return begins
