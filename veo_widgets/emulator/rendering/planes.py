"""Pictures as video stores them: one full-size plane of brightness and two half-size planes of colour.

Painting straight into the planes that H.264 encodes saves converting every frame from RGB, the costliest step of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from PIL import Image, ImageChops

Colour = tuple[int, int, int]

# BT.709 at limited range, which every decoder assumes for HD; Pillow's own YCbCr is BT.601 at full range.
_BT709 = (0.1826, 0.6142, 0.0620, 16, -0.1006, -0.3386, 0.4392, 128, 0.4392, -0.3989, -0.0403, 128)


class Planes(NamedTuple):
    """Brightness at full size, blue and red difference at half size; each an 8-bit grey image."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    @classmethod
    def of(cls, picture: Image.Image) -> Planes:
        """The planes of an RGB `picture` with even sides."""
        y, u, v = picture.convert("RGB").convert("RGB", _BT709).split()
        return cls(y, u.reduce(2), v.reduce(2))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.y.size

    def copy(self) -> Planes:
        """Planes that can be painted on without touching these."""
        return Planes(self.y.copy(), self.u.copy(), self.v.copy())

    def rows(self, first: int, last: int) -> Planes:
        """A copy of the rows from `first` to before `last`, both even."""
        return Planes(*(_rows(plane, first // part, last // part) for plane, part in zip(self, (1, 2, 2), strict=True)))

    def paste(self, other: Planes, top: int) -> None:
        """Put a picture as wide as this one over the rows from `top` on, an even number."""
        for mine, theirs, at in zip(self, other, (top, top // 2, top // 2), strict=True):
            mine.paste(theirs, (0, at))

    def blend(self, other: Planes, share: float) -> Planes:
        """This picture with a `share` from 0 to 1 of `other` mixed in."""
        return Planes(*(Image.blend(mine, theirs, share) for mine, theirs in zip(self, other, strict=True)))

    def zoomed(self, factor: float, size: tuple[int, int]) -> Planes:
        """The middle of the picture, enlarged by `factor`, at `size`."""
        width, height = size
        targets = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
        return Planes(*(_enlarge_middle(plane, factor, target) for plane, target in zip(self, targets, strict=True)))


def _enlarge_middle(plane: Image.Image, factor: float, size: tuple[int, int]) -> Image.Image:
    # Resampling would blur the one frame that has to come out as it went in.
    if factor == 1.0 and plane.size == size:
        return plane.copy()
    width, height = plane.size
    dx, dy = width * (1 - 1 / factor) / 2, height * (1 - 1 / factor) / 2
    return plane.resize(size, Image.Resampling.BILINEAR, box=(dx, dy, width - dx, height - dy))


def _rows(plane: Image.Image, first: int, last: int) -> Image.Image:
    return plane.crop((0, first, plane.width, last))


@dataclass(frozen=True)
class Sprite:
    """A picture with soft edges, ready to be laid over planes.

    Attributes:
        planes: the picture.
        mask: how opaque each pixel is, at full size; it may be wider than the picture, for scrolling.
        half: the same at the size of the colour planes.
    """

    planes: Planes
    mask: Image.Image
    half: Image.Image

    @classmethod
    def of(cls, picture: Image.Image, mask: Image.Image) -> Sprite:
        """A sprite of an RGB `picture` seen through `mask`, both with even sides."""
        return cls(Planes.of(picture), mask, mask.reduce(2))

    @classmethod
    def rgba(cls, picture: Image.Image) -> Sprite:
        """A sprite of a picture that carries its own transparency."""
        return cls.of(picture.convert("RGB"), picture.getchannel("A"))

    @property
    def filled_rows(self) -> tuple[int, int]:
        """The first row that is not quite transparent, and the one after the last; even, and at least two apart."""
        _, first, _, last = self.mask.getbbox() or (0, 0, 0, 2)
        return first // 2 * 2, last + last % 2

    @property
    def solid_from(self) -> int:
        """The row from which on nothing shines through, even; the number of rows if there is none."""
        see_through = ImageChops.invert(self.mask).getbbox()
        last = see_through[3] if see_through else 0
        return last + last % 2

    def rows(self, first: int, last: int) -> Sprite:
        """The rows from `first` to before `last`, both even."""
        half = _rows(self.half, first // 2, last // 2)
        return Sprite(self.planes.rows(first, last), _rows(self.mask, first, last), half)

    def faded(self, share: float) -> Sprite:
        """The same sprite at a `share` from 0 to 1 of its opacity."""
        table = [round(value * share) for value in range(256)]
        return Sprite(self.planes, self.mask.point(table), self.half.point(table))

    def onto(self, canvas: Planes, x: int, y: int, scroll: int = 0) -> None:
        """Lay the sprite on `canvas` at `x`, `y`, the mask moved left by `scroll` pixels."""
        mask, half = self.mask, self.half
        width, height = self.planes.size
        if mask.width != width:
            mask = mask.crop((scroll, 0, scroll + width, height))
            half = half.crop((scroll // 2, 0, scroll // 2 + width // 2, height // 2))
        canvas.y.paste(self.planes.y, (x, y), mask)
        canvas.u.paste(self.planes.u, (x // 2, y // 2), half)
        canvas.v.paste(self.planes.v, (x // 2, y // 2), half)


def even(value: float) -> int:
    """The nearest even whole number, at least 2: colour planes have half the pixels."""
    return max(2, round(value / 2) * 2)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two: `share` 0 gives `one`, 1 gives `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def vertical(size: tuple[int, int], stops: list[Colour]) -> Image.Image:
    """An RGB picture whose colour runs smoothly from the first of `stops` at the top to the last at the bottom."""
    width, height = size
    # Drawn one pixel wide and stretched: each row has one colour.
    column = Image.new("RGB", (1, height))
    spans = len(stops) - 1
    for row in range(height):
        place = row / max(1, height - 1) * spans
        index = min(int(place), spans - 1)
        share = place - index
        # Smoothstep between two stops, without which a band is seen at each of them.
        column.putpixel((0, row), mix(stops[index], stops[index + 1], share * share * (3 - 2 * share)))
    return column.resize((width, height), Image.Resampling.NEAREST)
