"""PostgreSQL's tables, brought up to this version by whoever comes first."""

from __future__ import annotations

from collections.abc import Callable

from ...domain.errors import LedgerError
from . import postgres_search
from .engine import Database
from .postgres_protection import protect_again, role_of
from .postgres_tables import SCHEMA
from .schema import MIGRATIONS, later_version

_MIGRATION = 0x76656F02
_VERSIONS = f"{SCHEMA}.version"


def migrate(db: Database, run: Callable[[str], object], name: str) -> None:
    """Bring a ledger up to this version, inside a transaction.

    Args:
        db: the ledger.
        run: runs a statement as it is written for PostgreSQL.
        name: the ledger, for people.

    Raises:
        LedgerError: a later version wrote it, or the database keeps other characters than Unicode's.
    """
    if version_of(db, name) == len(MIGRATIONS):
        return
    # One at a time; the others find it done.
    db.execute(f"SELECT pg_advisory_xact_lock({_MIGRATION})")
    version = version_of(db, name)
    if version == len(MIGRATIONS):
        return
    if not version:
        (encoding,) = db.execute("SELECT current_setting('server_encoding')").fetchone()
        if encoding != "UTF8":
            raise LedgerError(f"The ledger {name} cannot be opened: its database keeps text in {encoding}, not UTF8.")
        # Asked first: who may not create a schema may use one that somebody has made for them.
        if db.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (SCHEMA,)).fetchone() is None:
            db.execute(f"CREATE SCHEMA {SCHEMA}")
        db.execute(f"CREATE TABLE {_VERSIONS} (version INTEGER NOT NULL)")
        db.execute(f"INSERT INTO {_VERSIONS} VALUES (0)")  # noqa: S608 (our own names)
    elif not role_of(db).administers:
        raise LedgerError(
            f"The ledger {name} was written by an earlier version, and whoever administers it brings it up to date: "
            "any command such as `veo jobs` does."
        )
    for script in MIGRATIONS[version:]:
        for statement in filter(str.strip, script.postgres.split(";")):
            run(statement)
    postgres_search.keep_prompts(db)
    db.execute(f"UPDATE {_VERSIONS} SET version = ?", (len(MIGRATIONS),))  # noqa: S608
    protect_again(db, run, name)


def version_of(db: Database, name: str) -> int:
    """The number of scripts that a ledger has behind it; 0 where there is none.

    Raises:
        LedgerError: a later version wrote it.
    """
    # Not by to_regclass, which may remember that there was none although another program has made it meanwhile.
    found = "SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = 'version'"
    if db.execute(found, (SCHEMA,)).fetchone() is None:
        return 0
    version = int(db.execute(f"SELECT version FROM {_VERSIONS}").fetchone()[0])  # noqa: S608 (our own names)
    if version > len(MIGRATIONS):
        raise LedgerError(later_version(name, version))
    return version
