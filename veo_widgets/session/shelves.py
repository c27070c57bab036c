"""The library's own verbs: stars, a trash with a way back, and a table for terminals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import anyio.to_thread

from ..client.async_client import AsyncClient
from ..domain.errors import InvalidRequestError
from ..domain.job_record import JobState
from ..domain.media import Video
from ..domain.printable import printable
from ..domain.tables import Table
from ..storage.clips import trash
from ..storage.ledger.searches import Search
from ..storage.ledger.shelf import Shelved
from .status_lines import shorten

T = TypeVar("T")

_COLUMNS = ("job", "star", "state", "model", "price", "submitted", "size", "prompt", "clip")


def size_text(size: int) -> str:
    """Bytes for people, in decimal units as file managers have them."""
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if size >= 10**power:
            return f"{size / 10**power:.1f} {unit}"
    return f"{size} B"


async def delete(client: AsyncClient, ids: Sequence[str]) -> str:
    """Move the files of jobs to the trash; the ledger keeps the jobs and what they cost.

    Args:
        client: whose jobs they are.
        ids: which jobs.

    Returns:
        What was done, for people.

    Raises:
        InvalidRequestError: one has not ended, or its answer was lost, or there is none; nothing is moved.
        VeoError: the disk refused.
    """
    found = await client.shelf(lambda shelf: shelf.named(ids))
    if not found:
        raise InvalidRequestError("delete: nothing is selected.", parameter="delete")
    for one in found:
        record = one.record
        if not record.state.is_final or record.state is JobState.UNKNOWN:
            why = "has not ended" if not record.state.is_final else "may be running, as its answer was lost"
            message = f"delete: job {record.id} {why}; nothing was deleted."
            raise InvalidRequestError(message, parameter="delete", value=record.id)
    # Noted first: files that are in the trash without a word of it would count as lost.
    await client.shelf(lambda shelf: shelf.delete([one.record.id for one in found], on=True))
    await _on_disk(found, trash.put)
    size = sum(video.bytes for video in _videos(found))
    grouped = any(one.record.group for one in found)
    anew = " A film or a batch that has it would make it anew." if grouped else ""
    many = "1 job" if len(found) == 1 else f"{len(found)} jobs"
    return f"Deleted {many} ({size_text(size)}). The files are in the trash.{anew}"


async def restore(client: AsyncClient, ids: Sequence[str]) -> None:
    """Move the files of deleted jobs back to where they were.

    Raises:
        VeoError: another file has the name of one by now, or the disk refused.
    """
    found = await client.shelf(lambda shelf: shelf.named(ids))
    for one in found:
        await _on_disk([one], trash.take_back)
        await client.shelf(lambda shelf, job_id=one.record.id: shelf.delete([job_id], on=False))  # type: ignore[misc]


async def empty_trash(client: AsyncClient) -> int:
    """Remove the files of deleted jobs for good; returns how many bytes that was.

    Raises:
        VeoError: the disk refused.
    """
    numbers = await client.shelf(lambda shelf: shelf.find(Search(deleted=True)))
    found = await client.shelf(lambda shelf: shelf.read(numbers))
    return sum(await _on_disk(found, trash.remove))


async def _on_disk(found: Sequence[Shelved], work: Callable[[Video], T]) -> list[T]:
    return await anyio.to_thread.run_sync(lambda: [work(video) for video in _videos(found)])


def _videos(found: Sequence[Shelved]) -> list[Video]:
    return [video for one in found for video in one.record.videos]


def table_of(found: Sequence[Shelved], remark: str) -> Table:
    """A row for each job: with its size on disk, and a word where a clip is no longer there.

    Args:
        found: the jobs.
        remark: what is said beneath.
    """
    return Table(_COLUMNS, map(_row, found), remark)


def _row(one: Shelved) -> tuple[str, ...]:
    record = one.record
    missing = sum(map(trash.is_missing, record.videos))
    gone = f"{'clip' if missing == 1 else f'{missing} clips'} missing" if missing else ""
    paths = ", ".join(video.relative_path() for video in record.videos)
    return (
        record.id,
        "*" if one.starred else "",
        str(record.state),
        printable(record.model),
        record.cost.text,
        datetime.fromtimestamp(record.created_at).strftime("%Y-%m-%d %H:%M"),  # noqa: DTZ006 (local, for people)
        size_text(sum(video.bytes for video in record.videos)) if record.videos else "",
        shorten(record.request.prompt, 48),
        printable(" ".join(filter(None, (paths, f"({gone})" if gone else "")))),
    )
