"""Title cards of a film: words before, between or after its shots, which cost nothing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import ClassVar

from ...domain.arguments import FILE, NAME, NUMBER, SECONDS, accepts, instance_of
from ...domain.errors import InvalidRequestError
from ...domain.formats.title_cards import Colour, colour_of, lacks_direction
from ...domain.paths import expanded
from ...domain.printable import printable
from ...storage.films import stitching
from ...storage.films.cards import Card
from ...storage.films.edits import Caption
from .cutting import check_cut

_MOST_LETTERS, _SECONDS, _MOST_SECONDS = 500, 3.0, 60
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_TEXT_OR_NOTHING = NAME | instance_of(type(None), "None")


@dataclass(frozen=True)
class TitleCard:
    """A card with words in a film, as `title_card` makes it."""

    card: Card
    fade: float = 0.0
    dip: float = 0.0
    # As a shot has them.
    transition: ClassVar[str] = "cut"
    start: ClassVar[float] = 0.0
    end: ClassVar[None] = None
    captions: ClassVar[tuple[Caption, ...]] = ()


@accepts(text=NAME, seconds=NUMBER, background=NAME, color=_TEXT_OR_NOTHING, font=FILE, fade=SECONDS, dip=SECONDS)
def title_card(
    text: str,
    *,
    seconds: float | None = _SECONDS,
    background: str = "black",
    color: str | None = None,
    font: str | Path | None = None,
    fade: float = 0.0,
    dip: float = 0.0,
) -> TitleCard:
    """A card with words for `film`, before, between or after its shots; it costs nothing.

    Words are as large as they fit, in every shape that the film is rendered in.

    Args:
        text: the words; a line break begins a new line.
        seconds: how long it is shown, up to 60.
        background: a colour, as ``#1c1c1e`` or by its name in CSS.
        color: of the letters, likewise; default is white or black, whichever is read better.
        font: a typeface's file; default is one that is there.
        fade: seconds of a cross-fade from what comes before.
        dip: seconds of a dip to black between what comes before and this card.

    Raises:
        InvalidRequestError: there are no words or too many, no such colour, or no such typeface.
        MissingExtraError: the extra ``media`` is not installed.
    """
    stitching.check_extra()
    words = "\n".join(printable(" ".join(line.split())) for line in text.strip().splitlines())
    if not words or len(words) > _MOST_LETTERS:
        message = f"text: a card takes from 1 to {_MOST_LETTERS} letters, and these are {len(words)}."
        raise InvalidRequestError(message, parameter="text", value=text)
    if lacks_direction(words):
        message = "text: right-to-left writing needs the library FriBidi, which this system lacks; install libfribidi."
        raise InvalidRequestError(message, parameter="text", value=text)
    seconds = _SECONDS if seconds is None else seconds
    if not (isfinite(seconds) and 0 < seconds <= _MOST_SECONDS):
        message = f"seconds: {seconds:g} is not a length of a card, from 0 to {_MOST_SECONDS} seconds."
        raise InvalidRequestError(message, parameter="seconds", value=seconds)
    ground = _colour("background", background)
    ink = _colour("color", color) if color else _readable_on(ground)
    card = Card(words, Fraction(seconds).limit_denominator(100_000), ground, ink, expanded(font) if font else None)
    card.check()
    made = TitleCard(card, fade or 0.0, dip or 0.0)
    check_cut(made)
    return made


def _colour(name: str, value: str) -> Colour:
    colour = colour_of(value)
    if colour is None:
        message = f"{name}: {value!r} is no colour; write it as #1c1c1e or by its name, such as navy."
        raise InvalidRequestError(message, parameter=name, value=value)
    return colour


def _readable_on(ground: Colour) -> Colour:
    red, green, blue = ground
    # The weights of BT.601, which the eye has for light.
    return _BLACK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else _WHITE
