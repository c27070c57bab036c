"""Typefaces that are there without being brought: Pillow's own, and those of the system. Needs the extra ``media``."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageFont

    Face = ImageFont.FreeTypeFont | ImageFont.ImageFont

# What systems have for writing that Pillow's own typeface lacks: it has ASCII and little else.
_SYSTEM_FACES = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "segoeui.ttf",
    "Arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "DroidSansFallbackFull.ttf",
    "msyh.ttc",
    "YuGothM.ttc",
)


@cache
def _faces(size: int) -> tuple[Face, ...]:
    """Pillow's own typeface, and those of the system that are known to range wide."""
    from PIL import ImageFont

    found: list[Face] = [ImageFont.load_default(size=size)]
    for name in _SYSTEM_FACES:
        with suppress(OSError):
            found.append(ImageFont.truetype(name, size))
    return tuple(found)


@cache
def _own_face(size: int) -> Face:
    from PIL import ImageFont

    return ImageFont.load_default(size=size)


def face_for(text: str, size: int) -> Face:
    """The first typeface that has every sign of a text, or else the one that has most of them."""
    if text.isascii():
        return _own_face(size)
    signs = frozenset(text)
    return max(_faces(size), key=lambda face: sum(_has(face, sign) for sign in signs))


@cache
def _has(face: Face, sign: str) -> bool:
    # What a typeface lacks is drawn as its box, and this is no character in any.
    return bytes(face.getmask(sign)) != bytes(face.getmask("\uffff"))
