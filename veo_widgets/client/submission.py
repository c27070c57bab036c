"""Sends creates, which cost money: never twice on doubt, and no faster than the service takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import anyio

from . import transitions
from .accounts import Accounts
from .backoff import given_up, last_attempt, waiting
from .config import Account
from .errors import (
    AcceptedError,
    LedgerError,
    NoAnswerError,
    RateLimitError,
    ServiceError,
    UnknownOutcomeError,
    VeoError,
)
from .forms import Forms
from .keeper import LEASE_SECONDS, Keeper
from .problems import NOT_SENT, refused_problem, unknown_problem, unsent_problem
from .providers import model_at
from .purse import Purse
from .quota import Quota
from .record import JobRecord, JobState
from .retries import Answer, answer_of, pause, rule_for
from .transport import Letter, Transport
from .wires import Call, Reply, Wire, wire_for

# Whoever submits waits for less than this; a create that has to wait longer is sent from the background.
_AT_ONCE = 2.0


class _ElsewhereError(VeoError):
    """A job is no longer this process's to send."""


@dataclass
class _Attempt:
    """A create on its way, with its job as the ledger has it."""

    record: JobRecord


class Sender:
    """Sends jobs for one client.

    Attributes:
        submitting: jobs whose create is under way in this process, or answered and not yet written down.
        unwritten: what has become of jobs that the ledger would not take, for `write_later`.

    Args:
        keeper: where everything is noted before and after.
        accounts: for jobs that were kept back.
        transport: how to reach the services.
        purse: what may be spent at the moment in which a create leaves.
    """

    def __init__(self, keeper: Keeper, accounts: Accounts, transport: Transport, purse: Purse) -> None:
        self.submitting: set[str] = set()
        self.unwritten: dict[str, JobRecord] = {}
        self._keeper, self._accounts, self._transport, self._purse = keeper, accounts, transport, purse
        self._clock = keeper.clock
        self._forms = Forms()
        self._quotas: dict[tuple[str, ...], Quota] = {}
        # Of a job that is kept back: how many creates met which answer.
        self._tried: dict[str, Counter[Answer]] = {}
        self._shields: set[anyio.CancelScope] = set()

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Money may be spent in this block: only `abandon` ends it before its time."""
        with anyio.CancelScope(shield=True) as scope:
            self._shields.add(scope)
            try:
                yield
            finally:
                self._shields.discard(scope)

    def abandon(self) -> None:
        """Wait for no answer any more; the records of jobs say what is known of them."""
        for scope in tuple(self._shields):
            scope.cancel()

    async def letter(self, call: Call, account: Account) -> Letter:
        """A create, ready to leave; see `Transport.prepare`."""
        return await self._transport.prepare(self._forms.chosen(call, account.endpoint), account)

    async def _next(self, letter: Letter, error: VeoError) -> Letter:
        """What is sent after `error`: the same, or as JSON where its form was not even read."""
        other = self._forms.instead(letter.call, error) if isinstance(error, ServiceError) else None
        return letter if other is None else await self._transport.prepare(other, letter.account)

    async def send(self, record: JobRecord, letter: Letter, *, patient: bool = True) -> JobRecord:
        """Send a new job, or keep it back while the service has no room.

        The caller has written the intent down, holds the job's lease, and shields this.

        Args:
            record: the job.
            letter: its create.
            patient: whether it may be kept back; if not, a service without room is an error.

        Returns:
            The job: accepted, or ``submitting`` and held back; then `send_held_back` goes on.

        Raises:
            ServiceError, NoAnswerError: refused, or nothing was sent; the record says so.
            BudgetError: the limits have changed since the intent; nothing was sent.
            UnknownOutcomeError: the answer was lost.
            AcceptedError: the record on the board has an operation that is not written down yet.
            LedgerError: nothing was sent.
        """
        account = letter.account
        wait = self._quota_of(record, account).claim(self._clock.now())
        if wait > 0 and patient:
            why = f"Not sent yet, so nothing is charged. {self._why_slow(record, account)}"
            return await self._hold_back(record, wait, why)
        return await self._create(record, letter, patient=patient)

    async def send_held_back(self, record: JobRecord) -> None:
        """Send a job that was kept back, when its time has come; see `send`. The caller holds its lease."""
        account, wire = await self._accounts.of_job(record), wire_for(record.wire, record.surface)
        # Before the waiting: who cannot send or sign need not wait.
        await self._transport.ready_for(account)
        await account.credentials.headers()
        request = record.request.completed(model_at(account.provider, record.model))
        if not await self._has_its_turn(record, account):
            return
        # Signed when its turn has come: a token may run out while it waits.
        letter = await self.letter(wire.create(request, account.endpoint), account)
        self.submitting.add(record.id)
        try:
            with self.shielded():
                await self._create(await self._keeper.reread(record.id), letter)
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
            if at > last_attempt(record):
                await self._end(record, given_up(record, at))
                return False

    async def _sleep_leased(self, job_id: str, at: float) -> bool:
        """Sleep until `at` and stay the only one who may send the job; False if somebody else may."""
        left = at - self._clock.now()
        while await self._keeper.lease(job_id):
            if left <= 0:
                return True
            await self._clock.sleep(min(left, LEASE_SECONDS / 3))
            left -= LEASE_SECONDS / 3
        return False

    async def _create(self, record: JobRecord, letter: Letter, *, patient: bool = True) -> JobRecord:
        attempt = _Attempt(record)
        try:
            while True:
                try:
                    operation = await self._post(attempt, letter)
                except VeoError as error:
                    if (held := await self._after(error, attempt, letter.account, patient=patient)) is not None:
                        return held
                    letter = await self._next(letter, error)
                else:
                    self._tried.pop(record.id, None)
                    attempt.record = transitions.accepted(attempt.record, operation, self._clock.now())
                    return await self._accepted(attempt.record)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._keep_or_show(orphaned(attempt.record, self._clock.now()))
            raise

    async def _post(self, attempt: _Attempt, letter: Letter) -> str:
        """The operation that a create has become; notes when it begins to leave."""
        record = attempt.record

        async def begin() -> None:
            attempt.record = await self._begin(record)

        wire = wire_for(record.wire, record.surface)
        try:
            reply = await self._transport.post(letter, begin)
        except ServiceError as error:
            if name := wire.started(error):
                return name
            raise
        self._forms.taken(letter.call, letter.account.endpoint)
        operation = wire.created(reply)
        self._hurry(record, wire, reply)
        return operation

    async def _begin(self, record: JobRecord) -> JobRecord:
        """Write down that a create leaves now, if it may.

        Raises:
            BudgetError, LedgerError: it may not.
        """
        now, detail = self._clock.now(), "sending again" if record.held_back else ""
        sending = replace(record, held_back=False, notice="", sending_at=now, updated_at=now)
        if await self._keeper.begin_sending(sending, detail, self._purse.limits()):
            return sending
        raise _ElsewhereError(
            f"Job {record.id} was not sent from here: this program stood still, and another has taken it over."
        )

    async def _after(self, error: VeoError, attempt: _Attempt, account: Account, *, patient: bool) -> JobRecord | None:
        """What becomes of a job whose create met `error`: itself, held back; None if it is sent again at once.

        Raises:
            VeoError: nothing more is sent, and the record says why.
        """
        record = attempt.record
        if isinstance(error, _ElsewhereError):
            known = await self._keeper.reread(record.id)
            if record.held_back:
                return known
            raise VeoError(str(error)) from None
        if isinstance(error, LedgerError) and record.held_back:
            raise error
        if isinstance(error, RateLimitError) and record.waiting_since is None:
            record = attempt.record = replace(record, waiting_since=self._clock.now())
        wait = self._wait_after(record, error)
        # Many short pauses are a long one.
        now = self._clock.now()
        is_long = wait is not None and now - (record.waiting_since or now) + wait >= _AT_ONCE
        if wait is None or (is_long and not patient):
            await self._end(record, error)
            raise error
        if is_long:
            return await self._no_room(record, account, wait, error)
        if record.sending_at is not None:
            # Without a word a program that is killed now would leave a job that may have been taken up.
            attempt.record = await self._hold_back(record, wait, "")
        await self._clock.sleep(wait)
        return None

    def _hurry(self, record: JobRecord, wire: Wire, reply: Reply) -> None:
        """Have a job that had ended when its create was answered looked at without delay."""
        with suppress(VeoError):
            if wire.parse(reply).outcome != "running":
                self._keeper.board[record.id].retry_after = 0.0

    def _wait_after(self, record: JobRecord, error: VeoError) -> float | None:
        if not isinstance(error, ServiceError | NoAnswerError):
            return None
        met = self._tried.setdefault(record.id, Counter())
        met[answer_of(error)] += 1
        tried, now = met[answer_of(error)], self._clock.now()
        return pause("create", error, tried=tried, waited=max(now - (record.waiting_since or now), 0.0))

    async def _end(self, record: JobRecord, error: VeoError) -> None:
        """Note that there will be no operation, or that nobody knows.

        Raises:
            UnknownOutcomeError: nobody knows.
        """
        self._tried.pop(record.id, None)
        now = self._clock.now()
        # A job that is held back has left, and was refused, at most before.
        has_left = record.sending_at is not None and not record.held_back and answer_of(error) != "unreachable"
        if has_left and rule_for("create", error).end == "unknown":
            why = error.answer if isinstance(error, ServiceError) else str(error)
            problem = unknown_problem(why, record.id, listed=record.is_listed)
            await self._keep_or_show(transitions.ended(record, JobState.UNKNOWN, problem, now))
            raise UnknownOutcomeError(f"{problem.message} {problem.remedy}", job_id=record.id) from error
        if not has_left and record.waiting_since is None:
            record = replace(record, sending_at=None)
        problem = refused_problem(str(error)) if has_left else unsent_problem(str(error), record.sending_at)
        await self._keep_or_show(transitions.ended(record, JobState.FAILED, problem, now, free=True))

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

    async def _accepted(self, record: JobRecord) -> JobRecord:
        if error := await self._keep_or_show(record):
            raise AcceptedError(
                f"Job {record.id} runs at the service as {record.operation}, but that could not be written down: "
                f"{error} It is tried again as long as this program runs.",
                job_id=record.id,
            ) from error
        return record

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
        quota, now = self._quota_of(record, account), self._clock.now()
        if isinstance(error, RateLimitError):
            quota.refused(now, wait)
        return await self._hold_back(record, wait, waiting(record, str(error), now + wait, now))

    async def _hold_back(self, record: JobRecord, wait: float, notice: str) -> JobRecord:
        """Note that nothing of a job has been taken up, and when it is sent."""
        now = self._clock.now()
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


def orphaned(record: JobRecord, now: float) -> JobRecord:
    """A job whose program ended before the answer to its create: not sent, or nobody knows; held back, it waits on."""
    if record.held_back or record.operation:
        return record
    if record.sending_at is None:
        return transitions.ended(record, JobState.FAILED, NOT_SENT, now, free=True)
    problem = unknown_problem("The program ended before the service's answer came.", record.id, listed=record.is_listed)
    return transitions.ended(record, JobState.UNKNOWN, problem, now)
