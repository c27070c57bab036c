"""What a clip shows: a landscape drifting by, or a given picture brought to life.

A scene is anything with `frame(index)`; it answers fresh planes that the caller may paint on.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .palettes import Palette
from .planes import Colour, Planes, Sprite, even, mix, vertical

FPS = 24
# A fifth of a second.
CROSSFADE_FRAMES = 5


class Scene(Protocol):
    """Something that can be filmed."""

    def frame(self, index: int) -> Planes:
        """The picture number `index`, counted from 0; the caller owns it."""
        ...


@dataclass(frozen=True)
class _Layer:
    """A strip of the picture that moves past.

    Attributes:
        sprite: what is seen, through a mask that is wider.
        top: the row that it begins at.
        pace: pixels per frame.
    """

    sprite: Sprite
    top: int
    pace: float

    @property
    def bottom(self) -> int:
        """The row after its last."""
        return self.top + self.sprite.planes.size[1]

    def within(self, bottom: int) -> _Layer:
        """The same without the rows from `bottom` on, and without empty ones."""
        first, last = self.sprite.filled_rows
        rows = self.sprite.rows(first, max(first + 2, min(last, bottom - self.top)))
        return _Layer(rows, self.top + first, self.pace)

    def onto(self, canvas: Planes, index: int) -> None:
        """Lay it on frame `index`."""
        self.sprite.onto(canvas, 0, self.top, int(self.pace * index))


class Landscape:
    """Layers of land under a sky with a rising light, moving past at speeds that give depth.

    Args:
        size: width and height in pixels, both even.
        frames: how many frames will be asked for.
        palette: colours and shapes.
        draw: the number everything random follows from.
    """

    def __init__(self, size: tuple[int, int], frames: int, palette: Palette, draw: int) -> None:
        rng = random.Random(draw)  # noqa: S311 - pictures, not secrets
        self._size = size
        self._frames = frames
        # All measures are those of 720p, so that every size shows the same picture.
        self._unit = min(size) / 720
        self._picture = _sky(size, palette, rng)
        self._light = _glow(even(575 * self._unit), palette.light)
        self._light_x = rng.uniform(0.25, 0.75)
        self._clouds = self._make_clouds(palette, rng)
        self._lands = self._make_lands(palette, rng)
        self._sky = self._picture.rows(0, self._lands[0].bottom)
        self._drawn = -1

    def _speed(self, per_frame: float) -> float:
        # Whole pixels per frame, or a half, scroll without judder.
        return max(0.5, round(per_frame * self._unit * 2) / 2)

    def _strip(self, height: int, speed: float) -> tuple[int, int]:
        return even(self._size[0] + speed * self._frames + 4), even(height)

    def _make_clouds(self, palette: Palette, rng: random.Random) -> list[_Layer]:
        height = even(self._size[1] * 0.42)
        found = []
        for count, opacity, speed in ((9, 70, 0.5), (6, 110, 1.0)):
            pace = self._speed(speed)
            mask = _clouds(self._strip(height, pace), count, opacity, rng, self._unit)
            picture = Image.new("RGB", (self._size[0], height), palette.cloud)
            found.append(_Layer(Sprite.of(picture, mask), even(self._size[1] * 0.08), pace).within(self._size[1]))
        return found

    def _make_lands(self, palette: Palette, rng: random.Random) -> list[_Layer]:
        """The ridges from the farthest on; what is below them never changes, and is drawn into the picture here."""
        width, height = self._size
        horizon = palette.sky[-1]
        ridges: list[_Layer] = []
        for depth, (colour, shape) in enumerate(zip(palette.land, palette.shapes, strict=True)):
            top = even(height * (0.44 + 0.13 * depth))
            pace = self._speed((0.5, 1.0, 2.0, 3.0)[depth])
            mask = _ridge(self._strip(height - top, pace), shape, depth, self._unit, rng)
            misty = mix(colour, horizon, 0.34 - 0.09 * depth)
            land = Sprite.of(vertical((width, even(height - top)), [colour, mix(colour, misty, 0.6), misty]), mask)
            solid = land.solid_from
            self._picture.paste(land.planes.rows(solid, height - top), top + solid)
            ridges.append(_Layer(land.rows(0, solid), top, pace))
        # No farther down than where a nearer land hides it.
        return [one.within(min(near.bottom for near in ridges[number:])) for number, one in enumerate(ridges)]

    def frame(self, index: int) -> Planes:
        """The picture number `index`, counted from 0; the caller owns it."""
        # The distance moves so slowly that nobody sees it stand still for one frame; the encoder does.
        if self._drawn != index // 2:
            self._drawn = index // 2
            self._picture.paste(self._distance(self._drawn * 2), 0)
        canvas = self._picture.copy()
        for land in self._lands[1:]:
            land.onto(canvas, index)
        return canvas

    def _distance(self, index: int) -> Planes:
        """Sky, light, clouds and the farthest land."""
        canvas = self._sky.copy()
        width, height = self._size
        progress = index / max(1, self._frames - 1)
        x, y = width * (self._light_x + 0.06 * progress), height * (0.47 - 0.14 * progress)
        radius = self._light.planes.size[0] // 2
        self._light.onto(canvas, round(x) - radius, round(y) - radius)
        for layer in (*self._clouds, self._lands[0]):
            layer.onto(canvas, index)
        return canvas


class Stills:
    """A given first picture slowly approached; when a last picture is given too, the first turns into it."""

    def __init__(self, first: Planes, last: Planes | None, frames: int) -> None:
        self._first = first
        self._last = last
        self._frames = frames

    def frame(self, index: int) -> Planes:
        """The picture number `index`, counted from 0; the first and the last are the given ones, untouched."""
        progress = index / max(1, self._frames - 1)
        near = self._first.zoomed(1 + 0.12 * _ease(progress), self._first.size)
        if self._last is None:
            return near
        share = _ease((progress - 0.3) / 0.6)
        if share >= 1:
            return self._last.copy()
        return near.blend(self._last.zoomed(1 + 0.06 * (1 - _ease(progress)), self._first.size), share)


class Fade:
    """One picture that gives way to a scene within the first `frames`, or a scene that ends in a picture."""

    def __init__(self, picture: Planes, scene: Scene, frames: int, *, ends_at: int | None = None) -> None:
        self._picture = picture
        self._scene = scene
        self._frames = frames
        self._ends_at = ends_at

    def frame(self, index: int) -> Planes:
        """The picture number `index`, counted from 0; the caller owns it."""
        distance = index if self._ends_at is None else self._ends_at - 1 - index
        # Exactly the given picture at the end, with no trace of the scene.
        if distance <= 0:
            return self._picture.copy()
        canvas = self._scene.frame(index)
        if distance >= self._frames:
            return canvas
        return self._picture.blend(canvas, distance / self._frames)


def _ease(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def _sky(size: tuple[int, int], palette: Palette, rng: random.Random) -> Planes:
    width, height = size
    picture = vertical((width, even(height * 0.72)), list(palette.sky))
    canvas = Image.new("RGB", size, palette.sky[-1])
    canvas.paste(picture, (0, 0))
    if palette.stars:
        pen = ImageDraw.Draw(canvas)
        for _ in range(170):
            x, y = rng.random() * width, rng.random() ** 1.5 * height * 0.6
            r = rng.uniform(0.4, 1.3) * min(size) / 720
            pen.ellipse((x - r, y - r, x + r, y + r), fill=mix(palette.sky[0], (255, 255, 255), rng.uniform(0.4, 1)))
    return Planes.of(canvas)


def _glow(side: int, colour: Colour) -> Sprite:
    small = Image.radial_gradient("L").resize((256, 256))
    halo = [round(150 * max(0.0, 1 - value / 181) ** 2.6) for value in range(256)]
    mask = small.point(halo).resize((side, side), Image.Resampling.BICUBIC)
    disc = Image.new("L", (side, side))
    radius = side * 0.085
    middle = side / 2
    ImageDraw.Draw(disc).ellipse((middle - radius, middle - radius, middle + radius, middle + radius), fill=255)
    mask = ImageChops.lighter(mask, disc.filter(ImageFilter.GaussianBlur(side / 400)))
    # Most of it is too faint to be seen.
    left, top, right, bottom = mask.getbbox() or (0, 0, side, side)
    edge = min(left, top, side - right, side - bottom) // 2 * 2
    mask = mask.crop((edge, edge, side - edge, side - edge))
    return Sprite.of(Image.new("RGB", mask.size, colour), mask)


def _clouds(size: tuple[int, int], count: int, opacity: int, rng: random.Random, unit: float) -> Image.Image:
    # Clouds are soft, so a quarter of the pixels in each direction is enough to blur.
    width, height = max(8, size[0] // 4), max(8, size[1] // 4)
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    for _ in range(round(count * width / 320 / unit)):
        x, y = rng.random() * width, rng.uniform(0.15, 0.8) * height
        for _ in range(7):
            w, h = rng.uniform(12, 38) * unit, rng.uniform(2, 5) * unit
            cx, cy = x + rng.uniform(-34, 34) * unit, y + rng.uniform(-3, 3) * unit
            pen.ellipse((cx - w, cy - h, cx + w, cy + h), fill=opacity)
    return mask.filter(ImageFilter.GaussianBlur(2.6 * unit)).resize(size, Image.Resampling.BICUBIC)


def _ridge(size: tuple[int, int], shape: str, depth: int, unit: float, rng: random.Random) -> Image.Image:
    width, height = size
    # Only the outline needs smooth edges: draw twice as large, then halve.
    large = Image.new("L", (width * 2, height * 2))
    pen = ImageDraw.Draw(large)
    outline = _OUTLINES[shape](width, unit * (1 - 0.08 * depth), rng)
    if shape == "pines":
        outline = [(x, y + 52 * unit) for x, y in outline]  # headroom for the trees
    points = [(x * 2, y * 2) for x, y in outline]
    pen.polygon([(0, height * 2), *points, (width * 2, height * 2)], fill=255)
    if shape == "pines":
        _plant(pen, outline, unit, rng)
    return large.reduce(2)


def _hills(width: int, unit: float, rng: random.Random) -> list[tuple[float, float]]:
    waves = [(rng.uniform(300, 520), 30), (rng.uniform(150, 240), 13), (rng.uniform(70, 110), 4)]
    phases = [rng.uniform(0, math.tau) for _ in waves]
    return [
        (x, unit * (56 + sum(a * math.sin(x / (p * unit) * 2 + f) for (p, a), f in zip(waves, phases, strict=True))))
        for x in range(0, width + 8, 4)
    ]


def _peaks(width: int, unit: float, rng: random.Random) -> list[tuple[float, float]]:
    points, x = [(0.0, unit * rng.uniform(40, 110))], 0.0
    high = True
    while x < width:
        x += unit * rng.uniform(60, 150)
        points.append((x, unit * (rng.uniform(0, 55) if high else rng.uniform(80, 130))))
        high = not high
    for roughness in (17, 8, 3):
        points = _roughen(points, unit * roughness, rng)
    return points


def _roughen(points: list[tuple[float, float]], by: float, rng: random.Random) -> list[tuple[float, float]]:
    broken = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        broken += [((x0 + x1) / 2, (y0 + y1) / 2 + rng.uniform(-by, by)), (x1, y1)]
    return broken


def _waves(width: int, unit: float, rng: random.Random) -> list[tuple[float, float]]:
    long, short = rng.uniform(50, 90), rng.uniform(17, 26)
    phase = rng.uniform(0, math.tau)
    return [
        (x, unit * (30 + 7 * math.sin(x / (long * unit) + phase) + 2.5 * math.sin(x / (short * unit))))
        for x in range(0, width + 8, 4)
    ]


def _plant(pen: ImageDraw.ImageDraw, outline: list[tuple[float, float]], unit: float, rng: random.Random) -> None:
    for x, y in outline:
        if rng.random() > 0.2 / unit:
            continue
        tall = unit * rng.uniform(22, 58)
        for step in range(4):
            top = y - tall * (1 - 0.22 * step)
            reach = tall * (0.09 + 0.055 * step)
            low = top + tall * 0.42
            pen.polygon([(x * 2, top * 2), ((x - reach) * 2, low * 2), ((x + reach) * 2, low * 2)], fill=255)


_OUTLINES = {"hills": _hills, "pines": _hills, "peaks": _peaks, "waves": _waves}
