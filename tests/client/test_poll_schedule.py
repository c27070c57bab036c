"""The poll schedule: its properties, and what it is worth against a fixed interval."""

from __future__ import annotations

import random
from itertools import pairwise
from statistics import mean

import pytest

from veo_widgets.client.poll_schedule import Pace, Schedule, in_step, polite, usual
from veo_widgets.domain.catalog import TypicalSeconds, models, unlisted

from ..bench import poll_simulation

VEO = TypicalSeconds(11, 60, 360)
FAST = VEO.sped_up(20)
OMNI = TypicalSeconds(24, 45, 90)
# As of a name that only the operator of a server knows.
ANYTHING = unlisted("wan", "openai", "openai_videos").typical_seconds
RANGES = pytest.mark.parametrize("typical", [VEO, FAST, OMNI], ids=["veo", "emulator", "omni"])


def polls(schedule: Schedule, until: float) -> list[float]:
    """The moments at which a job would be looked at, the last of them at or after `until`."""
    moments = [schedule.delay(0.0)]
    while moments[-1] < until:
        moments.append(moments[-1] + schedule.delay(moments[-1]))
        assert len(moments) < 1000
    return moments


def lognormal(count: int, seed: int) -> list[float]:
    """Durations as the real service has them: half below a minute, a long tail."""
    dice = random.Random(seed)
    return [min(max(dice.lognormvariate(4.1, 0.5), 11), 900) for _ in range(count)]


@RANGES
def test_nobody_looks_long_before_a_clip_may_be_there(typical: TypicalSeconds) -> None:
    assert typical.low / 2 < Schedule.of([], typical).delay(0.0) < typical.likely


@RANGES
def test_looks_are_close_around_the_likely_time_and_rarer_afterwards(typical: TypicalSeconds) -> None:
    moments = polls(Schedule.of([], typical), typical.high * 3)
    steps = [(at, after - at) for at, after in pairwise(moments)]
    near = [step for at, step in steps if typical.likely / 2 <= at <= 1.5 * typical.likely]
    assert max(near) <= typical.likely / 6
    assert steps[-1][1] > 2 * min(near)


@RANGES
def test_no_pause_is_negative_tiny_or_endless(typical: TypicalSeconds) -> None:
    schedule = Schedule.of([], typical)
    for tenth in range(0, 100_000, 7):
        pause = schedule.delay(tenth / 10)
        assert 0.1 <= pause <= 30.0


@pytest.mark.parametrize("history", [[0.0] * 5, [1e-6] * 50, [0.02, 0.01, 0.03, 0.01, 0.02]])
def test_a_service_that_answers_at_once_is_not_asked_without_a_pause(history: list[float]) -> None:
    assert len(polls(Schedule.of(history, VEO), 10.0)) < 100


def test_steps_are_in_proportion_to_the_likely_time() -> None:
    slow, fast = Schedule.of([], VEO), Schedule.of([], FAST)
    for elapsed in (0.0, 11.0, 60.0, 150.0, 250.0):
        assert fast.delay(elapsed / 20) == pytest.approx(slow.delay(elapsed) / 20)


def test_one_of_many_is_looked_at_less_often() -> None:
    schedule = Schedule.of([], VEO)
    for elapsed in (0.0, 30.0, 60.0, 90.0):
        alone, crowded = schedule.delay(elapsed), schedule.delay(elapsed, 1000)
        assert alone < crowded < 3 * alone


def test_a_service_that_has_become_slow_is_not_asked_all_the_time() -> None:
    """What was alike fifty times is six times as late today."""
    schedule = Schedule.of([60.0 + number / 10 for number in range(50)], VEO)
    assert len(polls(schedule, 360.0)) < 120


@pytest.mark.parametrize(("asked", "given"), [(7.5, 7.5), (300.0, 60.0), (0.0, 1.0), (-3.0, 1.0), (1e9, 60.0)])
def test_the_services_own_wish_is_granted_within_reason(asked: float, given: float) -> None:
    assert polite(asked) == given


def test_jobs_that_were_noticed_the_next_morning_teach_nothing() -> None:
    assert Schedule.of([72_000.0] * 9, VEO) == Schedule.of([], VEO)
    assert Schedule.of([72_000.0] * 9 + [60.0] * 5, VEO) == Schedule.of([60.0] * 5, VEO)


def test_a_history_draws_looks_to_where_its_jobs_ended() -> None:
    early, late = Schedule.of([30.0, 31.0, 32.0] * 10, VEO), Schedule.of([90.0, 91.0, 92.0] * 10, VEO)
    assert early.delay(28.0) < Schedule.of([], VEO).delay(28.0) < late.delay(28.0)
    assert late.delay(88.0) < Schedule.of([], VEO).delay(88.0)


