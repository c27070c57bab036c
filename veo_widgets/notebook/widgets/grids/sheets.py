"""What stands on a grid's contact sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ....client.live_jobs import Sighting
from ....session.contact_sheets import Item, facts_of, facts_of_plan, item_of, item_without, reason_of
from .cells import Cell, clip_of, request, title


def sheet_items(
    cells: Sequence[Cell], seen: Mapping[str, Sighting], columns: Sequence[Mapping[str, str]], marks: Mapping[str, str]
) -> Iterator[Item]:
    """The cells in their order.

    Args:
        cells: all.
        seen: the jobs.
        columns: the parameters in which the cells differ.
        marks: which are starred or rejected, by their numbers.
    """
    # The prompt stands below in full, and the model among the facts.
    labels = {one["name"]: one["label"] for one in columns if one["name"] not in {"prompt", "model"}}
    for number, cell in enumerate(cells):
        said = request(cell, seen)
        values = {name: said[name] for name in labels if name in said}
        yield _item(cell, seen, title(number, values, labels, marks.get(str(number), "")), str(said.get("prompt", "")))


def _item(cell: Cell, seen: Mapping[str, Sighting], name: str, prompt: str) -> Item:
    record = seen[cell.job_id].record if cell.job_id in seen else None
    video = clip_of(cell, seen)
    if video is not None:
        facts = facts_of(record, video) if record else f"{video.seconds:g} s" if video.seconds else ""
        return item_of(video, name, prompt, facts)
    if cell.plan is not None:
        size = cell.plan.full.picture_size(cell.plan.model)
        return item_without(name, prompt, facts_of_plan(cell.plan), "not sent yet", size)
    return item_without(name, prompt, facts_of(record) if record else "", reason_of(record) if record else "no clip")
