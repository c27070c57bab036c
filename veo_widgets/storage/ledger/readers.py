"""A ledger opened to be looked at, wherever it is, without a change to it."""

from __future__ import annotations

from ...domain.errors import LedgerError
from .engine import Reader
from .ledger_place import LedgerPlace
from .schema import MIGRATIONS, later_version
from .sqlite_reader import SqliteReader


def reader(place: LedgerPlace, patience: float) -> Reader | None:
    """A ledger to be read; None where there is none, nor anything else.

    Args:
        place: where it is.
        patience: seconds to wait for a server that is away, or for another program's lock.

    Raises:
        LedgerError: it cannot be read, it is of another version, or something else is there.
    """
    if place.url is not None:
        # Imported here: most ledgers are a file.
        from .postgres import PostgresServer

        found: PostgresServer | SqliteReader = PostgresServer(place.url, patience, reads_only=True)
    elif not place.exists:
        return None
    else:
        found = SqliteReader(place.path, patience)
    if found.version == len(MIGRATIONS):
        return found
    found.close()
    if not found.version and isinstance(found, SqliteReader) and not found.is_empty:
        raise LedgerError(f"{found.name} is another program's database, and no ledger.")
    if not found.version:
        return None
    if found.version > len(MIGRATIONS):
        raise LedgerError(later_version(found.name, found.version))
    raise LedgerError(
        f"The ledger {found.name} was written by an earlier version. `veo jobs` brings a ledger in use up to date; "
        "VEO_WIDGETS_HOME names the folder of a file, VEO_LEDGER_URL a server."
    )
