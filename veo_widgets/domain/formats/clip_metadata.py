"""Blanks out what an MP4 or QuickTime file tells beside picture and sound: place, time, device, titles.

Nothing is moved and nothing is encoded again: what goes becomes free space of the same size, so that every offset in
the file still holds. Pictures, sound and how they are shown stay as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .mp4 import is_mp4

# Boxes for people and programs, wherever they stand: QuickTime's and iTunes' tags, XMP, and cameras' own.
_METADATA_BOXES = {
    b"udta",
    b"meta",
    b"uuid",
    b"free",
    b"skip",
    b"tref",
    b"emsg",
    b"gpmd",
    b"GPS ",
    b"XMP_",
    b"load",
    b"cprt",
}
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}
_TIMED_BOXES = {b"mvhd", b"tkhd", b"mdhd"}
_TRACKS_KEPT = {b"vide", b"soun"}
# Real files nest six deep; a hostile one must not use up Python's stack.
_MOST_DEPTH = 8
# `compressorname` of a VisualSampleEntry (ISO/IEC 14496-12, 12.1.3): a length and up to 31 letters.
_NAME = slice(42, 74)


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int
    body: int
    end: int


def _boxes(data: bytearray, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1 and start + 16 <= end:
            size, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        size = end - start if size == 0 else size
        if size < head or start + size > end:
            return
        yield _Box(bytes(kind), start, start + head, start + size)
        start += size


def without_metadata(clip: bytes) -> bytes:
    """A clip without place, time, device, and tracks that are neither seen nor heard.

    Args:
        clip: a file; what is no MP4 or QuickTime file is returned as it is.
    """
    if not is_mp4(clip[:12]):
        return clip
    data = bytearray(clip)
    # Listed first: blanking changes the kinds that the walk would read on the way.
    for box in list(_boxes(data, 0, len(data))):
        _clean_box(data, box, _MOST_DEPTH)
    return bytes(data)


def _clean_box(data: bytearray, box: _Box, depth: int) -> None:
    if box.kind in _METADATA_BOXES:
        _turn_into_free_space(data, box)
    elif box.kind == b"trak" and not _is_picture_or_sound(data, box):
        # Before the box: its tables say where the samples lie, and are gone afterwards.
        _clear_samples(data, box)
        _turn_into_free_space(data, box)
    elif box.kind in _TIMED_BOXES:
        # Version 1 has the time in twice as many bytes.
        size = 16 if data[box.body : box.body + 1] == b"\1" else 8
        _fill_with_zeros(data, box.body + 4, min(box.body + 4 + size, box.end))
    elif box.kind == b"hdlr":
        # The name of a handler is free text, often that of a camera (ISO/IEC 14496-12, 8.4.3).
        _fill_with_zeros(data, box.body + 24, box.end)
    elif box.kind == b"stsd":
        for entry in _boxes(data, box.body + 8, box.end):
            # So long are the fixed fields of a VisualSampleEntry; what is shorter cannot hold the name.
            if entry.end - entry.body >= 78 and depth:
                _clear_encoder_name(data, entry)
    elif box.kind in _CONTAINERS and depth:
        for inner in list(_boxes(data, box.body, box.end)):
            _clean_box(data, inner, depth - 1)


def _clear_encoder_name(data: bytearray, entry: _Box) -> None:
    """Take the name of a camera's encoder out of a video's entry; a sound's has other fields there, and no text."""
    name = data[entry.body + _NAME.start : entry.body + _NAME.stop]
    length = name[0]
    if length < len(name) and bytes(name[1 : 1 + length]).isascii() and not any(name[1 + length :]):
        _fill_with_zeros(data, entry.body + _NAME.start, entry.body + _NAME.stop)


def _fill_with_zeros(data: bytearray, start: int, end: int) -> None:
    if end > start:
        data[start:end] = bytes(end - start)


def _turn_into_free_space(data: bytearray, box: _Box) -> None:
    """Make free space of a box."""
    # Removing it would move the media, to which tables point by offsets from the file's beginning.
    data[box.start + 4 : box.start + 8] = b"free"
    _fill_with_zeros(data, box.body, box.end)


def _find_box(data: bytearray, box: _Box, *path: bytes) -> _Box | None:
    for kind in path:
        found = next((inner for inner in _boxes(data, box.body, box.end) if inner.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _is_picture_or_sound(data: bytearray, trak: _Box) -> bool:
    handler = _find_box(data, trak, b"mdia", b"hdlr")
    # Without a handler nobody knows what a track is: it may be the picture.
    return handler is None or bytes(data[handler.body + 8 : handler.body + 12]) in _TRACKS_KEPT


def _clear_samples(data: bytearray, trak: _Box) -> None:
    """Zero what a track holds, such as a place for each second, where the file's tables say it lies."""
    stbl = _find_box(data, trak, b"mdia", b"minf", b"stbl")
    if stbl is None:
        return
    tables = {box.kind: box for box in _boxes(data, stbl.body, stbl.end)}
    try:
        for start, end in _chunks(data, tables):
            _fill_with_zeros(data, min(start, len(data)), min(end, len(data)))
    except (struct.error, KeyError):
        return


def _chunks(data: bytearray, tables: dict[bytes, _Box]) -> Iterator[tuple[int, int]]:
    """Where each chunk of a track begins and ends."""
    wide = b"co64" in tables
    places = _table_rows(data, tables[b"co64" if wide else b"stco"], ">Q" if wide else ">I")
    runs = _table_rows(data, tables[b"stsc"], ">III")
    # `stsz` says one size for all samples, or 0 and a table (8.7.3.2).
    same, count = struct.unpack_from(">II", data, tables[b"stsz"].body + 4)
    sizes = [] if same else [row[0] for row in _table_rows(data, tables[b"stsz"], ">I", head=8)]
    sample, run = 0, 0
    for number, (place,) in enumerate(places, 1):
        # A row of `stsc` holds from its first chunk until the next row begins (8.7.4).
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        held = min(runs[run][1] if runs else 0, count - sample)
        length = same * held if same else sum(sizes[sample : sample + held])
        yield place, place + length
        sample += held


def _table_rows(data: bytearray, box: _Box, form: str, head: int = 4) -> list[tuple[int, ...]]:
    """The rows of a table: after version and flags, `head` bytes of which the last four say how many there are."""
    (count,) = struct.unpack_from(">I", data, box.body + head)
    size, first = struct.calcsize(form), box.body + head + 4
    count = min(count, max(0, box.end - first) // size)
    return [struct.unpack_from(form, data, first + size * number) for number in range(count)]
