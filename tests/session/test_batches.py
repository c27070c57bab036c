"""Batches over real sockets: rows in whatever form, two hundred of them, and what a second run sends."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch, read_rows

ROWS = [{"animal": "cat", "place": "Rome", "seconds": 4}, {"animal": "dog", "place": "Oslo", "seconds": 6}]


class Frame:
    """What a batch needs of a data frame."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def to_dict(self, orient: str) -> list[dict[str, Any]]:
        assert orient == "records"
        return self._rows


class NAType:
    """Like pandas' word for an empty cell: it is neither true nor false."""

    def __bool__(self) -> bool:
        raise TypeError


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


def make(
    client: Client, rows: Any = ROWS, prompt: str = "A {animal} in {place}", name: str = "", **common: Any
) -> Batch:
    return Batch(client, rows, prompt, name, common)


def sent(emulator: Emulator) -> list[str]:
    return [entry.body["instances"][0]["prompt"] for entry in emulator.journal() if entry.kind == "create"]


def front(**keys: object) -> str:
    lines = "\n".join(f"{key}: {value}" for key, value in keys.items())
    return f"---\n{lines}\n---\n"


# Rows


def test_rows_come_in_many_forms(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('\ufeffanimal, seconds\ncat,4\n"dog, wet",\n', "utf-8")
    (tmp_path / "semicolons.csv").write_text("animal;place\ncat;Rome, Italy\n", "utf-8")
    assert read_rows(tmp_path / "rows.csv") == [
        {"animal": "cat", "seconds": "4"},
        {"animal": "dog, wet", "seconds": None},
    ]
    assert read_rows(str(tmp_path / "semicolons.csv")) == [{"animal": "cat", "place": "Rome, Italy"}]
    assert read_rows(Frame([{"a": float("nan"), "b": NAType(), 3: 0}])) == [{"a": None, "b": None, "3": 0}]
    assert read_rows(["A cat", {"prompt": "A dog"}]) == [{"prompt": "A cat"}, {"prompt": "A dog"}]
    assert read_rows(row for row in ROWS) == ROWS


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "rows: there are none"),
        ({"animal": "cat"}, "rows: a dictionary is neither a list of rows nor columns"),
        (7, "rows: int is not a row"),
        ([7], "rows: int is not a row"),
        ("nowhere.csv", "rows: cannot read 'nowhere.csv': No such file"),
    ],
)
def test_what_is_no_row_is_refused(client: Client, rows: Any, words: str) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words):
        make(client, rows)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"animal\n\xff\xfe\n", "UTF-8 with a header line"), (b"animal\ncat,dog\n", "row 1 .* has more cells")],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(errors.InvalidRequestError, match=words):
        read_rows(tmp_path / "rows.csv")


@pytest.mark.parametrize(
    ("template", "row", "prompt"),
    [
        ("A {animal} in {place}", {"animal": "cat", "place": "Rome"}, "A cat in Rome"),
        ("{prompt}, in oil", {"prompt": "A {cat}"}, "A {cat}, in oil"),
        ("A cat", {"prompt": "A dog"}, "A dog"),
        ("A cat", {"prompt": None}, "A cat"),
        ("", {"prompt": "A {dog}"}, "A {dog}"),
        ("{{no}} {size cm:.1f}", {"size cm": 2.25}, "{no} 2.2"),
    ],
)
def test_prompts_are_filled_in(client: Client, template: str, row: dict, prompt: str) -> None:
    batch = make(client, [row], template)
    assert [piece.prompt for piece in batch.pieces] == [prompt]
    assert batch.violations == ()


# What is sent


def test_columns_go_before_what_holds_for_all(client: Client, emulator: Emulator) -> None:
    rows = [{"n": 1, "seed": 7, "duration_seconds": "6"}, {"n": 2, "seed": None, "duration_seconds": ""}]
    batch = make(client, rows, "Cat {n}", seconds=4, seed=1).run().wait(600)
    said = [(job.request.prompt, job.request.seed, job.request.duration_seconds) for job in batch.jobs]
    assert said == [("Cat 1", 7, 6), ("Cat 2", 1, 4)]
    assert sorted(sent(emulator)) == ["Cat 1", "Cat 2"]


