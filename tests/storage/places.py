"""Where a ledger may be, for tests that hold for all: a file, and a server whose clock the test sets."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from veo_widgets.domain.secret import Secret
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.postgres import PostgresServer
from veo_widgets.storage.ledger.postgres_protection import Protection
from veo_widgets.storage.ledger.postgres_text import translated

_CLOCK = """
    CREATE TABLE IF NOT EXISTS veo_widgets.clock_of_test AS SELECT CAST(0.0 AS DOUBLE PRECISION) AS now;
    CREATE OR REPLACE FUNCTION veo_widgets.ledger_clock() RETURNS DOUBLE PRECISION LANGUAGE SQL VOLATILE AS
    $$ SELECT now FROM veo_widgets.clock_of_test $$
"""
# The beginning of a program that opens the ledger of its first two arguments.
OPENING = """
import sys, pathlib
from veo_widgets.domain.secret import Secret
from veo_widgets.storage.ledger.ledger import Ledger
def opened():
    return Ledger(pathlib.Path(sys.argv[1]), url=Secret(sys.argv[2]) if sys.argv[2] else None)
"""


class FilePlace:
    """A ledger in a file."""

    url = ""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "home" / "ledger.sqlite3"

    def open(self, **options: Any) -> Ledger:
        return Ledger(self.path, **options)

    def execute(self, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """What another program finds or does."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            return db.execute(sql, values).fetchall()

    def at(self, now: float) -> None:
        """Set the ledger's own clock, which here is that of whoever asks."""

    def administered(self, **options: Any) -> Ledger:
        """The ledger of whoever may set everybody's limits."""
        return self.open(**options)

    @property
    def arguments(self) -> list[str]:
        """What a program that begins with `OPENING` is given."""
        return [str(self.path), self.url]


class ServerPlace(FilePlace):
    """A ledger on a server; the locks of its holders are in a folder."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self.url, self._admin_url, self._has_clock = url, url, False

    def open(self, **options: Any) -> Ledger:
        ledger = _InStep(self, **options)
        if not self._has_clock:
            self.execute(_CLOCK, None)
            self._has_clock = True
        return ledger

    def execute(self, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._admin_url, autocommit=True) as db:
            db.execute("SET search_path = veo_widgets")
            done = db.execute(sql if values is None else translated(sql), values)
            return done.fetchall() if done.description else []

    def at(self, now: float) -> None:
        self.execute("UPDATE clock_of_test SET now = ?", (now,))


class MemberPlace(ServerPlace):
    """A ledger whose server keeps users apart, as one of them has it."""

    def __init__(self, folder: Path, url: str, own_url: str, role: str) -> None:
        super().__init__(folder, url)
        self._admin_url, self._role, self.url = url, role, own_url

    def open(self, **options: Any) -> Ledger:
        if not self._has_clock:
            with closing(PostgresServer(Secret(self._admin_url), 30.0)) as server:
                server.protect(Protection((self._role,)))
            self.execute(_CLOCK, None)
            self.execute("GRANT SELECT ON clock_of_test TO PUBLIC", None)
            self._has_clock = True
        return super().open(**options)

    def administered(self, **options: Any) -> Ledger:
        return Ledger(self.path, url=Secret(self._admin_url), **options)


class _InStep(Ledger):
    """A ledger whose server's clock shows what its callers say that it is."""

    def __init__(self, place: ServerPlace, **options: Any) -> None:
        super().__init__(place.path, url=Secret(place.url), **options)
        self._place = place

    def lease(self, job_id: str, now: float, seconds: float, **options: Any) -> bool:
        self._place.at(now)
        return super().lease(job_id, now, seconds, **options)

    def renew(self, now: float, seconds: float) -> bool:
        self._place.at(now)
        return super().renew(now, seconds)

    def open_jobs(self, now: float) -> Any:
        self._place.at(now)
        return super().open_jobs(now)

    def reserve(self, record: Any, *given: Any, seconds: float) -> bool:
        self._place.at(record.created_at)
        return super().reserve(record, *given, seconds=seconds)
