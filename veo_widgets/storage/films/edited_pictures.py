"""The pictures of a film that is cut: on a grid of equal frames, with cross-fades and dips by FFmpeg's filters.

Two clips are open at most, as long as one fades into the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any

from .cards import Card
from .edits import ROUNDING, Shown
from .fitting import FORMAT, Fitting
from .source_clips import SourceClip

if TYPE_CHECKING:
    from av import VideoFrame
    from av.filter import Graph
    from av.filter.context import FilterContext


def edited_pictures(shown: Sequence[Shown], size: tuple[int, int], matrix: int, *, crop: bool) -> Iterator[VideoFrame]:
    """The frames of the film in order, without times.

    Args:
        shown: the clips.
        size: of the film.
        matrix: of its colours, as ISO/IEC 23091-2 numbers them.
        crop: see `Fitting`.
    """
    before: Iterator[VideoFrame] = iter(())
    for number, one in enumerate(shown):
        frames = _frames(one, size, matrix, crop=crop)
        if one.fade:
            yield from _cross_faded(before, islice(frames, one.fade), one.fade, size)
        elif one.dip:
            yield from _through_black(before, "out", one.dip, size)
            yield from _through_black(islice(frames, one.dip), "in", one.dip, size)
        following = shown[number + 1] if number + 1 < len(shown) else None
        kept = following.fade + following.dip if following else 0
        yield from islice(frames, one.count - one.fade - one.dip - kept)
        before = frames


def _frames(one: Shown, size: tuple[int, int], matrix: int, *, crop: bool) -> Iterator[VideoFrame]:
    if isinstance(one.clip, Card):
        return one.clip.frames(one.count, size, matrix)
    return _on_grid(one, one.clip, Fitting(one.clip, size, matrix, crop=crop))


def _on_grid(one: Shown, clip: SourceClip, fitting: Fitting) -> Iterator[VideoFrame]:
    """As many frames as are shown of a clip; each is the picture that the clip shows at its time."""
    number, last, fitted = 0, None, None
    begins = clip.start + one.edit.start
    for time, frame in _decoded(clip, begins):
        while last is not None and begins + number * one.step < time - ROUNDING:
            fitted = fitted or fitting.fit(last)
            yield fitted
            number += 1
            if number == one.count:
                return
        last, fitted = frame, None
    while last is not None and number < one.count:
        fitted = fitted or fitting.fit(last)
        yield fitted
        number += 1


def _decoded(clip: SourceClip, begins: Fraction) -> Iterator[tuple[Fraction, VideoFrame]]:
    wanted = clip.shown
    with clip.open() as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        if begins > clip.start:
            container.seek(clip.place_before(begins), stream=stream)
        for frame in container.decode(stream):
            if frame.pts in wanted:
                yield frame.pts * clip.base, frame


def _cross_faded(
    before: Iterable[VideoFrame], after: Iterable[VideoFrame], count: int, size: tuple[int, int]
) -> Iterator[VideoFrame]:
    # The first and the last of them are mixtures already: neither clip stands still for a frame.
    graph, sources = _graph(size, 2)
    fade = graph.add("xfade", f"transition=fade:duration={count + 1}:offset=-1")
    for number, source in enumerate(sources):
        source.link_to(fade, 0, number)
    yield from _filtered(graph, fade, sources, zip(before, after, strict=True))


def _through_black(frames: Iterable[VideoFrame], way: str, count: int, size: tuple[int, int]) -> Iterator[VideoFrame]:
    graph, sources = _graph(size, 1)
    fade = graph.add("fade", f"type={way}:start_frame=0:nb_frames={count}")
    sources[0].link_to(fade)
    yield from _filtered(graph, fade, sources, ((frame,) for frame in frames))


def _graph(size: tuple[int, int], inputs: int) -> tuple[Graph, list[FilterContext]]:
    from av.filter import Graph

    graph = Graph()
    # One second is one frame here.
    form = f"video_size={size[0]}x{size[1]}:pix_fmt={FORMAT}:time_base=1/1:frame_rate=1/1:pixel_aspect=1"
    return graph, [graph.add("buffer", form) for _ in range(inputs)]


def _filtered(
    graph: Graph, last: FilterContext, sources: Sequence[FilterContext], rows: Iterable[tuple[VideoFrame, ...]]
) -> Iterator[VideoFrame]:
    sink = graph.add("buffersink")
    last.link_to(sink)
    graph.configure()
    for number, row in enumerate(rows):
        for source, frame in zip(sources, row, strict=True):
            frame.pts, frame.time_base = number, Fraction(1)
            source.push(frame)
        yield from pulled(sink)
    for source in sources:
        source.push(None)
    yield from pulled(sink)


def pulled(sink: FilterContext) -> Iterator[Any]:
    """What a graph has ready."""
    from av import BlockingIOError as NotYet

    while True:
        try:
            yield sink.pull()
        except (NotYet, EOFError):
            return
