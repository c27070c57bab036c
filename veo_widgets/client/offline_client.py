"""What is known of jobs and what is set: all that an asynchronous client can answer without sending anything."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from ..config.accounts import account
from ..config.resolution import priced
from ..config.settings import Settings, ledger_place
from ..domain import job_transitions
from ..domain.errors import DownloadError, VeoError
from ..domain.job_record import JobRecord
from ..domain.paths import absolute
from ..domain.pricing import Cost, estimate
from ..providers.registry import model_at, provider_named
from ..providers.wires import Call, wire_for
from ..storage.cast_folder import CastFolder
from ..storage.ledger.async_ledger import AsyncLedger
from ..storage.ledger.holders import Hold
from ..storage.ledger.searches import Search
from ..storage.ledger.shelf import Shelf
from .clock import Clock
from .digests import Digests
from .job_accounts import JobAccounts
from .job_route import Route
from .job_store import JobStore
from .live_jobs import Listener, LiveJobs, Sighting
from .notices import Teller
from .plan import Plan, make_plan, new_record
from .uploads import Uploads

T = TypeVar("T")

# Letters and digits that cannot be taken for one another.
_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class OfflineClient:
    """The settings and the jobs of one client.

    Args:
        settings: as `veo_widgets.configure` takes them.
        home: the folder of the ledger.
        clock: where time comes from.

    Attributes:
        cast: who is meant by ``@name`` in prompts.
        ledger_place: where the ledger is.
    """

    def __init__(self, settings: Settings, home: Path, clock: Clock) -> None:
        # Absolute, wherever the program goes from here.
        self.home, self._clock = absolute(home), clock
        self.ledger_place = ledger_place(self.home)
        self._ledger = AsyncLedger(self.ledger_place.path, clock.patience, self.ledger_place.url)
        self._live = LiveJobs()
        self._store = JobStore(self._ledger, self._live, clock)
        self._digests, self._uploads = Digests(self._store), Uploads(self._store)
        self._accounts = JobAccounts(settings, self.home)
        self.cast = CastFolder(self.home / "cast")

    @property
    def settings(self) -> Settings:
        """The settings that new requests use; may be replaced at any time, also by those of another profile."""
        return self._accounts.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._accounts.use(settings)

    @property
    def configured(self) -> Settings:
        """The same as it was configured, without what is set elsewhere."""
        return self.profiles.get(self._accounts.profile, Settings())

    @property
    def defaults(self) -> Settings:
        """What holds where nothing was configured; goes before the environment."""
        return self._accounts.defaults

    @defaults.setter
    def defaults(self, settings: Settings) -> None:
        self._accounts.defaults = settings

    @property
    def profiles(self) -> dict[str, Settings]:
        """Every account's settings by name; ``submit(profile=…)`` chooses one for a job, `settings` for all."""
        return self._accounts.profiles

    def plan(self, prompt: str, **values: Any) -> Plan:
        """Work out request, price and violations without asking anybody; see `make_plan`.

        A gateway that has no default wants a model to be named here; `AsyncClient.prepare` asks it for its own.
        """
        environ = self._accounts.environment()
        values = self._accounts.of_call(values, environ)
        settings = self._accounts.settings_of(values.pop("profile", None), environ)
        return make_plan(prompt, values, settings=settings, today=self.today(), environ=environ, cast=self.cast.read)

    def price_again(self, record: JobRecord) -> Cost | None:
        """What a job's request would cost now; None where nobody serves it any more."""
        with suppress(VeoError):
            provider, settings = provider_named(record.provider), self.settings_of(record.profile or None)
            model = priced(model_at(provider, record.model), provider, settings)
            return estimate(record.request, model)
        return None

    def read_models(self) -> None:
        """Have the models count that the project and the user have described by now.

        Raises:
            ConfigError: a file with settings or models cannot be read.
        """
        self._accounts.environment()

    def unsigned(self, plan: Plan) -> Call:
        """The HTTP request that a plan would be sent as, without what signs it; nothing is sent and nothing started.

        Raises:
            ConfigError: a key, an address or a project is missing.
        """
        environ = self._accounts.environment()
        settings = self._accounts.settings_of(plan.profile, environ)
        return plan.call(account(plan.provider, plan.model.surface, settings, environ))

    def now(self) -> float:
        """The time by the client's clock, in seconds since the epoch."""
        return self._clock.now()

    def _record(self, plan: Plan, route: Route, job_id: str) -> JobRecord:
        return new_record(plan, route.account, route.settings, job_id=job_id, now=self._clock.now())

    async def job(self, job_id: str) -> JobRecord:
        """The record of a job by its id or the beginning of it, also if another process works on it."""
        seen = await self.sighting(job_id)
        # Another process may have brought it further since.
        if not seen.watching and not seen.record.state.is_final:
            await self._store.reread(seen.record.id)
        return self._live[seen.record.id].sighting.record

    async def jobs(self, *, limit: int | None = 50, only_open: bool = False) -> list[JobRecord]:
        """The newest jobs of the ledger, newest first."""
        return await self._ledger.do(lambda ledger: ledger.jobs(limit=limit, only_open=only_open))

    async def unknown(self) -> tuple[int, float]:
        """How many jobs there are whose answer was lost, and the US dollars that are reserved for them."""
        return await self._ledger.do(lambda ledger: ledger.unknown())

    async def search(self, search: Search, limit: int | None) -> list[JobRecord]:
        """The newest jobs that are as a search wants them, newest first."""
        return await self._ledger.do(lambda ledger: ledger.search(search, limit))

    async def shelf(self, work: Callable[[Shelf], T]) -> T:
        """What `work` returns for the jobs as a library has them."""
        return await self._ledger.do(lambda ledger: work(ledger.shelf))

    async def group(self, name: str) -> dict[str, JobRecord]:
        """The job that stands for each piece of a film or a batch, by place."""
        return await self._ledger.do(lambda ledger: ledger.group(name))

    async def digested(self, record: JobRecord) -> JobRecord:
        """A job's record with the digests of its clips, which come a moment after the clips; see `Digests.of`."""
        return await self._digests.of(record)

    async def upload(self, job_id: str) -> JobRecord:
        """Put the clips of a finished job into its bucket that could not be put there; see `JobRecord.lacks_upload`.

        Raises:
            DownloadError: they still cannot. They stay on this machine.
        """
        record = await self._uploads.again(await self.job(job_id))
        if record.lacks_upload:
            raise DownloadError(record.trouble)
        return record

    async def put_up_left_over(self) -> list[JobRecord]:
        """Put the clips of finished jobs into their buckets that are only on this machine; returns these jobs.

        One whose bucket fails again says so as its `trouble`, and still `lacks_upload`.
        """
        return await self._uploads.put_up_left_over()

    async def events(self, job_id: str) -> list[tuple[float, str, str]]:
        """Time, state and detail of each change of a job, oldest first."""
        return await self._ledger.do(lambda ledger: ledger.events(job_id))

    async def sighting(self, job_id: str) -> Sighting:
        """How a job stands, as far as this process knows."""
        if job_id not in self._live:
            record = await self._ledger.do(lambda ledger: ledger.read(job_id))
            job_id = record.id
            if job_id not in self._live:
                self._live.put(record)
                self._digests.want(record)
        return self._live[job_id].sighting

    def teller(self, concerns: Callable[[JobRecord], bool]) -> Teller:
        """Tells those who wait for jobs, on any thread, what they have to know."""
        return Teller(self._live, concerns)

    async def held(self) -> dict[str, Hold]:
        """The open jobs of the ledger that other programs work on, by id."""
        now = self._clock.now()
        return await self._ledger.do(lambda ledger: ledger.held(now))

    async def open_jobs(self) -> dict[str, Hold | None]:
        """The open jobs of the ledger by id, with the other program that works on each, if one does."""
        now = self._clock.now()
        return await self._ledger.do(lambda ledger: ledger.open_jobs(now))

    async def claim(self, job_id: str) -> bool:
        """Take the right to work on a job, until its watching ends; False if another program has it, or it has ended.

        Raises:
            LedgerError: it cannot be written down.
        """
        await self.sighting(job_id)
        leased, record = await self._store.take(job_id)
        if leased and record.state.is_final:
            await self._store.release(job_id)
        return leased and not record.state.is_final

    async def drop_unwatched(self, keep: Container[str]) -> None:
        """Keep no more in mind of jobs that nobody watches here, but for those to `keep`: for programs that run on."""
        if dropped := self._live.drop_unwatched(keep):
            await self._ledger.do(lambda ledger: ledger.let_go(dropped))

    async def reckon_missing_digests(self) -> None:
        """Have the digests be reckoned of clips whose program was killed before it had theirs."""
        await self._digests.want_left_over()

    async def adopt(
        self,
        provider: str,
        model: str,
        operation: str,
        *,
        profile: str | None = None,
        surface: str = "",
        prompt: str = "",
    ) -> JobRecord:
        """Take up an operation that another program has started, as a job like any other.

        Args:
            provider: its provider's name or prefix.
            model: the model's id.
            operation: the service's name for it.
            profile: the account; default is the one in use.
            surface: of a video in a ``/v1/videos`` service's list: which of the provider's surfaces keeps it.
            prompt: what it was asked for with, if that is known.

        Returns:
            The job, new in the ledger unless its operation was known there. It is not watched.
        """
        known = await self._ledger.do(lambda ledger: ledger.with_operation(operation))
        if known is not None:
            record = await self.job(known.id)
            if profile is None or profile == record.profile:
                return record
            return await self._store.keep(replace(record, profile=profile))
        # It has been started: that its model may not be asked for any more does not matter.
        plan = self.plan(prompt, provider=provider, model=model, profile=profile, allow_retired=True)
        if surface:
            model_there = replace(plan.model, api="openai_videos", surface=surface)
            plan = replace(plan, model=model_there, wire=wire_for(model_there.api, surface))
        route = await self._accounts.of_plan(plan)
        record = replace(self._record(plan, route, new_job_id()), cost=Cost(None, "started elsewhere"), adopted=True)
        record = await self._ledger.do(lambda ledger: ledger.owned(record))
        return await self._store.keep(job_transitions.accepted(record, operation, self._clock.now()), "adopted")

    def settings_of(self, profile: str | None) -> Settings:
        """The settings of a profile, with what is set further down; those in use for None."""
        return self._accounts.settings_of(profile)

    def today(self) -> str:
        """The ISO date by the client's clock, in this computer's time zone."""
        return datetime.fromtimestamp(self._clock.now()).astimezone().date().isoformat()

    def listen(self, job_id: str, listener: Listener) -> Callable[[], None]:
        """Have `listener` called on the client's loop at every change of a job; returns a function that ends it."""
        return self._live.listen(job_id, listener)


def new_job_id() -> str:
    """A fresh id for a job: short enough to be typed, and in practice never given twice."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(8))
