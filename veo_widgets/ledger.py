"""Every job and every change of its state, kept on disk before anything depends on it, and what jobs have cost."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from . import ledger_money as money
from . import ledger_places as places
from .budgets import Budget, local_day
from .errors import InvalidRequestError
from .ledger_file import Database, Journal, LedgerFile
from .ledger_rows import PROGRAM, read_job, write_job
from .record import JobRecord
from .searches import Search
from .spending import Spend

# Seconds to wait for another program's lock.
PATIENCE_SECONDS = 30.0
_OPEN = "('submitting', 'queued', 'running', 'downloading')"


def _holder() -> str:
    """A name for one opening of the ledger: several clients of one process are several holders."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


def _is_dead(holder: str) -> bool:
    """Whether the process that holds a lease is known to be gone: it ran on this machine and runs no more."""
    host, _, pid = holder.rpartition("/")[0].rpartition("/")
    # On Windows signal 0 would end the process it asks about, so there a lease has to run out.
    if host != socket.gethostname() or not pid.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(pid), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False


class Ledger:
    """The record of every job, shared by all kernels of a user.

    Safe to use from several threads and processes.

    Args:
        path: the database file; its folder is made if need be.
        patience: seconds to wait for another program's lock.
        journal: ``wal`` or ``delete`` (a rollback journal); default is what the file system bears.

    Raises:
        LedgerError: it cannot be opened, or a later version wrote it.
    """

    def __init__(self, path: Path, *, patience: float = PATIENCE_SECONDS, journal: Journal | None = None) -> None:
        self.path = path
        self._me = _holder()
        self._file = LedgerFile(path, patience, journal)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def write(self, record: JobRecord, detail: str = "") -> None:
        """Keep a record and note the change of state. On return it is on disk.

        Args:
            record: a new job, or a job as it is now.
            detail: a few words on why it changed.
        """
        self._file.write(lambda db: write_job(db, record, detail))

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

        def work(db: Database) -> bool:
            places.claim(db, record)
            untold = money.reserve(db, record, detail, environment, settings)
            self._hold(db, record.id, record.created_at + seconds)
            return untold

        return self._file.write(work)

    def group(self, name: str) -> dict[str, JobRecord]:
        """The job that stands for each piece of a film or a batch, by place: one with a clip before one without."""
        return places.group(self._file, name)

    def begin_sending(self, record: JobRecord, detail: str) -> bool:
        """Keep a job that was held back as one that is being sent, unless that has become another process's business.

        A program may sleep for longer than its lease between any two of its statements, as laptops do.
        """
        query = "SELECT holder, json_extract(record, '$.held_back') FROM jobs WHERE id = ?"

        def work(db: Database) -> bool:
            if db.execute(query, (record.id,)).fetchone() != (self._me, 1):
                return False
            write_job(db, record, detail)
            # What waited for its turn overnight is paid for today.
            db.execute("UPDATE jobs SET day = ? WHERE id = ?", (local_day(record.updated_at), record.id))
            return True

        return self._file.write(work)

    def budget(self, day: str, environment: Mapping[str, float], settings: Mapping[str, float]) -> Budget:
        """The limits in force, and what is spent and reserved.

        Args:
            day: today's ISO date.
            environment: limits that go before those in the ledger.
            settings: limits of this process.
        """
        return money.budget(self._file, day, environment, settings)

    def set_budgets(self, values: Mapping[str, float | None]) -> None:
        """Keep limits for every kernel; None forgets one."""
        self._file.write(lambda db: money.set_limits(db, values))

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
        rows = self._file.rows("SELECT record, request FROM jobs WHERE id = ?", (job_id,))
        if not rows and job_id:
            query = "SELECT record, request FROM jobs WHERE substr(id, 1, ?) = ? LIMIT 2"
            rows = self._file.rows(query, (len(job_id), job_id))
        if len(rows) != 1:
            many = "several jobs" if rows else "no job"
            raise InvalidRequestError(
                f"job: {job_id!r} fits {many} of the ledger; veo.jobs() lists them.", parameter="job", value=job_id
            )
        return read_job(rows[0], self._file)

    def reread(self, record: JobRecord) -> JobRecord:
        """A record as it is now. Its request never changes, so images are not read again."""
        rows = self._file.rows("SELECT record FROM jobs WHERE id = ?", (record.id,))
        return JobRecord.from_json(json.loads(rows[0][0]), record.request) if rows else record

    def jobs(self, *, limit: int | None = 50, only_open: bool = False) -> list[JobRecord]:
        """The newest jobs, newest first: in the order they were written, whatever the clock said."""
        where = f"WHERE state IN {_OPEN}" if only_open else ""
        query = f"SELECT record, request FROM jobs {where} ORDER BY rowid DESC LIMIT ?"  # noqa: S608
        return [read_job(row, self._file) for row in self._file.rows(query, (-1 if limit is None else limit,))]

    def with_prompt(self, provider: str, model: str, prompt: str) -> list[tuple[JobRecord, bool]]:
        """The jobs of a model with this prompt, oldest first, each with whether this program has sent it.

        Pieces of films and batches are left out: they are told apart by their places.
        """
        # Compared as it is written down: in ASCII, which every prompt can be.
        query = """SELECT record, request, program FROM jobs WHERE provider = ? AND model = ?
            AND instr(request, ?) AND json_extract(record, '$.group') = '' ORDER BY rowid"""
        rows = self._file.rows(query, (provider, model, f'"prompt": {json.dumps(prompt)}'))
        return [(read_job((record, request), self._file), program == PROGRAM) for record, request, program in rows]

    def search(self, search: Search, limit: int | None) -> list[JobRecord]:
        """The newest jobs that are as a search wants them, newest first."""
        return search.find(self._file, limit)

    def left(self, now: float) -> tuple[int, int]:
        """How many open jobs nobody works on at `now`, and of how many the answer was lost."""
        query = f"SELECT state, holder, held_until FROM jobs WHERE state = 'unknown' OR state IN {_OPEN}"  # noqa: S608
        rows = self._file.rows(query)
        unknown = sum(state == "unknown" for state, _, _ in rows)
        held = sum(holder is not None and until > now and not _is_dead(holder) for _, holder, until in rows)
        return len(rows) - unknown - held, unknown

    def with_operation(self, operation: str) -> JobRecord | None:
        """The newest job whose operation the service calls so, if there is one."""
        query = """SELECT record, request FROM jobs WHERE json_extract(record, '$.operation') = ?
            ORDER BY rowid DESC LIMIT 1"""
        rows = self._file.rows(query, (operation,))
        return read_job(rows[0], self._file) if rows else None

    def events(self, job_id: str) -> list[tuple[float, str, str]]:
        """Time, state and detail of each change of a job, oldest first."""
        return [
            (at, state, detail)
            for at, state, detail in self._file.rows(
                "SELECT at, state, detail FROM events WHERE job_id = ? ORDER BY rowid", (job_id,)
            )
        ]

    def durations(self, provider: str, model: str) -> list[float]:
        """Seconds from submit to done of the last 50 clips of a model, for the poll schedule."""
        query = """SELECT finished_at - submitted_at FROM jobs
            WHERE provider = ? AND model = ? AND state IN ('succeeded', 'downloading')
            AND finished_at > submitted_at ORDER BY finished_at DESC LIMIT 50"""
        return [row[0] for row in self._file.rows(query, (provider, model))]

    def lease(self, job_id: str, now: float, seconds: float) -> bool:
        """Take or renew the right to poll and download a job, so that two kernels never both do.

        Args:
            job_id: which job.
            now: seconds since the epoch.
            seconds: how long the right holds if it is not renewed. At least half of that is left on return: only what
                is half spent is renewed, for the sake of the disk.

        Returns:
            Whether this process has it now. The lease of a process that is gone is taken over.
        """
        query = "SELECT holder, held_until FROM jobs WHERE id = ?"
        found = self._file.rows(query, (job_id,))
        if found and found[0][0] == self._me and now + seconds / 2 <= found[0][1] <= now + seconds:
            return True

        def work(db: Database) -> bool:
            row = db.execute(query, (job_id,)).fetchone()
            if row is None:
                return False
            holder, until = row
            others = holder not in (None, self._me) and until > now and not _is_dead(holder)
            if others and until <= now + seconds:
                return False
            # A clock that was ahead may have promised years: from now on it holds as long as any other.
            self._hold(db, job_id, now + seconds, holder if others else self._me)
            return not others

        return self._file.write(work)

    def _hold(self, db: Database, job_id: str, until: float, holder: str = "") -> None:
        values = (holder or self._me, until, job_id)
        db.execute("UPDATE jobs SET holder = ?, held_until = ? WHERE id = ?", values)

    def release(self, job_id: str) -> None:
        """Give the right back, if this process has it."""
        query = "UPDATE jobs SET holder = NULL WHERE id = ? AND holder = ?"
        self._file.write(lambda db: db.execute(query, (job_id, self._me)))
