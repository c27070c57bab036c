"""What clips have cost, as text, table, plot and file."""

from __future__ import annotations

import csv
import re
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from veo_widgets.domain.errors import InvalidRequestError, VeoError
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.spending import Item, Spend
from veo_widgets.storage.ledger.ledger import Ledger

SPEND = Spend(
    (
        Item("2026-11-20", "veo-3.1-generate-001", "agent_platform", "/home/me/films.ipynb", "succeeded", 3, 9.6),
        Item("2026-11-21", "our-veo", "litellm", "", "succeeded", 1, 0.0, 1),
        Item("2026-11-22", "veo-3.1-generate-001", "agent_platform", "/home/me/films.ipynb", "running", 1, 3.2),
    )
)

# Title and height of each bar.
BAR = re.compile(r'<span title="(.*?)"[^>]*border-bottom:(\d+)px solid;')


def test_it_reads_like_tables() -> None:
    assert repr(SPEND).splitlines() == [
        "$12.80 for 4 jobs; 1 more of unknown price. The emulator is free.",
        "",
        "day                    jobs        cost",
        "2026-11-20                3       $9.60",
        "2026-11-21                1       $0.00",
        "2026-11-22                1       $3.20",
        "",
        "model                  jobs        cost",
        "our-veo                   1       $0.00",
        "veo-3.1-generate-001      4      $12.80",
        "",
        "notebook               jobs        cost",
        "no notebook               1       $0.00",
        "films.ipynb               4      $12.80",
        "",
        "state                  jobs        cost",
        "running                   1       $3.20",
        "succeeded                 4       $9.60",
    ]
    assert repr(Spend()) == "Nothing was spent. The emulator is free."
    assert Spend()._repr_html_() == "<p>Nothing was spent. The emulator is free.</p>"


def test_sums_can_be_asked_for() -> None:
    assert SPEND.usd == pytest.approx(12.8)
    assert SPEND.by("state") == pytest.approx({"running": 3.2, "succeeded": 9.6})
    assert SPEND.by("provider") == pytest.approx({"agent_platform": 12.8, "litellm": 0})


def test_it_is_told_apart_by_user_where_there_are_several_or_as_is_asked_for() -> None:
    shared = Spend((*SPEND.items, replace(SPEND.items[0], user="ada", project="ads", usd=1.0, jobs=1)))
    assert repr(shared).splitlines()[-7:] == [
        "user                   jobs        cost",
        "no user                   5      $12.80",
        "ada                       1       $1.00",
        "",
        "project                jobs        cost",
        "no project                5      $12.80",
        "ads                       1       $1.00",
    ]
    assert repr(shared.grouped("project")).splitlines() == [
        "$13.80 for 5 jobs; 1 more of unknown price. The emulator is free.",
        "",
        "project      jobs        cost",
        "no project      5      $12.80",
        "ads             1       $1.00",
    ]
    assert shared.grouped("user")._repr_html_().count("<table") == 1
    with pytest.raises(InvalidRequestError, match=r"by: 'usr' is not one of day, .*Did you mean 'user'\?"):
        shared.grouped("usr")


def test_the_plot_has_a_bar_for_each_day_and_no_colour_of_its_own() -> None:
    html = SPEND._repr_html_()
    assert BAR.findall(html) == [
        ("2026-11-20: $9.60", "64"),
        ("2026-11-21: $0.00", "1"),
        ("2026-11-22: $3.20", "21"),
    ]
    assert not re.search("#[0-9a-f]{3}|rgb|black|white(?!-)", html)


def test_the_plot_has_no_text_that_is_left_over_where_its_tags_are_not_known() -> None:
    """Viewers with a list of tags keep the text of the others."""
    bare = re.sub("<[^>]*>", "", SPEND._repr_html_()[: SPEND._repr_html_().index("<table")])
    assert bare.endswith("$9.60 at most in a day2026-11-20 to 2026-11-22")
    assert "<svg" not in SPEND._repr_html_()


def test_days_without_cost_have_their_place_in_the_plot() -> None:
    first, *_, last = SPEND.items
    titles = [title for title, _ in BAR.findall(Spend((replace(first, day="2026-02-27"), last))._repr_html_())]
    assert (len(titles), titles[0], titles[-1]) == (31, "2026-10-23: $0.00", "2026-11-22: $3.20")
    titles = [title for title, _ in BAR.findall(Spend((first, last))._repr_html_())]
    assert titles == ["2026-11-20: $9.60", "2026-11-21: $0.00", "2026-11-22: $3.20"]


def test_names_are_text_in_the_table() -> None:
    odd = Spend((Item("2026-11-20", "<img src=x>", "litellm", "/a/<b>.ipynb", "succeeded", 1, 1.0),))
    html = odd._repr_html_()
    assert "<img" not in html
    assert "<b>" not in html


def test_a_file_of_it_is_read_by_a_spreadsheet(tmp_path: Path) -> None:
    formula = replace(SPEND.items[0], model="=HYPERLINK(1)")
    path = Spend((*SPEND.items, formula)).to_csv(tmp_path / "spend.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["usd"]) for row in rows] == [9.6, 0.0, 3.2, 9.6]
    assert rows[0]["notebook"] == "/home/me/films.ipynb"
    assert rows[3]["model"] == "'=HYPERLINK(1)"
    with pytest.raises(VeoError, match="csv: cannot write"):
        SPEND.to_csv(tmp_path / "none" / "spend.csv")


def test_a_frame_needs_pandas() -> None:
    if "pandas" in sys.modules:
        assert isinstance(sys.modules["pandas"], ModuleType)
        return
    try:
        frame = SPEND.to_frame()
    except VeoError as error:
        assert "pip install pandas" in str(error)  # noqa: PT017 (either is right)
    else:
        assert list(frame["usd"]) == [9.6, 0.0, 3.2]


def test_the_ledger_groups_what_was_paid_for(tmp_path: Path) -> None:
    request = VideoRequest("A cat", "m")
    noon = 1_790_000_000.0
    made = JobRecord(
        "a", JobState.SUCCEEDED, request, "gemini", "s", "w", Cost(0.5), noon, noon, "/", notebook="/n.ipynb"
    )
    with closing(Ledger(tmp_path / "ledger.sqlite3")) as ledger:
        for job in (
            made,
            replace(made, id="b"),
            replace(made, id="c", provider="emulator"),
            replace(made, id="d", state=JobState.FILTERED, cost=Cost(0.0)),
            replace(made, id="e", created_at=noon - 40 * 86400, notebook=""),
            replace(made, id="f", provider="litellm", cost=Cost(None, "started elsewhere")),
        ):
            ledger.write(job)
        everything, recent = ledger.spend(), ledger.spend(since="2026-09-01")
    assert [
        (item.provider, item.state, item.notebook, item.jobs, item.usd, item.unpriced) for item in everything.items
    ] == [
        ("gemini", "succeeded", "", 1, 0.5, 0),
        ("gemini", "filtered", "/n.ipynb", 1, 0.0, 0),
        ("gemini", "succeeded", "/n.ipynb", 2, 1.0, 0),
        ("litellm", "succeeded", "/n.ipynb", 1, 0.0, 1),
    ]
    assert (everything.usd, recent.usd) == (1.5, 1.0)
