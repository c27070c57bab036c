"""A small still of a clip, for notebooks that are read without it. Needs the extra ``media``; without it there is none.

The browser makes one too when a clip is first shown, so a missing package only delays the poster.
"""

from __future__ import annotations

import base64
import io
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import video_frames

# Two copies as base64 and the text around them stay below 40 kB in the notebook.
MAX_BYTES = 10_000
_WIDTH = 480


def make_poster(path: Path) -> bytes:
    """A JPEG of the key frame at the first second or before it, at most `MAX_BYTES` long.

    Args:
        path: the clip.

    Returns:
        The JPEG, or nothing if the media package is missing or cannot read the clip.
    """
    try:
        import av
        from PIL import Image
    except ImportError:
        return b""
    try:
        with av.open(str(path)) as clip:
            # A recording that was made live has no index to look the second up in.
            with suppress(av.FFmpegError):
                clip.seek(1_000_000)
            frame = next(clip.decode(video=0))
            image: Image.Image = video_frames.picture_of(frame, clip.streams.video[0].sample_aspect_ratio)
            image.thumbnail((_WIDTH, _WIDTH * 4))
    except (av.FFmpegError, StopIteration, ValueError, IndexError):
        return b""
    return _squeeze(image)


def _squeeze(image: Any) -> bytes:
    while min(image.size) >= 16:
        for quality in (80, 70, 60, 50, 40, 30, 20, 10):
            buffer = io.BytesIO()
            image.save(buffer, format="JPEG", quality=quality, optimize=True)
            if buffer.tell() <= MAX_BYTES:
                return buffer.getvalue()
        # A picture full of detail does not fit at this size, however coarse.
        image = image.reduce(2)
    return b""


def is_poster(data: bytes) -> bool:
    """Whether `data`, made elsewhere, may serve as a poster: a JPEG, and small."""
    return data.startswith(b"\xff\xd8\xff") and len(data) <= MAX_BYTES


def data_address(jpeg: bytes) -> str:
    """A JPEG as a ``data:`` address, or nothing for nothing."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}" if jpeg else ""
