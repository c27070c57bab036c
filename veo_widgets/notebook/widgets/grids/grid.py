"""Many clips side by side: played as one, starred and rejected, and the best made well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import anyio
import traitlets

from ....api.functions import client as default_client
from ....client.live_jobs import Sighting
from ....client.offline_client import new_job_id
from ....client.plan import Plan
from ....domain import job_transitions
from ....domain.arguments import NAME, accepts, refusal
from ....domain.errors import BudgetError, InvalidRequestError, LedgerError, VeoError
from ....domain.job_record import JobRecord, JobState
from ....domain.media import Video
from ....session.contact_sheets import ContactSheet, with_stills
from ....session.groups.group import Group
from ....session.inputs import Shown, shown_of
from ....session.job import Job
from ....session.loop import Loop
from .. import job_state
from .._base import ClipWidget, bundle
from ..protocol import Message
from ..registries import grids
from ..sequels import even_if_lost, offers
from . import cells as drawing
from .cells import Cell, clip_of
from .comparison import rendering, total
from .sheets import sheet_items


class Grid(ClipWidget):
    """Clips and jobs side by side.

    Args:
        shown: jobs, running or ended, clips, films, batches, files, ids of jobs, and plans, which are sent at a click
            or by `submit`; one or several. A film that is whole is one clip.
        client: whose jobs they are; default is the one behind `veo_widgets.submit`.
        render: the resolution at which starred clips are made again.

    Attributes:
        starred: the starred clips; may be observed.
        rejected: the rejected clips; may be observed.
    """

    _esm, _css = bundle("grid")

    cells = traitlets.List(traitlets.Dict()).tag(sync=True)
    clips = traitlets.Dict().tag(sync=True)
    columns = traitlets.List(traitlets.Dict()).tag(sync=True)
    marks = traitlets.Dict().tag(sync=True)
    saved_class = traitlets.Unicode().tag(sync=True)
    total = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    starred = traitlets.List(traitlets.Instance(Video))
    rejected = traitlets.List(traitlets.Instance(Video))

    @accepts(render=NAME)
    def __init__(self, *shown: Any, client: Loop | None = None, render: str = "1080p") -> None:
        if not shown:
            raise refusal("shown", None, "anything to show; give jobs, clips, films, files or ids")
        client = client or _first_client(shown) or default_client()
        given = shown_of(shown, client, "shown")
        self._seen: dict[str, Sighting] = {}
        self._cells: list[Cell] = []
        self._resolution = render
        self._drawn: dict[int, dict[str, Any]] = {}
        self._ends: list[Callable[[], None]] = []
        # Ctrl-C ends the waiting of a cell and not the sending, which goes on while the cell is run again.
        self._sending = anyio.Lock()
        super().__init__(client, saved_class=job_state.saved_class(new_job_id()))
        client.call(self._add_given, given)
        self._ends.append(grids.listen(self._add_soon))

    async def _add_given(self, given: Sequence[Shown]) -> None:
        for item in given:
            if isinstance(item, Plan):
                self._cells.append(Cell(plan=item))
            elif isinstance(item, Video):
                await self._listen_to(item.job_id)
                self._cells.append(Cell(job_id=item.job_id, sample=item.sample, video=item))
            else:
                await self._add_job(item.id)
        self._redraw()

    async def _listen_to(self, job_id: str) -> JobRecord | None:
        """Listen to a job; a clip from elsewhere may belong to none."""
        client = self._client.asynchronous
        if job_id and job_id not in self._seen:
            with suppress(VeoError):
                self._seen[job_id] = await client.sighting(job_id)
                self._ends.append(client.listen(job_id, self._receive))
        return self._seen[job_id].record if job_id in self._seen else None

    async def _add_job(self, job_id: str, made_from: int | None = None) -> None:
        """A cell for each clip that a job has, or is to have."""
        record = await self._listen_to(job_id)
        count = 1 if record is None else len(record.videos) or record.request.samples or 1
        sent = self._cells if made_from is None else [self._cells[made_from]]
        take = max((cell.take for cell in sent if cell.plan is None), default=0)
        self._cells += [Cell(job_id=job_id, sample=sample, made_from=made_from, take=take) for sample in range(count)]

    def number_takes(self, numbers: Mapping[str, int]) -> None:
        """Say which take each job is, by its id; a draft is the next one. They are shown one take at a time."""

        async def number() -> None:
            following = max(numbers.values()) + 1
            for cell in self._cells:
                cell.take = numbers[cell.job_id] if cell.job_id else following
            self._redraw()

        self._client.call(number)

    def _receive(self, seen: Sighting) -> None:
        self._seen[seen.record.id] = seen
        self._redraw()

    def _redraw(self) -> None:
        columns = drawing.columns(self._cells, self._seen)
        names = [column["name"] for column in columns]
        numbered = list(enumerate(self._cells))
        self.write(
            columns=columns,
            cells=[drawing.describe(number, cell, self._seen, names) for number, cell in numbered],
            clips={str(number): self._clip_state(number, video) for number, video in self.numbered_clips().items()},
            total=self._drafts_total(),
        )
        self.read_files()

    def numbered_clips(self) -> Mapping[int, Video]:
        """The clips of the cells under their numbers."""
        found = ((number, clip_of(cell, self._seen)) for number, cell in enumerate(self._cells))
        return {number: video for number, video in found if video is not None}

    def _clip_state(self, number: int, video: Video) -> dict[str, Any]:
        """A clip, drawn once and for all when its job has ended: its recipe is a file."""
        if number in self._drawn:
            return self._drawn[number]
        record = self._seen[video.job_id].record if video.job_id in self._seen else None
        drawn = drawing.clip(number, video, record, self._offers_for)
        if record is None or record.state.is_final:
            self._drawn[number] = drawn
        return drawn

    def _offers_for(self, record: JobRecord) -> dict[str, Any]:
        """What can be made of a job's clips."""
        if record.state is not JobState.SUCCEEDED:
            return {}
        client = self._client.asynchronous
        better = rendering(client.plan, record, self._resolution)
        return {"offers": offers(client, record), "render": drawing.render(better, record) if better else None}

    def _draft_plans(self) -> list[Plan]:
        return [cell.plan for cell in self._cells if cell.plan is not None]

    def _drafts_total(self) -> dict[str, Any] | None:
        plans = self._draft_plans()
        if not plans:
            return None
        return {"count": len(plans), **job_state.price(total(plan.cost for plan in plans), plans[0].provider.name)}

    def draw_again(self) -> None:
        """Draw the clips with what is known by now."""
        self._drawn.clear()
        self._redraw()

    def handle(self, message: Message) -> None:
        """Marks, what costs money, and what every widget with clips is asked."""
        if message.kind == "ready":
            self.begin(self._send_state_again)
        elif message.kind == "mark":
            self.begin(self._set_mark, message.sample, message.fields["mark"])
        elif message.kind == "drafts":
            self.begin(self.pay, message, self._submit)
        elif message.kind == "add":
            self.begin(self._add_or_refuse, [message.fields["job"]])
        elif message.kind == "render":
            self.begin(self.pay, message, lambda: self._render(message.fields["samples"]))
        else:
            super().handle(message)

    def _add_soon(self, ids: Sequence[str]) -> bool:
        if self._client.closed:
            return False
        self._client.start(self._add_or_refuse, ids)
        return True

    async def _add_or_refuse(self, ids: Sequence[str]) -> None:
        """Add jobs that were dragged here, or sent here from the library."""
        try:
            for job_id in ids:
                record = await self._client.asynchronous.job(job_id)
                if any(cell.job_id == record.id for cell in self._cells):
                    message = f"add: job {record.id} is in this grid already."
                    raise InvalidRequestError(message, parameter="add", value=record.id)
                await self._add_job(record.id)
                self._redraw()
        except VeoError as error:
            self.refuse("add", str(error))

    async def sequel_begun(self, record: JobRecord) -> None:
        """A clip that continues or changes another stands beside it."""
        await self._add_job(record.id)
        self._redraw()

    async def _send_state_again(self) -> None:
        self._redraw()

    async def _set_mark(self, number: int, mark: str) -> None:
        # The page says which, and the protocol lets any number through.
        if number >= len(self._cells):
            return
        marks = {**self.marks, str(number): mark}
        self.write(marks={key: value for key, value in marks.items() if value})
        videos = self.numbered_clips()
        chosen = {
            wanted: [videos[int(key)] for key, value in self.marks.items() if value == wanted and int(key) in videos]
            for wanted in ("star", "reject")
        }
        self.write(starred=chosen["star"], rejected=chosen["reject"])

    async def _submit(self) -> None:
        """Send the drafts one by one; the first that is refused ends it."""
        async with self._sending:
            await self._check_budget()
            for cell in self._cells:
                if cell.plan is not None:
                    record = await self._send_draft(cell, cell.plan)
                    await self._listen_to(record.id)
                    self._redraw()
                    job_transitions.raise_for_state(record)

    async def _check_budget(self) -> None:
        # The whole sum first: each draft by itself would pass, until the money ends in the middle of them.
        plans = self._draft_plans()
        cost = total(plan.cost for plan in plans)
        left = (await self._client.asynchronous.reservations.budget()).left
        if plans and cost.usd is not None and cost.usd > left and plans[0].provider.name != "emulator":
            many = f"these {len(plans)} drafts cost {cost.text}, and ${left:.2f} is left"
            raise BudgetError(f"budget: {many}. Nothing was sent.", parameter="budget", value=cost.usd)

    async def _send_draft(self, cell: Cell, plan: Plan) -> JobRecord:
        """Send a cell's draft, which is a draft again only if nothing became of it."""
        # Gone before the create leaves: if the sending is interrupted, the cell that is run again finds no draft here.
        cell.plan = None
        try:
            record = await self._send_plan(plan)
        except VeoError:
            cell.plan = plan
            raise
        cell.job_id = record.id
        return record

    async def _send_plan(self, plan: Plan, retry_of: str = "") -> JobRecord:
        """The job that was sent, also if nobody could write down what became of it.

        Raises:
            VeoError: it was refused.
        """
        client, job_id = self._client.asynchronous, new_job_id()
        try:
            return await even_if_lost(client, client.submit_plan(plan, retry_of=retry_of, job_id=job_id))
        except LedgerError as error:
            # One that was never reserved is known nowhere, and was not sent.
            with suppress(VeoError):
                return (await client.sighting(job_id)).record
            raise error from None

    async def _render(self, numbers: Iterable[int]) -> None:
        async with self._sending:
            # A page may name a clip twice, and each time would be paid for.
            for number in dict.fromkeys(numbers):
                await self._render_one(number)

    async def _render_one(self, number: int) -> None:
        cell = self._cells[number] if number < len(self._cells) else Cell()
        record = self._seen[cell.job_id].record if cell.job_id in self._seen else None
        plan = rendering(self._client.asynchronous.plan, record, self._resolution) if record else None
        if plan is None or record is None or clip_of(cell, self._seen) is None:
            message = f"render: clip {number} cannot be made at {self._resolution}."
            raise InvalidRequestError(message, parameter="render", value=number)
        if not self._is_rendered(number):
            made = await self._send_plan(plan, record.id)
            await self._add_job(made.id, number)
            self._redraw()
            job_transitions.raise_for_state(made)

    def _is_rendered(self, number: int) -> bool:
        """Whether it was made again before, or is just being made."""
        made = [self._seen[cell.job_id].record.state for cell in self._cells if cell.made_from == number]
        # One whose answer was lost may be running, and be charged.
        return any(state in {JobState.SUCCEEDED, JobState.UNKNOWN} or not state.is_final for state in made)

    def add(self, *shown: Any) -> Self:
        """Show more beside what is there; arguments and errors as for the grid itself."""
        self._client.call(self._add_given, shown_of(shown, self._client, "shown"))
        return self

    def submit(self) -> Self:
        """Send the drafts that were not sent yet, which costs `total`.

        Raises:
            BudgetError: it may not be spent; a draft that was sent before stays sent.
            JobError: an answer was lost; that job is shown, and not sent again.
            ServiceError: the service refused one.
        """
        self._client.call(self._submit)
        return self

    def render(self) -> Self:
        """Make the starred clips again at the grid's resolution and with their seeds, which costs money.

        Raises:
            InvalidRequestError: one of them cannot be.
            BudgetError: it may not be spent.
        """
        self._client.call(self._render, [int(key) for key, mark in self.marks.items() if mark == "star"])
        return self

    @property
    def jobs(self) -> list[Job]:
        """The jobs behind the cells."""
        return [Job(self._client, job_id) for job_id in self._seen]

    @property
    def settled(self) -> bool:
        """Whether every job has ended."""
        return all(seen.record.state.is_final for seen in self._seen.values())

    def titled(self) -> list[tuple[Video, str]]:
        """The clips that are there, each with how it is marked and that in which it differs, or else its number."""
        labels = {column["name"]: column["label"] for column in self.columns}
        videos = self.numbered_clips()
        several = len({self._cells[number].take for number in videos}) > 1

        def title(number: int) -> str:
            take = f"Take {self._cells[number].take} · " if several else ""
            values, mark = self.cells[number]["values"], self.marks.get(str(number), "")
            return take + drawing.title(number, values, labels, mark)

        return [(video, title(number)) for number, video in videos.items()]

    @accepts()
    def sheet(self, columns: int = 5, *, on: Any = None) -> ContactSheet:
        """A contact sheet: a still of every clip with prompt, model, length and price; a cell without one says why.

        Args:
            columns: how many stand beside each other.
            on: who reads and draws stills that are not here, a task each, as for `Batch.run`; default is this program.
        """
        items = sheet_items(self._cells, self._seen, self.columns, self.marks)
        return ContactSheet("Clips", with_stills(items, on), columns)

    def close(self) -> None:
        """Stop following the jobs; they keep running."""
        while self.__dict__.get("_ends"):
            self._ends.pop()()
        super().close()

    def __repr__(self) -> str:
        return f"Grid({len(self._cells)} cells)"

    def _ipython_display_(self) -> None:
        from ..cell_output import show_grid

        show_grid(self)


def _first_client(shown: Iterable[Any]) -> Loop | None:
    """The client of the first job among what is shown."""
    for item in shown:
        if isinstance(item, Job | Group):
            return item.client
        if isinstance(item, list | tuple) and (found := _first_client(item)):
            return found
    return None
