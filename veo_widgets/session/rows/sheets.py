"""Files of rows: CSV as programs write it, JSON, JSON Lines, lists of prompts, Excel; others are refused by name."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from importlib import import_module
from pathlib import PurePath
from typing import Any

from ...domain.errors import InvalidRequestError, VeoError

_DELIMITERS = ",;\t|"
# So many lines tell what a file's delimiter is.
_SAMPLE = 50
# How files begin that are no text.
_BEGINNINGS = {
    b"PAR1": "parquet",
    b"ARROW1": ".feather",
    b"FEA1": ".feather",
    b"\xd0\xcf\x11\xe0": ".xls",
    b"\x1f\x8b": ".gz",
    b"%PDF": ".pdf",
    b"SQLite format 3": ".sqlite",
    b"{\\rtf": ".rtf",
}
_AS_CSV = "save it as CSV (UTF-8) there"
# What spreadsheets write where a formula has no value.
_ERRORS = {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"}
_UNREAD = {
    ".xls": ("an old Excel file", "save it as .xlsx"),
    ".xlsb": ("a binary Excel file", "save it as .xlsx"),
    ".ods": ("an OpenDocument sheet", _AS_CSV),
    ".numbers": ("a Numbers document", "export it as CSV"),
    ".gsheet": ("a link to Google Sheets", "download it as CSV"),
    ".feather": ("an Arrow file", "give the frame that polars.read_ipc or pandas.read_feather makes of it"),
    ".orc": ("an ORC file", "give the frame that pandas.read_orc makes of it"),
    ".gz": ("compressed", "unpack it"),
    ".zip": ("a ZIP archive", "unpack it"),
    ".pdf": ("a PDF", "save the table as CSV"),
    ".rtf": ("rich text", "save it as plain text"),
    ".docx": ("a Word document", "save it as plain text"),
    ".sqlite": ("a database", "give the frame that pandas.read_sql makes of a query"),
    ".pkl": ("a pickle, which may run any code", "give the frame itself"),
    ".pickle": ("a pickle, which may run any code", "give the frame itself"),
    ".yaml": ("YAML", "give the list that a YAML reader makes of it"),
    ".yml": ("YAML", "give the list that a YAML reader makes of it"),
    ".html": ("a web page", "give a frame that pandas.read_html makes of it"),
    ".xml": ("XML", "give the frame that pandas.read_xml makes of it"),
}
_ALIKE = {".pq": "parquet", ".parquet": "parquet", ".xlsm": ".xlsx", ".ndjson": ".jsonl", ".arrow": ".feather"}
_ALIKE |= {".ipc": ".feather", ".db": ".sqlite", ".htm": ".html", ".zst": ".gz", ".bz2": ".gz", ".xz": ".gz"}


@dataclass(frozen=True)
class Sheet:
    """What a file holds.

    Attributes:
        rows: dictionaries or prompts.
        remarks: what of the file was passed over.
        content: of a Parquet file, which is for a library of frames; else None.
    """

    rows: Sequence[Any] = ()
    remarks: tuple[str, ...] = field(default=())
    content: bytes | None = None


def refusal(name: str, message: str) -> InvalidRequestError:
    """The error for a file that cannot be read."""
    return InvalidRequestError(f"rows: {message}", parameter="rows", value=name)


def read(name: str, content: bytes | str) -> Sheet:
    """What a file holds, by its first bytes and the end of its name.

    Args:
        name: of the file.
        content: all of it.

    Raises:
        InvalidRequestError: it cannot be read.
        VeoError: an optional package is needed for it.
    """
    kind = _file_kind(name, content)
    if kind in _UNREAD:
        what, way_out = _UNREAD[kind]
        raise refusal(name, f"{name!r} is {what}, which is not read here; {way_out}.")
    if isinstance(content, bytes):
        if kind == "parquet":
            return Sheet(content=content)
        if kind == ".xlsx":
            return _read_excel(name, content)
        content = _decode(name, content)
    text = content.removeprefix("\ufeff")
    if kind == ".jsonl":
        return Sheet(_read_json_lines(name, text))
    if kind == ".json":
        return Sheet(_read_json(name, text))
    return _read_prompts(name, text) if kind in {".txt", ".text"} else _read_csv(name, text)


def _file_kind(name: str, content: bytes | str) -> str:
    ending = PurePath(name).suffix.lower()
    ending = _ALIKE.get(ending, ending)
    if isinstance(content, str):
        return ending
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_archive(ending, content)
    found = next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), "")
    if not found and ending in {"parquet", ".xlsx"} and content:
        raise refusal(
            name, f"{name!r} is not {'a Parquet' if ending == 'parquet' else 'an Excel'} file, whatever its name."
        )
    return found or ending


def _kind_of_archive(ending: str, content: bytes) -> str:
    try:
        # Excel files are ZIP archives, known by what is in them, whatever they are called.
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except zipfile.BadZipFile:
        return ".zip"
    if "xl/workbook.xml" in names:
        return ".xlsx"
    return ending if ending in _UNREAD else ".xlsb" if "xl/workbook.bin" in names else ".zip"


def _decode(name: str, content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8")
    except UnicodeDecodeError as error:
        message = f"cannot read {name!r}: {error}. Give a file in UTF-8 with a header line; Excel calls it 'CSV UTF-8'."
        raise refusal(name, message) from error
    if "\0" in text:
        raise refusal(name, f"{name!r} is not text. Give a CSV file in UTF-8 with a header line.")
    return text


# Tables


def table(
    name: str, lines: Iterable[Sequence[Any]], hint: str = "put texts in quotes"
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Lines of cells as rows under the names in the first line, without what programs add that is empty.

    Args:
        name: of the file.
        lines: the first that is not empty has the names.
        hint: what to do where a line is longer than that.

    Returns:
        The rows, and what was passed over.

    Raises:
        InvalidRequestError: a cell has no name, or two columns have the same.
    """
    filled = [list(line) for line in lines if any(map(_is_filled, line))]
    if not filled:
        return [], ()
    names = ["" if cell is None else str(cell).strip() for cell in filled[0]]
    named = [place for place, label in enumerate(names) if label]
    twice = sorted({names[place] for place in named if names.count(names[place]) > 1})
    if twice:
        raise refusal(name, f"two columns of {name!r} are named {twice[0]!r}; rename one.")
    # What comes before the first name is the index that a data frame was written with.
    for number, line in enumerate(filled[1:], 1):
        _check_width(name, number, line, names, named, hint)
    rows = [
        {names[place]: _cell_value(line[place]) if place < len(line) else None for place in named}
        for line in filled[1:]
    ]
    return rows, _index_remarks([line[: named[0]] for line in filled[1:]])


