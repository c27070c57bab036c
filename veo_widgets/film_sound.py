"""The sound of a film: made anew, so that it stays where it was in each clip and ends with its pictures."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .reels import RATE, Reel, sound_of

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import OutputContainer

_AAC_FRAME = 1024
_SAMPLE_BYTES = 4


class Sound:
    """A stereo stream at 48 kHz, as long as the pictures; silent where a clip is."""

    def __init__(self, out: OutputContainer) -> None:
        import av

        self._out, self._written = out, 0
        self._stream = out.add_stream("aac", rate=RATE, layout="stereo")
        self._stream.bit_rate = 192_000
        self._fifo = av.AudioFifo()
        self._taken = 0

    def write(self, reel: Reel, at: Fraction) -> None:
        """Take the sound of a clip that begins at `at` seconds, cut and filled up to its pictures."""
        end = round((at + reel.seconds) * RATE)
        for time, samples in sound_of(reel):
            # What comes late is waited for; what came before the first picture, or again, is not heard.
            begins = round((at + time - reel.start) * RATE)
            self._take(bytes(max(0, min(begins, end) - self._taken) * _SAMPLE_BYTES))
            skipped = (self._taken - begins) * _SAMPLE_BYTES
            self._take(samples[skipped : skipped + max(0, end - self._taken) * _SAMPLE_BYTES] if skipped >= 0 else b"")
        self._take(bytes(max(0, end - self._taken) * _SAMPLE_BYTES))
        while (frame := self._fifo.read(_AAC_FRAME)) is not None:
            self._encode(frame)

    def _take(self, samples: bytes) -> None:
        if not samples:
            return
        import av

        frame = av.AudioFrame(format="s16", layout="stereo", samples=len(samples) // _SAMPLE_BYTES)
        frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), self._taken
        self._fifo.write(frame)
        self._taken += len(samples) // _SAMPLE_BYTES

    def _encode(self, frame: AudioFrame) -> None:
        frame.pts, frame.time_base = self._written, Fraction(1, RATE)
        self._written += frame.samples
        self._out.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Encode what is left."""
        rest = self._fifo.read(0, partial=True)
        if rest is not None:
            self._encode(rest)
        self._out.mux(self._stream.encode(None))
