"""Clips one after the other in one file, and the frame that a clip ends on. Needs the extra ``media``."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from . import video_frames
from .errors import MissingExtraError, VeoError
from .film_pictures import Copied, Encoded
from .film_sound import Sound
from .pictures import MAX_IMAGE_BYTES, smaller
from .reels import Reel, Segment, opened

if TYPE_CHECKING:
    from av.container import OutputContainer

__all__ = ["Segment", "check_extra", "last_frame", "stitch"]


def check_extra() -> None:
    """See that the media packages are there.

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
    import av

    try:
        with ExitStack() as stack:
            reel = opened(Segment(path), stack)
            # From the last key frame on; a clip has one a second or so.
            reel.container.seek(max(reel.times), stream=reel.video)
            frame = next(frame for frame in reel.container.decode(video=0) if frame.pts == max(reel.times))
            picture = video_frames.picture_of(frame, reel.shape)
    except (av.FFmpegError, OSError, ValueError, IndexError, StopIteration) as error:
        raise VeoError(f"The last frame of {str(path)!r} cannot be read: {error}.") from error
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    png = buffer.getvalue()
    return png if len(png) <= MAX_IMAGE_BYTES else smaller(picture)


def stitch(segments: Sequence[Segment], target: Path) -> None:
    """Write clips into one MP4, in hard cuts and with their sound.

    Args:
        segments: the clips in order; the first decides size and colours where they differ.
        target: the file to write.

    Raises:
        MissingExtraError: the media packages are not installed.
        VeoError: a clip cannot be read, or the file cannot be written.
    """
    check_extra()
    import av

    try:
        with ExitStack() as stack:
            reels = [opened(segment, stack) for segment in segments]
            # Picture and sound of a clip come one after the other here, but side by side in the file.
            options = {"movflags": "+faststart", "fflags": "+bitexact", "max_interleave_delta": "0"}
            out = stack.enter_context(av.open(str(target), "w", format="mp4", options=options))
            _write(reels, out)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise VeoError(f"The clips of the film cannot be put together: {error}.") from error


def _write(reels: Sequence[Reel], out: OutputContainer) -> None:
    alike = len({reel.kind for reel in reels}) == 1 and all(reel.can_be_copied for reel in reels)
    pictures = Copied(reels[0], out) if alike else Encoded(reels[0], out)
    sound = Sound(out) if any(reel.container.streams.audio for reel in reels) else None
    at = Fraction(0)
    for reel in reels:
        pictures.write(reel, at)
        if sound is not None:
            sound.write(reel, at)
        at += reel.seconds
    pictures.close()
    if sound is not None:
        sound.close()
