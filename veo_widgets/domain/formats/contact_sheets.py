"""Stills in rows with a few words under each, as one picture. Needs the extra ``media``."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..printable import printable
from .typefaces import face_for

if TYPE_CHECKING:
    from PIL import ImageDraw

    from .video_frames import Picture

# Dark as film is looked at, and grey enough not to shine on a light page or vanish on a dark one.
_GROUND, _EMPTY, _EDGE = (27, 28, 31), (38, 39, 43), (70, 72, 78)
_INK, _QUIET = (236, 236, 238), (170, 172, 178)
_MARGIN, _GAP, _UNDER = 28, 18, 8
_SIZE, _SMALL, _HEADING = 16, 14, 22
# Lines of a prompt, of the facts, and of the reason why there is no clip.
_MOST_LINES, _MOST_FACTS, _MOST_REASON = 3, 2, 6
# More letters than this are not even measured.
_MOST_LETTERS = 600


@dataclass(frozen=True)
class Still:
    """A picture of a sheet.

    Attributes:
        picture: as Pillow has it, or as a JPEG; None where there is none, as with a JPEG that cannot be read.
        title: a few words, in one line.
        text: what it shows, in up to three lines.
        facts: in up to two lines, quieter.
        reason: why there is no picture.
        shape: width and height of the empty space then.
    """

    picture: Picture | bytes | None = field(repr=False)
    title: str = ""
    text: str = ""
    facts: str = ""
    reason: str = ""
    shape: tuple[int, int] = (16, 9)


def drawn(stills: Sequence[Still], columns: int, width: int, heading: str = "", facts: str = "") -> Picture:
    """A sheet of stills, as a Pillow image.

    Args:
        stills: in their order, row by row.
        columns: how many stand beside each other; fewer if there are fewer.
        width: of the space for each, in pixels; none is higher than that.
        heading: a line above all, or empty.
        facts: a smaller line below that.

    Raises:
        ImportError: Pillow is not installed.
    """
    from PIL import Image

    columns = max(min(columns, len(stills)), 1)
    pictures = [_fitted(still, width) for still in stills]
    # Upright pictures stand closer.
    width = max((picture.width for picture in pictures), default=width)
    pairs = [*zip(stills, pictures, strict=True)]
    rows = [pairs[first : first + columns] for first in range(0, len(pairs), columns)]
    across = 2 * _MARGIN + columns * width + (columns - 1) * _GAP
    top = _MARGIN + (_HEADING + 10 if heading else 0) + (_SMALL + 10 if facts else 0) + (8 if heading or facts else 0)
    heights = [_row_height(row, width) for row in rows]
    sheet = Image.new("RGB", (across, top + sum(heights) + _GAP * max(len(rows) - 1, 0) + _MARGIN), _GROUND)
    pen = _Pen(sheet)
    pen.write((_MARGIN, _MARGIN), heading, _HEADING, _INK, across - 2 * _MARGIN)
    pen.write((_MARGIN, top - 18 - _SMALL), facts, _SMALL, _QUIET, across - 2 * _MARGIN)
    for row, height in zip(rows, heights, strict=True):
        space = max(picture.height for _, picture in row)
        for number, (still, picture) in enumerate(row):
            left = _MARGIN + number * (width + _GAP)
            sheet.paste(picture, (left, top + space - picture.height))
            pen.write_caption((left, top + space + _UNDER), still, width)
        top += height + _GAP
    return sheet


def _row_height(row: Sequence[tuple[Still, Picture]], width: int) -> int:
    under = max(_caption_height(still, width) for still, _ in row)
    return max(picture.height for _, picture in row) + (_UNDER + under if under else 0)


def _caption_height(still: Still, width: int) -> int:
    return sum(_leading(size) for _, size, _ in _caption(still, width))


def _leading(size: int) -> int:
    return round(size * 1.35)


def _caption(still: Still, width: int) -> list[tuple[str, int, tuple[int, int, int]]]:
    """The lines under a still, with size and colour."""
    lines = [(_cut(still.title, _SIZE, width), _SIZE, _INK)] if still.title else []
    lines += [(line, _SMALL, _INK) for line in _wrapped(still.text, _SMALL, width, _MOST_LINES)]
    return lines + [(line, _SMALL, _QUIET) for line in _wrapped(still.facts, _SMALL, width, _MOST_FACTS)]


def _fitted(still: Still, width: int) -> Picture:
    """A picture in the space for it; where there is none, an empty one with the reason."""
    from PIL import Image

    given = still.picture
    picture = _read(given) if isinstance(given, bytes) else given
    if picture is None:
        return _empty(still, width)
    share = min(width / picture.width, width / picture.height)
    size = (max(round(picture.width * share), 1), max(round(picture.height * share), 1))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)


def _read(jpeg: bytes) -> Picture | None:
    from PIL import Image

    # It comes from a file beside the clip, which may be anybody's; the other pictures of the sheet are still drawn.
    with suppress(OSError, ValueError, Image.DecompressionBombError):
        return Image.open(io.BytesIO(jpeg)).convert("RGB")
    return None


def _empty(still: Still, width: int) -> Picture:
    from PIL import Image, ImageDraw

    share = width / max(still.shape)
    across, down = (max(round(side * share), 24) for side in still.shape)
    made = Image.new("RGB", (across, down), _EMPTY)
    ImageDraw.Draw(made).rectangle((0, 0, made.width - 1, made.height - 1), outline=_EDGE)
    pen, lines = _Pen(made), _wrapped(still.reason, _SMALL, made.width - 24, _MOST_REASON)
    top = max((made.height - len(lines) * _leading(_SMALL)) // 2, 8)
    for number, line in enumerate(lines):
        pen.write((12, top + number * _leading(_SMALL)), line, _SMALL, _QUIET, made.width - 24)
    return made


class _Pen:
    """Writes on a picture."""

    def __init__(self, picture: Picture) -> None:
        from PIL import ImageDraw

        self._draw: ImageDraw.ImageDraw = ImageDraw.Draw(picture)

    def write(self, at: tuple[int, int], text: str, size: int, ink: tuple[int, int, int], width: int) -> None:
        """Write one line, cut where it is too long."""
        line = _cut(text, size, width)
        self._draw.text(at, line, fill=ink, font=face_for(line, size))

    def write_caption(self, at: tuple[int, int], still: Still, width: int) -> None:
        """Write what stands under a still."""
        left, top = at
        for line, size, ink in _caption(still, width):
            self._draw.text((left, top), line, fill=ink, font=face_for(line, size))
            top += _leading(size)


def _cut(text: str, size: int, width: int) -> str:
    """A text in one line no wider than `width`."""
    line = _one_line(text)
    return line if _width_of(line, size) <= width else _shortened(line, size, width)


def _one_line(text: str) -> str:
    return printable(" ".join(text[:_MOST_LETTERS].split()))


def _shortened(line: str, size: int, width: int) -> str:
    """As much of the beginning of a line as fits before an ellipsis."""
    fits, beyond = 0, len(line)
    while beyond - fits > 1:
        middle = (fits + beyond) // 2
        short = _width_of(line[:middle].rstrip() + "…", size) <= width
        fits, beyond = (middle, beyond) if short else (fits, middle)
    return line[:fits].rstrip() + "…"


def _width_of(line: str, size: int) -> float:
    return face_for(line, size).getlength(line)


def _wrapped(text: str, size: int, width: int, most: int) -> list[str]:
    """A text in at most so many lines, the last of which is cut."""
    rest = _one_line(text)
    lines: list[str] = []
    while rest and len(lines) < most - 1 and _width_of(rest, size) > width:
        line, rest = _first_line(rest, size, width)
        lines.append(line)
    return [*lines, _cut(rest, size, width)] if rest else lines


def _first_line(text: str, size: int, width: int) -> tuple[str, str]:
    """The words of a text that fit in one line, and the rest; of a word that does not, the part that does."""
    fits = _shortened(text, size, width).removesuffix("…")
    if text[len(fits)] != " " and " " in fits:
        fits = fits.rpartition(" ")[0]
    return fits or text[:1], text[len(fits or text[:1]) :].lstrip()
