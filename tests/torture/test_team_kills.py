"""Programs of two machines that share a ledger and a budget, killed at any moment, while the ledger's server goes down.

``VEO_TEAM_KILLS`` is how many work at a time, how often each of these is killed, and how often the server is stopped
amid that as by a power cut. The emulator's journal is the judge.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.postgres_server import Server, running_server
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.emulator import Emulator

from .cases import KILLED, TortureLedger, at_random, check_files
from .kill_table import KINDS
from .test_kills import SEED
from .victims import REFUSED

PROGRAMS, KILLS, STOPS = map(int, os.environ.get("VEO_TEAM_KILLS", "4x8x2").split("x"))
# Slower than for one program: of some that share two cores each must have its time before its lease runs out.
SPEED = 15
# A job of four seconds. There is hardly room for all that are submitted until the next stop.
PRICE, ROOM = 1.6, max(2, round(0.2 * PROGRAMS * KILLS / (STOPS + 1)))


@dataclass
class Team:
    """Two machines, each with a data folder of its own, and what their programs have in common."""

    folder: Path
    server: Server
    emulator: Emulator
    url: str
    epoch: float

    def ledger(self, machine: int) -> TortureLedger:
        return TortureLedger(self.folder / f"home{machine}", self.url)

    def order(self, number: int) -> dict[str, Any]:
        """What all orders for one of the programs say."""
        base = {"url": self.emulator.base_url, "folder": str(self.folder), "home": str(self.ledger(number % 2).home)}
        return {**base, "ledger": self.url, "epoch": self.epoch, "speed": SPEED, "said": KINDS["plain"].said}

    def log(self, number: int) -> Path:
        return self.folder / f"ended{number}"

    def ended(self) -> dict[str, int]:
        """How each program so far has ended, by its prompt."""
        logs = [self.log(number) for number in range(PROGRAMS)]
        lines = [line for log in logs if log.exists() for line in log.read_text().splitlines(keepends=True)]
        return dict(json.loads(line) for line in lines if line.endswith("\n"))

    def creates(self) -> Counter[str]:
        """How many creates the service has taken, by prompt: what is paid for."""
        return Counter(
            entry.body["instances"][0]["prompt"]
            for entry in self.emulator.journal()
            if entry.kind == "create" and entry.operation
        )

    def allow(self, jobs: int) -> None:
        """Let so many jobs be paid for in all."""
        with closing(self.ledger(0).open()) as ledger:
            ledger.set_budgets({"day": jobs * PRICE, "month": None})

    def counted(self) -> int:
        """How many jobs are paid for or reserved."""
        with closing(self.ledger(0).open()) as ledger:
            return round(ledger.spend().usd / PRICE)

    def events(self, record: JobRecord) -> list[tuple[float, str, str]]:
        with closing(self.ledger(0).open()) as ledger:
            return ledger.events(record.id)

    def records(self) -> list[JobRecord]:
        with closing(self.ledger(0).open()) as ledger:
            return ledger.jobs(limit=None)


@pytest.fixture
def team(shared_emulator: Emulator, tmp_path: Path) -> Iterator[Team]:
    with running_server() as server:
        yield Team(tmp_path, server, shared_emulator, server.new_database(), time.time())


def test_killed_programs_and_a_stopped_server_cost_nothing_and_lose_nothing(
    team: Team, rounds: Callable[..., list[int]], events: Callable[[str], dict[str, int]]
) -> None:
    known = events("plain")
    team.emulator.reset()
    team.ledger(0).set_clock(team.epoch, SPEED)
    orders = [{"do": "in turn", **team.order(number), **in_turn(team, number, known)} for number in range(PROGRAMS)]
    with ThreadPoolExecutor(1) as beside:
        end, bound = beside.submit(rounds, orders), 0
        for stop in range(STOPS):
            bound = max(bound, team.counted() + ROOM)
            team.allow(bound)
            wait_for(team, stop, end)
            team.server.stop()
            team.server.start()
            assert sum(team.creates().values()) <= bound
        team.allow(room := PROGRAMS * KILLS)
        assert end.result() == [0] * PROGRAMS
    ended = team.ended()
    assert Counter(ended.values())[KILLED] == PROGRAMS * KILLS
    assert Counter(ended.values())[REFUSED]
    bring_home(team, rounds)
    check(team, ended, room)


def in_turn(team: Team, number: int, known: dict[str, int]) -> dict[str, Any]:
    """Programs that are killed, and more of them in case some end before."""
    dice = random.Random(f"{SEED}-{number}")
    orders = [
        {"do": "work", "prompt": f"Cat {number}-{nth}.", **at_random(dice, known, 2.0)} for nth in range(99 * KILLS)
    ]
    return {"kills": KILLS, "log": str(team.log(number)), "orders": orders}


def wait_for(team: Team, stop: int, end: Future[list[int]]) -> None:
    """Until enough programs were killed and one was refused, or there is no more money."""
    before, killed = Counter(team.ended().values())[REFUSED], PROGRAMS * KILLS * (stop + 1) / (STOPS + 1)
    while not end.done():
        now = Counter(team.ended().values())
        refused = now[REFUSED] - before
        if refused >= 2 * PROGRAMS or (refused and now[KILLED] >= killed):
            return
        if now[KILLED] >= killed:
            # There was room for all so far.
            team.allow(team.counted())
        time.sleep(0.01)


def bring_home(team: Team, rounds: Callable[..., list[int]]) -> None:
    """What is open in the end is taken up on either machine."""
    while any(not record.state.is_final for record in team.records()):
        assert rounds([{"do": "resume", **team.order(machine)} for machine in range(2)]) == [0, 0]


def check(team: Team, ended: dict[str, int], room: int) -> None:
    """Each create is in the ledger and at the service alike, paid once, within the limit, and its clip is there."""
    records, creates = team.records(), team.creates()
    by_prompt = {record.request.prompt: record for record in records}
    assert len(by_prompt) == len(records)
    assert creates.total() <= room
    assert set(creates.values()) <= {1}
    assert creates.keys() <= by_prompt.keys()
    for prompt, record in by_prompt.items():
        if record.state is JobState.SUCCEEDED:
            assert creates[prompt] == 1
        elif record.state is JobState.UNKNOWN:
            # Only who is killed between the sending and its answer does not know.
            assert ended[prompt] == KILLED, team.events(record)
        else:
            assert (record.state, record.problem.title, creates[prompt]) == ("failed", "It was not sent", 0)
    with closing(team.ledger(0).open()) as ledger:
        found = ledger.spend()
    counted = Counter(record.state for record in records)
    paid = {state: counted[state] * PRICE for state in (JobState.SUCCEEDED, JobState.UNKNOWN) if counted[state]}
    assert {state: usd for state, usd in found.by("state").items() if usd} == pytest.approx(paid)
    assert found.usd <= room * PRICE + 1e-9
    team.ledger(0).check_whole()
    check_files(team.folder / "clips", records)
