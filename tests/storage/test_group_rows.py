"""Pieces of films and batches in the ledger: one job each, however many programs ask for it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from veo_widgets.domain.errors import PlaceTakenError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.storage.ledger.ledger import Ledger

from .places import FilePlace


def piece(job_id: str, state: str = "submitting", place: str = "p", retry_of: str = "", group: str = "g") -> JobRecord:
    request = VideoRequest("A cat", "m")
    given = ("emulator", "s", "w", Cost(0.1), 1.0, 1.0, "/clips")
    return JobRecord(job_id, JobState(state), request, *given, group=group, place=place, retry_of=retry_of)


@pytest.fixture
def ledger(place: FilePlace) -> Iterator[Ledger]:
    with closing(place.open()) as opened:
        yield opened


def reserve(ledger: Ledger, record: JobRecord) -> None:
    ledger.reserve(record, "intent", {}, {}, seconds=240)


def test_a_place_has_one_job(ledger: Ledger) -> None:
    reserve(ledger, piece("first"))
    with pytest.raises(PlaceTakenError, match="'g' already has job first") as caught:
        reserve(ledger, piece("second"))
    assert caught.value.job_id == "first"
    for record in (piece("elsewhere", place="q"), piece("other", group="h"), piece("free", group="", place="")):
        reserve(ledger, record)
    assert {place: found.id for place, found in ledger.group("g").items()} == {"p": "first", "q": "elsewhere"}


@pytest.mark.parametrize("state", ["failed", "filtered", "expired", "unknown", "succeeded"])
def test_a_retry_takes_the_place_of_its_job_alone(ledger: Ledger, state: str) -> None:
    reserve(ledger, piece("first"))
    ledger.write(piece("first", state))
    reserve(ledger, piece("second", retry_of="first"))
    with pytest.raises(PlaceTakenError, match="already has job second"):
        reserve(ledger, piece("third", retry_of="first"))
    assert ledger.group("g")["p"].id == "second"


def test_a_clip_stands_before_a_newer_job_without_one(ledger: Ledger) -> None:
    reserve(ledger, piece("first"))
    ledger.write(piece("first", "succeeded"))
    reserve(ledger, piece("second", retry_of="first"))
    ledger.write(piece("second", "failed"))
    assert ledger.group("g")["p"].id == "first"
    with pytest.raises(PlaceTakenError, match="already has job first"):
        reserve(ledger, piece("third", retry_of="second"))
    reserve(ledger, piece("fourth", retry_of="first"))


def test_of_programs_that_ask_at_once_one_gets_the_place(ledger: Ledger, place: FilePlace) -> None:
    refused: list[str] = []

    def ask(job_id: str) -> None:
        with closing(place.open()) as own:
            try:
                reserve(own, piece(job_id))
            except PlaceTakenError as error:
                refused.append(error.job_id)

    threads = [threading.Thread(target=ask, args=(f"job{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = ledger.jobs()
    assert refused == [winner.id] * 5


def test_places_are_found_by_an_index(tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger.sqlite3").close()
    query = "EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE json_extract(record, '$.group') = 'g'"
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as db:
        assert "jobs_by_place" in str(db.execute(query).fetchall())
