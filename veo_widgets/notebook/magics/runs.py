"""What ``%%veo`` and ``%veo`` do: jobs are submitted, shown, and waited for. Loaded with the first cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...api import functions
from ...api.commands import VERBS, listing, read
from ...api.flags import words
from ...domain.errors import JobError, SubmitInterrupted, VeoError
from ...session.job import Job, Jobs
from ..running_cell import running_cell
from . import cells
from .cells import Cell, preview, stopped_job, usage
from .reruns import Turn, asking_in

if TYPE_CHECKING:
    from ...session.groups.batch import Batch
    from ..widgets import Grid, JobView
    from ..widgets.takes import Rerun


def run(line: str, body: str, shell: Any, defaults: Mapping[str, Any]) -> Job | Jobs | Batch | None:
    """Make a video of what a cell says, and wait for it if that is wanted.

    Args:
        line: what follows ``%%veo``.
        body: what stands below.
        shell: the notebook's, with its variables.
        defaults: what holds where the line says nothing.
    """
    with _errors_as_one_line():
        started = _submit_cell(line, body, shell, defaults)
        if started is None:
            return None
        cell, jobs = started
        if cell.flags.wait:
            with _interrupt_explained(jobs), _shown_while_waiting(cell, jobs, shell.user_ns):
                cells.wait_for(jobs, quiet=cell.flags.quiet)
        else:
            with _shown_while_waiting(cell, jobs, shell.user_ns):
                pass
        return _value_of_cell(cell, jobs)


async def awaited(line: str, body: str, shell: Any, defaults: Mapping[str, Any]) -> Job | Jobs | Batch | None:
    """The same for a cell that waits where the kernel's loop runs; see `run`."""
    with _errors_as_one_line():
        started = _submit_cell(line, body, shell, defaults)
        if started is None:
            return None
        cell, jobs = started
        with _interrupt_explained(jobs), _shown_while_waiting(cell, jobs, shell.user_ns):
            await cells.awaited(jobs, quiet=cell.flags.quiet)
        return _value_of_cell(cell, jobs)


def ask(line: str) -> Any:
    """What a verb after ``%veo`` returns."""
    with _errors_as_one_line():
        typed = words(line) or ["help"]
        if typed[0] in {"help", "--help", "-h"}:
            print(f"{listing(VERBS.values(), '%veo')}\n\n{usage()}")  # noqa: T201 (the answer to help)
            return None
        verb, values = read(typed, VERBS)
        if verb.name == "library":
            from ..widgets import library

            return library(" ".join(values.pop("words", ())), **values)
        found = verb.function(**values)
        if verb.name == "resume":
            from ..widgets import display

            display.show_resumed(found)
        return found


def _submit_cell(line: str, body: str, shell: Any, defaults: Mapping[str, Any]) -> tuple[Cell, Jobs | Batch] | None:
    """Submit what a cell says; None if it only asked."""
    cell = Cell.read(line, body, shell.user_ns, defaults)
    if cell is None or cell.flags.dry_run:
        print(usage() if cell is None else preview(cell))  # noqa: T201 (the answer to --help and --dry-run)
        return None
    cell = cell.decided(running_cell()[0], asking_in(shell))
    try:
        jobs = cell.submit()
    except (SubmitInterrupted, JobError) as error:
        # It is in the ledger and has something to show.
        with _shown_while_waiting(replace(cell, turns=()), [stopped_job(error)], shell.user_ns):
            if isinstance(error, SubmitInterrupted):
                print(error)  # noqa: T201 (what Ctrl-C did and did not do)
        raise
    if cell.flags.into:
        shell.user_ns[cell.flags.into] = _job_or_jobs(cell, jobs)
    return cell, jobs


@contextmanager
def _shown_while_waiting(cell: Cell, jobs: Sequence[Job] | Batch, names: dict[str, Any]) -> Iterator[None]:
    """Show what the cell has started: before it is waited for, and as it is then."""
    from ..widgets import cell_output, display

    # A question is shown even so: nobody could answer it otherwise.
    quiet = cell.flags.quiet and not cell.asks
    if not isinstance(jobs, Sequence):
        try:
            yield
        finally:
            if not quiet:
                cell_output.draw(jobs)
        return
    if quiet or cell.flags.grid:
        for remark in cell.remarks:
            print(remark)  # noqa: T201 (there is no card to say it)
    if cell.flags.grid and not quiet:
        with cell_output.shown_grid(_grid(cell, jobs)):
            yield
        return
    with display.shown(() if quiet else _views(cell, jobs, names), embed=cell.flags.embed):
        yield


