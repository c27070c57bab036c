"""Plans requests as they would be sent now: settings, provider and model are looked up once for many of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..domain.cast import Cast
from ..domain.errors import InvalidRequestError
from .job_accounts import JobAccounts
from .model_discovery import ModelDiscovery
from .plan import DIRECTIONS, Destination, Plan, destination, plan_for


class Planner:
    """Plans the requests of one moment; for those of another, make a new one.

    Args:
        accounts: settings and environment, which are read when the planner is made.
        discovery: tells which model a gateway means.
        today: an ISO date.
        cast: who is meant by ``@name``.

    Raises:
        ConfigError: a file with settings cannot be read.
    """

    def __init__(self, accounts: JobAccounts, discovery: ModelDiscovery, today: str, cast: Callable[[], Cast]) -> None:
        self._accounts, self._discovery, self._today, self._cast = accounts, discovery, today, cast
        self._environ = accounts.environment()
        # By what of a request decides: where it goes, or why it goes nowhere.
        self._known: dict[tuple[tuple[str, Any], ...], Destination | InvalidRequestError] = {}

    async def prepare(self, prompt: str, values: Mapping[str, Any]) -> Plan:
        """Plan one request; arguments and errors as for `AsyncClient.prepare`."""
        return plan_for(await self.destination(values), prompt, values, self._today, self._cast)

    async def destination(self, values: Mapping[str, Any]) -> Destination:
        """Where a request with these values goes, for `plan_for`; errors as for `AsyncClient.prepare`."""
        said = self._accounts.of_call(values, self._environ)
        settings = self._accounts.settings_of(said.get("profile"), self._environ)
        # A gateway without a default is asked first: the model decides which rules and which price hold.
        said = await self._discovery.learn_model(said, settings, self._environ)
        offered = await self._discovery.described(said, settings, self._environ)
        return destination(said, settings, self._environ, offered)

    def knows(self, values: Mapping[str, Any]) -> bool:
        """Whether requests with these values can be planned without asking anybody."""
        return _directions(values) in self._known

    async def learn(self, values: Mapping[str, Any]) -> None:
        """Find out where requests with these values go, for `plan`.

        Raises:
            ConfigError, ServiceError: as `AsyncClient.prepare` does. What is wrong with the request is kept for `plan`.
        """
        directions = _directions(values)
        try:
            self._known[directions] = await self.destination(dict(directions))
        except InvalidRequestError as error:
            self._known[directions] = error

    def plan(self, prompt: str, values: Mapping[str, Any]) -> Plan:
        """Plan one request that the planner `knows`, on any thread.

        Raises:
            InvalidRequestError: it cannot even be read.
        """
        where = self._known[_directions(values)]
        if isinstance(where, InvalidRequestError):
            raise where
        return plan_for(where, prompt, values, self._today, self._cast)


def _directions(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, values[name]) for name in DIRECTIONS if values.get(name) is not None)
