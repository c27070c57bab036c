"""Music and narration under and over the sound of a film, by FFmpeg's filters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from ...domain.errors import InvalidRequestError
from .edited_pictures import pulled
from .sound import cut_out
from .source_clips import RATE

if TYPE_CHECKING:
    from av import AudioFrame
    from av.filter import Graph
    from av.filter.context import FilterContext

# What is louder than -30 dBFS lowers what lies under it, by 7 of 8 dB, at once and for half a second more.
_DUCKING = "threshold=0.0316:ratio=8:attack=20:release=500"
_FADE_SECONDS = 2
_FORM = f"sample_fmts=fltp:sample_rates={RATE}:channel_layouts=stereo"


@dataclass(frozen=True)
class Track:
    """Sound that goes through a film from its beginning; silent once it is over.

    Attributes:
        name: of the parameter that it was given as.
        path: a file with sound.
        leads: whether the film is lowered where the track is heard; otherwise the track where the film is.
        gain: decibels by which it is made louder.
    """

    name: str
    path: Path
    leads: bool
    gain: float = 0.0

    def check(self) -> None:
        """Check that it can be heard.

        Raises:
            InvalidRequestError: there is no such file, or no sound in it.
        """
        import av

        if not self.path.is_file():
            message = f"{self.name}: there is no file {str(self.path)!r}."
            raise InvalidRequestError(message, parameter=self.name, value=str(self.path))
        try:
            with av.open(str(self.path.absolute())) as opened:
                next(opened.decode(audio=0))
        except (av.FFmpegError, IndexError, StopIteration):
            message = f"{self.name}: {str(self.path)!r} has no sound that can be read; give an audio or a video file."
            raise InvalidRequestError(message, parameter=self.name, value=str(self.path)) from None


def with_tracks(
    frames: Iterator[AudioFrame], tracks: Sequence[Track], seconds: Fraction, stack: ExitStack
) -> Iterator[AudioFrame]:
    """The sound of a film with tracks, one after the other; `stack` closes their files."""
    import av

    for track in tracks:
        container = stack.enter_context(av.open(str(track.path.absolute())))
        frames = _mixed(frames, cut_out(container, Fraction(0), round(seconds * RATE)), track, seconds)
    return frames


def _mixed(
    film: Iterator[AudioFrame], heard: Iterator[AudioFrame], track: Track, seconds: Fraction
) -> Iterator[AudioFrame]:
    graph, (own, brought) = sound_graph(2)
    filters = [brought, graph.add("volume", f"volume={track.gain}dB:precision=float")]
    if not track.leads:
        whole = round(seconds * RATE)
        fading = min(_FADE_SECONDS * RATE, whole)
        filters.append(graph.add("afade", f"type=out:start_sample={whole - fading}:nb_samples={fading}"))
    graph.link_nodes(*filters)
    above, below = (filters[-1], own) if track.leads else (own, filters[-1])
    split, duck = graph.add("asplit", "2"), graph.add("sidechaincompress", _DUCKING)
    mix = graph.add("amix", "inputs=2:normalize=0")
    above.link_to(split)
    below.link_to(duck, 0, 0)
    split.link_to(duck, 0, 1)
    split.link_to(mix, 1, 0)
    duck.link_to(mix, 0, 1)
    yield from run_through([own, brought], closed(graph, [mix]), [film, heard])


def sound_graph(inputs: int, form: str = "fltp") -> tuple[Graph, list[FilterContext]]:
    """A graph with so many inputs, stereo at `RATE`."""
    from av.filter import Graph

    graph = Graph()
    source = f"sample_rate={RATE}:sample_fmt={form}:channel_layout=stereo:time_base=1/{RATE}"
    return graph, [graph.add("abuffer", source) for _ in range(inputs)]


def closed(graph: Graph, filters: Sequence[FilterContext]) -> FilterContext:
    """The end of a graph, from where sound is taken in the film's form."""
    sink = graph.add("abuffersink")
    graph.link_nodes(*filters, graph.add("aformat", _FORM), sink).configure()
    return sink


def run_through(
    sources: Sequence[FilterContext], sink: FilterContext, streams: Sequence[Iterator[AudioFrame]]
) -> Iterator[AudioFrame]:
    """What a graph makes of streams that begin together; what is behind is fed first, so that nothing piles up."""
    taken: list[float] = [0] * len(sources)
    while (place := min(taken)) < inf:
        number = taken.index(place)
        frame = next(streams[number], None)
        if frame is not None:
            # Files have times of their own, in milliseconds or none.
            frame.pts, frame.time_base = int(place), Fraction(1, RATE)
        sources[number].push(frame)
        taken[number] = inf if frame is None else place + frame.samples
        yield from pulled(sink)
