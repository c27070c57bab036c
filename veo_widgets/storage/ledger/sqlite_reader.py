"""A ledger's file that is only looked at: nothing is mended, brought up to date or set aside."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

from ...domain.errors import LedgerError
from .engine import Row
from .sqlite_schema import version_of


class SqliteReader:
    """A file, opened for reading.

    Args:
        path: the file, which is there.
        patience: seconds to wait for another program's lock.

    Attributes:
        version: how many scripts the ledger has behind it; 0 where there is none.
        is_empty: whether nothing is in the file, not even a table.

    Raises:
        LedgerError: it cannot be read.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self.name = repr(str(path))
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(_address(path), uri=True, timeout=patience, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        try:
            self._db.execute("PRAGMA query_only = ON")
            self.version = version_of(self._db)
            self.is_empty = self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
        except sqlite3.Error as error:
            self._db.close()
            raise self._unreadable(error) from error

    def rows(self, query: str, values: Any = ()) -> list[Row]:
        """What a query finds.

        Raises:
            LedgerError: it cannot be read.
        """
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def faults(self) -> list[str]:
        """What SQLite finds wrong with the file itself, a sentence each.

        Raises:
            LedgerError: it cannot be read at all.
        """
        found = [str(line) for (line,) in self.rows("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def _unreadable(self, error: sqlite3.Error) -> LedgerError:
        return LedgerError(f"The ledger {self.name} cannot be read: {error}.")


def _address(path: Path) -> str:
    """The file for SQLite, opened so that nothing is different after it."""
    journal, log = (path.with_name(path.name + ending) for ending in ("-journal", "-wal"))
    if not os.access(path.parent, os.W_OK) and not _has_content(log):
        # Without a log nothing changes it, and the memory that is shared for one could not be made.
        mode = "ro&immutable=1"
    elif _has_content(log) and not _has_content(journal):
        # Whoever may write puts the log of a killed program into the file when closing it.
        mode = "ro"
    else:
        # Whoever may not leaves an empty log behind, and cannot undo what a killed program has left half written.
        mode = "rw"
    return f"{path.absolute().as_uri()}?mode={mode}"


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
