"""One program's hand on the budget: its own limits, the environment's, and the ledger's that all programs share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from os import environ as os_environ

from ..config.login import user_name
from ..config.settings import Settings, budget_limits
from ..domain.budgets import ANNOUNCEMENT, Budget, amount, check_name, check_shared, local_day, variable
from ..domain.errors import BudgetError, ConfigError, InvalidRequestError
from ..domain.job_record import JobRecord
from ..domain.spender import KINDS, NOBODY, Spender, spender_name
from ..domain.spending import Spend
from ..storage.ledger.async_ledger import AsyncLedger
from ..storage.ledger.ledger import Ledger
from .plan import Plan


class BudgetReservations:
    """Reserves the price of what is submitted.

    Args:
        ledger: where limits and jobs are kept.
        now: seconds since the epoch.
        environ: where limits may stand that go before all others.
        settings: those in force at this moment, which say for which project new jobs are.

    Attributes:
        notices: what the user has yet to be told.
    """

    def __init__(
        self,
        ledger: AsyncLedger,
        now: Callable[[], float],
        environ: Mapping[str, str] = os_environ,
        settings: Callable[[], Settings] = Settings,
    ) -> None:
        self._ledger, self._now, self._environ, self._settings = ledger, now, environ, settings
        # In memory alone: a session ends with its program.
        self._session: dict[str, float] = {}
        self.notices: list[str] = []

    async def reserve(self, record: JobRecord, seconds: float) -> JobRecord:
        """Write down a new job, reserve its price and lease it for so many seconds: all or nothing.

        Returns:
            The job as it is written, with its owner.

        Raises:
            BudgetError: it may not be spent; nothing is written.
            LedgerError: it could not be written.
        """
        environment, session = self.limits()

        def reserve(ledger: Ledger) -> tuple[JobRecord, bool]:
            owned = ledger.owned(record)
            return owned, ledger.reserve(owned, "intent", environment, session, seconds=seconds)

        # In one transaction: two programs that look at once must not both fit under the same limit.
        owned, untold = await self._ledger.do(reserve)
        if untold:
            spenders = "by all who share this ledger" if self._ledger.is_on_server else "on this computer's account"
            self.notices.append(ANNOUNCEMENT.format(spenders))
        return owned

    def limits(self) -> tuple[dict[str, float], dict[str, float]]:
        """The limits of the environment, and this program's own.

        Raises:
            ConfigError: a variable holds no amount.
        """
        # Read anew each time: a limit that is lowered while a program runs holds for its next create.
        return budget_limits(self._environ), dict(self._session)

    async def objection(self, plan: Plan) -> BudgetError | None:
        """Why a plan would not be paid for now, if it would not."""
        if plan.provider.name == "emulator":
            return None
        try:
            (await self.budget()).admit(f"{plan.model.id} at {plan.provider.name}", plan.cost, plan.max_cost)
        except BudgetError as error:
            return error
        return None

    async def admit(self, plans: Iterable[Plan]) -> None:
        """See that several plans together would be paid for now; nothing is reserved.

        Raises:
            BudgetError: they would not.
        """
        paid = [plan for plan in plans if plan.provider.name != "emulator"]
        wanted = ((f"{plan.model.id} at {plan.provider.name}", plan.cost, plan.max_cost) for plan in paid)
        (await self.budget()).admit_all(wanted)

    async def budget(self, asked: Spender = NOBODY) -> Budget:
        """The limits in force, and what is spent and reserved.

        Args:
            asked: of which user and which project that is told in any case; default are this program's, where they are
                limited.
        """
        (environment, session), day = self.limits(), local_day(self._now())
        shown = [kind for kind in KINDS if asked.name(kind)]
        project = asked.project or self._settings().budget_project or ""

        def read(ledger: Ledger) -> Budget:
            spender = Spender(asked.user or ledger.user or user_name(), project)
            return ledger.budget(day, environment, session, spender, shown)

        return await self._ledger.do(read)

    async def limit(self, values: Mapping[str, object]) -> Budget:
        """Set limits: that of the session for this program, the others for all programs on this ledger.

        Args:
            values: US dollars by name; ``off`` is no limit, None goes back to the default. ``user`` or ``project``
                names one for whom alone they hold.

        Raises:
            InvalidRequestError: no such limit, or no amount.
            ConfigError: the environment sets it, and goes first.
        """
        asked = Spender(*(spender_name(values[kind], kind) if values.get(kind) is not None else "" for kind in KINDS))
        limits = {name: usd for name, usd in values.items() if name not in KINDS}
        wanted = {check_name(name): None if usd is None else amount(usd, name) for name, usd in limits.items()}
        if asked != NOBODY:
            return await self._limit_for(asked, wanted)
        # It would look as if it were set, and would not hold.
        for name in wanted.keys() & budget_limits(self._environ).keys():
            raise ConfigError(f"{name}: {variable(name)} is set and goes first; unset it, or change it there.")
        if "session" in wanted:
            usd = wanted.pop("session")
            self._session = {} if usd is None else {"session": usd}
        if wanted:
            await self._ledger.do(lambda ledger: ledger.set_budgets(wanted))
        return await self.budget()

    async def _limit_for(self, asked: Spender, wanted: Mapping[str, float | None]) -> Budget:
        """Set limits for a user or a project.

        Raises:
            InvalidRequestError: both are named, or it is no limit for one of them.
        """
        if wanted and asked.user and asked.project:
            message = "budget: user and project have limits of their own; set those of one at a time."
            raise InvalidRequestError(message, parameter="user", value=asked.user)
        for name in wanted:
            check_shared(name, "user" if asked.user else "project")
        if wanted:
            await self._ledger.do(lambda ledger: ledger.set_budgets(wanted, asked))
        return await self.budget(asked)

    async def spend(self, days: int | None = None) -> Spend:
        """What jobs have cost.

        Args:
            days: how many, today included; None for all.

        Raises:
            InvalidRequestError: it is no number of days.
        """
        since = first_day(days, self._now())
        return await self._ledger.do(lambda ledger: ledger.spend(since))


def first_day(days: int | None, now: float) -> str:
    """The ISO date of the first of so many days that end today, in this computer's time zone; empty for None.

    Raises:
        InvalidRequestError: it is no number of days.
    """
    if days is None:
        return ""
    if not 1 <= days <= 100_000:
        message = f"days: {days} is not a number of days from 1 to 100000."
        raise InvalidRequestError(message, parameter="days", value=days)
    return (date.fromisoformat(local_day(now)) - timedelta(days=days - 1)).isoformat()
