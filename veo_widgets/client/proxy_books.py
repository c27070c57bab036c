"""What a gateway has booked, held against this ledger. It starts nothing and costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from ..config import accounts
from ..config.accounts import Account
from ..domain.bookings import Booking, Comparison, compare
from ..domain.errors import InvalidRequestError, PermissionDeniedError, ServiceError
from ..domain.job_record import JobRecord
from ..providers.registry import LITELLM, Provider, provider_named
from ..providers.wires import proxy_spend
from ..providers.wires.proxy_spend import Holder
from ..storage.ledger.async_ledger import AsyncLedger
from .budget_reservations import first_day
from .job_accounts import JobAccounts
from .model_discovery import ModelDiscovery

# As the proxy's clock may go: what was sent just before midnight may be booked just after it.
_CLOCKS_SECONDS = 3600.0
# A hundred thousand lines: an operator has other means to look through more.
_MOST_PAGES = 200
_LATE = "The proxy writes its log up to a minute late."


class ProxyBooks:
    """Asks the log of a gateway.

    Args:
        accounts: whom to ask with.
        discovery: asks.
        ledger: our own count.
        now: seconds since the epoch.
    """

    def __init__(
        self, accounts: JobAccounts, discovery: ModelDiscovery, ledger: AsyncLedger, now: Callable[[], float]
    ) -> None:
        self._accounts, self._discovery, self._ledger, self._now = accounts, discovery, ledger, now

    async def compare(self, provider: str, days: int | None = None) -> Comparison:
        """Hold the jobs that were sent to a gateway against what it has booked for the present key and its user.

        Args:
            provider: the gateway's name or prefix.
            days: how many, today included; None for all.

        Raises:
            InvalidRequestError: it keeps no log that can be asked, or it is no number of days.
            ConfigError: no address or no key.
            PermissionDeniedError: the key may not read the log, or there is none.
            ServiceError: the gateway refused otherwise.
        """
        chosen = _with_log(provider_named(provider))
        since = first_day(days, self._now())
        environ = self._accounts.environment()
        settings = self._accounts.settings_of(None, environ)
        account = accounts.account(chosen, LITELLM, settings, environ)
        sent = [
            (proxy_spend.upstream_name(record.operation), record)
            for record in await self._ledger.do(lambda ledger: ledger.jobs(limit=None))
            if _was_sent(record, account)
        ]
        first = min((record.created_at for _, record in sent), default=self._now())
        begin = datetime.fromisoformat(since).timestamp() if since else first
        found, complete = await self._bookings(account, begin - _CLOCKS_SECONDS)
        jobs, others = _divided(sent, found, begin, settings.profile or "")
        ours = {name for name, _ in jobs}
        bookings = [line for line in found if line.operation in ours or line.at is None or line.at >= begin]
        late = _LATE if any(not record.state.is_final or _is_new(record, self._now()) for _, record in jobs) else ""
        short = "" if complete else f"Only its first {_MOST_PAGES * proxy_spend.PAGE_ROWS} lines were read."
        return compare(account.provider.label, jobs, others, bookings, " ".join(filter(None, (late, short))))

    async def _bookings(self, account: Account, since: float) -> tuple[list[Booking], bool]:
        """The lines of the log for the present key and its user, and whether they are all."""
        key, found, until = await self._key(account), [], self._now() + _CLOCKS_SECONDS
        for page in range(1, _MOST_PAGES + 1):
            question = partial(proxy_spend.log_page, page, since, until, key)
            try:
                lines, more = proxy_spend.read_log(await self._discovery.ask(question, account), key)
            except ServiceError as error:
                raise _without_log(error, account) from error
            found += lines
            if not more:
                return found, True
        return found, False

    async def _key(self, account: Account) -> Holder:
        """The present key, as the proxy knows it."""
        try:
            return proxy_spend.read_key(await self._discovery.ask(proxy_spend.key_info, account))
        except ServiceError as error:
            if proxy_spend.refusal(error) == "no such key":
                return proxy_spend.MASTER
            raise _without_log(error, account) from error


def _with_log(provider: Provider) -> Provider:
    if LITELLM not in provider.surfaces:
        raise InvalidRequestError(
            f"compare: {provider.name!r} keeps no log of costs that can be asked; allowed: 'litellm'.",
            parameter="compare",
            value=provider.name,
            allowed=("litellm",),
        )
    return provider


def _was_sent(record: JobRecord, account: Account) -> bool:
    """Whether a job went to this place, or may have."""
    there = record.endpoint.get("base_url") == account.endpoint.base_url
    left = bool(record.operation) or record.sending_at is not None
    return record.provider == account.endpoint.provider and there and left


def _divided(
    sent: list[tuple[str, JobRecord]], found: list[Booking], begin: float, profile: str
) -> tuple[list[tuple[str, JobRecord]], set[str]]:
    """The jobs to compare, with their names in the log, and the names of those that were sent before."""
    # A job of another profile counts if it was booked for this one's user: its key was given with the call.
    booked = {line.operation for line in found}
    mine = [(name, record) for name, record in sent if record.profile == profile or name in booked]
    jobs = [(name, record) for name, record in mine if record.created_at >= begin]
    return jobs, {name for name, record in mine if record.created_at < begin}


def _is_new(record: JobRecord, now: float) -> bool:
    return record.updated_at > now - 60.0


def _without_log(error: ServiceError, account: Account) -> ServiceError:
    """The error in words of what was asked, where the proxy's own speak of something else."""
    label, why = account.provider.label, proxy_spend.refusal(error)
    said = {
        "no database": "keeps no log, because it runs without a database",
        "no rights": "does not show its log to this key; ask its operator for a key that belongs to a user",
        "no such route": "has no /spend/logs/v2; its LiteLLM is too old, or base_url names another server",
    }
    if why not in said:
        return error
    return PermissionDeniedError(f"{label} {said[why]}.", status=error.status, code=error.code)
