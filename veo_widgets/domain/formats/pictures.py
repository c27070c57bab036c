"""Pictures in any form that people have them in, as the bytes of a PNG, JPEG or WebP.

What is already one of these stays as it is but for its metadata. Everything else goes through Pillow, which is asked
for only then.
"""

from __future__ import annotations

import base64
import io
import os
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol, runtime_checkable
from urllib.parse import unquote, unquote_to_bytes

from ..errors import InvalidRequestError, MissingExtraError
from . import arrays, video_frames
from .image_metadata import BrokenImageError, size_of, stripped

# The service's own limit for one image: https://ai.google.dev/gemini-api/docs/video
MAX_IMAGE_BYTES = 20_000_000
# Pillow, which services commonly read pictures with, refuses more than this as an attack.
MAX_PIXELS = 178_956_970

_STARTS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_OTHERS = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG"),
    (b"<", "a text of XML or HTML"),
)
# From the registrations at https://mp4ra.org; `mif1` and `msf1` are shared by both, and mostly HEIC's.
_BRANDS = {"AVIF": {b"avif", b"avis"}, "HEIC": {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}}
_TAKEN = "a path, bytes, a binary file, an address, a Pillow image, an array, a figure of matplotlib or a frame of PyAV"
_ENDING = re.compile(r"\.(avif|hei[cf]s?|hif)$", re.IGNORECASE)
# Tried one after the other until one is small enough.
_QUALITIES = (95, 90, 80, 70)


@runtime_checkable
class _PillowImage(Protocol):
    mode: str
    size: tuple[int, int]

    def save(self, fp: IO[bytes], format: str) -> None: ...  # noqa: A002 (Pillow's own name)


@runtime_checkable
class _File(Protocol):
    def read(self, size: int, /) -> object: ...


def sniff_image(data: bytes) -> str | None:
    """The MIME type that the first bytes of `data` speak of, or None if it is no image the services take."""
    for start, mime in _STARTS:
        if data.startswith(start):
            return mime
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def taken(value: object, parameter: str) -> tuple[bytes, str, str]:
    """A picture without its metadata: its bytes, their MIME type, and a name to call it by.

    Args:
        value: what `Image.of` takes, but for addresses of the web and of buckets.
        parameter: the name to use in messages.

    Raises:
        InvalidRequestError: unreadable, of no kind that is taken or can be converted, cut off, or too large.
        MissingExtraError: it needs Pillow, which is not installed.
    """
    data, name = _read_value(value, parameter)
    mime = sniff_image(data)
    if mime is None:
        data, mime = _convert_photo(data, name, parameter)
        name = _ENDING.sub("", name) + f".{mime.removeprefix('image/')}"
    # Before the parts are read: a file that was read up to the limit only would seem to be cut off.
    if len(data) > MAX_IMAGE_BYTES:
        limit = f"{MAX_IMAGE_BYTES // 10**6} MB"
        way = "Pass PIL.Image.open(…) instead, and it is sent as a smaller JPEG"
        raise _refusal(parameter, f"{name!r} is over {limit}; at most {limit} are accepted. {way}.", name)
    try:
        data = stripped(data, mime)
        _check_size(size_of(data, mime), name, parameter)
    except BrokenImageError as error:
        raise _refusal(parameter, f"{name!r} is not a complete image: {error}.", name) from None
    return data, mime, name


def _refusal(parameter: str, text: str, value: object) -> InvalidRequestError:
    return InvalidRequestError(f"{parameter}: {text}", parameter=parameter, value=value)


