"""The ledger: every job, every change of its state and its cost, on disk before anything depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ...domain.budgets import Budget
from ...domain.job_record import JobRecord
from ...domain.secret import Secret
from ...domain.spender import NOBODY, Kind, Spender
from ...domain.spending import Spend
from . import budget_rows as money
from . import group_rows as places
from . import job_queries, leases, sending_rows
from .engine import Database
from .engines import opened
from .holders import Hold, Holder, folder_beside, is_dead
from .job_rows import JOB, add_digests, carry_over, is_as, is_there, read_again, read_job, write_job
from .leases import OPEN
from .search_rows import LAST
from .searches import Search
from .shelf import Shelf
from .sqlite_file import Journal

# Seconds to wait for another program's lock.
PATIENCE_SECONDS = 30.0
_NO_LIMITS: Mapping[str, float] = {}


class Ledger:
    """The record of every job, shared by all kernels of a user, or by all machines that know a server.

    Safe to use from several threads and processes.

    Args:
        path: the database file; its folder is made if need be.
        patience: seconds to wait for another program's lock, or for a server that is away.
        journal: ``wal`` or ``delete`` (a rollback journal); default is what the file system bears.
        url: a PostgreSQL server's, if the ledger is there and not in the file.

    Raises:
        LedgerError: it cannot be opened, or a later version wrote it.
    """

    def __init__(
        self,
        path: Path,
        *,
        patience: float = PATIENCE_SECONDS,
        journal: Journal | None = None,
        url: Secret | None = None,
    ) -> None:
        self.path = path
        self._holders = folder_beside(path)
        # Made when a lease is first wanted: most who open a ledger only read.
        self._me: Holder | None = None
        self._held: set[str] = set()
        # What could not be given back yet: it must not be renewed with the others.
        self._to_release: set[str] = set()
        self._promised: float | None = None
        # What to write again if the file is lost.
        self._known: dict[str, JobRecord] = {}
        self._file = opened(path, patience, journal, url, lambda: list(self._known.values()))

    def close(self) -> None:
        """Close the file. What is leased may be taken over at once."""
        self._file.close()
        if self._me is not None:
            self._me.close()

    def write(self, record: JobRecord, detail: str = "", *, was: JobRecord | None = None) -> bool:
        """Keep a record and note the change of state. On return it is on disk; the lease of an ended job is given back.

        Args:
            record: a new job, or a job as it is now.
            detail: a few words on why it changed.
            was: the job as it was read; if somebody has written to it since, nothing is written.

        Returns:
            Whether it was written.
        """
        # Who never leased anything has nothing to give back, and need not become a holder for it.
        me = self._me.name if self._me and record.state.is_final else ""
        record = record if record.owner else self.owned(record)

        def work(db: Database) -> bool:
            if was is not None and not is_as(db, was):
                return False
            write_job(db, record, detail)
            if me:
                leases.release(db, [record.id], me)
            return True

        # If that were done again, it would take its own write for somebody else's.
        if not self._file.write(work, done=lambda db: True if was and is_as(db, record) else None):
            return False
        # Only after the write: what was not written must not be written again as if it had been.
        self._known[record.id] = record
        if record.state.is_final:
            self._held.discard(record.id)
        return True

    def owned(self, record: JobRecord) -> JobRecord:
        """A new job's record with the owner that the server gives it, where that keeps users apart."""
        return replace(record, owner=self.user) if self.user else record

    @property
    def user(self) -> str:
        """As whom the server knows this program, where it keeps users apart; else empty."""
        return self._file.role.name

    def note_digests(self, record: JobRecord) -> None:
        """Add the digests of a record's clips to what is kept of the job; nothing else of it changes."""
        self._file.write(lambda db: add_digests(db, record))
        if record.id in self._known:
            self._known[record.id] = self._known[record.id].with_digests(record.videos)

    def without_digests(self) -> list[JobRecord]:
        """Those of the newest jobs whose program has ended between a clip and its digest."""
        return job_queries.without_digests(self._file)

    def without_uploads(self) -> list[JobRecord]:
        """Those of the newest jobs with clips that could not be put into their bucket."""
        return job_queries.without_uploads(self._file)

    def reopen(self, record: JobRecord, detail: str) -> None:
        """Keep the record of a job that had ended and goes on; see `write`, which never undoes an end."""
        self._file.write(lambda db: write_job(db, record, detail, reopens=True))

    def reserve(
        self,
        record: JobRecord,
        detail: str,
        environment: Mapping[str, float],
        settings: Mapping[str, float],
        *,
        seconds: float,
    ) -> bool:
        """Keep a new job, reserve its price and lease it: all or nothing, whatever other kernels do at the same moment.

        Args:
            record: the job.
            detail: as for `write`.
            environment: limits that go before those in the ledger.
            settings: limits of this process.
            seconds: how long the lease holds, from the job's creation on. Without it a kernel that resumes at this
                very moment would take the job for one whose sender is gone.

        Returns:
            Whether the user has yet to be told of the limit that nobody set.

        Raises:
            BudgetError: too little is left; nothing is written.
            PlaceTakenError: it is a piece of a film or a batch that has another job; nothing is written.
        """
        me, record = self._holder_name(), self.owned(record)

        def work(db: Database) -> bool:
            # Before the price: a place that is taken is refused whatever the budget says.
            places.claim(db, record)
            untold = money.reserve(db, record, detail, environment, settings, self._file.role)
            leases.give(db, record.id, me, record.created_at, seconds)
            return untold

        # Only that the user is to be told of the limit is lost with such an answer.
        untold = self._file.write(work, alone=True, done=lambda db: False if is_there(db, record.id) else None)
        self._known[record.id] = record
        self._held.add(record.id)
        return untold

    def group(self, name: str) -> dict[str, JobRecord]:
        """The job that stands for each piece of a film or a batch, by place: one with a clip before one without."""
        return places.group(self._file, name)

    def begin_sending(
        self,
        record: JobRecord,
        detail: str,
        environment: Mapping[str, float] = _NO_LIMITS,
        settings: Mapping[str, float] = _NO_LIMITS,
    ) -> bool:
        """Keep a job as one whose create leaves now, and reserve its price anew; see `reserve` for the limits.

        A program may sleep for longer than its lease between any two of its statements, as laptops do.

        Returns:
            Whether it may leave. Not if that has become another process's business, nor if a create has left already
            and nobody has written down that it was refused.

        Raises:
            BudgetError: too little is left by now; nothing is written.
        """
        me = self._holder_name()
        began = self._file.write(
            lambda db: sending_rows.begin(db, record, detail, me, environment, settings, self._file.role),
            alone=True,
            done=lambda db: sending_rows.has_begun(db, record, me),
        )
        if began:
            self._known[record.id] = record
        return began

    def budget(
        self,
        day: str,
        environment: Mapping[str, float],
        settings: Mapping[str, float],
        spender: Spender = NOBODY,
        shown: Iterable[Kind] = (),
    ) -> Budget:
        """The limits in force, and what is spent and reserved.

        Args:
            day: today's ISO date.
            environment: limits that go before those in the ledger.
            settings: limits of this process.
            spender: whose limits hold too.
            shown: of which of user and project it is told what is spent, also without a limit for them.
        """
        return money.budget(self._file, day, environment, settings, spender, shown)

    def set_budgets(self, values: Mapping[str, float | None], spender: Spender = NOBODY) -> None:
        """Keep limits for every kernel, or for one user or one project; None forgets one.

        Raises:
            InvalidRequestError: only an administrator may set them so.
        """
        self._file.write(lambda db: money.set_limits(db, values, spender, self._file.role), alone=True)

    def spend(self, since: str = "") -> Spend:
        """What jobs have cost since an ISO date; the emulator's cost nothing and are left out."""
        return money.spend(self._file, since)

    def read(self, job_id: str) -> JobRecord:
        """The record of a job.

        Args:
            job_id: its id, or the beginning of it if no other job's begins so.

        Raises:
            InvalidRequestError: there is no such job, or there are several.
        """
        return job_queries.read(self._file, job_id)

    def reread(self, record: JobRecord) -> JobRecord:
        """A record as it is now. Its request never changes, so images are not read again."""
        # A job that the ledger has lost is shown as it was last known, and written again with its next lease.
        rows = self._file.rows("SELECT record FROM jobs WHERE id = ?", (record.id,))
        self._known[record.id] = read_again(rows[0][0], record) if rows else record
        return self._known[record.id]

    def jobs(self, *, limit: int | None = 50, only_open: bool = False) -> list[JobRecord]:
        """The newest jobs, newest first: in the order they were written, whatever the clock said."""
        where = f"WHERE state IN {OPEN}" if only_open else ""
        query = f"SELECT {JOB} FROM jobs {where} ORDER BY rowid DESC LIMIT ?"  # noqa: S608
        return [read_job(row, self._file) for row in self._file.rows(query, (LAST if limit is None else limit,))]

    def with_prompt(self, provider: str, model: str, prompt: str) -> list[tuple[JobRecord, bool]]:
        """The jobs of a model with this prompt, oldest first, each with whether this program has sent it.

        Pieces of films and batches are left out: they are told apart by their places.
        """
        return job_queries.with_prompt(self._file, provider, model, prompt)

    def search(self, search: Search, limit: int | None) -> list[JobRecord]:
        """The newest jobs that are as a search wants them, newest first."""
        return [read_job(job, self._file) for _, *job in self._file.found(search, limit, JOB)]

    @property
    def shelf(self) -> Shelf:
        """The jobs as a library has them: by their numbers, with stars and a trash."""
        return Shelf(self._file)

    def left(self, now: float) -> tuple[int, int]:
        """How many open jobs nobody works on at `now`, and of how many the answer was lost."""
        return sum(hold is None for hold in self.open_jobs(now).values()), self.unknown()[0]

    def held(self, now: float) -> dict[str, Hold]:
        """The open jobs that other programs work on at `now`, by id."""
        return {job_id: hold for job_id, hold in self.open_jobs(now).items() if hold is not None}

    def open_jobs(self, now: float) -> dict[str, Hold | None]:
        """The open jobs by id, with the other program that works on each at `now`, if one does."""
        # Who only looks needs no name, and makes no holder's file.
        return leases.open_jobs(self._file, self._me.name if self._me else "", now, self._is_dead)

    def unknown(self) -> tuple[int, float]:
        """How many jobs there are whose answer was lost, and the US dollars that are reserved for them."""
        query = "SELECT count(*), coalesce(sum(usd), 0.0) FROM jobs WHERE state = 'unknown'"
        count, usd = self._file.rows(query)[0]
        return count, usd

    def with_operation(self, operation: str) -> JobRecord | None:
        """The newest job whose operation the service calls so, if there is one."""
        return job_queries.with_operation(self._file, operation)

    def events(self, job_id: str) -> list[tuple[float, str, str]]:
        """Time, state and detail of each change of a job, oldest first."""
        return job_queries.events(self._file, job_id)

    def durations(self, provider: str, model: str) -> list[float]:
        """Seconds from submit to done of the last 50 clips of a model, for the poll schedule."""
        return job_queries.durations(self._file, provider, model)

    def lease(self, job_id: str, now: float, seconds: float, *, force: bool = False) -> bool:
        """Take or renew the right to poll and download a job, so that two kernels never both do.

        A job that this process knows and the ledger does not, as its file was lost, is written again.

        Args:
            job_id: which job.
            now: seconds since the epoch.
            seconds: how long the right holds if it is not renewed. At least half of that is left on return: only what
                is half spent is renewed, for the sake of the disk.
            force: whether to take it from whoever has it, who finds out before it next writes.

        Returns:
            Whether this process has it now. The lease of a process that is gone is taken over.
        """
        taken = None if force else self._lease_without_write(job_id, now, seconds)
        if taken is None:
            # Asked again inside the transaction: between the two, another program may have taken it.
            taken = self._file.write(lambda db: self._take_lease(db, job_id, now, seconds, force=force))
        (self._held.add if taken else self._held.discard)(job_id)
        return taken

    def _lease_without_write(self, job_id: str, now: float, seconds: float) -> bool | None:
        """Whether a job is ours, if that is certain without a write, which would keep others waiting; else None."""
        lease = leases.found(self._file, job_id, now)
        if lease is None or lease.until > lease.now + seconds:
            return None
        if lease.holder == self._holder_name():
            return True if lease.now + seconds / 2 <= lease.until else None
        return None if leases.others(lease, self._holder_name(), self._is_dead) is None else False

    def _take_lease(self, db: Database, job_id: str, now: float, seconds: float, *, force: bool) -> bool:
        if not is_there(db, job_id):
            if job_id not in self._known:
                return False
            carry_over(db, [self._known[job_id]])
        return leases.take(db, job_id, self._holder_name(), now, seconds, is_dead=self._is_dead, force=force)

    def known(self, record: JobRecord) -> None:
        """Remember a record in case the ledger turns out to have lost it."""
        self._known.setdefault(record.id, record)

    def let_go(self, job_ids: Iterable[str]) -> None:
        """Remember these jobs no more: should the ledger turn out to have lost them, they are not written again."""
        for job_id in job_ids:
            self._known.pop(job_id, None)

    def held_by(self, job_id: str, now: float) -> Hold | None:
        """Who else works on a job, if somebody does."""
        lease = leases.found(self._file, job_id, now)
        return None if lease is None else leases.told(lease, self._holder_name(), now, self._is_dead)

    @property
    def leasing(self) -> bool:
        """Whether there is anything to renew."""
        return bool(self._held or self._to_release)

    def renew(self, now: float, seconds: float) -> bool:
        """Renew every lease of this opening of the ledger, in one write that is small however many there are.

        Returns:
            Whether they have held all the time. If not, others may have some of the jobs: each is to be asked for anew.
        """
        me, promised, left = self._holder_name(), self._promised, self._to_release - self._held

        def work(db: Database) -> tuple[bool, float]:
            leases.release(db, left, me)
            return leases.renew(db, me, promised, now, seconds)

        # What could not be released before goes with it, so that it does not cost a write of its own.
        unbroken, self._promised = self._file.write(work)
        self._to_release.clear()
        return unbroken

    def release(self, job_id: str) -> None:
        """Give the right back, if this process has it."""
        self._held.discard(job_id)
        if self._me is None:
            return
        # Noted first: if the write fails, the next renewal gives it back.
        self._to_release.add(job_id)
        me = self._me.name
        self._file.write(lambda db: leases.release(db, [job_id], me))
        self._to_release.discard(job_id)

    def _holder_name(self) -> str:
        if self._me is None:
            self._me = Holder(self._holders)
        return self._me.name

    def _is_dead(self, holder: str) -> bool:
        return is_dead(holder, self._holders)
