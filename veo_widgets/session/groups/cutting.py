"""What a film shows of each shot when it is rendered, checked before anything is paid for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from typing import Protocol

from ...domain.errors import InvalidRequestError
from ...storage.films.cards import Card
from ...storage.films.edits import Caption, Edit
from ...storage.films.stitching import Segment


@dataclass(frozen=True)
class Span:
    """A clip of a film, and the shots that are in it: the first and the last of them, counted from 0.

    Attributes:
        joints: the seconds of the clip at which the shots after the first begin.
    """

    segment: Segment
    first: int
    last: int
    joints: tuple[float, ...] = ()


class Cut(Protocol):
    """How a shot or a title card is cut; see `shot`."""

    @property
    def card(self) -> Card | None:
        """What a title card shows; None for a shot."""

    @property
    def transition(self) -> str:
        """How its clip is made."""

    @property
    def start(self) -> float:
        """Seconds left out at its beginning."""

    @property
    def end(self) -> float | None:
        """The second at which it ends."""

    @property
    def fade(self) -> float:
        """Seconds of a cross-fade from the shot before."""

    @property
    def dip(self) -> float:
        """Seconds of a dip to black between the shot before and this one."""

    @property
    def captions(self) -> tuple[Caption, ...]:
        """What is said in it."""


def check_cut(one: Cut) -> None:
    """Check what can be told of a shot alone.

    Raises:
        InvalidRequestError: its times contradict each other.
    """
    for name, value in (("start", one.start), ("end", one.end or 0), ("fade", one.fade), ("dip", one.dip)):
        if not isfinite(value):
            message = f"{name}: {value!r} is not a finite number of seconds."
            raise InvalidRequestError(message, parameter=name, value=value)
    if one.end is not None and one.end <= one.start:
        message = f"end: {one.end:g} is not after start={one.start:g}."
        raise InvalidRequestError(message, parameter="end", value=one.end)
    if one.fade and one.dip:
        message = "dip: a shot either fades in from the one before (fade) or comes out of black (dip), not both."
        raise InvalidRequestError(message, parameter="dip", value=one.dip)
    for name, value in (("start", one.start), ("fade", one.fade), ("dip", one.dip)):
        if value and one.transition == "extend":
            message = f"{name}: {value:g} has no place where a clip is extended, as both shots are one clip."
            raise InvalidRequestError(message, parameter=name, value=value)


def check_cuts(parts: Sequence[Cut]) -> None:
    """Check all parts of a film, also against each other.

    Raises:
        InvalidRequestError: the first fades, a card stands inside one clip, a shot that is extended ends early, or as
            for `check_cut`.
    """
    for one in parts:
        check_cut(one)
    for name, value in (("fade", parts[0].fade), ("dip", parts[0].dip)):
        if value:
            message = f"{name}: {value:g} needs a shot before; the first one has none."
            raise InvalidRequestError(message, parameter=name, value=value)
    number = 0
    for one, following in pairwise(parts):
        number += one.card is None
        if following.transition != "extend":
            continue
        if one.card is not None:
            message = f"transition: shot {number + 1} extends shot {number} as one clip, which no title card can part."
            raise InvalidRequestError(message, parameter="transition", value="extend")
        if one.end is not None:
            message = f"end: shot {number} is extended by shot {number + 1}, as one clip; give that one the end."
            raise InvalidRequestError(message, parameter="end", value=one.end)


def edits_of(parts: Sequence[Cut], spans: Sequence[Span]) -> list[Edit]:
    """What is shown of each clip, and the title cards between them."""
    places = [place for place, part in enumerate(parts) if part.card is None]
    shots, spans_by_place = [parts[place] for place in places], {places[span.first]: span for span in spans}
    found = []
    for place, part in enumerate(parts):
        if part.card is not None:
            label = f"the card {part.card.title!r}"
            found.append(Edit(part.card, label, fade=_exact(part.fade), dip=_exact(part.dip)))
        elif span := spans_by_place.get(place):
            after = places[span.last] + 1
            is_followed = after == len(parts) or (parts[after].card is None and not parts[after].start)
            found.append(_edit_of(shots, span, is_followed=is_followed))
    return found


def _edit_of(shots: Sequence[Cut], span: Span, *, is_followed: bool) -> Edit:
    one, end = shots[span.first], shots[span.last].end
    # What is cut off need not be left out; nor what is not seen again at once.
    runs_on = span.segment.runs_on and end is None and is_followed
    return Edit(
        replace(span.segment, runs_on=runs_on),
        f"shot {span.first + 1}",
        start=_exact(one.start),
        end=None if end is None else _exact(end),
        fade=_exact(one.fade),
        dip=_exact(one.dip),
        captions=tuple(_captions(shots[span.first : span.last + 1], span.joints)),
    )


def _captions(shots: Sequence[Cut], joints: Sequence[float]) -> Iterator[Caption]:
    """What is said in a clip; words without times are said as long as their own shot is seen."""
    begins = [Fraction(0), *map(_exact, joints)]
    for one, first, last in zip(shots, begins, [*begins[1:], None], strict=True):
        for caption in one.captions:
            timeless = not caption.begins and caption.ends is None
            yield replace(caption, begins=first, ends=last) if timeless else caption


def _exact(seconds: float) -> Fraction:
    # As people write them: a third of a second is not meant to the last bit.
    return Fraction(seconds).limit_denominator(100_000)
