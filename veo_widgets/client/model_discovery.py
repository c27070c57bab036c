"""Questions to a service that start nothing and cost nothing, and what they teach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import anyio

from ..config import accounts, resolution
from ..config.accounts import Account
from ..config.environment import Environment
from ..config.settings import Settings
from ..domain.catalog import ExtraParam, Model
from ..domain.errors import VeoError
from ..providers.registry import LITELLM, Endpoint, Provider
from ..providers.wires import Call, Reply, described_models, listing, server_schema
from .job_accounts import JobAccounts
from .plan import unnamed
from .transport.transport import Transport


@dataclass(frozen=True)
class Offer:
    """What a server says that one may ask it for.

    Attributes:
        models: names that may make videos.
        described: those of which it says what they can do and cost.
        parameters: what its ``POST /videos`` takes beside what every model has.
    """

    models: tuple[str, ...] = ()
    described: tuple[Model, ...] = ()
    parameters: tuple[ExtraParam, ...] = ()


class ModelDiscovery:
    """What one client asks before it spends anything.

    Args:
        accounts: whom to ask with.
        transport: how to reach the services.
    """

    def __init__(self, accounts: JobAccounts, transport: Transport) -> None:
        self._accounts, self._transport = accounts, transport
        # By account: the only video model of a gateway.
        self._learned: dict[tuple[Settings, Endpoint], str] = {}
        self._offers: dict[tuple[Settings, Endpoint], Offer] = {}

    async def fetch(self, url: str, limit: int) -> bytes:
        """Read what is at an address of the web, with no credentials and for no provider; see `Transport.fetch`."""
        return await self._transport.fetch(url, None, limit)

    async def ask(self, question: Callable[[Endpoint], Call], account: Account) -> Reply:
        """Send a call that starts nothing; raises what `Transport.send` does.

        Args:
            question: makes the call for an endpoint, which for the embedded emulator is only known now.
            account: who asks.
        """
        account = await self._accounts.reach(account)
        return await self._transport.send(question(account.endpoint), account)

    async def learn_model(self, values: Mapping[str, Any], settings: Settings, environ: Environment) -> dict[str, Any]:
        """`values` with the one video model that a gateway lists, where no model is named and it has no default.

        What is named stays as it is, and nothing is asked. Each account is asked once.

        Args:
            values: as for `submit`, without a key and an address.
            settings: those of the request's profile.
            environ: as it is now.

        Raises:
            ConfigError: the gateway lists no video model, or several; the message names them.
            ServiceError: it refuses to tell.
        """
        provider = unnamed(values, settings, environ)
        if provider is None:
            return dict(values)
        account = accounts.account(provider, provider.surfaces[0], settings, environ)
        known = (settings, account.endpoint)
        if known not in self._learned:
            reply = await self.ask(listing.listing, account)
            self._learned[known] = listing.only_video_model(reply, provider)
        return {**values, "model": f"{provider.prefixes[0]}/{self._learned[known]}"}

    async def described(
        self, values: Mapping[str, Any], settings: Settings, environ: Mapping[str, str]
    ) -> tuple[Model, ...]:
        """What the provider of a request says of its models, where its list says more than their names.

        Args:
            values: as for `submit`, without a key and an address.
            settings: those of the request's profile.
            environ: as it is now.

        Raises:
            ConfigError: no such provider.
        """
        provider = resolution.choose_provider(values.get("provider"), values.get("model") or "", settings, environ)
        return (await self.offer(provider, settings, environ)).described if provider.server.describes else ()

    async def offer(self, provider: Provider, settings: Settings, environ: Mapping[str, str]) -> Offer:
        """What a gateway lists and says of its own parameters; empty where it does not say, which is no fault.

        Each account is asked once, unless it has not answered.

        Args:
            provider: who serves.
            settings: those of the profile.
            environ: as it is now.
        """
        if not provider.knows:
            return Offer()
        try:
            account = accounts.account(provider, provider.surfaces[0], settings, environ)
        except VeoError:
            return Offer()
        known = (settings, account.endpoint)
        if known not in self._offers:
            offer = await self._ask_for_offer(provider, account)
            if offer is None:
                return Offer()
            self._offers[known] = offer
        return self._offers[known]

    async def _ask_for_offer(self, provider: Provider, account: Account) -> Offer | None:
        """What a server answers; None if it answers nothing of use."""
        found: dict[str, Any] = {}

        async def learn(question: Callable[[Endpoint], Call], read: Callable[[Reply], dict[str, Any]]) -> None:
            # Asked for nobody's sake in particular: what is wrong is told when a request is made.
            with suppress(VeoError):
                found.update(read(await self.ask(question, account)))

        async with anyio.create_task_group() as both:
            both.start_soon(learn, listing.listing, lambda said: _listed(said, provider))
            # LiteLLM's document has megabytes, and its proxy hands on no parameters but its own.
            if account.endpoint.surface != LITELLM and not provider.server.describes:
                both.start_soon(
                    learn, server_schema.server_schema, lambda said: {"parameters": server_schema.parameters(said)}
                )
        return Offer(**found) if found else None


def _listed(reply: Reply, provider: Provider) -> dict[str, Any]:
    """What a list says, as fields of an `Offer`."""
    names = {"models": listing.offered(listing.listed(reply), provider)}
    return names | ({"described": described_models.described(reply, provider)} if provider.server.describes else {})
