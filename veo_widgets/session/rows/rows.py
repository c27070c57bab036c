"""Rows in whatever form people have them, as plain dictionaries."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from pathlib import PurePath
from typing import Any, Protocol, runtime_checkable

from ...domain.errors import InvalidRequestError
from ...domain.paths import expanded
from . import dataframes, sheets
from .dataframes import Frame

_KINDS = "dictionaries, prompts, a data frame, or a file's path"


@runtime_checkable
class _OldFrame(Protocol):
    """A data frame that hands over its rows as pandas does."""

    def to_dict(self, orient: str, /) -> Any: ...


class Rows(list[dict[str, Any]]):
    """Rows as dictionaries; what a row leaves open is None. A row that is nothing but text has it under ``prompt``.

    Attributes:
        texts: whether every row is nothing but a text, or a value of a series without a name.
        name: of the file that they are from, without its ending.
        remarks: what of their source was passed over, for people.
        frame: the frame that they are from, if any.
    """

    def __init__(
        self,
        rows: Iterable[Any],
        *,
        name: str = "",
        remarks: tuple[str, ...] = (),
        frame: Frame | None = None,
        texts: bool = False,
    ) -> None:
        found = list(rows)
        if not found:
            raise InvalidRequestError("rows: there are none.", parameter="rows")
        self.texts = texts or all(isinstance(row, str) for row in found)
        super().__init__(_with_whole_numbers(_as_dictionary(row) for row in found))
        self.name, self.remarks, self.frame = name, remarks, frame

    @property
    def columns(self) -> list[str]:
        """The names of all columns, in their order."""
        return list(dict.fromkeys(name for row in self for name in row))


def read_rows(source: Any) -> Rows:
    """Rows in whatever form the user has them.

    Raises:
        InvalidRequestError: there are none, or they cannot be read.
        MissingExtraError: it is a data frame for which an optional package is needed.
    """
    if isinstance(source, Rows):
        return source
    if isinstance(source, str | os.PathLike):
        return _read_path(source)
    if callable(getattr(source, "read", None)):
        return _read_open_file(source)
    if isinstance(source, Mapping):
        return Rows(_rows_of_columns(source))
    if frame := dataframes.read(source):
        return _rows_of_frame(frame)
    return Rows(source.to_dict("records")) if isinstance(source, _OldFrame) else _rows_of_items(source)


def _rows_of_columns(source: Mapping[Any, Any]) -> list[Any]:
    columns = sheets.columnar({name: _as_list(value) for name, value in source.items()})
    if columns is None:
        message = "rows: a dictionary is neither a list of rows nor columns of one length; put a row in a list."
        raise InvalidRequestError(message, parameter="rows")
    return columns


def _as_list(value: Any) -> Any:
    """A column that is an array or a series as a list; anything else as it is."""
    ways = (getattr(value, name, None) for name in ("tolist", "to_list", "to_pylist"))
    return next((way() for way in ways if callable(way)), value)


def _no_rows(value: object) -> InvalidRequestError:
    message = f"rows: {type(value).__name__} is not a row; give {_KINDS}."
    return InvalidRequestError(message, parameter="rows")


def _read_path(said: str | os.PathLike[str]) -> Rows:
    path = expanded(said)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"rows: cannot read {str(path)!r}: {why}. Give {_KINDS}."
        raise InvalidRequestError(message, parameter="rows", value=str(path)) from error
    return _read_sheet(str(path), content)


def _read_open_file(file: Any) -> Rows:
    name = getattr(file, "name", "")
    try:
        content = file.read()
    except (OSError, ValueError) as error:
        message = f"rows: cannot read the open file: {error}."
        raise InvalidRequestError(message, parameter="rows") from error
    if not isinstance(content, bytes | str):
        raise _no_rows(file)
    return _read_sheet(name if isinstance(name, str) else "", content)


def _read_sheet(name: str, content: bytes | str) -> Rows:
    sheet = sheets.read(name, content)
    called = PurePath(name).stem
    if sheet.content is None:
        return Rows(sheet.rows, name=called, remarks=sheet.remarks)
    frame = dataframes.read(dataframes.parquet(sheet.content, name))
    # Rows of a file are no frame of the user's.
    return Rows(frame.rows if frame else (), name=called)


def _rows_of_frame(frame: Frame) -> Rows:
    if frame.columns:
        return Rows(frame.rows, frame=frame)
    # A series without a name, or an index without columns.
    return Rows([{"prompt": row[""]} for row in frame.rows if "" in row], frame=frame, texts=True)


def _rows_of_items(source: Any) -> Rows:
    if not isinstance(source, Iterable) or isinstance(source, bytes | bytearray):
        raise _no_rows(source)
    items = list(source)
    table = dataframes.joined(items)
    return Rows(items) if table is None else read_rows(table)


def _as_dictionary(row: Any) -> dict[str, Any]:
    if isinstance(row, str):
        row = {"prompt": str(row)}
    elif dataclasses.is_dataclass(row) and not isinstance(row, type):
        row = {one.name: getattr(row, one.name) for one in dataclasses.fields(row)}
    elif callable(getattr(row, "_asdict", None)):
        row = row._asdict()
    elif not isinstance(row, Mapping) and callable(getattr(row, "keys", None)):
        # A row of a database.
        row = {name: row[name] for name in row.keys()}  # noqa: SIM118 (it iterates over values)
    if not isinstance(row, Mapping):
        raise _no_rows(row)
    found = {str(name).strip(): None if _is_missing(value) else value for name, value in row.items()}
    if len(found) < len(row):
        names = [str(name).strip() for name in row]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequestError(f"rows: two columns are named {twice!r}; rename one.", parameter="rows")
    return found


def _is_missing(value: object) -> bool:
    """Whether a cell is empty, in the words of CSV, Python or a library of frames."""
    if isinstance(value, str):
        return not value.strip()
    # Of whatever type, it alone differs from itself.
    nan = isinstance(value, Number) and value != value  # noqa: PLR0124
    return value is None or nan or type(value).__name__ in {"NAType", "NaTType"}


def _with_whole_numbers(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in which whole numbers are whole: beside a gap, data frames keep them as fractions."""
    found = list(rows)
    for name in dict.fromkeys(name for row in found for name in row):
        values = [row.get(name) for row in found]
        numbers = [value for value in values if isinstance(value, float)]
        if _has_gaps(values) and all(number.is_integer() for number in numbers):
            for row in found:
                if isinstance(row.get(name), float):
                    row[name] = int(row[name])
    return found


def _has_gaps(values: Sequence[Any]) -> bool:
    """Whether a column holds fractions and gaps and nothing else."""
    kinds = {type(None) if value is None else float if isinstance(value, float) else object for value in values}
    return kinds == {type(None), float}
