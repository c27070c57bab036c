"""Pictures and clips as people bring them, each with what is right: for the tests, and for the list in the docs."""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import PIL.Image
import PIL.ImageCms
import pillow_heif

from .made_clips import Made

# Wider than high, and red on its left: so that what was turned or mirrored is seen.
SIZE = (64, 36)
PROFILE = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()


@dataclass(frozen=True)
class Picture:
    """A picture in the form in which somebody has it.

    Attributes:
        group: what the docs list it under; empty: it is not listed.
        make: brings it, given an empty folder.
        mime: what is sent; empty where it is refused.
        words: of the refusal.
        size: of what is sent.
    """

    name: str
    group: str
    make: Callable[[Path], Any]
    mime: str = "image/png"
    words: str = ""
    size: tuple[int, int] = SIZE


def picture(mode: str = "RGB", size: tuple[int, int] = SIZE) -> PIL.Image.Image:
    """Red on the left and blue on the right."""
    made = PIL.Image.new("RGB", size, (20, 40, 220))
    made.paste((220, 30, 20), (0, 0, size[0] // 2, size[1]))
    return made.convert(mode)


def encoded(kind: str, image: PIL.Image.Image | None = None, **options: Any) -> bytes:
    """It in a file's bytes."""
    buffer = io.BytesIO()
    (image or picture()).save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(data))


def turned() -> bytes:
    """It as a phone that is held upright writes it: on its side, with a word on how to turn it."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    return encoded("JPEG", picture().transpose(PIL.Image.Transpose.ROTATE_90), exif=exif, quality=95)


def heic() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(buffer, quality=90)
    return buffer.getvalue()


def not_rewound() -> io.BytesIO:
    buffer = io.BytesIO()
    picture().save(buffer, "PNG")
    return buffer


def at(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def text_file(folder: Path) -> Any:
    return at(folder, "a.jpg", encoded("JPEG")).open(encoding="utf-8")


def closed(folder: Path) -> Any:
    with at(folder, "a.png", encoded("PNG")).open("rb") as file:
        return file


def spooled(_: Path) -> Any:
    file = tempfile.SpooledTemporaryFile()  # noqa: SIM115 (whoever is given it reads it)
    file.write(encoded("PNG"))
    return file


def array(kind: str = "uint8") -> np.ndarray:
    levels = np.asarray(picture())
    return levels if kind == "uint8" else (levels / 255).astype(kind)


class Tensor:
    """What PyTorch's tensors have of numpy's, channels first; one with a gradient cannot be read as it is."""

    def __init__(self, levels: np.ndarray, *, gradient: bool = True) -> None:
        self.levels, self.gradient, self.shape, self.dtype = levels, gradient, levels.shape, levels.dtype

    def detach(self) -> Tensor:
        return Tensor(self.levels, gradient=False)

    def cpu(self) -> Tensor:
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if self.gradient:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.levels


def figure() -> Any:
    from matplotlib.figure import Figure

    made = Figure(figsize=(6.4, 3.6), dpi=100)
    made.subplots(2)[0].plot([1, 2])
    return made


def frame(folder: Path, **made: Any) -> av.VideoFrame:
    with av.open(str(Made(seconds=0.5, flash=0, size=SIZE, **made).write(folder / "clip.mp4"))) as clip:
        return next(clip.decode(video=0))


def noise(mode: str) -> PIL.Image.Image:
    made = PIL.Image.merge("RGB", [PIL.Image.effect_noise((4000, 3000), 60)] * 3)
    return made if mode == "RGB" else made.convert(mode)


def huge() -> bytes:
    return encoded("PNG", PIL.Image.new("1", (16_384, 16_384)))


def address(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


_FILES, _PILLOW, _NUMBERS = "files and their bytes", "Pillow images", "arrays and tensors"
_DRAWN, _CONVERTED, _NOT = "figures and frames", "converted to JPEG", "refused, with the way out"

PICTURES = (
    Picture("a path", _FILES, lambda folder: at(folder, "ä b.png", encoded("PNG"))),
    Picture("a path as text", _FILES, lambda folder: str(at(folder, "a.webp", encoded("WEBP"))), "image/webp"),
    Picture("bytes", _FILES, lambda _: encoded("JPEG"), "image/jpeg"),
    Picture("a memoryview", _FILES, lambda _: memoryview(encoded("PNG"))),
    Picture("a file opened as text", _FILES, text_file, "image/jpeg"),
    Picture("a buffer that was not rewound", _FILES, lambda _: not_rewound()),
    Picture("a `data:` address", _FILES, lambda _: address(encoded("PNG"))),
    Picture("one in lines, as mail has it", "", lambda _: address(encoded("PNG")).replace("A", "A\r\n").rstrip("=")),
    Picture("a file that lies nowhere", "", spooled),
    Picture("a photograph on its side", _FILES, lambda _: turned(), "image/jpeg", size=(36, 64)),
    Picture("any mode that PNG has", _PILLOW, lambda _: picture("RGBA")),
    Picture("one that was opened turned", _PILLOW, lambda _: opened(turned())),
    Picture("one with a colour profile", _PILLOW, lambda _: opened(encoded("PNG", icc_profile=PROFILE))),
    Picture("one whose PNG is too large", _PILLOW, lambda _: noise("RGB"), "image/jpeg", size=(4000, 3000)),
    Picture("a see-through one that is too large", "", lambda _: noise("RGBA"), "image/webp", size=(4000, 3000)),
    Picture("levels, `uint8`", _NUMBERS, lambda _: array()),
    Picture("fractions from 0 to 1", _NUMBERS, lambda _: array("float64")),
    Picture("`float16`", "", lambda _: array("float16")),
    Picture("grey", _NUMBERS, lambda _: array()[:, :, 0]),
    Picture("see-through", "", lambda _: np.dstack([array(), np.full((36, 64), 255, "uint8")])),
    Picture("one bit", "", lambda _: array()[:, :, 0] > 99),
    Picture("16 bits", "", lambda _: array().astype("uint16") * 257),
    Picture("whole numbers up to 255", "", lambda _: array().astype("int64")),
    Picture("a batch of one", "", lambda _: array()[None]),
    Picture("rows that are not side by side", "", lambda _: np.asfortranarray(array())),
    Picture("a tensor, channels first", _NUMBERS, lambda _: Tensor(array("float32").transpose(2, 0, 1))),
    Picture("a figure of matplotlib", _DRAWN, lambda _: figure(), size=(640, 360)),
    Picture("axes, which stand for their figure", _DRAWN, lambda _: figure().axes[0], size=(640, 360)),
    Picture("a frame of PyAV", _DRAWN, frame),
    Picture("a frame of a clip that is turned", "", lambda folder: frame(folder, turn=90), size=(36, 64)),
    Picture("AVIF", _CONVERTED, lambda _: encoded("AVIF"), "image/jpeg"),
    Picture("HEIC (with `pillow-heif`)", _CONVERTED, lambda folder: at(folder, "IMG_1.HEIC", heic()), "image/jpeg"),
    Picture("a GIF", _NOT, lambda _: encoded("GIF"), "", "is not a PNG, JPEG or WebP image but a GIF. Give"),
    Picture("a TIFF", _NOT, lambda _: encoded("TIFF"), "", "but a TIFF"),
    Picture("a BMP", "", lambda _: encoded("BMP"), "", "but a BMP"),
    Picture("a PDF", "", lambda _: b"%PDF-1.7\n", "", "but a PDF"),
    Picture("an SVG", "", lambda _: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "", "but an SVG"),
    Picture("a clip", "", lambda folder: Made(flash=0).write(folder / "a.mp4"), "", "but a video clip"),
    Picture("a damaged AVIF", "", lambda _: encoded("AVIF")[:60], "", "cannot be converted here"),
    Picture("more than 178 megapixels", _NOT, lambda _: huge(), "", "268 megapixels (16384×16384); at most 178"),
    Picture("as many in an array", "", lambda _: np.broadcast_to(np.uint8(7), (16_384, 16_384)), "", "268 megapixels"),
    Picture("fractions beyond 1", _NOT, lambda _: array("float64") * 255, "", "fractions go from 0 to 1"),
    Picture("no number", "", lambda _: np.full((4, 4), np.nan), "", "goes from nan to nan"),
    Picture("several pictures in one array", _NOT, lambda _: np.zeros((5, 36, 64, 3)), "", "hold several pictures"),
    Picture("a number", "", lambda _: np.float64(3), "", "is not a picture"),
    Picture("an empty array", "", lambda _: np.zeros((0, 4)), "", "is not a picture"),
    Picture("an array of texts", "", lambda _: np.array([["a"]]), "", "no numbers that are levels"),
    Picture("a damaged `data:` address", "", lambda _: "data:image/png;base64,%%%", "", "is not base64"),
    Picture("a class", "", lambda _: np.ndarray, "", "type is not an image"),
    Picture("a Pillow image of no size", "", lambda _: PIL.Image.new("RGB", (0, 0)), "", "(cannot write empty image)."),
    Picture("a Pillow image for print", "", lambda _: picture("CMYK"), "", "use image.convert('RGB')."),
    Picture("a closed file", "", closed, "", "the file cannot be read"),
)  # fmt: skip


@dataclass(frozen=True)
class Clip:
    """A clip with what is told of it: seconds, width and height as shown, frames a second, whether it has sound."""

    name: str
    made: Made
    right: tuple[float, int, int, float, bool]


CLIPS = (
    Clip("plain", Made(), (2, 320, 180, 24, True)),
    Clip("of QuickTime", Made(format="mov"), (2, 320, 180, 24, True)),
    Clip("silent", Made(sound=0), (2, 320, 180, 24, False)),
    Clip("upright", Made(size=(180, 320)), (2, 180, 320, 24, True)),
    Clip("turned by its matrix", Made(turn=-90), (2, 180, 320, 24, True)),
    Clip("turned upside down", Made(turn=180), (2, 320, 180, 24, True)),
    Clip("pixels that are not square", Made(size=(240, 180), shape=Fraction(4, 3)), (2, 320, 180, 24, True)),
    Clip("in fragments", Made(flags="frag_keyframe+empty_moov+delay_moov"), (2, 320, 180, 24, True)),
    Clip("in fragments after a part", Made(flags="frag_keyframe"), (2, 320, 180, 24, True)),
    Clip("at changing intervals", Made(jitter=True, fps=Fraction(30)), (2, 320, 180, 30, True)),
    Clip("cut by an edit list", Made(hidden=0.7), (2, 320, 180, 24, True)),
    Clip("cut within a picture", Made(hidden=0.67, fps=Fraction(30)), (2, 320, 180, 30, True)),
    Clip("sound that begins late", Made(late=0.4), (2, 320, 180, 24, True)),
    Clip("cut, and late", Made(hidden=0.7, late=0.9), (2, 320, 180, 24, True)),
    Clip("44.1 kHz, one channel", Made(sound=44_100, layout="mono"), (2, 320, 180, 24, True)),
    Clip("8 kHz", Made(sound=8_000, layout="mono"), (2, 320, 180, 24, True)),
    Clip("of television", Made(fps=Fraction(24_000, 1001)), (2.002, 320, 180, 23.976, True)),
    Clip("25 frames a second", Made(fps=Fraction(25)), (2, 320, 180, 25, True)),
    Clip("HEVC", Made(codec="libx265", tag="hvc1"), (2, 320, 180, 24, True)),
)


def listed() -> list[tuple[str, str]]:
    """What the docs say is taken, by groups."""
    groups = dict.fromkeys(one.group for one in PICTURES if one.group)
    return [(group, "; ".join(one.name for one in PICTURES if one.group == group)) for group in groups]
