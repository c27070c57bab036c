"""The blocking client: what a person asks for, over one background loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any

from ..client.offline_client import new_job_id
from ..client.plan import Plan, plan_for
from ..client.progress import Line, metered
from ..client.remote_videos import RemoteVideo, RemoteVideos
from ..domain.arguments import COUNT, accepts
from ..domain.bookings import Comparison
from ..domain.budgets import Budget
from ..domain.cast import Character
from ..domain.errors import SubmitInterrupted
from ..domain.job_record import JobRecord
from ..domain.problems import unknown_remark
from ..domain.secret import sealed
from ..domain.spending import Spend
from ..storage.ledger.holders import Hold, remarks
from ..storage.ledger.searches import Search
from .continuations import continued
from .job import Job, Jobs
from .loop import Loop
from .videos import Videos
from .waiting import result


class Client(Loop):
    """One background loop and the verbs on it, for any thread.

    Args:
        settings: as `configure` takes them.
        home: the folder of the ledger; default is `accounts.home`.
        transport: how to reach the services; made on the loop.
        clock: where time comes from.
    """

    def plan(self, prompt: str, **values: Any) -> Plan:
        """Work out request, price and violations; nothing is sent."""
        values = continued(sealed(values))
        where = self.call(self.asynchronous.planner().destination, values)
        # On this thread: the loop has other jobs to look after while large pictures are read.
        return plan_for(where, prompt, values, self.asynchronous.today(), self.asynchronous.cast.read)

    def planner(self) -> Callable[..., Plan]:
        """A function that plans as `plan` does, and looks up once what holds for many requests.

        That is settings, environment, provider and model. Use it for the requests of a moment, and then no more.
        """
        planner = self.asynchronous.planner()

        def plan(prompt: str, **values: Any) -> Plan:
            values = continued(sealed(values))
            # A trip to the loop for each of thousands of rows would take longer than all the rest.
            if not planner.knows(values):
                self.call(planner.learn, values)
            return planner.plan(prompt, values)

        return plan

    def submit(self, prompt: str, **values: Any) -> Job:
        """Start a job; see `submit`."""
        values = sealed(values)
        return self.submit_plan(self.plan(prompt, **values))

    def submit_plan(self, plan: Plan) -> Job:
        """Start a job that was planned before."""
        plan.check()
        # Made here, so that whoever interrupts the sending still knows which job to look at.
        job_id = new_job_id()
        try:
            sending = self.start(partial(self.asynchronous.submit_plan, plan, job_id=job_id))
            with metered(lambda _: Line(f"Sending the request{_size_text(plan)} …"), notable=False) as tick:
                result(sending, None, tick)
        except KeyboardInterrupt:
            raise SubmitInterrupted(job_id) from None
        finally:
            self.tell()
        return Job(self, job_id)

    def generate(self, prompt: str, *, timeout: float | None = None, **values: Any) -> Videos:
        """Submit, wait, and return the clips."""
        values = sealed(values)
        return self.submit(prompt, **values).wait(timeout).videos

    def job(self, job_id: str) -> Job:
        """The job of that id, or of the only id that begins so."""
        return Job(self, self.call(self.asynchronous.job, job_id).id)

    @accepts(limit=COUNT)
    def jobs(
        self,
        limit: int | None = 20,
        *,
        state: str | Iterable[str] | None = None,
        search: str | None = None,
        model: str | None = None,
        since: str | date | timedelta | None = None,
    ) -> Jobs:
        """The newest jobs that are so, newest first; see `veo_widgets.jobs`."""
        wanted = Search.of(state, search, model, since, now=self.asynchronous.now())

        async def read() -> tuple[list[JobRecord], dict[str, Hold]]:
            every = wanted == Search()
            asynchronous = self.asynchronous
            found = await (asynchronous.jobs(limit=limit) if every else asynchronous.search(wanted, limit))
            return found, await asynchronous.held()

        records, holds = self.call(read)
        shown = {record.id: holds[record.id] for record in records if record.id in holds}
        return Jobs(self, records, "No jobs yet." if wanted == Search() else "No job matches.", remarks(shown))

    def budget(self, **values: object) -> Budget:
        """Set limits and show them; see `budget`."""
        return self.call(self.asynchronous.reservations.limit, values)

    def cost(self, days: int | None = None, by: str | None = None) -> Spend:
        """What jobs have cost; see `cost`."""
        spend = self.call(self.asynchronous.reservations.spend, days)
        return spend if by is None else spend.grouped(by)

    def compare_cost(self, provider: str, days: int | None = None) -> Comparison:
        """What jobs have cost, held against a gateway's own log; see `cost`."""
        return self.call(self.asynchronous.books.compare, provider, days)

    def remote_videos(self, provider: str | None = None, **values: Any) -> RemoteVideos:
        """One page of the videos that a ``/v1/videos`` service keeps; see `Remote.videos`."""
        return self.call(partial(self.asynchronous.remote.videos, provider, **values))

    def adopt(self, video: RemoteVideo) -> Job:
        """Take up a video of a service's list as a job."""
        said = video.video
        take = partial(self.asynchronous.adopt, video.provider, said.model or "unknown", said.id)
        known = {"profile": video.profile, "surface": video.surface, "prompt": said.prompt}
        return Job(self, self.call(partial(take, **known)).id)

    def resume(self, *, take_over: bool = False) -> Jobs:
        """Watch every open job again; see `resume`."""
        found = self.call(partial(self.asynchronous.resume, take_over=take_over))
        return Jobs(self, found, "No job is open.", unknown_remark(*self.call(self.asynchronous.unknown)))

    def character(self, name: str, text: str | None = None, images: object = None) -> Character:
        """Add somebody to the cast, or return who is there; see `veo_widgets.character`."""
        cast = self.asynchronous.cast
        if text is None and images is None:
            return cast.read().named(name)
        made = Character.of(name, text or "", images)
        cast.keep(made)
        return made

    def characters(self) -> list[Character]:
        """The cast by name; see `veo_widgets.characters`."""
        cast = self.asynchronous.cast.read()
        self.asynchronous.reservations.notices += cast.faults
        self.tell()
        return list(cast.characters.values())


def _size_text(plan: Plan) -> str:
    """How large the pictures of a request are, where that takes its time."""
    size = sum(len(image.data) for image in plan.request.images)
    return f" with {size / 1e6:.0f} MB of pictures" if size >= 500_000 else ""
