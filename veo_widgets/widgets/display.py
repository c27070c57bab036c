"""Puts a job under a cell: the live view, and the plain output that stays when the kernel is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython import display as ipython
from IPython import get_ipython

from ..arguments import SWITCH, accepts
from ..board import Sighting
from ..by_name import find
from ..handles import Job
from ..record import JobRecord
from ..surroundings import notebook
from . import saved
from .job_view import JobView

if TYPE_CHECKING:
    from .grid_view import Grid
    from .player import Player

# IPython's own annotations stop short of this one.
_display: Any = ipython.display
_MOST_RESUMED = 12


@accepts(embed=SWITCH)
def show(job: Job | str | None = None, *, embed: bool = False) -> JobView:
    """Show a job live; the plain output beneath follows it to its end.

    Args:
        job: running or ended, or its id; by default the newest.
        embed: whether the plain output holds the clip itself rather than a link to it.

    Returns:
        The view.
    """
    view = JobView(find(job))
    view.drawn_in = _run()
    with shown([view], embed=embed):
        # Shown once and for all if the job has ended, so that a notebook run without a browser holds its clips at once.
        pass
    return view


def show_resumed(jobs: Sequence[Job]) -> None:
    """Show the jobs of this notebook that were taken up again; their old outputs in it follow to the end."""
    here = notebook()
    for job in [one for one in jobs if here and one.record.notebook == here][:_MOST_RESUMED]:
        show(job)


def draw_view(view: JobView) -> None:
    """Draw a job's view by itself, unless the cell that runs has shown it: `show` may be its last line."""
    if view.drawn_in is None or view.drawn_in != _run():
        data, metadata = view._repr_mimebundle_() or ({}, {})
        _display(data, metadata=metadata, raw=True)


@contextmanager
def shown(views: Sequence[JobView], *, embed: bool = False) -> Iterator[None]:
    """Show jobs live while they are waited for, then leave a plain output of each; see `show`."""
    for view in views:
        _draw_live(view)
    try:
        yield
    finally:
        for view in views:
            _leave(view.shown, view, view.shown.record, embed=embed)


def _leave(job: Job, view: JobView, record: JobRecord, *, embed: bool) -> None:
    handle: Any = _display(saved.bundle(record, embed=embed, said=view.said), raw=True, display_id=True)
    if handle is not None:
        _follow(job, view, handle, record, embed=embed)


def _follow(job: Job, view: JobView, handle: Any, displayed: JobRecord, *, embed: bool) -> None:
    """Update the plain output when the job ends, when the browser has made a poster, and for whoever waits."""
    last: dict[str, Any] = saved.bundle(displayed, embed=embed, said=view.said)
    job_id = displayed.id

    def update(seen: Sighting) -> None:
        nonlocal last, job_id
        # Another id is a retry, whose card takes the place of the old one.
        if seen.record.state.is_final or seen.record.id != job_id:
            job_id = seen.record.id
            now = saved.bundle(seen.record, embed=embed, said=view.said)
            if now != last:
                last = now
                handle.update(now, raw=True)

    view.follow(update)
    job.after_wait(lambda: handle.update(last, raw=True))


def post(data: dict[str, str]) -> Any:
    """Show an output by its MIME types; returns what updates it, if anything does."""
    return _display(data, raw=True, display_id=True)


def draw(thing: object) -> None:
    """Show what draws itself, as a table or a grid does."""
    _display(thing)


def show_grid(grid: Grid) -> None:
    """Show clips side by side; a plain output beneath follows them until all have ended."""
    with shown_grid(grid):
        pass


@contextmanager
def shown_grid(grid: Grid) -> Iterator[None]:
    """Show a grid while its jobs are waited for, then leave its plain output; see `show_grid`."""
    _draw_live(grid)
    try:
        yield
    finally:
        _leave_gallery(grid)


def show_player(player: Player) -> None:
    """Show clips in a player; a plain output beneath is there for readers without a kernel."""
    _draw_live(player)
    _display(saved.gallery(player.titled(), player.saved_class), raw=True)


def _draw_live(widget: JobView | Grid | Player) -> None:
    data, metadata = widget._repr_mimebundle_() or ({}, {})
    # The plain output beneath says it in words; nbconvert warns of what has nothing for readers at all.
    alone = {mime: value for mime, value in data.items() if mime != "text/plain"}
    _display({**alone, "text/html": ""}, metadata=metadata, raw=True)


def _leave_gallery(grid: Grid) -> None:
    last = saved.gallery(grid.titled(), grid.saved_class)
    handle: Any = _display(last, raw=True, display_id=True)

    def update(_change: object) -> None:
        nonlocal last
        # Stills are files, which are not read at every percent.
        if not grid.settled:
            return
        now = saved.gallery(grid.titled(), grid.saved_class)
        if now != last:
            last = now
            handle.update(now, raw=True)

    if handle is not None:
        grid.observe(update, ["cells", "marks"])


def notebook_names() -> dict[str, Any]:
    """The notebook's variables; none outside a notebook."""
    shell = get_ipython()
    return dict(shell.user_ns) if shell is not None else {}


def _run() -> int | None:
    """The number of the run of a cell; None outside of notebooks."""
    shell = get_ipython()
    return None if shell is None else shell.execution_count


def somebody_watches() -> bool:
    """Whether the running cell was run by people: their front ends can be asked for input, programs cannot."""
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return False
    return bool((shell.get_parent() or {}).get("content", {}).get("allow_stdin"))


def running_cell() -> tuple[str, int]:
    """The id of the cell that runs and the number of its run; an empty id where the front end names none."""
    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return "", 0
    metadata = (shell.get_parent() or {}).get("metadata", {})
    return str(metadata.get("cellId", "")), shell.execution_count
