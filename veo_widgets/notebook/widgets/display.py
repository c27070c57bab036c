"""Shows jobs under a cell: the live view, and the plain output that stays when the kernel is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from ...api.job_functions import find
from ...client.live_jobs import Sighting
from ...config.environment import notebook
from ...domain.arguments import SWITCH, accepts
from ...domain.job_record import JobRecord
from ...session.job import Job
from ..running_cell import run_number
from . import saved_output
from .cell_output import draw_live, post
from .job_view import JobView

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
    view.drawn_in = run_number()
    with shown([view], embed=embed):
        # Shown once and for all if the job has ended, so that a notebook run without a browser holds its clips at once.
        pass
    return view


def show_resumed(jobs: Sequence[Job]) -> None:
    """Show the jobs of this notebook that were taken up again; their old outputs in it follow to the end."""
    # A kernel that does not know its notebook shows none of them, as they may be of another.
    here = notebook()
    for job in [one for one in jobs if here and one.record.notebook == here][:_MOST_RESUMED]:
        show(job)


@contextmanager
def shown(views: Sequence[JobView], *, embed: bool = False) -> Iterator[None]:
    """Show jobs live while they are waited for, then leave a plain output of each; see `show`."""
    for view in views:
        draw_live(view)
    try:
        yield
    finally:
        for view in views:
            _leave(view, partial(saved_output.bundle, embed=embed, views=len(views)))


def _leave(view: JobView, bundle: Callable[..., dict[str, str]]) -> None:
    job, record = view.shown, view.shown.record
    handle = post(bundle(record, said=view.said))
    if handle is not None:
        _follow(job, view, handle, record, bundle)


def _follow(job: Job, view: JobView, handle: Any, displayed: JobRecord, bundle: Callable[..., dict[str, str]]) -> None:
    """Update the plain output when the job ends, when the browser has made a poster, and for whoever waits."""
    last = bundle(displayed, said=view.said)
    job_id = displayed.id

    def update(seen: Sighting) -> None:
        nonlocal last, job_id
        # Another id is a retry, whose card takes the place of the old one.
        if seen.record.state.is_final or seen.record.id != job_id:
            job_id = seen.record.id
            now = bundle(seen.record, said=view.said)
            if now != last:
                last = now
                handle.update(now, raw=True)

    view.follow(update)
    # Programs that run notebooks drop what the background says for an earlier cell; the cell that waits says it again.
    job.after_wait(lambda: handle.update(last, raw=True))
