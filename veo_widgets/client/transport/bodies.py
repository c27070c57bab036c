"""Bodies of answers, read within limits of bytes and seconds."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

# What a packed body is unpacked in: a kilobyte of it may stand for a megabyte.
_PIECE = 1 << 20


@dataclass(frozen=True)
class Limit:
    """How much is read of one answer, and for how long.

    Attributes:
        bytes: at most, unpacked.
        seconds: at most; and one more for every `SLOWEST` bytes that have come. A body of which a byte comes now and
            then would otherwise never end, since each byte is an answer in time.
    """

    bytes: int
    seconds: float


# Bytes a second. Who is slower than this in the long run is not read to the end.
SLOWEST = 50_000
_SMALL = 8_000_000
# By what a call is for. A poll of the Agent Platform brings the clips themselves as base64; a create takes images and
# clips along.
LIMITS = {
    "create": Limit(_SMALL, 600),
    "poll": Limit(512_000_000, 300),
    "content": Limit(_SMALL, 120),
    "list": Limit(_SMALL, 120),
    "cancel": Limit(_SMALL, 120),
    "file": Limit(_SMALL, 120),
}


class TooLargeError(ValueError):
    """A body has more bytes than are read."""


async def whole(chunks: AsyncIterator[bytes], encoding: str, limit: int) -> bytearray:
    """A body from beginning to end.

    Args:
        chunks: as they come off the socket.
        encoding: the ``Content-Encoding``; see `unpacked`.
        limit: bytes at most.

    Raises:
        TooLargeError: it has more.
        ValueError: see `unpacked`.
    """
    # It grows in place; joining pieces would take the memory twice.
    found = bytearray()
    async for piece in unpacked(chunks, encoding):
        found += piece
        if len(found) > limit:
            raise TooLargeError(f"more than {limit / 1e6:g} MB")
    return found


async def whole_unless_error(chunks: AsyncIterator[bytes], encoding: str, status: int, limit: int) -> bytearray:
    """A body as `whole` reads it; of an error that says too much nothing, since its `status` tells enough.

    Raises:
        TooLargeError: an answer that is no error has more bytes.
        ValueError: see `unpacked`.
    """
    try:
        return await whole(chunks, encoding, limit)
    except TooLargeError:
        if status < 300:
            raise
        return bytearray()


def unpacked(chunks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """A body as it was before it was packed, in pieces of a megabyte at most however well it was packed.

    Args:
        chunks: as they come off the socket.
        encoding: the ``Content-Encoding``: ``gzip``, or nothing. Others are not asked for.

    Raises:
        ValueError: it is packed in another way, or not as it says.
    """
    packed = encoding.strip().lower()
    if packed in {"", "identity"}:
        return chunks
    if packed in {"gzip", "x-gzip"}:
        return _gunzipped(chunks)
    raise ValueError(f"its body is packed as {packed[:40]!r}, which was not asked for")


async def _gunzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    async for chunk in chunks:
        for piece in _decompressed_pieces(unpacker, chunk):
            yield piece
    if not unpacker.eof:
        raise ValueError("its body ends in the middle")


def _decompressed_pieces(unpacker: Any, chunk: bytes) -> Iterator[bytes]:
    try:
        while chunk and not unpacker.eof:
            if piece := unpacker.decompress(chunk, _PIECE):
                yield piece
            chunk = unpacker.unconsumed_tail
    except zlib.error:
        raise ValueError("its body is not packed as it says") from None
