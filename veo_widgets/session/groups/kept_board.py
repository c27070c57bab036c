"""A film's board as JSON: what is kept of it when the kernel ends."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from ...domain.errors import InvalidRequestError, VeoError
from ...domain.media import Image, Video
from ...domain.params import ALIASES
from ...domain.secret import Secret
from ...storage.films.cards import Card
from ...storage.films.edits import Caption
from .board import Board, Scene, Shared, Take
from .shots import Shot
from .title_cards import TitleCard

_IMAGES = {"first_frame", "last_frame", "reference_images"}


def fingerprint(board: Board) -> str:
    """What code says of a film, as a hash: equal code has an equal one.

    Raises:
        InvalidRequestError: as for `to_json`.
    """
    return hashlib.sha256(json.dumps(to_json(board), sort_keys=True).encode()).hexdigest()


def to_json(board: Board) -> dict[str, Any]:
    """A board as JSON. Keys of accounts are not in it.

    Raises:
        InvalidRequestError: a setting is of a kind that cannot be kept.
    """
    return {
        "parts": [_scene(part) if isinstance(part, Scene) else _card(part) for part in board.parts],
        "shared": _shared(board.shared),
        "following": board.following,
    }


def from_json(kept: Mapping[str, Any], code: Board) -> Board:
    """The board that was kept.

    Args:
        kept: as `to_json` made it.
        code: the same film as code says it, whose keys are used.

    Raises:
        VeoError: it is damaged.
    """
    keys = {name: value for name, value in code.shared.common.items() if isinstance(value, Secret)}
    try:
        board = Board(
            tuple(_card_of(part) if "card" in part else _scene_of(part, keys) for part in kept["parts"]),
            _shared_of(kept["shared"], keys),
            int(kept["following"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, InvalidRequestError) as error:
        raise VeoError("what was kept of the board is damaged") from error
    if not board.scenes or not all(0 <= scene.chosen < len(scene.takes) for scene in board.scenes):
        raise VeoError("what was kept of the board is damaged")
    return board


def _shared(shared: Shared) -> dict[str, Any]:
    return {"common": _values(shared.common), "texts": dict(shared.texts)}


def _shared_of(kept: Mapping[str, Any], keys: Mapping[str, Secret]) -> Shared:
    texts = {str(name): str(text) for name, text in kept["texts"].items()}
    return Shared({**_values_of(kept["common"]), **keys}, texts)


def _scene(scene: Scene) -> dict[str, Any]:
    cut = scene.cut
    return {
        "number": scene.number,
        "begins": cut.transition,
        "start": cut.start,
        "end": cut.end,
        "fade": cut.fade,
        "dip": cut.dip,
        "captions": [[one.text, str(one.begins), None if one.ends is None else str(one.ends)] for one in cut.captions],
        "takes": [
            {
                "number": take.number,
                "prompt": take.prompt,
                "values": _values(take.values),
                "shared": None if take.shared is None else _shared(take.shared),
                "copy": list(take.copy),
                "wanted": take.is_wanted,
            }
            for take in scene.takes
        ],
        "chosen": scene.chosen,
    }


def _scene_of(kept: Mapping[str, Any], keys: Mapping[str, Secret]) -> Scene:
    takes = tuple(
        Take(
            int(one["number"]),
            str(one["prompt"]),
            _values_of(one["values"]),
            None if one["shared"] is None else _shared_of(one["shared"], keys),
            (str(one["copy"][0]), int(one["copy"][1])),
            bool(one["wanted"]),
        )
        for one in kept["takes"]
    )
    captions = tuple(
        Caption(text, Fraction(begins), None if ends is None else Fraction(ends))
        for text, begins, ends in kept["captions"]
    )
    end = None if kept["end"] is None else float(kept["end"])
    times = (float(kept["start"]), end, float(kept["fade"]), float(kept["dip"]))
    cut = Shot(takes[0].prompt, kept["begins"], takes[0].values, *times, captions)
    return Scene(int(kept["number"]), cut, takes, int(kept["chosen"]))


def _card(part: TitleCard) -> dict[str, Any]:
    card = part.card
    drawn = {
        "text": card.text,
        "seconds": str(card.seconds),
        "background": list(card.background),
        "ink": list(card.ink),
        "font": None if card.font is None else str(card.font),
    }
    return {"card": drawn, "fade": part.fade, "dip": part.dip}


def _card_of(kept: Mapping[str, Any]) -> TitleCard:
    card = kept["card"]
    red, green, blue = card["background"]
    ink = card["ink"]
    font = None if card["font"] is None else Path(card["font"])
    made = Card(str(card["text"]), Fraction(card["seconds"]), (red, green, blue), (ink[0], ink[1], ink[2]), font)
    return TitleCard(made, float(kept["fade"]), float(kept["dip"]))


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(name, value) for name, value in values.items() if not isinstance(value, Secret)}


def _values_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(value) for name, value in kept.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(name, item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(name, item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Path | Video):
        return str(value.fetch() if isinstance(value, Video) else value)
    if ALIASES.get(name, name) in _IMAGES:
        image = Image.of(value, name)
        data = base64.b64encode(image.data).decode()
        return {"image": {"data": data, "mime": image.mime, "name": image.name, "uri": image.uri}}
    if not isinstance(getattr(value, "id", None), str):
        message = f"{name}: {type(value).__name__} cannot be kept on a film's board; give text, a number, or a file."
        raise InvalidRequestError(message, parameter=name)
    # A job, which is named by its id.
    return value.id


def _read(kept: Any) -> Any:
    if isinstance(kept, dict):
        image = kept.get("image")
        if set(kept) == {"image"} and isinstance(image, dict):
            return Image(base64.b64decode(image["data"]), image["mime"], image["name"], image["uri"])
        return {key: _read(value) for key, value in kept.items()}
    return [_read(item) for item in kept] if isinstance(kept, list) else kept
