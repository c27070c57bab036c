"""A batch as a live table: what is made, what runs and what failed, with what can be done about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import traitlets

from ....client.live_jobs import Sighting
from ....client.offline_client import new_job_id
from ....domain.arguments import NAME, accepts, instance_of
from ....domain.errors import InvalidRequestError, VeoError
from ....domain.job_record import JobRecord
from ....domain.media import Video
from ....session.groups.batch import Batch
from ....session.groups.piece import Piece, is_due
from ....session.groups.summary import MOST_STILLS, Entry, Summary
from .. import job_state, saved_output
from .._base import bundle
from ..grids.comparison import total
from ..protocol import PAGE_CARDS, Message
from ..searched_widget import SearchedWidget, Soon, Work
from ..sequels import offers
from . import rows as drawing
from .renderings import Renderings
from .rows import Row

# Often enough to be seen moving.
_PAUSE_SECONDS = 0.4
_SAVED_SECONDS = 2.0


class BatchTable(SearchedWidget):
    """A batch as a live table, with progress, prices, stars and what can be sent.

    Args:
        batch: which; what is done in code shows here, and what is done here is done to it.
        render: the resolution at which starred clips are made again.

    Attributes:
        starred: the clips of the rows with a star; may be observed.
    """

    _esm, _css = bundle("batch")

    standing = traitlets.Dict().tag(sync=True)
    opened = traitlets.Dict().tag(sync=True)
    saved_class = traitlets.Unicode("").tag(sync=True)
    starred = traitlets.List(traitlets.Instance(Video))

    @accepts(batch=instance_of(Batch, "a batch"), render=NAME)
    def __init__(self, batch: Batch, *, render: str = "1080p") -> None:
        self.batch, self._renderings = batch, Renderings(batch.client, batch.group, render)
        self._pieces = batch.pieces
        self._numbers = {id(piece): number for number, piece in enumerate(self._pieces)}
        self._records: list[JobRecord | None] = [None] * len(self._pieces)
        self._better: list[JobRecord | None] = [None] * len(self._pieces)
        self._seen: dict[str, Sighting] = {}
        self._stars: set[str] = set()
        self._ends: dict[str, Callable[[], None]] = {}
        self._rows: list[Row] = []
        # The newest search, and the page of it that was asked for last.
        self._asked: tuple[str, dict[str, Any], int] | None = None
        self._clips: dict[int, Video] = {}
        # What is read takes a while, and must not undo what was told meanwhile.
        self._reading = anyio.Lock()
        self._saved_at = 0.0
        # To look at a batch of thousands takes its time, and most is left to the work.
        self._draw_soon = Soon(batch.client, self._draw, lambda took: max(_PAUSE_SECONDS, 4 * took))
        super().__init__(batch.client, saved_class=job_state.saved_class(new_job_id()))
        self._ends[""] = batch.listen(self._hear)
        self._client.call(self._read)
        self._client.call(self._draw)

    # What is known

    def _hear(self, piece: Piece | None, job_id: str) -> None:
        """The batch has changed; on any thread."""
        with suppress(VeoError):
            self._client.start(self._take, piece, job_id)

    async def _take(self, piece: Piece | None, job_id: str) -> None:
        number = self._numbers.get(id(piece))
        if number is None:
            await self._read()
        elif job_id:
            async with self._reading:
                self._records[number] = await self._follow(job_id)
        self._draw_soon.ask()

    async def _read(self) -> None:
        """Read how every row stands, and follow the jobs that have not ended."""
        async with self._reading:
            self._records = await self._followed(await self.batch.current_records())
            self._better = await self._followed(await self._renderings.known(self._records))
            ids = [record.id for record in self._records if record]
            self._stars = await self._client.asynchronous.shelf(lambda shelf: shelf.starred(ids))

    async def _followed(self, records: Sequence[JobRecord | None]) -> list[JobRecord | None]:
        for record in records:
            if record is not None and record.state.is_final:
                self._seen.pop(record.id, None)
        return [
            record if record is None or record.state.is_final else await self._follow(record.id) for record in records
        ]

    async def _follow(self, job_id: str) -> JobRecord:
        """Listen to a job; returns its record."""
        client = self._client.asynchronous
        if job_id not in self._ends:
            self._ends[job_id] = client.listen(job_id, self._receive)
        self._seen[job_id] = await client.sighting(job_id)
        return self._seen[job_id].record

    def _receive(self, seen: Sighting) -> None:
        self._seen[seen.record.id] = seen
        self._draw_soon.ask()

    def _newest(self, records: Sequence[JobRecord | None]) -> list[JobRecord | None]:
        """The records as they were last seen."""
        return [self._seen[record.id].record if record and record.id in self._seen else record for record in records]

    # What is drawn

    async def _draw(self) -> None:
        # Whether clips are there is asked of the disk, for thousands of them.
        records, better = self._newest(self._records), self._newest(self._better)
        summary = await anyio.to_thread.run_sync(self.batch.summary_of, records)
        before = list(map(_looks, self._rows))
        self._rows = [
            self._row(number, *known) for number, known in enumerate(zip(summary.entries, records, better, strict=True))
        ]
        starred = [row for row in self._rows if row.starred and row.entry.clip]
        self.write(
            standing=self._standing(summary, starred),
            starred=[video for row in starred for video in (row.record.videos if row.record else ())],
        )
        changed = [number for number, row in enumerate(self._rows) if [_looks(row)] != before[number : number + 1]]
        if self.opened.get("row") in changed:
            await self._open(self.opened["row"])
        if changed:
            await self._send_asked_again()
            self.look_again()
        # Nobody watches the copy that stays.
        if not self.batch.is_running or time.monotonic() - self._saved_at > _SAVED_SECONDS:
            self._saved_at = time.monotonic()
            await anyio.to_thread.run_sync(self.saved_changed)

    def _row(self, number: int, entry: Entry, record: JobRecord | None, better: JobRecord | None) -> Row:
        seen = self._seen.get(record.id) if record else None
        starred = record is not None and record.id in self._stars
        return Row(number, self._pieces[number], entry, record, seen, better, starred)

    def _standing(self, summary: Summary, starred: Sequence[Row]) -> dict[str, Any]:
        line = self.batch.line_of(summary, last=not self.batch.is_running)
        over = sum(entry.is_over for entry in summary.entries)
        refused = sum(bool(piece.violations) for piece in self._pieces)
        return {
            "name": self.batch.name,
            "columns": [name for name, _ in self._pieces[0].shown] if self._pieces else [],
            "count": len(self._pieces),
            "counts": drawing.counts(self._rows),
            "share": over / len(self._pieces) if self._pieces else 0,
            "line": line.text.removeprefix(f"{self.batch.title}: "),
            "bill": str(summary.cost),
            "running": self.batch.is_running,
            "refused": refused,
            "idle": sum(row.kind == "running" and not (row.seen and row.seen.watching) for row in self._rows),
            "make": None if refused or self.batch.is_running else self._offer(retry=False),
            "retry": None if refused or self.batch.is_running else self._offer(retry=True),
            "render": self._renderings.offer(starred),
        }

    def _offer(self, *, retry: bool) -> dict[str, Any] | None:
        """What a click would send; trying again is offered only where anything has failed."""
        wanted = [row for row in self._rows if is_due(row.record, retry=retry)]
        again = sum(not is_due(row.record, retry=False) for row in wanted)
        plans = [row.piece.plan for row in wanted if row.piece.plan]
        if not plans or (retry and not again):
            return None
        cost = total(plan.cost for plan in plans)
        return {"count": len(plans), "again": again, **job_state.price(cost, plans[0].provider.name)}

    # Messages

    def works(self) -> dict[str, Work]:
        """Searches and pages, and what the rows are for."""
        return {
            **super().works(),
            "ready": self._greet,
            "find": self._find,
            "stills": self._send_stills,
            "row": self._show_row,
            "star": self._star,
            "stop": self._stop,
            "sheet": self._save_sheet,
        }

    def handle(self, message: Message) -> None:
        """What costs money beside that."""
        if message.kind == "run":
            self.begin(self.pay, message, partial(self._run, message))
        elif message.kind == "render":
            self.begin(self.pay, message, lambda: self._render(message.fields["samples"]))
        else:
            super().handle(message)

    async def _greet(self, _message: Message) -> None:
        await self._read()
        self._draw_soon.ask()

    async def _find(self, message: Message) -> None:
        filters = drawing.checked(message.fields["filters"])
        self._asked = (message.request, filters, 0)
        await self._send_asked_again()

    async def _send_asked_again(self) -> None:
        """What the newest search finds by now: while a cell runs, what a page asks may have to wait for its end."""
        if self._asked:
            request, filters, offset = self._asked
            self.keep_find(request, drawing.found(self._rows, filters))
            await self.send_found(request, offset)

    async def send_page(self, message: Message) -> None:
        """Send some of the rows that a search has found."""
        if self._asked and self._asked[0] == message.request:
            self._asked = (*self._asked[:2], message.fields["offset"])
        await super().send_page(message)

    async def items(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """These rows."""
        now = time.time()
        return [drawing.described(self._rows[number], now) for number in numbers]

    async def _send_stills(self, message: Message) -> None:
        rows = [self._rows[number] for number in message.fields["samples"][:PAGE_CARDS] if number < len(self._rows)]
        items = await anyio.to_thread.run_sync(lambda: [_still(row) for row in rows])
        self.send({"kind": "stills", "request": message.request, "items": items})

    async def _run(self, message: Message) -> None:
        retry = bool(message.fields["retry"])
        if self.batch.is_running:
            raise InvalidRequestError("run: the batch is running already; nothing was sent twice.", parameter="run")
        await self._read()
        wanted = sum(is_due(record, retry=retry) for record in self._newest(self._records))
        if wanted != message.fields["count"]:
            self._draw_soon.ask()
            many = f"{wanted} row{'' if wanted == 1 else 's'}"
            raise InvalidRequestError(f"run: it is {many} by now; look at the price again. Nothing was sent.")
        await anyio.to_thread.run_sync(partial(self.batch.run, retry=retry))

    async def _render(self, numbers: Sequence[int]) -> None:
        # A page may name a row twice, and each time would be paid for.
        better = self._newest(self._better)
        rows = [
            replace(self._rows[number], better=better[number])
            for number in dict.fromkeys(numbers)
            if number < len(self._rows)
        ]
        for number, job_id in await self._renderings.send(rows):
            async with self._reading:
                self._better[number] = await self._follow(job_id)
        self._draw_soon.ask()

    async def _stop(self, _message: Message) -> None:
        await self.batch.stop_sending()

    async def _star(self, message: Message) -> None:
        ids, on = [message.fields["job"]], bool(message.fields["on"])
        await self._client.asynchronous.shelf(lambda shelf: shelf.star(ids, on=on))
        self._stars = self._stars | set(ids) if on else self._stars - set(ids)
        self._draw_soon.ask()

    async def _save_sheet(self, _message: Message) -> None:
        # The page names no file: it may be a stranger's.
        name = datetime.now().strftime("veo-sheet-%Y%m%d-%H%M%S.html")  # noqa: DTZ005 (local, for people)
        await anyio.to_thread.run_sync(lambda: self.batch.sheet().save(name))
        self.send({"kind": "told", "message": f"The contact sheet is in {name}, which opens in any browser."})

    async def _show_row(self, message: Message) -> None:
        if not message.fields["on"]:
            self._clips = {}
            self.write(opened={})
        elif message.fields["row"] < len(self._rows):
            await self._open(message.fields["row"])

    async def _open(self, number: int) -> None:
        row, client = self._rows[number], self._client.asynchronous
        known = [record for record in (row.record, row.better) if record]
        offered = {record.id: offers(client, record) for record in known}
        self._clips = await anyio.to_thread.run_sync(drawing.clips_of, row)
        self.write(opened=await anyio.to_thread.run_sync(drawing.opened, row, offered, time.time()))
        self.read_files()

    # Clips

    def numbered_clips(self) -> Mapping[int, Video]:
        """The clips of the row that is open."""
        return self._clips

    def draw_again(self) -> None:
        """Draw with what is known of the clips by now."""
        with suppress(VeoError):
            self._client.start(self._open_again)
        # One of them may have got its still.
        self.look_again()

    async def _open_again(self) -> None:
        if self.opened:
            await self._open(self.opened["row"])

    # What stays

    def saved_output(self) -> dict[str, str]:
        """What readers without a kernel see, as MIME types: how far it is, and the table with the first stills."""
        summary = self.batch.summary_of(self._newest(self._records), posters=len(self._pieces) <= MOST_STILLS)
        line = saved_output.progress_html(self.batch.line_of(summary)) if self.batch.is_running else ""
        return {
            "text/html": saved_output.card(self.saved_class, "", f"{line}{summary._repr_html_()}"),
            "text/plain": repr(summary),
        }

    def close(self) -> None:
        """Stop following the batch; it goes on."""
        # A widget that could not even be made is closed all the same when it goes, and any may be closed twice.
        ends = self.__dict__.get("_ends", {})
        for end in ends.values():
            end()
        ends.clear()
        super().close()

    def __repr__(self) -> str:
        many = len(self._pieces)
        return f"BatchTable({self.batch.name!r}, {many} row{'' if many == 1 else 's'})"


def _looks(row: Row) -> tuple[object, ...]:
    """In what a row can be seen to change."""
    seen, better = row.seen, row.better
    live = seen and (seen.record.state, seen.record.held_back, seen.watching, seen.pace, seen.receiving)
    return row.entry, live, better and better.state, row.starred


def _still(row: Row) -> Mapping[str, str]:
    record = row.record
    video = record.videos[0] if row.entry.clip and record else None
    return {"key": video.version, "still": video.poster} if video else {"key": "", "still": ""}