def test_the_order_of_a_history_says_nothing() -> None:
    history = lognormal(50, 1)
    assert Schedule.of(history, VEO) == Schedule.of(sorted(history), VEO)


def test_little_history_weighs_little() -> None:
    without, little, much = (Schedule.of([20.0] * number, VEO).delay(20.0) for number in (0, 1, 50))
    assert much < little < without


@pytest.mark.parametrize("model", models(), ids=lambda m: f"{m.id}@{m.surface}")
def test_every_models_range_makes_a_schedule(model) -> None:
    moments = polls(Schedule.of([], model.typical_seconds), model.typical_seconds.high)
    assert 5 < len(moments) < 80


@pytest.mark.parametrize("history", [[], lognormal(50, 7)], ids=["catalog", "history"])
def test_clips_are_noticed_sooner_than_by_a_fixed_loop_at_little_cost(history: list[float]) -> None:
    schedule = Schedule.of(history, VEO)
    ours, fixed = [], []
    for done in lognormal(2000, 42):
        moments = polls(schedule, done)
        ours.append((moments[-1] - done, len(moments)))
        count = int(-(-done // 10))
        fixed.append((count * 10 - done, count))
    late, looks = (mean(column) for column in zip(*ours, strict=True))
    late_fixed, looks_fixed = (mean(column) for column in zip(*fixed, strict=True))
    assert late < late_fixed * 0.45
    assert looks < looks_fixed * 2.5
    assert max(delay for delay, _ in ours) <= 30


def test_few_jobs_are_noticed_in_a_third_of_the_time_and_many_with_no_more_looks() -> None:
    late, crowd, loop, _ = poll_simulation.summary()
    assert late <= 1 / 3
    assert crowd <= loop


def test_a_model_of_which_nothing_is_known_is_looked_at_early_and_then_ever_less_often() -> None:
    moments = polls(Schedule.of([], ANYTHING), 600.0)
    steps = [after - at for at, after in pairwise([0.0, *moments])]
    assert 1.0 <= moments[0] <= 2.0
    assert all(earlier < later * 1.01 for earlier, later in pairwise(steps))
    # A clip that is done after 4 s is had within 6, and one that takes ten minutes is asked for less than 60 times.
    assert next(moment for moment in moments if moment >= 4.0) < 6.0
    assert len(moments) < 60


def test_a_few_clips_teach_how_long_an_unknown_model_takes() -> None:
    fresh, learned = (polls(Schedule.of(history, ANYTHING), 100.0) for history in ([], [100.0, 101.0, 99.0] * 5))
    assert len(learned) < len(fresh)
    assert usual([], ANYTHING).is_guess
    told = usual([100.0], ANYTHING)
    assert (told.likely, told.is_guess) == (pytest.approx(100.0), False)
    assert told.low <= 100 <= told.high


def test_what_is_usual_of_a_listed_model_moves_with_its_clips() -> None:
    one, many = (usual([30.0] * number, VEO).likely for number in (1, 50))
    assert 30 < many < 33 < one < VEO.likely
    assert usual([], VEO) is VEO


def test_a_servers_own_progress_paces_the_looks() -> None:
    first = Pace.of(0.1, 20.0, 0.0, None)
    assert first.ends_at == pytest.approx(200.0)
    # It stood in a queue for a while: since it began, it has gone faster.
    later = Pace.of(0.6, 30.0, 0.0, first)
    assert later.ends_at == pytest.approx(38.0)
    assert later.delay(30.0) == pytest.approx(4.0)
    # A server that goes back, stands still or is nearly done is asked neither at once nor never.
    for share, at in ((0.05, 40.0), (0.1, 40.0), (0.999, 40.0), (0.001, 20.0)):
        assert 0.5 <= Pace.of(share, at, 0.0, first).delay(at) <= 30.0
    assert later.delay(30.0, watched=1000) > later.delay(30.0)
    # Half a percent after a second may be a word of a server that loads its model, or that does not count.
    assert Pace.of(0.005, 1.2, 0.0, None).delay(1.2) == pytest.approx(1.2)


def test_of_many_jobs_those_that_are_due_at_nearly_the_same_moment_are_looked_at_together() -> None:
    now, pauses = 1_796_000_000.03, [number / 1000 for number in range(1, 1000)]
    assert [in_step(pause, now, 3) for pause in pauses] == pauses
    longer = [in_step(pause, now, 1000) for pause in pauses]
    assert len({round(pause, 4) for pause in longer}) <= 11
    assert all(-1e-6 <= after - before <= 0.1001 for before, after in zip(pauses, longer, strict=True))
    assert in_step(0.0, now, 1000) == 0.0
