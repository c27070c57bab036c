"""The engine of a ledger, chosen by where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...domain.job_record import JobRecord
from ...domain.secret import Secret
from .engine import Engine
from .sqlite_file import Journal, SqliteFile


def opened(
    path: Path, patience: float, journal: Journal | None, url: Secret | None, known: Callable[[], list[JobRecord]]
) -> Engine:
    """A file's, or that of the server with this address; see `Ledger`."""
    if url is None:
        return SqliteFile(path, patience, journal, known)
    # Imported here: most ledgers are a file.
    from .postgres import PostgresServer

    return PostgresServer(url, patience, known)
