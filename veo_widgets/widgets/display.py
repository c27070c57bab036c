"""Puts a job under a cell: the live view, and the plain output that stays when the kernel is gone."""

from __future__ import annotations

from typing import Any

from IPython import display as ipython
from IPython import get_ipython

from ..board import Sighting
from ..handles import Job
from ..record import JobRecord
from . import saved
from .job_view import JobView

# IPython's own annotations stop short of this one.
_display: Any = ipython.display


def show(job: Job) -> JobView:
    """Show a job live; the plain output beneath follows it to its end.

    Args:
        job: running or ended.

    Returns:
        The view.
    """
    record = job.record
    view = JobView(job)
    _display(view)
    # Shown once and for all if the job has ended, so that a notebook run without a browser holds its clips at once.
    handle: Any = _display(saved.bundle(record), raw=True, display_id=True)
    if handle is not None:
        _follow(job, view, handle, record)
    return view


def show_and_wait(job: Job) -> JobView:
    """Show a job live, block until it has ended, then leave the plain output.

    Raises:
        JobError: the job ended without a clip, which is shown all the same.
    """
    view = JobView(job)
    _display(view)
    try:
        job.wait()
    finally:
        record = job.record
        handle: Any = _display(saved.bundle(record), raw=True, display_id=True)
        if handle is not None:
            _follow(job, view, handle, record)
    return view


def _follow(job: Job, view: JobView, handle: Any, shown: JobRecord) -> None:
    """Update the plain output when the job ends, when the browser has made a poster, and for whoever waits."""
    last: dict[str, Any] = saved.bundle(shown)
    job_id = shown.id

    def update(seen: Sighting) -> None:
        nonlocal last, job_id
        # Another id is a retry, whose card takes the place of the old one.
        if seen.record.state.is_final or seen.record.id != job_id:
            job_id = seen.record.id
            now = saved.bundle(seen.record)
            if now != last:
                last = now
                handle.update(now, raw=True)

    view.follow(update)
    job.after_wait(lambda: handle.update(last, raw=True))


def notebook_names() -> dict[str, Any]:
    """The notebook's variables; none outside a notebook."""
    shell = get_ipython()
    return dict(shell.user_ns) if shell is not None else {}
