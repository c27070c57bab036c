"""SQLite's tables, brought up to this version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from ...domain.errors import LedgerError
from .schema import MIGRATIONS, later_version


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a ledger up to this version, inside a transaction that may write; an older one is copied before.

    Raises:
        LedgerError: a later version wrote it.
    """
    version = version_of(db)
    if version > len(MIGRATIONS):
        raise LedgerError(later_version(repr(str(path)), version))
    if version == len(MIGRATIONS):
        return
    if version:
        _back_up(path, path.with_name(f"{path.stem}.schema-{version}-{stamp()}{path.suffix}"))
    for script in MIGRATIONS[version:]:
        for statement in script.sqlite.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def version_of(db: sqlite3.Connection) -> int:
    """The number of scripts that a ledger has behind it; 0 for an empty file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def stamp() -> str:
    """The moment, for a file's name; copies made within one second do not share it."""
    return datetime.now().strftime("%Y%m%d-%H%M%S-%f")  # noqa: DTZ005 (local, for people)


def _back_up(path: Path, target: Path) -> None:
    """Copy a ledger as it was last committed."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