def test_all_problems_are_listed_by_row_and_nothing_is_sent(client: Client, emulator: Emulator) -> None:
    rows = [
        *[{"animal": "cat", "seconds": 4}] * 3,
        {"animal": "dog", "seconds": 5},
        {"animal": None, "aspect_ratio": "2:1"},
    ]
    batch = make(client, rows, "A {animal}")
    with pytest.raises(errors.InvalidRequestError) as caught:
        batch.run()
    lines = str(caught.value).splitlines()
    assert lines[0] == "batch 'batch': nothing was sent."
    assert lines[1].startswith("  row 4: duration_seconds: 5 is not a length")
    assert lines[2].startswith("  row 5: prompt: {animal} has no value here; there are aspect_ratio.")
    assert emulator.journal() == []
    assert batch.plan().states == {"to be sent": 3, "refused": 2}
    everywhere = make(client, [{"animal": "cat"}] * 9, "A {animal}", sedonds=4)
    with pytest.raises(
        errors.InvalidRequestError, match="row 1, row 2, row 3, row 4, row 5 and 4 more: sedonds: no such"
    ):
        everywhere.run()


def test_the_whole_price_must_be_there_before_the_first_is_sent(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("a-key")), hasty=True)
    client.budget(day=0.9)
    batch = make(client, model="veo-3.1-fast-generate-preview", allow_retired=True)
    assert batch.cost.usd == pytest.approx(1.0)
    assert str(batch.cost) == "$1.00 in all, $1.00 of it still to pay"
    with pytest.raises(errors.BudgetError, match=r"these 2 requests take \$1\.00"):
        batch.run()
    assert emulator.journal() == []


def test_a_later_run_fills_the_gaps(client: Client, emulator: Emulator) -> None:
    first = make(client).run().wait(600)
    again = make(client, [*ROWS[::-1], {"animal": "cow", "place": "Bern", "seconds": 4}, ROWS[0]])
    assert [due for _, _, due in again.cost.lines] == [False, False, True, True]
    again.run().wait(600)
    assert sorted(sent(emulator)) == ["A cat in Rome", "A cat in Rome", "A cow in Bern", "A dog in Oslo"]
    assert [job.id for job in again.jobs][:2] == [job.id for job in first.jobs][::-1]
    assert len(make(client, name="another").run().wait(600).videos) == 2
    assert len(sent(emulator)) == 6


def test_failures_stop_nobody_and_are_sent_again_when_asked(client: Client, emulator: Emulator) -> None:
    rows = [{"how": front(outcome="failed")}, {"how": ""}, {"how": front(outcome="filtered")}]
    batch = make(client, rows, "{how}A cat", seconds=4)
    with pytest.raises(errors.InvalidRequestError, match=r"row 2: prompt: \{how\} has no value"):
        batch.run()
    rows[1]["how"] = "Here is "
    batch = make(client, rows, "{how}A cat", seconds=4).run().wait(600)
    assert [row["state"] for row in batch.table] == ["failed", "succeeded", "filtered"]
    assert [row["usd"] for row in batch.table] == [0, 0.4, 0]
    assert [bool(row["problem"]) for row in batch.table] == [True, False, True]
    assert "run(retry=True) sends 2 again." in repr(batch)
    batch.run().wait(600)
    assert len(sent(emulator)) == 3
    batch.retry_failed().wait(600)
    assert len(sent(emulator)) == 5


def test_a_lost_answer_is_not_sent_again_and_stops_nobody(client: Client, emulator: Emulator) -> None:
    emulator.script(on="create", fault="reset")
    batch = make(client).run(max_running=1).wait(600)
    assert batch.plan().states == {"unknown": 1, "succeeded": 1}
    batch.retry_failed().wait(600)
    assert len(sent(emulator)) == 2


def test_the_table_goes_elsewhere(client: Client, tmp_path: Path) -> None:
    rows = [{"animal": "cat", "state": "wet", "note": "=1+1"}]
    batch = make(client, rows, "A {animal}", seconds=4).run().wait(600)
    (row,) = batch.table
    clip = batch.videos[0].path
    assert row == {
        **rows[0],
        "job": batch.jobs[0].id,
        "veo_state": "succeeded",
        "usd": 0.4,
        "clip": str(clip),
        "problem": "",
    }
    with batch.to_csv(tmp_path / "out.csv").open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["note"], line["clip"]) == ("'=1+1", str(clip))
    with pytest.raises(errors.VeoError, match="csv: cannot write"):
        batch.to_csv(tmp_path / "no" / "out.csv")


def test_without_pandas_the_frame_says_what_to_do(client: Client) -> None:
    code = "import sys; sys.modules['pandas'] = None\nfrom veo_widgets.session.groups.batch import Batch\n"
    code += "try: Batch.to_frame(None)\nexcept Exception as error: print(error)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("to_frame() needs pandas: pip install pandas")


def test_what_a_notebook_shows(client: Client) -> None:
    rows = [{"animal": f"<b>{number}</b>"} for number in range(50)]
    batch = make(client, rows, "A {animal}", seconds=4)
    assert repr(batch).splitlines()[-1] == "… and 10 more"
    html = batch._repr_html_()
    assert "&lt;b&gt;39" in html
    assert "<b>" not in html


