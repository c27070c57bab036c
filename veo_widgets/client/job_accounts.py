"""The accounts of a process by profile, and how the service of each job is reached."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio.to_thread

from ..config import accounts
from ..config.accounts import Account
from ..config.environment import Environment, read_environment
from ..config.precedence import settings_in_force
from ..config.resolution import choose_provider
from ..config.settings import Settings, own_settings
from ..domain.errors import ConfigError
from ..domain.job_record import JobRecord
from ..domain.secret import sealed
from ..providers.wires import wire_for
from .embedded_emulator import emulator_address
from .job_route import Route, model_of
from .plan import Plan

# How profiles begin whose key or address was given with a call.
CALLS = "call "
# A thousand jobs ask at every poll, and looking at the environment and its files takes a good part of a poll.
_FRESH_SECONDS = 1.0


@dataclass(frozen=True)
class _Known:
    """A route, and what it was made from."""

    configured: tuple[object, ...]
    environ: Environment
    route: Route


class JobAccounts:
    """Settings by profile; those without a name go by the empty one.

    Attributes:
        profiles: every account's settings by name.
        profile: the name of those in use.
        defaults: what holds where they say nothing, before the environment does: ``c.VeoMagics.…``.

    Args:
        settings: those in use at first.
        home: the folder of the embedded emulator's memory.
    """

    def __init__(self, settings: Settings, home: Path) -> None:
        self.profiles = {settings.profile or "": settings}
        self.profile = settings.profile or ""
        self.defaults = Settings()
        self._home = home
        self._environ: Environment | None = None
        self._looked_at = 0.0
        self._routes: dict[tuple[object, ...], _Known] = {}

    @property
    def settings(self) -> Settings:
        """Those in use."""
        return self.settings_of(None)

    def use(self, settings: Settings) -> None:
        """Use these from now on, under their own name."""
        self.profile = settings.profile or ""
        self.profiles[self.profile] = settings

    def environment(self) -> Environment:
        """The environment and its files as they are now: the same object as long as nothing of them has changed.

        Raises:
            ConfigError: a file cannot be read; see `read_environment`.
        """
        known = self._environ
        if known is None or not known.is_current():
            known = self._environ = read_environment()
        # Another client may have read those of another folder since.
        known.bring_models()
        self._looked_at = time.monotonic()
        return known

    def _recent_environment(self) -> Environment:
        """The environment as it was a second ago at most."""
        known = self._environ
        return known if known and time.monotonic() < self._looked_at + _FRESH_SECONDS else self.environment()

    def settings_of(self, profile: str | None, environ: Environment | None = None, address: str = "") -> Settings:
        """The settings of a profile, or those in use for None, with what is set further down; see `precedence`.

        Args:
            profile: its name.
            environ: where they are set further down; looked at now if it is not given.
            address: where a job of that profile was sent, to be told if nothing goes by the name.

        Raises:
            ConfigError: nothing goes by that name in this process.
        """
        name = self.profile if profile is None else profile
        if name in self.profiles or not name:
            environ = self.environment() if environ is None else environ
            return settings_in_force(self.profiles.get(name, Settings()), self.defaults, environ)
        known = ", ".join(sorted(filter(None, self.profiles))) or "none"
        said = f"base_url={address!r}, …" if address else "…"
        raise ConfigError(
            f"profile: {name!r} is not known here ({known}); call veo.configure(profile={name!r}, {said})."
        )

    def of_call(self, values: Mapping[str, Any], environ: Environment) -> dict[str, Any]:
        """Arguments without the key and the address among them, which hold for one request under a profile of its own.

        What else is set stays, unless it was set for another provider than the request's.

        Args:
            values: as for `submit`, the key sealed.
            environ: as it is now.
        """
        rest = sealed(values)
        api_key, base_url = rest.pop("api_key", None), rest.pop("base_url", None)
        if not api_key and not base_url:
            return rest
        profile = rest.pop("profile", None)
        settings = self.settings_of(profile, environ)
        # An address names no provider, but it keeps the environment from choosing one of Google's for it.
        aimed = replace(settings, base_url=base_url or settings.base_url)
        provider = choose_provider(rest.get("provider"), rest.get("model") or "", aimed, environ)
        kept = own_settings(settings, provider)
        if base_url and base_url != settings.base_url:
            kept = replace(kept, price=None)
            usual = choose_provider(None, "", settings, environ)
            # A key that was set for no provider in particular is for the usual one, and its address.
            kept = kept if settings.provider or usual.name == provider.name else replace(kept, api_key=None)
        given = replace(
            kept, provider=provider.name, api_key=api_key or kept.api_key, base_url=base_url or kept.base_url
        )
        # The key is never a variable here: whatever shows the variables of a traceback would show it.
        said = f"{profile}\0{provider.name}\0{base_url}\0{api_key.reveal() if api_key else None}"
        name = CALLS + sha256(said.encode()).hexdigest()[:12]
        self.profiles[name] = replace(given, profile=name)
        return {**rest, "profile": name}

    async def of(self, record: JobRecord) -> Route:
        """How the service that has a job is reached.

        It is looked up once for all jobs that were sent the same way, and again when something that it was made from
        has changed. What is configured in this process counts at once; the environment, ``.env`` and
        ``pyproject.toml`` within a second. Tokens, and keys that are kept elsewhere, are asked for whenever a request
        is signed.

        Raises:
            ConfigError: a key or an address is missing, or does not belong to this job any more.
        """
        kind = (record.provider, record.surface, record.wire, record.model, record.profile)
        which = (*kind, *sorted(record.endpoint.items()))
        # A key that was given with a call is unknown to other programs; theirs goes to the same address or nowhere.
        foreign = record.profile.startswith(CALLS) and record.profile not in self.profiles
        configured, environ = self._configured(), self._recent_environment()
        known = self._routes.get(which)
        if known and known.environ is environ and known.configured == configured:
            return known.route
        address = record.endpoint.get("base_url", "")
        settings = self.settings_of(None if foreign else record.profile, environ, address)
        account = accounts.account_of_job(record.provider, record.surface, record.endpoint, settings, environ)
        wire = wire_for(record.wire, record.surface)
        route = Route(await self.reach(account), wire, model_of(record), settings)
        self._routes[which] = _Known(configured, environ, route)
        return route

    async def of_plan(self, plan: Plan) -> Route:
        """How a plan will be sent. Its job is asked after the same way; see `of`."""
        configured, environ = self._configured(), self.environment()
        settings = self.settings_of(plan.profile, environ)
        account = accounts.account(plan.provider, plan.model.surface, settings, environ)
        route = Route(await self.reach(account), plan.wire, plan.model, settings)
        kind = (plan.provider.name, plan.model.surface, plan.wire.name, plan.request.model, plan.profile)
        self._routes[(*kind, *sorted(account.saved.items()))] = _Known(configured, environ, route)
        return route

    def _configured(self) -> tuple[object, ...]:
        return (self.profile, self.defaults, *self.profiles.items())

    async def reach(self, account: Account) -> Account:
        """The account with an address: the embedded emulator is started when it is first needed."""
        if not account.embedded:
            return account
        return account.at(await anyio.to_thread.run_sync(emulator_address, self._home / "emulator"))
