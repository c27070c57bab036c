"""Every job and every change of its state, kept on disk before anything depends on it. The only user of sqlite3."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from .errors import InvalidRequestError, LedgerError
from .media import Image
from .record import JobRecord
from .request import VideoRequest

T = TypeVar("T")

# One script per schema version, oldest first. A script that has been released is never changed.
_MIGRATIONS = (
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        submitted_at REAL,
        finished_at REAL,
        record TEXT NOT NULL,
        request TEXT NOT NULL,
        holder TEXT,
        held_until REAL
    ) STRICT;
    CREATE INDEX jobs_by_time ON jobs (created_at);
    CREATE TABLE events (
        job_id TEXT NOT NULL REFERENCES jobs (id),
        at REAL NOT NULL,
        state TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_job ON events (job_id, at);
    CREATE TABLE inputs (
        sha256 TEXT PRIMARY KEY,
        mime TEXT NOT NULL,
        data BLOB NOT NULL
    ) STRICT;
    """,
)

# What is asked for in queries stands beside the record in columns of its own, under its own name.
_COLUMNS = ("id", "state", "provider", "model", "created_at", "updated_at", "submitted_at", "finished_at")
_ENDED = "('succeeded', 'filtered', 'failed', 'expired')"
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


def _use_wal(db: sqlite3.Connection) -> None:
    """Where WAL cannot be had (network folders), SQLite keeps its rollback journal by itself.

    Of several kernels that make the file at the same moment only one gets through at once, whatever the timeout says.
    """
    for attempt in range(100):
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == 99:
                raise
            time.sleep(0.02)
        else:
            return


