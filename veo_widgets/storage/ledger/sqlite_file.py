"""The ledger as a file of SQLite: opened, locked, and mended."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from ...domain.errors import LedgerError
from ...domain.job_record import JobRecord
from . import sqlite_search
from .engine import Row
from .job_rows import carry_over
from .prompt_words import has_words
from .role import ANYBODY
from .schema import MIGRATIONS
from .searches import Search
from .sqlite_repair import copy_jobs, set_aside
from .sqlite_schema import migrate, version_of

T = TypeVar("T")

Journal = Literal["wal", "delete"]

# Their locks and shared memory are not those of this machine: https://sqlite.org/wal.html, "Disadvantages".
_NETWORKS = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "gfs2", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs",
}  # fmt: skip
_MOUNTS = Path("/proc/self/mounts")
# The identity of no file at all.
_NO_FILE = (0, 0)
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_REMEDIES = {
    sqlite3.SQLITE_FULL: " Free some space on the disk; nothing that was written before is lost.",
    sqlite3.SQLITE_IOERR: " Look whether the disk is full or failing; nothing that was written before is lost.",
    sqlite3.SQLITE_BUSY: " Another program keeps it locked; try again when that has ended.",
    sqlite3.SQLITE_READONLY: " It may be read here but not written; VEO_WIDGETS_HOME moves it to another folder.",
}


def journal_for(path: Path, mounts: str) -> Journal:
    """How a file's transactions are kept: by write-ahead log, or where that is unsafe, by rollback journal.

    Args:
        path: the file, absolute.
        mounts: the text of ``/proc/self/mounts``; empty where there is none.
    """
    if str(path).startswith("\\\\"):
        return "delete"
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        _, folder, kind = line.split(" ")[:3]
        # A later line hides an earlier one; blanks are written as octal numbers.
        kinds[folder.replace("\\040", " ")] = kind
    nearest = next((str(folder) for folder in path.parents if str(folder) in kinds), "")
    return "delete" if kinds.get(nearest) in _NETWORKS else "wal"


def _journal_for_mount(path: Path) -> Journal:
    try:
        return journal_for(path.resolve(), _MOUNTS.read_text("utf-8", "replace"))
    except OSError:
        return journal_for(path.absolute(), "")


def _connect_with_journal(
    connect: Callable[[], sqlite3.Connection], journal: Journal, patience: float
) -> sqlite3.Connection:
    """A connection with this journal; where WAL cannot be had, SQLite keeps its rollback journal by itself.

    Of several kernels that open the file at the same moment only one gets through at once, whatever the connection's
    timeout says, so the patience is ours. Each lets go of the file between its attempts, as a mere reader keeps the
    others from leaving WAL, and pauses for a time of its own.
    """
    late = time.monotonic() + patience
    while True:
        db = connect()
        with ExitStack() as undo:
            undo.callback(db.close)
            try:
                kept = db.execute(f"PRAGMA journal_mode = {journal}").fetchone()[0]
            except sqlite3.OperationalError as error:
                if _primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > late:
                    raise
            else:
                # Without EXTRA a power cut can bring back a rollback journal, and with it undo what was committed.
                db.execute(f"PRAGMA synchronous = {'FULL' if kept == 'wal' else 'EXTRA'}")
                db.create_function(has_words.__name__, 2, has_words, deterministic=True)
                undo.pop_all()
                return db
        time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - a pause, not a secret


def _primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 for an error of Python's module."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _cut_log(error: Exception, path: Path) -> str:
    """What to say where the write-ahead log is shorter than the programs that have it open believe; else empty.

    A backup or a sync tool that touches the file can do that. SQLite reads beyond the log's end then, and calls it an
    I/O error, as if the disk were failing. It can only read the log anew once nobody has it open.
    """
    log = path.with_name(f"{path.name}-wal")
    # Unmasked: the primary code is that of any I/O error.
    if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_IOERR_SHORT_READ or not log.exists():
        return ""
    return (
        f"its log {str(log)!r} was cut short while a program had it open. End every program that uses this ledger; "
        "the next one to open it goes on with what is left."
    )


class SqliteFile:
    """One opening of the file, for several threads.

    A damaged file is set aside and what can be read of it goes into a new one; a file that cannot be written is opened
    for reading; a file that another process has replaced is opened again.

    Args:
        path: the database file; its folder is made if need be.
        patience: seconds to wait for another program's lock.
        journal: how transactions are kept; default is what the file system bears.
        known: the jobs that this process knows, which are written into a file that takes the place of the one before.

    Raises:
        LedgerError: it cannot be opened, or a later version wrote it.
    """

    # Whoever may open the file may do everything.
    role = ANYBODY

    def __init__(
        self, path: Path, patience: float, journal: Journal | None, known: Callable[[], list[JobRecord]] = list
    ) -> None:
        self.path = path
        self._patience, self._journal, self._known = patience, journal, known
        # An image of a job may be read while another job with it is written.
        self._lock = threading.RLock()
        self._closed = False
        # What was in a file that is gone, until that is in another.
        self._before: sqlite3.Connection | None = None
        self._shm = path.with_name(f"{path.name}-shm")
        try:
            self._open_or_replace()
        except RuntimeWarning:
            self._db.close()
            raise
        except (OSError, sqlite3.Error) as error:
            why = _cut_log(error, path) or f"{error}. VEO_WIDGETS_HOME moves it to another folder."
            raise LedgerError(f"The ledger {self.name} cannot be opened: {why}") from error

    def _open_or_replace(self) -> None:
        self._file_identity = _file_identity(self.path)
        try:
            self._db = self._connect_writable()
        except (OSError, sqlite3.Error) as error:
            if isinstance(error, sqlite3.Error) and _primary_code(error) in _DAMAGED:
                self._replace_damaged()
                return
            readable = self._connect_read_only() if _is_write_protected(error) else None
            if readable is None:
                raise
            self._db = readable
        self._file_identity, self._shm_identity = _file_identity(self.path), _file_identity(self._shm)

    def _replace_damaged(self) -> None:
        """Go on with a new file; the damaged one is kept beside it."""
        told = set_aside(
            self.path, lambda: _file_identity(self.path) == self._file_identity, self._connect_writable, self._patience
        )
        self._db = self._connect_writable()
        self._file_identity, self._shm_identity = _file_identity(self.path), _file_identity(self._shm)
        if told:
            # Last, since a warning may be an error to whoever asked for that.
            warnings.warn(told, RuntimeWarning, stacklevel=2)

    def _connect_writable(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        open_file = partial(
            sqlite3.connect, self.path, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        db = _connect_with_journal(open_file, self._journal or _journal_for_mount(self.path), self._patience)
        with ExitStack() as undo:
            undo.callback(db.close)
            with _write_transaction(db):
                migrate(db, self.path)
            undo.pop_all()
        return db

    def _connect_read_only(self) -> sqlite3.Connection | None:
        """A connection that reads only, if the file can be read and is of this version."""
        log = self.path.with_name(self.path.name + "-wal")
        # Without a log nothing can change a file that nobody may write, so no lock is needed, which could not be had.
        still = "" if log.exists() and log.stat().st_size else "&immutable=1"
        try:
            address = f"{self.path.absolute().as_uri()}?mode=ro{still}"
            db = sqlite3.connect(address, uri=True, timeout=self._patience, check_same_thread=False)
            if version_of(db) == len(MIGRATIONS):
                db.create_function(has_words.__name__, 2, has_words, deterministic=True)
                return db
        except sqlite3.Error:
            return None
        db.close()
        return None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self._db.close()
            if self._before is not None:
                self._before.close()

    @property
    def name(self) -> str:
        """The ledger, for people."""
        return repr(str(self.path))

    def write(
        self,
        work: Callable[[sqlite3.Connection], T],
        *,
        alone: bool = True,  # noqa: ARG002 (here everybody is)
        done: object = None,  # noqa: ARG002 (a commit here has an answer)
    ) -> T:
        """What `work` returns; all it writes is one transaction, and nobody else writes meanwhile.

        Raises:
            LedgerError: it cannot be written.
        """

        def whole() -> T:
            with _write_transaction(self._db):
                return work(self._db)

        return self._guarded(whole, "written")

    def write_if_free(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """The same for what can wait for another time: None where it cannot be written now, or somebody else writes."""

        def whole() -> T | None:
            self._db.execute("PRAGMA busy_timeout = 0")
            try:
                with _write_transaction(self._db):
                    return work(self._db)
            except sqlite3.OperationalError:
                return None
            finally:
                self._db.execute(f"PRAGMA busy_timeout = {int(self._patience * 1000)}")

        return self._guarded(whole, "written")

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns, which only reads.

        Raises:
            LedgerError: it cannot be read.
        """
        return self._guarded(lambda: work(self._db), "read")

    def rows(self, query: str, values: Any = ()) -> list[Row]:
        """What a query finds.

        Raises:
            LedgerError: it cannot be read.
        """
        return self.read(lambda db: db.execute(query, values).fetchall())

    def found(self, search: Search, limit: int | None, columns: str) -> list[Row]:
        """The number and these columns of the newest jobs that are as a search wants them, newest first.

        Raises:
            LedgerError: it cannot be read.
        """
        asked = sqlite_search.prepare(search, self.read, self.write_if_free)
        return self.read(lambda db: sqlite_search.found(db, search, asked, limit, columns))

    def number_on(self, jobs: int, events: int) -> None:
        """Nothing is to be done: a new row comes after the last."""

    def _guarded(self, work: Callable[[], T], what: str) -> T:
        with self._lock:
            try:
                if not self._closed and _file_identity(self.path) != self._file_identity:
                    self._reopen()
                return self._retry_after_repair(work)
            except (OSError, sqlite3.Error) as error:
                remedy = _REMEDIES.get(_primary_code(error), "") if isinstance(error, sqlite3.Error) else ""
                why = _cut_log(error, self.path) or f"{error}.{remedy}"
                raise LedgerError(f"The ledger {self.name} cannot be {what}: {why}") from error

    def _reopen(self) -> None:
        """Go on with the file that has the name now: nobody would see what is written to the old one.

        Another process may have set it aside, or somebody has removed or moved the folder.
        """
        if self._before is None:
            self._before = self._copy_of_lost_file()
        before = self._db
        # Before the other is opened: of locks on the same ``-shm`` a process loses all when it closes one.
        before.close()
        try:
            self._open_or_replace()
        except (OSError, sqlite3.Error):
            # The next statement tries again.
            self._file_identity = _NO_FILE
            raise
        finally:
            if self._db is not before:
                self._hand_over()

    def _copy_of_lost_file(self) -> sqlite3.Connection | None:
        """A copy of the old file: although removed, it can be read as long as it is open.

        None where another process has made a new file on the old one's ``-shm``, by which its log is read.
        """
        if _file_identity(self.path) is not None and _file_identity(self._shm) == self._shm_identity is not None:
            return None
        # Without a name: on disk if it is large, and gone when it is closed.
        copy = sqlite3.connect("", check_same_thread=False)
        try:
            self._db.backup(copy)
        except sqlite3.Error:
            copy.close()
            return None
        return copy

    def _hand_over(self) -> None:
        """Write what this process knows into the present file, where it is missing."""
        try:
            with _write_transaction(self._db):
                records = self._known()
                if self._before is not None:
                    copy_jobs(self._before, self._db, records)
                carry_over(self._db, records)
        except sqlite3.Error as error:
            if _primary_code(error) != sqlite3.SQLITE_READONLY:
                self._file_identity = _NO_FILE
                raise
        if self._before is not None:
            self._before.close()
            self._before = None

    def _retry_after_repair(self, work: Callable[[], T]) -> T:
        """What `work` returns, on a new file if the present one is damaged."""
        try:
            return work()
        except sqlite3.Error as error:
            if _primary_code(error) not in _DAMAGED or self._closed:
                raise
        damaged = self._db
        damaged.close()
        try:
            self._replace_damaged()
        finally:
            if self._db is not damaged:
                self._hand_over()
        return work()


@contextmanager
def _write_transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # On a full disk SQLite has rolled back already.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _is_write_protected(error: Exception) -> bool:
    """Whether an error only says that the file may not be written, so that it may still be read."""
    if isinstance(error, sqlite3.Error):
        return _primary_code(error) in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
    return isinstance(error, OSError)


def _file_identity(path: Path) -> tuple[int, int] | None:
    """Which file has the name now."""
    try:
        found = os.stat(path)  # noqa: PTH116 (asked at every statement)
    except OSError:
        return None
    return found.st_dev, found.st_ino
