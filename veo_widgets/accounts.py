"""The accounts of a process by profile, and where each job was sent with which."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio.to_thread

from . import config
from .choice import choose_provider
from .config import Account, Settings
from .embedded import emulator_address
from .errors import ConfigError
from .planning import Plan
from .precedence import standing
from .record import JobRecord
from .sealing import sealed
from .surroundings import surroundings

# How profiles begin whose key or address was given with a call.
CALLS = "call "
_FRESH_SECONDS = 1.0


class Accounts:
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
        # Accounts of jobs, each with what was configured then and until when it may be taken for granted.
        self._of_jobs: dict[tuple[object, ...], tuple[tuple[object, ...], float, Account]] = {}

    @property
    def settings(self) -> Settings:
        """Those in use."""
        return self.settings_of(None)

    def use(self, settings: Settings) -> None:
        """Use these from now on, under their own name."""
        self.profile = settings.profile or ""
        self.profiles[self.profile] = settings

    def settings_of(self, profile: str | None) -> Settings:
        """The settings of a profile, or those in use for None, with what is set further down; see `precedence`.

        Raises:
            ConfigError: nothing goes by that name in this process.
        """
        name = self.profile if profile is None else profile
        if name in self.profiles or not name:
            return standing(self.profiles.get(name, Settings()), self.defaults, surroundings())
        known = ", ".join(sorted(filter(None, self.profiles))) or "none"
        raise ConfigError(f"profile: {name!r} is not known here ({known}); call veo.configure(profile={name!r}, …).")

    def of_call(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments without the key and the address among them, which hold for one request under a profile of its own.

        What else is set stays, unless it was set for another provider than the request's.

        Args:
            values: as for `submit`, the key sealed.
        """
        rest = sealed(values)
        api_key, base_url = rest.pop("api_key", None), rest.pop("base_url", None)
        if not api_key and not base_url:
            return rest
        profile = rest.pop("profile", None)
        settings, environ = self.settings_of(profile), surroundings()
        provider = choose_provider(rest.get("provider"), rest.get("model") or "", settings, environ)
        kept = config.own_settings(settings, provider)
        given = replace(
            kept, provider=provider.name, api_key=api_key or kept.api_key, base_url=base_url or kept.base_url
        )
        # The key is never a variable here: whatever shows the variables of a traceback would show it.
        said = f"{profile}\0{provider.name}\0{base_url}\0{api_key.reveal() if api_key else None}"
        name = CALLS + sha256(said.encode()).hexdigest()[:12]
        self.profiles[name] = replace(given, profile=name)
        return {**rest, "profile": name}

    async def of_job(self, record: JobRecord) -> Account:
        """The account that a job was sent with, at its address.

        What the environment and files say of it is looked up once a second: a thousand jobs ask at every poll.
        """
        which = (record.provider, record.surface, record.profile, *sorted(record.endpoint.items()))
        said = (self.profile, self.defaults, *self.profiles.items())
        known = self._of_jobs.get(which)
        if known is None or known[0] != said or time.monotonic() > known[1]:
            account = await self._found_of_job(record)
            known = self._of_jobs[which] = said, time.monotonic() + _FRESH_SECONDS, account
        return known[2]

    async def _found_of_job(self, record: JobRecord) -> Account:
        # A key that was given with a call is unknown to other programs; theirs goes to the same address or nowhere.
        foreign = record.profile.startswith(CALLS) and record.profile not in self.profiles
        settings = self.settings_of(None if foreign else record.profile)
        return await self.reach(config.account_of_job(record.provider, record.surface, record.endpoint, settings))

    async def of_plan(self, plan: Plan) -> Account:
        """The account that a plan will be sent with, at its address."""
        return await self.reach(config.account(plan.provider, plan.model.surface, self.settings_of(plan.profile)))

    async def reach(self, account: Account) -> Account:
        """The account with an address: the embedded emulator is started when it is first needed."""
        if not account.embedded:
            return account
        return account.at(await anyio.to_thread.run_sync(emulator_address, self._home / "emulator"))
