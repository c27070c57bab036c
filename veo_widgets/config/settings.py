"""What can be configured, what the environment says of the same, and the folders and limits that follow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..domain.buckets import address_of, copy_place, is_address
from ..domain.budgets import NAMES, amount, variable
from ..domain.errors import ConfigError
from ..domain.paths import absolute, fixed
from ..domain.place_prices import PlacePrice
from ..domain.spender import spender_name
from ..providers.registry import Provider, prefix_of, provider_named
from .credentials import Secret
from .data_folder import home as home  # noqa: PLC0414 (who looks up settings finds the folder here)
from .data_folder import ledger_place as ledger_place  # noqa: PLC0414
from .data_folder import place_of as place_of  # noqa: PLC0414
from .environment import Environment, beside


@dataclass(frozen=True)
class Settings:
    """What `configure` can set. None means "look in the environment".

    Attributes:
        provider: a provider's name.
        model: the model to use when a request names none.
        api_key: the key; never shown.
        base_url: an address to use instead of the provider's own.
        project, location: of the Agent Platform.
        folder: where clips are saved: a path, made absolute once, or an address such as ``s3://bucket/clips``; default
            is ``veo_clips`` beside the notebook.
        requests_per_minute: how many jobs of one model may be sent per minute, if a project's quota differs from the
            catalog's default.
        price: what clips cost at the place, if it decides that and not the model.
        budget_project: what new jobs are spent for; its limits hold for them, and `veo_widgets.cost` tells it apart.
        profile: the name of these settings, if you have several accounts; None for the settings without a name.
    """

    provider: str | None = None
    model: str | None = None
    api_key: Secret | None = None
    base_url: str | None = None
    project: str | None = None
    location: str | None = None
    folder: Path | str | None = None
    requests_per_minute: int | None = None
    price: PlacePrice | None = None
    budget_project: str | None = None
    profile: str | None = None

    def __post_init__(self) -> None:
        # Once, so that it stays the same folder whatever the working folder becomes.
        if self.folder is not None:
            given = address_of(self.folder, "folder") if is_address(self.folder) else absolute(self.folder, "folder")
            object.__setattr__(self, "folder", given)
        if self.budget_project is not None:
            object.__setattr__(self, "budget_project", spender_name(self.budget_project, "budget_project"))

    @property
    def bucket(self) -> str:
        """The address of the folder in a bucket that clips are put into; empty if they stay on this machine."""
        return self.folder if isinstance(self.folder, str) else ""


def clips_folder(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """Where clips are saved: as configured, else ``veo_clips`` beside the notebook or in the working folder.

    Of a folder in a bucket, where the copies of its clips are on this machine.

    Raises:
        ConfigError: the working folder is gone.
    """
    if settings.bucket:
        return copies_of(settings.bucket, environ)
    # A path, since it is no address.
    return Path(settings.folder) if settings.folder else beside(environ).absolute() / "veo_clips"


def copies_of(address: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the copies of what is at an address are on this machine: below the data folder."""
    return home(environ) / copy_place(address)


def folder_of(said: str, name: str) -> Path | str:
    """The folder that a setting names: an address, or a path as `fixed` has it.

    Raises:
        ConfigError: it begins with a home folder or a working folder that is not there.
        InvalidRequestError: it is no address of a folder.
    """
    return address_of(said, name) if is_address(said) else fixed(said, name)


def budget_limits(environ: Mapping[str, str] = os.environ) -> dict[str, float]:
    """The limits that ``VEO_BUDGET_DAY`` and its like set, in US dollars by name.

    Raises:
        InvalidRequestError: one of them is no amount.
    """
    return {
        name: amount(environ[variable(name)], name, variable(name)) for name in NAMES if environ.get(variable(name))
    }


def first_set(names: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """The value of the first of these variables that is set, or an empty text."""
    return next((environ[name] for name in names if environ.get(name)), "")


def switched_on(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a variable switches something on.

    Raises:
        ConfigError: it says neither yes nor no.
    """
    said = environ.get(name, "").strip().lower()
    if said in {"1", "true", "yes", "on"}:
        return True
    if said in {"", "0", "false", "no", "off"}:
        return False
    raise ConfigError(f"{name}: {environ[name]!r} is neither 1 nor 0.")


def google_flag(environ: Mapping[str, str]) -> bool | None:
    """What google-genai's variables say of using the Agent Platform; None if they say nothing."""
    said = first_set(("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI"), environ).strip().lower()
    return said in {"true", "1"} if said else None


def provider_of(settings: Settings) -> Provider | None:
    """The provider that settings name, or that of their model's prefix; None if they do not say."""
    return provider_named(settings.provider) if settings.provider else prefix_of(settings.model or "")


def own_settings(settings: Settings, provider: Provider) -> Settings:
    """The settings without an address and a key that were configured for another provider, which must not get them."""
    if settings.provider:
        fits = provider_named(settings.provider).name == provider.name
    else:
        # With a key of its own it gets no other; but Google's tokens are made for whoever is asked.
        keyed = bool(settings.api_key) and provider.auth != "google"
        fits = not settings.base_url or keyed or goes_anywhere(provider)
    return settings if fits else replace(settings, base_url=None, api_key=None)


def goes_anywhere(provider: Provider) -> bool:
    """Whether an address that nobody has named a provider for may be meant for this one.

    Who has an address and keys of its own must be named: its key would go from the environment to a stranger.
    """
    return provider.auth == "none" or provider.keyless != "never" or not provider.base_url


def said_address(settings: Settings, provider: Provider, environ: Mapping[str, str]) -> str:
    """The address as it was configured, or as the environment has it; a file's goes with no key but its own."""
    if settings.api_key and isinstance(environ, Environment):
        environ = environ.without_file
    return settings.base_url or first_set(provider.url_env, environ)
