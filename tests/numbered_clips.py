"""Clips whose every picture carries its number, in black and white fields that no encoder loses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

BITS, SIDE = 8, 16
SIZE = (BITS * SIDE, 2 * SIDE)


def picture(number: int) -> Image.Image:
    """The picture with a number: its bits in the upper row, turned round in the lower one."""
    made = Image.new("L", SIZE, 16)
    for bit in range(BITS):
        row = 0 if number >> bit & 1 else SIDE
        made.paste(235, (bit * SIDE, row, (bit + 1) * SIDE, row + SIDE))
    return made.convert("RGB")


def number_of(shown: Image.Image) -> int:
    """The number that a picture carries, however large it is shown."""
    grey = shown.convert("L").resize(SIZE)
    number = 0
    for bit in range(BITS):
        above, below = (grey.getpixel((bit * SIDE + SIDE // 2, row + SIDE // 2)) for row in (0, SIDE))
        assert abs(above - below) > 100, f"picture is spoilt: {above} over {below}"
        number |= (above > below) << bit
    return number


@dataclass(frozen=True)
class Numbered:
    """How a clip of numbered pictures is made.

    Attributes:
        count: how many pictures, up to 256 with `first`.
        first: the number of the first one.
        fps: how many a second.
        times: in seconds, when each is shown; default is evenly.
        codec: with `options`, the encoder.
        format: the container, with `flags` as its options.
        unit: of the stream's times, in seconds.
    """

    count: int = 96
    first: int = 0
    fps: int = 24
    times: Sequence[Fraction] = ()
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=lambda: {"preset": "medium", "g": "250", "bf": "3"})
    format: str = "mp4"
    flags: dict[str, str] = field(default_factory=dict)
    unit: Fraction = Fraction(1, 120_000)
    turn: int = 0

    def __post_init__(self) -> None:
        if not self.times:
            object.__setattr__(self, "times", tuple(Fraction(number, self.fps) for number in range(self.count)))

    def write(self, path: Path) -> Path:
        """Make it at a path, which it returns."""
        with av.open(str(path), "w", format=self.format, options=self.flags) as out:
            stream = out.add_stream(self.codec, rate=self.fps, options=self.options)
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            stream.codec_context.time_base = stream.time_base = self.unit
            if self.turn:
                stream.set_display_rotation(self.turn)
            for number, time in enumerate(self.times):
                frame = av.VideoFrame.from_image(picture(self.first + number))
                frame.pts, frame.time_base = round(time / self.unit), self.unit
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        return path

    def with_(self, **changes) -> Numbered:
        """The same with changes."""
        return replace(self, **changes)
