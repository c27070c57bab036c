"""The studio: the form, and beside it the jobs it sends and those that this notebook sent before."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import anyio.to_thread
import traitlets

from ...client.plan import Plan
from ...config.environment import notebook
from ...domain.arguments import COUNT, accepts
from ...domain.job_record import JobRecord
from ...domain.request import VideoRequest
from ...session.job import Job
from ...session.recipes import Recipe
from ...session.videos import Videos
from ._base import bundle
from .forms import saved_forms
from .forms.form import Form
from .job_view import JobView
from .protocol import Message
from .sequels import even_if_lost

# Among how many jobs of all notebooks this notebook's are looked for.
_LOOK_BACK = 500


class _Card(JobView):
    """The view of one job without a channel of its own: it speaks and listens through its studio's."""

    def __init__(self, studio: Studio, job: Job) -> None:
        self._studio = studio
        super().__init__(job)

    def open(self) -> None:
        """Open no channel."""

    @property
    def record(self) -> JobRecord:
        """The job as it was last seen."""
        return self._seen.record

    def send(self, content: Any, buffers: Sequence[Any] | None = None) -> None:
        """Say something to the card of this job in the browser."""
        self._studio.send({"kind": "of-job", "job": self._job.id, "message": content}, buffers)

    def write(self, **traits: Any) -> None:
        """Show the job as it is now."""
        super().write(**traits)
        self._studio.show(self)

    async def _retry(self) -> None:
        """A repeat is a job of its own and has a place of its own."""
        if self._retrying or not self._seen.record.state.is_final:
            return
        self._retrying = True
        try:
            client = self._client.asynchronous
            record = await even_if_lost(client, client.retry(self._job.id))
        finally:
            self._retrying = False
        await self._studio.submitted(record.id)

    async def sequel_begun(self, record: JobRecord) -> None:
        """What continues or changes a clip is a job of its own too."""
        await self._studio.submitted(record.id)