def _cell_value(cell: Any) -> Any:
    return None if isinstance(cell, str) and cell.strip() in _ERRORS else cell


def _check_width(
    name: str, number: int, line: Sequence[Any], names: Sequence[str], named: Sequence[int], hint: str
) -> None:
    for place, cell in enumerate(line):
        if place in named or place < named[0] or not _is_filled(cell):
            continue
        if place >= len(names):
            message = f"row {number} of {name!r} has more cells than there are names; {hint}."
            raise refusal(name, message)
        shown = str(cell).strip()[:40]
        raise refusal(
            name, f"column {place + 1} of {name!r} has no name, and row {number} has {shown!r} there; name it."
        )


def _is_filled(cell: Any) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _index_remarks(indexes: Sequence[Sequence[Any]]) -> tuple[str, ...]:
    """Tells of an index that says more than which row it is."""
    numbers = [[str(place)] for place in range(len(indexes))]
    said = [[str(cell).strip() for cell in index] for index in indexes]
    return () if said == numbers or not any(map(any, said)) else ("not used: the first column, which has no name",)


def _read_csv(name: str, text: str) -> Sheet:
    if text.lstrip()[:1] in {"{", "["}:
        # Lists in JSON go by any name.
        try:
            return Sheet(_read_json(name, text))
        except InvalidRequestError:
            pass
    delimiter = ""
    if found := re.match(r'"?sep=(.)"?[^\S\r\n]*(\r\n|\n|\r)', text, re.IGNORECASE):
        delimiter, text = found[1], text[found.end() :]
    reader = _csv_reader(text, delimiter or _delimiter(text))
    try:
        lines = list(reader)
    except csv.Error as error:
        where = f"line {reader.line_num} of {name!r}"
        raise refusal(name, f"{where}: {error}. Close every quote, and double those inside a quoted text.") from error
    return Sheet(*table(name, lines))


def _csv_reader(text: str, delimiter: str) -> Any:
    # Strict, since a quote that is never closed would swallow the rows that follow.
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)


