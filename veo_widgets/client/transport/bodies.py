"""What a service answers, read within limits: bytes, seconds, and JSON that no program chokes on."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

# Base64 has none of these characters, so a long clip has few of them and what is made to fill the memory has many.
_MOST_VALUES = 500_000
_DEEPEST = 100
# What a packed body is unpacked in: a kilobyte of it may stand for a megabyte.
_PIECE = 1 << 20
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


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


def read_json(data: bytes | bytearray) -> Any:
    """The value of a JSON text, in which no string holds half a surrogate pair: nothing could write that down.

    Args:
        data: UTF-8. A bytearray is emptied, since a clip that came as base64 must not be in memory three times.

    Raises:
        ValueError: it is no JSON, or it is nested deeper or has more values than any service's answer.
    """
    if sum(data.count(sign) for sign in (b",", b"[", b"{")) > _MOST_VALUES:
        raise ValueError("it has too many values")
    text = data.decode("utf-8-sig")
    if isinstance(data, bytearray):
        data.clear()
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check_depth(value)
    return _whole_characters(value) if _HALF_PAIR.search(text) else value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]
        if not level:
            return
    raise ValueError("it is nested too deeply")


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return value if isinstance(value, list) else list(value.values())


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {_whole_characters(key): _whole_characters(item) for key, item in value.items()}
    return value


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
        return _inflated(chunks)
    raise ValueError(f"its body is packed as {packed[:40]!r}, which was not asked for")


async def _inflated(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    async for chunk in chunks:
        for piece in _pieces(unpacker, chunk):
            yield piece
    if not unpacker.eof:
        raise ValueError("its body ends in the middle")


def _pieces(unpacker: Any, chunk: bytes) -> Iterator[bytes]:
    try:
        while chunk and not unpacker.eof:
            if piece := unpacker.decompress(chunk, _PIECE):
                yield piece
            chunk = unpacker.unconsumed_tail
    except zlib.error:
        raise ValueError("its body is not packed as it says") from None
