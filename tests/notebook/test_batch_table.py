"""The table of a batch: what a page is sent, what it may have done, and that code and clicks are the same thing."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.heard import PATIENCE, Heard
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import BatchTable, Library
from veo_widgets.notebook.widgets.protocol import PAGE_CARDS
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch

FREE = "on a real account; the emulator is free"
FILTERED = "---\noutcome: filtered\n---\n"
ROWS = [
    {"prompt": "A cat", "seed": 10},
    {"prompt": f"{FILTERED}A dog", "seed": 9},
    {"prompt": "An owl", "seed": 100},
    {"prompt": "A fox", "seed": 7},
]


class HeardTable(Heard, BatchTable):
    """A table that notes what it tells the browser."""

    def find(self, request: str = "r", **filters: Any) -> Mapping[str, Any]:
        """What a search finds: its first page."""
        self.say(kind="find", filters=filters, request=request)
        return self.answer("found", request=request, offset=0)

    def settle(self, **counts: int) -> Mapping[str, Any]:
        """How it stands once there are so many rows of these kinds and nothing runs."""

        def fits() -> bool:
            return not self.standing["running"] and counts.items() <= self.standing["counts"].items()

        with self.told:
            assert self.told.wait_for(fits, PATIENCE), self.standing
        return self.standing

    def write(self, **traits: Any) -> None:
        super().write(**traits)
        with self.told:
            self.told.notify_all()


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.fixture
def batch(client: Client) -> Batch:
    return Batch(client, ROWS, "", "animals", {"seconds": 4})


@pytest.fixture
def table(batch: Batch) -> Iterator[HeardTable]:
    made = HeardTable(batch)
    yield made
    made.close()


def sent(emulator: Emulator) -> Counter[str]:
    return Counter(entry.body["instances"][0]["prompt"] for entry in emulator.journal() if entry.kind == "create")


def rows(found: Mapping[str, Any]) -> list[int]:
    return [item["row"] for item in found["items"]]


def test_what_is_run_in_code_shows_in_the_table(table: HeardTable, batch: Batch) -> None:
    assert table.standing["make"] == {"count": 4, "again": 0, "usd": 1.6, "text": "$1.60", "note": FREE}
    assert table.standing["counts"] == {"due": 4, "running": 0, "made": 0, "failed": 0, "starred": 0}
    batch.run().wait(600)
    standing = table.settle(made=3, failed=1)
    assert standing["make"] is None
    assert (standing["retry"]["count"], standing["retry"]["again"], standing["retry"]["text"]) == (1, 1, "$0.40")
    assert (standing["share"], standing["line"]) == (1, "3 of 4 · 1 failed · $1.20, free at the emulator")
    assert "$1.20 in all, $0.00 of it still to pay" in standing["bill"]
    assert standing["columns"] == ["seed"]


def test_a_click_makes_what_it_has_told_the_price_of_once(table: HeardTable, batch: Batch, emulator: Emulator) -> None:
    table.say(kind="run", retry=0, count=3, request="early")
    assert "it is 4 rows by now" in table.answer("refused", command="run")["message"]
    assert sent(emulator) == {}
    for _ in range(2):
        table.say(kind="run", retry=0, count=4, request="click")
    table.answer("taken", request="click")
    batch.wait(600)
    table.settle(made=3, failed=1)
    assert sum(sent(emulator).values()) == 4
    table.say(kind="run", retry=1, count=1, request="again")
    table.answer("taken", request="again")
    batch.wait(600)
    table.settle(made=3, failed=1)
    assert sent(emulator) == {"A cat": 1, f"{FILTERED}A dog": 2, "An owl": 1, "A fox": 1}


def test_rows_are_sorted_filtered_and_found_by_words(table: HeardTable, batch: Batch) -> None:
    batch.run().wait(600)
    table.settle(made=3, failed=1)
    assert rows(table.find("a")) == [0, 1, 2, 3]
    # Numbers in the order of numbers.
    assert rows(table.find("b", by="own0")) == [3, 1, 0, 2]
    assert rows(table.find("c", by="own0", down=True)) == [2, 0, 1, 3]
    assert rows(table.find("d", by="state", down=True)) == [1, 0, 2, 3]
    assert rows(table.find("e", kind="failed")) == [1]
    assert rows(table.find("f", query="FOX")) == [3]
    assert rows(table.find("g", query="withheld safety")) == [1]
    assert rows(table.find("h", by="number", down=True, kind="made")) == [3, 2, 0]
    table.say(kind="find", filters={"kind": "all"}, request="i")
    assert "kind: " in table.answer("refused", command="find")["message"]
    # What names no column sorts by none.
    assert rows(table.find("j", by="own99")) == [0, 1, 2, 3]
    assert rows(table.find("k", by="__class__")) == [0, 1, 2, 3]


def test_a_page_is_sent_and_nothing_else_however_many_rows_there_are(client: Client) -> None:
    many = Batch(client, [{"n": n} for n in range(500)], "Cat {n}", "many", {"seconds": 4})
    table = HeardTable(many)
    found = table.find("r")
    assert (found["count"], len(found["items"])) == (500, PAGE_CARDS)
    table.say(kind="page", offset=480, request="r")
    assert rows(table.answer("found", offset=480)) == list(range(480, 500))
    assert len(json.dumps(table.get_state(["standing", "opened", "starred"]), default=str)) < 4000


def test_a_row_says_why_it_has_no_clip_and_what_to_do(table: HeardTable, batch: Batch) -> None:
    batch.run().wait(600)
    table.settle(failed=1)
    (item,) = table.find("r", kind="failed")["items"]
    assert (item["state"], item["progress"], item["still"]) == ("filtered", None, "")
    table.say(kind="row", row=1, on=1)
    opened = until(table, lambda: table.opened.get("row") == 1)
    assert opened["error"]["remedy"]
    assert opened["prompt"] == f"{FILTERED}A dog"
    assert opened["clips"] == []
    table.say(kind="row", row=99, on=1)
    table.say(kind="row", row=0, on=0)
    assert until(table, lambda: table.opened == {}) == {}


def until(table: HeardTable, is_so: Callable[[], bool]) -> Mapping[str, Any]:
    with table.told:
        assert table.told.wait_for(is_so, PATIENCE)
    return table.opened


def test_stars_are_those_of_the_library_and_are_rendered_once(
    table: HeardTable, batch: Batch, emulator: Emulator
) -> None:
    batch.run().wait(600)
    table.settle(made=3)
    cat, _, owl, _ = batch.jobs
    table.say(kind="star", job=cat.id, on=1)
    standing = table.settle(starred=1)
    assert [video.job_id for video in table.starred] == [cat.id]
    assert standing["render"]["rows"] == [0]
    # 1080p is made at eight seconds only.
    offer = standing["render"]
    assert (offer["resolution"], offer["seconds"], offer["text"]) == ("1080p", 8, "$0.96")
    library = Library(starred=True, client=batch.client)
    assert [job.id for job in library.jobs] == [cat.id]
    library.close()
    for _ in range(2):
        table.say(kind="render", samples=[0, 0], request="click")
    table.answer("taken", request="click")
    table.say(kind="render", samples=[0], request="another")
    assert "it was" in table.answer("refused", command="render")["message"]
    assert sent(emulator)["A cat"] == 2
    until(table, lambda: table.standing["render"] is None)
    item = table.find("r", starred=True)["items"][0]
    assert item["better"].startswith("1080p")
    # Another table of the same batch knows of it.
    again = HeardTable(Batch(batch.client, ROWS, "", "animals", {"seconds": 4}))
    assert again.standing["counts"]["starred"] == 1
    assert again.standing["render"] is None
    assert again.batch.plan().states == {"succeeded": 3, "filtered": 1}
    # What is not there cannot be made well.
    table.say(kind="render", samples=[1], request="filtered")
    assert "row 2 cannot be made at 1080p" in table.answer("refused", command="render")["message"]
    assert owl.id not in {video.job_id for video in table.starred}


def test_stills_are_sent_for_the_rows_that_are_seen(table: HeardTable, batch: Batch) -> None:
    batch.run().wait(600)
    table.settle(made=3)
    keys = [item["still"] for item in table.find("r")["items"]]
    table.say(kind="stills", samples=[0, 1, 99], request="s")
    first, second = table.answer("stills", request="s")["items"]
    assert first["key"] == keys[0]
    assert first["still"].startswith("data:image/jpeg;base64,")
    assert second == {"key": "", "still": ""}


def test_an_open_row_plays_its_clips_and_the_better_one_first(table: HeardTable, batch: Batch) -> None:
    batch.run().wait(600)
    table.settle(made=3)
    table.say(kind="star", job=batch.jobs[0].id, on=1)
    table.settle(starred=1)
    table.say(kind="row", row=0, on=1)
    table.say(kind="render", samples=[0], request="click")
    opened = until(table, lambda: len(table.opened.get("clips", ())) == 2)
    assert [clip["height"] for clip in opened["clips"]] == [1080, 720]
    assert len({clip["sample"] for clip in opened["clips"]}) == 2
    for clip in opened["clips"]:
        table.say(kind="need-bytes", sample=clip["sample"], request=str(clip["sample"]))
        assert table.answer("bytes", request=str(clip["sample"]))["total"] == clip["bytes"]
    assert ["Resolution", "1080p"] in opened["clips"][0]["facts"]["settings"]


def test_a_contact_sheet_is_written_beside_the_notebook(
    table: HeardTable, batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    batch.run().wait(600)
    table.say(kind="sheet")
    said = table.answer("told")["message"]
    (sheet,) = tmp_path.glob("veo-sheet-*.html")
    assert sheet.name in said
    assert sheet.read_text("utf-8").count("<figure") == 4


def test_what_breaks_a_rule_is_told_and_nothing_is_sent(client: Client, emulator: Emulator) -> None:
    batch = Batch(client, [{"prompt": "A cat", "seconds": 4}, {"prompt": "A dog", "seconds": 5}], "", "b", {})
    table = HeardTable(batch)
    assert (table.standing["make"], table.standing["refused"]) == (None, 1)
    (item,) = table.find("r", kind="failed")["items"]
    assert "duration_seconds" in item["problem"]
    table.say(kind="run", retry=0, count=2, request="forged")
    assert "nothing was sent" in table.answer("refused", command="run")["message"]
    assert sent(emulator) == {}


def test_a_batch_is_stopped_and_what_runs_goes_on(
    make_client: Callable[..., Client], slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    emulator, let_end = slow_service
    client = make_client(hasty=True)
    slow = "---\nseconds: 600\n---\n"
    rows_ = [{"prompt": f"{slow}Cat {n}"} for n in range(6)]
    batch = Batch(client, rows_, "", "slow", {"seconds": 4, "base_url": emulator.base_url})
    table = HeardTable(batch)
    batch.run(max_running=2)
    with table.told:
        assert table.told.wait_for(lambda: table.standing["counts"]["running"] == 2, PATIENCE)
    table.say(kind="stop", job="")
    standing = table.settle(running=2, due=4)
    assert standing["make"]["count"] == 4
    let_end()
    table.settle(made=2, due=4)
    assert sum(sent(emulator).values()) == 2


def test_the_copy_that_stays_is_the_table_with_stills(table: HeardTable, batch: Batch) -> None:
    told = threading.Event()
    table.follow_saved(lambda *, again: told.set() if not again else None)
    batch.run().wait(600)
    table.settle(made=3, failed=1)
    saved = table.saved_output()
    html = saved["text/html"]
    assert html.count("<img") == 3
    assert "3 succeeded, 1 filtered" in html
    assert table.saved_class in html
    assert "<progress" not in html
    assert told.wait(600)
    assert "3 succeeded" in saved["text/plain"]


def test_what_is_no_batch_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="batch: 'cats' is not a batch"):
        BatchTable("cats")  # type: ignore[arg-type]
