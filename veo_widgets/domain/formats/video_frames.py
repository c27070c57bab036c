"""Frames of a clip as PyAV decodes them, as pictures: upright, in square pixels, in the colours that browsers show."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import PIL.Image

    Picture: TypeAlias = PIL.Image.Image

# The numbers of ISO/IEC 23091-2 for a matrix that is not said, BT.709's, and that of standard definition.
_UNSPECIFIED, BT709, _SD = 2, 1, 6
# From so many lines on, browsers take what says nothing for BT.709.
_HD_LINES = 720
# Width to height of a pixel; that of film in anamorphic widths is 2.
_MOST_STRETCHED = Fraction(16)


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


def size_of(frame: Any, shape: Fraction | None = None) -> tuple[int, int]:
    """Width and height of a frame as it is shown: upright, in square pixels.

    Args:
        frame: as PyAV decodes it.
        shape: width to height of its pixels, which only the stream knows; None: square.
    """
    # Beyond that it is damage, and a picture of that size would fill the memory.
    stretch = shape if shape and 1 / _MOST_STRETCHED <= shape <= _MOST_STRETCHED else Fraction(1)
    width, height = max(round(frame.width * stretch), 1), frame.height
    return (height, width) if turn_of(frame) % 180 else (width, height)


def picture_of(frame: Any, shape: Fraction | None = None, most: tuple[int, int] | None = None) -> Picture:
    """A frame as a Pillow image.

    Args:
        frame: as PyAV decodes it.
        shape: as for `size_of`.
        most: width and height, as it is shown, that it is made smaller to fit in; None: as large as it is.

    Raises:
        ImportError: Pillow is not installed.
    """
    frame.colorspace = matrix_of(int(frame.colorspace), frame.height)
    width, height = size_of(frame, shape)
    if most:
        # Together with the change of colours, and before it is turned: what follows then has few pixels to go over.
        share = min(Fraction(most[0], width), Fraction(most[1], height), Fraction(1))
        width, height = (max(1, round(side * share)) for side in (width, height))
    turn = turn_of(frame)
    stored = (height, width) if turn % 180 else (width, height)
    picture: Picture = frame.to_image(width=stored[0], height=stored[1])
    return picture.rotate(turn, expand=True) if turn else picture
