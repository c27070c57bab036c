"""Where requests go: each provider's address, credentials, models and wires.

A provider is an endpoint, a wire a dialect of HTTP. A new provider that speaks a known wire is one entry of
`PROVIDERS`; another package adds its own by an entry point of the group `GROUP` that names a `Provider`, or a function
that returns one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit

from .arguments import TEXT, refusal
from .catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI, Model, find, unlisted
from .errors import ConfigError, UnknownModelError, nearest

# Where other packages register providers.
GROUP = "veo_widgets.providers"

# The two surfaces of a LiteLLM proxy: its unified route, and its pass-through to Google.
LITELLM = "litellm"
LITELLM_GEMINI = "litellm-gemini"


@dataclass(frozen=True)
class Provider:
    """An endpoint.

    Attributes:
        name: what users write after ``--provider``.
        label: what people call it.
        prefixes: what may stand before a model's id, as in ``vertex_ai/veo-3.1-generate-001``.
        surfaces: how it is spoken to, best first; for Google's own also which of the catalog's entries hold here.
        auth: how requests are signed: a key in `key_header`, a key as bearer, Google's token, or not at all.
        base_url: with ``{host}`` still in it, or empty if everyone has an address of their own.
        key_env, url_env, version_env: environment variables, first set one wins.
        default_model: what is used when no model is named; empty if there is none.
        knows: of a gateway, whose operator names the models, the surfaces whose entries a known name stands for.
        domains: where the label belongs; elsewhere the service goes by its host's name. None: it fits anywhere.
        speed: how many times faster than the real service it answers; only the emulator is not 1.
    """

    name: str
    label: str
    prefixes: tuple[str, ...]
    surfaces: tuple[str, ...]
    auth: Literal["api-key", "bearer", "google", "none"]
    base_url: str
    default_model: str = ""
    key_env: tuple[str, ...] = ()
    url_env: tuple[str, ...] = ()
    version_env: tuple[str, ...] = ()
    key_header: str = "x-goog-api-key"
    knows: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    speed: float = 1.0


_BUILT_IN = (
    Provider(
        "agent_platform",
        "Agent Platform",
        ("vertex_ai", "agent_platform"),
        (AGENT_PLATFORM,),
        "google",
        "https://{host}",
        "veo-3.1-fast-generate-001",
        key_env=("GOOGLE_API_KEY",),
        url_env=("GOOGLE_VERTEX_BASE_URL",),
        version_env=("GOOGLE_GENAI_API_VERSION",),
        domains=("googleapis.com",),
    ),
    Provider(
        "gemini",
        "Gemini Developer API",
        ("gemini",),
        (GEMINI_API,),
        "api-key",
        "https://generativelanguage.googleapis.com",
        "gemini-omni-1.1-flash",
        key_env=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        url_env=("GOOGLE_GEMINI_BASE_URL",),
        version_env=("GOOGLE_GENAI_API_VERSION",),
        domains=("googleapis.com",),
    ),
    Provider(
        "litellm",
        "LiteLLM proxy",
        ("litellm_proxy", "litellm"),
        (LITELLM, LITELLM_GEMINI),
        "bearer",
        "",
        key_env=("LITELLM_PROXY_API_KEY",),
        url_env=("LITELLM_PROXY_API_BASE",),
        knows=(GEMINI_API, AGENT_PLATFORM, OPENAI),
    ),
    Provider(
        "openai",
        "OpenAI",
        ("openai",),
        (OPENAI,),
        "bearer",
        "https://api.openai.com/v1",
        key_env=("OPENAI_API_KEY",),
        url_env=("OPENAI_BASE_URL",),
        knows=(OPENAI,),
        domains=("openai.com",),
    ),
    Provider(
        "azure",
        "Azure OpenAI",
        ("azure",),
        (AZURE_OPENAI,),
        "api-key",
        "",
        key_env=("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"),
        url_env=("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"),
        version_env=("OPENAI_API_VERSION", "AZURE_API_VERSION"),
        key_header="api-key",
        knows=(AZURE_OPENAI,),
        # The clouds of single countries have domains of their own.
        domains=("azure.com", "azure.us", "azure.cn", "azure-api.net"),
    ),
    Provider(
        "emulator",
        "Emulator",
        ("emulator",),
        (AGENT_PLATFORM, GEMINI_API, OPENAI),
        "none",
        "http://127.0.0.1",
        "veo-3.1-fast-generate-001",
        url_env=("VEO_EMULATOR_URL",),
        speed=20.0,
    ),
)


class _Table(dict[str, Provider]):
    """The providers by name. One that is missing may be another package's, so those are looked for first."""

    def __missing__(self, name: str) -> Provider:
        _load_others()
        if name in self:
            return self[name]
        raise KeyError(name)


PROVIDERS: dict[str, Provider] = _Table((provider.name, provider) for provider in _BUILT_IN)


@cache
def _load_others() -> None:
    """Add the providers that other packages have registered under `GROUP`; what is broken is told and left out."""
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        try:
            loaded = entry.load()
            provider = loaded if isinstance(loaded, Provider) else loaded()
            _add(provider)
        except Exception as error:  # noqa: BLE001 (another package's code may raise anything)
            message = f"The provider {entry.name!r} ({entry.value}) is left out: {type(error).__name__}: {error}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)


