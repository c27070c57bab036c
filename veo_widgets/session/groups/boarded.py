"""A group of pieces that come from a board, which can be edited: what a film is before its clips are cut together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...domain.errors import InvalidRequestError, VeoError
from ...domain.job_record import JobRecord
from ...domain.pricing import total_usd
from ...storage.films import boards
from ..client import Client
from . import kept_board
from .arranging import Arrangement, arranged, with_known
from .board import Board, Shared, laid_out, with_sent_kept
from .change import Change, change_of, joined
from .editing import SharedSettings, Shots
from .group import Group
from .piece import Piece, has_clip, records_by_piece
from .shots import Shot, as_parts
from .summary import Summary
from .title_cards import TitleCard

# So many edits can be taken back.
_MOST_PAST = 100


@dataclass(frozen=True)
class Look:
    """A film as it stands at a moment, all of it of the same board.

    Attributes:
        board: how it is laid out.
        pieces: what its shots would send.
        summary: how they stand.
        change: what is to be made.
        records: the job of every take that has one, by the take's number.
        again: what ``run(retry=True)`` makes, with its price; empty where that is no more than `change`.
        past: whether there is an edit to take back.
        other: whether a board that was edited under other code can be recalled.
    """

    board: Board
    pieces: list[Piece]
    summary: Summary
    change: Change
    records: Mapping[int, JobRecord]
    again: Change
    past: bool
    other: bool


class BoardedGroup(Group):
    """Shots and title cards on a board, and what they would send.

    The board is kept in the ledger's folder with every edit. The same code brings the edited board back; where the code
    is another than the board was made from, the code wins and `recall` brings the board back.

    Args:
        client: sends and watches.
        name: what the film is found by again.
        shots: in order, with title cards.
        shared: what is said for all shots.
    """

    def __init__(self, client: Client, name: str, shots: Iterable[Shot | TitleCard | str], shared: Shared) -> None:
        code = laid_out(as_parts(shots), shared)
        made = arranged(client, code)
        super().__init__(client, "film", name, made.chains)
        self.client: Client = client
        self._code, self._file = code, boards.file_of(client.asynchronous.home, name)
        self._past: list[Board] = []
        # A widget edits it on other threads than the notebook's cells.
        self._editing = threading.RLock()
        # Why what was kept is not what is shown.
        self._board_remarks: tuple[str, ...] = ()
        self._adopt(self._with_kept(made))

    def _with_kept(self, made: Arrangement) -> Arrangement:
        kept = boards.read(self._file)
        if kept is None:
            return made
        try:
            if kept.get("code") == kept_board.fingerprint(self._code):
                return arranged(self.client, kept_board.from_json(kept.get("board", {}), self._code))
        except (VeoError, InvalidRequestError) as error:
            self._board_remarks = (f"the edits kept of this film cannot be read, so the code counts: {error}",)
            return made
        self._board_remarks = (
            "the code has changed since this film was edited, so the code counts; film.recall() brings the edits back",
        )
        return made

    def _adopt(self, made: Arrangement) -> None:
        self._arrangement = made
        self.parts: Sequence[Shot | TitleCard] = made.parts
        self._chains = made.chains
        self.remarks = (*self._board_remarks, *self._arrangement_remarks())

    def _arrangement_remarks(self) -> tuple[str, ...]:
        """What to know of the shots beside their price."""
        return ()

    # Edit

    @property
    def board(self) -> Board:
        """The film as it is laid out now."""
        return self._arrangement.board

    @property
    def shots(self) -> Shots:
        """The shots, to be read and edited."""
        return Shots(self)

    @property
    def shared(self) -> SharedSettings:
        """The settings that are said for all shots, to be read and edited."""
        return SharedSettings(self, "common")

    @property
    def texts(self) -> SharedSettings:
        """What ``{names}`` in the shots' prompts stand for, to be read and edited."""
        return SharedSettings(self, "texts")

    def edit(self, change: Callable[[Board], Board]) -> None:
        """Edit the board. What was sent stays as a take, and nothing is sent.

        Args:
            change: makes the new board from the present one.

        Raises:
            InvalidRequestError: it breaks a rule that was kept before; nothing was changed.
            VeoError: the board cannot be kept; nothing was changed.
        """
        with self._editing:
            old, places = self._arrangement, self.client.call(self._jobs_by_place)
            first = arranged(self.client, change(old.board))
            settled = with_sent_kept(old.board, first.board, lambda take: old.by_take[take.number].was_sent(places))
            made = arranged(self.client, settled)
            self._check_edit(made)
            self._keep(made.board)
            self._past = [*self._past[-_MOST_PAST:], old.board]
            self._take_up(made)

    def _check_edit(self, made: Arrangement) -> None:
        known = {str(error) for piece in _every(self._arrangement) for error in piece.violations}
        for piece in filter(lambda one: one.is_wanted, _every(made)):
            for error in piece.violations:
                if str(error) not in known:
                    message = f"{piece.label}: {error} Nothing was changed."
                    raise InvalidRequestError(
                        message, parameter=error.parameter, value=error.value, allowed=error.allowed
                    )

    def _take_up(self, made: Arrangement) -> None:
        self._board_remarks = ()
        self._adopt(with_known(made, self._arrangement))
        self._tell()

    def _keep(self, board: Board) -> None:
        kept = {"code": kept_board.fingerprint(self._code), "board": kept_board.to_json(board)}
        # What was edited under other code can still be recalled.
        now = boards.read(self._file) or {}
        boards.write(self._file, {**kept, "earlier": now.get("board" if self._board_remarks else "earlier")})

    def undo(self) -> None:
        """Take back the last edit of this session; clips that were made meanwhile stay.

        Raises:
            VeoError: there is none.
        """
        with self._editing:
            if not self._past:
                raise VeoError(f"{self.title}: there is no edit to take back.")
            made = arranged(self.client, self._past[-1])
            self._keep(made.board)
            del self._past[-1]
            self._take_up(made)

    def recall(self) -> None:
        """Bring back the board that was edited under other code; `undo` returns to the code.

        Raises:
            VeoError: none was kept.
        """
        with self._editing:
            kept = boards.read(self._file) or {}
            board = kept.get("board") if self._board_remarks else kept.get("earlier")
            if not board:
                raise VeoError(f"{self.title}: no other board of it is kept.")
            made = arranged(self.client, kept_board.from_json(board, self._code))
            self._keep(made.board)
            self._past.append(self.board)
            self._take_up(made)

    # What is known

    def change(self) -> Change:
        """What is to be made as the film stands now, and what that costs. Nothing is sent.

        It says for example: shot 3 and the two that continue it: $1.20.
        """
        return change_of(self._chains, self.plan())

    def take_records(self) -> dict[int, JobRecord]:
        """The job of every take that has one, by the take's number."""
        known = self.client.call(self._jobs_by_place)
        found: dict[int, JobRecord] = {}
        numbers = {id(piece): number for number, piece in self._arrangement.by_take.items()}
        for chain in self._chains:
            before: JobRecord | None = None
            for piece, record in zip(chain, records_by_piece([chain], known), strict=True):
                there = not piece.follows or has_clip(before)
                for take in (piece, *piece.takes):
                    if there and (made := known.get(take.place(before))):
                        found[numbers[id(take)]] = made
                before = record
        return found

    def look(self) -> Look:
        """The film as it stands now, for those who draw it; an edit waits until it is done."""
        with self._editing:
            summary = self.plan()
            failed = [entry.label for entry in summary.entries if entry.may_be_sent_again]
            change, again = change_of(self._chains, summary), Change("", 0.0)
            if failed:
                usd = total_usd(plan.cost for plan in self.due(retry=True))
                again = Change(joined([*filter(None, [change.text]), f"{joined(failed)} again"]), usd, summary.free)
            other = bool(self._board_remarks)
            records = self.take_records()
            return Look(self.board, self.pieces, summary, change, records, again, bool(self._past), other)

    def _check_wanted(self, piece: Piece) -> None:
        if all(piece is not one for one in _every(self._arrangement)):
            raise VeoError(f"{self.title}: {piece.label} was edited before it was sent.")


def _every(arrangement: Arrangement) -> list[Piece]:
    return [one for piece in arrangement.pieces for one in (piece, *piece.takes)]
