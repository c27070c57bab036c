"""When the shots of a film begin in its file, by which players mark them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from textwrap import shorten

from ...domain.media import Video
from ...storage.clips import sidecars
from ...storage.films.cards import Card
from ...storage.films.edits import Edit
from .cutting import Span
from .piece import Piece

# What a recipe has of a film: the second at which each shot and title card begins, and what it is called.
ShotTimes = list[tuple[float, str]]

_MOST_LETTERS = 48


def shot_names(pieces: Sequence[Piece]) -> list[str]:
    """What a player calls each shot."""
    return [f"{piece.label.capitalize()}: {shorten(piece.prompt, _MOST_LETTERS, placeholder=' …')}" for piece in pieces]


def shot_times(
    names: Sequence[str], spans: Sequence[Span], edits: Sequence[Edit], begins: Sequence[Fraction]
) -> ShotTimes:
    """The shots and cards that are seen, in order.

    Args:
        names: of the shots.
        spans: the clips in the film.
        edits: what is shown of each, and the cards between them.
        begins: the seconds of the film at which each of these is first seen.
    """
    found: ShotTimes = []
    waiting = iter(spans)
    for edit, at, after in zip(edits, begins, [*begins[1:], None], strict=True):
        if isinstance(edit.source, Card):
            found.append((_seconds(at), edit.source.title))
            continue
        span = next(waiting)
        found += [
            (_seconds(at + into), names[number])
            for number, into in _within(edit, span)
            if after is None or at + into < after
        ]
    return found


def add_shot_times(clip: Video, times: ShotTimes) -> None:
    """Put them into the recipe of a clip that is a film by itself, since its last shot extends the others."""
    recipe = clip.recipe
    # A clip without a recipe is not ours.
    if len(times) > 1 and recipe and "shots" not in recipe:
        with suppress(OSError):
            sidecars.add(clip, {"shots": times})


def _within(edit: Edit, span: Span) -> Iterator[tuple[int, Fraction]]:
    """The number of each shot of a clip that is seen, and after how much of what is shown it begins."""
    times = [Fraction(0), *(Fraction(joint).limit_denominator(100_000) for joint in span.joints)]
    for number, (begins, ends) in enumerate(zip(times, [*times[1:], edit.end], strict=True), span.first):
        is_seen = (ends is None or ends > edit.start) and (edit.end is None or begins < edit.end)
        if is_seen:
            yield number, max(begins - edit.start, Fraction(0))


def _seconds(at: Fraction) -> float:
    # A millionth is far below a frame, and reads better than what a float has of a third.
    return round(float(at), 6)
