"""The clips: a recipe goes in, an MP4 comes out, the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from PIL import Image, ImageOps

from . import encoding
from .overlay import Overlay
from .palettes import choose
from .planes import Planes
from .scene import CROSSFADE_FRAMES, FPS, Fade, Landscape, Scene, Stills
from .sound import chord

_SHORT_SIDE = {"360p": 360, "720p": 720, "1024p": 1024, "1080p": 1080, "4k": 2160}
# Sora's large size is not quite 16:9.
_LONG_SIDE = {"1024p": 1792}
_SMALL = {"16:9": (160, 90), "9:16": (90, 160)}
# A little over half a second: long enough not to be a cut, too short to be seen as a pause.
_CONTINUE_FRAMES = 14

ReadMedia = Callable[[str], bytes]


class RenderingStoppedError(Exception):
    """The emulator was stopped while a clip was being rendered."""


@dataclass(frozen=True)
class Recipe:
    """Everything a clip depends on.

    Attributes:
        model: the model's id.
        prompt: the text to burn in.
        resolution: ``360p``, ``720p``, ``1024p``, ``1080p`` or ``4k``; or width x height, such as ``832x480``.
        aspect_ratio: ``16:9`` or ``9:16``.
        duration_seconds: the length; of an extension, the length of what is added.
        seed: what was asked for, if anything.
        sample: the index of this clip among its siblings.
        samples: how many siblings there are.
        audio: whether there is sound.
        negative_prompt: what to avoid; it changes the picture, as any word does.
        first_frame: the key of a picture, see `ReadMedia`.
        last_frame: the key of a picture.
        references: keys of pictures.
        source: the key of a video to extend; with a duration of 0, one to write over.
        crop: whether a picture of another shape is cropped to fit; otherwise it is padded.
        scene: the `draw` of another recipe, whose scene this clip shows again; ``None``: one of its own.
        theme: earlier prompts of that scene, whose words colour it where the prompt says nothing.
        fps: frames a second.
    """

    model: str
    prompt: str
    resolution: str
    aspect_ratio: str
    duration_seconds: float
    seed: int | None = None
    sample: int = 0
    samples: int = 1
    audio: bool = True
    negative_prompt: str = ""
    first_frame: str | None = None
    last_frame: str | None = None
    references: tuple[str, ...] = ()
    source: str | None = None
    crop: bool = False
    scene: int | None = None
    theme: str = ""
    fps: int = FPS

    @property
    def key(self) -> str:
        """A name for the clip: the same for the same recipe."""
        values = asdict(self)
        if self.scene is None:
            # These two came later; without them a clip looks as it always did.
            del values["scene"], values["theme"]
        if self.fps == FPS:
            del values["fps"]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def draw(self) -> int:
        """The number that everything random about the clip follows from."""
        if self.scene is not None:
            return self.scene
        # The same request in another size shows the same scene, so that an upscale can be told as one.
        alike = replace(self, resolution="", sample=0, samples=1)
        # A prime far from any count of samples, so that siblings do not meet each other's scenes.
        return int(alike.key[:12], 16) + 7919 * self.sample

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        if "x" in self.resolution:
            width, _, height = self.resolution.partition("x")
            return int(width), int(height)
        short = _SHORT_SIDE[self.resolution]
        long = _LONG_SIDE.get(self.resolution, short * 16 // 9)
        return (long, short) if self.aspect_ratio == "16:9" else (short, long)

    @property
    def frames(self) -> int:
        """How many frames are made, without those of a source."""
        return round(self.duration_seconds * FPS)

    def facts(self) -> str:
        """The line of settings under the prompt."""
        seed = "seed drawn" if self.seed is None else f"seed {self.seed}"
        parts = [self.model, seed, self.resolution, self.aspect_ratio, self._length_text()]
        if self.samples > 1:
            parts.append(f"sample {self.sample + 1} of {self.samples}")
        return "  ·  ".join(parts)

    def _length_text(self) -> str:
        if not self.source:
            return f"{self.duration_seconds:g} s"
        return f"+{self.duration_seconds:g} s" if self.frames else "edited"


def film(recipe: Recipe, path: Path, read: ReadMedia, stopped: Callable[[], bool]) -> None:
    """Render `recipe` to an MP4 at `path`.

    Raises:
        RenderingStoppedError: `stopped` answered true between two frames.
    """
    source = read(recipe.source) if recipe.source else b""
    before = encoding.probe(source).frames if source else 0
    sound = _make_sound(recipe, source, before) if recipe.audio else None
    shots = _frames_with_source(recipe, source, before, read) if source else _new_frames(recipe, read)
    encoding.write(path, recipe.size, _unless_stopped(stopped, shots), sound, recipe.fps)


def _unless_stopped(stopped: Callable[[], bool], frames: Iterator[Planes]) -> Iterator[Planes]:
    for frame in frames:
        # Between frames: the encoder cannot be interrupted, and a 4k clip takes long.
        if stopped():
            raise RenderingStoppedError
        yield frame


def _make_sound(recipe: Recipe, source: bytes, before: int) -> bytes:
    new = chord(recipe.draw, recipe.frames * encoding.SAMPLES_PER_FRAME)
    return encoding.sound_of(source, before) + new if source else new


def _make_overlay(recipe: Recipe, frames: int, read: ReadMedia) -> Overlay:
    insets = tuple(_open_picture(read(key)) for key in recipe.references)
    return Overlay(recipe.size, " ".join(recipe.prompt.split()), recipe.facts(), frames, insets)


def _make_scene(recipe: Recipe, read: ReadMedia) -> Scene:
    first = _given_picture(recipe.first_frame, recipe, read)
    last = _given_picture(recipe.last_frame, recipe, read)
    # With a first picture the land would have nothing to do with what was given.
    if first is not None:
        return Stills(first, last, recipe.frames)
    land = _make_landscape(recipe, recipe.sample)
    return land if last is None else Fade(last, land, FPS, ends_at=recipe.frames)


def _new_frames(recipe: Recipe, read: ReadMedia) -> Iterator[Planes]:
    scene, overlay = _make_scene(recipe, read), _make_overlay(recipe, recipe.frames, read)
    for index in range(recipe.frames):
        canvas = scene.frame(index)
        overlay.onto(canvas, index, _card_opacity(recipe, index))
        yield canvas


def _card_opacity(recipe: Recipe, index: int) -> float:
    # Given pictures are shown without the card, so that they come out as they went in.
    opening = index / CROSSFADE_FRAMES if recipe.first_frame or recipe.source else 1.0
    closing = (recipe.frames - 1 - index) / CROSSFADE_FRAMES if recipe.last_frame else 1.0
    return min(1.0, opening, closing)


def _make_landscape(recipe: Recipe, sample: int) -> Landscape:
    palette = choose(f"{recipe.theme} {recipe.prompt}", recipe.draw, sample)
    return Landscape(recipe.size, recipe.frames, palette, recipe.draw)


def _frames_with_source(recipe: Recipe, source: bytes, before: int, read: ReadMedia) -> Iterator[Planes]:
    if recipe.frames:
        return _extended_frames(recipe, source, before, read)
    return _retouched_frames(recipe, source, before, read)


def _retouched_frames(recipe: Recipe, source: bytes, before: int, read: ReadMedia) -> Iterator[Planes]:
    overlay = _make_overlay(recipe, before, read)
    for index, canvas in enumerate(encoding.pictures(source, recipe.size)):
        overlay.onto(canvas, index)
        yield canvas


def _extended_frames(recipe: Recipe, source: bytes, before: int, read: ReadMedia) -> Iterator[Planes]:
    overlay = _make_overlay(recipe, before + recipe.frames, read)
    last: Planes | None = None
    for canvas in encoding.pictures(source, recipe.size):
        # The canvas is drawn on next, and the continuation begins with the bare picture.
        last = canvas.copy()
        # The source has clock and card in it already.
        overlay.badge(canvas)
        yield canvas
    land = _make_landscape(recipe, 0)
    scene: Scene = land if last is None else Fade(last, land, _CONTINUE_FRAMES)
    for index in range(recipe.frames):
        canvas = scene.frame(index)
        overlay.onto(canvas, before + index, _card_opacity(recipe, index))
        yield canvas


def _open_picture(data: bytes) -> Image.Image:
    # Phones store pictures lying on their side and say so in EXIF alone.
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")


def _given_picture(key: str | None, recipe: Recipe, read: ReadMedia) -> Planes | None:
    if key is None:
        return None
    fit = ImageOps.fit if recipe.crop else ImageOps.pad
    return Planes.of(fit(_open_picture(read(key)), recipe.size, Image.Resampling.LANCZOS))


def small(path: Path, aspect_ratio: str, frames: int, *, audio: bool, fps: int = FPS) -> None:
    """Render a tiny clip of `frames` frames that says nothing about any request, for tests of load."""
    size = _SMALL[aspect_ratio]
    land = Landscape(size, frames, choose("", 1, 0), 1)
    overlay = Overlay(size, "", "", frames)

    def shots() -> Iterator[Planes]:
        for index in range(frames):
            canvas = land.frame(index)
            overlay.badge(canvas)
            yield canvas

    encoding.write(path, size, shots(), chord(1, frames * encoding.SAMPLES_PER_FRAME) if audio else None, fps)


def presented(clip: bytes, size: tuple[int, int]) -> bytes:
    """`clip` with a header that gives its picture this size, whatever it really is."""
    at = -1
    found = bytearray(clip)
    while (at := found.find(b"tkhd", at + 1)) >= 0:
        # Width and height are the last fields of a track's header, as 16.16; a track of sound has neither.
        end = at - 4 + int.from_bytes(found[at - 4 : at], "big")
        if any(found[end - 8 : end]):
            found[end - 8 : end] = struct.pack(">II", size[0] << 16, size[1] << 16)
            break
    return bytes(found)


def marked(clip: bytes, mark: str) -> bytes:
    """`clip` with a box of free space at its end that holds `mark`: other bytes, the same video."""
    return clip + _free_box(mark.encode())


def enlarged(clip: bytes, size: int) -> bytes:
    """`clip` with a box of free space at its end that makes it `size` bytes long, if it is shorter."""
    missing = size - len(clip)
    return clip if missing < 8 else clip + _free_box(bytes(missing - 8))


def _free_box(content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), b"free") + content
