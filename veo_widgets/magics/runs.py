"""What ``%%veo`` and ``%veo`` do: jobs are submitted, shown, and waited for. Loaded with the first cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..batches import Batch
from ..errors import JobError, SubmitInterrupted, VeoError
from ..flags import words
from ..handles import Job, Jobs
from ..verbs import VERBS, listing, read
from . import cells
from .cells import Cell, preview, stopped_job, usage

Names = dict[str, Any]


def run(line: str, body: str, names: Names, defaults: Mapping[str, Any]) -> Job | Jobs | Batch | None:
    """Make a video of what a cell says, and wait for it if that is wanted.

    Args:
        line: what follows ``%%veo``.
        body: what stands below.
        names: the notebook's variables.
        defaults: what holds where the line says nothing.
    """
    with _told():
        started = _start(line, body, names, defaults)
        if started is None:
            return None
        cell, jobs = started
        if cell.flags.wait:
            with _stopped(jobs), _shown(cell, jobs):
                cells.wait_for(jobs)
        else:
            _show(cell, jobs)
        return _value(cell, jobs)


async def awaited(line: str, body: str, names: Names, defaults: Mapping[str, Any]) -> Job | Jobs | Batch | None:
    """The same for a cell that waits where the kernel's loop runs; see `run`."""
    with _told():
        started = _start(line, body, names, defaults)
        if started is None:
            return None
        cell, jobs = started
        with _stopped(jobs), _shown(cell, jobs):
            await cells.awaited(jobs)
        return _value(cell, jobs)


def ask(line: str) -> Any:
    """What a verb after ``%veo`` returns."""
    with _told():
        typed = words(line) or ["help"]
        if typed[0] in {"help", "--help", "-h"}:
            print(f"{listing(VERBS.values(), '%veo')}\n\n{usage()}")  # noqa: T201 (the answer to help)
            return None
        verb, values = read(typed, VERBS)
        found = verb.function(**values)
        if verb.name == "resume":
            from ..widgets import display

            display.show_resumed(found)
        return found


def _start(line: str, body: str, names: Names, defaults: Mapping[str, Any]) -> tuple[Cell, Jobs | Batch] | None:
    """Submit what a cell says; None if it only asked."""
    cell = Cell.read(line, body, names, defaults)
    if cell is None or cell.flags.dry_run:
        print(usage() if cell is None else preview(cell))  # noqa: T201 (the answer to --help and --dry-run)
        return None
    try:
        jobs = cell.submit()
    except (SubmitInterrupted, JobError) as error:
        # It is in the ledger and has something to show.
        _show(cell, [stopped_job(error)])
        if isinstance(error, SubmitInterrupted):
            print(error)  # noqa: T201 (what Ctrl-C did and did not do)
        raise
    if cell.flags.into:
        names[cell.flags.into] = _one(cell, jobs)
    return cell, jobs


def _show(cell: Cell, jobs: Sequence[Job] | Batch) -> None:
    from ..widgets import display, grid

    if cell.flags.quiet:
        return
    if isinstance(jobs, Batch) or cell.flags.grid:
        display.draw(jobs if isinstance(jobs, Batch) else grid(jobs))
        return
    for job in jobs:
        display.show(job, embed=cell.flags.embed)


@contextmanager
def _shown(cell: Cell, jobs: Sequence[Job] | Batch) -> Iterator[None]:
    from ..widgets import display, grid

    if isinstance(jobs, Batch):
        try:
            yield
        finally:
            if not cell.flags.quiet:
                display.draw(jobs)
        return
    if cell.flags.grid and not cell.flags.quiet:
        with display.shown_grid(grid(jobs)):
            yield
        return
    with display.shown(() if cell.flags.quiet else jobs, embed=cell.flags.embed):
        yield


def _value(cell: Cell, jobs: Jobs | Batch) -> Job | Jobs | Batch | None:
    """What a cell leaves behind: its card, or, if it shows none, the job."""
    return _one(cell, jobs) if cell.flags.quiet else None


def _one(cell: Cell, jobs: Jobs | Batch) -> Job | Jobs | Batch:
    """The job, or all of them where there may be several."""
    return jobs if isinstance(jobs, Batch) or cell.flags.seeds else jobs[0]


@contextmanager
def _told() -> Iterator[None]:
    """Errors of ours become one line, without a traceback; the cell fails all the same."""
    try:
        yield
    except VeoError as error:
        _show_as(error, f"{type(error).__name__}: {error}")
        raise


@contextmanager
def _stopped(jobs: Sequence[Job] | Batch) -> Iterator[None]:
    """Say of an interrupt that it ends the waiting and nothing else."""
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        said = f"Stopped waiting; {_called(jobs)} on."
        _show_as(error, said)
        print(said)  # noqa: T201 (what Ctrl-C did and did not do)
        raise


def _called(jobs: Sequence[Job] | Batch) -> str:
    if isinstance(jobs, Batch):
        return f"{jobs.title} goes"
    return f"job {jobs[0].id} goes" if len(jobs) == 1 else f"jobs {', '.join(job.id for job in jobs)} go"


def _show_as(error: BaseException, line: str) -> None:
    # IPython asks the exception itself how to show it; a run of the whole notebook still stops here.
    shown: Callable[[], list[str]] = lambda: [line]  # noqa: E731 (an attribute, not a function)
    error._render_traceback_ = shown  # type: ignore[attr-defined]
