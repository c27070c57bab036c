"""``%%veo`` and ``%veo`` as IPython calls them, and what ``c.VeoMagics.…`` sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import traitlets
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from .. import session
from ..batches import Batch
from ..config import Settings
from ..errors import JobError, SubmitInterrupted, VeoError
from ..flags import words
from ..handles import Job, Jobs
from ..providers import provider_named
from ..verbs import VERBS, listing, read
from .cells import Cell, awaited, preview, stopped_job, usage, wait_for

_FOR_CELLS = ("wait", "quiet", "embed", "max_cost")
_FOR_REQUESTS = ("provider", "model", "project", "location", "folder", "requests_per_minute")


def _text(what: str) -> traitlets.Unicode[str, Any]:
    return traitlets.Unicode("", help=what).tag(config=True)


@magics_class
class VeoMagics(Magics):
    """AI video: ``%%veo`` makes clips, ``%veo`` looks after jobs.

    What is set here goes after an argument, ``veo.configure(…)`` and ``%veo use``, and before the environment.
    """

    shell: InteractiveShell

    provider = _text("The provider of requests that name none.")
    model = _text("The model of requests that name none.")
    project = _text("The project at the Agent Platform.")
    location = _text("The location at the Agent Platform.")
    folder = _text("Where clips are saved; default is veo_clips beside the notebook.")
    requests_per_minute = traitlets.Int(0, min=0, help="Jobs of one model in a minute; 0 is the usual.").tag(
        config=True
    )
    max_cost = traitlets.Float(0.0, min=0.0, help="US dollars that a cell may cost; 0 is no limit.").tag(config=True)
    wait = traitlets.Bool(default_value=False, help="Whether cells end when the clip plays, as with --wait.").tag(
        config=True
    )
    quiet = traitlets.Bool(default_value=False, help="Whether cells show no card, as with --quiet.").tag(config=True)
    embed = traitlets.Bool(default_value=False, help="Whether clips go into the notebook, as with --embed.").tag(
        config=True
    )

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        if self._settings() != Settings():
            self._apply()
        self.observe(lambda _: self._apply(), list(_FOR_REQUESTS))

    @traitlets.validate("provider")
    def _known_provider(self, proposal: Any) -> str:
        try:
            return provider_named(proposal["value"]).name if proposal["value"] else ""
        except VeoError as error:
            raise traitlets.TraitError(str(error)) from None

    def _settings(self) -> Settings:
        given: dict[str, Any] = {name: getattr(self, name) or None for name in _FOR_REQUESTS}
        return Settings(**{**given, "folder": Path(self.folder).expanduser() if self.folder else None})

    def _apply(self) -> None:
        session.client().asynchronous.defaults = self._settings()

    def close(self) -> None:
        """Have nothing of what was set here hold any more."""
        self.unobserve_all()
        if self._settings() != Settings():
            session.client().asynchronous.defaults = Settings()

    @property
    def defaults(self) -> dict[str, Any]:
        """What holds for cells whose line says nothing."""
        return {name: getattr(self, name) for name in _FOR_CELLS}

    @no_var_expand
    @cell_magic("veo")  # type: ignore[arg-type]  # IPython's annotation fits no method
    def cell(self, line: str, cell: str) -> Job | Jobs | Batch | None:
        """Make a video of what the cell says. ``%%veo --help`` lists the flags."""
        with _told():
            started = self._start(line, cell)
            if started is None:
                return None
            read_cell, jobs = started
            if read_cell.flags.wait:
                with _stopped(jobs), self._shown(read_cell, jobs):
                    wait_for(jobs)
            else:
                self._show(read_cell, jobs)
            return _value(read_cell, jobs)

    async def awaited(self, line: str, cell: str) -> Job | Jobs | Batch | None:
        """What ``%%veo --wait`` becomes where the kernel's loop runs: the same, and buttons stay alive meanwhile."""
        with _told():
            started = self._start(line, cell)
            if started is None:
                return None
            read_cell, jobs = started
            with _stopped(jobs), self._shown(read_cell, jobs):
                await awaited(jobs)
            return _value(read_cell, jobs)

    @line_magic("veo")  # type: ignore[arg-type]  # IPython's annotation fits no method
    def line(self, line: str) -> Any:
        """Look after jobs: ``%veo jobs``, ``%veo wait [ID]``, ``%veo doctor``. ``%veo help`` lists the verbs."""
        with _told():
            typed = words(line) or ["help"]
            if typed[0] in {"help", "--help", "-h"}:
                print(f"{listing(VERBS.values(), '%veo')}\n\n{usage()}")  # noqa: T201 (the answer to help)
                return None
            verb, values = read(typed, VERBS)
            return verb.function(**values)

    def _start(self, line: str, body: str) -> tuple[Cell, Jobs | Batch] | None:
        """Submit what a cell says; None if it only asked."""
        cell = Cell.read(line, body, self.shell.user_ns, self.defaults)
        if cell is None or cell.flags.dry_run:
            print(usage() if cell is None else preview(cell))  # noqa: T201 (the answer to --help and --dry-run)
            return None
        try:
            jobs = cell.submit()
        except (SubmitInterrupted, JobError) as error:
            # It is in the ledger and has something to show.
            self._show(cell, [stopped_job(error)])
            if isinstance(error, SubmitInterrupted):
                print(error)  # noqa: T201 (what Ctrl-C did and did not do)
            raise
        if cell.flags.into:
            self.shell.user_ns[cell.flags.into] = _one(cell, jobs)
        return cell, jobs

    def _show(self, cell: Cell, jobs: Sequence[Job] | Batch) -> None:
        from ..widgets import display, grid

        if cell.flags.quiet:
            return
        if isinstance(jobs, Batch) or cell.flags.grid:
            display.draw(jobs if isinstance(jobs, Batch) else grid(jobs))
            return
        for job in jobs:
            display.show(job, embed=cell.flags.embed)

    @contextmanager
    def _shown(self, cell: Cell, jobs: Sequence[Job] | Batch) -> Iterator[None]:
        from ..widgets import display

        if isinstance(jobs, Batch) or cell.flags.grid:
            if cell.flags.grid:
                self._show(cell, jobs)
            try:
                yield
            finally:
                # As a table, which is what stays of a grid in a notebook that was saved.
                if not cell.flags.quiet:
                    display.draw(jobs if isinstance(jobs, Batch) else _as_now(jobs))
            return
        with display.shown(() if cell.flags.quiet else jobs, embed=cell.flags.embed):
            yield


def _as_now(jobs: Sequence[Job]) -> Jobs:
    return Jobs(session.client(), [job.record for job in jobs])


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
    import asyncio

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