def test_a_stopped_batch_sends_nothing_more_and_fetches_what_runs(
    client: Client, slow_service: tuple[Emulator, Callable[[], None]]
) -> None:
    service, let_end = slow_service
    rows = [{"n": n} for n in range(6)]
    batch = make(client, rows, front(seconds=600) + "Cat {n}", seconds=4, base_url=service.base_url)
    batch.run(max_running=2)
    while sum(entry.kind == "create" for entry in service.journal()) < 2:
        assert batch.is_running
    assert batch.stop().wait(600) is batch
    assert not batch.is_running
    assert batch.plan().states["to be sent"] == 4
    let_end()
    for job in batch.jobs:
        job.wait(600)
    assert batch.plan().states == {"succeeded": 2, "to be sent": 4}
    assert len(sent(service)) == 2
    # Nothing was stopped for good.
    assert len(batch.due()) == 4
    assert batch.stop().cost.due == pytest.approx(1.6)


def test_what_the_service_had_no_room_for_is_cancelled_by_a_stop(
    make_client: Callable[..., Client], settings: Settings
) -> None:
    with Emulator(clips="small") as service:
        service.script(on="create", fault="status-429-bare", times=99)
        client = make_client(replace(settings, base_url=service.base_url))
        batch = make(client, [{"n": n} for n in range(3)], "Cat {n}", seconds=4).run()
        while sum(job.record.held_back for job in batch.jobs) < 3:
            assert batch.is_running
        batch.stop().wait(600)
        assert batch.plan().states == {"failed": 3}
        assert {job.record.problem.title for job in batch.jobs if job.record.problem} == {"Cancelled"}
        assert batch.plan().cost.usd == 0


# Two hundred


def test_two_hundred_rows(client: Client, emulator: Emulator, tmp_path: Path) -> None:
    with (tmp_path / "cats.csv").open("w") as file:
        file.write("number,seconds\n" + "".join(f"{number},4\n" for number in range(200)))
    batch = make(client, tmp_path / "cats.csv", "Cat {number}")
    assert batch.cost.usd == pytest.approx(80)
    assert batch.name == "cats"
    batch.run()
    assert batch.is_running
    batch.wait(600)
    assert batch.plan().states == {"succeeded": 200}
    assert len({video.sha256 for video in batch.videos}) == 200
    assert Counter(sent(emulator)) == {f"Cat {number}": 1 for number in range(200)}
    assert [row["number"] for row in batch.table] == [str(number) for number in range(200)]
    assert make(client, tmp_path / "cats.csv", "Cat {number}").run().wait(600).cost.due == 0
    assert len(sent(emulator)) == 200


PROGRAM = """
import os, signal, sys, time
import veo_widgets as veo
veo.configure(provider="emulator", base_url=sys.argv[1], folder=sys.argv[2])
batch = veo.batch([{"number": number} for number in range(60)], "Cat {number}", seconds=4).run()
while len(batch.videos) < 5:
    time.sleep(0.005)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_batch_goes_on_where_it_was(
    make_client: Callable[..., Client], emulator: Emulator, tmp_path: Path
) -> None:
    killed = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, emulator.base_url, str(tmp_path / "clips")],
        env={**os.environ, "VEO_WIDGETS_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    batch = make(make_client(hasty=True), [{"number": number} for number in range(60)], "Cat {number}", seconds=4)
    assert len(batch.videos) >= 5
    batch.run().wait(600)
    states = batch.plan().states
    # Creates that were under way when it died may have been charged: they are told of, not repeated.
    assert states["succeeded"] + states.get("unknown", 0) == 60
    assert states.get("unknown", 0) <= 4
    assert max(Counter(sent(emulator)).values()) == 1


def test_a_table_shows_what_tells_its_rows_apart_and_reasons_under_problem(client: Client) -> None:
    rows = [
        {"animal": "cat", "style": "oil", "note": "a long remark that nobody reads to its end", "seed": 1},
        {"animal": "dog", "style": "oil", "note": "", "seed": 2},
    ]
    batch = make(client, rows, "A portrait of the same old kind of an {animal}", seconds=4)
    head = repr(batch).splitlines()[1]
    assert head.split() == ["animal", "note", "seed", "state", "price", "prompt", "clip"]
    assert "cat     a long remark that nobo…  1" in repr(batch)
    bad = make(client, [{"prompt": front(outcome="filtered") + "A cat"}, {"prompt": "A dog"}], "", seconds=4)
    shown = repr(bad.run().wait()).splitlines()
    assert shown[1].split()[-2:] == ["clip", "problem"]
    assert "Withheld by the safety filter" in shown[2]
    assert shown[2].index("Withheld") == shown[1].index("problem")
    assert ".mp4" in shown[3]
