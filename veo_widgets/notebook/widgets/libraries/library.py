"""Everything that was ever made here: searched, looked through, played, starred, deleted and given away."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import traitlets

from ....api.functions import client as default_client
from ....client.live_jobs import EVERY_JOB, Sighting
from ....client.offline_client import new_job_id
from ....domain.arguments import NAME, SWITCH, accepts
from ....domain.errors import InvalidRequestError
from ....domain.job_record import JobRecord, JobState
from ....domain.media import Video
from ....session import recipes, sharing, shelves
from ....session.job import Job, Jobs
from ....session.loop import Loop
from ....session.waiting import IN_BROWSER
from .. import job_state
from .._base import bundle
from ..forms import saved_forms
from ..protocol import Message
from ..registries import forms, grids
from ..searched_widget import SearchedWidget, Soon, Work
from ..sequels import offers
from . import entries

_SAVED = 12
_RESTS_SECONDS = 0.5


class Library(SearchedWidget):
    """Everything that was ever made here, newest first, with search and filters.

    Args:
        search: words that the prompts have.
        state: a state; ``open`` stands for all that have not ended.
        model: a model's id or a part of it.
        since: a date, a time, a ``timedelta``, or an ISO date as text.
        notebook: the path of a notebook: only what was sent from it.
        starred: only what has a star.
        client: whose jobs they are; default is the one behind `veo_widgets.submit`.

    Attributes:
        chosen: the ids of the jobs that are selected; may be observed.
    """

    _esm, _css = bundle("library")

    filters = traitlets.Dict().tag(sync=True)
    models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    notebooks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.List(traitlets.Unicode()).tag(sync=True)
    opened = traitlets.Dict().tag(sync=True)
    undo = traitlets.Unicode("").tag(sync=True)
    saved_class = traitlets.Unicode("").tag(sync=True)

    @accepts(search=NAME, state=NAME, model=NAME, starred=SWITCH)
    def __init__(
        self,
        search: str = "",
        *,
        state: str = "",
        model: str = "",
        since: str | date | timedelta | None = None,
        notebook: str | Path = "",
        starred: bool = False,
        client: Loop | None = None,
    ) -> None:
        client = client or default_client()
        words = {"query": search, "state": state, "model": model, "since": _day_text(since)}
        filters = entries.checked(
            {**words, "notebook": str(notebook and Path(notebook).absolute()), "starred": starred}
        )
        self._newest: list[int] = []
        self._clips: dict[int, Video] = {}
        self._deleted: list[str] = []
        # By job, what its card shows of how far it is.
        self._noticed: dict[str, tuple[JobState, int]] = {}
        # A thousand jobs that end within a minute are no thousand searches.
        self._news = Soon(client, self._tell_news, lambda _: _RESTS_SECONDS)
        super().__init__(client, filters=filters, saved_class=job_state.saved_class(new_job_id()))
        # What cannot be read is refused here, before anything is drawn.
        client.call(self._look, filters)
        client.call(self._read_choices)
        if not IN_BROWSER:
            self._end = client.asynchronous.listen(EVERY_JOB, self._notice)

    async def _look(self, filters: Mapping[str, Any]) -> list[int]:
        wanted = entries.search_of(filters, time.time())
        self._newest = await self._client.asynchronous.shelf(lambda shelf: shelf.find(wanted))
        return self._newest

    async def _read_choices(self) -> None:
        models, notebooks = await self._client.asynchronous.shelf(lambda shelf: (shelf.models(), shelf.notebooks()))
        self.write(models=models, notebooks=notebooks)

    # What Python takes from it

    @property
    def jobs(self) -> Jobs:
        """The jobs that are shown: what the search and the filters have found, newest first."""
        numbers = list(self._newest)
        found = self._client.call(self._client.asynchronous.shelf, lambda shelf: shelf.read(numbers))
        return Jobs(self._client, [one.record for one in found], "No job matches.")

    @property
    def selection(self) -> Jobs:
        """The jobs that are selected, newest first."""
        ids = list(self.chosen)
        found = self._client.call(self._client.asynchronous.shelf, lambda shelf: shelf.named(ids))
        return Jobs(self._client, [one.record for one in found], "Nothing is selected.")

    def empty_trash(self) -> int:
        """Remove the files of deleted jobs for good, of which there is no way back; returns how many bytes that was.

        The jobs and what they cost stay in the ledger.

        Raises:
            VeoError: the disk refused.
        """
        freed = self._client.call(shelves.empty_trash, self._client.asynchronous)
        self._deleted = []
        self.write(undo="")
        self.look_again()
        return freed

    # Messages

    def works(self) -> dict[str, Work]:
        """Searches, pages, and what is done with a card or the selection."""
        return {
            **super().works(),
            "ready": self._greet,
            "find": self._find,
            "open": self._open,
            "star": self._star,
            "choose": self._choose,
            "delete": self._delete,
            "restore": self._restore,
            "export": self._export,
            "use": self._use,
            "add": self._add_to_grid,
        }

    async def _greet(self, _message: Message) -> None:
        await self._read_choices()

    async def _find(self, message: Message) -> None:
        before = self._newest
        found = await self._look(entries.checked(message.fields["filters"]))
        self.keep_find(message.request, found)
        await self.send_found(message.request, 0)
        clips, size = await self._client.asynchronous.shelf(lambda shelf: shelf.size(found))
        self.send({"kind": "sums", "request": message.request, "clips": clips, "bytes": size})
        if found[:_SAVED] != before[:_SAVED]:
            # In a thread, since what is saved is read over the loop.
            await anyio.to_thread.run_sync(self.saved_changed)

    async def items(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """The cards of these jobs."""
        shelved = await self._client.asynchronous.shelf(lambda shelf: shelf.read(numbers))
        return await anyio.to_thread.run_sync(lambda: list(map(entries.entry, shelved)))

    async def _open(self, message: Message) -> None:
        job_id = message.fields["job"]
        if not job_id:
            self.write(opened={})
            return
        client = self._client.asynchronous
        for one in await client.shelf(lambda shelf: shelf.named([job_id])):
            shown = entries.opened(one, offers(client, one.record))
            if not shown["clips"]:
                raise InvalidRequestError(f"job: {job_id} has no clip that could be played.", parameter="job")
            self._clips = entries.clips_of(one)
            self.write(opened=shown)
            self.read_files()

    def numbered_clips(self) -> Mapping[int, Video]:
        """The clips of the job that is open."""
        return self._clips

    def draw_again(self) -> None:
        """Draw the open job with what is known by now."""
        told = {number: job_state.clip(video) for number, video in self._clips.items()}
        clips = [
            {**clip, **told.get(clip["sample"], {}), "sample": clip["sample"]} for clip in self.opened.get("clips", ())
        ]
        if clips:
            self.write(opened={**self.opened, "clips": clips})

    async def sequel_begun(self, record: JobRecord) -> None:  # noqa: ARG002 (it is found again)
        """What continues or changes a clip is the newest job here."""
        self.look_again()

    async def _star(self, message: Message) -> None:
        ids, on = [message.fields["job"]], bool(message.fields["on"])
        await self._client.asynchronous.shelf(lambda shelf: shelf.star(ids, on=on))
        if self.opened.get("job") in ids:
            self.write(opened={**self.opened, "starred": on})
        self.look_again()

    async def _choose(self, message: Message) -> None:
        job_id, on = message.fields["job"], bool(message.fields["on"])
        if job_id:
            others = [one for one in self.chosen if one != job_id]
            self.write(chosen=[*others, job_id] if on else others)
        else:
            numbers = list(self._newest) if on else []
            self.write(chosen=await self._client.asynchronous.shelf(lambda shelf: shelf.ids(numbers)))

    async def _delete(self, message: Message) -> None:
        ids = [message.fields["job"]] if message.fields["job"] else list(self.chosen)
        said = await shelves.delete(self._client.asynchronous, ids)
        self._deleted = ids
        gone = self.opened.get("job") in ids
        self.write(undo=said, chosen=[one for one in self.chosen if one not in ids], opened={} if gone else self.opened)
        self.look_again()

    async def _restore(self, message: Message) -> None:
        ids = [message.fields["job"]] if message.fields["job"] else self._deleted
        await shelves.restore(self._client.asynchronous, ids)
        if set(self._deleted) <= set(ids):
            self._deleted = []
            self.write(undo="")
        self.look_again()

    async def _export(self, _message: Message) -> None:
        # The page names no folder: it may be a stranger's.
        name = datetime.now().strftime("veo-library-%Y%m%d-%H%M%S")  # noqa: DTZ005 (local, for people)
        jobs = [Job(self._client, job_id) for job_id in self.chosen]
        write = sharing.share
        folder = await anyio.to_thread.run_sync(lambda: write(jobs, name, self._client, None, None))
        self.send({"kind": "told", "message": f"Exported to {folder / 'index.html'}, which plays offline."})

    async def _use(self, message: Message) -> None:
        record = await self._client.asynchronous.job(message.fields["job"])
        forms.fill(recipes.Recipe(record.request, record.id, record.provider))
        self.send({"kind": "told", "message": "The form has the settings of this job."})

    async def _add_to_grid(self, message: Message) -> None:
        job_id = message.fields["job"]
        # What is selected goes together, newest first as it is shown.
        ids = list(self.chosen) if job_id in self.chosen else [job_id]
        found = await self._client.asynchronous.shelf(lambda shelf: shelf.named(ids))
        grids.add([one.record.id for one in found])
        many = "The job is" if len(found) == 1 else f"{len(found)} jobs are"
        self.send({"kind": "told", "message": f"{many} in the grid."})

    # Jobs that are made meanwhile

    def _notice(self, seen: Sighting) -> None:
        """Look again once a job is new or another card than before, and not at every percent."""
        record = seen.record
        before, now = self._noticed.get(record.id), (record.state, len(record.videos))
        self._noticed[record.id] = now
        # One that had ended before was only looked at.
        if now == before or (before is None and record.state.is_final):
            return
        self._news.ask()

    async def _tell_news(self) -> None:
        await self._read_choices()
        self.look_again()

    def close(self) -> None:
        """Stop following jobs."""
        if "_end" in vars(self):
            self._end()
        super().close()

    # What stays

    def saved_output(self) -> dict[str, str]:
        """What readers without a kernel see, as MIME types: the first stills with their prompts."""
        numbers = self._newest[:_SAVED]
        found = self._client.call(self._client.asynchronous.shelf, lambda shelf: shelf.read(numbers))
        records = [one.record for one in found]
        others = len(self._newest) - len(records)
        return saved_forms.jobs(records, self.saved_class, repr(self), most=_SAVED, others=others)

    def __repr__(self) -> str:
        many = len(self._newest)
        return f"Library({many} job{'' if many == 1 else 's'})"


def _day_text(since: str | date | timedelta | None) -> str:
    """A beginning as the filters have it: ISO text."""
    if since is None:
        return ""
    if isinstance(since, timedelta):
        since = datetime.fromtimestamp(time.time()).astimezone() - since
    return since if isinstance(since, str) else since.isoformat() if isinstance(since, date) else repr(since)


@accepts()
def library(search: str = "", **filters: Any) -> Library:
    """Everything that was ever made here, newest first, in a notebook; see `Library`, which takes the same."""
    return Library(search, **filters)
