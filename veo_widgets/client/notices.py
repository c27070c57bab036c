"""What is told of a job to whoever waits for it or prints it: trouble meanwhile, and what came other than asked."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable

from ..domain.errors import DeliveryWarning
from ..domain.job_record import JobRecord
from ..domain.printable import printable
from .live_jobs import LiveJobs
from .progress import note

_PACKAGE = __name__.partition(".")[0]
# Jobs whose differences this process has been told of.
_warned: set[str] = set()


def warn_of_differences(record: JobRecord) -> None:
    """Say once in a process that a job's clips are not what was asked for, as a Python warning at the caller's line."""
    if not record.differences or record.id in _warned:
        return
    _warned.add(record.id)
    noun = "clip is" if len(record.videos) == 1 else "clips are"
    message = f"The {noun} not as asked for: {'; '.join(record.differences)} (job {record.id}). Nothing was discarded."
    warnings.warn(message, DeliveryWarning, stacklevel=_level_outside())


def _level_outside() -> int:
    """How many calls up the first code is that is not the package's, counted from the caller."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    return max(level, 1)


class Teller:
    """Says on standard error what those who wait for jobs have to know, each thing once.

    The background prints nothing itself: what it says for a cell that has ended is lost.

    Args:
        live: where the jobs are seen.
        concerns: whether a job is one of those that are waited for.
    """

    def __init__(self, live: LiveJobs, concerns: Callable[[JobRecord], bool]) -> None:
        self._live, self._concerns = live, concerns
        self._told: set[str] = set()
        # What came before counts where it is still so.
        self._read, _ = live.pressing(0)
        self._standing = [seen for seen in live.sightings() if seen.pressing.words]

    def __call__(self) -> None:
        """Tell what is new, in the thread that waits."""
        self._read, fresh = self._live.pressing(self._read)
        standing, self._standing = self._standing, []
        for seen in (*standing, *fresh):
            matter, words = seen.pressing
            if self._concerns(seen.record) and matter not in self._told:
                self._told.add(matter)
                note(f"Job {seen.record.id}: {printable(words)}")


def aside(record: JobRecord) -> str:
    """What is to be known of a job beside its state, in a line; mostly nothing."""
    problem = f"{record.problem.title}: {record.problem.message}" if record.problem else ""
    return printable(" ".join(filter(None, (problem, record.remark))))
