"""What is kept elsewhere: a ledger on a server, and clips in a bucket."""

from __future__ import annotations

import time
from contextlib import closing

from ...domain import buckets
from ...domain.errors import VeoError
from ...domain.printable import printable
from ...domain.secret import Secret
from ...storage.ledger.ledger_place import LedgerPlace
from ...storage.ledger.schema import MIGRATIONS
from .report import Finding

_PATIENCE_SECONDS = 10.0
ANOTHER_LEDGER = "Look at the server, or unset VEO_LEDGER_URL for a ledger of this machine."
_ANOTHER_FOLDER = "Call veo.configure(folder=…) with another."
# May this user make the tables: in a schema of their own, or in one that somebody has made beforehand.
_RIGHTS = """SELECT current_setting('server_version'), current_setting('server_encoding'),
    coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'veo_widgets'),
             has_database_privilege(current_database(), 'CREATE'))"""


def ledger_server(place: LedgerPlace, url: Secret, patience: float = _PATIENCE_SECONDS) -> tuple[Finding, bool]:
    """Whether the server answers, how fast, and what of a ledger it has; nothing is written, not even tables.

    Args:
        place: the ledger's, for people.
        url: the server's address, of which only the place is told.
        patience: seconds to wait for a server that is away.

    Returns:
        What was found, and whether there is a ledger.
    """
    # Imported here: most ledgers are a file.
    from ...storage.ledger.postgres import PostgresServer

    try:
        with closing(PostgresServer(url, patience, reads_only=True)) as server:
            began = time.perf_counter()
            ((version, encoding, may_create),) = server.rows(_RIGHTS)
            took = max(1, round((time.perf_counter() - began) * 1000))
            known, role = server.version, server.role
    except VeoError as error:
        return Finding("ledger", "problem", str(error), ANOTHER_LEDGER), False
    found = f"PostgreSQL {version} answers at {printable(str(place))} in {took} ms"
    if not known and encoding != "UTF8":
        return Finding("ledger", "problem", f"{found}; its database is in {encoding}", "Make one in UTF8."), False
    if not known and not may_create:
        remedy = "Ask who keeps it: GRANT CREATE ON DATABASE … TO …, or CREATE SCHEMA veo_widgets AUTHORIZATION …"
        message = f"{found}; there is no ledger, and this user may make none"
        return Finding("ledger", "problem", message, remedy), False
    users = (
        f"its users are kept apart, and you are {printable(role.name)}"
        if role.name
        else "whoever may read it sees all prompts"
    )
    return Finding("ledger", "ok", f"{found}; {_version_text(known)}; {users}"), bool(known)


def _version_text(known: int) -> str:
    if not known:
        return "there is no ledger yet, and the first job makes one"
    if known < len(MIGRATIONS):
        return f"its ledger has version {known}, which the next job brings up to {len(MIGRATIONS)}"
    return f"its ledger has version {known}, as it should"


def bucket(address: str) -> Finding:
    """Whether clips can be put into a bucket, read and removed there, and whether players get addresses of it."""
    try:
        buckets.check(address)
        rights = buckets.rights(address)
    except VeoError as error:
        return Finding("clips folder", "problem", str(error), _ANOTHER_FOLDER)
    if rights.unread:
        message = f"{address} can be written, and not read ({rights.unread})"
        return Finding("clips folder", "problem", message, "Give its key the right to read, or name another folder.")
    players = (
        "players get addresses that are signed"
        if rights.signs
        else "it signs no addresses with this key, so players get clips from the kernel"
    )
    if rights.unremoved:
        message = f"{address} can be written and read, but nothing can be removed ({rights.unremoved}); {players}"
        return Finding("clips folder", "warning", message, "Without the right to delete, its trash cannot be emptied.")
    return Finding("clips folder", "ok", f"{address} can be written and read; {players}")
