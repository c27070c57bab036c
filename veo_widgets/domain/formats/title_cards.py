"""Words on a card, as large as they fit and none of them cut off. Needs the extra ``media``."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .typefaces import face_for

if TYPE_CHECKING:
    from .typefaces import Face
    from .video_frames import Picture

Colour = tuple[int, int, int]

# Of the card's shorter side: the height of letters. Of its width and height: what the words may take.
_LARGEST, _SPACE = 0.11, 0.84
# Down to this share of the largest size words stay whole; smaller ones are read worse than words that are broken.
_WHOLE = 0.5
_LEADING = 1.3


def drawn(text: str, size: tuple[int, int], background: Colour, ink: Colour, font: Path | None = None) -> Picture:
    """A card as a Pillow image, its lines one below the other in the middle.

    Args:
        text: its words; a line break begins a new line. Right-to-left text needs the system's library FriBidi.
        size: width and height in pixels.
        background: red, green and blue.
        ink: of the letters.
        font: a typeface's file; default is Pillow's own, or one of the system that has all signs of the text.

    Raises:
        ImportError: Pillow is not installed.
        OSError: the typeface cannot be read.
    """
    from PIL import Image, ImageDraw

    lines, face, pixels = _laid_out(text, size, font)
    card = Image.new("RGB", size, background)
    pen = ImageDraw.Draw(card)
    middle, leading = size[0] / 2, pixels * _LEADING
    top = (size[1] - leading * len(lines)) / 2
    for number, line in enumerate(lines):
        at = (middle, top + (number + 0.5) * leading)
        pen.text(at, line, fill=ink, font=face, anchor="mm", direction=_direction(text))
    return card


def _direction(text: str) -> str | None:
    """In which direction a text runs as a whole, which is that of its first letter; None: from left to right."""
    letters = (unicodedata.bidirectional(sign) for sign in text)
    # Only a Pillow that can set it takes the word.
    return "rtl" if next((kind for kind in letters if kind in {"L", "R", "AL"}), "L") != "L" else None


def colour_of(text: str) -> Colour | None:
    """The colour that ``#1c1c1e`` or a name in CSS stands for; None if there is none that covers what is below it."""
    from PIL import ImageColor

    found: tuple[int, ...] = ()
    with suppress(ValueError):
        found = ImageColor.getrgb(text)
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def lacks_direction(text: str) -> bool:
    """Whether a text runs from right to left and nothing is installed that can set it so."""
    from PIL import features

    turns = any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in text)
    return turns and not (features.check("raqm") and features.check("fribidi"))


def _laid_out(text: str, size: tuple[int, int], font: Path | None) -> tuple[list[str], Face, int]:
    """The lines, their typeface and its size in pixels."""
    width, height = (side * _SPACE for side in size)
    pixels = largest = max(round(min(size) * _LARGEST), 1)
    while True:
        face = _face(text, pixels, font)
        # What a typeface lays over its own edges is seen too.
        lines, is_broken = _wrapped(text, face, width - pixels / 2)
        fits = len(lines) * pixels * _LEADING <= height
        if pixels == 1 or (fits and not (is_broken and pixels > largest * _WHOLE)):
            return lines, face, pixels
        pixels = max(min(pixels - 1, round(pixels * 0.93)), 1)


def _face(text: str, pixels: int, font: Path | None) -> Face:
    from PIL import ImageFont

    return face_for(text, pixels) if font is None else ImageFont.truetype(str(font), pixels)


def _wrapped(text: str, face: Face, width: float) -> tuple[list[str], bool]:
    """A text in lines no wider than `width`, and whether a word had to be broken for it."""
    lines, is_broken = [], False
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            if line and face.getlength(f"{line} {word}") <= width:
                line = f"{line} {word}"
                continue
            if line:
                lines.append(line)
            *full, line = _pieces(word, face, width)
            lines += full
            is_broken = is_broken or bool(full)
        lines.append(line)
    return lines, is_broken


def _pieces(word: str, face: Face, width: float) -> list[str]:
    """A word in pieces no wider than `width`; a sign stays with its accents."""
    pieces = [""]
    for sign in word:
        belongs = unicodedata.category(sign).startswith("M") or sign == "\u200d" or pieces[-1].endswith("\u200d")
        if pieces[-1] and not belongs and face.getlength(pieces[-1] + sign) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces
