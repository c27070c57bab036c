"""A job that programs are killed over, in a ledger of its own of either engine, and what must have become of it."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest

from veo_widgets.domain.budgets import local_day
from veo_widgets.domain.formats import mp4
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.secret import Secret
from veo_widgets.emulator import Emulator, Entry
from veo_widgets.storage.ledger.checking import check
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.ledger_place import LedgerPlace
from veo_widgets.storage.ledger.readers import reader

from .kill_table import Kind
from .victims import STOPPED

# Virtual seconds in a real one; a lease holds for 75, so programs that wait for one to run out live faster.
SPEED, FAST = 75, 300
KILLED = -signal.SIGKILL
# On a server it is the server's clock that has to run as fast.
_CLOCK = """CREATE OR REPLACE FUNCTION veo_widgets.ledger_clock() RETURNS DOUBLE PRECISION LANGUAGE SQL VOLATILE AS
    $$ SELECT {epoch} + (CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION) - {epoch}) * {speed} $$"""
_CONNECTED = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'veo-widgets'"""


@dataclass(frozen=True)
class TortureLedger:
    """A ledger that is opened by programs with another clock.

    Attributes:
        home: the folder of its file, or of the locks of its holders.
        url: the server's, if it is there.
    """

    home: Path
    url: str = ""

    def open(self) -> Ledger:
        return Ledger(self.home / "ledger.sqlite3", url=Secret(self.url) if self.url else None)

    def set_clock(self, epoch: float, speed: float) -> None:
        """Have the ledger's clock run faster since a moment, as that of its programs does."""
        if self.url:
            self.open().close()
            with psycopg.connect(self.url, autocommit=True) as db:
                db.execute(_CLOCK.format(epoch=epoch, speed=speed))

    def wait_for_the_dead(self) -> None:
        """Wait until the server has ended what programs had begun that were killed."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as db:
                while db.execute(_CONNECTED).fetchone() != (0,):
                    time.sleep(0.005)

    def check_whole(self) -> None:
        """Nothing of it is damaged, nor missing."""
        path = self.home / "ledger.sqlite3"
        if not self.url:
            with closing(sqlite3.connect(path)) as db:
                assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = reader(LedgerPlace(path, Secret(self.url) if self.url else None), 30.0)
        assert found is not None
        with closing(found):
            assert list(check(found)) == []


@dataclass
class Case:
    """A folder with a ledger and clips, and the programs that work on one job in it."""

    folder: Path
    emulator: Emulator
    rounds: Callable[[list[dict[str, Any]]], list[int]]
    kind: Kind
    prompt: str
    url: str = ""
    speed: int = SPEED
    killed: int = 0

    @cached_property
    def ledger(self) -> TortureLedger:
        return TortureLedger(self.folder / "home", self.url)

    @cached_property
    def order(self) -> dict[str, Any]:
        base = {"url": self.emulator.base_url, "folder": str(self.folder), "home": str(self.ledger.home)}
        base |= {"ledger": self.url, "epoch": time.time(), "speed": self.speed}
        if self.kind.held_back:
            self.emulator.script(on="create", fault="status-429-bare", match=self.prompt)
        return {**base, "prompt": self.prompt, "said": self.kind.said}

    def run(self, *orders: dict[str, Any]) -> list[int]:
        """Carry out programs at the same time; nothing but a kill may end one badly."""
        self.ledger.set_clock(self.order["epoch"], self.speed)
        ended = self.rounds([{**self.order, **order} for order in orders])
        self.killed += ended.count(KILLED)
        assert set(ended) <= {0, KILLED, STOPPED}, ended
        return ended

    def seen_by_the_ledger(self) -> str:
        """How the job must end, going by what is on disk after a kill; a copy is read, so nothing is mended."""
        if not (self.folder / "home").exists():
            return "nothing"
        self.ledger.wait_for_the_dead()
        copy = TortureLedger(self.folder / "copy", self.url)
        shutil.copytree(self.folder / "home", copy.home)
        with closing(copy.open()) as ledger:
            records = ledger.jobs()
        shutil.rmtree(copy.home)
        if not records:
            return "nothing"
        (record,) = records
        if record.operation or record.held_back:
            return "succeeded"
        return "not sent" if record.sending_at is None else "unknown"

    def creates(self) -> list[Entry]:
        return [entry for entry in self.emulator.journal() if entry.kind == "create" and self.prompt in str(entry.body)]

    def check(self, expected: str) -> None:
        """Nothing is lost, nothing is paid twice, nothing half lies about."""
        with closing(self.ledger.open()) as ledger:
            records = ledger.jobs()
            tally = ledger.budget(local_day(time.time()), {}, {}).tallies["month"]
        self.ledger.check_whole()
        made = sum(bool(entry.operation) for entry in self.creates())
        assert len(self.creates()) <= 1 + self.kind.held_back
        if expected == "nothing":
            assert (records, made, tally.reserved + tally.spent) == ([], 0, 0)
            return
        (record,) = records
        if expected == "not sent":
            assert (record.state, record.problem.title) == ("failed", "It was not sent")
            assert (made, tally.reserved + tally.spent, record.cost.usd) == (0, 0, 0)
            return
        assert record.state == expected
        price = pytest.approx(record.cost.usd)
        assert price.expected > 0
        if expected == "unknown":
            assert made <= 1
            assert (tally.spent, tally.reserved) == (0, price)
        else:
            assert made == 1
            assert (tally.spent, tally.reserved) == (price, 0)
        check_files(self.folder / "clips", records)


def check_files(folder: Path, records: Iterable[JobRecord]) -> None:
    """Every clip whole, with the hash that the ledger and the recipe know, and nothing beside them."""
    videos = [(record, video) for record in records for video in record.videos]
    wanted = {name for _, video in videos for name in (video.path.name, video.sidecar.name)}
    assert {path.name for path in folder.glob("*")} == wanted
    for record in records:
        if record.state is JobState.SUCCEEDED:
            assert len(record.videos) == (record.request.samples or 1)
    for record, video in videos:
        data = video.path.read_bytes()
        with video.path.open("rb") as file:
            assert mp4.is_whole(file)
        assert hashlib.sha256(data).hexdigest() == video.sha256 == video.recipe["file"]["sha256"]
        assert video.recipe["job"] == record.id


def at_random(dice: random.Random, events: dict[str, int], seconds: float) -> dict[str, Any]:
    """A moment: mostly an event, each kind of which is as likely as any other; sometimes only a time."""
    if dice.random() < 0.25:
        return {"seconds": dice.uniform(0, seconds)}
    happened = dice.choice(sorted(events))
    return {"event": [*happened.split(), dice.randint(1, events[happened])]}
