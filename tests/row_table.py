"""Rows as people bring them, and the prompts that they make: what tests read, and what the docs list."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from numpy import float32

Source = Callable[[Path], Any]


@dataclass(frozen=True)
class Case:
    """One source of rows.

    Attributes:
        what: it is, for the docs; cases of one kind share it.
        read: how it is read, for the docs.
        source: makes it in a folder.
        prompt: of the batch.
        prompts: those that it makes; None if it is refused.
        words: of the remark beside the price, or of the refusal.
    """

    what: str
    read: str
    source: Source
    prompt: str = "A {animal} in {place}"
    prompts: list[str] | None = None
    words: str = ""


def file(name: str, content: str | bytes) -> Source:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder / name

    return make


def opened(name: str, content: str) -> Source:
    return lambda folder: file(name, content)(folder).open(newline="", encoding="utf-8")


def pandas(data: Any, **options: Any) -> Source:
    def make(_: Path) -> Any:
        import pandas as pd

        return pd.DataFrame(data, **options)

    return make


def polars(make: Callable[[Any], Any]) -> Source:
    def made(_: Path) -> Any:
        import polars as pl

        return make(pl)

    return made


def arrow(make: Callable[[Any], Any]) -> Source:
    def made(_: Path) -> Any:
        import pyarrow as pa

        return make(pa)

    return made


def duckdb(query: str) -> Source:
    def make(_: Path) -> Any:
        import duckdb

        return duckdb.connect().sql(query)

    return make


def excel(*sheets: list[list[Any]], name: str = "rows.xlsx") -> Source:
    def make(folder: Path) -> Path:
        import openpyxl

        book = openpyxl.Workbook()
        book.remove(book.active)
        for number, lines in enumerate(sheets):
            sheet = book.create_sheet(f"Sheet{number}")
            for line in lines:
                sheet.append(line)
        book.save(folder / name)
        return folder / name

    return make


def parquet(folder: Path) -> Path:
    import polars as pl

    pl.DataFrame({"animal": ["cat", "dog"], "n": [2, None]}).write_parquet(folder / "rows.parquet")
    return folder / "rows.parquet"


def of_database(_: Path) -> Any:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    return connection.execute(QUERY).fetchall()


@dataclass
class Shot:
    animal: str
    place: str


Pair = namedtuple("Pair", "animal place")
RECORDS = ['{"animal": "cat", "place": "Rome"}', '{"animal": "dog", "place": "Oslo"}']
QUERY = "SELECT 'cat' AS animal, 'Rome' AS place UNION ALL SELECT 'dog', 'Oslo'"
TWO = ["A cat in Rome", "A dog in Oslo"]
ROWS = [{"animal": "cat", "place": "Rome"}, {"animal": "dog", "place": "Oslo"}]
COLUMNS = {"animal": ["cat", "dog"], "place": ["Rome", "Oslo"]}
LINES = "animal,place\ncat,Rome\ndog,Oslo\n"

_DICTS = ("a list of dictionaries", "as it is; a key that is missing, None and NaN are empty")
_TEXTS = ("a list of texts", "prompts, or what fills the one `{field}` of the prompt")
_OBJECTS = ("dataclasses, named tuples, rows of a database", "by the names of their fields")
_DICT = ("a dictionary of columns", "lists, arrays or series of one length")
_PANDAS = ("pandas", "an index with a name is a column; whole numbers beside a gap stay whole")
_FRAMES = ("polars, Arrow tables and batches, DuckDB relations, lazy frames", "through narwhals: the extra `frames`")
_SERIES = ("a series", "the column of its name; without one, values for the one `{field}` of the prompt")
_CSV = ("CSV", "with commas, semicolons, tabs or bars; the first line has the names")
_INDEX = ("CSV that pandas wrote", "its column without a name is left out")
_EXCEL_CSV = ("CSV that Excel wrote", "`sep=;` tells the delimiter; empty rows and columns are left out")
_WIDE = ("Excel’s “Unicode Text”", "as CSV with tabs")
_TXT = ("`.txt`", "one prompt a line")
_JSONL = ("JSON Lines", "one object or prompt a line")
_JSON = ("JSON", "a list of objects or prompts, or an object of columns as data frames write it")
_XLSX = ("`.xlsx`", "the sheet in front, with openpyxl; dates stay dates")
_PARQUET = ("Parquet", "with pyarrow, polars or pandas")
_OPEN = ("an open file", "by the end of its name; as CSV if it has none")

TAKEN = [
    Case(*_DICTS, lambda _: ROWS, prompts=TWO),
    Case(*_DICTS, lambda _: (row for row in ROWS), prompts=TWO),
    Case(*_DICTS, lambda _: [{"n": 2, "size cm": 2.25}], "{n:03d} at {size cm:.1f}", ["002 at 2.2"]),
    Case(*_DICTS, lambda _: [{"n": 2.0}, {"n": float("nan"), "prompt": "One"}], "{n} cats", ["2 cats", "One"]),
    Case(*_DICTS, lambda _: [{"n": float32("nan")}, {"n": Decimal("NaN")}, {"n": float32(2)}], "{n}", ["", "", "2.0"]),
    Case(*_DICTS, lambda _: [{"shot": {"lens": [35, 50]}}], "At {shot[lens][1]} mm", ["At 50 mm"]),
    Case(*_DICTS, lambda _: [{" animal ": "cat", "Place Name": "Rome"}], "A {animal} in {place_name}", TWO[:1]),
    Case(*_TEXTS, lambda _: ["cat", "dog"], "A {animal} asleep", ["A cat asleep", "A dog asleep"]),
    Case(*_TEXTS, lambda _: ["cat", "dog"], "{animal!r}: {animal:>4}", ["'cat':  cat", "'dog':  dog"]),
    Case(*_TEXTS, lambda _: ["A {cat}", "A dog"], "", ["A {cat}", "A dog"]),
    Case(*_TEXTS, lambda _: ("A cat", "A dog"), "Both", ["A cat", "A dog"], "the rows' own prompt is sent, not 'Both'"),
    Case(*_OBJECTS, lambda _: [Shot("cat", "Rome"), Pair("dog", "Oslo")], prompts=TWO),
    Case(*_OBJECTS, of_database, prompts=TWO),
    Case(*_OBJECTS, lambda _: csv.DictReader(LINES.splitlines()), prompts=TWO),
    Case(*_DICT, lambda _: COLUMNS, prompts=TWO),
    Case(*_DICT, lambda folder: dict(pandas(COLUMNS)(folder)), prompts=TWO),
    Case(*_DICT, polars(lambda polars: {"animal": polars.Series(["cat"]), "place": ["Rome"]}), prompts=TWO[:1]),
    Case(*_DICT, lambda folder: {"n": pandas({"n": [1, 2]})(folder)["n"].to_numpy()}, "{n} cats", ["1 cats", "2 cats"]),
    Case(*_PANDAS, pandas(COLUMNS), prompts=TWO),
    Case(*_PANDAS, pandas({"n": [2, None], "prompt": [None, "One"]}), "{n} cats", ["2 cats", "One"], "in 1 of 2 rows"),
    Case(*_PANDAS, pandas({2024: ["x"], "a.b": [1], "h[m]": [2.5]}), "{2024}, {a.b}, {h[m]}", ["x, 1, 2.5"]),
    Case(*_PANDAS, lambda folder: pandas(COLUMNS)(folder).set_index("animal"), prompts=TWO),
    Case(*_PANDAS, lambda folder: pandas(COLUMNS)(folder).itertuples(), prompts=TWO, words="not used: Index"),
    Case(*_PANDAS, pandas({"day": [datetime(2024, 3, 1)]}), "On {day:%d %B}", ["On 01 March"]),  # noqa: DTZ001
    Case(*_PANDAS, pandas({"day": [datetime(2026, 5, 1)]}), "On {day}", ["On 2026-05-01"]),  # noqa: DTZ001
    Case(*_PANDAS, pandas({"at": [datetime(2026, 5, 1, 9)]}), "At {at}", ["At 2026-05-01 09:00:00"]),  # noqa: DTZ001
    Case(*_FRAMES, polars(lambda polars: polars.DataFrame(COLUMNS)), prompts=TWO),
    Case(*_FRAMES, polars(lambda polars: polars.LazyFrame(COLUMNS)), prompts=TWO),
    Case(*_FRAMES, polars(lambda polars: polars.DataFrame({"a:b": [4], "h[m]": [None]})), "{a:b:02d}", ["04"], "h[m]"),
    Case(*_FRAMES, arrow(lambda arrow: arrow.table(COLUMNS)), prompts=TWO),
    Case(*_FRAMES, arrow(lambda arrow: arrow.record_batch(COLUMNS)), prompts=TWO),
    Case(*_FRAMES, arrow(lambda arrow: arrow.table(COLUMNS).to_batches(1)), prompts=TWO),
    Case(*_FRAMES, arrow(lambda arrow: arrow.table(COLUMNS).to_reader()), prompts=TWO),
    Case(*_FRAMES, duckdb(QUERY), prompts=TWO),
    Case(*_FRAMES, duckdb("SELECT 2::DOUBLE AS n UNION ALL SELECT NULL"), "{n} cats", ["2 cats", ""]),
    Case(*_SERIES, lambda folder: pandas(COLUMNS)(folder)["animal"], "A {animal}", ["A cat", "A dog"]),
    Case(*_SERIES, polars(lambda polars: polars.Series(["cat", "dog"])), "A {animal}", ["A cat", "A dog"]),
    Case(*_SERIES, polars(lambda polars: polars.Series("n", [1, 2])), "Cat {n:02d}", ["Cat 01", "Cat 02"]),
    Case(*_SERIES, arrow(lambda arrow: arrow.array(["cat", "dog"])), "", ["cat", "dog"]),
    Case(*_SERIES, lambda folder: pandas({"n": [2, None]})(folder)["n"].rename(None), "{n} cats", ["2 cats", ""]),
    Case(*_SERIES, polars(lambda polars: polars.Series(["cat", None])), "A {animal}", ["A cat", ""]),
    Case(*_CSV, file("rows.csv", LINES), prompts=TWO),
    Case(*_CSV, file("rows.csv", "\ufeffanimal;place\r\ncat;Rome\r\ndog;Oslo\r\n"), prompts=TWO),
    Case(*_CSV, file("rows.tsv", "animal\tplace\ncat\tRome\ndog\tOslo\n"), prompts=TWO),
    Case(*_CSV, file("rows.csv", "animal|place\rcat|Rome\rdog|Oslo\r"), prompts=TWO),
    Case(*_CSV, file("rows.csv", '"a; b; c",place\n"x; y",Rome\n'), "{a; b; c} in {place}", ["x; y in Rome"]),
    Case(*_CSV, file("rows.csv", 'animal, place\ncat, "Rome; a, b"\n'), prompts=["A cat in Rome; a, b"]),
    Case(*_CSV, file("rows.csv", 'prompt\n"A cat, asleep; ""wet"""\n"In two\nlines"\n'), "",
         ['A cat, asleep; "wet"', "In two\nlines"]),
    Case(*_CSV, file("rows.csv", "x,n\nA 5\" screen; it's on,1\n"), "{x} {n}", ['A 5" screen; it\'s on 1']),
    Case(*_CSV, file("rows.csv", "n,x\n7,2.5\n"), "{n:03d} {x:.2f}", ["007 2.50"]),
    Case(*_INDEX, file("rows.csv", ",animal,place\n0,cat,Rome\n1,dog,Oslo\n"), prompts=TWO),
    Case(*_INDEX, file("rows.csv", ",animal,place\nu,cat,Rome\nv,dog,Oslo\n"), prompts=TWO, words="the first column"),
    Case(*_EXCEL_CSV, file("rows.csv", "sep=;\r\nanimal;place\r\ncat;Rome\r\ndog;Oslo\r\n"), prompts=TWO),
    Case(*_EXCEL_CSV, file("rows.csv", ",,,\nanimal,place,,\ncat,Rome,,\n,,,\ndog,Oslo,,\n"), prompts=TWO),
    Case(*_WIDE, file("rows.txt", LINES.replace(",", "\t").encode("utf-16")), prompts=TWO),
    Case(*_TXT, file("p.txt", "a fox runs\r\n\r\nan owl, wet, flies\r\n"), "", ["a fox runs", "an owl, wet, flies"]),
    Case(*_TXT, file("rows.txt", "fox\nowl"), "An {animal}", ["An fox", "An owl"]),
    Case(*_JSONL, file("rows.jsonl", "\n\n".join(RECORDS)), prompts=TWO),
    Case(*_JSONL, file("rows.ndjson", '"A cat"\n"A dog"\n'), "", ["A cat", "A dog"]),
    Case(*_JSON, file("rows.json", f"[{','.join(RECORDS)}]"), prompts=TWO),
    Case(*_JSON, file("rows.json", '["A cat", "A dog"]'), "", ["A cat", "A dog"]),
    Case(*_JSON, file("rows.json", '{"columns":["animal","place"],"data":[["cat","Rome"]]}'), prompts=TWO[:1]),
    Case(*_JSON, file("rows.json", '{"animal":{"0":"cat","1":"dog"},"place":{"0":"Rome","1":"Oslo"}}'), prompts=TWO),
    Case(*_JSON, file("rows.json", '{"rows": [' + RECORDS[0] + "]}"), prompts=TWO[:1]),
    Case(*_JSON, file("rows.csv", f"[{RECORDS[0]}]"), prompts=TWO[:1]),
    Case(*_XLSX, excel([["animal", "place"], ["cat", "Rome"], ["dog", "Oslo"]]), prompts=TWO),
    Case(*_XLSX, excel([[None], ["x", None, "n"], [], ["cat", None, 2]], name="rows.csv"), "{n} {x}", ["2 cat"]),
    Case(*_XLSX, excel([["day"], [datetime(2024, 3, 1)]]), "{day}", [str(date(2024, 3, 1))]),  # noqa: DTZ001
    Case(*_XLSX, excel([["animal"], ["cat"]], [["x"], [1]]), "{animal}", ["cat"], "read: the sheet 'Sheet0'"),
    Case(*_XLSX, excel([["animal"], ["#N/A"], ["cat"]]), "A {animal}", ["", "A cat"]),
    Case(*_PARQUET, parquet, "A {animal}", ["A cat", "A dog"], "not used: n"),
    Case(*_OPEN, opened("rows.csv", LINES), prompts=TWO),
    Case(*_OPEN, opened("rows.jsonl", RECORDS[0]), prompts=TWO[:1]),
    Case(*_OPEN, lambda _: io.StringIO(LINES), prompts=TWO),
    Case(*_OPEN, lambda _: io.BytesIO(LINES.encode()), prompts=TWO),
]  # fmt: skip

