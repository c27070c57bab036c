"""Which state follows which, and what people are told of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from veo_widgets.domain.job_record import JobRecord, JobState, Operation, Sample
from veo_widgets.domain.job_transitions import accepted, advance, ended, saved
from veo_widgets.domain.media import Video
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.problems import Problem
from veo_widgets.domain.request import VideoRequest

FINAL = {"succeeded", "filtered", "failed", "expired", "unknown"}
NAME = "models/m/operations/1"


def record(state: str = "running", samples: int = 1, **values: object) -> JobRecord:
    made = JobRecord(
        id="abc",
        state=JobState(state),
        request=VideoRequest("A cat", "m", samples=samples),
        provider="emulator",
        surface="agent-platform",
        wire="predictLongRunning",
        cost=Cost(0.8 * samples, seconds=8, samples=samples),
        created_at=100.0,
        updated_at=100.0,
        folder="/clips",
        operation=NAME,
        submitted_at=101.0,
    )
    return replace(made, **values)


def outcome(kind: str, count: int = 1, **values: object) -> Operation:
    samples = tuple(Sample(index, uri=f"https://x/{index}", data="AAAA") for index in range(count))
    return Operation(NAME, kind, samples=samples if kind == "samples" else (), **values)


@pytest.mark.parametrize("state", JobState)
def test_only_ended_states_are_final(state: JobState) -> None:
    assert state.is_final is (state.value in FINAL)
    assert str(state) == state.value


@pytest.mark.parametrize("state", sorted(FINAL))
@pytest.mark.parametrize("kind", ["running", "samples", "failed", "filtered", "empty"])
def test_a_late_answer_undoes_nothing(state: str, kind: str) -> None:
    before = record(state)
    assert advance(before, outcome(kind), 200.0) is before


@pytest.mark.parametrize("state", ["queued", "running", "downloading"])
@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("running", "running"),
        ("samples", "downloading"),
        ("failed", "failed"),
        ("filtered", "filtered"),
        ("empty", "failed"),
    ],
)
def test_each_answer_leads_to_one_state(state: str, kind: str, after: str) -> None:
    seen = advance(record(state), outcome(kind), 200.0)
    assert seen.state == after
    assert (seen.polls, seen.updated_at) == (1, 200.0)
    assert (seen.problem is None) is (after in {"running", "downloading"})
    assert seen.finished_at == (None if after == "running" else 200.0)


def test_inline_data_never_gets_into_a_record() -> None:
    seen = advance(record(samples=2), outcome("samples", 2), 200.0)
    assert [(sample.uri, sample.data) for sample in seen.samples] == [("https://x/0", ""), ("https://x/1", "")]
    kept = replace(seen, samples=outcome("samples").samples)
    assert "AAAA" not in json.dumps(kept.to_json())


def test_the_first_time_it_was_done_is_the_time_that_counts() -> None:
    once = advance(record(), outcome("samples"), 200.0)
    assert advance(once, outcome("samples"), 300.0).finished_at == 200.0
    assert ended(once, JobState.EXPIRED, Problem("a", "b", "c"), 400.0).finished_at == 200.0


@pytest.mark.parametrize(
    ("asked", "came", "withheld", "reasons", "notice"),
    [
        (1, 1, 0, (), ""),
        (4, 4, 0, (), ""),
        (4, 3, 1, ("Too loud.",), "1 of 4 clips did not come. Too loud."),
        (4, 3, 0, (), "1 of 4 clips did not come."),
        (1, 2, 0, (), ""),
        (2, 1, 3, (), "3 of 4 clips did not come."),
    ],
)
def test_missing_clips_are_told(asked: int, came: int, withheld: int, reasons: tuple[str, ...], notice: str) -> None:
    seen = advance(record(samples=asked), outcome("samples", came, withheld=withheld, reasons=reasons), 200.0)
    assert seen.notice == notice
    # What did not come is not charged, and what came unasked costs nothing more.
    assert seen.cost.usd == pytest.approx(0.8 * min(asked, came))


@pytest.mark.parametrize("kind", ["failed", "filtered", "empty"])
def test_without_a_clip_nothing_is_charged(kind: str) -> None:
    seen = advance(record(samples=2), outcome(kind), 200.0)
    assert seen.cost.usd == 0.0
    assert seen.cost.note
    assert seen.problem is not None
    assert seen.problem.charged


def test_a_lost_answer_keeps_its_price() -> None:
    lost = ended(record(), JobState.UNKNOWN, Problem("Lost", "", ""), 200.0)
    assert lost.cost == record().cost


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (outcome("filtered", reasons=("Too loud.", "Too fast.")), ("safety filter", "Too loud. Too fast.", "Rephrase")),
        (outcome("filtered", reasons=("Too loud.", "Too loud.")), ("filter Too loud. Rephrase",)),
        (outcome("filtered"), ("gave no reason",)),
        (outcome("failed", code="13", message="Oh.", retryable=True), ("Oh. (code 13)", "Send it again.")),
        (outcome("failed", code="3", message="Bad ratio"), ("Bad ratio (code 3)", "Change what the message names")),
        (outcome("failed"), ("No message was given.",)),
        (outcome("empty"), ("without a clip and without a reason", "change the prompt")),
    ],
)
def test_problems_say_what_why_and_what_to_do(operation: Operation, words: tuple[str, ...]) -> None:
    problem = advance(record(), operation, 200.0).problem
    assert problem is not None
    text = f"{problem.title} {problem.message} {problem.remedy}"
    assert all(word in text for word in words)
    assert "None" not in text


def test_acceptance_and_the_end() -> None:
    queued = accepted(record("submitting", operation="", submitted_at=None), NAME, 150.0)
    assert (queued.state, queued.operation, queued.submitted_at) == (JobState.QUEUED, NAME, 150.0)
    videos = (Video(Path("/clips/a.mp4"), digest="00"),)
    done = saved(advance(queued, outcome("samples"), 200.0), videos, 201.0)
    assert (done.state, done.videos, done.finished_at, done.updated_at) == (JobState.SUCCEEDED, videos, 200.0, 201.0)


def test_a_record_survives_json() -> None:
    full = record(
        "failed",
        samples=2,
        endpoint={"base_url": "http://x"},
        videos=(Video(Path("/clips/a.mp4"), sample=1, seconds=8.0, has_audio=True),),
        problem=Problem("a", "b", "c", "d"),
        notice="n",
        finished_at=200.0,
        retry_of="xyz",
    )
    kept = json.loads(json.dumps(full.to_json()))
    assert "request" not in kept
    assert JobRecord.from_json(kept, full.request) == full
    assert JobRecord.from_json({**kept, "of_a_later_version": 1}, full.request) == full
