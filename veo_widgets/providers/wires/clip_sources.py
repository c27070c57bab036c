"""Clips that go into a request: an id or an address at the service, a file, or bytes."""

from __future__ import annotations

import base64
from pathlib import Path, PurePath

from ..clip_metadata import without_metadata
from ..errors import InvalidRequestError

_INLINE = "data:video/mp4;base64,"
_MIMES = {".mov": "video/quicktime", ".webm": "video/webm", ".mpg": "video/mpeg", ".mpeg": "video/mpeg"}
_ENDINGS = {".mp4", ".m4v", ".avi", *_MIMES}


def is_address(clip: str) -> bool:
    """Whether a clip is named by where it lies at a service."""
    return clip.startswith(("https://", "http://", "gs://"))


def is_id(clip: str) -> bool:
    """Whether a clip is named by an opaque id: neither an address, nor bytes, nor what looks like a file."""
    if is_address(clip) or clip.startswith((_INLINE, "/", "~", ".")) or "\\" in clip or " " in clip:
        return False
    return PurePath(clip).suffix.lower() not in _ENDINGS


def mime_of(clip: str) -> str:
    """The type of a clip by its file's ending; MP4 where that says nothing."""
    return _MIMES.get(PurePath(clip).suffix.lower(), "video/mp4")


def encoded(clip: str, parameter: str) -> str:
    """The bytes of a clip as base64, without what it tells of place, time and device.

    Raises:
        InvalidRequestError: there is no such file.
    """
    return base64.b64encode(decoded(clip, parameter)).decode("ascii")


def decoded(clip: str, parameter: str) -> bytes:
    """The bytes of a clip; see `encoded`."""
    try:
        if clip.startswith(_INLINE):
            return without_metadata(base64.b64decode(clip.removeprefix(_INLINE)))
        return without_metadata(Path(clip).expanduser().read_bytes())
    # RuntimeError is a ~name without a home, ValueError a zero byte.
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidRequestError(
            f"{parameter}: cannot read {clip[:200]!r}: {getattr(error, 'strerror', None) or error}. "
            "Give a clip's path or its gs:// address.",
            parameter=parameter,
            value=clip,
        ) from error
