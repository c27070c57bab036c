"""What stands on the contact sheet of a film or a batch."""

from __future__ import annotations

from collections.abc import Iterator

from ...domain.job_record import JobRecord
from ..contact_sheets import Item, facts_of, facts_of_plan, item_without, items_of
from .piece import Piece
from .summary import Entry


def sheet_items(piece: Piece, record: JobRecord | None, entry: Entry) -> Iterator[Item]:
    """The clips of a piece; or its place, with the reason why there is none.

    Args:
        piece: which.
        record: its job, if it has one.
        entry: how it stands.
    """
    title = " · ".join((piece.label, *(text for _, text in piece.shown if text)))
    if record is not None and record.videos:
        yield from items_of(record, title)
        return
    plan = piece.plan
    facts = facts_of(record) if record else facts_of_plan(plan) if plan else ""
    shape = plan.full.picture_size(plan.model) if plan else (16, 9)
    yield item_without(title, piece.prompt, facts, entry.problem or entry.state, shape)