def _grid(cell: Cell, jobs: Sequence[Job]) -> Grid:
    """The jobs side by side, what is only sent at a click, and the takes before."""
    from ..widgets import grid
    from ..widgets.takes import MOST_TAKES

    newest = max((one.number for one in cell.turns), default=1)
    numbers = {job.id: newest for job in jobs}
    earlier = [
        (number, record)
        for one in cell.turns
        for number, record in enumerate(one.earlier, 1)
        if record.id not in numbers and number > newest - MOST_TAKES and (record.videos or not record.state.is_final)
    ]
    client = functions.client()
    drafts = [one.plan for one in cell.turns if one.asks]
    made = grid([*(client.job(record.id) for _, record in earlier), *jobs, *drafts])
    if earlier or drafts:
        made.number_takes({**{record.id: number for number, record in earlier}, **numbers})
    return made


def _views(cell: Cell, jobs: Sequence[Job], names: dict[str, Any]) -> list[JobView]:
    from ..widgets import JobView

    def sent(place: int) -> Callable[[Job], None]:
        """What a click has sent takes the place of what the variable holds."""

        def keep(job: Job) -> None:
            kept = names.get(cell.flags.into or "")
            if isinstance(kept, Jobs):
                kept[place] = job
            elif cell.flags.into:
                names[cell.flags.into] = job

        return keep

    turns = cell.turns or [None] * len(jobs)
    return [JobView(job, _rerun(one, sent(place))) for place, (job, one) in enumerate(zip(jobs, turns, strict=True))]


def _rerun(one: Turn | None, sent: Callable[[Job], None]) -> Rerun:
    from ..widgets.takes import Rerun

    if one is None:
        return Rerun()
    shown = one.record.id if one.record else ""
    takes = tuple((number, record.id) for number, record in enumerate(one.earlier, 1) if record.id != shown)
    return Rerun(one.remark, takes, one.number, one.plan if one.asks else None, sent)


def _value_of_cell(cell: Cell, jobs: Jobs | Batch) -> Job | Jobs | Batch | None:
    """What a cell leaves behind: its card, or, if it shows none, the job."""
    return _job_or_jobs(cell, jobs) if cell.flags.quiet else None


def _job_or_jobs(cell: Cell, jobs: Jobs | Batch) -> Job | Jobs | Batch:
    """The job, or all of them where there may be several."""
    return jobs[0] if isinstance(jobs, Jobs) and not cell.flags.seeds else jobs


@contextmanager
def _errors_as_one_line() -> Iterator[None]:
    """Errors of ours become one line, without a traceback; the cell fails all the same."""
    try:
        yield
    except VeoError as error:
        _set_traceback(error, f"{type(error).__name__}: {error}")
        raise


@contextmanager
def _interrupt_explained(jobs: Sequence[Job] | Batch) -> Iterator[None]:
    """Say of an interrupt that it ends the waiting and nothing else."""
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        said = f"Stopped waiting; {_running_phrase(jobs)}."
        _set_traceback(error, said)
        print(said)  # noqa: T201 (what Ctrl-C did and did not do)
        raise


def _running_phrase(jobs: Sequence[Job] | Batch) -> str:
    if not isinstance(jobs, Sequence):
        return f"{jobs.title} keeps running"
    return (
        f"job {jobs[0].id} keeps running"
        if len(jobs) == 1
        else f"jobs {', '.join(job.id for job in jobs)} keep running"
    )


def _set_traceback(error: BaseException, line: str) -> None:
    # IPython asks the exception itself how to show it; a run of the whole notebook still stops here.
    shown: Callable[[], list[str]] = lambda: [line]  # noqa: E731 (an attribute, not a function)
    error._render_traceback_ = shown  # type: ignore[attr-defined]
