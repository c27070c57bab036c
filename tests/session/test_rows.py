"""Rows as people bring them: what each kind is read as, which columns count, and what is told beside the price."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain import errors
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch

from ..row_table import COLUMNS, LINES, QUERY, REFUSED, ROWS, TAKEN, Case, arrow, duckdb, file, pandas, polars


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


def make(client: Client, rows: Any, prompt: str = "A {animal} in {place}", **common: Any) -> Batch:
    return Batch(client, rows, prompt, "", {"seconds": 4, **common})


def numbered(cases: list[Case]) -> list[Any]:
    return [pytest.param(case, id=f"{number}-{case.what}") for number, case in enumerate(cases)]


@pytest.mark.parametrize("case", numbered(TAKEN))
def test_rows_are_read_as_what_they_are(client: Client, tmp_path: Path, case: Case) -> None:
    source = case.source(tmp_path)
    with source if isinstance(source, io.IOBase) else nullcontext():
        batch = make(client, source, case.prompt)
    assert [piece.prompt for piece in batch.pieces] == case.prompts
    assert case.words in str(batch.cost)
    assert "not used" not in str(batch.cost) or case.words


@pytest.mark.parametrize("case", numbered(REFUSED))
def test_what_is_no_row_is_refused_in_a_sentence(client: Client, tmp_path: Path, case: Case) -> None:
    with pytest.raises(errors.InvalidRequestError, match=case.words) as refused:
        make(client, case.source(tmp_path), case.prompt)
    assert "\n" not in str(refused.value)


# Columns


@pytest.mark.parametrize(
    ("column", "value", "name", "sent"),
    [
        ("Seconds", "4", "duration_seconds", 4),
        ("duration-seconds", 6.0, "duration_seconds", 6),
        ("Aspect Ratio", "9:16", "aspect_ratio", "9:16"),
        ("NEGATIVE_PROMPT", "rain", "negative_prompt", "rain"),
        (" Generate audio", False, "generate_audio", False),
        ("Seed", "7", "seed", 7),
        ("Size", "720x1280", "aspect_ratio", "9:16"),
        ("Model", "veo-3.1-lite-generate-001", "model", "veo-3.1-lite-generate-001"),
        ("PROMPT", "A dog", "prompt", "A dog"),
    ],
)
def test_a_column_counts_however_its_name_is_written(
    client: Client, column: str, value: Any, name: str, sent: Any
) -> None:
    batch = Batch(client, [{"animal": "cat", column: value}], "A cat", "", {})
    (piece,) = batch.pieces
    assert piece.violations == ()
    assert getattr(piece.plan.request, name) == sent
    assert column.strip() not in " ".join(batch.remarks).partition("is sent")[2]


def test_what_nothing_uses_is_told_beside_the_price(client: Client) -> None:
    rows = [{"animal": "cat", "secconds": 6, "Duration": 6, "Ort": "Rom", "note\x1b[2J": "x", "guidance_scale": 5}]
    batch = make(client, rows, "A {animal}")
    assert batch.cost.usd == pytest.approx(0.4)
    told = str(batch.cost)
    assert "not used: secconds; did you mean seconds?" in told
    assert "not used: Duration; did you mean duration_seconds?" in told
    assert told.endswith(r"not used: Ort, note\x1b[2J, guidance_scale")
    assert told in repr(batch)
    assert "did you mean seconds?" in batch._repr_html_()


def test_two_columns_for_one_parameter_must_say_the_same(client: Client) -> None:
    batch = make(client, [{"animal": "cat", "Seconds": 4, "duration_seconds": 6}], "A {animal}")
    assert "said twice" in str(batch.violations[0])
    assert make(client, [{"animal": "cat", "Seed": 4, "seed": 4}], "A {animal}").violations == ()


def test_what_goes_before_the_prompt_is_told(client: Client) -> None:
    rows = [{"prompt": "A dog", "animal": "cat"}, {"prompt": None, "animal": "cow"}]
    batch = make(client, rows, "A {animal}")
    assert [piece.prompt for piece in batch.pieces] == ["A dog", "A cow"]
    assert batch.remarks == (
        "the rows' own prompt is sent in 1 of 2 rows, not 'A {animal}'; write {prompt} in that to use both",
    )
    everywhere = make(client, rows[:1], "A {animal}")
    assert "the rows' own prompt is sent, not" in everywhere.remarks[0]
    assert everywhere.remarks[1] == "not used: animal"
    assert make(client, rows[:1], "{prompt} and a {animal}").remarks == ()


def test_a_refused_row_does_not_hide_the_price_of_the_others(client: Client, emulator: Emulator) -> None:
    rows = [
        {"animal": "cat"},
        {"animal": None},
        {"animal": "dog", "model": "none"},
        {"animal": "cow", "provider": "none"},
        {"animal": "elk", "seconds": 5},
        {"animal": "fox"},
    ]
    batch = make(client, rows, "A {animal}")
    assert (batch.cost.usd, batch.cost.due, batch.cost.refused) == (pytest.approx(0.8), pytest.approx(0.8), 4)
    assert "$0.80 in all" in repr(batch)
    assert ", not counting 4 refused" in repr(batch)
    assert batch.plan().states == {"to be sent": 2, "refused": 4}
    refused = make(client, rows[1:2], "A {animal}")
    assert refused.cost.usd is None
    assert "1 refused. No price, because nothing can be sent." in repr(refused)
    with pytest.raises(errors.InvalidRequestError, match="nothing was sent"):
        batch.run()
    assert emulator.journal() == []


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{shot.__class__}", "'__class__' is not for templates"),
        ("{shot[lens].real}", "cannot be filled in"),
        ("{shot.camera}", "cannot be filled in"),
        ("{word:d}", "cannot be filled in"),
        ("{gap}", r"\{gap\} has no value here; there are shot, word"),
    ],
)
def test_rows_run_no_code(client: Client, template: str, words: str) -> None:
    batch = make(client, [{"shot": {"lens": "35"}, "word": "x", "gap": None}], template)
    assert len(batch.violations) == 1
    with pytest.raises(errors.InvalidRequestError, match=words):
        raise batch.violations[0]


@pytest.mark.parametrize("template", ["{1 + 1}", "{animal.upper()}", "{__import__('os')}", "{len(animal)}"])
def test_an_expression_is_no_column(client: Client, template: str) -> None:
    with pytest.raises(errors.InvalidRequestError):
        make(client, [{"animal": "cat"}], template).run()


# Results


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (pandas(COLUMNS, index=["u", "v"]), "pandas.DataFrame"),
        (polars(lambda polars: polars.DataFrame(COLUMNS)), "polars.dataframe.frame.DataFrame"),
        (polars(lambda polars: polars.LazyFrame(COLUMNS)), "polars.lazyframe.frame.LazyFrame"),
        (arrow(lambda arrow: arrow.table(COLUMNS)), "pyarrow.lib.Table"),
        (arrow(lambda arrow: arrow.record_batch(COLUMNS)), "pyarrow.lib.RecordBatch"),
        (duckdb(QUERY), "duckdb._relation.DuckDBPyRelation"),
        (lambda _: ROWS, "pandas.DataFrame"),
        (file("rows.csv", LINES), "pandas.DataFrame"),
    ],
)  # fmt: skip
def test_results_come_back_as_the_frame_that_the_rows_were(
    client: Client, tmp_path: Path, source: Any, kind: str
) -> None:
    import narwhals

    batch = make(client, source(tmp_path)).run().wait(600)
    frame = batch.to_frame()
    made = type(frame)
    assert f"{made.__module__}.{made.__qualname__}" == kind
    if kind == "pyarrow.lib.RecordBatch":
        rows = frame.to_pylist()
    else:
        rows = narwhals.from_native(frame).lazy().collect("pandas").rows(named=True)
    assert [{**row, "usd": pytest.approx(row["usd"])} for row in rows] == batch.table
    assert [row["state"] for row in rows] == ["succeeded", "succeeded"]


def test_a_frame_keeps_its_index_and_its_kinds_of_columns(client: Client) -> None:
    import pandas as pd

    given = pd.DataFrame({"n": [2, None], "job": pd.Categorical(["a", "b"])}, index=pd.Index([7, 9], name="at"))
    found = make(client, given, "{at}: {job}").to_frame()
    assert list(found.columns) == ["n", "job", "veo_job", "state", "usd", "clip", "problem"]
    pd.testing.assert_frame_equal(found[["n", "job"]], given)


def without(package: str, code: str, folder: Path) -> str:
    """What a program says where a package is not installed."""
    blocked = f"import sys; sys.modules[{package!r}] = None\n"
    given = f"{blocked}import veo_widgets as veo\nveo.configure(provider='emulator')\n{code}"
    ran = subprocess.run([sys.executable, "-c", given], capture_output=True, text=True, check=False, cwd=folder)
    return ran.stdout + ran.stderr


def test_what_is_needed_is_said_where_it_is_not_installed(tmp_path: Path) -> None:
    read = "print([piece.prompt for piece in veo.batch(rows, '{a}').pieces])"
    assert "['1']" in without("narwhals", f"import pandas\nrows = pandas.DataFrame({{'a': [1]}})\n{read}", tmp_path)
    assert "Reading rows from polars needs an optional package: pip install 'veo-widgets[frames]'" in without(
        "narwhals", f"import polars\nrows = polars.DataFrame({{'a': [1]}})\n{read}", tmp_path
    )
    (tmp_path / "rows.xlsx").write_bytes(b"PK\x03\x04")
    import openpyxl

    openpyxl.Workbook().save(tmp_path / "rows.xlsx")
    assert "'rows.xlsx' is an Excel file; pip install openpyxl" in without(
        "openpyxl", f"rows = 'rows.xlsx'\n{read}", tmp_path
    )


# Thousands


class CountedClient(Client):
    """Counts how often its loop is asked for something."""

    asked = 0

    def start(self, verb: Any, *arguments: Any) -> Any:
        self.asked += 1
        return super().start(verb, *arguments)


def test_thousands_of_rows_look_up_once_what_holds_for_all(settings: Any, tmp_path: Path) -> None:
    looked_up: Counter[str] = Counter()

    def count(frame: Any, event: str, _: Any) -> None:
        name = frame.f_code.co_name
        if event == "call" and name in {
            "read_environment",
            "settings_in_force",
            "choose_provider",
            "learn_model",
            "plan_for",
            "fitted",
        }:
            looked_up[name] += 1

    rows = [{"n": n, "Seed": n, "model": ("veo-3.1-generate-001", None)[n % 2]} for n in range(5000)]
    with CountedClient(settings, home=tmp_path / "home") as client:
        sys.setprofile(count)
        try:
            batch = make(client, rows, "Cat {n:04d}")
        finally:
            sys.setprofile(None)
        assert client.asked <= 2
    assert looked_up["plan_for"] == 5000
    assert looked_up["fitted"] == 1
    assert all(
        looked_up[name] <= 10 for name in ("read_environment", "settings_in_force", "choose_provider", "learn_model")
    )
    assert batch.pieces[-1].prompt == "Cat 4999"
    assert len({piece.key for piece in batch.pieces}) == 5000