def _check_size(size: tuple[int, int], name: str, parameter: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        text = f"{name!r} has {width * height / 1e6:.0f} megapixels ({width}×{height}); at most "
        raise _refusal(parameter, f"{text}{MAX_PIXELS // 10**6} are accepted. Make it smaller.", name)


def _read_value(value: object, parameter: str) -> tuple[bytes, str]:
    """The bytes behind `value` and a name to call them by."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value), "bytes"
    if isinstance(value, str) and value[:5].lower() == "data:":
        return _data_address_bytes(value, parameter), "data: address"
    if isinstance(value, str | os.PathLike):
        return _read_path(value, parameter)
    # A class has what its objects have, but for what makes them a picture.
    made = None if isinstance(value, type) else _encode_object(value, parameter)
    if made is not None:
        return made
    if isinstance(value, _File) and (found := _read_open_file(value, parameter)) is not None:
        return found, Path(str(getattr(value, "name", None) or "file")).name
    raise _refusal(parameter, f"{type(value).__name__} is not an image; give {_TAKEN}.", value)


def _data_address_bytes(address: str, parameter: str) -> bytes:
    """What a ``data:`` address holds."""
    head, _, text = address.partition(",")
    try:
        if head.lower().endswith(";base64"):
            # As browsers read it: blanks say nothing, and its end needs no signs.
            digits = "".join(unquote(text).split()).rstrip("=")
            return base64.b64decode(digits.encode("ascii") + b"=" * (-len(digits) % 4), validate=True)
        return unquote_to_bytes(text)
    # Of base64, and of what is no ASCII.
    except ValueError:
        raise _refusal(parameter, f"the data: address {address[:30]!r}… is not base64.", address[:80]) from None


def _read_path(path: str | os.PathLike[str], parameter: str) -> tuple[bytes, str]:
    try:
        found = Path(path).expanduser()
        return _read_file(found), found.name
    # RuntimeError is a ~name without a home, ValueError a zero byte.
    except (OSError, RuntimeError, ValueError) as error:
        # pathlib ends its own sentences with a full stop.
        why = getattr(error, "strerror", None) or str(error).rstrip(".")
        text = f"cannot read {str(path)[:200]!r}: {why}. Give the path of an image file."
        raise _refusal(parameter, text, path) from error


def _read_file(path: Path) -> bytes:
    """A file's bytes, at most one more than are accepted, so that neither a film nor a device is read to its end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError("it is a device or a pipe")
    with path.open("rb") as file:
        return file.read(MAX_IMAGE_BYTES + 1)


def _read_open_file(file: _File, parameter: str) -> bytes | None:
    """What an open file holds: from where it stands, or from its beginning if no picture begins there."""
    # A file that was opened as text has the bytes beneath it.
    source: Any = getattr(file, "buffer", file)
    try:
        data = source.read(MAX_IMAGE_BYTES + 1)
        if isinstance(data, bytes) and sniff_image(data) is None and callable(getattr(source, "seek", None)):
            with suppress(OSError):
                source.seek(0)
                data = source.read(MAX_IMAGE_BYTES + 1)
    except (OSError, ValueError, TypeError) as error:
        raise _refusal(parameter, f"the file cannot be read: {error}.", file) from error
    return data if isinstance(data, bytes) else None


def _encode_object(value: Any, parameter: str) -> tuple[bytes, str] | None:
    """A picture that is an object of another package, encoded; None if it is not one."""
    if isinstance(value, _PillowImage):
        return _encode_pillow(value, parameter), "image.png"
    if hasattr(value, "savefig") or hasattr(value, "get_figure"):
        return _figure_png(value, parameter), "figure.png"
    if hasattr(value, "to_image") and hasattr(value, "reformat"):
        picture = _with_pillow("A frame as an image", lambda: video_frames.picture_of(value))
        return _encode_pillow(picture, parameter), "frame.png"
    if arrays.is_array(value):
        _check_size(arrays.size_of(value), "array", parameter)
        picture = _with_pillow("An array as an image", lambda: arrays.picture_of(value, parameter))
        return _encode_pillow(picture, parameter), "array.png"
    for name in ("_repr_png_", "_repr_jpeg_"):
        shown = getattr(value, name, None)
        data = shown() if callable(shown) and not isinstance(value, type) else None
        if isinstance(data, str | bytes) and data:
            return base64.b64decode(data) if isinstance(data, str) else data, "image"
    return None


def _with_pillow(what: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ImportError:
        raise MissingExtraError(what, "media") from None


def _figure_png(value: Any, parameter: str) -> bytes:
    """A figure as matplotlib saves it; axes stand for the figure that they are in."""
    figure = value
    # Axes lie in figures, subfigures and insets; an object that leads in a circle must end.
    for _ in range(4):
        if hasattr(figure, "savefig") or figure is None:
            break
        figure = figure.get_figure()
    if not hasattr(figure, "savefig"):
        raise _refusal(parameter, f"{type(value).__name__} is in no figure any more; give the figure.", value)
    buffer = io.BytesIO()
    try:
        figure.savefig(buffer, format="png")
    except (OSError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        raise _refusal(parameter, f"the figure cannot be drawn: {error}.", value) from error
    return buffer.getvalue()


def _encode_pillow(image: Any, parameter: str) -> bytes:
    """A Pillow image the right way up: as PNG, and where that is larger than is taken, as JPEG or WebP."""
    _check_size(image.size, "image", parameter)
    try:
        from PIL import ImageOps

        image = ImageOps.exif_transpose(image)
        data = _save_as(image, "PNG")
        return data if len(data) <= MAX_IMAGE_BYTES else smaller(image)
    # SyntaxError is Pillow's word for some broken files.
    except (OSError, ValueError, SyntaxError) as error:
        way = "; use image.convert('RGB')" if "mode" in str(error) else ""
        text = f"a Pillow image of mode {image.mode} cannot be sent ({error}){way}."
        raise _refusal(parameter, text, image) from error


def smaller(image: Any) -> bytes:
    """A Pillow image that is too large as PNG: JPEG, or WebP where parts of it can be seen through.

    Raises:
        OSError: it is too large even so, or of a mode that neither takes.
    """
    see_through = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    kind = "WEBP" if see_through else "JPEG"
    picture = image.convert("RGBA" if see_through else "RGB") if image.mode not in {"RGB", "L", "RGBA"} else image
    for quality in _QUALITIES:
        data = _save_as(picture, kind, quality=quality, **({"subsampling": 0} if kind == "JPEG" else {}))
        if len(data) <= MAX_IMAGE_BYTES:
            return data
    raise OSError(f"it is over {MAX_IMAGE_BYTES // 10**6} MB even as {kind}; make it smaller with image.resize")


def _save_as(image: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    # Only PNG keeps the profile by itself.
    image.save(buffer, format=kind, icc_profile=image.info.get("icc_profile"), **options)
    return buffer.getvalue()


def _convert_photo(data: bytes, name: str, parameter: str) -> tuple[bytes, str]:
    """A photograph in AVIF or HEIC as a JPEG, or as a PNG where parts of it can be seen through.

    Raises:
        InvalidRequestError: it is of no such kind, or nothing here can read it.
    """
    kind = _avif_or_heic(data)
    if kind is None:
        known = next((what for start, what in _OTHERS if data.lstrip()[:16].startswith(start)), "")
        known = known or ("a video clip" if data[4:8] == b"ftyp" or data.startswith(b"\x1aE\xdf\xa3") else "")
        more = f" but {known}. Give PIL.Image.open(…) if Pillow reads it, or save it as PNG" if known else ""
        if known == "a video clip":
            more = f" but {known}. player.frame(…) takes a frame out of one"
        raise _refusal(parameter, f"{name!r} is not a PNG, JPEG or WebP image{more}.", name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = _open_photo(data, kind)
            _check_size(image.size, name, parameter)
            from PIL import ImageOps

            image = ImageOps.exif_transpose(image)
            if image.mode in {"RGBA", "LA", "PA"}:
                return _encode_pillow(image, parameter), "image/png"
            return smaller(image), "image/jpeg"
    except ImportError:
        package = "'pillow>=11.3'" if kind == "AVIF" else "pillow-heif"
        way = f"pip install {package}, and it is converted; or save it as JPEG or PNG"
    # Pillow has an error of its own for too many pixels, which is none of these.
    except (OSError, ValueError, SyntaxError, RuntimeError) as error:
        way = f"It cannot be converted here ({error}); save it as JPEG or PNG"
    raise _refusal(parameter, f"{name!r} is not a PNG, JPEG or WebP image but {kind}. {way}.", name)


def _avif_or_heic(data: bytes) -> str | None:
    """AVIF or HEIC, by the brands in a file's first box."""
    if data[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    # Either may name `mif1` first and itself later.
    return next((kind for kind, own in _BRANDS.items() if own.intersection(brands)), None)


def _open_photo(data: bytes, kind: str) -> Any:
    from PIL import Image, features

    if kind == "HEIC":
        import pillow_heif

        return pillow_heif.open_heif(io.BytesIO(data)).to_pillow()
    if not features.check("avif"):
        raise ImportError("this Pillow reads no AVIF")
    try:
        return Image.open(io.BytesIO(data), formats=("AVIF",))
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from None
