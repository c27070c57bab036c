"""Programs that are killed at any moment of a job, and what the next program makes of it.

``VEO_KILLS`` is how many are killed at random moments, ``VEO_KILLS_SEED`` chooses these; `make torture` runs many.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain.budgets import local_day
from veo_widgets.domain.formats import mp4
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.emulator import Emulator, Entry
from veo_widgets.storage.ledger.ledger import Ledger

from .kill_table import KINDS, MOMENTS, NOT_SENT, OTHER_MOMENTS, STOPS, Kind
from .victims import STOPPED

KILLS = int(os.environ.get("VEO_KILLS", "16"))
SEED = os.environ.get("VEO_KILLS_SEED", "veo")
# Virtual seconds in a real one; a lease holds for 75, so programs that wait for one to run out live faster.
SPEED, FAST = 75, 300
KILLED = -signal.SIGKILL


@dataclass
class Case:
    """A folder with a ledger and clips, and the programs that work on one job in it."""

    folder: Path
    emulator: Emulator
    rounds: Callable[[list[dict[str, Any]]], list[int]]
    kind: Kind
    prompt: str
    speed: int = SPEED
    killed: int = 0

    @cached_property
    def order(self) -> dict[str, Any]:
        base = {"url": self.emulator.base_url, "folder": str(self.folder), "epoch": time.time(), "speed": self.speed}
        if self.kind.held_back:
            self.emulator.script(on="create", fault="status-429-bare", match=self.prompt)
        return {**base, "prompt": self.prompt, "said": self.kind.said}

    def run(self, *orders: dict[str, Any]) -> list[int]:
        """Carry out programs at the same time; nothing but a kill may end one badly."""
        ended = self.rounds([{**self.order, **order} for order in orders])
        self.killed += ended.count(KILLED)
        assert set(ended) <= {0, KILLED, STOPPED}, ended
        return ended

    def seen_by_the_ledger(self) -> str:
        """How the job must end, going by what is on disk after a kill; a copy is read, so nothing is mended."""
        copy = self.folder / "copy"
        if not (self.folder / "home").exists():
            return "nothing"
        shutil.copytree(self.folder / "home", copy)
        with closing(Ledger(copy / "ledger.sqlite3")) as ledger:
            records = ledger.jobs()
        shutil.rmtree(copy)
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
        path = self.folder / "home" / "ledger.sqlite3"
        with closing(Ledger(path)) as ledger:
            records = ledger.jobs()
            tally = ledger.budget(local_day(time.time()), {}, {}).tallies["month"]
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
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
        check_files(self.folder / "clips", record)


def check_files(folder: Path, record: JobRecord) -> None:
    """Every clip whole, with the hash that the ledger and the recipe know, and nothing beside them."""
    wanted = {name for video in record.videos for name in (video.path.name, video.sidecar.name)}
    assert {path.name for path in folder.glob("*")} == wanted
    if record.state is JobState.SUCCEEDED:
        assert len(record.videos) == (record.request.samples or 1)
    for video in record.videos:
        data = video.path.read_bytes()
        with video.path.open("rb") as file:
            assert mp4.is_whole(file)
        assert hashlib.sha256(data).hexdigest() == video.sha256 == video.recipe["file"]["sha256"]
        assert video.recipe["job"] == record.id


@pytest.fixture(scope="module")
def rounds(
    shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[list[dict[str, Any]]], list[int]]]:
    """Carries out orders at the same time; see `victims`."""
    # Whatever this worker tested before may have left a fault behind that is played for ever.
    shared_emulator.reset()
    log = tmp_path_factory.mktemp("victims") / "errors.txt"
    program = [sys.executable, str(Path(__file__).parent / "victims.py")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("VEO_")}
    with (
        log.open("w+") as errors,
        subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ
        ) as process,
    ):

        def carry_out(orders: list[dict[str, Any]]) -> list[int]:
            process.stdin.write(json.dumps(orders) + "\n")
            process.stdin.flush()
            ended = json.loads(process.stdout.readline())
            assert not set(ended) - {0, KILLED, STOPPED}, log.read_text()
            return ended

        yield carry_out
        process.stdin.close()
        assert process.wait(600) == 0


@pytest.fixture
def make_case(
    shared_emulator: Emulator, rounds: Callable[..., list[int]], tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[str], Case]:
    def make(kind: str) -> Case:
        mark = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
        return Case(tmp_path, shared_emulator, rounds, KINDS[kind], f"Cat {mark}")

    return make


NAMED = [pytest.param("plain", *moment, id=name) for name, moment in MOMENTS.items()]
NAMED += [pytest.param(*moment, id=name) for name, moment in OTHER_MOMENTS.items()]


@pytest.mark.parametrize(("kind", "name", "event", "nth", "expected"), NAMED)
def test_a_program_killed_at_a_named_moment(
    make_case: Callable[[str], Case], kind: str, name: str, event: str, nth: int, expected: str
) -> None:
    case = make_case(kind)
    assert case.run({"do": "submit", "event": [name, event, nth]}) == [KILLED]
    assert case.seen_by_the_ledger() == expected
    case.run({"do": "resume"})
    case.check(expected)


def test_a_job_whose_program_is_about_to_send_it_is_not_taken_for_lost(make_case: Callable[[str], Case]) -> None:
    case = make_case("plain")
    assert case.run({"do": "submit", "event": ["Ledger.reserve", "return", 1], "stop": True}) == [STOPPED]
    case.run({"do": "resume", "seconds": 0.5})
    assert case.run({"do": "go on"}) == [0]
    case.check("succeeded")
    with closing(Ledger(case.folder / "home" / "ledger.sqlite3")) as ledger:
        (record,) = ledger.jobs()
        assert "unknown" not in [state for _, state, _ in ledger.events(record.id)]


def test_a_clip_that_expires_after_a_kill_leaves_no_part_of_it(make_case: Callable[[str], Case]) -> None:
    case = make_case("plain")
    assert case.run({"do": "submit", "event": ["Receiving._write", "return", 1]}) == [KILLED]
    assert [path.suffix for path in (case.folder / "clips").iterdir()] == [".part"]
    case.emulator.script(on="poll", fault="expired", match=case.creates()[0].operation, times=99)
    case.order["epoch"] -= 49 * 3600 / (SPEED - 1)
    case.run({"do": "resume"})
    case.check("expired")


@pytest.mark.parametrize("moment", STOPS)
def test_a_program_that_sleeps_for_longer_than_its_lease(make_case: Callable[[str], Case], moment: str) -> None:
    """A lid is closed at a moment, another program takes the job over, and the first one wakes up."""
    kind, name, event, nth = STOPS[moment]
    case = make_case(kind)
    case.speed = FAST
    assert case.run({"do": "submit", "event": [name, event, nth], "stop": True}) == [STOPPED]
    assert case.run({"do": "resume"}) == [0]
    assert case.run({"do": "go on"}) == [0]
    case.check("not sent" if moment in NOT_SENT else "succeeded")


@pytest.fixture(scope="module")
def events(
    rounds: Callable[..., list[int]], shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, int]]:
    """What happens how often in a job that nobody kills."""
    known: dict[str, dict[str, int]] = {}

    def look(kind: str) -> dict[str, int]:
        if kind not in known:
            folder = tmp_path_factory.mktemp("whole")
            case = Case(folder, shared_emulator, rounds, KINDS[kind], f"A {kind} cat that lives")
            assert case.run({"do": "submit"}) == [0]
            case.check("succeeded")
            known[kind] = json.loads((folder / "events.json").read_text())
        return known[kind]

    return look


def at_random(dice: random.Random, events: dict[str, int], seconds: float) -> dict[str, Any]:
    """A moment: mostly an event, each kind of which is as likely as any other; sometimes only a time."""
    if dice.random() < 0.25:
        return {"seconds": dice.uniform(0, seconds)}
    happened = dice.choice(sorted(events))
    return {"event": [*happened.split(), dice.randint(1, events[happened])]}


KILLS_SO_FAR: list[int] = []


@pytest.mark.parametrize("number", range(KILLS), ids=partial("{}-{}".format, SEED))
def test_a_program_killed_at_a_random_moment(
    make_case: Callable[[str], Case], events: Callable[[str], dict[str, int]], number: int
) -> None:
    """Killed while it submits, in every third case again while it resumes beside another, then brought to an end."""
    dice = random.Random(f"{SEED}-{number}")
    kind = dice.choice(sorted(KINDS))
    case, known = make_case(kind), events(kind)
    case.run({"do": "submit", **at_random(dice, known, 0.6)})
    expected = case.seen_by_the_ledger()
    if not number % 3:
        case.run({"do": "resume", **at_random(dice, known, 0.3)}, {"do": "resume"})
    case.run({"do": "resume"})
    case.check(expected)
    KILLS_SO_FAR.append(case.killed)


def test_most_of_them_were_killed() -> None:
    assert sum(KILLS_SO_FAR) >= 0.8 * len(KILLS_SO_FAR)
