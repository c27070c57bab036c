"""Where a provider is, and with which key.

A key is looked for in this order: the call's own argument, `configure`, the environment, a ``.env`` file, Colab's
secrets, the system's keyring; everything else in the first four. Keys are named here and handed to the transport; they
are never shown, and never part of an `Endpoint`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_dir

from . import keys
from .budgets import NAMES, amount, variable
from .credentials import ApiKey, BearerKey, Credentials, NoCredentials, Secret, azure_token
from .errors import ConfigError
from .google_files import VARIABLE as GOOGLE_FILE
from .google_files import project_of
from .google_login import google_token
from .hosts import origin
from .paths import absolute, fixed
from .providers import (
    LITELLM_GEMINI,
    Endpoint,
    Provider,
    agent_platform_host,
    at_address,
    prefix_of,
    provider_named,
)
from .surroundings import Surroundings, beside, read_address, surroundings

# Google's storage takes the same token as the Agent Platform; no other origin but the provider's own is trusted.
_ALSO_TRUSTED = {"agent_platform": ("https://storage.googleapis.com",)}
# The project and location that the emulator is asked for on the Agent Platform's paths.
_EMULATED = {"project": "emulator", "location": "us-central1"}


@dataclass(frozen=True)
class Settings:
    """What `configure` can set. None means "look in the environment".

    Attributes:
        provider: a provider's name.
        model: the model to use when a request names none.
        api_key: the key; never shown.
        base_url: an address to use instead of the provider's own.
        project, location: of the Agent Platform.
        folder: where clips are saved, made absolute once; default is ``veo_clips`` beside the notebook.
        requests_per_minute: how many jobs of one model may be sent per minute, if a project's quota differs from the
            catalog's default.
        profile: the name of these settings, if you have several accounts; None for the settings without a name.
    """

    provider: str | None = None
    model: str | None = None
    api_key: Secret | None = None
    base_url: str | None = None
    project: str | None = None
    location: str | None = None
    folder: Path | None = None
    requests_per_minute: int | None = None
    profile: str | None = None

    def __post_init__(self) -> None:
        # Once, so that it stays the same folder whatever the working folder becomes.
        if self.folder is not None:
            object.__setattr__(self, "folder", absolute(self.folder, "folder"))


@dataclass(frozen=True)
class Account:
    """A provider ready for use: where it is and how to sign.

    Attributes:
        embedded: the emulator of this process, whose address is only known once it runs.
    """

    provider: Provider
    endpoint: Endpoint
    credentials: Credentials
    embedded: bool = False

    @property
    def whereabouts(self) -> str:
        """What people call the service, and its address: once, where it goes by its host's name."""
        label, where = self.provider.label, origin(self.endpoint.base_url)
        return where if where.endswith(f"://{label}") else f"{label} at {where}"

    def at(self, base_url: str) -> Account:
        """The same account at the address where the embedded emulator turned out to listen."""
        return replace(self, endpoint=replace(self.endpoint, base_url=base_url))

    def trusts(self, url: str) -> bool:
        """Whether an address is one of the provider's own origins, which alone see a key and need no check."""
        try:
            return origin(url) in (origin(self.endpoint.base_url), *_ALSO_TRUSTED.get(self.provider.name, ()))
        except ValueError:
            return False


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the ledger: ``VEO_WIDGETS_HOME``, or the user's data folder.

    Raises:
        ConfigError: it begins with a home folder that nobody knows.
    """
    if said := environ.get("VEO_WIDGETS_HOME", ""):
        return fixed(said, "VEO_WIDGETS_HOME")
    try:
        return absolute(user_data_dir("veo_widgets", appauthor=False))
    except (RuntimeError, ConfigError):
        raise ConfigError(
            "The ledger is kept in a home folder, and there is none. Set VEO_WIDGETS_HOME to the whole path of a "
            "folder that can be written."
        ) from None


def clips_folder(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """Where clips are saved: as configured, else ``veo_clips`` beside the notebook or in the working folder.

    Raises:
        ConfigError: the working folder is gone.
    """
    return settings.folder or beside(environ).absolute() / "veo_clips"


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
    if not settings.provider or provider_named(settings.provider).name == provider.name:
        return settings
    return replace(settings, base_url=None, api_key=None)


def said_address(settings: Settings, provider: Provider, environ: Mapping[str, str]) -> str:
    """The address as it was configured, or as the environment has it; a file's goes with no key but its own."""
    if settings.api_key and isinstance(environ, Surroundings):
        environ = environ.without_file
    return settings.base_url or first_set(provider.url_env, environ)


def _fitted(provider: Provider, base_url: str) -> str:
    """An address in the form that the wires build on, whichever of its usual forms it was given in."""
    if provider.name == "litellm":
        return base_url.removesuffix("/v1")
    if provider.name == "azure" and base_url:
        return base_url.removesuffix("/v1").removesuffix("/openai") + "/openai/v1"
    return base_url


def _version(provider: Provider, environ: Mapping[str, str]) -> str:
    said = first_set(provider.version_env, environ)
    # Azure's dated versions are those of older interfaces and are refused by this one.
    return "" if provider.name == "azure" and said not in {"preview", "latest"} else said


