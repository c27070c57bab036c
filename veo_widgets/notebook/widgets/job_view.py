"""A job as it runs, and its clips when it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import traitlets

from ...client.live_jobs import Sighting
from ...domain.arguments import accepts, instance_of
from ...domain.errors import VeoError
from ...domain.job_record import JobRecord
from ...domain.media import Video
from ...session import recipes
from ...session.job import Job
from . import job_state, saved_output
from ._base import ClipWidget, bundle
from .protocol import Message
from .registries import forms
from .sequels import even_if_lost, offers
from .takes import Rerun, Takes


class JobView(ClipWidget):
    """State, clock, progress and price of a job, turning into a player.

    Args:
        job: what to show.
        rerun: what is known of earlier runs of its cell.
    """

    _esm, _css = bundle("job_view")

    job = traitlets.Dict().tag(sync=True)
    takes = traitlets.List(traitlets.Dict()).tag(sync=True)

    @accepts(job=instance_of(Job, "a job; veo.job(ID) finds one"))
    def __init__(self, job: Job, rerun: Rerun | None = None) -> None:
        seen = job.sighting
        self._job, self._rerun = job, rerun or Rerun()
        self._follower: Callable[[Sighting], None] | None = None
        self._seen = seen
        self._retrying = False
        # The run of a cell that has shown it already.
        self.drawn_in: int | None = None
        self._takes = Takes(job.client, self._draw_takes)
        super().__init__(job.client, job=self._state_for_page(seen))
        if self._rerun.takes:
            job.client.call(self._takes.add, self._rerun.takes)
            self._draw_takes()
        self._end_listening = job.listen(self._changed)
        # What changed between the look and the listening.
        self._changed(job.sighting)

    def _changed(self, seen: Sighting) -> None:
        self._seen = seen
        self.write(job=self._state_for_page(seen, offers(self._client.asynchronous, seen.record)))
        self.read_files()
        if self._follower is not None:
            self._follower(seen)

    def _state_for_page(self, seen: Sighting, offered: dict[str, Any] | None = None) -> dict[str, Any]:
        """The job, and the remarks about this run of its cell."""
        # Only a job that has ended can be sent again.
        again = self._job.client.asynchronous.price_again(seen.record) if seen.record.state.is_final else None
        drawn, plan = job_state.job(seen, time.time(), offered, again), self._rerun.again
        drawn |= {"remark": self._rerun.remark or None, "asks": None, "take": self._rerun.number}
        if plan is not None:
            # One button that pays is enough.
            drawn |= {"asks": {"price": plan.cost.text}, "can": {**drawn["can"], "retry": False}}
        return drawn

    def _draw_takes(self) -> None:
        self.write(takes=self._takes.describe())
        self.read_files()

    @property
    def shown(self) -> Job:
        """The job."""
        return self._job

    @property
    def said(self) -> saved_output.Said:
        """What the plain output says beside the job itself."""
        again = self._rerun.again
        how = f" %veo retry {self._job.id} sends it again, for {again.cost.text}." if again else ""
        return saved_output.Said(self._rerun.remark + how, tuple(self._takes.videos()))

    def follow(self, follower: Callable[[Sighting], None]) -> None:
        """Have `follower` called with how the job stands, now and on the client's loop after every change."""
        self._follower = follower
        follower(self._seen)

    def numbered_clips(self) -> Mapping[int, Video]:
        """The clips of the job, and those of earlier takes under numbers of their own."""
        return {**{video.sample: video for video in self._seen.record.videos}, **self._takes.clips()}

    def draw_again(self) -> None:
        """Draw job and takes with what is known by now."""
        self._changed(self._seen)
        self._draw_takes()

    def handle(self, message: Message) -> None:
        """Commands of the job's own buttons, and what every widget with clips is asked."""
        commands = {
            "stop": self._stop,
            "resume": self._resume,
            "retry": self._retry,
            "cancel": self._cancel,
            "look": self._look_for_job,
            "forget": self._forget,
            "use": self._use_request,
        }
        if message.kind == "ready":
            # A page that was reloaded has the state as it was saved; its clocks need the time as it is.
            self.begin(self._send_state_again)
        elif message.kind in commands and message.fields["job"] != self._job.id:
            # Drawn for the job before a repeat; to pay for a third one takes a look at the second.
            self.refuse(message.kind, "This job was sent again already; the button was still the one before it.")
        elif message.kind in commands:
            if self.first_time(message):
                self.begin(self._carry_out, message.kind, commands[message.kind])
        else:
            super().handle(message)

    async def _send_state_again(self) -> None:
        self._changed(self._seen)

    async def _carry_out(self, command: str, verb: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await verb()
        except VeoError as error:
            self.refuse(command, str(error))

    async def _stop(self) -> None:
        await self._client.asynchronous.detach(self._job.id)

    async def _resume(self) -> None:
        self._client.asynchronous.watch(self._job.id)

    async def _cancel(self) -> None:
        await self._client.asynchronous.cancel(self._job.id)

    async def _look_for_job(self) -> None:
        record = await self._client.asynchronous.look_for(self._job.id)
        if record.state.is_final:
            self.refuse("look", record.remark)

    async def _forget(self) -> None:
        await self._client.asynchronous.forget(self._job.id)

    async def _use_request(self) -> None:
        """Have the notebook's forms say what this job was asked for with."""
        record = self._seen.record
        forms.fill(recipes.Recipe(record.request, record.id, record.provider))

    async def _retry(self) -> None:
        """The view follows the new job; the old one stays in the ledger."""
        again, client = self._rerun.again, self._client.asynchronous
        if self._retrying or not (again or self._seen.record.state.is_final):
            return
        # A second click, here or in another view of this cell, must not pay a second time.
        self._retrying = True
        try:
            sending = client.submit_plan(again) if again else client.retry(self._job.id)
            await self._switch_to(await even_if_lost(client, sending))
        finally:
            self._retrying = False

    async def _switch_to(self, record: JobRecord) -> None:
        """Show a new take; the job that was shown becomes an earlier one."""
        client, before, rerun = self._client.asynchronous, self._job, self._rerun
        # First, or a late change of the old job would be drawn over the new one.
        self._end_listening()
        seen = await client.sighting(record.id)
        await self._takes.add([(rerun.number, before.id)])
        number = self._takes.newest + 1
        self._job, self._rerun = Job(self._client, record.id), replace(rerun, number=number, again=None, remark="")
        self._end_listening = client.listen(record.id, self._changed)
        # Together: with the new takes and the old job, one job would be there twice.
        with self.hold_sync():
            self._draw_takes()
            self._changed(seen)
        if rerun.sent is not None:
            rerun.sent(self._job)

    def close(self) -> None:
        """Stop following the job."""
        # A view that could not even be made is closed all the same when it goes.
        if "_end_listening" in vars(self):
            self._end_listening()
            self._takes.close()
        super().close()

    def _ipython_display_(self) -> None:
        from .cell_output import draw_view

        draw_view(self)

    def __repr__(self) -> str:
        return f"JobView({self._seen.record.request.prompt[:60]!r})"
