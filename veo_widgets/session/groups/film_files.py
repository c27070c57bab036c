"""Films written down in TOML: a row means the same as `shot` or `title_card` with these arguments."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from ...domain.errors import InvalidRequestError, nearest
from ...domain.params import PARAMS
from ...domain.paths import expanded
from .renditions import rendition_of
from .shots import Shot, shot
from .title_cards import TitleCard, title_card

_MOST_BYTES = 1_000_000
_RENDERING = [name for name in signature(rendition_of).parameters if name != "parts"]
_MEDIA = {"image", "images", "video", "videos"}
# What may be a file beside the board.
_FILES = {
    "font",
    "music",
    "narration",
    *(name for param in PARAMS if param.kind in _MEDIA for name in (param.name, *param.aliases)),
}


@dataclass(frozen=True)
class FilmFile:
    """A film as it is written down.

    Attributes:
        name: of the film; default is the file's.
        parts: shots and title cards.
        common: settings of all shots.
        render: arguments of `Film.render`.
    """

    name: str
    parts: tuple[Shot | TitleCard, ...]
    common: Mapping[str, Any]
    render: Mapping[str, Any]


def read_film(path: str | Path) -> FilmFile:
    """Read a film's file.

    Raises:
        InvalidRequestError: it cannot be read, or a row is no shot and no title card.
        MissingExtraError: a title card needs the extra ``media``.
    """
    file = expanded(path)
    said = _beside(file.parent, _read(file))
    rows, render = said.pop("shots", None), said.pop("render", {})
    if not (isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)):
        raise _refusal(file, "it has no [[shots]], each of which is a shot with its prompt, or a title card")
    if not isinstance(render, dict) or "path" in render:
        raise _refusal(file, "[render] is a table of what film.render takes beside its path")
    for name in render:
        if name not in _RENDERING:
            why = f"[render] has {name!r}, which is not one of {', '.join(_RENDERING)}"
            raise _refusal(file, why, nearest(name, _RENDERING))
    # A name that was left empty is no name: all films without one would be the same film.
    name = said.pop("name", "")
    name = file.stem if name == "" else name
    return FilmFile(name, tuple(_part(file, number, row) for number, row in enumerate(rows, 1)), said, render)


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise _refusal(file, f"it is over {_MOST_BYTES // 1_000_000} MB")
        return tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise _refusal(file, f"it cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise _refusal(file, f"it is not TOML that can be read ({error})") from error


def _part(file: Path, number: int, row: dict[str, Any]) -> Shot | TitleCard:
    said = dict(row)
    if len({"prompt", "title"} & said.keys()) != 1:
        raise _refusal(file, f"row {number} needs a prompt, for a shot, or a title, for a card")
    try:
        if "title" in said:
            return title_card(said.pop("title"), **said)
        return shot(said.pop("prompt"), said.pop("begins", "cut"), **said)
    except InvalidRequestError as error:
        raise InvalidRequestError(
            f"{file.name}, row {number}: {error}", parameter=error.parameter, value=error.value
        ) from None


def _beside(folder: Path, said: Any, name: str = "") -> Any:
    """What is said, with files by their place beside the board, from wherever it is read."""
    if isinstance(said, dict):
        return {key: _beside(folder, value, key) for key, value in said.items()}
    if isinstance(said, list):
        return [_beside(folder, value, name) for value in said]
    if name in _FILES and isinstance(said, str) and "\0" not in said and (folder / said).is_file():
        return str(folder / said)
    return said


def _refusal(file: Path, why: str, hint: str = "") -> InvalidRequestError:
    return InvalidRequestError(f"board: {str(file)!r}: {why}.{hint}", parameter="board", value=str(file))