def _add(provider: object) -> None:
    if not isinstance(provider, Provider):
        raise TypeError(f"{type(provider).__name__} is not a veo_widgets.providers.Provider")
    taken = {provider.name, *provider.prefixes} & {*PROVIDERS, *_by_prefix()}
    if taken:
        raise ValueError(f"{', '.join(sorted(taken))} is taken")
    PROVIDERS[provider.name] = provider


def _by_prefix() -> dict[str, Provider]:
    return {prefix: provider for provider in PROVIDERS.values() for prefix in provider.prefixes}


@dataclass(frozen=True)
class Endpoint:
    """A provider with its blanks filled in: all that a job needs to find its operation again, and no key.

    Attributes:
        base_url: scheme, host and perhaps a path, without a slash at the end.
        project, location: of the Agent Platform.
        version: of the API, where another is wanted than the one a wire was written for.
    """

    provider: str
    surface: str
    base_url: str
    project: str = ""
    location: str = ""
    version: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain values for the ledger."""
        values = {"base_url": self.base_url, "project": self.project, "location": self.location}
        return {**values, "version": self.version} if self.version else values


def at_address(provider: Provider, base_url: str) -> Provider:
    """The provider under the name by which people know it at an address: its host, where the label fits no more.

    Whoever speaks a provider's wire at an address of their own is not that provider, and must not be called so.

    Args:
        provider: whose wire it is.
        base_url: where; empty for the provider's own address.
    """
    label = PROVIDERS[provider.name].label if provider.name in PROVIDERS else provider.label
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        # What is no address is refused elsewhere, in words.
        return provider
    own = not host or not provider.domains or any(f".{host}".endswith(f".{name}") for name in provider.domains)
    return replace(provider, label=label if own else f"{f'[{host}]' if ':' in host else host}{port}")


def provider_named(name: Any) -> Provider:
    """The provider called `name`, or whose prefix it is.

    Raises:
        ConfigError: there is none of that name.
    """
    found = _find(name) if isinstance(name, str) else None
    if found is None:
        raise ConfigError(f"provider: {name!r} is not one of {', '.join(PROVIDERS)}.{nearest(name, PROVIDERS)}")
    return found


def _find(name: str) -> Provider | None:
    for _ in range(2):
        if found := PROVIDERS.get(name) or _by_prefix().get(name):
            return found
        _load_others()
    return None


def prefix_of(model: str) -> Provider | None:
    """The provider that a model's prefix names, if it names one.

    Raises:
        InvalidRequestError: it is no text.
    """
    if not TEXT.fits(model):
        raise refusal("model", model, "a model's id")
    prefix, slash, _ = model.partition("/")
    if not slash or prefix in {"", "models", "publishers"}:
        return None
    if prefix not in _by_prefix():
        _load_others()
    return _by_prefix().get(prefix)


def split_model(model: str) -> tuple[str | None, str]:
    """A model as users write it, taken apart: the provider's name if a prefix names one, and the model's id.

    Raises:
        ConfigError: the prefix names no provider.
    """
    prefix, slash, rest = model.partition("/")
    if provider := prefix_of(model):
        return provider.name, _bare(rest)
    if slash and prefix not in {"models", "publishers"}:
        prefixes = _by_prefix()
        raise ConfigError(
            f"model: {prefix + '/'!r} in {model!r} names no provider; there are {', '.join(prefixes)}."
            + nearest(prefix, prefixes)
        )
    return None, _bare(model)


def _bare(model: str) -> str:
    """A model's id without the path that Google's own lists put before it."""
    return model.rpartition("/")[2] if model.startswith(("models/", "publishers/")) else model


def name_at(provider: Provider, model: str) -> str:
    """A model as the provider knows it. At a gateway a name may hold slashes, and only its own prefix is none of it.

    Raises:
        ConfigError: a prefix names no provider.
    """
    prefix, slash, rest = model.partition("/")
    if provider.knows:
        return rest if slash and prefix in provider.prefixes else model
    return split_model(model)[1]


def model_at(provider: Provider, model_id: str) -> Model:
    """The catalog's entry for a model at a provider; at a gateway any other name is the operator's.

    Raises:
        UnknownModelError: the provider does not serve it.
        ConfigError: no model is named, and the provider has no default.
    """
    wanted = model_id or provider.default_model
    if not wanted:
        raise ConfigError(
            f"{provider.label}: no model was named. Write model='{provider.prefixes[0]}/NAME' with a name that its "
            "operator gave, or call veo.configure(model=…)."
        )
    if not provider.knows:
        return find(wanted, provider.surfaces)
    try:
        return find(wanted, provider.knows)
    except UnknownModelError:
        return unlisted(wanted, provider.surfaces[0], "openai_videos")


def agent_platform_host(location: str) -> str:
    """The host that serves `location`: a region, ``global``, or the multi-regions ``us`` and ``eu``."""
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in {"us", "eu"}:
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"
