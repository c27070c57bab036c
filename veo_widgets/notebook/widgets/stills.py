"""A frame of a clip as an image: beside the clip, or for the next request."""

from __future__ import annotations

from pathlib import Path

from ...domain.errors import InvalidRequestError
from ...domain.media import Image, Video, sniff_image
from ...domain.paths import written_whole

_ROLE_WORDS = {
    "first_frame": "the first frame of the next request",
    "last_frame": "the last frame of the next request",
    "reference_images": "a reference image of the next request",
}


def as_image(video: Video, frame: int, png: bytes) -> Image:
    """A frame that the browser decoded, named after its clip.

    Args:
        video: the clip.
        frame: its number, from 0.
        png: the picture at its native size.

    Raises:
        InvalidRequestError: it is not a complete PNG, or it is over 20 MB.
    """
    if sniff_image(png) != "image/png":
        raise InvalidRequestError("frame: what the browser sent is not a PNG image.", parameter="frame", value=frame)
    image = Image.of(png, "frame")
    return Image(data=image.data, mime=image.mime, name=f"{video.path.stem}_frame{frame:04d}.png")


def save(video: Video, image: Image) -> Path:
    """Write a frame beside its clip; the same frame takes its own place again.

    Raises:
        OSError: the disk refused it.
    """
    path = video.path.with_name(image.name)
    with written_whole(path) as part:
        part.write_bytes(image.data)
    return path


def role_text(frame: int, role: str) -> str:
    """What has become of a frame, for people."""
    return f"Frame {frame} is {_ROLE_WORDS[role]}."
