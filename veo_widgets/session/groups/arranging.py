"""From a film's board to what it would send: chains of pieces, and beside them the takes that are not chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..client import Client
from .board import Board, Scene, Take
from .clip_room import check_room
from .cutting import check_cuts
from .piece import Piece, tell_apart
from .shots import Shot, check_lengths, planned_piece
from .title_cards import TitleCard


@dataclass(frozen=True)
class Arrangement:
    """A board with its plans.

    Attributes:
        board: which.
        parts: its shots, with their chosen takes, and its title cards.
        chains: the pieces; in a chain each waits for the one before.
        by_take: the piece of every take on the board, by the take's number.
    """

    board: Board
    parts: tuple[Shot | TitleCard, ...]
    chains: list[list[Piece]]
    by_take: dict[int, Piece]

    @property
    def pieces(self) -> list[Piece]:
        """Those of the chosen takes, in their order."""
        return [piece for chain in self.chains for piece in chain]


def arranged(client: Client, board: Board) -> Arrangement:
    """The board with its plans.

    Raises:
        InvalidRequestError: shots and cards cannot be cut as they say.
    """
    parts = tuple(_filled(board, part, part.take) if isinstance(part, Scene) else part for part in board.parts)
    check_cuts(parts)
    chains: list[list[Piece]] = []
    by_take: dict[int, Piece] = {}
    for number, scene in enumerate(board.scenes, 1):
        chain = chains[-1] if chains and scene.cut.transition != "cut" else []
        before = chain[-1] if chain else None
        for take in scene.takes:
            by_take[take.number] = _piece(client, board, scene, take, number, before)
        made = by_take[scene.take.number]
        for take in scene.takes:
            if take is not scene.take:
                other = by_take[take.number]
                other.label, other.is_wanted = f"another take of shot {number}", take.is_wanted
                _check_length(chain, other)
                made.takes.append(other)
        chain.append(made)
        if len(chain) == 1:
            chains.append(chain)
    board = board.with_copies(_copies(board, by_take))
    for chain in chains:
        check_lengths(chain)
        _tell_lineage(chain)
    pieces = [piece for chain in chains for piece in chain]
    check_room(parts, pieces)
    tell_apart(pieces, [piece.values for piece in pieces])
    return Arrangement(board, parts, chains, by_take)


def _copies(board: Board, pieces: Mapping[int, Piece]) -> dict[int, tuple[str, int]]:
    """What each take asks for, and which of several that ask for the same it is; the pieces get their keys by it."""
    asked = {take.number: pieces[take.number].key for take in board.takes}
    # Whatever is moved, removed or edited beside it, a take keeps its clip.
    found = {take.number: take.copy for take in board.takes if take.copy[0] == asked[take.number] and take.copy[1]}
    used = set(found.values())
    for number, key in asked.items():
        if number not in found:
            found[number] = next((key, count) for count in range(1, len(asked) + 2) if (key, count) not in used)
            used.add(found[number])
    for number, (key, count) in found.items():
        pieces[number].key = key if count == 1 else f"{key}#{count}"
    return found


def _piece(client: Client, board: Board, scene: Scene, take: Take, number: int, before: Piece | None) -> Piece:
    shared = take.shared or board.shared
    return planned_piece(client, number, _filled(board, scene, take), shared.common, before)


def _filled(board: Board, scene: Scene, take: Take) -> Shot:
    shared = take.shared or board.shared
    return scene.shot(replace(take, prompt=shared.filled(take.prompt)))


def _check_length(chain: list[Piece], other: Piece) -> None:
    before = [replace(piece, violations=()) for piece in chain]
    check_lengths([*before, other])


def _tell_lineage(chain: Iterable[Piece]) -> None:
    """Say of each piece what it is and what it goes on from: equal ones would get the same clip."""
    lineage: tuple[str, ...] = ()
    for piece in chain:
        for take in piece.takes:
            take.lineage = (*lineage, take.follows, take.key)
        lineage = (*lineage, piece.follows, piece.key)
        piece.lineage = lineage


def with_known(made: Arrangement, known: Arrangement) -> Arrangement:
    """An arrangement in which what stayed as it was is the same piece, whose run goes on."""
    old = {piece.lineage: piece for piece in _every(known)}
    same = {id(piece): _renewed(old[piece.lineage], piece) for piece in _every(made) if piece.lineage in old}

    def kept(piece: Piece) -> Piece:
        return same.get(id(piece), piece)

    for piece in _every(made):
        kept(piece).takes = [kept(take) for take in piece.takes]
    chains = [[kept(piece) for piece in chain] for chain in made.chains]
    return replace(made, chains=chains, by_take={number: kept(piece) for number, piece in made.by_take.items()})


def _renewed(old: Piece, new: Piece) -> Piece:
    old.label, old.prompt, old.values, old.shown = new.label, new.prompt, new.values, new.shown
    old.plan, old.violations, old.is_wanted = new.plan, new.violations, new.is_wanted
    return old


def _every(arrangement: Arrangement) -> Iterator[Piece]:
    for piece in arrangement.pieces:
        yield piece
        yield from piece.takes
