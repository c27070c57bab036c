"""Rows of a batch as tasks for other processes: a pool on this machine, or the workers of a cluster.

A task holds no key. It may be carried out again, after its worker has died or because a scheduler repeats what failed:
the row's place in the ledger is then taken, and the task waits for the job that stands there.
"""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakValueDictionary

from ...client.async_client import AsyncClient
from ...client.plan import Plan
from ...config.accounts import account
from ...config.data_folder import ledger_place
from ...config.environment import read_environment
from ...config.settings import Settings, clips_folder
from ...domain.errors import ConfigError, JobError, LedgerError, PlaceTakenError
from ...domain.job_record import JobRecord
from ...domain.problems import NOT_SENT
from ..loop import Loop

# A file beside the ledger, by which a worker knows that it has the same one.
_MARK = "ledger.mark"

# The clients of this process whose rows are sent out, by a word that their tasks carry.
_origins: WeakValueDictionary[str, Loop] = WeakValueDictionary()
# Those that were opened here for the tasks of other processes.
_opened: dict[tuple[Path, Settings], Loop] = {}
_opening = threading.Lock()
# Process ids are given again.
_PROGRAM = secrets.token_hex(8)


@dataclass(frozen=True)
class RowTask:
    """One row, for whoever makes it.

    Attributes:
        plan: what is sent, as its price was agreed to.
        group, place: where its job stands in the ledger.
        retry_of: the job that it is sent instead of; empty if there was none.
        home: the folder of the ledger.
        mark: what stands in that folder.
        ledger: its file, or the server that has it, without user and password.
        settings: those of the plan's profile, without a key.
        origin: by what the client is known that it comes from.
    """

    plan: Plan
    group: str
    place: str
    retry_of: str
    home: Path
    mark: str
    ledger: str
    settings: Settings
    origin: str

    def client(self) -> Loop:
        """The client of this process for the task; of the process that it comes from, its own."""
        if (own := _origins.get(self.origin)) is not None:
            return own
        self._check_ledger()
        with _opening:
            known = _opened.get((self.home, self.settings))
            if known is None or known.closed:
                known = _opened[self.home, self.settings] = Loop(self.settings, home=self.home)
            return known

    def _check_ledger(self) -> None:
        if not self.mark or mark_of(self.home) != self.mark:
            raise ConfigError(
                f"home: {str(self.home)!r} is not the same folder here as where the batch was run, so nothing was "
                "sent. Workers need the ledger and the folder of the clips under the same paths."
            )
        # In another one nobody would see that a row is paid for.
        if (here := str(ledger_place(self.home))) != self.ledger:
            raise ConfigError(
                f"VEO_LEDGER_URL: the ledger is {here} here and {self.ledger} where the batch was run, so nothing was "
                "sent. Start the workers with the same."
            )

    async def bring(self, client: AsyncClient) -> JobRecord:
        """Send the row unless its place is taken, and wait for the job that stands there.

        Raises:
            VeoError: nothing was sent, or nobody knows.
        """
        retry_of, own = self.retry_of, False
        while True:
            try:
                job_id = (await client.submit_plan(self.plan, retry_of=retry_of, group=self.group, place=self.place)).id
                own = True
            except PlaceTakenError as taken:
                job_id = taken.job_id
            with suppress(JobError):
                await client.end_of(job_id)
            record = await client.job(job_id)
            # Whoever stood there may have died before anything of it was sent.
            if own or record.problem != NOT_SENT:
                return record
            retry_of = record.id


def mark_of(home: Path, *, make: bool = False) -> str:
    """What stands in the ledger's folder, to know it by from other machines; empty where there is nothing.

    Raises:
        LedgerError: it cannot be written.
    """
    file = home / _MARK
    try:
        if make and not file.exists():
            home.mkdir(parents=True, exist_ok=True)
            new = home / f"{_MARK}.{secrets.token_hex(8)}"
            new.write_text(secrets.token_hex(16), "ascii")
            # Of two who make it at once, both take what the first has linked.
            with suppress(FileExistsError):
                os.link(new, file)
            new.unlink()
        return file.read_text("ascii")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise LedgerError(f"The ledger's folder {str(home)!r} cannot be used: {error.strerror or error}.") from error


def make_row(task: RowTask) -> tuple[str, str]:
    """Make a row's clip, or wait for whoever makes it; returns the id and the state of its job.

    Raises:
        ConfigError: a key is missing here, or the ledger is another one.
        VeoError: nothing was sent, or nobody knows.
    """
    client = task.client()
    record = client.call(task.bring, client.asynchronous)
    return record.id, str(record.state)


def task_of(client: Loop, plan: Plan, group: str, place: str, retry_of: str) -> RowTask:
    """A row of a client for others to make.

    Args:
        client: whose row it is; its process keeps it alive.
        plan: what is sent.
        group: of which batch.
        place: where its job stands in that.
        retry_of: the job that it is sent instead of, or empty.

    Raises:
        ConfigError: the plan's profile is not known any more.
        LedgerError: the ledger's folder cannot be used.
    """
    asynchronous, environ = client.asynchronous, read_environment()
    settings = asynchronous.settings_of(plan.profile)
    there = account(plan.provider, plan.model.surface, settings, environ).saved
    usual = plan.provider.base_url == there["base_url"]
    without_key = replace(
        settings,
        provider=plan.provider.name,
        api_key=None,
        base_url=None if usual else there["base_url"] or None,
        project=there.get("project") or settings.project,
        location=there.get("location") or settings.location,
        # Where nothing is set it is beside the notebook, of which a worker knows nothing.
        folder=settings.bucket or clips_folder(settings, environ),
        profile=plan.profile or None,
    )
    _origins[(origin := f"{id(client):x}-{os.getpid()}-{_PROGRAM}")] = client
    mark = mark_of(asynchronous.home, make=True)
    ledger = str(asynchronous.ledger_place)
    return RowTask(plan, group, place, retry_of, asynchronous.home, mark, ledger, without_key, origin)
