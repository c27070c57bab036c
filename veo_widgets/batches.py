"""Batches: one prompt over many rows, each of which becomes a job."""

from __future__ import annotations

import csv
import math
import os
import string
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from .arguments import NAME, PATH, TEXT, accepts, instance_of
from .assembly import Assembly
from .errors import InvalidRequestError, VeoError
from .params import ALIASES, BY_NAME
from .paths import expanded
from .pieces import OPTIONS, Piece, has_clip, merged, number_equals, planned, tell_apart
from .spending import harmless
from .sync import Client

# Columns that say what `submit` would be told; all others are there for the prompt and for people.
_SPOKEN = {*BY_NAME, *ALIASES, "size", *OPTIONS} - {"prompt"}
_ADDED = ("job", "state", "usd", "clip", "problem")


@runtime_checkable
class _Frame(Protocol):
    """A data frame, as far as it is needed: pandas' own, or one that hands over its rows as pandas does."""

    def to_dict(self, orient: str, /) -> Any: ...


class Batch(Assembly):
    """Rows and the clips made from them. Shown as a table.

    A row is identified by its request: a clip that exists is never paid for again, and a later run sends only rows that
    were added or edited. Rows with the same request get a clip each.

    Args:
        client: sends and watches.
        rows: dictionaries, prompts, a data frame, or the path of a CSV file with a header line.
        prompt: may contain ``{column}``; default is the column ``prompt``.
        name: identifies the batch when you run it again; default is the file's name, or ``batch``.
        common: settings for every row, as for `submit`; a column of the same name takes precedence where it has a
            value.

    Raises:
        InvalidRequestError: there are no rows, or they cannot be read.
        ConfigError: no such provider, or no model is named and none is known.
    """

    @accepts(client=instance_of(Client, "a client"), prompt=TEXT, name=NAME)
    def __init__(self, client: Client, rows: Any, prompt: str, name: str, common: Mapping[str, Any]) -> None:
        self.rows = read_rows(rows)
        pieces = [_piece(client, number, row, prompt, common) for number, row in enumerate(self.rows, 1)]
        if not name:
            name = Path(rows).stem if _is_path(rows) else "batch"
        super().__init__(client, "batch", name, [[piece] for piece in pieces])
        number_equals(pieces)
        tell_apart(pieces, self.rows)

    def retry_failed(self, *, max_running: int | None = None) -> Self:
        """Send again the rows that failed, were filtered, or whose clip is gone; see `run`."""
        return self.run(retry=True, max_running=max_running)

    @property
    def table(self) -> list[dict[str, Any]]:
        """The rows with their results: ``job``, ``state``, ``usd``, ``clip`` and ``problem``.

        If the rows already have a column of that name, the result is called ``veo_state`` and so on. ``clip`` is an
        absolute path, of the first clip if there are several.
        """
        taken = {name for row in self.rows for name in row}
        names = {name: f"veo_{name}" if name in taken else name for name in _ADDED}
        found = zip(self.rows, self._records(), self.plan().entries, strict=True)
        return [
            {
                **row,
                names["job"]: entry.job_id,
                names["state"]: entry.state,
                names["usd"]: entry.cost.usd,
                names["clip"]: str(record.videos[0].path) if record and has_clip(record) else "",
                names["problem"]: entry.problem,
            }
            for row, record, entry in found
        ]

    def to_frame(self) -> Any:
        """The `table` as a pandas ``DataFrame``.

        Raises:
            VeoError: pandas is not installed.
        """
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise VeoError("to_frame() needs pandas: pip install pandas; to_csv() and table do without.") from error
        return pandas.DataFrame(self.table)

    @accepts(path=PATH)
    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write the `table` to a file; returns its path.

        Raises:
            VeoError: the file cannot be written.
        """
        target, table = expanded(path), self.table
        try:
            with target.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(dict.fromkeys(name for row in table for name in row)))
                writer.writeheader()
                writer.writerows(map(harmless, table))
        except OSError as error:
            raise VeoError(f"csv: cannot write {str(target)!r}: {error.strerror or error}.") from error
        return target


def read_rows(rows: Any) -> list[dict[str, Any]]:
    """Rows in whatever form the user has them; what a row leaves open is None.

    Raises:
        InvalidRequestError: there are none, or they cannot be read.
    """
    found: list[Any]
    if _is_path(rows):
        found = _read_csv(expanded(rows))
    elif isinstance(rows, _Frame) and not isinstance(rows, Mapping):
        found = rows.to_dict("records")
    elif isinstance(rows, Iterable) and not isinstance(rows, Mapping):
        found = list(rows)
    else:
        raise _no_rows(rows)
    if not found:
        raise InvalidRequestError("rows: there are none.", parameter="rows")
    return [_tidy(row) for row in found]


def _no_rows(value: object) -> InvalidRequestError:
    message = f"rows: {type(value).__name__} is no row; give dictionaries, prompts, a data frame, or a CSV file's path."
    return InvalidRequestError(message, parameter="rows")


def _is_path(rows: Any) -> bool:
    return isinstance(rows, str | os.PathLike)


def _read_csv(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            # Spreadsheets write what their country separates lists with.
            found = list(csv.DictReader(file, delimiter=max(",;\t", key=head.count), restkey=""))
    except (OSError, ValueError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        message = f"rows: cannot read {str(path)!r}: {why}. Give a CSV file in UTF-8 with a header line."
        raise InvalidRequestError(message, parameter="rows", value=str(path)) from error
    for number, row in enumerate(found, 1):
        if "" in row:
            message = f"rows: row {number} of {str(path)!r} has more cells than there are names; put texts in quotes."
            raise InvalidRequestError(message, parameter="rows", value=number)
    return found


def _tidy(row: object) -> dict[str, Any]:
    if isinstance(row, str):
        return {"prompt": row}
    if not isinstance(row, Mapping):
        raise _no_rows(row)
    return {str(name).strip(): None if _is_missing(value) else value for name, value in row.items()}


def _is_missing(value: object) -> bool:
    """Whether a cell is empty, in the words of CSV, Python or pandas."""
    if isinstance(value, str):
        return not value.strip()
    nan = isinstance(value, float) and math.isnan(value)
    return value is None or nan or type(value).__name__ in {"NAType", "NaTType"}


def _piece(client: Client, number: int, row: Mapping[str, Any], prompt: str, common: Mapping[str, Any]) -> Piece:
    made = Piece(f"row {number}", str(row.get("prompt") or prompt), {})
    try:
        own = {name: value for name, value in row.items() if name in _SPOKEN}
        made = replace(made, prompt=_prompt(prompt, row), values=merged(common, own))
    except InvalidRequestError as error:
        return replace(made, violations=(error,))
    return planned(made, partial(client.plan, made.prompt, **made.values))


def _prompt(template: str, row: Mapping[str, Any]) -> str:
    """The prompt of a row: its own, unless there is one for all that it is to be filled into."""
    own = row.get("prompt")
    if not template:
        if own is None:
            message = "prompt: there is none; give prompt='A {animal} …', or a column 'prompt'."
            raise InvalidRequestError(message, parameter="prompt", value="")
        return str(own)
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        if own is not None and "prompt" not in names:
            return str(own)
        # An empty cell is nothing to make a sentence of.
        return template.format_map({name: value for name, value in row.items() if value is not None})
    except KeyError as error:
        filled = ", ".join(name for name, value in row.items() if value is not None)
        message = f"prompt: {{{error.args[0]}}} has no value here; there are {filled or 'none'}."
    except (ValueError, IndexError, AttributeError, TypeError) as error:
        message = f"prompt: {template!r} cannot be filled in: {error}; write {{{{ and }}}} for braces."
    raise InvalidRequestError(message, parameter="prompt", value=template)
