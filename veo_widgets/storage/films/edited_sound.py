"""The sound of a film that is cut: trimmed to the sample, faded with the pictures, and as loud as was asked for.

Loudness is that of EBU R 128, by FFmpeg's own meter. It is known at the end only, so the sound is laid down first, in a
file beside the film, and encoded then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite, log10
from pathlib import Path
from typing import TYPE_CHECKING

from .cards import Card
from .edited_pictures import pulled
from .edits import Shown, frame_count
from .mixing import Track, closed, run_through, sound_graph, with_tracks
from .prefetch import prefetched
from .sound import Sound, cut_out, silence
from .source_clips import RATE

if TYPE_CHECKING:
    from av import AudioFrame
    from av.filter import Graph
    from av.filter.context import FilterContext

# dBTP. EBU R 128 allows as much before a lossy codec adds its own.
_PEAK = -1.0
# What the meter says of silence, in LUFS.
_SILENCE = -70.0


@dataclass(frozen=True)
class Loudness:
    """How loud something is: LUFS over its whole length, and its true peak in dBTP."""

    integrated: float
    peak: float


def lay_down(
    shown: Sequence[Shown], tracks: Sequence[Track], target: Path, progress: Callable[[float], object]
) -> Loudness:
    """Write the sound of a film without loss, exactly as long as its pictures, and measure it.

    Args:
        shown: the clips.
        tracks: what is heard beside them.
        target: the file to write.
        progress: told how much is done, from 0 to 1.
    """
    import av

    loudness, taken = Loudness(_SILENCE, _SILENCE), 0
    seconds = frame_count(shown) * shown[0].step
    with ExitStack() as stack, av.open(str(target), "w", format="matroska") as out:
        stream = out.add_stream("pcm_f32le", rate=RATE, layout="stereo")
        for frame in _metered(with_tracks(_joined(shown), tracks, seconds, stack)):
            loudness = _measured(frame) or loudness
            frame.pts, frame.time_base = taken, Fraction(1, RATE)
            taken += frame.samples
            out.mux(stream.encode(frame))
            progress(min(float(taken / (seconds * RATE)), 1.0))
        out.mux(stream.encode(None))
    return loudness


class LaidDown:
    """The sound of a film on its way from its file into the film.

    Args:
        frames: of that file.
        sound: the film's.
    """

    def __init__(self, frames: Iterator[AudioFrame], sound: Sound) -> None:
        self._frames, self._sound = frames, sound

    def encode_until(self, seconds: Fraction) -> None:
        """Bring the film's sound up to a time."""
        while self._sound.taken < seconds * RATE and (frame := next(self._frames, None)) is not None:
            self._sound.append(frame)

    def close(self) -> None:
        """Encode the rest."""
        for frame in self._frames:
            self._sound.append(frame)
        self._sound.close()


@contextmanager
def read_back(path: Path, loudness: Loudness, wanted: float | None) -> Iterator[Iterator[AudioFrame]]:
    """The sound that was laid down, as loud as is wanted, in LUFS; None leaves it as it is."""
    import av

    with av.open(str(path)) as source, prefetched(_adjusted(source.decode(audio=0), loudness, wanted), 16) as frames:
        yield frames


def _adjusted(frames: Iterator[AudioFrame], loudness: Loudness, wanted: float | None) -> Iterator[AudioFrame]:
    # Silence cannot be made louder.
    gain = 0.0 if wanted is None or loudness.integrated <= _SILENCE else wanted - loudness.integrated
    graph, sources = sound_graph(1, "flt")
    filters = [graph.add("volume", f"volume={gain}dB:precision=float")]
    if gain and loudness.peak + gain > _PEAK:
        # Without its own delay and gain.
        filters.append(graph.add("alimiter", f"limit={10 ** (_PEAK / 20)}:level=0:latency=1"))
    yield from run_through(sources, closed(graph, [sources[0], *filters]), [frames])


def _metered(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    """The same sound with the meter's word on each frame."""
    graph, sources = sound_graph(1)
    sink = closed(graph, [sources[0], graph.add("ebur128", "metadata=1:peak=true:framelog=quiet")])
    yield from run_through(sources, sink, [frames])


def _joined(shown: Sequence[Shown]) -> Iterator[AudioFrame]:
    """The clips' sound one after the other, faded as their pictures are."""
    graph, sources = sound_graph(len(shown))
    joined = _dipped(graph, sources[0], shown, 0)
    for number, one in enumerate(shown[1:], 1):
        if one.fade:
            # Equal power: two clips that have nothing to do with each other stay as loud together.
            joint = graph.add("acrossfade", f"nb_samples={_samples(one, one.fade)}:curve1=qsin:curve2=qsin")
        else:
            joint = graph.add("concat", "n=2:v=0:a=1")
        joined.link_to(joint, 0, 0)
        _dipped(graph, sources[number], shown, number).link_to(joint, 0, 1)
        joined = joint
    sink = closed(graph, [joined])
    for one, source in zip(shown, sources, strict=True):
        for frame in _trimmed(one):
            source.push(frame)
            yield from pulled(sink)
        source.push(None)
        yield from pulled(sink)


def _dipped(graph: Graph, source: FilterContext, shown: Sequence[Shown], number: int) -> FilterContext:
    """A clip's sound that comes out of silence and goes into it with the pictures that do so with black."""
    one, following = shown[number], shown[number + 1] if number + 1 < len(shown) else None
    last = source
    for way, frames in (("in", one.dip), ("out", following.dip if following else 0)):
        if frames:
            begins = 0 if way == "in" else _samples(one, one.count - frames)
            fade = graph.add("afade", f"type={way}:start_sample={begins}:nb_samples={_samples(one, frames)}")
            last.link_to(fade)
            last = fade
    return last


def _trimmed(one: Shown) -> Iterator[AudioFrame]:
    """A clip's sound from its first frame to its last."""
    taken = 0
    for frame in _heard(one):
        # The meter and the fades go by these times.
        frame.pts, frame.time_base = taken, Fraction(1, RATE)
        taken += frame.samples
        yield frame


def _heard(one: Shown) -> Iterator[AudioFrame]:
    clip, count = one.clip, _samples(one, one.count)
    if isinstance(clip, Card):
        yield from silence(count)
        return
    with clip.open() as container:
        yield from cut_out(container, clip.start + one.edit.start, count)


def _samples(one: Shown, frames: int) -> int:
    return round(frames * one.step * RATE)


def _measured(frame: AudioFrame) -> Loudness | None:
    """What the meter says up to this frame."""
    said = frame.metadata
    if "lavfi.r128.I" not in said:
        return None
    peaks = [float(value) for name, value in said.items() if name.startswith("lavfi.r128.true_peaks_ch")]
    integrated, peak = float(said["lavfi.r128.I"]), max(peaks, default=0.0)
    return Loudness(integrated if isfinite(integrated) else _SILENCE, 20 * log10(peak) if peak > 0 else _SILENCE)
