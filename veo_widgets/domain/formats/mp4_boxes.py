"""The boxes that an MP4 or QuickTime file is made of (ISO/IEC 14496-12), read without their media."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

# No real header is near this size; a hostile one must not fill the memory.
MAX_HEADER = 16_000_000
# Those between a track and its tables; what lies in others says nothing of its length or shape.
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
    """The boxes of a track and, recursively, of its containers; real files nest each kind of container once."""
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
        # Zero is to the end of the file (4.2), as a live recorder leaves its last box.
        size = end - at if size == 0 else size
        if size < skip:
            return
        yield kind, at + skip, at + size
        at += size


def bodies(file: IO[bytes], *kinds: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each box of these kinds in a file, up to `MAX_HEADER` bytes in all."""
    left = MAX_HEADER
    for kind, start, end in layout(file):
        if kind in kinds and left > 0:
            file.seek(start)
            body = file.read(min(end - start, left))
            left -= len(body)
            yield kind, body


# What may hold more than `MAX_HEADER`: media, and room that was left free.
_LARGE = {b"mdat", b"imda", b"free", b"skip", b"wide"}


class ArrivingBoxes:
    """Follows the boxes of an MP4 while its bytes arrive, to find out early that it can never be whole.

    A service may announce no length and send without end. Whether a file is whole can only be told at its end, but a
    file without another box where one has to begin is none whatever follows.

    Args:
        limit: bytes that a file may have.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen = 0
        self._next = 0
        self._head = bytearray()
        self._kinds: set[bytes] = set()
        self._ends = False

    def broken_at(self, data: bytes) -> int | None:
        """Take up the bytes that follow; returns where no box begins though one has to, None as far as all is well.

        A file of another kind is not looked at.
        """
        while not self._ends:
            at = max(self._next + len(self._head) - self._seen, 0)
            self._head += data[at : at + 16 - len(self._head)]
            if len(self._head) < 16:
                break
            size, kind = self._box()
            self._kinds.add(kind)
            # Once both are there, anything may follow: see `mp4.is_whole`.
            self._ends = b"ftyp" not in self._kinds or {b"moov", b"mdat"} <= self._kinds
            if not size and not self._ends:
                return self._next
            self._next += size
            # A box of eight bytes leaves the first half of the next head, which may have come with an earlier piece.
            del self._head[:size]
        self._seen += len(data)
        return None

    def _box(self) -> tuple[int, bytes]:
        """Size and kind of the box whose head is there; a size of 0 is of no box after which another can follow."""
        size, kind = struct.unpack_from(">I4s", self._head)
        skip = 8
        if size == 1:
            size, skip = struct.unpack_from(">Q", self._head, 8)[0], 16
        fits = skip <= size <= (self._limit - self._next if kind in _LARGE else MAX_HEADER)
        return size if fits and all(0x20 <= letter < 0x7F for letter in kind) else 0, kind