REFUSED = [
    Case("no rows", "", lambda _: [], words="there are none"),
    Case("no rows", "", file("rows.csv", "animal,place\n"), words="there are none"),
    Case("one dictionary", "", lambda _: {"animal": "cat"}, words="put a row in a list"),
    Case("columns of unequal length", "", lambda _: {"animal": ["cat"], "place": []}, words="columns of one length"),
    Case("an index alone", "", pandas(None, index=[1, 2]), words="there are none"),
    Case("a series of numbers", "", polars(lambda polars: polars.Series([7])), "", words="7 is not a prompt"),
    Case("numbers", "", lambda _: [7], words="int is not a row"),
    Case("lists", "", lambda _: csv.reader(LINES.splitlines()), words="list is not a row"),
    Case("a file that is not there", "", lambda folder: folder / "no.csv", words="cannot read .*No such file"),
    Case("columns that are lacking", "", lambda _: [{"Animals": "cat"}], "A {animal}", words="Did you mean {Animals}"),
    Case("texts for two fields", "", lambda _: ["cat"], words="{animal}, {place}; give dictionaries"),
    Case("two columns of one name", "", file("rows.csv", "a,a\n1,2\n"), "{a}", words="two columns of .* are named 'a'"),
    Case("two columns of one name", "", pandas([[1, 2]], columns=["a", "a"]), "{a}", words="have the same name"),
    Case("two columns of one name", "", lambda _: [{1: "x", "1 ": "y"}], "{1}", words="two columns are named '1'"),
    Case("cells without a name", "", file("rows.csv", "a,,b\n1,2,3\n"), "{a}", words="column 2 .* has no name"),
    Case("cells without a name", "", file("rows.csv", "a\n1,2\n"), "{a}", words="row 1 .* has more cells.* in quotes"),
    Case(
        "a title above", "", excel([["Cats"], ["animal", "n"]]), "{a}", words="row 1 .* has more cells.*no title above"
    ),
    Case(
        "an open quote", "", file("rows.csv", 'a,b\n"1,2\n3,4\n'), "{a}", words="line 3 .*unexpected end of data.*Close"
    ),
    Case("quotes inside", "", file("rows.csv", 'a,b\n"Hi," she says,2\n'), "{a}", words="line 2 .*expected after"),
    Case("another encoding", "", file("rows.csv", "a\né\n".encode("cp1252")), "{a}", words="UTF-8 with a header line"),
    Case("broken JSON", "", file("rows.jsonl", '{"a": 1}\n{"a":\n'), "{a}", words="line 2 of .* is not valid JSON"),
    Case("broken JSON", "", file("rows.json", '{"a": 1'), "{a}", words="is not valid JSON"),
    Case("another kind of file", "", file("rows.xls", b"\xd0\xcf\x11\xe0"), words="an old Excel file.*as .xlsx"),
    Case("another kind of file", "", file("rows.csv", b"\x1f\x8b\x08"), words="compressed.*unpack it"),
    Case("another kind of file", "", file("rows.ods", b"PK\x03\x04"), words="ZIP archive"),
    Case("another kind of file", "", file("rows.yaml", "- a"), words="is YAML"),
    Case("another kind of file", "", file("rows.parquet", "no"), words="is not a Parquet file, whatever its name"),
    Case("another kind of file", "", file("rows.parquet", b"PAR1 is how it begins"), words="cannot read"),
    Case("another kind of file", "", file("rows.csv", b"a\0b\0\n\0"), words="is not text"),
]


def listed() -> list[tuple[str, str]]:
    """What is taken, and how it is read, for the docs."""
    return list(dict.fromkeys((case.what, case.read) for case in TAKEN))
