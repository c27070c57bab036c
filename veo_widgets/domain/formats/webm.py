"""What a WebM or Matroska file says of itself: length, picture size, frame rate, sound; and whether it is whole.

A few elements of RFC 8794 (EBML) and RFC 9559 (Matroska) are read and nothing is decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import IO

from .mp4 import Description

_EBML, _SEGMENT, _CLUSTER, _GROUP = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0xA0
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _ENTRY, _NUMBER, _TYPE, _STEP, _VIDEO = 0x1654AE6B, 0xAE, 0xD7, 0x83, 0x23E383, 0xE0
_WIDTH, _HEIGHT, _SHOWN_WIDTH, _SHOWN_HEIGHT, _UNIT = 0xB0, 0xBA, 0x54B0, 0x54BA, 0x54B2
_TIME, _SIMPLE, _BLOCK = 0xE7, 0xA3, 0xA1
_DOCTYPE = 0x4282
# What lies inside these is read as if it stood beside them: the size of the first two need not be known.
_CONTAINERS = {_SEGMENT, _CLUSTER, _GROUP}
# No real header is near this size; a hostile one must not fill the memory.
_MAX_HEADER = 1_000_000


def doctype(start: bytes) -> str:
    """``webm`` or ``matroska`` if a file that starts with these bytes says so in its EBML header; else empty."""
    if not start.startswith(b"\x1a\x45\xdf\xa3"):
        return ""
    found = next(_elements(start), None)
    if found is None:
        return ""
    kind = dict(_elements(found[1])).get(_DOCTYPE, b"").rstrip(b"\0")
    return kind.decode("ascii") if kind in {b"webm", b"matroska"} else ""


def _read_vint(data: bytes, at: int, *, marked: bool) -> tuple[int, int] | None:
    """A number of variable length and its length in bytes; `marked` ones keep the bits that tell the length.

    A size of which all bits are set stands for one that is not known: -1.
    """
    # The number of leading zero bits is the number of bytes that follow (RFC 8794, 4).
    length = 9 - data[at].bit_length() if at < len(data) and data[at] else 0
    if not length or at + length > len(data):
        return None
    value = int.from_bytes(data[at : at + length], "big")
    if marked:
        # An element's id has four bytes at most (RFC 8794, 5).
        return (value, length) if length <= 4 else None
    value &= (1 << 7 * length) - 1
    return (-1 if value == (1 << 7 * length) - 1 else value), length


def _read_head(data: bytes, at: int = 0) -> tuple[int, int, int] | None:
    """Id, size of the body and size of the head of the element that begins at `at`."""
    kind = _read_vint(data, at, marked=True)
    size = _read_vint(data, at + kind[1], marked=False) if kind else None
    return (kind[0], size[0], kind[1] + size[1]) if kind and size else None


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a body that is in memory; what is cut off is left out."""
    at = 0
    while found := _read_head(data, at):
        kind, size, head = found
        end = at + head + size
        if size < 0 or end > len(data):
            return
        yield kind, data[at + head : end]
        at = end


