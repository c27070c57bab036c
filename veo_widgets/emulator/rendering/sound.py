"""A soft chord for a clip: looped from one second of samples, so that minutes of it cost nothing."""

from __future__ import annotations

import math
from array import array
from functools import lru_cache

RATE = 48_000
CHANNELS = 2
BYTES_PER_SAMPLE = 2 * CHANNELS
# A chord that begins or ends at full strength is heard as a click.
_FADE = RATE // 5
# Soft: people run this in open offices.
_LOUDNESS = 1500

# Whole numbers of cycles per second loop without a click; each chord is a root, a third, a fifth and an octave.
_CHORDS = ((110, 165, 220, 277), (98, 147, 196, 247), (131, 165, 196, 262), (87, 131, 175, 220), (123, 147, 185, 247))


@lru_cache(maxsize=8)
def _one_second(chord: int) -> array[int]:
    one_cycle = [math.sin(math.tau * step / RATE) for step in range(RATE)]
    voices = _CHORDS[chord]
    left = [0.0] * RATE
    for place, pitch in enumerate(voices):
        weight = 1 / (1 + 0.4 * place)
        left = [value + weight * one_cycle[step * pitch % RATE] for step, value in enumerate(left)]
    swell = [_LOUDNESS * (0.82 + 0.18 * value) for value in one_cycle]
    mono = array("h", (round(value * gain) for value, gain in zip(left, swell, strict=True)))
    stereo = array("h", bytes(4 * RATE))
    stereo[0::2] = mono
    # The other ear hears the same a moment later, which sounds wide.
    stereo[1::2] = mono[-600:] + mono[:-600]
    return stereo


def chord(draw: int, samples: int) -> bytes:
    """Signed 16-bit stereo at 48 kHz, `samples` per channel, that fades in and out; `draw` picks the chord."""
    second = _one_second(draw % len(_CHORDS))
    whole, rest = divmod(samples, RATE)
    sound = second * whole + second[: rest * CHANNELS]
    fade = min(_FADE, samples // 2)
    for step in range(fade):
        for place in (step * CHANNELS, -(step + 1) * CHANNELS):
            sound[place] = sound[place] * step // fade
            sound[place + 1] = sound[place + 1] * step // fade
    return sound.tobytes()


def silence(samples: int) -> bytes:
    """Signed 16-bit stereo silence, `samples` per channel."""
    return bytes(samples * BYTES_PER_SAMPLE)
