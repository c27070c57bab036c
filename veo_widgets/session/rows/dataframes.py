"""Data frames of any library, read and written through narwhals: pandas, polars, Arrow, DuckDB and more.

narwhals is imported when there is a frame to read, and it imports none of these libraries by itself.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ...domain.errors import InvalidRequestError, MissingExtraError, VeoError

# Whose frames are nothing else that could be read without narwhals.
_LIBRARIES = {"polars", "pyarrow", "duckdb", "ibis", "dask", "modin", "cudf", "pyspark", "sqlframe", "narwhals"}
# What reads Parquet: a library, its module and its function.
_PARQUET = (
    ("pyarrow", "pyarrow.parquet", "read_table"),
    ("polars", "polars", "read_parquet"),
    ("pandas", "pandas", "read_parquet"),
)
# In which library a lazy frame is collected, if not in its own choice, which may not be installed.
_EAGER = (None, "polars", "pandas")


@dataclass(frozen=True)
class Frame:
    """What a frame holds.

    Attributes:
        columns: the names of its columns; empty for a series without a name.
        rows: their values, by column; of a series without a name, by an empty name.
        beside: makes a frame of the same kind, with more columns of text or numbers beside its own, and a name for
            that of a series without one.
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    beside: Callable[[Mapping[str, Sequence[Any]], str], Any]


def read(value: object) -> Frame | None:
    """What a frame, a lazy frame or a series of any library holds; None if it is not a frame that narwhals knows.

    Raises:
        InvalidRequestError: two columns have the same name.
        MissingExtraError: it is one, and narwhals is not installed.
        VeoError: its library cannot hand it over.
    """
    if not _may_be_frame(value):
        return None
    try:
        narwhals: Any = import_module("narwhals")
    except ImportError as error:
        if _library_name(value) not in _LIBRARIES:
            return None
        raise MissingExtraError(f"Reading rows from {_library_name(value)}", "frames") from error
    value = narwhals.to_native(value, pass_through=True)
    table = _arrow_table(value)
    try:
        known = narwhals.from_native(table, allow_series=True, pass_through=True)
        if known is table:
            return None
        return _read_frame(narwhals, known, _as_batch if type(value).__name__ == "RecordBatch" else lambda made: made)
    except narwhals.exceptions.DuplicateError as error:
        message = f"rows: two columns have the same name: {' '.join(str(error).split())}"
        raise InvalidRequestError(message, parameter="rows") from None


def _library_name(value: object) -> str:
    return type(value).__module__.lstrip("_").partition(".")[0]


def _may_be_frame(value: object) -> bool:
    """Whether an object's library has been imported by now and is not Python's own; nothing is imported to find out."""
    library = type(value).__module__.partition(".")[0]
    return library not in sys.stdlib_module_names and library not in {"builtins", "numpy"}


def _arrow_table(value: Any) -> Any:
    """Arrow's batch, reader or array as a table or a column, which is what narwhals knows."""
    if _library_name(value) != "pyarrow":
        return value
    pyarrow = import_module("pyarrow")
    if isinstance(value, pyarrow.Array):
        return pyarrow.chunked_array([value])
    return pyarrow.table(value) if isinstance(value, pyarrow.RecordBatch | pyarrow.RecordBatchReader) else value


def _as_batch(table: Any) -> Any:
    return table.combine_chunks().to_batches()[0]


def joined(values: Sequence[Any]) -> Any:
    """Arrow's record batches as the table that they are parts of; None if the values are not batches."""
    if values and all(type(value).__name__ == "RecordBatch" and _library_name(value) == "pyarrow" for value in values):
        return import_module("pyarrow").Table.from_batches(list(values))
    return None


def _read_frame(narwhals: Any, known: Any, shaped: Callable[[Any], Any]) -> Frame:
    backend = known.implementation
    if isinstance(known, narwhals.Series):
        eager, lazy = known.alias(known.name or "").to_frame(), False
    else:
        lazy = isinstance(known, narwhals.LazyFrame)
        eager = _collect(known) if lazy else known
    # An index with a name is a column to whoever reads the frame.
    readable = _with_index(narwhals, eager)
    columns = tuple(map(str, readable.collect_schema().names()))
    rows = tuple(dict(zip(columns, row, strict=True)) for row in readable.iter_rows())

    def beside(added: Mapping[str, Sequence[Any]], label: str) -> Any:
        made = [
            narwhals.new_series(name, list(values), _column_type(narwhals, values), backend=eager.implementation)
            for name, values in added.items()
        ]
        named = eager if any(columns) else eager.rename({"": label})
        frame = named.with_columns(*made)
        if lazy:
            # Some libraries cannot make a lazy frame of this; the eager one is as good.
            with suppress(Exception):
                return frame.lazy(backend=backend).to_native()
        return shaped(frame.to_native())

    return Frame(tuple(filter(None, columns)), rows, beside)


def _column_type(narwhals: Any, values: Sequence[Any]) -> Any:
    return narwhals.String if any(isinstance(value, str) for value in values) else narwhals.Float64


def _collect(lazy: Any) -> Any:
    why: Exception | None = None
    for backend in _EAGER:
        try:
            return lazy.collect(backend)
        except ImportError as error:
            why = error
    raise VeoError(f"rows: {why}. To read them here: pip install pyarrow.")


def _with_index(narwhals: Any, frame: Any) -> Any:
    index = narwhals.maybe_get_index(frame)
    if index is None or not any(name is not None for name in index.names):
        return frame
    native = frame.to_native()
    # An index that is named like a column cannot become one.
    with suppress(ValueError):
        return narwhals.from_native(native.reset_index(), eager_only=True)
    return frame


def parquet(content: bytes, name: str) -> Any:
    """A frame of a Parquet file, by whichever library is installed.

    Raises:
        InvalidRequestError: it cannot be read.
        VeoError: there is no library for it.
    """
    for library, module, function in _PARQUET:
        try:
            return getattr(import_module(module), function)(io.BytesIO(content))
        except ImportError:
            continue
        except Exception as error:
            message = f"rows: {library} cannot read {name!r}: {' '.join(str(error).split())}"
            raise InvalidRequestError(message, parameter="rows", value=name) from error
    raise VeoError(f"rows: {name!r} is a Parquet file; pip install pyarrow reads it, or save it as CSV.")
