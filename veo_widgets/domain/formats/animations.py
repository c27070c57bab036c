"""A clip as a moving picture without sound, for places that play no video. Needs the extra ``media``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import refusal
from ..errors import InvalidRequestError
from . import clip_frames

if TYPE_CHECKING:
    from .video_frames import Picture

# All pictures are held at once: of this many at 480 x 270, 470 MB.
MOST_PICTURES = 1200
# A GIF counts in hundredths of a second, and browsers slow down what is faster than two of them.
_FASTEST = {".gif": 50.0, ".webp": 60.0}
# A GIF has one palette of 256 colours; it is made of what so many pictures show.
_LOOKED_AT = 9


def write(path: Path, part: Path, ending: str, width: int, fps: float) -> None:
    """Write a clip as an animated picture that repeats for ever.

    Args:
        path: the clip.
        part: the file to write.
        ending: ``.gif`` or ``.webp``.
        width: of the picture, in pixels.
        fps: pictures a second; a GIF's are shown for a whole number of hundredths of a second.

    Raises:
        InvalidRequestError: a rate that the format does not have, or too many pictures.
        MissingExtraError: the extra ``media`` is not installed.
        VeoError: the clip is gone, or cannot be read.
        OSError: the disk refused.
    """
    if not 0 < fps <= _FASTEST[ending]:
        raise refusal("fps", fps, f"pictures a second, up to {_FASTEST[ending]:g} in {ending}")
    milliseconds = round(100 / fps) * 10 if ending == ".gif" else round(1000 / fps)
    pictures = list(islice(clip_frames.every(path, milliseconds / 1000, width), MOST_PICTURES + 1))
    if len(pictures) > MOST_PICTURES:
        message = (
            f"fps: {fps:g} a second make more than {MOST_PICTURES} pictures of this clip, which no page should load; "
            "give fewer, or share it as .html."
        )
        raise InvalidRequestError(message, parameter="fps", value=fps)
    if ending == ".gif":
        pictures = list(_with_one_palette(pictures))
    pictures[0].save(
        part,
        format=ending[1:].upper(),
        save_all=True,
        append_images=pictures[1:],
        duration=milliseconds,
        loop=0,
        # Of WebP; a GIF has neither.
        quality=78,
        method=4,
    )


def _with_one_palette(pictures: list[Picture]) -> Iterator[Picture]:
    from PIL import Image

    some = pictures[:: max(len(pictures) // _LOOKED_AT, 1)][:_LOOKED_AT]
    together = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for number, picture in enumerate(some):
        together.paste(picture, (0, number * picture.height))
    palette = together.quantize(256)
    # Dithered colours hide that there are few; without it, skies have steps.
    return (picture.convert("RGB").quantize(palette=palette) for picture in pictures)