def _delimiter(text: str) -> str:
    """What parts the cells: spreadsheets write what their country separates lists with."""
    return max(_DELIMITERS, key=lambda mark: _delimiter_fit(text, mark))


def _delimiter_fit(text: str, delimiter: str) -> tuple[float, int]:
    """How many lines have as many cells as the first, and how many those are."""
    widths = []
    try:
        for line in _csv_reader(text, delimiter):
            widths += [len(line)] if any(line) else []
            if len(widths) == _SAMPLE:
                break
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] < 2:
        return 0.0, 1
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


def _read_excel(name: str, content: bytes) -> Sheet:
    try:
        openpyxl: Any = import_module("openpyxl")
    except ImportError as error:
        raise VeoError(f"rows: {name!r} is an Excel file; pip install openpyxl reads it, or save it as CSV.") from error
    try:
        # The values as they were last computed, not the formulas.
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = {sheet.title: _filled_lines(sheet) for sheet in book.worksheets if sheet.sheet_state == "visible"}
    except Exception as error:
        raise refusal(name, f"openpyxl cannot read {name!r}: {' '.join(str(error).split())}") from error
    full = [title for title, lines in sheets.items() if lines]
    if not full:
        return Sheet()
    # The sheet that people see when they open the file.
    active = getattr(book.active, "title", "")
    chosen = active if active in full else full[0]
    rows, remarks = table(name, sheets[chosen], "put a name above each column, and no title above the names")
    others = [repr(title) for title in full if title != chosen]
    if others:
        remarks = (*remarks, f"read: the sheet {chosen!r}; not used: {', '.join(others)}")
    return Sheet(rows, remarks)


def _filled_lines(sheet: Any) -> list[list[Any]]:
    # Some programs write down a wrong size.
    sheet.reset_dimensions()
    lines = [[_date_only(cell) for cell in line] for line in sheet.iter_rows(values_only=True)]
    return [line for line in lines if any(map(_is_filled, line))]


def _date_only(cell: Any) -> Any:
    """A date without a time, which Excel has as midnight."""
    return cell.date() if isinstance(cell, datetime) and cell.time() == time() else cell


# Lists


def _read_prompts(name: str, text: str) -> Sheet:
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    tabs = {line.count("\t") for line in re.split(r"\r\n|\n|\r", text) if line.strip()}
    # Excel's "Unicode text" is a table; prompts have no tabs.
    return _read_csv(name, text) if len(lines) > 1 and len(tabs) == 1 and tabs != {0} else Sheet(lines)


def _read_json_lines(name: str, text: str) -> list[Any]:
    found = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise refusal(name, f"line {number} of {name!r} is not valid JSON: {error}.") from error
    return found


def _read_json(name: str, text: str) -> list[Any]:
    if not text.strip():
        return []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        try:
            return _read_json_lines(name, text)
        except InvalidRequestError:
            raise refusal(name, f"{name!r} is not valid JSON: {error}.") from error
    rows = columnar(value)
    if rows is not None:
        return rows
    return list(value) if isinstance(value, list) else [value]


def columnar(value: Any) -> list[Any] | None:
    """The rows of a dictionary of columns, in the ways that data frames are written as JSON; None if it is not one."""
    if not isinstance(value, Mapping) or not value:
        return None
    data, parts = value.get("data"), list(value.values())
    if isinstance(data, list) and ("schema" in value or isinstance(value.get("columns"), list)):
        return data if "schema" in value else [dict(zip(value["columns"], line, strict=False)) for line in data]
    if all(isinstance(part, list | tuple) for part in parts) and len(set(map(len, parts))) == 1:
        if len(parts) == 1 and parts[0] and all(isinstance(item, Mapping) for item in parts[0]):
            return list(parts[0])
        return [dict(zip(value, line, strict=True)) for line in zip(*parts, strict=True)]
    return _rows_of_dictionaries(value, parts) if all(isinstance(part, Mapping) for part in parts) else None


def _rows_of_dictionaries(value: Mapping[Any, Any], parts: Sequence[Mapping[Any, Any]]) -> list[Any] | None:
    """The rows of a dictionary of dictionaries: of rows by their numbers, or of columns."""
    if all(str(key).isdecimal() for key in value):
        return list(parts)
    if all(part.keys() == parts[0].keys() for part in parts):
        return [{name: value[name][key] for name in value} for key in parts[0]]
    return None
