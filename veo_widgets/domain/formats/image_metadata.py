"""Cuts metadata out of an image file without touching its picture: place, time, camera, comments.

The picture is neither decoded nor encoded again. Colour profiles stay, and so does the orientation, in an EXIF block
that holds nothing else; everything after the picture's end goes.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

_PNG_START = b"\x89PNG\r\n\x1a\n"
# What a PNG may hold beside its critical chunks: colours, transparency, pixel sizes, animation.
_PNG_KEPT = frozenset(b"tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI bKGD pHYs sBIT hIST acTL fcTL fdAT".split())
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"})
_WEBP_EXIF_FLAG, _WEBP_XMP_FLAG = 0x08, 0x04

# In a JPEG's compressed data a marker is what follows FF and is neither a stuffed zero nor a restart.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START_OF_SCAN, _END_OF_IMAGE, _COMMENT = 0xDA, 0xD9, 0xFE
# Those of the beginnings of a frame, which say how large it is.
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ORIENTATION = 0x0112


class BrokenImageError(ValueError):
    """A file whose parts do not fit together, so that nobody can say what else is in it."""


def stripped(data: bytes, mime: str) -> bytes:
    """An image's bytes without its metadata.

    Args:
        data: a PNG, JPEG or WebP file.
        mime: which of them it is.

    Raises:
        BrokenImageError: the file is cut off or its parts do not fit together.
    """
    parts = {"image/png": _png_parts, "image/jpeg": _jpeg_parts, "image/webp": _webp_parts}[mime]
    try:
        return b"".join(parts(data))
    except (struct.error, IndexError):
        raise BrokenImageError("it is cut off") from None


def size_of(data: bytes, mime: str) -> tuple[int, int]:
    """Width and height of an image in pixels, as its header says; zeros where it does not. Nothing is decoded.

    Args:
        data: a PNG, JPEG or WebP file.
        mime: which of them it is.
    """
    sizes = {"image/png": _png_size, "image/jpeg": _jpeg_size, "image/webp": _webp_size}
    try:
        return sizes[mime](data)
    except (struct.error, IndexError):
        return 0, 0


def _png_size(data: bytes) -> tuple[int, int]:
    # IHDR has to be the first chunk (PNG specification, 5.6), so that its fields stand at a fixed place.
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int]:
    place = 2
    while (marker := data[place + 1]) not in _FRAMES:
        if marker == 0xFF:
            place += 1
        # The frame header comes before the first scan, or never.
        elif marker in {_END_OF_IMAGE, _START_OF_SCAN}:
            return 0, 0
        else:
            place += 2 + struct.unpack_from(">H", data, place + 2)[0]
    height, width = struct.unpack_from(">HH", data, place + 5)
    return width, height


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        # Stored less one, so that 16384 fits its bits (RFC 9649, 2.7 and 3.4).
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _png_parts(data: bytes) -> Iterator[bytes]:
    yield _PNG_START
    place = len(_PNG_START)
    while True:
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise BrokenImageError("it is cut off")
        if kind == b"eXIf":
            if exif := _orientation_only(data[place + 8 : end - 4]):
                yield _png_chunk(kind, exif)
        # An upper-case first letter marks a chunk that the picture cannot be shown without.
        elif kind in _PNG_KEPT or kind[:1].isupper():
            yield data[place:end]
        if kind == b"IEND":
            return
        place = end


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    place = 2
    while True:
        if data[place] != 0xFF:
            raise BrokenImageError("its segments do not fit together")
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == _END_OF_IMAGE:
            yield data[place : place + 2]
            return
        (length,) = struct.unpack_from(">H", data, place + 2)
        end = place + 2 + length
        if length < 2 or end > len(data):
            raise BrokenImageError("it is cut off")
        if marker == _START_OF_SCAN:
            # The length of a scan's header does not cover the compressed data that follows it.
            found = _JPEG_MARKER.search(data, end)
            if found is None:
                raise BrokenImageError("it is cut off")
            end = found.start()
        yield _kept_segment(marker, data[place:end])
        place = end


def _kept_segment(marker: int, segment: bytes) -> bytes:
    """A segment as it stays: application data only if the picture cannot be read without it."""
    content = segment[4:]
    if marker == 0xE1 and content.startswith(b"Exif\0"):
        exif = _orientation_only(content[6:])
        return b"" if not exif else struct.pack(">BBH", 0xFF, 0xE1, len(exif) + 8) + b"Exif\0\0" + exif
    if marker == _COMMENT or 0xE0 <= marker <= 0xEF:
        needed = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}.get(marker)
        return segment if needed and content.startswith(needed) else b""
    return segment


def _webp_parts(data: bytes) -> Iterator[bytes]:
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise BrokenImageError("it is cut off")
    chunks = list(_webp_chunks(data, size + 8))
    turned = next(
        (_orientation_only(content.removeprefix(b"Exif\0\0")) for kind, content in chunks if kind == b"EXIF"), b""
    )
    # What is not known may be anything, so only what is known to be the picture's stays.
    kept = [(kind, content) for kind, content in chunks if kind in _WEBP_KEPT]
    if turned:
        kept.append((b"EXIF", turned))
    body = b"".join(_webp_chunk(kind, _with_exif_flag(kind, content, exif=bool(turned))) for kind, content in kept)
    yield b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_chunks(data: bytes, end: int) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, place)
        if place + 8 + length > end:
            raise BrokenImageError("its parts do not fit together")
        yield kind, data[place + 8 : place + 8 + length]
        # RIFF pads chunks to even lengths.
        place += 8 + length + length % 2


def _webp_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _with_exif_flag(kind: bytes, content: bytes, *, exif: bool) -> bytes:
    if kind != b"VP8X":
        return content
    # A flag that promises a chunk which is gone makes some readers refuse the file.
    flags = content[0] & ~(_WEBP_EXIF_FLAG | _WEBP_XMP_FLAG)
    return bytes([flags | (_WEBP_EXIF_FLAG if exif else 0)]) + content[1:]


def _orientation_only(exif: bytes) -> bytes:
    """An EXIF block with the picture's orientation and nothing else; empty if it is upright."""
    turn = _orientation(exif)
    if not 2 <= turn <= 8:
        return b""
    # Little-endian; one directory at 8 with one entry, a short; no further directory.
    return struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, _ORIENTATION, 3, 1, turn, 0, 0)


def _orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, that an EXIF block states in its first directory; 1 if it says none."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, directory)
        for number in range(entries):
            tag, kind = struct.unpack_from(f"{order}HH", exif, directory + 2 + 12 * number)
            if tag == _ORIENTATION and kind == 3:
                return int(struct.unpack_from(f"{order}H", exif, directory + 10 + 12 * number)[0])
    except struct.error:
        # What cannot be read says nothing, and is not sent.
        return 1
    return 1
