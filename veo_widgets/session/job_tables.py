"""Jobs as a table for people, and as a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..client.notices import aside
from ..domain.job_record import JobRecord
from ..domain.printable import printable
from ..domain.tables import Table, frame
from .status_lines import shorten

_COLUMNS = ("job", "state", "model", "price", "submitted", "prompt", "clip")


def table_of(records: Sequence[JobRecord], below: str) -> Table:
    """A row for each job, with a column of users where there are several, and of notes where there is something to say.

    Args:
        records: the jobs.
        below: what is said beneath.
    """
    columns: tuple[str, ...] = _COLUMNS
    rows = [_row(record) for record in records]
    # One person's jobs are no news.
    if len({record.owner for record in records}) > 1:
        columns = (*columns, "user")
        rows = [(*row, printable(record.owner)) for row, record in zip(rows, records, strict=True)]
    notes = [shorten(aside(record), 120) for record in records]
    if any(notes):
        columns, rows = (*columns, "note"), [(*row, note) for row, note in zip(rows, notes, strict=True)]
    return Table(columns, rows, below)


def _row(record: JobRecord) -> tuple[str, ...]:
    return (
        record.id,
        str(record.state),
        printable(record.model),
        record.cost.text,
        datetime.fromtimestamp(record.created_at).strftime("%Y-%m-%d %H:%M"),  # noqa: DTZ006 (local, for people)
        shorten(record.request.prompt, 48),
        printable(", ".join(video.relative_path() for video in record.videos)),
    )


def frame_of(records: Sequence[JobRecord]) -> Any:
    """A row for each job as a pandas ``DataFrame``, with whole prompts, US dollars and times.

    Raises:
        VeoError: pandas is not installed.
    """
    columns = ("job", "state", "model", "provider", "usd", "submitted", "prompt", "clips", "user", "project")
    rows = (
        (
            record.id,
            str(record.state),
            record.model,
            record.provider,
            record.cost.usd,
            datetime.fromtimestamp(record.created_at).astimezone(),
            record.request.prompt,
            [video.uri or str(video.path) for video in record.videos],
            record.owner,
            record.project,
        )
        for record in records
    )
    return frame(columns, rows)
