"""The parts of a film as the JSON that the browser draws them from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from ....domain.job_record import JobRecord
from ....domain.media import Image, Video
from ....domain.params import ALIASES, BY_NAME
from ....domain.pricing import Cost, sum_text
from ....domain.request import value_text
from ....domain.secret import Secret
from ....session.groups.board import Board, Scene, Take
from ....session.groups.boarded import Look
from ....session.groups.change import Change
from ....session.groups.piece import Piece
from ....session.groups.summary import Entry
from ....session.groups.title_cards import TitleCard
from .. import job_state


def parts(look: Look) -> list[dict[str, Any]]:
    """Shots and title cards in their order, without what their jobs are doing."""
    shots = zip(look.pieces, look.summary.entries, strict=True)
    return [
        _shot(name, part, *next(shots), look.records) if isinstance(part, Scene) else _title_card(name, part)
        for name, part in zip(part_ids(look.board), look.board.parts, strict=True)
    ]


def part_ids(board: Board) -> list[str]:
    """By what the browser knows each part: a shot wherever it is moved, a title card by its number among the cards."""
    numbers = count()
    return [f"shot{part.number}" if isinstance(part, Scene) else f"card{next(numbers)}" for part in board.parts]


def _shot(name: str, scene: Scene, piece: Piece, entry: Entry, records: Mapping[int, JobRecord]) -> dict[str, Any]:
    cut, plan = scene.cut, piece.plan
    width, height = plan.full.picture_size(plan.model) if plan else (1280, 720)
    return {
        "id": name,
        "shot": scene.number,
        "prompt": scene.take.prompt,
        "begins": cut.transition,
        "start": cut.start,
        "end": cut.end,
        "fade": cut.fade,
        "dip": cut.dip,
        "captions": [
            [caption.text, float(caption.begins), None if caption.ends is None else float(caption.ends)]
            for caption in cut.captions
        ],
        "seconds": plan.cost.seconds if plan else 0.0,
        "lengths": _lengths(piece),
        "settings": values(scene.take.values),
        "width": width,
        "height": height,
        "state": entry.state,
        "due": entry.due,
        "price": _price(entry.cost, piece),
        "problem": entry.problem,
        "chosen": scene.take.number,
        "takes": [_take(take, scene, piece, records) for take in scene.takes],
    }


def _lengths(piece: Piece) -> list[float]:
    """The lengths that can be chosen from; none where any is possible, or the clip before decides it."""
    model = piece.plan.model if piece.plan else None
    if model is None or piece.follows == "extend" or model.durations_continuous:
        return []
    return list(model.durations_s)


def _take(take: Take, scene: Scene, chosen: Piece, records: Mapping[int, JobRecord]) -> dict[str, Any]:
    others = dict(zip((one.number for one in scene.takes if one is not scene.take), chosen.takes, strict=True))
    piece = others.get(take.number, chosen)
    sent = take.number in records
    return {
        "take": take.number,
        "prompt": take.prompt,
        "settings": values(take.values),
        "price": _price(piece.plan.cost if piece.plan else Cost(None), piece),
        "due": take is not scene.take and take.is_wanted and not sent,
        "problem": str(piece.trouble or ""),
    }


def _price(cost: Cost, piece: Piece) -> dict[str, Any]:
    return job_state.price(cost, piece.plan.provider.name if piece.plan else "")


def _title_card(name: str, part: TitleCard) -> dict[str, Any]:
    card = part.card
    return {
        "id": name,
        "text": card.text,
        "seconds": float(card.seconds),
        "background": hex_text(card.background),
        "ink": hex_text(card.ink),
        "fade": part.fade,
        "dip": part.dip,
    }


def hex_text(colour: tuple[int, int, int]) -> str:
    """A colour as it is written."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def values(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Settings as they are edited: name, label, text, and whether that text says all of the value."""
    return [_value(name, value) for name, value in said.items() if not isinstance(value, Secret)]


def _value(name: str, value: Any) -> dict[str, Any]:
    known = BY_NAME.get(ALIASES.get(name, name))
    plain = isinstance(value, str | int | float | bool)
    text = value_text(value) if plain else ", ".join(_named(value))
    return {"name": name, "label": known.label if known else name, "text": text, "plain": plain}


def _named(value: Any) -> Iterator[str]:
    """What stands for a value that is no text, such as an image or a job."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from _named(item)
    elif isinstance(value, Image):
        yield value.name or "an image"
    elif isinstance(value, Video):
        yield value.path.name
    elif isinstance(value, str | int | float | Path):
        yield str(value)
    else:
        # A job by its id, and a picture of whatever library by its kind.
        yield str(getattr(value, "id", "") or type(value).__name__)


def offer(change: Change, *, again: bool) -> dict[str, Any] | None:
    """What a press of a button makes; None where that is nothing."""
    if not change:
        return None
    note = "the emulator is free" if change.free else None
    return {"again": again, "text": change.text, "price": sum_text(change.usd), "usd": change.usd, "note": note}


def clip(number: int, video: Video, record: JobRecord) -> dict[str, Any]:
    """The clip of a take under the take's number."""
    facts = {"prompt": record.request.prompt, "model": record.model, "settings": job_state.settings(record)}
    return {**job_state.clip(video), "sample": number, "facts": facts, "offers": {}}


def first_clips(look: Look) -> dict[int, tuple[Video, JobRecord]]:
    """The clips that are there, by the numbers of their takes."""
    found: dict[int, tuple[Video, JobRecord]] = {}
    for number, record in look.records.items():
        video = next((one for one in record.videos if one.is_kept), None)
        if video is not None:
            found[number] = (video, record)
    return found