def account(provider: Provider, surface: str, settings: Settings, environ: Mapping[str, str] | None = None) -> Account:
    """A provider with its address and credentials.

    Args:
        provider: which.
        surface: how it is spoken to.
        settings: as configured.
        environ: the environment and nothing else; default is that of this process, a ``.env`` file and the keyring.

    Raises:
        ConfigError: a key, an address or a project is missing, and the message names the variable to set; or an
            address is none.
    """
    environ = surroundings() if environ is None else environ
    given = settings
    settings = own_settings(settings, provider)
    base_url = _fitted(provider, read_address(said_address(settings, provider, environ)))
    if provider.auth == "none":
        endpoint = Endpoint(provider.name, surface, base_url or provider.base_url, **_EMULATED)
        return Account(provider, endpoint, NoCredentials(), embedded=not base_url)
    # What is missing here is missing of the provider's; answers come from whoever is at the address.
    there, version = at_address(provider, base_url), _version(provider, environ)
    if provider.auth == "google":
        named = bool(given.provider) and provider_named(given.provider or "").name == provider.name
        found = _agent_platform(provider, surface, base_url, settings, environ, named=named)
        return replace(found, provider=there, endpoint=replace(found.endpoint, version=version))
    address = base_url or provider.base_url
    key = keys.key_of(provider, settings.api_key, environ)
    if not address:
        raise ConfigError(_missing(provider, "address", provider.url_env, "base_url"))
    endpoint = Endpoint(provider.name, surface, address, version=version)
    if not key and provider.name == "azure":
        return Account(there, endpoint, _entra(environ))
    header = "" if provider.auth == "bearer" and surface != LITELLM_GEMINI else provider.key_header
    missing = _missing(provider, "key", provider.key_env, "api_key")
    return Account(there, endpoint, keys.signing(provider, key, header, environ, missing))


def _entra(environ: Mapping[str, str]) -> Credentials:
    """Azure without a key: a token that was given, under LiteLLM's name for it, or one that is asked for."""
    given = Secret(environ.get("AZURE_AD_TOKEN", ""))
    return BearerKey(given) if given else azure_token(environ.get("AZURE_CLIENT_ID", ""))


def _missing(provider: Provider, what: str, variables: tuple[str, ...], setting: str) -> str:
    names = f"Set {' or '.join(variables)}, or call" if variables else "Call"
    return f"{provider.label}: no {what} was found. {names} veo.configure({setting}=…)."


def _agent_platform(
    provider: Provider,
    surface: str,
    base_url: str,
    settings: Settings,
    environ: Mapping[str, str],
    *,
    named: bool,
) -> Account:
    project = environ.get("GOOGLE_CLOUD_PROJECT", "") if settings.project is None else settings.project
    location = settings.location or environ.get("GOOGLE_CLOUD_LOCATION") or "us-central1"
    # An express key goes without a project; any other key of Google's would be refused, so it has to be meant.
    key = (named and settings.api_key) or (google_flag(environ) and keys.key_of(provider, None, environ))
    if not project and not key and settings.project is None:
        project, _ = project_of(environ)
    if project:
        address = base_url or provider.base_url.format(host=agent_platform_host(location))
        endpoint = Endpoint(provider.name, surface, address, project=project, location=location)
        return Account(provider, endpoint, google_token(environ.get(GOOGLE_FILE, "")))
    if not key:
        raise ConfigError(
            f"{provider.label}: no project was found. Set GOOGLE_CLOUD_PROJECT, or call veo.configure(project=…); with "
            "an express key, set GOOGLE_API_KEY and GOOGLE_GENAI_USE_VERTEXAI=true."
        )
    address = base_url or provider.base_url.format(host=agent_platform_host("global"))
    return Account(provider, Endpoint(provider.name, surface, address), ApiKey(key))


def account_of_job(
    provider_name: str,
    surface: str,
    saved: Mapping[str, str],
    settings: Settings,
    environ: Mapping[str, str] | None = None,
) -> Account:
    """The account that a job in the ledger was sent with, signed with today's credentials.

    Args:
        provider_name: of the record.
        surface: of the record.
        saved: the record's endpoint; an empty ``base_url`` stands for the embedded emulator.
        settings: for the key.
        environ: as for `account`.

    Raises:
        ConfigError: the job was sent to an address that is neither the provider's own nor the one configured now.
    """
    environ = surroundings() if environ is None else environ
    provider = provider_named(provider_name)
    own = own_settings(settings, provider)
    _check_address(provider, saved, own, environ)
    wanted = replace(
        own,
        provider=provider.name,
        base_url=saved.get("base_url") or None,
        # An empty project is that of an express key; today's must not take its place.
        project=saved.get("project"),
        location=saved.get("location") or None,
    )
    found = account(provider, surface, wanted, environ)
    version = found.endpoint.version if provider.name == "azure" else saved.get("version", "")
    return replace(found, endpoint=replace(found.endpoint, version=version))


def _check_address(
    provider: Provider, saved: Mapping[str, str], settings: Settings, environ: Mapping[str, str]
) -> None:
    """Refuse to send today's key to yesterday's gateway."""
    address = saved.get("base_url", "")
    own = provider.base_url.format(host=agent_platform_host(saved.get("location") or "global"))
    now = _fitted(provider, read_address(said_address(settings, provider, environ)))
    if provider.auth != "none" and address and address not in {own, now}:
        raise ConfigError(
            f"{at_address(provider, address).label}: this job was sent to {address}, but {now or own} is configured "
            f"now; a key goes only where it belongs. Call veo.configure(base_url={address!r}) with its key, then "
            "resume the job."
        )
