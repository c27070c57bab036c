"""Programs that are killed at any moment of a job, and what the next program makes of it.

``VEO_KILLS`` is how many are killed at random moments, ``VEO_KILLS_SEED`` chooses these; `make torture` runs many.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from veo_widgets.emulator import Emulator

from .cases import FAST, KILLED, SPEED, Case, at_random
from .kill_table import KINDS, MOMENTS, NOT_SENT, OTHER_MOMENTS, STOPS
from .victims import STOPPED

KILLS = int(os.environ.get("VEO_KILLS", "16"))
SEED = os.environ.get("VEO_KILLS_SEED", "veo")


@pytest.fixture(params=["sqlite", "postgres"])
def make_case(
    shared_emulator: Emulator, rounds: Callable[..., list[int]], tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[str], Case]:
    def make(kind: str) -> Case:
        mark = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
        url = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else ""
        return Case(tmp_path, shared_emulator, rounds, KINDS[kind], f"Cat {mark}", url)

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
    with closing(case.ledger.open()) as ledger:
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


@pytest.mark.parametrize("moment", [moment for moment in STOPS if "clip" in moment or "recipe" in moment])
def test_a_program_that_is_ended_as_it_wakes_up(make_case: Callable[[str], Case], moment: str) -> None:
    """The same, and somebody presses Ctrl+C at the moment at which the lid is opened."""
    kind, name, event, nth = STOPS[moment]
    case = make_case(kind)
    case.speed = FAST
    assert case.run({"do": "submit", "event": [name, event, nth], "stop": True}) == [STOPPED]
    assert case.run({"do": "resume"}) == [0]
    assert case.run({"do": "go on", "interrupted": True}) == [0]
    case.check("succeeded")


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
