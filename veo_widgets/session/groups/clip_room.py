"""Whether the clips of a film will be long enough for what is cut from them, as far as their plans tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ...client.deliveries import asked_seconds, same_length
from ...domain.errors import InvalidRequestError
from .cutting import Cut
from .piece import Piece


@dataclass
class _Room:
    """A clip or a title card, and what is cut from it.

    Attributes:
        name: what messages call it.
        begins: its first shot, or the card.
        ends: its last shot, which extends the others; or the card.
        piece: that of its last shot; of a card, of the shot before it or after.
        seconds: how long it will be; None where nothing tells.
    """

    name: str
    begins: Cut
    ends: Cut
    piece: Piece
    seconds: float | None


def check_room(parts: Sequence[Cut], pieces: Sequence[Piece]) -> None:
    """Refuse to send what could not be rendered: a cut beyond the end of its clip, or fades longer than what is shown.

    Args:
        parts: shots and title cards in their order.
        pieces: those of the shots.
    """
    rooms = _rooms(parts, pieces)
    for room, following in zip_longest(rooms, rooms[1:]):
        errors = tuple(_cut_errors(room)) or tuple(_fade_errors(room, following.begins if following else None))
        room.piece.violations = (*room.piece.violations, *errors)


def _rooms(parts: Sequence[Cut], pieces: Sequence[Piece]) -> list[_Room]:
    found: list[_Room] = []
    number = 0
    for part in parts:
        if part.card is not None:
            beside = pieces[max(number - 1, 0)]
            found.append(_Room(f"the card {part.card.title!r}", part, part, beside, float(part.card.seconds)))
            continue
        piece = pieces[number]
        number += 1
        if part.transition == "extend" and found:
            room = found[-1]
            longer = _added_seconds(piece)
            room.seconds = room.seconds + longer if room.seconds and longer else None
            room.ends, room.piece = part, piece
        else:
            seconds = asked_seconds(piece.plan.full) if piece.plan else None
            found.append(_Room(piece.label, part, part, piece, seconds))
    return found


def _added_seconds(piece: Piece) -> float:
    """By how much an extension makes its clip longer; 0 where nothing tells."""
    return piece.plan.cost.seconds or piece.plan.full.duration_seconds or 0.0 if piece.plan else 0.0


def _cut_errors(room: _Room) -> Iterator[InvalidRequestError]:
    seconds, start, end = room.seconds, room.begins.start, room.ends.end
    if seconds is None:
        return
    if end is not None and _is_longer(end, seconds):
        message = f"end: {end:g} is beyond the end of the clip, which will last {seconds:g} s; give that at most."
        yield InvalidRequestError(message, parameter="end", value=end)
    if start >= seconds:
        message = f"start: {start:g} leaves nothing of the clip, which will last {seconds:g} s; give less than that."
        yield InvalidRequestError(message, parameter="start", value=start)


def _fade_errors(room: _Room, following: Cut | None) -> Iterator[InvalidRequestError]:
    ends = room.seconds if room.ends.end is None else room.ends.end
    if ends is None:
        return
    shown, fading = ends - room.begins.start, [room.begins, *([following] if following else [])]
    # Half of a dip is in the clip before.
    taken = sum(one.fade + one.dip / 2 for one in fading)
    if _is_longer(taken, shown):
        name = "fade" if any(one.fade for one in fading) else "dip"
        value = next(getattr(one, name) for one in fading if getattr(one, name))
        message = f"{name}: {value:g} is too long: {room.name} lasts {shown:g} s here, and its fades take {taken:g} s."
        yield InvalidRequestError(message, parameter=name, value=value)


def _is_longer(seconds: float, promised: float) -> bool:
    """Whether it is more than a clip may have beyond what was asked for."""
    return seconds > promised and not same_length(seconds, promised)