def _layout(file: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    """Id, start of the body and end of each element of a file down to its blocks; -1 is an end that is not known.

    The last one may end beyond the file: then the file has been cut.
    """
    at, end = 0, file.seek(0, 2)
    while at < end:
        file.seek(at)
        found = _read_head(file.read(12))
        if found is None:
            # A head that is cut off, or no head at all.
            yield 0, at + 1, end + 1
            return
        kind, size, head = found
        # Only a segment and a cluster may leave their size unknown; here it is damage.
        if size < 0 and kind not in _CONTAINERS:
            yield 0, at + 1, end + 1
            return
        yield kind, at + head, at + head + size if size >= 0 else -1
        # Into a container, not over it: its children are wanted.
        at += head + (0 if kind in _CONTAINERS else size)


def is_whole(file: IO[bytes]) -> bool:
    """Whether a file has its tracks and its media, and no element of it ends beyond it.

    A live recording does not know its own size, so that one cut between two elements cannot be told from a whole one.
    """
    size = file.seek(0, 2)
    kinds: set[int] = set()
    segment = 0
    for kind, start, end in _layout(file):
        if end > size:
            # What follows a segment that is whole may be anything.
            return {_TRACKS, _CLUSTER} <= kinds and 0 < segment < start
        kinds.add(kind)
        segment = max(segment, end) if kind == _SEGMENT else segment
    return {_TRACKS, _CLUSTER} <= kinds


@dataclass(frozen=True)
class _Track:
    """The track of pictures: its number, seconds for each if said, and its picture as shown."""

    number: int = 0
    step: float = 0.0
    width: int = 0
    height: int = 0


@dataclass
class _Times:
    """When blocks are shown, in units of the file's scale."""

    cluster: int = 0
    pictures: list[int] = field(default_factory=list)
    last: int = 0


def describe(file: IO[bytes]) -> Description:
    """Describe a WebM or a Matroska file.

    Args:
        file: an open, seekable binary file.

    Returns:
        What its header says, and where that has no length or rate, what its blocks tell; empty for another file.
    """
    found, track, scale, length = Description(), _Track(), 1e-3, 0.0
    times = _Times()
    try:
        for kind, start, end in _layout(file):
            if kind == _INFO:
                scale, length = _read_info(_read_body(file, start, end))
            elif kind == _TRACKS:
                found, track = _read_tracks(_read_body(file, start, end))
            elif kind in {_TIME, _SIMPLE, _BLOCK}:
                # Track, time and flags stand at a block's beginning; its picture is not read.
                _read_block(times, kind, _read_body(file, start, min(end, start + 12)), track)
    except (struct.error, IndexError, OverflowError):
        return found
    return _with_times(found, track, times, scale, length * scale)


def _read_body(file: IO[bytes], start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(max(0, min(end - start, _MAX_HEADER)))


def _unsigned(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _float_value(data: bytes) -> float:
    value = float(struct.unpack(">d" if len(data) == 8 else ">f", data)[0])
    # Also refuses what is not a number.
    return value if 0 < value < 1e15 else 0.0


def _read_info(body: bytes) -> tuple[float, float]:
    """Seconds for each unit of time, and the length in such units; 0 if it is not said."""
    info = dict(_elements(body))
    # The default of TimestampScale is a million nanoseconds (RFC 9559, 5.1.2.9).
    return _unsigned(info.get(_SCALE, b"\x0f\x42\x40")) / 1e9, _float_value(
        info[_DURATION]
    ) if _DURATION in info else 0.0


def _read_tracks(body: bytes) -> tuple[Description, _Track]:
    found, track = Description(), _Track()
    for kind, entry in _elements(body):
        if kind != _ENTRY:
            continue
        said = dict(_elements(entry))
        if _unsigned(said.get(_TYPE, b"")) == 2:
            found = replace(found, has_audio=True)
        elif _VIDEO in said and not track.number:
            width, height = _shown_size(dict(_elements(said[_VIDEO])))
            found = replace(found, width=width, height=height)
            track = _Track(_unsigned(said[_NUMBER]) if _NUMBER in said else 0, _unsigned(said.get(_STEP, b"")) / 1e9)
    return found, track


def _shown_size(video: dict[int, bytes]) -> tuple[int, int]:
    """The picture as it is shown; a unit other than pixels tells its shape only."""
    shown = (_unsigned(video.get(_SHOWN_WIDTH, b"")), _unsigned(video.get(_SHOWN_HEIGHT, b"")))
    if all(shown) and not _unsigned(video.get(_UNIT, b"")):
        return shown
    return _unsigned(video.get(_WIDTH, b"")), _unsigned(video.get(_HEIGHT, b""))


def _read_block(times: _Times, kind: int, start: bytes, track: _Track) -> None:
    if kind == _TIME:
        times.cluster = _unsigned(start[:8])
        return
    number = _read_vint(start, 0, marked=False)
    if number is None:
        return
    at = times.cluster + int(struct.unpack_from(">h", start, number[1])[0])
    times.last = max(times.last, at)
    if number[0] == track.number:
        times.pictures.append(at)


def _with_times(found: Description, track: _Track, times: _Times, scale: float, length: float) -> Description:
    """The description with length and rate, from the header if it has them, else from the blocks."""
    count = len(times.pictures)
    span = (max(times.pictures) - min(times.pictures)) * scale if count else 0.0
    step = track.step or (span / (count - 1) if count > 1 else 0.0)
    seconds = length or (times.last * scale + step if times.last or count else 0.0)
    return replace(found, seconds=round(seconds, 3), fps=_rate(step))


def _rate(step: float) -> float:
    """Frames per second; times in milliseconds make 24 of them 23.998."""
    rate = 1 / step if step else 0.0
    return float(round(rate)) if abs(rate - round(rate)) < 0.01 else round(rate, 3)
