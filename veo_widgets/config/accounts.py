"""Where a provider is, and with which key.

A key is looked for in this order: the call's own argument, `configure`, the environment, a ``.env`` file, Colab's
secrets, the system's keyring; everything else in the first four. Keys are named here and handed to the transport; they
are never shown, and never part of an `Endpoint`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..domain.errors import ConfigError
from ..providers.registry import LITELLM_GEMINI, Endpoint, Provider, agent_platform_host, at_address, provider_named
from . import keys
from .addresses import origin
from .credentials import ApiKey, BearerKey, Credentials, NoCredentials, NoKey, Secret, StoredKey, azure_token
from .environment import Environment, read_address
from .google_files import VARIABLE as GOOGLE_FILE
from .google_files import project_of
from .google_login import google_token
from .settings import Settings, first_set, google_flag, own_settings, said_address

# Google's storage takes the same token as the Agent Platform; no other origin but the provider's own is trusted.
_ALSO_TRUSTED = {"agent_platform": ("https://storage.googleapis.com",)}
# The project and location that the emulator is asked for on the Agent Platform's paths.
_EMULATED = {"project": "emulator", "location": "us-central1"}


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

    @property
    def lacks_key(self) -> bool:
        """Whether its requests go without a key, because none was found and none may be needed."""
        found = self.credentials
        return isinstance(found, NoKey) or (isinstance(found, StoredKey) and found.is_lacking)

    @property
    def saved(self) -> dict[str, str]:
        """The endpoint as the ledger keeps it: the embedded emulator listens elsewhere in every process."""
        saved = self.endpoint.to_json()
        return {**saved, "base_url": ""} if self.embedded else saved

    def at(self, base_url: str) -> Account:
        """The same account at the address where the embedded emulator turned out to listen."""
        return replace(self, endpoint=replace(self.endpoint, base_url=base_url))

    def trusts(self, url: str) -> bool:
        """Whether an address is one of the provider's own origins, which alone see a key and need no check."""
        try:
            return origin(url) in (origin(self.endpoint.base_url), *_ALSO_TRUSTED.get(self.provider.name, ()))
        except ValueError:
            return False


def _as_wires_want(provider: Provider, base_url: str) -> str:
    """An address in the form that the wires build on, whichever of its usual forms it was given in."""
    if provider.name in {"litellm", "localai"}:
        return base_url.removesuffix("/v1")
    if provider.name == "azure" and base_url:
        return base_url.removesuffix("/v1").removesuffix("/openai") + "/openai/v1"
    return base_url


def _interface_version(provider: Provider, environ: Mapping[str, str]) -> str:
    said = first_set(provider.version_env, environ)
    # Azure's dated versions are those of older interfaces and are refused by this one.
    return "" if provider.name == "azure" and said not in {"preview", "latest"} else said


def account(provider: Provider, surface: str, settings: Settings, environ: Mapping[str, str]) -> Account:
    """A provider with its address and credentials.

    Args:
        provider: which.
        surface: how it is spoken to.
        settings: as configured.
        environ: the environment. An `Environment` has files behind it, and whoever keeps keys may be asked too.

    Raises:
        ConfigError: a key, an address or a project is missing, and the message names the variable to set; or an
            address is none.
    """
    given = settings
    settings = own_settings(settings, provider)
    base_url = _as_wires_want(provider, read_address(said_address(settings, provider, environ)))
    if provider.auth == "none":
        endpoint = Endpoint(provider.name, surface, base_url or provider.base_url, **_EMULATED)
        return Account(provider, endpoint, NoCredentials(), embedded=not base_url)
    # What is missing here is missing of the provider's; answers come from whoever is at the address.
    there, version = at_address(provider, base_url), _interface_version(provider, environ)
    if provider.auth == "google":
        named = bool(given.provider) and provider_named(given.provider or "").name == provider.name
        found = _agent_platform(provider, surface, base_url, settings, environ, named=named)
        return replace(found, provider=there, endpoint=replace(found.endpoint, version=version))
    address = base_url or provider.base_url
    if not address:
        raise ConfigError(_missing_message(provider, "address", provider.url_env, "base_url"))
    endpoint = Endpoint(provider.name, surface, address, version=version)
    strange = _is_strange(provider, settings, environ)
    key = keys.key_of(provider, settings.api_key, {} if strange else environ)
    if not key and provider.name == "azure":
        return Account(there, endpoint, _entra_credentials(environ))
    header = "" if provider.auth == "bearer" and surface != LITELLM_GEMINI else provider.key_header
    missing = "" if is_keyless(there) else _missing_message(provider, "key", provider.key_env, "api_key")
    place = origin(address) if keys.is_any_server(provider) else ""
    if strange and not place and not key:
        return Account(there, endpoint, NoKey())
    return Account(there, endpoint, keys.signing(provider, key, header, environ, missing, place=place))


def is_keyless(there: Provider) -> bool:
    """Whether requests may go without a key to a provider, under its name at its address."""
    at_home = there.label == provider_named(there.name).label
    return there.keyless == "always" or (there.keyless == "elsewhere" and not at_home)


def _is_strange(provider: Provider, settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether the keys that the environment has for a server, and those kept for it, belong to another one.

    The provider that stands for any server has no address of its own: its keys are those of the one that the
    environment names. And the address in a file has only its file's key.
    """
    if provider.keyless != "always":
        return False
    named, said = first_set(provider.url_env, environ), said_address(settings, provider, environ)
    if keys.is_any_server(provider) and settings.base_url:
        return not named or origin(read_address(said)) != origin(read_address(named))
    outside = environ.without_file if isinstance(environ, Environment) else environ
    is_in_file = bool(said) and not settings.base_url and not first_set(provider.url_env, outside)
    return is_in_file and not first_set(provider.key_env, environ)


def _entra_credentials(environ: Mapping[str, str]) -> Credentials:
    """Azure without a key: a token that was given, under LiteLLM's name for it, or one that is asked for."""
    given = Secret(environ.get("AZURE_AD_TOKEN", ""))
    return BearerKey(given) if given else azure_token(environ.get("AZURE_CLIENT_ID", ""))


def _missing_message(provider: Provider, what: str, variables: tuple[str, ...], setting: str) -> str:
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
    environ: Mapping[str, str],
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
    provider = provider_named(provider_name)
    own = own_settings(settings, provider)
    moved = _has_moved(provider, saved, own, environ)
    if moved and provider.keyless == "always":
        # It is asked as it would be without a key; whatever key there is now is another server's.
        there = Endpoint(provider.name, surface, saved["base_url"], version=saved.get("version", ""))
        return Account(at_address(provider, there.base_url), there, NoKey())
    if moved:
        raise ConfigError(moved)
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


def _has_moved(provider: Provider, saved: Mapping[str, str], settings: Settings, environ: Mapping[str, str]) -> str:
    """Why today's key must not go to yesterday's gateway; empty if it is still the same."""
    address = saved.get("base_url", "")
    own = provider.base_url.format(host=agent_platform_host(saved.get("location") or "global"))
    now = _as_wires_want(provider, read_address(said_address(settings, provider, environ)))
    if provider.auth == "none" or not address or address in {own, now}:
        return ""
    return (
        f"{at_address(provider, address).label}: this job was sent to {address}, but {now or own} is configured now; a "
        f"key goes only where it belongs. Call veo.configure(base_url={address!r}) with its key, then resume the job."
    )
