"""Clips that go into a request: an id or an address at the service, a file, or bytes."""

from __future__ import annotations

import base64
from pathlib import Path, PurePath

from ...domain.errors import InvalidRequestError
from ...domain.formats.clip_metadata import without_metadata
from ...domain.formats.containers import ENOUGH, no_clip

_INLINE = "data:video/mp4;base64,"
_MIMES = {".mov": "video/quicktime", ".webm": "video/webm", ".mpg": "video/mpeg", ".mpeg": "video/mpeg"}
# Of clips, and of what is given by mistake: none of them ends an id.
_ENDINGS = {".mp4", ".m4v", ".avi", ".mkv", *_MIMES}
_ENDINGS |= {".jpg", ".jpeg", ".png", ".webp", ".gif", ".heic", ".avif", ".wav", ".mp3", ".m4a"}


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
        InvalidRequestError: there is no such file, or it is no clip.
    """
    return base64.b64encode(decoded(clip, parameter)).decode("ascii")


def decoded(clip: str, parameter: str) -> bytes:
    """The bytes of a clip; see `encoded`."""
    data = _read_bytes(clip, parameter)
    # Checked before it is sent: the service would refuse it only after the upload, in words about decoding.
    if kind := no_clip(data[:ENOUGH]):
        shown = "what was given as bytes" if clip.startswith(_INLINE) else repr(clip[:200])
        raise InvalidRequestError(
            f"{parameter}: {shown} is {kind}, not a clip; give an MP4, MOV, WebM, MPEG or AVI, or its gs:// address.",
            parameter=parameter,
            value=clip,
            allowed=("MP4", "MOV", "WebM", "MPEG", "AVI"),
        )
    # A phone writes where and when into a clip, which no service needs to know.
    return without_metadata(data)


def _read_bytes(clip: str, parameter: str) -> bytes:
    try:
        if clip.startswith(_INLINE):
            return base64.b64decode(clip.removeprefix(_INLINE))
        return Path(clip).expanduser().read_bytes()
    # RuntimeError is a ~name without a home, ValueError a zero byte.
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidRequestError(
            f"{parameter}: cannot read {clip[:200]!r}: {getattr(error, 'strerror', None) or error}. "
            "Give a clip's path or its gs:// address.",
            parameter=parameter,
            value=clip,
        ) from error
