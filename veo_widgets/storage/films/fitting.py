"""Pictures of a clip in the size, form and colours of a film.

A clip of another shape gets black bars, or is cropped to its middle where that is wished; it is never stretched.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ...domain.formats import video_frames
from .source_clips import SourceClip

if TYPE_CHECKING:
    from av import VideoFrame
    from av.filter import Graph

# AVCOL_RANGE_MPEG: what players assume where a file says nothing.
LIMITED = 1
FORMAT = "yuv420p"
# Matrices as files number them, as the scaler calls them; it knows no others.
SCALER = {1: "bt709", 4: "fcc", 5: "bt470", 6: "smpte170m", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
# By degrees anticlockwise.
_TURNS = {90: (("transpose", "cclock"),), 180: (("hflip", ""), ("vflip", "")), 270: (("transpose", "clock"),)}


class Fitting:
    """Fits the pictures of one clip, by FFmpeg's own filters.

    Args:
        clip: whose pictures come.
        size: of the film.
        matrix: of the film's colours, as ISO/IEC 23091-2 numbers them.
        crop: whether a clip of another shape fills the film, without what does not fit in.
    """

    def __init__(self, clip: SourceClip, size: tuple[int, int], matrix: int, *, crop: bool = False) -> None:
        self._clip, self._size, self._matrix = clip, size, matrix
        self._fitted = (covering_size if crop else fitted_size)(clip.size, size)
        self._crop, self._is_upright = crop, not clip.turn and clip.shape == 1
        self._graph: Graph | None = None
        self._taken: tuple[object, ...] = ()

    def fit(self, frame: VideoFrame) -> VideoFrame:
        """A picture as it is to be encoded."""
        frame.colorspace = own = video_frames.matrix_of(int(frame.colorspace), frame.height)
        form = (frame.width, frame.height, frame.format.name, own, int(frame.color_range))
        if form in {(*self._size, FORMAT, self._matrix, said) for said in (0, LIMITED)} and self._is_upright:
            return frame
        # A file may change its form on the way.
        if self._graph is None or form != self._taken:
            self._graph, self._taken = self._made_graph(frame), form
        self._graph.vpush(frame)
        return self._graph.vpull()

    def _made_graph(self, frame: VideoFrame) -> Graph:
        from av.filter import Graph

        clip, own = self._clip, int(frame.colorspace)
        width, height = self._fitted[::-1] if clip.turn % 180 else self._fitted
        scaling = f"{width}:{height}:out_range=tv"
        if own != self._matrix and {own, self._matrix} <= SCALER.keys():
            scaling += f":in_color_matrix={SCALER[own]}:out_color_matrix={SCALER[self._matrix]}"
        graph = Graph()
        source = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000:pixel_aspect=1"
        filters = [
            graph.add("buffer", f"{source}:colorspace={own}:range={int(frame.color_range)}"),
            graph.add("scale", scaling),
            graph.add("format", FORMAT),
            *(graph.add(name, said or None) for name, said in _TURNS.get(clip.turn, ())),
        ]
        if self._fitted != self._size:
            film = f"{self._size[0]}:{self._size[1]}"
            filters.append(graph.add("crop", film) if self._crop else graph.add("pad", f"{film}:-1:-1"))
        graph.link_nodes(*filters, graph.add("buffersink")).configure()
        return graph


def fitted_size(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of the shape of `size` that fits into `frame`."""
    share = min(Fraction(frame[0], size[0]), Fraction(frame[1], size[1]))
    width, height = (max(2, round(side * share / 2) * 2) for side in size)
    # A pixel or two that rounding left are no bars.
    fits = abs(frame[0] - width) <= 2 and abs(frame[1] - height) <= 2
    return frame if fits else (min(width, frame[0]), min(height, frame[1]))


def covering_size(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """The smallest even size of the shape of `size` that covers `frame`."""
    share = max(Fraction(frame[0], size[0]), Fraction(frame[1], size[1]))
    width, height = (round(side * share / 2) * 2 for side in size)
    fits = abs(frame[0] - width) <= 2 and abs(frame[1] - height) <= 2
    return frame if fits else (max(width, frame[0]), max(height, frame[1]))
