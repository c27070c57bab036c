"""What is said in a shot, as people write it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isfinite
from typing import Any

from ...domain.arguments import NAME, SECONDS, SEVERAL, refusal, shown
from ...domain.errors import InvalidRequestError
from ...domain.printable import printable
from ...storage.films.edits import Caption

# Far more than can be read; the text track of an MP4 holds 65,535 bytes at a time.
_LONGEST = 2000
_FORM = "words, nor a list of (from, to, words) in seconds of the clip"


def captions_of(said: Any) -> tuple[Caption, ...]:
    """The captions of a shot.

    Args:
        said: words for all of the shot, or several ``(from, to, words)`` in seconds of its clip; None for none.

    Raises:
        InvalidRequestError: it is written otherwise, or a time is not after the one before.
    """
    if said is None:
        return ()
    if NAME.fits(said):
        return (Caption(_lines(said)),) if said.strip() else ()
    if not SEVERAL.fits(said):
        raise refusal("captions", said, _FORM)
    return tuple(_timed(list(said)))


def _timed(rows: list[Any]) -> Iterator[Caption]:
    for row in rows:
        parts = list(row) if SEVERAL.fits(row) else []
        if len(parts) != 3 or not NAME.fits(parts[2]) or not parts[2].strip():
            raise refusal("captions", row, _FORM)
        begins, ends, words = parts
        for value in (begins, ends):
            if value is None or not SECONDS.fits(value) or not isfinite(value):
                message = f"captions: {shown(value)} is not a number of seconds."
                raise InvalidRequestError(message, parameter="captions", value=value)
        if ends <= begins:
            message = f"captions: {ends:g} is not after {begins:g}."
            raise InvalidRequestError(message, parameter="captions", value=ends)
        yield Caption(_lines(words), _exact(begins), _exact(ends))


def _lines(words: str) -> str:
    if len(words) > _LONGEST:
        message = f"captions: {len(words)} letters are too many for a caption; {_LONGEST} are the most."
        raise InvalidRequestError(message, parameter="captions", value=words)
    # An empty line would end the caption.
    return "\n".join(printable(line.strip()) for line in words.splitlines() if line.strip())


def _exact(seconds: float) -> Fraction:
    return Fraction(seconds).limit_denominator(100_000)
