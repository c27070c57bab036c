"""Pictures that are arrays of numbers, of numpy and of what can become such an array, as PyTorch's tensors."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidRequestError

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_SHAPES = "(height, width), (height, width, 3) or (height, width, 4)"
# What rounding may add to 0 and 1.
_SLACK = 1 / 255


def is_array(value: Any) -> bool:
    """Whether a value is an array or can become one; a table does not count."""
    # A data frame has `__array__` too, and its numbers are no picture.
    return not hasattr(value, "columns") and (
        hasattr(value, "__array__")
        or hasattr(value, "__array_interface__")
        or hasattr(value, "__cuda_array_interface__")
    )


def size_of(value: Any) -> tuple[int, int]:
    """The two largest extents of an array: width and height, in whichever order."""
    extents = sorted((extent for extent in getattr(value, "shape", ()) if isinstance(extent, int)), reverse=True)
    return (extents[0], extents[1]) if len(extents) > 1 else (0, 0)


def picture_of(value: Any, parameter: str) -> Any:
    """An array as a Pillow image.

    Whole numbers are levels: 0 to 65535 in 16 bits without a sign, in all others 0 to 255. Fractions go from 0 to 1.
    Channels come last; they come first in PyTorch's tensors, and where no other reading is possible.

    Args:
        value: an array of numpy, a tensor of PyTorch, or what ``numpy.asarray`` takes.
        parameter: the name to use in messages.

    Raises:
        InvalidRequestError: its shape or its numbers are no picture's.
    """
    import numpy as np
    from PIL import Image

    # Only PyTorch's convention is channels first; a numpy array of three rows may be meant as it stands.
    tensor = hasattr(value, "detach")
    try:
        array = np.asarray(_on_cpu(value))
    except (TypeError, ValueError, RuntimeError) as error:
        raise _refusal(value, parameter, f"cannot be read as an array of numpy: {error}") from error
    array = _to_levels(_height_width_channels(array, value, parameter, first=tensor), value, parameter)
    channels = array.shape[2]
    plain = np.ascontiguousarray(array[:, :, 0] if channels == 1 else array)
    return Image.frombytes(_MODES[channels], (array.shape[1], array.shape[0]), plain.tobytes())


def _on_cpu(value: Any) -> Any:
    """A tensor without its gradients, in main memory and in a type that numpy has."""
    for step in ("detach", "cpu"):
        if callable(getattr(value, step, None)):
            value = getattr(value, step)()
    # numpy has no such type, and refuses the tensor.
    if "bfloat16" in str(getattr(value, "dtype", "")):
        value = value.float() if hasattr(value, "float") else value.astype("float32")
    return value


def _refusal(value: Any, parameter: str, words: str) -> InvalidRequestError:
    shape = tuple(getattr(value, "shape", ()))
    text = f"{parameter}: an array of shape {shape} and type {getattr(value, 'dtype', '')} {words}."
    return InvalidRequestError(text, parameter=parameter, value=shape)


def _height_width_channels(array: Any, value: Any, parameter: str, *, first: bool) -> Any:
    """The array as height, width, channels."""
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim == 3:
        last_fits, first_fits = array.shape[2] in _MODES, array.shape[0] in {1, 3, 4}
        if first_fits and (first or not last_fits):
            array, last_fits = array.transpose(1, 2, 0), True
        if last_fits and array.size:
            return array
    several = " It seems to hold several pictures; give one of them" if array.ndim > 3 else ""
    raise _refusal(value, parameter, f"is not a picture; give one of shape {_SHAPES}.{several}".rstrip("."))


def _to_levels(array: Any, value: Any, parameter: str) -> Any:
    """The array as levels from 0 to 255."""
    kind = array.dtype.kind
    if kind == "b":
        return array.astype("uint8") * 255
    if kind == "u" and array.dtype.itemsize <= 2:
        return array if array.dtype.itemsize == 1 else (array.astype("uint32") * 255 // 65535).astype("uint8")
    if kind not in "iuf":
        raise _refusal(value, parameter, "holds no numbers that are levels; give uint8, or fractions from 0 to 1")
    low, high = array.min(), array.max()
    most, slack = (1, _SLACK) if kind == "f" else (255, 0)
    # Written so that what is not a number does not fit either.
    if not (low >= -slack and high <= most + slack):
        words = f"goes from {low:g} to {high:g}; {'fractions go from 0 to 1' if most == 1 else 'levels go to 255'}"
        raise _refusal(value, parameter, f"{words}. Scale it, or give uint8")
    if kind == "f":
        # Half a level up, since the conversion to whole numbers cuts off.
        return (array.astype("float32").clip(0, 1) * 255 + 0.5).astype("uint8")
    return array.astype("uint8")
