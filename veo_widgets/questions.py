"""Questions to a service that start nothing and cost nothing, and what they teach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import config
from .accounts import Accounts
from .config import Account, Settings
from .planning import unnamed
from .providers import Endpoint
from .transport import Transport
from .wires import Call, Reply, listing


class Questions:
    """What one client asks before it spends anything.

    Args:
        accounts: whom to ask with.
        transport: how to reach the services.
    """

    def __init__(self, accounts: Accounts, transport: Transport) -> None:
        self._accounts, self._transport = accounts, transport
        # By account: the only video model of a gateway.
        self._learned: dict[tuple[Settings, Endpoint], str] = {}

    async def ask(self, question: Callable[[Endpoint], Call], account: Account) -> Reply:
        """Send a call that starts nothing; raises what `Transport.send` does.

        Args:
            question: makes the call for an endpoint, which for the embedded emulator is only known now.
            account: who asks.
        """
        account = await self._accounts.reach(account)
        return await self._transport.send(question(account.endpoint), account)

    async def learn_model(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """`values` with the one video model that a gateway lists, where no model is named and it has no default.

        What is named stays as it is, and nothing is asked. Each account is asked once.

        Args:
            values: as for `submit`.

        Raises:
            ConfigError: the gateway lists no video model, or several; the message names them.
            ServiceError: it refuses to tell.
        """
        values = self._accounts.of_call(values)
        settings = self._accounts.settings_of(values.get("profile"))
        provider = unnamed(values, settings)
        if provider is None:
            return dict(values)
        account = config.account(provider, provider.surfaces[0], settings)
        known = (settings, account.endpoint)
        if known not in self._learned:
            reply = await self.ask(listing.listing, account)
            self._learned[known] = listing.only_video_model(reply, provider)
        return {**values, "model": f"{provider.prefixes[0]}/{self._learned[known]}"}
