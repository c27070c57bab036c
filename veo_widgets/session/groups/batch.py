"""Batches: one prompt over many rows, each of which becomes a job."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import anyio
import anyio.to_thread

from ...client.notices import Teller
from ...client.progress import Line, metered
from ...client.slow_steps import accompanied
from ...domain.arguments import NAME, PATH, SWITCH, TEXT, accepts, instance_of
from ...domain.catalog import Model
from ...domain.errors import AuthenticationError, ConfigError, InvalidRequestError, VeoError
from ...domain.job_record import JobRecord
from ...domain.paths import expanded
from ...domain.spending import harmless
from ..client import Client
from ..executors import LostTaskError, TaskExecutor
from ..rows.columns import declared, extra_value, field_of_texts, fitted, own_values, spoken, unused
from ..rows.rows import Rows, read_rows
from ..status_lines import shorten
from .group import Group
from .piece import Piece, has_clip, merged, number_equals, planned, tell_apart
from .row_tasks import make_row, task_of
from .runs import Run

# So many rows take long enough to be told of.
_MANY = 1000
# How often it is looked what others have sent.
_FOLLOWED_SECONDS = 1.0
_ADDED = ("job", "state", "usd", "clip", "problem")


class Batch(Group):
    """Rows and the clips made from them. Shown as a table.

    A row is identified by its request: a clip that exists is never paid for again, and a later run sends only rows that
    were added or edited. Rows with the same request get a clip each.

    Args:
        client: sends and watches.
        rows: dictionaries, prompts, a data frame, or the path of a file: CSV, JSON, JSON Lines, Excel, Parquet, or text
            with a prompt in each line.
        prompt: may contain ``{column}``; default is the column ``prompt``, which also goes before it where it has a
            value, unless ``{prompt}`` stands in it. Rows that are texts fill its one field.
        name: identifies the batch when you run it again; default is the file's name, or ``batch``.
        common: settings for every row, as for `submit`; a column of the same name takes precedence where it has a
            value.

    Raises:
        InvalidRequestError: there are no rows, they cannot be read, or they lack what the prompt names.
        MissingExtraError: they are a data frame for which an optional package is needed.
        ConfigError: no such provider, or no model is named and none is known.
    """

    @accepts(client=instance_of(Client, "a client"), prompt=TEXT, name=NAME)
    def __init__(self, client: Client, rows: Any, prompt: str, name: str, common: Mapping[str, Any]) -> None:
        self.source = read_rows(rows)
        self.rows = _rows_with_fields(self.source, prompt)
        name = name or self.source.name or "batch"
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        writer = _Writer(prompt, columns)
        # Once for all rows: looking up settings and models for each of thousands takes long.
        plan = client.planner()
        pieces: list[Piece] = []

        def standing(last: bool) -> Line:  # noqa: FBT001 (called by the meter)
            del last
            done = len(pieces)
            return Line(f"batch {name!r}: {done} of {len(self.rows)} rows planned", done / len(self.rows))

        with (
            metered(standing, notable=False, after=0) if len(self.rows) >= _MANY else nullcontext(_no_progress) as tick
        ):
            for number, row in enumerate(self.rows, 1):
                pieces.append(_planned_piece(writer, plan, number, row, common))
                tick()
        super().__init__(client, "batch", name, [[piece] for piece in pieces])
        self._on: TaskExecutor | None = None
        number_equals(pieces)
        tell_apart(pieces, self.rows)
        self.remarks = (*self.source.remarks, *writer.remarks(self.rows))

    @accepts(retry=SWITCH)
    def run(self, *, retry: bool = False, max_running: int | None = None, on: Any = None) -> Self:
        """Send what is missing and return at once; see `Film.run`. This costs money.

        Args:
            retry: also send again what failed, was filtered, or whose clip is gone.
            max_running: how many jobs may run at once; default is as many as the service accepts.
            on: who makes the rows: a `concurrent.futures.Executor`, or a `dask.distributed.Client`, whose workers have
                the same ledger and keys of their own. Each row is a task that lasts until its clip is there. Default
                is this program.

        Raises:
            InvalidRequestError: a row breaks a rule, or `on` is no executor; nothing was sent.
            BudgetError: together they cost more than the `budget` has left; nothing was sent.
        """
        if not self.is_running:
            self._on = None if on is None else TaskExecutor(on)
        return super().run(retry=retry, max_running=max_running)

    async def _bring_all(self, retry: bool, max_running: int | None, earlier: Any) -> None:  # noqa: FBT001
        bring = partial(super()._bring_all, retry, max_running, earlier)
        await (bring() if self._on is None else accompanied(bring, self._follow))

    async def _follow(self) -> None:
        """Show what others send, and take up the jobs that a worker leaves as it dies."""
        client, seen = self.client.asynchronous, set[str]()
        places = {piece.place(None): piece for piece in self.pieces}
        while True:
            began = time.monotonic()
            with suppress(VeoError):
                for place, record in (await client.group(self.group)).items():
                    if place in places and record.id not in seen:
                        seen.add(record.id)
                        await client.sighting(record.id)
                        client.watch(record.id)
                        self._tell(places[place], record.id)
            # Of thousands of rows to read, most of the time is left to the work itself.
            await anyio.sleep(max(_FOLLOWED_SECONDS, 10 * (time.monotonic() - began)))

    async def _bring_piece(self, piece: Piece, before: JobRecord | None, run: Run) -> JobRecord:
        if self._on is not None:
            # An executor has a measure of its own.
            run.sending = anyio.Semaphore(len(self.pieces))
        return await super()._bring_piece(piece, before, run)

    async def _send(self, piece: Piece, before: JobRecord | None, known: JobRecord | None, run: Run) -> str:
        if self._on is None or piece.plan is None:
            return await super()._send(piece, before, known, run)
        if run.hopeless is not None:
            raise run.hopeless
        retry_of = known.id if known else ""
        task = await anyio.to_thread.run_sync(
            task_of, self.client, piece.plan, self.group, piece.place(before), retry_of
        )
        try:
            return (await self._on.make(make_row, task))[0]
        except LostTaskError as lost:
            self._note_lost(lost)
            return (await task.bring(self.client.asynchronous)).id
        except (AuthenticationError, ConfigError) as error:
            run.hopeless = error
            raise

    def _notices(self) -> Teller:
        if self._on is None:
            return super()._notices()
        # That its workers hold the jobs is what was asked for.
        return self.client.asynchronous.teller(
            lambda record: record.group == self.group and (record.held_back or record.troubled)
        )

    def _note_lost(self, lost: LostTaskError) -> None:
        notice = f"{self.title}: the executor has lost a row ({lost}); such rows go on in this program."
        if notice not in self.client.asynchronous.reservations.notices:
            self.client.asynchronous.reservations.notices.append(notice)

    def retry_failed(self, *, max_running: int | None = None) -> Self:
        """Send again the rows that failed, were filtered, or whose clip is gone; see `run`."""
        return self.run(retry=True, max_running=max_running)

    @property
    def table(self) -> list[dict[str, Any]]:
        """The rows with their results: ``job``, ``state``, ``usd``, ``clip`` and ``problem``.

        If the rows already have a column of that name, the result is called ``veo_state`` and so on. ``clip`` is an
        absolute path, of the first clip if there are several.
        """
        names = self._result_names()
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

    def _result_names(self) -> dict[str, str]:
        """What the columns of results are called beside those of the rows."""
        taken = {name for row in self.rows for name in row}
        return {name: f"veo_{name}" if name in taken else name for name in _ADDED}

    def to_frame(self) -> Any:
        """The `table` as a frame of the kind that the rows came in, with their columns as they were.

        Where they were no frame, it is a pandas ``DataFrame``.

        Raises:
            VeoError: pandas is needed, and not installed.
        """
        frame = getattr(getattr(self, "source", None), "frame", None)
        if frame is not None:
            table, added = self.table, self._result_names().values()
            return frame.beside({name: [row[name] for row in table] for name in added}, next(iter(self.rows[0])))
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
                # Spreadsheets run what begins like a formula.
                writer.writerows(map(harmless, table))
        except OSError as error:
            raise VeoError(f"csv: cannot write {str(target)!r}: {error.strerror or error}.") from error
        return target


def _no_progress() -> None:
    """Do nothing."""


class _Writer:
    """Writes the prompts of rows.

    Attributes:
        parameters: the columns that are named after a parameter, and that.

    Args:
        prompt: for all rows, with fields.
        columns: the names of what rows have.
    """

    def __init__(self, prompt: str, columns: list[str]) -> None:
        self._said, self._columns = prompt, columns
        self.parameters = spoken(columns)
        self._extras: set[str] = set()
        self._takes_any = False
        self._template, self._fields = fitted(prompt, columns)
        self._own = [column for column, name in self.parameters.items() if name == "prompt"]
        self._is_filled = any(column in self._fields for column in self._own)

    def own(self, row: Mapping[str, Any]) -> str:
        """The prompt that a row itself has, or an empty text."""
        return next((str(row[column]) for column in self._own if row.get(column) is not None), "")

    def prompt(self, row: Mapping[str, Any]) -> str:
        """The prompt of a row: its own, unless there is one for all that it is to be filled into."""
        own = self.own(row)
        if own and not self._is_filled:
            return own
        if not self._said:
            message = "prompt: there is none; give prompt='A {animal} …', or a column 'prompt'."
            raise InvalidRequestError(message, parameter="prompt", value="")
        return self._template.fill(row)

    def declared_in(self, row: Mapping[str, Any], model: Model) -> dict[str, Any]:
        """What a row says of the extra parameters that its model declares."""
        found = declared(row, model, self.parameters)
        self._extras.update(found)
        self._takes_any |= model.is_own or not model.is_listed
        return {name: extra_value(row[column]) for column, name in found.items() if row[column] is not None}

    def remarks(self, rows: list[dict[str, Any]]) -> Iterator[str]:
        """In words, what goes before what, and the columns that nothing uses."""
        count = 0 if self._is_filled else sum(bool(self.own(row)) for row in rows)
        if self._said and count:
            of = "" if count == len(rows) else f" in {count} of {len(rows)} rows"
            yield (
                f"the rows' own {self._own[0]} is sent{of}, not {shorten(self._said, 48)!r}; "
                "write {prompt} in that to use both"
            )
        fields = () if count == len(rows) else self._fields
        yield from unused(self._columns, {*self.parameters, *self._extras, *fields}, takes_any=self._takes_any)


def _rows_with_fields(source: Rows, prompt: str) -> list[dict[str, Any]]:
    """The rows; those that are texts fill the one field of a prompt."""
    if not source.texts:
        return list(source)
    name = field_of_texts(prompt)
    wrong = [row["prompt"] for row in source if not isinstance(row["prompt"], str | None)]
    if name == "prompt" and wrong:
        message = f"rows: {wrong[0]!r} is not a prompt; give prompt='{{n}} cats …', with a field to fill it into."
        raise InvalidRequestError(message, parameter="rows", value=wrong[0])
    return [{name: row["prompt"]} for row in source]


def _planned_piece(writer: _Writer, plan: Any, number: int, row: Mapping[str, Any], common: Mapping[str, Any]) -> Piece:
    made = Piece(f"row {number}", writer.own(row), {})
    try:
        own = own_values(row, writer.parameters)
        made = replace(made, prompt=writer.prompt(row), values=merged(common, own))
    except InvalidRequestError as error:
        return replace(made, violations=(error,))
    try:
        first = planned(made, partial(plan, made.prompt, **made.values))
        extra = writer.declared_in(row, first.plan.model) if first.plan else {}
        if not extra:
            return first
        made = replace(made, values=merged(made.values, {"extra": extra}))
        return planned(made, partial(plan, made.prompt, **made.values))
    except ConfigError as error:
        if not own.keys() & {"provider", "model", "profile"}:
            raise
        # What a row says of its provider is that row's affair.
        return replace(made, violations=(InvalidRequestError(str(error)),))
