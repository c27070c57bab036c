"""Tables: aligned as text, HTML in a notebook, a data frame on request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import import_module
from typing import Any

from .errors import VeoError
from .printable import html_output, printable

_CELL = "text-align:left;vertical-align:top;padding:3px 6px"
# A name, a price or a time stays in one line; a prompt or a path may not.
_ONE_LINE = 32


class Table:
    """A table that shows itself.

    Attributes:
        columns: the names above.
        rows: one value for each column; shown with `str`.

    Args:
        columns: as above.
        rows: as above.
        remark: a sentence beneath, or instead of a table without rows.
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Sequence[object]], remark: str = "") -> None:
        self.columns, self.rows = tuple(columns), [tuple(row) for row in rows]
        self._remark = remark

    def __len__(self) -> int:
        return len(self.rows)

    def _cells(self) -> list[tuple[str, ...]]:
        # Prompts and services' sentences are in it, which may hold control characters.
        return [tuple("" if value is None else printable(str(value)) for value in row) for row in self.rows]

    def __repr__(self) -> str:
        if not self.rows:
            return self._remark
        lines = [self.columns, *self._cells()]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.columns))]
        # The last column is not filled up: a prompt there would make every line as long as the longest.
        shown = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([*shown, *([self._remark] if self._remark else [])])

    def _repr_html_(self) -> str:
        remark = f"<p>{escape(self._remark)}</p>" if self._remark else ""
        if not self.rows:
            return html_output(remark)
        head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f'<td style="{_style(cell)}">{escape(cell)}</td>' for cell in line) + "</tr>"
            for line in self._cells()
        )
        return html_output(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>", remark)

    def to_frame(self) -> Any:
        """The same as a pandas ``DataFrame``; see `frame`."""
        return frame(self.columns, self.rows)


def _style(cell: str) -> str:
    return f"{_CELL};white-space:nowrap" if len(cell) <= _ONE_LINE else _CELL


def frame(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Any:
    """Rows as a pandas ``DataFrame``.

    Raises:
        VeoError: pandas is not installed.
    """
    try:
        # By name, since pandas takes longer to import than all of this package.
        pandas = import_module("pandas")
    except ImportError as error:
        raise VeoError("to_frame() needs pandas: pip install pandas.") from error
    return pandas.DataFrame([list(row) for row in rows], columns=list(columns))
