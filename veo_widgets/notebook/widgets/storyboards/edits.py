"""Edits as a browser asks for them: read with care, then done as code does them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ....domain.arguments import NAME
from ....domain.errors import InvalidRequestError, VeoError
from ....domain.job_record import JobRecord
from ....session.groups.board import Board, Scene
from ....session.groups.editable import EditableShot
from ....session.groups.film import Film
from ....session.groups.shots import shot
from ....session.groups.title_cards import TitleCard, title_card
from .parts import hex_text, part_ids

Said = Mapping[str, Any]

_LONGEST = 100_000
_TIMES = ("start", "end", "fade", "dip")
# What a job went on from is not there in a film of other clips; and a shot has one clip.
_OF_THE_JOB = {"prompt", "extend_from", "edit_from", "remix_from", "upscale_from", "storage_uri", "samples", "output"}


def carry_out(film: Film, said: Said, job: JobRecord | None = None) -> None:
    """Do what a page asks for.

    Args:
        film: which is edited.
        said: what is to be done, as the page says it: a stranger may have written it.
        job: the one that the page has named.

    Raises:
        VeoError: it cannot be, or breaks a rule; nothing was changed.
    """
    name = said.get("edit")
    deed = _DEEDS.get(name) if isinstance(name, str) else None
    if deed is None:
        raise InvalidRequestError("edit: there is no such edit; reload the page.", parameter="edit")
    if job is not None:
        said = {**said, "record": job}
    deed(film, said)


def _shot(film: Film, said: Said) -> EditableShot:
    return EditableShot(film, _number(said, "shot"))


def _number(said: Said, name: str) -> int:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRequestError(f"{name}: it is no whole number.", parameter=name)
    return value


def _text(said: Said, name: str) -> str:
    value = said.get(name)
    if not NAME.fits(value) or len(str(value)) > _LONGEST:
        raise InvalidRequestError(f"{name}: it is no text of at most {_LONGEST} characters.", parameter=name)
    return str(value)


def _prompt(film: Film, said: Said) -> None:
    _shot(film, said).prompt = _text(said, "value")


def _begins(film: Film, said: Said) -> None:
    _shot(film, said).transition = _text(said, "value")


def _times(film: Film, said: Said) -> None:
    name = _text(said, "name")
    if name not in _TIMES:
        raise InvalidRequestError(f"name: {name[:60]!r} is not one of {', '.join(_TIMES)}.", parameter="name")
    setattr(_shot(film, said), name, said.get("value"))


def _captions(film: Film, said: Said) -> None:
    _shot(film, said).captions = _text(said, "value")


def _set(film: Film, said: Said) -> None:
    _shot(film, said).set(**{_text(said, "name"): _value(said)})


def _value(said: Said) -> Any:
    """A setting as it was typed: a number where it reads as one; None takes it away."""
    if said.get("value") is None:
        return None
    text = _text(said, "value").strip()
    with suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, int | float):
            return found
    return text


def _choose(film: Film, said: Said) -> None:
    _shot(film, said).chosen = _take(film, said)


def _drop(film: Film, said: Said) -> None:
    _shot(film, said).remove_take(_take(film, said))


def _take(film: Film, said: Said) -> int:
    """The index of a take among those of its shot."""
    number, wanted = _number(said, "shot"), _number(said, "take")
    for scene in film.board.scenes:
        if scene.number == number:
            for index, take in enumerate(scene.takes):
                if take.number == wanted:
                    return index
    raise InvalidRequestError(f"take: {wanted} is no longer a take of this shot.", parameter="take", value=wanted)


def _another(film: Film, said: Said) -> None:
    _shot(film, said).another_take()


def _insert(film: Film, said: Said) -> None:
    made, place = shot(_text(said, "value")), _number(said, "place")
    film.edit(lambda board: board.with_shot(place, made))


def _from_job(film: Film, said: Said) -> None:
    record, place = said["record"], _number(said, "place")
    own = {name: value for name, value in record.request.said().items() if name not in _OF_THE_JOB}
    if any(piece.plan and piece.plan.provider.name != record.provider for piece in film.pieces):
        own["provider"] = record.provider
    made = shot(record.request.prompt, **own)
    film.edit(lambda board: board.with_shot(place, made))


def _named(board: Board, name: str) -> int:
    """Where among the parts one is."""
    names = part_ids(board)
    if name not in names:
        raise InvalidRequestError("part: it is no longer in the film.", parameter="part")
    return names.index(name)


def _move(film: Film, said: Said) -> None:
    name, to = _text(said, "part"), _number(said, "to")

    def moved(board: Board) -> Board:
        place = _named(board, name)
        return board.without_part(place).with_part(max(to, 0), board.parts[place])

    film.edit(moved)


def _remove(film: Film, said: Said) -> None:
    name = _text(said, "part")

    def without(board: Board) -> Board:
        place = _named(board, name)
        if isinstance(board.parts[place], Scene) and len(board.scenes) == 1:
            raise InvalidRequestError("part: it is the film's only shot; a film has one at least.", parameter="part")
        return board.without_part(place)

    film.edit(without)


def _add_card(film: Film, said: Said) -> None:
    card, place = title_card(_text(said, "text")), _number(said, "place")
    film.edit(lambda board: board.with_part(place, card))


def _set_card(film: Film, said: Said) -> None:
    name = _text(said, "part")

    def changed(board: Board) -> Board:
        place = _named(board, name)
        part = board.parts[place]
        if not isinstance(part, TitleCard):
            raise InvalidRequestError("part: it is no title card.", parameter="part")
        return board.without_part(place).with_part(place, _card_like(part, said))

    film.edit(changed)


def _card_like(part: TitleCard, said: Said) -> TitleCard:
    """A card with what was said of it changed."""
    card = part.card
    background = _text(said, "background") if "background" in said else hex_text(card.background)
    # Letters that were chosen by the background are chosen anew with it.
    color = None if "background" in said else hex_text(card.ink)
    made = title_card(
        _text(said, "text") if "text" in said else card.text,
        seconds=said.get("seconds", float(card.seconds)),
        background=background,
        color=color,
        font=card.font,
    )
    return replace(part, card=made.card)


def _texts(film: Film, said: Said) -> None:
    name = _text(said, "name")
    if said.get("value") is None:
        film.texts.pop(name, None)
    else:
        film.texts[name] = _text(said, "value")


def _shared(film: Film, said: Said) -> None:
    film.shared[_text(said, "name")] = _value(said)


def _undo(film: Film, _: Said) -> None:
    film.undo()


def _recall(film: Film, _: Said) -> None:
    film.recall()


_DEEDS: dict[str, Callable[[Film, Said], None]] = {
    "prompt": _prompt,
    "begins": _begins,
    "time": _times,
    "captions": _captions,
    "set": _set,
    "choose": _choose,
    "drop": _drop,
    "another": _another,
    "insert": _insert,
    "job": _from_job,
    "move": _move,
    "remove": _remove,
    "add_card": _add_card,
    "set_card": _set_card,
    "text": _texts,
    "shared": _shared,
    "undo": _undo,
    "recall": _recall,
}


def job_named(said: Said) -> str:
    """The job that an edit takes its recipe from, or an empty text.

    Raises:
        VeoError: it names none.
    """
    if said.get("edit") != "job":
        return ""
    name = _text(said, "job")
    if not name:
        raise VeoError("job: none was named.")
    return name
