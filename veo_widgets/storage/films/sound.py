"""The sound of a film, encoded anew so that it stays in step with the pictures of each clip."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from .prefetch import prefetched
from .source_clips import RATE, SourceClip, sound_of

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import InputContainer, OutputContainer

# A sample of one channel, as a float.
_SAMPLE_BYTES = 4
# Frames of some 20 ms.
_PORTION = 64


class Sound:
    """A stereo stream at 48 kHz.

    Attributes:
        taken: how many samples it has.
    """

    def __init__(self, out: OutputContainer) -> None:
        self._out, self.taken = out, 0
        self._stream = out.add_stream("aac", rate=RATE, layout="stereo")
        self._stream.bit_rate = 192_000

    def write(self, clip: SourceClip, container: InputContainer, at: Fraction) -> None:
        """Take the sound of an open clip that begins at `at` seconds, cut and filled up to its pictures."""
        count = round((at + clip.seconds) * RATE) - self.taken
        with prefetched(cut_out(container, clip.start, count), _PORTION) as frames:
            for frame in frames:
                self.append(frame)

    def append(self, frame: AudioFrame) -> None:
        """Encode samples that follow those before."""
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), self.taken
        self.taken += frame.samples
        self._out.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Encode what is left."""
        self._out.mux(self._stream.encode(None))


def cut_out(container: InputContainer, begins: Fraction, count: int) -> Iterator[AudioFrame]:
    """The sound of a clip from a time on, by its own clock: so many samples, silent where the clip is."""
    taken = place = 0
    for time, frame in sound_of(container):
        if time is not None:
            place = round((Fraction(time) - begins) * RATE)
            # What comes late is waited for; what came before the first picture, or again, is not heard.
            for quiet in silence(min(place, count) - taken):
                yield quiet
                taken += quiet.samples
        first, last = max(0, taken - place), min(frame.samples, count - place)
        place += frame.samples
        if first < last:
            taken += last - first
            yield frame if last - first == frame.samples else _part(frame, first, last)
    yield from silence(count - taken)


def silence(samples: int) -> Iterator[AudioFrame]:
    """So many samples of nothing; none for fewer than one."""
    import av

    for begins in range(0, samples, RATE):
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=min(samples - begins, RATE))
        frame.sample_rate = RATE
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        yield frame


def _part(frame: AudioFrame, first: int, last: int) -> AudioFrame:
    """Some of the samples of a frame."""
    import av

    # Not by numpy, which the extra does not need.
    part = av.AudioFrame(format="fltp", layout="stereo", samples=last - first)
    part.sample_rate = RATE
    for target, plane in zip(part.planes, frame.planes, strict=True):
        samples = bytes(plane)[first * _SAMPLE_BYTES : last * _SAMPLE_BYTES]
        target.update(samples.ljust(target.buffer_size, b"\0"))
    return part
