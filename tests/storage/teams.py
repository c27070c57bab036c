"""A ledger of several roles, kept apart by a real server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.postgres_server import Server
from veo_widgets.domain.job_record import JobRecord
from veo_widgets.domain.media import Image
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.secret import Secret
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.postgres import PostgresServer
from veo_widgets.storage.ledger.postgres_protection import Protection
from veo_widgets.storage.ledger.searches import Search

from .test_ledger import record

IMAGE = Image(b"\x89PNG\r\n\x1a\n a picture of hers", name="secret.png")
PROMPT = "A zebra that nobody is to know of"
ZEBRA = Search.of(search="zebra", now=time.time())


@dataclass
class Team:
    """A ledger of several roles: who owns it, two members, of whom one by a group, and a worker."""

    server: Server
    folder: Path
    database: str
    boss: str
    ada: str
    ben: str
    group: str
    worker: str
    stack: ExitStack

    def url(self, role: str) -> str:
        return self.server.address(self.database, role)

    def open(self, role: str) -> Ledger:
        path = self.folder / role / "ledger.sqlite3"
        return self.stack.enter_context(closing(Ledger(path, url=Secret(self.url(role)))))

    def protect(self, *, shared: bool = False) -> None:
        with closing(PostgresServer(Secret(self.url(self.boss)), 30.0)) as server:
            assert server.protect(Protection((self.ada, self.group), (self.worker,), shared)).administrator == self.boss

    def sql(self, role: str, statement: str) -> list[tuple[object, ...]]:
        """What a role's own statement finds or does."""
        with psycopg.connect(self.url(role), autocommit=True) as db:
            db.execute("SET search_path = veo_widgets")
            done = db.execute(statement)
            return done.fetchall() if done.description else [(done.rowcount,)]


@contextmanager
def new_team(postgres: Server, tmp_path: Path) -> Iterator[Team]:
    """A new ledger for new roles."""
    group = postgres.new_role("studio")
    names = [postgres.new_role("boss"), postgres.new_role("ada"), postgres.new_role("ben", f"IN ROLE {group}")]
    url = postgres.new_database(names[0])
    database = url.rpartition("/localhost/")[2].partition("localhost/")[2].partition("?")[0]
    with ExitStack() as stack:
        made = Team(postgres, tmp_path, database, *names, group, postgres.new_role("worker"), stack)
        with closing(Ledger(tmp_path / "boss" / "ledger.sqlite3", url=Secret(url))):
            pass
        made.protect()
        yield made


def job(ledger: Ledger, name: str, **values: object) -> JobRecord:
    request = VideoRequest(PROMPT, "m", first_frame=IMAGE)
    return ledger.owned(record(name, at=time.time(), provider="gemini", **{"request": request, **values}))


def reserve(ledger: Ledger, record: JobRecord, limits: dict[str, float] | None = None) -> JobRecord:
    ledger.reserve(record, "her intent", limits or {}, {}, seconds=75.0)
    return record


def adas(team: Team) -> Ledger:
    """Her ledger, with a job and all that belongs to it."""
    ledger = team.open(team.ada)
    reserve(ledger, job(ledger, "adas0001", group="film", place="1"))
    return ledger
