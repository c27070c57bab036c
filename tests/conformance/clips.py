"""What a file that a client saved turns out to be."""

from __future__ import annotations

import av


def seconds_of(path: str) -> float:
    """How long the clip in a file is; fails if it is none."""
    with av.open(path) as clip:
        stream = clip.streams.video[0]
        assert next(clip.decode(stream)).width > 0
        return float(stream.duration * stream.time_base)
