"""The rows of a batch as the JSON that the browser draws them from; searched, filtered and sorted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....client.live_jobs import Sighting
from ....client.plan import Plan
from ....domain.errors import InvalidRequestError
from ....domain.job_record import JobRecord, JobState
from ....domain.media import Video
from ....session.groups.piece import Piece, is_due
from ....session.groups.summary import Entry
from ....storage.clips import trash
from .. import job_state

# What a row is filtered by, in the order of the work.
KINDS = ("due", "running", "made", "failed")
_ORDERS = ("number", "starred", "prompt", "state", "price")
_LONGEST = 4096
# The clips of a row have numbers of their own from here on, above those of what is begun from them; the better ones of
# the same row come after the first.
_FIRST, _STEP, _BETTER = 10**9, 1000, 500


@dataclass(frozen=True)
class Row:
    """A row as it stands.

    Attributes:
        number: in the batch, from 0.
        piece: what is asked for.
        entry: how it stands, in words.
        record: its job, if it has one.
        seen: the same with what is known of a job that runs.
        better: the job that makes its clip again with more lines, if there is one.
        starred: whether its job has a star.
    """

    number: int
    piece: Piece
    entry: Entry
    record: JobRecord | None = None
    seen: Sighting | None = None
    better: JobRecord | None = None
    starred: bool = False

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        if self.entry.clip:
            return "made"
        if self.record is not None and not self.record.state.is_final:
            return "running"
        # What a run would send without being told to try again, unless that was of no use before.
        return "due" if is_due(self.record, retry=False) and not self._is_refused else "failed"

    @property
    def _is_refused(self) -> bool:
        return self.record is None and bool(self.entry.problem)


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Filters and order of a page, which may send anything; what is left out does not filter.

    Raises:
        InvalidRequestError: one is not what it should be.
    """
    texts = {name: given.get(name, "") for name in ("query", "kind", "by")}
    switches = {name: given.get(name, False) for name in ("starred", "down")}
    if not all(isinstance(value, str) and len(value) <= _LONGEST for value in texts.values()):
        raise InvalidRequestError("filters: each is a text.", parameter="filters")
    if not all(isinstance(value, bool) for value in switches.values()):
        raise InvalidRequestError("filters: starred and down are True or False.", parameter="filters")
    if texts["kind"] not in ("", *KINDS):
        raise InvalidRequestError(f"kind: not one of {', '.join(KINDS)}.", parameter="kind", allowed=KINDS)
    return {**texts, **switches}


def found(rows: Sequence[Row], filters: Mapping[str, Any]) -> list[int]:
    """The numbers of the rows that fit, in order.

    Args:
        rows: all.
        filters: as `checked` returns them.
    """
    words = filters["query"].casefold().split()
    fitting = [
        row
        for row in rows
        if (not filters["kind"] or row.kind == filters["kind"])
        and (not filters["starred"] or row.starred)
        and (not words or _has_all(row, words))
    ]
    by = filters["by"]
    place = int(by.removeprefix("own")) if by.startswith("own") and by.removeprefix("own").isdecimal() else None
    if place is not None or by in _ORDERS:
        # Rows that are equal stay in their order also where it goes down.
        fitting.sort(key=lambda row: _order(row, by, place), reverse=filters["down"])
    elif filters["down"]:
        fitting.reverse()
    return [row.number for row in fitting]


def _has_all(row: Row, words: Sequence[str]) -> bool:
    entry = row.entry
    texts = (entry.label, entry.prompt, entry.state, entry.problem, *(text for _, text in entry.shown))
    said = "\n".join(texts).casefold()
    return all(word in said for word in words)


def _order(row: Row, by: str, place: int | None) -> tuple[int, float, str]:
    if place is not None:
        return _natural(row.entry.shown[place][1]) if place < len(row.entry.shown) else (2, 0.0, "")
    if by == "price":
        usd = row.entry.cost.usd
        return (1, 0.0, "") if usd is None else (0, usd, "")
    if by == "starred":
        return (int(not row.starred), 0.0, "")
    if by == "state":
        return (KINDS.index(row.kind), 0.0, row.entry.state)
    return (0, float(row.number), "") if by == "number" else (0, 0.0, row.entry.prompt.casefold())


def _natural(text: str) -> tuple[int, float, str]:
    """Numbers in their order, before texts."""
    try:
        value = float(text)
    except ValueError:
        return (1, 0.0, text.casefold())
    return (0, value, "") if value == value else (1, 0.0, text)  # noqa: PLR0124 (not a number)


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows there are of each kind, and how many with a star."""
    by_kind = Counter(row.kind for row in rows)
    return {**{kind: by_kind[kind] for kind in KINDS}, "starred": sum(row.starred for row in rows)}


def described(row: Row, now: float) -> dict[str, Any]:
    """A row without its still.

    Args:
        row: which.
        now: seconds since the epoch.
    """
    entry, record = row.entry, row.record
    video = record.videos[0] if entry.clip and record else None
    return {
        "row": row.number,
        "label": entry.label,
        "values": [text for _, text in entry.shown],
        "prompt": entry.prompt,
        "kind": row.kind,
        "state": entry.state,
        "problem": entry.problem,
        "price": entry.cost.text,
        "job": record.id if record else "",
        "progress": job_state.progress(row.seen, now) if row.seen and not row.seen.record.state.is_final else None,
        "starred": row.starred,
        "better": _better_text(row.better),
        "still": video.version if video else "",
    }


def _better_text(record: JobRecord | None) -> str:
    if record is None:
        return ""
    lines = record.request.resolution or ""
    if record.state is JobState.SUCCEEDED:
        return lines
    return f"{lines}: {record.state}"


def clips_of(row: Row) -> dict[int, Video]:
    """The clips of a row under the numbers that the browser knows: the better ones first."""
    several = ((row.better, _BETTER), (row.record, 0))
    return {
        _FIRST + row.number * _STEP + offset + video.sample: video
        for record, offset in several
        if record is not None and record.state is JobState.SUCCEEDED
        for video in record.videos
        if not trash.is_missing(video)
    }


def opened(row: Row, offers: Mapping[str, Any], now: float) -> dict[str, Any]:
    """All that is known of a row: what was asked for, what became of it, and its clips; see `job_state.clip`.

    Args:
        row: which.
        offers: by the id of a job, what can be made of its clips.
        now: seconds since the epoch.
    """
    plan, record = row.piece.plan, row.record
    facts = {"prompt": row.entry.prompt, "model": record.model if record else plan.model.id if plan else ""}
    clips = [
        {
            **job_state.clip(video),
            "sample": number,
            "facts": {**facts, "settings": _settings(_job_of(row, number), plan)},
            "offers": offers.get(video.job_id, {}),
        }
        for number, video in clips_of(row).items()
    ]
    problem = job_state.error(record) if record else None
    return {
        **described(row, now),
        **facts,
        "names": [name for name, _ in row.entry.shown],
        "settings": _settings(record, plan),
        "error": problem or _unsent_problem(row.entry),
        "clips": clips,
    }


def _job_of(row: Row, number: int) -> JobRecord | None:
    return row.better if (number - _FIRST) % _STEP >= _BETTER else row.record


def _settings(record: JobRecord | None, plan: Plan | None) -> list[list[str]]:
    if record is not None:
        return job_state.settings(record)
    return [list(pair) for pair in plan.full.settings()] if plan else []


def _unsent_problem(entry: Entry) -> dict[str, Any] | None:
    if not entry.problem:
        return None
    return {"title": entry.state.capitalize(), "message": entry.problem, "remedy": "", "charged": None}
