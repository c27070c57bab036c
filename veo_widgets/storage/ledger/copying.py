"""One ledger written into another, of whichever engine, and compared with it row by row.

What is in the other already stays as it is, so that a copy that was interrupted goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from ...domain.errors import LedgerError
from . import leases
from .checking import lost_events
from .copied_rows import COLUMNS, TABLES, CopiedRow, Table
from .engine import Engine, Reader
from .engines import opened
from .holders import folder_beside, is_dead
from .ledger_place import LedgerPlace
from .readers import reader

_USD = COLUMNS.index("usd")
_HOLDS_SHOWN = 5

_Missing = Callable[[Table, list[CopiedRow]], None]


@dataclass
class Progress:
    """How far a copy is.

    Attributes:
        what: what is done now.
        jobs, events, images, limits: how many of them that was done with.
        usd: what those jobs count for, in US dollars.
        of: how many jobs there are.
        lost: how many events of jobs that are not there were left out, by job.
        tick: called after each step.
    """

    what: str = "counting"
    jobs: int = 0
    events: int = 0
    images: int = 0
    limits: int = 0
    usd: float = 0.0
    of: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    tick: Callable[[], None] = field(default=lambda: None)

    def begin(self, what: str) -> None:
        """Begin to count anew."""
        self.what, self.usd = what, 0.0
        self.jobs = self.events = self.images = self.limits = 0

    def add(self, table: Table, rows: list[CopiedRow]) -> None:
        """Count rows."""
        setattr(self, table.nouns, getattr(self, table.nouns) + len(rows))
        self.events += sum(len(row.events) for row in rows)
        if table.nouns == "jobs":
            self.usd += sum(row.values[_USD] or 0.0 for row in rows)
        self.tick()


def copy(source: LedgerPlace, target: LedgerPlace, patience: float, now: float, progress: Progress) -> int:
    """Write all of a ledger that is not in another yet into that, and compare the two.

    Args:
        source: a ledger that nobody works with.
        target: where there is none, or an unfinished copy of the same.
        patience: seconds to wait for a server that is away, or for another program's lock.
        now: seconds since the epoch.
        progress: is kept up to date, and says at the end what both have.

    Returns:
        How many of the jobs are open.

    Raises:
        LedgerError: one of the two cannot be used, somebody works with it, or the other has something else already, in
            which case nothing is written.
    """
    before = reader(source, patience)
    if before is None:
        raise LedgerError(f"There is no ledger {str(source)!r}.")
    with closing(before):
        _refuse_if_in_use(before, source, now)
        ((progress.of,),) = before.rows("SELECT count(*) FROM jobs")
        progress.lost = lost_events(before)
        begun = reader(target, patience)
        if begun is not None:
            with closing(begun):
                _refuse_if_in_use(begun, target, now)
                _refuse_lost(begun)
                # All of it before anything is written: it may be the wrong one.
                progress.begin("looked at")
                _walk(before, begun, progress, _leave)
        with closing(opened(target.path, patience, None, target.url, list)) as after:
            if not after.role.administers:
                raise LedgerError(
                    f"The ledger {after.name} keeps its users apart, so only whoever administers it copies into it."
                )
            _number_on(before, after)
            progress.begin("copied")
            _walk(before, after, progress, lambda table, rows: _write(before, after, table, rows))
            # Again: rows may have been added meanwhile.
            _number_on(before, after)
        made = reader(target, patience)
        if made is None:
            raise LedgerError(f"The ledger {str(target)!r} is gone.")
        with closing(made):
            progress.begin("compared")
            _walk(before, made, progress, lambda table, rows: _refuse_missing(made, table, rows))
        return _refuse_if_in_use(before, source, now)


def _refuse_if_in_use(ledger: Reader, place: LedgerPlace, now: float) -> int:
    """Refuse a ledger with a job that a living program works on; returns how many jobs are open."""
    folder = folder_beside(place.path)
    found = leases.open_jobs(ledger, "", now, lambda holder: is_dead(holder, folder))
    holds = [f"job {job_id!r} is held by {hold.who}" for job_id, hold in found.items() if hold is not None]
    if not holds:
        return len(found)
    more = f", and {len(holds) - _HOLDS_SHOWN} more" if len(holds) > _HOLDS_SHOWN else ""
    raise LedgerError(
        f"The ledger {ledger.name} is in use: {', '.join(holds[:_HOLDS_SHOWN])}{more}. Two ledgers must not both have "
        "a job that is being worked on: end that program first. On another machine it may count for 75 s after its end."
    )


def _refuse_lost(target: Reader) -> None:
    """Refuse a place with events that no copy puts there: they have the numbers of others."""
    for job_id in lost_events(target):
        raise LedgerError(
            f"The ledger {target.name} is no copy of the other: it has events of the job {job_id!r}, which is not "
            "there. Nothing is overwritten; name a place without a ledger."
        )


def _number_on(source: Reader, target: Engine) -> None:
    query = "SELECT (SELECT coalesce(max(rowid), 0) FROM jobs), (SELECT coalesce(max(rowid), 0) FROM events)"
    ((jobs, events),) = source.rows(query)
    target.number_on(jobs, events)


def _walk(source: Reader, target: Reader, progress: Progress, missing: _Missing) -> None:
    """Go through two ledgers side by side.

    Args:
        source: the one that is copied.
        target: the other.
        progress: is kept up to date.
        missing: what is done with rows that the other lacks.

    Raises:
        LedgerError: the other has a row that the one has not, or not so.
    """
    for table in TABLES:
        for ours, theirs in _pages(table, source, target):
            for key, row in theirs.items():
                _refuse_other(table, target, ours.get(key), row)
            if left := [row for key, row in ours.items() if key not in theirs]:
                missing(table, left)
            progress.add(table, list(ours.values()))


_Page = dict[object, CopiedRow]


def _pages(table: Table, source: Reader, target: Reader) -> Iterator[tuple[_Page, _Page]]:
    """The rows of both between one key and the next."""
    last, more = table.first, True
    while more:
        ours = table.page(source, last, table.last, table.at_once)
        more = len(ours) == table.at_once
        upto = list(ours)[-1] if more else table.last
        # One more than there can be shows that there is another.
        yield ours, table.page(target, last, upto, table.at_once + 1)
        last = upto


def _leave(table: Table, rows: list[CopiedRow]) -> None:
    """What is missing is still to be copied."""


def _write(source: Reader, target: Engine, table: Table, rows: list[CopiedRow]) -> None:
    target.write(lambda db: table.write(db, source, rows))


def _refuse_missing(target: Reader, table: Table, rows: list[CopiedRow]) -> None:
    raise LedgerError(
        f"The ledger {target.name} lacks the {table.noun} {rows[0].name!r}, which was added while it was copied. Copy "
        "again once nobody uses the other."
    )


def _refuse_other(table: Table, target: Reader, ours: CopiedRow | None, theirs: CopiedRow) -> None:
    if ours is not None and ours.is_same(theirs):
        return
    how = "differs from" if ours else "is not in"
    raise LedgerError(
        f"The ledger {target.name} is no copy of the other: its {table.noun} {theirs.name!r} {how} what is to be copied"
        f"{_where(table, ours, theirs)}. Nothing is overwritten; name a place without a ledger."
    )


def _where(table: Table, ours: CopiedRow | None, theirs: CopiedRow) -> str:
    """In what two jobs differ."""
    if ours is None or table.nouns != "jobs":
        return ""
    found = [name for name, one, other in zip(COLUMNS, ours.values, theirs.values, strict=True) if one != other]
    return f" ({', '.join(found or ['events'])})"
