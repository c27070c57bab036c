"""The boxes that an MP4 or QuickTime file is made of (ISO/IEC 14496-12), read without their media."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

# No real header is near this size; a hostile one must not fill the memory.
MAX_HEADER = 16_000_000
_CONTAINERS = {b"mdia", b"minf", b"stbl", b"edts"}


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each box in `data`, up to the first that does not fit."""
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


def walk(data: bytes, levels: int = len(_CONTAINERS)) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of a track and of its containers, which real files nest no deeper than there are kinds of them."""
    for kind, body in boxes(data):
        yield kind, body
        if kind in _CONTAINERS and levels:
            yield from walk(body, levels - 1)


def layout(file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
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


def bodies(file: IO[bytes], *kinds: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each box of a file that is of these kinds, `MAX_HEADER` bytes of them at most."""
    left = MAX_HEADER
    for kind, start, end in layout(file):
        if kind in kinds and left > 0:
            file.seek(start)
            body = file.read(min(end - start, left))
            left -= len(body)
            yield kind, body