class Studio(Form):
    """The form, and the jobs of this notebook, newest first. Run again, it shows running jobs where they stand.

    Args:
        prompt: what the clips show; or a recipe, a request or a job, as for `Form`.
        limit: how many earlier jobs to show at most; running ones are always there.
        values: as for `Form`.

    Attributes:
        request: what stands in the form; setting it fills every control.
        jobs: the jobs that are shown, newest first.
        videos: their clips.
        selected: the job that is open; setting it opens another.
    """

    _esm, _css = bundle("studio")

    # The form and a card are drawn by the code that draws them alone; it comes along as text, once.
    form_code = traitlets.Unicode("").tag(sync=True)
    card_code = traitlets.Unicode("").tag(sync=True)
    chosen = traitlets.Unicode("").tag(sync=True)
    jobs = traitlets.Instance(tuple, ())
    videos = traitlets.Instance(tuple, ())
    selected = traitlets.Instance(Job, allow_none=True)

    @accepts(limit=COUNT)
    def __init__(
        self, prompt: str | VideoRequest | Recipe | Job | Plan = "", *, limit: int = 20, **values: Any
    ) -> None:
        self._cards: dict[str, _Card] = {}
        self._settled: set[str] = set()
        # By job, what decides about its saved card.
        self._saved: dict[str, Any] = {}
        super().__init__(prompt, **values)
        self.observe(self._selected_by_python, "selected")
        self._client.call(self._show_earlier_jobs, limit)

    @traitlets.default("form_code")
    def _code_of_form(self) -> str:
        return bundle("form")[0].read_text("utf-8")

    @traitlets.default("card_code")
    def _code_of_card(self) -> str:
        return bundle("job_view")[0].read_text("utf-8")

    async def _show_earlier_jobs(self, limit: int) -> None:
        """Show what this notebook has sent before, and watch what still runs."""
        client, here = self._client.asynchronous, notebook()
        # Open ones whatever their age: `limit` is for those that have ended.
        found = {record.id: record for record in await client.jobs(limit=None, only_open=True)}
        recent = await client.jobs(limit=_LOOK_BACK if here else limit)
        for record in [one for one in recent if not here or one.notebook == here][:limit]:
            found.setdefault(record.id, record)
        mine = [record for record in found.values() if not here or record.notebook == here]
        for record in sorted(mine, key=lambda one: one.created_at):
            await self._add_card(record)

    async def _add_card(self, record: JobRecord) -> None:
        if record.id in self._cards:
            return
        if record.state.is_final:
            self._settled.add(record.id)
        else:
            await self._client.asynchronous.sighting(record.id)
            if not record.held_back:
                # What an earlier kernel has not sent yet is sent when somebody says so, not by being looked at.
                self._client.asynchronous.watch(record.id)
        # In a thread, since a view asks the loop for its job and blocks meanwhile, which this loop may not.
        card = await anyio.to_thread.run_sync(_Card, self, Job(self._client, record.id))
        self._cards[record.id] = card
        if not record.state.is_final:
            card.shown.after_wait(functools.partial(self.saved_changed, again=True))
        self.show(card)
        self.open_job(record.id)

    async def submitted(self, job_id: str) -> None:
        """Show a job that was just sent."""
        await self._add_card((await self._client.asynchronous.sighting(job_id)).record)

    def show(self, card: _Card) -> None:
        """Tell the browser a job's state, and update the traits."""
        state = dict(card.job)
        # A card already reports while it is being made; it is shown once it has a place.
        if state.get("id") not in self._cards:
            return
        self.send({"kind": "job", "job": state})
        cards = list(reversed(self._cards.values()))
        self.write(videos=Videos(video for one in cards for video in one.numbered_clips().values()))
        # Whoever observes `jobs` is told of new ones, not of every percent.
        if [job.id for job in self.jobs] != [one.shown.id for one in cards]:
            self.write(jobs=tuple(one.shown for one in cards))
        if state.get("finished_at") and state["id"] not in self._settled:
            self._settled.add(state["id"])
            # What it has cost is gone from what may be spent.
            self._client.start(self.refresh)
        self._update_saved(state)

    def _update_saved(self, state: Mapping[str, Any]) -> None:
        """Have the saved cards follow; not at every percent, as stills are files."""
        ended = state["state"] if state["finished_at"] else ""
        now = (ended, state["held_back"], [clip["poster"] for clip in state["clips"]])
        if self._saved.get(state["id"]) != now:
            self._saved[state["id"]] = now
            self.saved_changed()

    def saved_output(self) -> dict[str, str]:
        """What readers without a kernel see, as MIME types: the jobs, or the draft before there are any."""
        records = [card.record for card in reversed(self._cards.values())]
        return saved_forms.jobs(records, self.saved_class, repr(self)) if records else super().saved_output()

    def _save_draft(self) -> None:
        if not self._cards:
            super()._save_draft()

    def open_job(self, job_id: str) -> None:
        """Open a job's card."""
        if job_id in self._cards and self.chosen != job_id:
            self.write(chosen=job_id, selected=self._cards[job_id].shown)

    def _selected_by_python(self, change: Mapping[str, Any]) -> None:
        job = change["new"]
        if job is not None:
            self.open_job(job.id)

    def handle(self, message: Message) -> None:
        """Messages for one of the jobs go to its card."""
        if message.kind == "of-job":
            card = self._cards.get(message.fields["job"])
            if card is not None:
                card._on_message(card, message.fields["message"], [message.data])  # noqa: SLF001 (its only channel)
        elif message.kind == "select":
            self.open_job(message.fields["job"])
        else:
            super().handle(message)

    async def greet(self, message: Message) -> None:
        """Tell a page that was reloaded everything."""
        await super().greet(message)
        for card in tuple(self._cards.values()):
            self.send({"kind": "job", "job": dict(card.job)})

    def close(self) -> None:
        """Stop following the jobs; they keep running."""
        for card in self._cards.values():
            card.close()
        super().close()
