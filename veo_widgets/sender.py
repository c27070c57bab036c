"""Sends creates, which cost money: never twice on doubt, and no faster than the service takes them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import anyio

from . import record as records
from .accounts import Accounts
from .config import Account
from .errors import AcceptedError, LedgerError, RateLimitError, ServiceError, UnknownOutcomeError, VeoError
from .forms import Forms
from .keeper import LEASE_SECONDS, Keeper
from .problems import Problem, unknown_problem
from .providers import model_at
from .quota import Quota
from .record import JobRecord, JobState
from .retries import pause, rule_for
from .transport import Transport
from .wires import Call, Reply, Wire, wire_for

# Whoever submits waits for less than this; a create that has to wait longer is sent from the background.
_AT_ONCE = 2.0


class Sender:
    """Sends jobs for one client.

    Attributes:
        submitting: jobs whose create is under way in this process, or answered and not yet written down.
        unwritten: what has become of jobs that the ledger would not take, for `write_later`.

    Args:
        keeper: where everything is noted before and after.
        accounts: for jobs that were kept back.
        transport: how to reach the services.
    """

    def __init__(self, keeper: Keeper, accounts: Accounts, transport: Transport) -> None:
        self.submitting: set[str] = set()
        self.unwritten: dict[str, JobRecord] = {}
        self._keeper, self._accounts, self._transport = keeper, accounts, transport
        self._clock = keeper.clock
        self._forms = Forms()
        self._quotas: dict[tuple[str, ...], Quota] = {}
        # Of a job that is kept back: how many creates were refused.
        self._tried: dict[str, int] = {}

    async def send(self, record: JobRecord, call: Call, account: Account, *, patient: bool = True) -> JobRecord:
        """Send a new job, or keep it back while the service has no room.

        The caller has written the intent down, holds the job's lease, and shields this.

        Args:
            record: the job.
            call: its create.
            account: who pays.
            patient: whether it may be kept back; if not, a service without room is an error.

        Returns:
            The job: accepted, or ``submitting`` and held back; then `send_held_back` goes on.

        Raises:
            ServiceError, NoAnswerError: refused; nothing was started, and the record says so.
            UnknownOutcomeError: the answer was lost.
            AcceptedError: the record on the board has an operation that is not written down yet.
            LedgerError: nothing was sent.
        """
        wait = self._quota_of(record, account).claim(self._clock.now())
        if wait > 0 and patient:
            return await self._hold_back(record, wait, self._why_slow(record, account))
        return await self._create(record, call, account, patient=patient)

    async def send_held_back(self, record: JobRecord) -> None:
        """Send a job that was kept back, when its time has come; see `send`. The caller holds its lease."""
        account, wire = await self._accounts.of_job(record), wire_for(record.wire, record.surface)
        await account.credentials.headers()
        call = wire.create(record.request.completed(model_at(account.provider, record.model)), account.endpoint)
        if not await self._has_its_turn(record, account):
            return
        self.submitting.add(record.id)
        try:
            with anyio.CancelScope(shield=True):
                sending = replace(record, held_back=False, notice="", updated_at=self._clock.now())
                if await self._keeper.begin_sending(sending):
                    await self._create(sending, call, account)
        except AcceptedError:
            # Going on to poll is all that is left to do once it is written down.
            await self.write_later(record.id)
        except VeoError:
            await self.write_later(record.id)
            raise
        finally:
            self.submitting.discard(record.id)

    async def _has_its_turn(self, record: JobRecord, account: Account) -> bool:
        """Wait until a create may leave; False if it is no longer ours to send."""
        board, quota = self._keeper.board, self._quota_of(record, account)
        now = self._clock.now()
        # A clock that has been set back since must not make a pause of seconds one of days.
        at = (board[record.id].sighting.next_poll_at or now) - max(record.updated_at - now, 0.0)
        while True:
            board.show(record.id, next_poll_at=at)
            if not await self._sleep_leased(record.id, at):
                return False
            wait = quota.claim(self._clock.now())
            if not wait:
                board.show(record.id, next_poll_at=None)
                return (await self._keeper.reread(record.id)).held_back
            at = self._clock.now() + wait

    async def _sleep_leased(self, job_id: str, at: float) -> bool:
        """Sleep until `at` and stay the only one who may send the job; False if somebody else may."""
        left = at - self._clock.now()
        while await self._keeper.lease(job_id):
            if left <= 0:
                return True
            await self._clock.sleep(min(left, LEASE_SECONDS / 3))
            left -= LEASE_SECONDS / 3
        return False

    async def _create(self, record: JobRecord, call: Call, account: Account, *, patient: bool = True) -> JobRecord:
        while True:
            try:
                wire = wire_for(record.wire, record.surface)
                reply = await self._posted(call, account)
                operation = wire.created(reply)
            except VeoError as error:
                wait = self._wait_after(record, error)
                if wait is None or (wait >= _AT_ONCE and not patient):
                    await self._end(record, error)
                    raise
                if wait >= _AT_ONCE:
                    return await self._no_room(record, account, wait, error)
                await self._clock.sleep(wait)
            else:
                self._tried.pop(record.id, None)
                self._hurry(record, wire, reply)
                return await self._accepted(record, operation)

    async def _posted(self, call: Call, account: Account) -> Reply:
        """The answer to a create; one whose form was not even read goes once more, as JSON."""
        call = self._forms.chosen(call, account.endpoint)
        try:
            reply = await self._transport.send(call, account)
        except ServiceError as error:
            other = self._forms.instead(call, error)
            if other is None:
                raise
            call, reply = other, await self._transport.send(other, account)
        self._forms.taken(call, account.endpoint)
        return reply

    def _hurry(self, record: JobRecord, wire: Wire, reply: Reply) -> None:
        """Have a job that had ended when its create was answered looked at without delay."""
        with suppress(VeoError):
            if wire.parse(reply).outcome != "running":
                self._keeper.board[record.id].retry_after = 0.0

    def _wait_after(self, record: JobRecord, error: VeoError) -> float | None:
        tried = self._tried[record.id] = self._tried.get(record.id, 0) + 1
        return pause("create", error, tried=tried, waited=max(self._clock.now() - record.created_at, 0.0))

    async def _end(self, record: JobRecord, error: VeoError) -> None:
        """Note that there will be no operation, or that nobody knows.

        Raises:
            UnknownOutcomeError: nobody knows.
        """
        self._tried.pop(record.id, None)
        now = self._clock.now()
        if rule_for("create", error).end == "unknown":
            problem = unknown_problem(str(error))
            await self._keep_or_show(records.ended(record, JobState.UNKNOWN, problem, now))
            raise UnknownOutcomeError(f"{problem.message} {problem.remedy}", job_id=record.id) from error
        problem = Problem("Refused by the service", str(error), "", "Nothing was started and nothing is charged.")
        await self._keep_or_show(records.ended(record, JobState.FAILED, problem, now, free=True))

    async def _keep_or_show(self, record: JobRecord) -> LedgerError | None:
        """Write a record, or if that fails, show it all the same; returns the failure.

        What the service has said or done is worth more than the order of writing before showing: whoever took it for
        a request that was refused here would send it again.
        """
        try:
            await self._keeper.keep(record)
        except LedgerError as error:
            self._keeper.board.put(record)
            self.unwritten[record.id] = record
            return error
        return None

    async def _accepted(self, record: JobRecord, operation: str) -> JobRecord:
        accepted = records.accepted(record, operation, self._clock.now())
        if error := await self._keep_or_show(accepted):
            raise AcceptedError(
                f"Job {record.id} runs at the service as {operation}, but that could not be written down: {error} "
                "It is tried again as long as this program runs.",
                job_id=record.id,
            ) from error
        return accepted

    async def write_later(self, job_id: str) -> None:
        """Write down what has become of a job as soon as the ledger lets us, if it has not been written.

        The record is held here: whoever looks at the job meanwhile has the ledger's, which knows no operation.
        """
        record = self.unwritten.pop(job_id, None)
        try:
            while record is not None:
                try:
                    await self._keeper.keep(record, "written late")
                except LedgerError:
                    await self._clock.sleep(2.0)
                else:
                    return
        finally:
            self.submitting.discard(job_id)

    async def _no_room(self, record: JobRecord, account: Account, wait: float, error: VeoError) -> JobRecord:
        quota = self._quota_of(record, account)
        if isinstance(error, RateLimitError):
            quota.refused(self._clock.now(), wait)
        return await self._hold_back(record, wait, str(error))

    async def _hold_back(self, record: JobRecord, wait: float, why: str) -> JobRecord:
        """Note that nothing of a job has been taken up, and when it is sent."""
        now = self._clock.now()
        notice = f"Not sent yet, and nothing is charged so far. {why}"
        held = replace(record, held_back=True, notice=notice, updated_at=now)
        await self._keeper.keep(held, "held back")
        self._keeper.board.show(record.id, next_poll_at=now + wait)
        return held

    def _quota_of(self, record: JobRecord, account: Account) -> Quota:
        endpoint = account.endpoint
        place = (endpoint.provider, endpoint.base_url, endpoint.project, endpoint.location, record.model)
        if place not in self._quotas:
            own = self._accounts.settings_of(record.profile).requests_per_minute
            usual = model_at(account.provider, record.model).requests_per_minute
            self._quotas[place] = Quota(own or (None if account.provider.auth == "none" else usual))
        return self._quotas[place]

    def _why_slow(self, record: JobRecord, account: Account) -> str:
        allowed = self._quota_of(record, account).per_minute
        if allowed is None:
            return f"{account.provider.label} has just said that it has no room for {record.model}."
        return f"{account.provider.label} takes {allowed} requests a minute for {record.model}."