class Ledger:
    """The record of every job, shared by all kernels of a user.

    Safe to use from several threads and processes.

    Args:
        path: the database file; its folder is made if need be.

    Raises:
        LedgerError: it cannot be opened, or a later version wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._me = _holder()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            with ExitStack() as undo:
                undo.callback(self._db.close)
                _use_wal(self._db)
                self._db.execute("PRAGMA synchronous = FULL")
                self._migrate()
                undo.pop_all()
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(
                f"The ledger {str(path)!r} cannot be opened: {error}. VEO_WIDGETS_HOME moves it to another folder."
            ) from error

    def _migrate(self) -> None:
        with self._transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(_MIGRATIONS):
                raise LedgerError(
                    f"The ledger {str(self.path)!r} was written by a later version (schema {version}, this version "
                    f"reads up to {len(_MIGRATIONS)}). Update veo-widgets: pip install -U veo-widgets"
                )
            for script in _MIGRATIONS[version:]:
                for statement in script.split(";"):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    # On a full disk SQLite has rolled back already.
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise LedgerError(f"The ledger {str(self.path)!r} cannot be written: {error}.") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def write(self, record: JobRecord, detail: str = "") -> None:
        """Keep a record and note the change of state. On return it is on disk.

        Args:
            record: a new job, or a job as it is now.
            detail: a few words on why it changed.
        """
        row = {name: getattr(record, name) for name in _COLUMNS}
        row |= {"state": str(record.state), "record": json.dumps(record.to_json())}
        with self._transaction() as db:
            before = db.execute("SELECT state FROM jobs WHERE id = ?", (record.id,)).fetchone()
            if before is None:
                for image in record.request.images:
                    db.execute("INSERT OR IGNORE INTO inputs VALUES (?, ?, ?)", (image.sha256, image.mime, image.data))
                row["request"] = json.dumps(_request_to_json(record.request))
                columns, marks = ", ".join(row), ", ".join(f":{key}" for key in row)
                db.execute(f"INSERT INTO jobs ({columns}) VALUES ({marks})", row)  # noqa: S608 (our own names)
            else:
                changes = ", ".join(f"{key} = :{key}" for key in row if key != "id")
                # A late answer in another process must not undo an end.
                stays = f"state IN {_ENDED} AND :state NOT IN {_ENDED}"
                update = f"UPDATE jobs SET {changes} WHERE id = :id AND NOT ({stays})"  # noqa: S608 (our own names)
                if not db.execute(update, row).rowcount:
                    return
            if before is None or before[0] != row["state"] or detail:
                db.execute(
                    "INSERT INTO events VALUES (?, ?, ?, ?)", (record.id, record.updated_at, row["state"], detail)
                )

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise LedgerError(f"The ledger {str(self.path)!r} cannot be read: {error}.") from error

    def _record(self, row: tuple[Any, ...]) -> JobRecord:
        return JobRecord.from_json(json.loads(row[0]), self._request(json.loads(row[1])))

    def read(self, job_id: str) -> JobRecord:
        """The record of a job.

        Args:
            job_id: its id, or the beginning of it if no other job's begins so.

        Raises:
            InvalidRequestError: there is no such job, or there are several.
        """
        rows = self._rows("SELECT record, request FROM jobs WHERE id = ?", (job_id,))
        if not rows and job_id:
            query = "SELECT record, request FROM jobs WHERE substr(id, 1, ?) = ? LIMIT 2"
            rows = self._rows(query, (len(job_id), job_id))
        if len(rows) != 1:
            many = "several jobs" if rows else "no job"
            raise InvalidRequestError(
                f"job: {job_id!r} fits {many} of the ledger; veo.jobs() lists them.", parameter="job", value=job_id
            )
        return self._record(rows[0])

    def reread(self, record: JobRecord) -> JobRecord:
        """A record as it is now. Its request never changes, so images are not read again."""
        rows = self._rows("SELECT record FROM jobs WHERE id = ?", (record.id,))
        return JobRecord.from_json(json.loads(rows[0][0]), record.request) if rows else record

    def jobs(self, *, limit: int | None = 50, only_open: bool = False) -> list[JobRecord]:
        """The newest jobs, newest first."""
        where = f"WHERE state IN {_OPEN}" if only_open else ""
        query = f"SELECT record, request FROM jobs {where} ORDER BY created_at DESC, rowid DESC LIMIT ?"  # noqa: S608
        return [self._record(row) for row in self._rows(query, (-1 if limit is None else limit,))]

    def with_operation(self, operation: str) -> JobRecord | None:
        """The newest job whose operation the service calls so, if there is one."""
        query = """SELECT record, request FROM jobs WHERE json_extract(record, '$.operation') = ?
            ORDER BY created_at DESC LIMIT 1"""
        rows = self._rows(query, (operation,))
        return self._record(rows[0]) if rows else None

    def events(self, job_id: str) -> list[tuple[float, str, str]]:
        """Time, state and detail of each change of a job, oldest first."""
        return [
            (at, state, detail)
            for at, state, detail in self._rows(
                "SELECT at, state, detail FROM events WHERE job_id = ? ORDER BY rowid", (job_id,)
            )
        ]

    def durations(self, provider: str, model: str) -> list[float]:
        """Seconds from submit to done of the last 50 clips of a model, for the poll schedule."""
        query = """SELECT finished_at - submitted_at FROM jobs
            WHERE provider = ? AND model = ? AND state IN ('succeeded', 'downloading')
            AND finished_at > submitted_at ORDER BY finished_at DESC LIMIT 50"""
        return [row[0] for row in self._rows(query, (provider, model))]

    def lease(self, job_id: str, now: float, seconds: float) -> bool:
        """Take or renew the right to poll and download a job, so that two kernels never both do.

        Args:
            job_id: which job.
            now: seconds since the epoch.
            seconds: how long the right holds if it is not renewed.

        Returns:
            Whether this process has it now. The lease of a process that is gone is taken over.
        """
        with self._transaction() as db:
            found = db.execute("SELECT holder, held_until FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if found is None:
                return False
            holder, until = found
            if holder not in (None, self._me) and until > now and not _is_dead(holder):
                return False
            db.execute("UPDATE jobs SET holder = ?, held_until = ? WHERE id = ?", (self._me, now + seconds, job_id))
        return True

    def release(self, job_id: str) -> None:
        """Give the right back, if this process has it."""
        with self._transaction() as db:
            db.execute("UPDATE jobs SET holder = NULL WHERE id = ? AND holder = ?", (job_id, self._me))

    def _request(self, values: dict[str, Any]) -> VideoRequest:
        def image(entry: dict[str, str]) -> Image:
            rows = self._rows("SELECT data FROM inputs WHERE sha256 = ?", (entry["sha256"],))
            return Image(data=rows[0][0] if rows else b"", mime=entry["mime"], name=entry["name"], uri=entry["uri"])

        for name in ("first_frame", "last_frame"):
            if values.get(name):
                values[name] = image(values[name])
        values["reference_images"] = tuple(image(entry) for entry in values.get("reference_images") or ())
        return VideoRequest(**values)


def _request_to_json(request: VideoRequest) -> dict[str, Any]:
    """What was said, with images by their hash."""

    def plain(value: Any) -> Any:
        if isinstance(value, Image):
            return {"sha256": value.sha256, "mime": value.mime, "name": value.name, "uri": value.uri}
        return [plain(item) for item in value] if isinstance(value, tuple) else value

    return {name: plain(value) for name, value in request.said().items()}


class AsyncLedger:
    """A ledger for an event loop: opened when first used, every call on a thread of its own.

    Args:
        path: the database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ledger: Ledger | None = None
        # SQLite takes one writer at a time; more threads would only wait for each other.
        self._limiter = anyio.CapacityLimiter(1)

    async def do(self, verb: Callable[[Ledger], T]) -> T:
        """What `verb` returns for the ledger.

        Raises:
            LedgerError: it cannot be opened, read or written.
        """

        def work() -> T:
            if self._ledger is None:
                self._ledger = Ledger(self._path)
            return verb(self._ledger)

        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    async def aclose(self) -> None:
        """Close the file."""
        if self._ledger is not None:
            await anyio.to_thread.run_sync(self._ledger.close, limiter=self._limiter)
            self._ledger = None
