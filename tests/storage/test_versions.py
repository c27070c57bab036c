"""Ledgers of earlier versions, in a file and on a server."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.postgres_server import Server
from veo_widgets.domain.budgets import local_day
from veo_widgets.domain.errors import LedgerError
from veo_widgets.domain.secret import Secret
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.postgres_protection import Protection, protect
from veo_widgets.storage.ledger.postgres_text import translated
from veo_widgets.storage.ledger.schema import MIGRATIONS
from veo_widgets.storage.ledger.searches import Search

from .test_ledger import record

NOW = 1_790_000_000.0


def test_a_ledger_of_before_there_were_owners_is_brought_up_to_date(tmp_path: Path, postgres: Server) -> None:
    path, url = tmp_path / "ledger.sqlite3", postgres.new_database()
    made = record("old", provider="gemini")
    row = (made.id, "queued", "gemini", "m", 1.0, 1.0, '{"prompt": "A cat", "model": "m"}', 0.8, local_day(NOW), "p")
    names = "id, state, provider, model, created_at, updated_at, request, usd, day, program, record"
    insert = f"INSERT INTO jobs ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    text = json.dumps(made.to_json())
    with closing(sqlite3.connect(path)) as db, db:
        for script in MIGRATIONS[:6]:
            db.executescript(script.sqlite)
        db.execute("PRAGMA user_version = 6")
        db.execute(insert, (*row, text))
        db.execute("INSERT INTO budgets VALUES ('day', 12.5)")
    with psycopg.connect(url) as server:
        server.execute("CREATE SCHEMA veo_widgets")
        server.execute("CREATE TABLE veo_widgets.version AS SELECT 6 AS version")
        for statement in filter(str.strip, MIGRATIONS[5].postgres.split(";")):
            server.execute(statement)
        server.execute("SET search_path = veo_widgets")
        server.execute(insert.replace("?", "%s"), (*row, text))
        server.execute("INSERT INTO budgets VALUES ('day', 12.5)")
        server.execute("INSERT INTO inputs VALUES ('ab', 'image/png', 'x')")
    for opened in (Ledger(path), Ledger(tmp_path / "other.sqlite3", url=Secret(url))):
        with closing(opened) as ledger:
            (job,) = ledger.jobs()
            assert (job.id, job.owner, job.project) == ("old", "", "")
            found = ledger.budget(local_day(NOW), {}, {})
            assert (found.limits, found.tallies["day"].reserved) == ({"day": 12.5}, 0.8)
            assert ledger.spend().by("user") == {"": 0.8}
            ledger.reserve(record("new", at=NOW, provider="gemini", owner="ada"), "", {}, {}, seconds=75.0)
            assert ledger.spend().by("user") == {"": 0.8, "ada": 0.8}


class _Open:
    """A connection that takes the ledger's SQL."""

    def __init__(self, db: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._db = db

    def execute(self, sql: str, values: Any = (), /) -> Any:
        return self._db.execute(translated(sql), values)

    def executemany(self, sql: str, values: Iterable[Any], /) -> None:
        for one in values:
            self.execute(sql, one)


def test_a_ledger_that_keeps_users_apart_does_so_after_it_was_brought_up_to_date(
    tmp_path: Path, postgres: Server
) -> None:
    boss, ada, ben = (postgres.new_role(name) for name in ("boss", "ada", "ben"))
    url = postgres.new_database(boss)
    with psycopg.connect(url) as db:
        db.execute("CREATE SCHEMA veo_widgets")
        db.execute("CREATE TABLE veo_widgets.version AS SELECT 7 AS version")
        for script in MIGRATIONS[:7]:
            for statement in filter(str.strip, script.postgres.split(";")):
                db.execute(statement)
        db.execute("SET search_path = veo_widgets")
        protect(_Open(db), lambda sql: db.execute(sql, ()), Protection((ada, ben)), "it")
        # What a later version adds, nobody has been granted yet.
        db.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA veo_widgets FROM {ada}, {ben}")
        db.execute(f"GRANT SELECT ON version TO {ada}")

    def opened(role: str) -> Ledger:
        return Ledger(tmp_path / role / "ledger.sqlite3", url=Secret(url.replace(boss, role)))

    with pytest.raises(LedgerError, match="whoever administers it brings it up to date"):
        opened(ada)
    opened(boss).close()
    with closing(opened(ada)) as adas, closing(opened(ben)) as bens:
        made = adas.owned(record("new", at=NOW, provider="gemini"))
        adas.reserve(made, "", {"day": 1e6}, {}, seconds=75.0)
        search = Search.of(search=made.request.prompt, now=NOW)
        assert [[found.id for found in one.search(search, None)] for one in (adas, bens)] == [["new"], []]
