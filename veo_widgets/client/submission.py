"""Sends creates, which cost money: never twice on doubt, and no faster than the service takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import anyio

from ..config.accounts import Account
from ..domain import job_transitions
from ..domain.errors import (
    AcceptedError,
    LedgerError,
    NoAnswerError,
    RateLimitError,
    ServiceError,
    UnknownOutcomeError,
    VeoError,
)
from ..domain.job_record import JobRecord, JobState
from ..domain.problems import NOT_SENT, Problem, refused_problem, unknown_problem, unsent_problem
from ..providers.registry import model_at
from ..providers.wires import Call, Reply, Wire
from .backoff import given_up, last_attempt, waiting
from .budget_reservations import BudgetReservations
from .create_forms import Forms
from .job_accounts import JobAccounts
from .job_route import Route, keeps_list
from .job_store import LEASE_SECONDS, JobStore
from .rate_limit import RateLimit
from .retries import Answer, answer_of, pause, rule_for
from .transport.transport import Letter, Transport

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
        store: where everything is noted before and after.
        accounts: for jobs that were kept back.
        transport: how to reach the services.
        reservations: what may be spent at the moment in which a create leaves.
    """

    def __init__(
        self, store: JobStore, accounts: JobAccounts, transport: Transport, reservations: BudgetReservations
    ) -> None:
        self.submitting: set[str] = set()
        self.unwritten: dict[str, JobRecord] = {}
        self._store, self._accounts, self._transport, self._reservations = store, accounts, transport, reservations
        self._clock = store.clock
        self._forms = Forms()
        self._quotas: dict[tuple[str, ...], RateLimit] = {}
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

    async def _next_letter(self, letter: Letter, error: VeoError) -> Letter:
        """What is sent after `error`: the same, or as JSON where its form was not even read."""
        other = self._forms.instead(letter.call, error) if isinstance(error, ServiceError) else None
        return letter if other is None else await self._transport.prepare(other, letter.account)

    async def send(self, record: JobRecord, letter: Letter, route: Route, *, patient: bool = True) -> JobRecord:
        """Send a new job, or keep it back while the service has no room.

        The caller has written the intent down, holds the job's lease, and shields this.

        Args:
            record: the job.
            letter: its create.
            route: where it goes.
            patient: whether it may be kept back; if not, a service without room is an error.

        Returns:
            The job: accepted, or ``submitting`` and held back; then `send_held_back` goes on.

        Raises:
            ServiceError, NoAnswerError: refused, or nothing was sent; the record says so.
            BudgetError: the limits have changed since the intent; nothing was sent.
            UnknownOutcomeError: the answer was lost.
            AcceptedError: the live record has an operation that is not written down yet.
            LedgerError: nothing was sent.
        """
        wait = self._quota_of(record, route).claim(self._clock.now())
        if wait > 0 and patient:
            why = f"Not sent yet, so nothing is charged. {self._why_slow(record, route)}"
            return await self._hold_back(record, wait, why)
        return await self._create(record, letter, route, patient=patient)

    async def send_held_back(self, record: JobRecord) -> None:
        """Send a job that was kept back, when its time has come; see `send`. The caller holds its lease."""
        route = await self._accounts.of(record)
        account = route.account
        # Before the waiting: who cannot send or sign need not wait.
        await self._transport.ready_for(account)
        await account.credentials.headers()
        # Without its entry nobody knows the defaults that were promised: the error says which models there are.
        request = record.request.completed(route.model or model_at(account.provider, record.model))
        if not await self._has_its_turn(record, route):
            return
        # Signed when its turn has come: a token may run out while it waits.
        letter = await self.letter(route.wire.create(request, account.endpoint), account)
        self.submitting.add(record.id)
        try:
            with self.shielded():
                await self._create(await self._store.reread(record.id), letter, route)
        except AcceptedError:
            # Going on to poll is all that is left to do once it is written down.
            await self.write_later(record.id)
        except VeoError:
            await self.write_later(record.id)
            raise
        finally:
            self.submitting.discard(record.id)

    async def _has_its_turn(self, record: JobRecord, route: Route) -> bool:
        """Wait until a create may leave; False if it is no longer ours to send."""
        live, quota = self._store.live, self._quota_of(record, route)
        now = self._clock.now()
        # A clock that has been set back since must not make a pause of seconds one of days.
        at = (live[record.id].sighting.next_poll_at or now) - max(record.updated_at - now, 0.0)
        while True:
            live.show(record.id, next_poll_at=at)
            if not await self._sleep_leased(record.id, at):
                return False
            wait = quota.claim(self._clock.now())
            if not wait:
                live.show(record.id, next_poll_at=None)
                return (await self._store.reread(record.id)).held_back
            at = self._clock.now() + wait
            if at > last_attempt(record):
                await self._note_end(record, given_up(record, at))
                return False

    async def _sleep_leased(self, job_id: str, at: float) -> bool:
        """Sleep until `at` and stay the only one who may send the job; False if somebody else may."""
        left = at - self._clock.now()
        while await self._store.lease(job_id):
            if left <= 0:
                return True
            await self._clock.sleep(min(left, LEASE_SECONDS / 3))
            left -= LEASE_SECONDS / 3
        return False

    async def _create(self, record: JobRecord, letter: Letter, route: Route, *, patient: bool = True) -> JobRecord:
        attempt = _Attempt(record)
        try:
            while True:
                try:
                    operation = await self._post(attempt, letter, route.wire)
                except VeoError as error:
                    if (held := await self._handle_refusal(error, attempt, route, patient=patient)) is not None:
                        return held
                    letter = await self._next_letter(letter, error)
                else:
                    self._tried.pop(record.id, None)
                    attempt.record = job_transitions.accepted(attempt.record, operation, self._clock.now())
                    return await self._accepted(attempt.record)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._keep_or_show(orphaned(attempt.record, self._clock.now()))
            raise

    async def _post(self, attempt: _Attempt, letter: Letter, wire: Wire) -> str:
        """The operation that a create has become; notes when it begins to leave."""
        record = attempt.record

        async def begin() -> None:
            attempt.record = await self._note_leaving(record)

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

    async def _note_leaving(self, record: JobRecord) -> JobRecord:
        """Write down that a create leaves now, if it may.

        Raises:
            BudgetError, LedgerError: it may not.
        """
        now, detail = self._clock.now(), "sending again" if record.held_back else ""
        sending = replace(record, held_back=False, notice="", sending_at=now, updated_at=now)
        if await self._store.begin_sending(sending, detail, self._reservations.limits()):
            return sending
        raise _ElsewhereError(
            f"Job {record.id} was not sent from here: this program stood still, and another has taken it over."
        )

    async def _handle_refusal(
        self, error: VeoError, attempt: _Attempt, route: Route, *, patient: bool
    ) -> JobRecord | None:
        """What becomes of a job whose create met `error`: itself, held back; None if it is sent again at once.

        Raises:
            VeoError: nothing more is sent, and the record says why.
        """
        record = attempt.record
        if isinstance(error, _ElsewhereError):
            known = await self._store.reread(record.id)
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
            await self._note_end(record, error, is_final=_is_final(error, record, route))
            raise error
        if is_long:
            return await self._no_room(record, route, wait, error)
        if record.sending_at is not None:
            # Without a word a program that is killed now would leave a job that may have been taken up.
            attempt.record = await self._hold_back(record, wait, "")
        await self._clock.sleep(wait)
        return None

    def _hurry(self, record: JobRecord, wire: Wire, reply: Reply) -> None:
        """Have a job that had ended when its create was answered looked at without delay, by a clip in that answer."""
        with suppress(VeoError):
            found, entry = wire.parse(reply), self._store.live[record.id]
            if found.outcome != "running":
                entry.retry_after = 0.0
            # Who answers with the clip itself, or with where it is, may know nothing of it afterwards.
            named = any(sample.data or sample.others for sample in found.samples)
            if named or (wire.answers_with_clip and found.samples):
                entry.delivered = found

    def _wait_after(self, record: JobRecord, error: VeoError) -> float | None:
        if not isinstance(error, ServiceError | NoAnswerError):
            return None
        met = self._tried.setdefault(record.id, Counter())
        met[answer_of(error)] += 1
        tried, now = met[answer_of(error)], self._clock.now()
        return pause("create", error, tried=tried, waited=max(now - (record.waiting_since or now), 0.0))

    async def _note_end(self, record: JobRecord, error: VeoError, *, is_final: bool = False) -> None:
        """Note that there will be no operation, or that nobody knows, unless the answer `is_final`.

        Raises:
            UnknownOutcomeError: nobody knows.
        """
        self._tried.pop(record.id, None)
        now = self._clock.now()
        # A job that is held back has left, and was refused, at most before.
        has_left = record.sending_at is not None and not record.held_back and answer_of(error) != "unreachable"
        if has_left and not is_final and rule_for("create", error).end == "unknown":
            why = error.answer if isinstance(error, ServiceError) else str(error)
            problem = _unknown_problem(record, why)
            await self._keep_or_show(job_transitions.ended(record, JobState.UNKNOWN, problem, now))
            raise UnknownOutcomeError(f"{problem.message} {problem.remedy}", job_id=record.id) from error
        if not has_left and record.waiting_since is None:
            record = replace(record, sending_at=None)
        why, is_free = str(error), record.cost.is_free
        problem = refused_problem(why, free=is_free) if has_left else unsent_problem(why, record.sending_at)
        await self._keep_or_show(job_transitions.ended(record, JobState.FAILED, problem, now, free=True))

    async def _keep_or_show(self, record: JobRecord) -> LedgerError | None:
        """Write a record, or if that fails, show it all the same; returns the failure.

        What the service has said or done is worth more than the order of writing before showing: whoever took it for
        a request that was refused here would send it again.
        """
        try:
            await self._store.keep(record)
        except LedgerError as error:
            self._store.live.put(record)
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
                    await self._store.keep(record, "written late")
                except LedgerError:
                    await self._clock.sleep(2.0)
                else:
                    return
        finally:
            self.submitting.discard(job_id)

    async def _no_room(self, record: JobRecord, route: Route, wait: float, error: VeoError) -> JobRecord:
        quota, now = self._quota_of(record, route), self._clock.now()
        if isinstance(error, RateLimitError):
            quota.refused(now, wait)
        return await self._hold_back(record, wait, waiting(record, str(error), now + wait, now))

    async def _hold_back(self, record: JobRecord, wait: float, notice: str) -> JobRecord:
        """Note that nothing of a job has been taken up, and when it is sent."""
        now = self._clock.now()
        held = replace(record, held_back=True, notice=notice, updated_at=now)
        await self._store.keep(held, "held back")
        self._store.live.show(record.id, next_poll_at=now + wait)
        return held

    def _quota_of(self, record: JobRecord, route: Route) -> RateLimit:
        endpoint = route.account.endpoint
        place = (endpoint.provider, endpoint.base_url, endpoint.project, endpoint.location, record.model)
        if place not in self._quotas:
            # Whoever takes no key counts nobody's requests.
            counts = route.account.provider.auth != "none"
            usual = route.model.requests_per_minute if route.model and counts else None
            self._quotas[place] = RateLimit(route.settings.requests_per_minute or usual)
        return self._quotas[place]

    def _why_slow(self, record: JobRecord, route: Route) -> str:
        allowed, label = self._quota_of(record, route).per_minute, route.account.provider.label
        if allowed is None:
            return f"{label} has just said that it has no room for {record.model}."
        return f"{label} takes {allowed} requests a minute for {record.model}."


def _is_final(error: VeoError, record: JobRecord, route: Route) -> bool:
    """Whether a server's own error, in place of the clip that is its only answer, ends a job that costs nothing."""
    worded = isinstance(error, ServiceError) and error.status == 500 and bool(error.said)
    return worded and route.wire.answers_with_clip and record.cost.is_free


def orphaned(record: JobRecord, now: float) -> JobRecord:
    """A job whose program ended before the answer to its create: not sent, or nobody knows; held back, it waits on."""
    if record.held_back or record.operation:
        return record
    if record.sending_at is None:
        return job_transitions.ended(record, JobState.FAILED, NOT_SENT, now, free=True)
    why = "The program ended before the service's answer came."
    problem = _unknown_problem(record, why)
    return job_transitions.ended(record, JobState.UNKNOWN, problem, now)


def _unknown_problem(record: JobRecord, why: str) -> Problem:
    return unknown_problem(why, record.id, listed=keeps_list(record), free=record.cost.is_free)
