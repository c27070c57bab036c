"""Title cards as the clips of a film that they stand between: pictures of its size and colours, and silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from ...domain.errors import InvalidRequestError
from ...domain.formats import title_cards
from ...domain.formats.title_cards import Colour
from .fitting import FORMAT, SCALER

if TYPE_CHECKING:
    from av import VideoFrame

    from ...domain.formats.video_frames import Picture


@dataclass(frozen=True)
class Card:
    """Words on one colour.

    Attributes:
        text: the words.
        seconds: how long they are shown.
        background: red, green and blue.
        ink: of the letters.
        font: a typeface's file; None: one that is there.
    """

    text: str
    seconds: Fraction
    background: Colour = (0, 0, 0)
    ink: Colour = (255, 255, 255)
    font: Path | None = None

    @property
    def title(self) -> str:
        """Its words in one line, shortened."""
        return shorten(self.text, 40, placeholder=" …")

    def check(self) -> None:
        """Check that it can be drawn.

        Raises:
            InvalidRequestError: its typeface cannot be read.
        """
        self.picture((32, 32))

    def picture(self, size: tuple[int, int]) -> Picture:
        """The card as a Pillow image.

        Raises:
            InvalidRequestError: its typeface cannot be read.
        """
        try:
            return title_cards.drawn(self.text, size, self.background, self.ink, self.font)
        except OSError as error:
            message = f"font: {str(self.font)!r} is no typeface that can be read ({error})."
            raise InvalidRequestError(message, parameter="font", value=str(self.font)) from error

    def frames(self, count: int, size: tuple[int, int], matrix: int) -> Iterator[VideoFrame]:
        """As many frames; `matrix` is that of the film's colours, as ISO/IEC 23091-2 numbers them."""
        import av
        from av.filter import Graph

        form = f"video_size={size[0]}x{size[1]}:pix_fmt=rgba:time_base=1/1:pixel_aspect=1"
        scaling = f"out_range=tv:out_color_matrix={SCALER.get(matrix, 'smpte170m')}"
        graph = Graph()
        graph.link_nodes(
            graph.add("buffer", form),
            graph.add("scale", scaling),
            graph.add("format", FORMAT),
            graph.add("buffersink"),
        ).configure()
        drawn = av.VideoFrame.from_bytes(self.picture(size).convert("RGBA").tobytes(), *size, format="rgba")
        for number in range(count):
            # Each is another: whoever encodes it or fades it writes its time into it.
            drawn.pts, drawn.time_base = number, Fraction(1)
            graph.vpush(drawn)
            yield graph.vpull()
