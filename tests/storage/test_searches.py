"""Searches find the same whatever the index of prompts has, and as fast among many jobs as among few."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import psycopg
import pytest

from tests.postgres_server import Server
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.storage.ledger import sqlite_prompt_index as prompt_index
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.postgres import PostgresServer
from veo_widgets.storage.ledger.schema import MIGRATIONS
from veo_widgets.storage.ledger.searches import Search

from .places import FilePlace, ServerPlace

NOW = 1_790_000_000.0
PROMPTS = (
    'A cat says "meow" in the STRASSE',
    "Die Straße bei Nacht, ein Kater",
    "Ein Ärger, ÄRGER und Öl",
    "猫が庭で遊ぶ",
    "A family 👨‍👩‍👧 in rain",
    "100% * NEAR(cats) -dog AND or ^a {b}",
    "Two\nlines, tabs\tand   blanks",
    "A text that \0 goes on behind a NUL, with a cat",
    "A half \ud800 of a character, and a cat",
    "zeppelin",
    "",
)
WORDS = (
    *(
        "cat",
        "CAT",
        "strasse",
        "STRASSE straße",
        "ärger",
        "ä",
        "öl",
        "猫",
        "猫が庭",
        "庭で遊",
        "👨‍👩‍👧",
        "100%",
        "near(cats)",
    ),
    *(
        '"meow"',
        "-dog",
        "*",
        "^a {b}",
        "at",
        "behind",
        "half",
        "zepp lin",
        "zeppelinn",
        "elin cat",
        "take",
        "a",
    ),
    *("lines, tabs and", "", "  ", "' OR 1=1 --", "nothing"),
)


def job(number: int, prompt: str, state: str = "succeeded", model: str = "m") -> JobRecord:
    return JobRecord(
        id=f"job{number:05}",
        state=JobState(state),
        request=VideoRequest(prompt, model),
        provider="gemini",
        surface="gemini-api",
        wire="interactions",
        cost=Cost(0.8, seconds=8),
        created_at=NOW - 1000 + number,
        updated_at=NOW,
        folder="/clips",
    )


def fill(ledger: Ledger, numbers: range) -> list[JobRecord]:
    """Jobs of every prompt, state and model by turns."""
    states, models = ("succeeded", "failed", "running", "unknown"), ("veo-3.1", "veo-3.1-lite", "omni", "my/Own")
    made = [
        job(number, PROMPTS[number % len(PROMPTS)], states[number % 4], models[number % 7 % 4]) for number in numbers
    ]
    for record in made:
        ledger.write(record)
    return made


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def many(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Ledger, list[JobRecord]]]:
    """So many jobs that an index is worth it; the last of them come after it is written."""
    folder = tmp_path_factory.mktemp("many")
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else ""
    with closing((ServerPlace(folder, url) if url else FilePlace(folder)).open()) as ledger:
        made = fill(ledger, range(250))
        found(ledger, search="cat")
        yield ledger, [*made, *fill(ledger, range(250, 300))]


def found(ledger: Ledger, limit: int | None = None, **values: object) -> list[str]:
    return [record.id for record in ledger.search(Search.of(**values, now=NOW), limit)]


def indexed(ledger: Ledger) -> int:
    if isinstance(ledger._file, PostgresServer):
        return ledger._file.rows("SELECT count(*) FROM prompts")[0][0]
    return ledger._file.read(prompt_index.last_row)


def wanted(made: list[JobRecord], words: str) -> list[str]:
    split = words.casefold().split()
    return [one.id for one in reversed(made) if all(word in one.request.prompt.casefold() for word in split)]


@pytest.mark.parametrize("words", WORDS)
def test_words_are_found_as_by_reading_every_prompt(many: tuple[Ledger, list[JobRecord]], words: str) -> None:
    ledger, made = many
    assert indexed(ledger) == (len(made) if isinstance(ledger._file, PostgresServer) else 250)
    ids = wanted(made, words)
    assert found(ledger, search=words) == ids
    for limit in (1, 7, 40):
        assert found(ledger, limit, search=words) == ids[:limit]


STATES = (None, "failed", ["failed", "running", "failed"], "open", "expired")
MODELS = ("", "VEO", "veo-3.1-lite", "gemini/omni", "own", "nobodys")
SINCE = (None, timedelta(seconds=990), timedelta(seconds=720), timedelta(0))


@pytest.mark.parametrize("words", ["", "cat", "a", "zeppelin", "nothing"])
def test_every_condition_holds(many: tuple[Ledger, list[JobRecord]], words: str) -> None:
    ledger, made = many
    ids = set(wanted(made, words))
    for state, model, since in product(STATES, MODELS, SINCE):
        search = Search.of(state=state, search=words, model=model, since=since, now=NOW)
        fits = [
            one.id
            for one in reversed(made)
            if one.id in ids
            and (not search.states or one.state in search.states)
            and search.model in one.model.lower()
            and one.created_at >= search.since
        ]
        assert [one.id for one in ledger.search(search, None)] == fits, (state, model, since)
        assert [one.id for one in ledger.search(search, 5)] == fits[:5], (state, model, since)


def test_a_program_that_writes_is_not_waited_for(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite3", patience=600)) as ledger:
        made = fill(ledger, range(250))
        with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert found(ledger, search="zeppelin") == wanted(made, "zeppelin")
            assert indexed(ledger) == 0
        assert found(ledger, search="zeppelin") == wanted(made, "zeppelin")
        assert indexed(ledger) == 250


@pytest.mark.parametrize(
    ("damage", "mended"),
    [("DROP TABLE prompts_docsize", True), ("DROP TABLE prompts_data", False), ("DELETE FROM prompts_config", False)],
)
def test_a_damaged_index_hides_nothing_and_is_no_damage_of_the_ledger(
    tmp_path: Path, damage: str, mended: bool
) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite3")) as ledger:
        made = fill(ledger, range(250))
        found(ledger, search="cat")
    with closing(sqlite3.connect(ledger.path)) as other:
        other.execute(damage)
        other.commit()
    with closing(Ledger(ledger.path)) as ledger:
        for _ in range(3):
            assert found(ledger, search="zeppelin") == wanted(made, "zeppelin")
            made += fill(ledger, range(len(made), len(made) + 5))
        if mended:
            assert indexed(ledger) == 255
    assert not list(tmp_path.glob("*corrupt*"))


def test_what_an_earlier_version_goes_on_to_write_is_found(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    insert = """INSERT INTO jobs
        (id, state, provider, model, created_at, updated_at, record, request, usd, day, program)
        VALUES (?, 'succeeded', 'gemini', 'm', 1, 1, ?, ?, 0.5, '2026-11-29', 'old')"""
    request = json.dumps({"prompt": "A dog", "model": "m"})
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for script in MIGRATIONS[:4]:
            old.executescript(script.sqlite)
        old.execute("PRAGMA user_version = 4")
        for number in range(2):
            record = json.dumps(replace(job(number, "A dog"), operation=f"op{number}").to_json())
            old.execute(insert, (f"job{number}", record.replace("job0000", "job"), request))
            with closing(Ledger(path)) as ledger:
                assert found(ledger, search="dog") == [f"job{one}" for one in reversed(range(number + 1))]
                assert [one.id for one, _ in ledger.with_prompt("gemini", "m", "A dog")] == found(ledger)[::-1]
                assert ledger.with_prompt("gemini", "m", "A do") == []
                assert ledger.budget("2026-11-29", {}, {}).tallies["month"].spent == 0.5 * (number + 1)
    assert len(list(tmp_path.glob("ledger.schema-4-*.sqlite3"))) == 1


def test_prompts_on_a_server_that_an_earlier_version_did_not_keep_are_found(tmp_path: Path, postgres: Server) -> None:
    url = postgres.new_database()
    with psycopg.connect(url) as server:
        server.execute("CREATE SCHEMA veo_widgets")
        server.execute("CREATE TABLE veo_widgets.version AS SELECT 7 AS version")
        for statement in filter(str.strip, ";".join(script.postgres for script in MIGRATIONS[:7]).split(";")):
            server.execute(statement)
        server.execute("SET search_path = veo_widgets")
        row = ("succeeded", "gemini", "m", 1.0, 1.0)
        for number, prompt in enumerate(PROMPTS):
            record = json.dumps(job(number, prompt).to_json())
            server.execute(
                """INSERT INTO jobs (id, state, provider, model, created_at, updated_at, record, request, owner)
                    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'ada')""",
                (f"job{number:05}", *row, record, json.dumps({"prompt": prompt, "model": "m"})),
            )
        # As a search of that version has left it.
        server.execute("INSERT INTO prompts (rowid, prompt) SELECT rowid, 'zeppelin' FROM jobs WHERE id = 'job00009'")
    with closing(ServerPlace(tmp_path, url).open()) as ledger:
        assert indexed(ledger) == len(PROMPTS)
        made = [job(number, prompt) for number, prompt in enumerate(PROMPTS)]
        for words in WORDS:
            assert found(ledger, search=words) == wanted(made, words)
        fill(ledger, range(len(PROMPTS), 40))
        assert indexed(ledger) == 40


@pytest.mark.parametrize("prompt", [*PROMPTS[:-1], "A" * 60, "A" * 61, "A" * 60 + "B"])
def test_a_request_is_known_again_whatever_its_prompt_is(many: tuple[Ledger, list[JobRecord]], prompt: str) -> None:
    ledger, made = many
    ids = [one.id for one in made if (one.request.prompt, one.model) == (prompt, "omni")]
    assert [one.id for one, here in ledger.with_prompt("gemini", "omni", prompt) if here] == ids
