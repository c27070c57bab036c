"""The colours and the kind of land of a generated scene, chosen by words in the prompt or by its hash."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .planes import Colour


def _colour(text: str) -> Colour:
    value = int(text, 16)
    return value >> 16, value >> 8 & 255, value & 255


def _colours(text: str) -> tuple[Colour, ...]:
    return tuple(_colour(part) for part in text.split())


@dataclass(frozen=True)
class Palette:
    """One mood of the scene.

    Attributes:
        sky: colours from the zenith to the horizon.
        light: the colour of the sun or moon.
        cloud: the colour of clouds.
        land: colours from the farthest layer to the nearest.
        shapes: the form of each layer of land: ``peaks``, ``hills``, ``pines`` or ``waves``.
        words: prompts with one of these words get this palette.
        stars: whether the sky has stars.
    """

    sky: tuple[Colour, ...]
    light: Colour
    cloud: Colour
    land: tuple[Colour, ...]
    shapes: tuple[str, ...]
    words: frozenset[str]
    stars: bool = False


def _palette(sky: str, light: str, cloud: str, land: str, shapes: str, words: str, *, stars: bool = False) -> Palette:
    kinds = tuple(shapes.split())
    return Palette(
        _colours(sky), _colour(light), _colour(cloud), _colours(land), kinds, frozenset(words.split()), stars
    )


PALETTES = (
    _palette(
        "26375f 8a5a86 e8907d fbd08c", "fff0c4", "ffd9c2", "b5748a 86527f 543a6b 2a2547",
        "peaks peaks hills pines", "dawn sunrise morning",
    ),
    _palette(
        "2b87b3 7cc7de d6eee4 fbf4d9", "fffbe0", "ffffff", "86bfae 57a383 34805f 1d5a47",
        "hills hills hills hills", "garden meadow sunny spring cat dog puppy field park",
    ),
    _palette(
        "1b2a52 7b3a6c e2603f ffc265", "ffe2a0", "ff9d76", "b04a5c 7a3358 492350 221335",
        "peaks hills hills pines", "dusk sunset evening",
    ),
    _palette(
        "040a20 0b2a4f 146a7d 46b59b", "f1f7ff", "2f7f94", "175066 103c55 0b2a42 06162a",
        "peaks peaks hills pines", "night moon stars aurora space dark", stars=True,
    ),
    _palette(
        "5a4a8c a18cd1 e3bfe0 fdebe6", "ffffff", "fff3fb", "a690c8 7f69ab 58478a 34295e",
        "peaks hills hills hills", "dream lavender magic fantasy",
    ),
    _palette(
        "1f6f9e 5fb4d3 bfe3e0 ffe9c0", "fff6d5", "ffffff", "5fa9c0 3588aa 1f6a90 12486e",
        "waves waves waves waves", "sea ocean beach water river lake ship boat wave waves",
    ),
    _palette(
        "3a5982 8d9ab0 f0ab68 ffe2a8", "fff3cf", "ffd9b0", "e0955f c4704c 94503f 5a3430",
        "peaks hills hills hills", "desert dune dunes sand canyon savanna",
    ),
    _palette(
        "54799f 9dbfd8 d9e7f0 f7f9fb", "ffffff", "ffffff", "b7cde0 8aaac8 5b81a6 32557a",
        "peaks peaks hills pines", "winter snow ice mountain mountains cold",
    ),
)  # fmt: skip


def choose(prompt: str, draw: int, sample: int) -> Palette:
    """The palette for one sample: the first follows the prompt's words, or else `draw`; the others differ from it.

    The last telling word counts: prompts name the subject first and the place after it.
    """
    words = re.findall(r"[a-z]+", prompt.lower())
    named = [index for word in words for index, palette in enumerate(PALETTES) if word in palette.words]
    first = named[-1] if named else draw % len(PALETTES)
    # Three steps on in a table of eight: no two of four samples meet.
    return PALETTES[(first + 3 * sample) % len(PALETTES)]
