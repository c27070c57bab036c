"""What the library asks of the ledger, among five thousand jobs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from tests.made_jobs import NOTEBOOKS, RARE, write_many
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.job_record import JobRecord
from veo_widgets.storage.ledger.ledger import Ledger
from veo_widgets.storage.ledger.schema import MIGRATIONS
from veo_widgets.storage.ledger.searches import Search

MANY = 5000
NOW = 1_790_000_000.0


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, list[JobRecord]]]:
    folder = tmp_path_factory.mktemp("shelf")
    with closing(Ledger(folder / "ledger.sqlite3")) as ledger:
        yield ledger, write_many(ledger.path, MANY, folder)


def steps(ledger: Ledger, work: Callable[[], object]) -> int:
    """How many hundreds of steps SQLite takes for it, whatever the machine."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    ledger._file.read(lambda db: db.set_progress_handler(tick, 100))
    try:
        work()
    finally:
        ledger._file.read(lambda db: db.set_progress_handler(None, 0))
    return count


def ids(ledger: Ledger, **values: object) -> list[str]:
    return ledger.shelf.ids(ledger.shelf.find(Search.of(**values, now=NOW)))


def test_a_word_of_a_prompt_is_found_by_the_index(many: tuple[Ledger, list[JobRecord]]) -> None:
    ledger, made = many
    wanted = [one.id for one in made if RARE in one.request.prompt]
    assert ids(ledger, search=RARE, deleted=False) == wanted
    by_index = steps(ledger, lambda: ids(ledger, search=RARE, deleted=False))
    one_by_one = steps(ledger, lambda: ids(ledger, search="a", deleted=False))
    assert len(wanted) == 1
    assert by_index * 20 < one_by_one, (by_index, one_by_one)


def test_all_are_numbered_without_being_read_and_a_page_reads_its_own(many: tuple[Ledger, list[JobRecord]]) -> None:
    ledger, made = many
    numbers = ledger.shelf.find(Search(deleted=False))
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == MANY
    queries: list[str] = []
    ledger._file.read(lambda db: db.set_trace_callback(queries.append))
    page = ledger.shelf.read(numbers[480:504])
    ledger._file.read(lambda db: db.set_trace_callback(None))
    assert [one.record.id for one in page] == [record.id for record in made[480:504]]
    assert len(queries) == 1
    plan = "EXPLAIN QUERY PLAN SELECT rowid FROM jobs WHERE deleted = 0 ORDER BY rowid DESC"
    told = " ".join(row[-1] for row in ledger._file.rows(plan))
    assert "COVERING INDEX" in told
    assert "B-TREE" not in told


def test_every_filter_holds(many: tuple[Ledger, list[JobRecord]]) -> None:
    ledger, made = many
    day = datetime.fromtimestamp(made[100].created_at).astimezone().date()
    of_day = [one.id for one in made if datetime.fromtimestamp(one.created_at).astimezone().date() == day]
    assert 0 < len(of_day) < MANY
    assert ids(ledger, day=day.isoformat(), deleted=False) == of_day
    assert ids(ledger, notebook=NOTEBOOKS[1], deleted=False) == [one.id for one in made if one.notebook == NOTEBOOKS[1]]
    prices = [one.id for one in made if one.cost.usd is not None and 1 < one.cost.usd <= 5]
    assert ids(ledger, least=1.000001, most=5.0, deleted=False) == prices
    failed = [one.id for one in made if one.state == "failed" and "lite" in one.model]
    assert ids(ledger, state="failed", model="lite", deleted=False) == failed
    assert ledger.shelf.notebooks() == sorted(NOTEBOOKS)
    assert ledger.shelf.models() == sorted({one.model for one in made})
    clips, size = ledger.shelf.size(ledger.shelf.find(Search(deleted=False)))
    videos = [video for one in made for video in one.videos]
    assert (clips, size) == (len(videos), sum(video.bytes for video in videos))


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "9999-12-31", 5])
def test_a_day_that_is_none_is_refused(day: object) -> None:
    with pytest.raises(InvalidRequestError, match=r"^day: .* is not a day; give one such as '2026-11-01'"):
        Search.of(day=day, now=NOW)


def test_stars_and_deletions_are_found_by_their_indexes_and_the_jobs_stay(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite3")) as ledger:
        made = write_many(ledger.path, 300, tmp_path)
        before = ledger.spend().usd
        starred, deleted = [made[5].id, made[250].id], [made[5].id, made[7].id]
        ledger.shelf.star(starred, on=True)
        ledger.shelf.delete(deleted, on=True)
        assert ids(ledger, starred=True) == starred
        assert ids(ledger, starred=True, deleted=False) == starred[1:]
        assert ids(ledger, deleted=True) == deleted
        assert len(ids(ledger, deleted=False)) == 298
        assert ids(ledger, search=made[5].request.prompt, deleted=False) == []
        assert ledger.spend().usd == before
        # What happens to a job later leaves both alone.
        ledger.write(made[5])
        assert [(one.starred, one.deleted) for one in ledger.shelf.named([made[5].id])] == [(True, True)]
        ledger.shelf.star(starred[:1], on=False)
        ledger.shelf.delete(deleted[:1], on=False)
        assert (ids(ledger, starred=True), ids(ledger, deleted=True)) == (starred[1:], deleted[1:])
        for column in ("starred", "deleted"):
            plan = f"EXPLAIN QUERY PLAN SELECT rowid FROM jobs WHERE {column} = 1 ORDER BY rowid DESC"
            assert "INDEX" in " ".join(row[-1] for row in ledger._file.rows(plan))


def test_stars_live_in_the_ledger_that_an_earlier_version_began(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for script in MIGRATIONS[:5]:
            old.executescript(script.sqlite)
        old.execute("PRAGMA user_version = 5")
    made = write_many(path, 3, tmp_path)
    with closing(Ledger(path)) as ledger:
        ledger.shelf.star([made[1].id], on=True)
        assert ids(ledger, starred=True) == [made[1].id]
        assert json.loads(ledger._file.rows("SELECT record FROM jobs WHERE starred = 1")[0][0])["id"] == made[1].id
