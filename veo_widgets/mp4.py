"""What an MP4 file says of itself: length, picture size, frame rate, sound.

A few boxes of ISO/IEC 14496-12 are read and nothing is decoded, so that a clip can be described without a media
package.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

# No real header is near this size; a hostile one must not fill the memory.
_MAX_HEADER = 16_000_000
_CONTAINERS = {b"mdia", b"minf", b"stbl"}
_ALL_ONES = {0: 0xFFFF_FFFF, 1: 0xFFFF_FFFF_FFFF_FFFF}


@dataclass(frozen=True)
class Description:
    """Length in seconds, picture in pixels, frames per second; zero where the file does not say."""

    seconds: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    has_audio: bool = False


def is_mp4(start: bytes) -> bool:
    """Whether a file that starts with these 12 bytes or more is an MP4: its first box is ``ftyp``."""
    return start[4:8] == b"ftyp"


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        end = len(data) if size == 0 else at + size
        if end < at + head or end > len(data):
            return
        yield kind, data[at + head : end]
        at = end


def _walk(data: bytes, levels: int = len(_CONTAINERS)) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a track and of its containers, which real files nest no deeper than there are kinds of them."""
    for kind, body in _boxes(data):
        yield kind, body
        if kind in _CONTAINERS and levels:
            yield from _walk(body, levels - 1)


def _layout(file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start of the body and end of each box of a file, found without reading the media.

    The last one may end beyond the file: then the file has been cut.
    """
    at, end = 0, file.seek(0, 2)
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size, kind = struct.unpack_from(">I4s", head)
        skip = 8
        if size == 1 and len(head) == 16:
            size, skip = struct.unpack_from(">Q", head, 8)[0], 16
        size = end - at if size == 0 else size
        if size < skip:
            return
        yield kind, at + skip, at + size
        at += size


def _moov(file: IO[bytes]) -> bytes:
    """The body of the ``moov`` box; empty if there is none."""
    for kind, start, end in _layout(file):
        if kind == b"moov":
            file.seek(start)
            return file.read(min(end - start, _MAX_HEADER))
    return b""


def is_whole(file: IO[bytes]) -> bool:
    """Whether an MP4 has its header and its media, and no box of it ends beyond the file.

    A connection that closes early behind a gateway may leave a file that is short and says so nowhere else.
    """
    size = file.seek(0, 2)
    kinds: set[bytes] = set()
    for kind, _, end in _layout(file):
        if end > size:
            # What follows the last box may be anything, unless it is the beginning of another.
            return {b"moov", b"mdat"} <= kinds and not kind.isalnum()
        kinds.add(kind)
    return {b"moov", b"mdat"} <= kinds


def _duration(body: bytes) -> tuple[float, int]:
    """Length in seconds and timescale of an ``mvhd`` or ``mdhd`` body."""
    scale, length = struct.unpack_from(">IQ", body, 20) if body[0] == 1 else struct.unpack_from(">II", body, 12)
    # All ones is the standard's word for a length that is not known.
    known = scale and length != _ALL_ONES.get(body[0])
    return (length / scale if known else 0.0), scale


def _frame_rate(track: dict[bytes, bytes]) -> float:
    """Frames per second of a track with one time step for all frames, as every clip here has."""
    _, scale = _duration(track[b"mdhd"])
    times = track[b"stts"]
    # A fragmented file has an empty table here and its times elsewhere.
    step = struct.unpack_from(">I", times, 12)[0] if len(times) >= 16 else 0
    return round(scale / step, 3) if step else 0.0


def _read_track(found: Description, track: dict[bytes, bytes]) -> Description:
    handler = track[b"hdlr"][8:12]
    if handler == b"soun":
        return replace(found, has_audio=True)
    if handler != b"vide":
        return found
    width, height = struct.unpack(">II", track[b"tkhd"][-8:])
    return replace(found, width=width >> 16, height=height >> 16, fps=_frame_rate(track))


def describe(file: IO[bytes]) -> Description:
    """Describe an MP4.

    Args:
        file: an open, seekable binary file.

    Returns:
        What its header says; an empty description for a file that cannot be read as MP4.
    """
    found = Description()
    try:
        moov = _moov(file)
        for kind, body in _boxes(moov):
            if kind == b"mvhd":
                found = replace(found, seconds=round(_duration(body)[0], 3))
            elif kind == b"trak":
                found = _read_track(found, dict(_walk(body)))
    except (struct.error, KeyError, IndexError):
        return found
    return found
