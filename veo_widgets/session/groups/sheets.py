"""What stands on the contact sheet of a film or a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...domain.job_record import JobRecord
from ..contact_sheets import ContactSheet, Item, facts_of, facts_of_plan, item_without, items_of, with_stills
from .piece import Piece
from .summary import Entry


def sheet_of(
    title: str, pieces: Iterable[tuple[Piece, JobRecord | None, Entry]], columns: int, on: Any
) -> ContactSheet:
    """A sheet of pieces, each with its job and how it stands; the others as for `ContactSheet` and `with_stills`."""
    found = (item for triple in pieces for item in sheet_items(*triple))
    return ContactSheet(title, with_stills(found, on), columns)


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
