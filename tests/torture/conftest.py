"""Programs that may be killed, and the ledgers that they share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgres_server import Server, running_server
from veo_widgets.emulator import Emulator

from .cases import KILLED, Case
from .kill_table import KINDS
from .victims import REFUSED, STOPPED


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server that stays up."""
    with running_server() as server:
        yield server


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
            assert not set(ended) - {0, KILLED, STOPPED, REFUSED}, log.read_text()
            return ended

        yield carry_out
        process.stdin.close()
        assert process.wait(600) == 0


@pytest.fixture(scope="module")
def events(
    rounds: Callable[..., list[int]], shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, int]]:
    """What happens how often in a job that nobody kills, whichever engine its ledger has."""
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
