"""A job as it runs, and its clips when it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import traitlets

from .. import recipes
from ..board import Sighting
from ..errors import VeoError
from ..handles import Job
from ..media import Video
from . import description
from ._base import ClipWidget, bundle
from .handover import forms
from .protocol import Message
from .sequels import even_if_lost, offers


class JobView(ClipWidget):
    """State, clock, progress and price of a job, turning into a player.

    Args:
        job: what to show.
    """

    _esm, _css = bundle("job_view")

    job = traitlets.Dict().tag(sync=True)

    def __init__(self, job: Job) -> None:
        seen = job.sighting
        self._job = job
        self._follower: Callable[[Sighting], None] | None = None
        self._seen = seen
        self._retrying = False
        # The run of a cell that has shown it already.
        self.drawn_in: int | None = None
        super().__init__(job.client, job=description.job(seen, time.time()))
        self._end_listening = job.listen(self._changed)
        # What changed between the look and the listening.
        self._changed(job.sighting)

    def _changed(self, seen: Sighting) -> None:
        self._seen = seen
        offered = offers(self._client.asynchronous, seen.record)
        self.write(job=description.job(seen, time.time(), offered))
        if self._follower is not None:
            self._follower(seen)

    def follow(self, follower: Callable[[Sighting], None]) -> None:
        """Have `follower` called with how the job stands, now and on the client's loop after every change."""
        self._follower = follower
        follower(self._seen)

    def clips_on_disk(self) -> Sequence[Video]:
        """The clips of the job."""
        return self._seen.record.videos

    def poster_added(self) -> None:
        """Draw again, now with the poster."""
        self._changed(self._seen)

    def handle(self, message: Message) -> None:
        """Commands of the job's own buttons, and what every widget with clips is asked."""
        commands = {
            "stop": self._stop,
            "resume": self._resume,
            "retry": self._retry,
            "cancel": self._cancel,
            "look": self._look,
            "forget": self._forget,
            "use": self._use,
        }
        if message.kind == "ready":
            # A page that was reloaded has the state as it was saved; its clocks need the time as it is.
            self.begin(self._tell_again)
        elif message.kind in commands and message.fields["job"] != self._job.id:
            # Drawn for the job before a repeat; to pay for a third one takes a look at the second.
            self.refuse(message.kind, "This job was sent again already; the button was still the one before it.")
        elif message.kind in commands:
            if self.first_time(message):
                self.begin(self._carry_out, message.kind, commands[message.kind])
        else:
            super().handle(message)

    async def _tell_again(self) -> None:
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

    async def _look(self) -> None:
        record = await self._client.asynchronous.look_for(self._job.id)
        if record.state.is_final:
            self.refuse("look", record.remark)

    async def _forget(self) -> None:
        await self._client.asynchronous.forget(self._job.id)

    async def _use(self) -> None:
        """Have the notebook's forms say what this job was asked for with."""
        record = self._seen.record
        forms.fill(recipes.Recipe(record.request, record.id, record.provider))

    async def _retry(self) -> None:
        """The view follows the new job; the old one stays in the ledger."""
        if self._retrying or not self._seen.record.state.is_final:
            return
        # A second click, here or in another view of this cell, must not pay a second time.
        self._retrying = True
        try:
            client = self._client.asynchronous
            record = await even_if_lost(client, client.retry(self._job.id))
            self._end_listening()
            self._job = Job(self._client, record.id)
            self._end_listening = client.listen(record.id, self._changed)
            self._changed(await client.sighting(record.id))
        finally:
            self._retrying = False

    def close(self) -> None:
        """Stop following the job."""
        self._end_listening()
        super().close()

    def _ipython_display_(self) -> None:
        from .display import draw_view

        draw_view(self)

    def __repr__(self) -> str:
        return f"JobView({self._seen.record.request.prompt[:60]!r})"
