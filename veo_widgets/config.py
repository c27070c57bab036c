"""Which provider, where, and with which key.

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
from .catalog import Model
from .credentials import ApiKey, Credentials, NoCredentials, Secret, google_token
from .errors import ConfigError
from .providers import (
    LITELLM_GEMINI,
    PROVIDERS,
    Endpoint,
    Provider,
    agent_platform_host,
    model_at,
    name_at,
    prefix_of,
    provider_named,
    split_model,
)
from .surroundings import Surroundings, notebook, read_address, surroundings

# The project and location that the emulator is asked for on the Agent Platform's paths.
_EMULATED = {"project": "emulator", "location": "us-central1"}


@dataclass(frozen=True)
class Settings:
    """What `configure` can set. None means "look in the environment".

    Attributes:
        provider: a provider's name.
        model: the model to use when none is named.
        api_key: the key; shown nowhere.
        base_url: an address to use instead of the provider's own.
        project, location: of the Agent Platform.
        folder: where clips are saved; default is ``veo_clips`` beside the notebook.
        profile: the name these settings go by, for those who have several accounts; None for the ones without a name.
    """

    provider: str | None = None
    model: str | None = None
    api_key: Secret | None = None
    base_url: str | None = None
    project: str | None = None
    location: str | None = None
    folder: Path | None = None
    profile: str | None = None


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

    def at(self, base_url: str) -> Account:
        """The same account at the address where the embedded emulator turned out to listen."""
        return replace(self, endpoint=replace(self.endpoint, base_url=base_url))


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the ledger: ``VEO_WIDGETS_HOME``, or the user's data folder."""
    return Path(environ.get("VEO_WIDGETS_HOME") or user_data_dir("veo_widgets", appauthor=False)).expanduser()


def clips_folder(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """Where clips are saved: as configured, else ``veo_clips`` beside the notebook or in the working folder."""
    if settings.folder:
        return settings.folder.expanduser().absolute()
    beside = Path(notebook(environ)).parent if notebook(environ) else Path.cwd()
    return beside.absolute() / "veo_clips"


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def has_gateway(provider: Provider, settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether requests for one of Google's services are sent to an address that is not Google's."""
    google = {"gemini", "agent_platform"}
    return provider.name in google and bool(_said_address(_own(settings, provider), provider, environ))


def _flag(environ: Mapping[str, str]) -> bool | None:
    """What google-genai's variables say of using the Agent Platform; None if they say nothing."""
    said = _first(("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI"), environ).strip().lower()
    return said in {"true", "1"} if said else None


def choose_provider(name: str | None, model: str, settings: Settings, environ: Mapping[str, str]) -> Provider:
    """The provider to use: argument, model's prefix, `configure`, ``VEO_PROVIDER``, credentials found, emulator."""
    if name:
        return provider_named(name)
    # A configured model with a prefix says where it is served, unless the request names a model of its own.
    configured = None if model else prefix_of(settings.model or "")
    named = settings.provider or (configured.name if configured else environ.get("VEO_PROVIDER"))
    if found := prefix_of(model):
        return found
    provider = provider_named(named) if named else _found(environ)
    if model and not provider.knows:
        split_model(model)
    return provider


def _found(environ: Mapping[str, str]) -> Provider:
    """The provider whose credentials are there: a project, a proxy, a key; else the emulator."""
    enterprise, key = _flag(environ), _first(PROVIDERS["gemini"].key_env, environ)
    if enterprise or (environ.get("GOOGLE_CLOUD_PROJECT") and not (enterprise is False and key)):
        return PROVIDERS["agent_platform"]
    if _first(PROVIDERS["litellm"].url_env, environ):
        return PROVIDERS["litellm"]
    return PROVIDERS["gemini"] if key else PROVIDERS["emulator"]


def choose_model(provider: Provider, model: str, settings: Settings) -> Model:
    """The catalog's entry for the model to use: the one named, `configure`'s, or the provider's default."""
    wanted = model or settings.model or ""
    prefix = prefix_of(wanted)
    # A configured model belongs to its own provider and must not follow a request elsewhere.
    foreign = not model and prefix is not None and prefix is not provider
    return model_at(provider, "" if foreign else name_at(provider, wanted))


def _own(settings: Settings, provider: Provider) -> Settings:
    """The settings without an address and a key that were configured for another provider, which must not get them."""
    if not settings.provider or provider_named(settings.provider) is provider:
        return settings
    return replace(settings, base_url=None, api_key=None)


def _said_address(settings: Settings, provider: Provider, environ: Mapping[str, str]) -> str:
    """The address as it was configured, or as the environment has it; a file's goes with no key but its own."""
    if settings.api_key and isinstance(environ, Surroundings):
        environ = environ.without_file
    return settings.base_url or _first(provider.url_env, environ)


def _fitted(provider: Provider, base_url: str) -> str:
    """An address in the form that the wires build on, whichever of its usual forms it was given in."""
    if provider.name == "litellm":
        return base_url.removesuffix("/v1")
    if provider.name == "azure" and base_url:
        return base_url.removesuffix("/v1").removesuffix("/openai") + "/openai/v1"
    return base_url


def _version(provider: Provider, environ: Mapping[str, str]) -> str:
    said = _first(provider.version_env, environ)
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
    settings = _own(settings, provider)
    base_url = _fitted(provider, read_address(_said_address(settings, provider, environ)))
    if provider.auth == "none":
        endpoint = Endpoint(provider.name, surface, base_url or provider.base_url, **_EMULATED)
        return Account(provider, endpoint, NoCredentials(), embedded=not base_url)
    version = _version(provider, environ)
    if provider.auth == "google":
        named = bool(given.provider) and provider_named(given.provider or "") is provider
        found = _agent_platform(provider, surface, base_url, settings, environ, named=named)
        return replace(found, endpoint=replace(found.endpoint, version=version))
    address = base_url or provider.base_url
    key = keys.key_of(provider, settings.api_key, environ)
    if not address:
        raise ConfigError(_missing(provider, "address", provider.url_env, "base_url"))
    endpoint = Endpoint(provider.name, surface, address, version=version)
    header = "" if provider.auth == "bearer" and surface != LITELLM_GEMINI else provider.key_header
    missing = _missing(provider, "key", provider.key_env, "api_key")
    return Account(provider, endpoint, keys.signing(provider, key, header, environ, missing))


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
    if project:
        address = base_url or provider.base_url.format(host=agent_platform_host(location))
        endpoint = Endpoint(provider.name, surface, address, project=project, location=location)
        return Account(provider, endpoint, google_token(environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")))
    # An express key goes without a project; any other key of Google's would be refused, so it has to be meant.
    key = (named and settings.api_key) or (_flag(environ) and keys.key_of(provider, None, environ))
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
    own = _own(settings, provider)
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
    now = _fitted(provider, read_address(_said_address(settings, provider, environ)))
    if provider.auth != "none" and address and address not in {own, now}:
        raise ConfigError(
            f"{provider.label}: this job was sent to {address}, but {now or own} is configured now; a key goes only "
            f"where it belongs. Call veo.configure(base_url={address!r}) with its key, then resume the job."
        )
