"""Frames of a clip as PyAV decodes them, as pictures: upright, in square pixels, in the colours that browsers show."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

# The numbers of ISO/IEC 23091-2 for a matrix that is not said, BT.709's, and that of standard definition.
_UNSPECIFIED, BT709, _SD = 2, 1, 6
# From so many lines on, browsers take what says nothing for BT.709.
_HD_LINES = 720


def matrix_of(said: int, height: int) -> int:
    """The matrix that turns numbers into colours; for what is not tagged, the one that browsers take.

    Args:
        said: the file's word, as ISO/IEC 23091-2 numbers them.
        height: of the picture as it is stored.
    """
    if said != _UNSPECIFIED:
        return said
    return BT709 if height >= _HD_LINES else _SD


def turn_of(frame: Any) -> int:
    """Degrees, anticlockwise, by which a frame is turned when it is shown: 0, 90, 180 or 270."""
    return round((getattr(frame, "rotation", 0) or 0) / 90) * 90 % 360


def picture_of(frame: Any, shape: Fraction | None = None) -> Any:
    """A frame as a Pillow image.

    Args:
        frame: as PyAV decodes it.
        shape: width to height of its pixels, which only the stream knows; None: square.

    Raises:
        ImportError: Pillow is not installed.
    """
    frame.colorspace = matrix_of(int(frame.colorspace), frame.height)
    width = round(frame.width * shape) if shape and shape > 0 else frame.width
    picture = frame.to_image(width=width)
    turn = turn_of(frame)
    return picture.rotate(turn, expand=True) if turn else picture
