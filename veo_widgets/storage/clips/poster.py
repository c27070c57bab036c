"""A small still of a clip, for notebooks that are read without the clip. Needs the extra ``media``.

The browser makes one too when a clip is first shown, so a missing package only delays the poster.
"""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from ...domain.formats import video_frames
from ...domain.media import Image

# Two copies as base64 and the text around them stay below 40 kB in the notebook.
MAX_BYTES = 10_000
_WIDTH = 480
_QUALITIES = (80, 60, 40, 20)
# Twice as wide as it is shown, for fine screens.
_FACE_WIDTH, _FACE_BYTES = 48, 3_000


def make_poster(clip: Path | IO[bytes]) -> bytes:
    """A JPEG of the key frame at the first second or before it, at most `MAX_BYTES` long.

    Args:
        clip: its path, or the opened file.

    Returns:
        The JPEG, or nothing if the media package is missing or cannot read the clip.
    """
    try:
        import av
        import PIL  # noqa: F401 (asked for before a clip is decoded)
    except ImportError:
        return b""
    try:
        with av.open(str(clip) if isinstance(clip, Path) else clip, "r") as opened:
            # A recording that was made live has no index to look the second up in.
            with suppress(av.FFmpegError):
                opened.seek(1_000_000)
            stream = opened.streams.video[0]
            # For a single picture threads take longer to start than they save.
            stream.codec_context.thread_count = 1
            frame = next(opened.decode(stream))
            # The width counts; the height is bounded for a strip that is no picture.
            image = video_frames.picture_of(frame, stream.sample_aspect_ratio, (_WIDTH, _WIDTH * 4))
    except (av.FFmpegError, StopIteration, ValueError, IndexError):
        return b""
    return _jpeg_within(image, MAX_BYTES)


def _jpeg_within(image: Any, most: int) -> bytes:
    while min(image.size) >= 16:
        if jpeg := _best_within(image, most):
            return jpeg
        # A picture full of detail does not fit at this size, however coarse.
        image = image.reduce(2)
    return b""


def _best_within(image: Any, most: int) -> bytes:
    """The JPEG of the best quality that is at most so long; nothing if even the worst is longer."""
    worse, better, found = 0, len(_QUALITIES), b""
    number = 0
    while worse < better:
        buffer = io.BytesIO()
        image.save(buffer, format="JPEG", quality=_QUALITIES[number], optimize=True)
        if buffer.tell() <= most:
            better, found = number, buffer.getvalue()
        else:
            worse = number + 1
        # The best is tried first, since most pictures fit at it; then it is halved.
        number = (worse + better) // 2
    return found


def is_poster(data: bytes) -> bool:
    """Whether `data`, made elsewhere, may serve as a poster: a JPEG, and small."""
    return data.startswith(b"\xff\xd8\xff") and len(data) <= MAX_BYTES


def data_address(jpeg: bytes) -> str:
    """A JPEG as a ``data:`` address, or nothing for nothing."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}" if jpeg else ""


@lru_cache(maxsize=64)
def smaller(address: str, width: int, most: int) -> str:
    """A poster's ``data:`` address with the picture made smaller; as it was without Pillow, or if it is small enough.

    Args:
        address: of the poster.
        width: in pixels, at most.
        most: the bytes that the JPEG may have.
    """
    _, _, data = address.partition(",")
    try:
        import PIL.Image

        jpeg = base64.b64decode(data)
        if len(jpeg) <= most:
            return address
        image: Any = PIL.Image.open(io.BytesIO(jpeg)).convert("RGB")
    except (ImportError, OSError, ValueError, binascii.Error):
        return address
    image.thumbnail((width, width * 4))
    return data_address(_jpeg_within(image, most)) or address


@lru_cache(maxsize=64)
def face(image: Image) -> str:
    """The middle of a picture as a small square, as a ``data:`` address; nothing without Pillow, or of an address."""
    if not image.data:
        return ""
    try:
        import PIL.Image
        from PIL import ImageOps

        with warnings.catch_warnings():
            # Of its size, which was looked at when it was taken.
            warnings.simplefilter("ignore")
            picture: Any = PIL.Image.open(io.BytesIO(image.data))
            # A large JPEG need not be decoded whole.
            picture.draft("RGB", (_FACE_WIDTH * 4, _FACE_WIDTH * 4))
            square = ImageOps.fit(picture.convert("RGB"), (_FACE_WIDTH, _FACE_WIDTH))
    except (ImportError, OSError, ValueError, SyntaxError, RuntimeError):
        return ""
    return data_address(_jpeg_within(square, _FACE_BYTES))
