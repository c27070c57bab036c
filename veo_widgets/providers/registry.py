"""Finds where requests go: providers by name, and each one's models, label and address.

A provider is an endpoint, a wire a dialect of HTTP. A new provider that speaks a known wire is one entry of
`built_in.BUILT_IN`; another package adds its own by an entry point of the group `GROUP` that names a `Provider`, or a
function that returns one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from ..domain.arguments import TEXT, refusal
from ..domain.catalog import AZURE_OPENAI, Model, find, models, unlisted
from ..domain.errors import ConfigError, UnknownModelError, nearest
from . import own_models
from .built_in import BUILT_IN
from .built_in import LITELLM as LITELLM  # noqa: PLC0414 (who looks up providers finds these here)
from .built_in import LITELLM_GEMINI as LITELLM_GEMINI  # noqa: PLC0414
from .built_in import LOCALAI as LOCALAI  # noqa: PLC0414
from .built_in import Provider as Provider  # noqa: PLC0414
from .plugins import take_plugins
from .servers import OPENAI as OPENAI_SERVER
from .servers import Server

# Where other packages register providers.
GROUP = "veo_widgets.providers"
_PLACE = re.compile("[A-Za-z0-9-]+")


class _Table(dict[str, Provider]):
    """The providers by name. One that is missing may be another package's, so those are looked for first."""

    def __missing__(self, name: str) -> Provider:
        _load_others()
        if name in self:
            return self[name]
        raise KeyError(name)


PROVIDERS: dict[str, Provider] = _Table((provider.name, provider) for provider in BUILT_IN)


@cache
def _load_others() -> None:
    """Add the providers that other packages have registered under `GROUP`."""

    def take(loaded: Any, _: str) -> None:
        _add_provider(loaded if isinstance(loaded, Provider) else loaded())

    take_plugins(GROUP, "provider", take)


def _add_provider(provider: object) -> None:
    if not isinstance(provider, Provider):
        raise TypeError(f"{type(provider).__name__} is not a veo_widgets.providers.Provider")
    # A package that took a built-in name could send keys to its own address.
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
    # With the dot in front, or notgoogleapis.com would pass for Google.
    own = not host or not provider.domains or any(f".{host}".endswith(f".{name}") for name in provider.domains)
    return replace(provider, label=label if own else f"{f'[{host}]' if ':' in host else host}{port}")


def is_own_server(name: str) -> bool:
    """Whether a provider's servers are run by those who use them, such as SGLang's; a gateway's are not."""
    provider = _find_provider(name)
    return provider is not None and provider.keyless == "always"


def is_at_home(provider: Provider) -> bool:
    """Whether a provider is at an address of its maker's own, as OpenAI and Azure are; others' servers never are.

    Args:
        provider: as `at_address` returns it.
    """
    return provider.surfaces[0] == AZURE_OPENAI or (
        provider.name == "openai" and provider.label == PROVIDERS["openai"].label
    )


def server_of(endpoint: Endpoint) -> Server:
    """What the server at an endpoint does differently; nothing, where its provider is not installed any more."""
    provider = _find_provider(endpoint.provider)
    return provider.server if provider else OPENAI_SERVER


def provider_named(name: Any) -> Provider:
    """The provider called `name`, or whose prefix it is.

    Raises:
        ConfigError: there is none of that name.
    """
    found = _find_provider(name) if isinstance(name, str) else None
    if found is None:
        raise ConfigError(f"provider: {name!r} is not one of {', '.join(PROVIDERS)}.{nearest(name, PROVIDERS)}")
    return found


def _find_provider(name: str) -> Provider | None:
    # Built-in names are found without loading anything; only an unknown one is worth the search.
    for _ in range(2):
        if found := PROVIDERS.get(name) or _by_prefix().get(name):
            return found
        _load_others()
    return None


def prefix_of(model: str) -> Provider | None:
    """The provider that a model's prefix names, or that a model of one's own names, if there is one.

    Raises:
        InvalidRequestError: it is no text.
        ConfigError: a model of one's own names a provider that there is not.
    """
    if not TEXT.fits(model):
        raise refusal("model", model, "a model's id")
    # Whole before a prefix is looked for: an id of one's own may hold slashes.
    if own := own_models.named(model):
        return provider_named(own.provider) if own.provider else None
    prefix, slash, _ = model.partition("/")
    # Google's own lists write models/NAME and publishers/google/models/NAME, which name no provider.
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
    if own_models.named(model):
        return None, model
    prefix, slash, rest = model.partition("/")
    if provider := prefix_of(model):
        return provider.name, _without_path(rest)
    if slash and prefix not in {"models", "publishers"}:
        prefixes = _by_prefix()
        raise ConfigError(
            f"model: {prefix + '/'!r} in {model!r} names no provider; there are {', '.join(prefixes)}."
            + nearest(prefix, prefixes)
        )
    return None, _without_path(model)


def _without_path(model: str) -> str:
    """A model's id without the path that Google's own lists put before it."""
    return model.rpartition("/")[2] if model.startswith(("models/", "publishers/")) else model


def name_at(provider: Provider, model: str) -> str:
    """A model as the provider knows it. At a gateway a name may hold slashes, and only its own prefix is none of it.

    Raises:
        ConfigError: a prefix names no provider.
    """
    if own_models.named(model):
        return model
    prefix, slash, rest = model.partition("/")
    # A gateway's own names may hold slashes, such as team/veo.
    if provider.knows:
        return rest if slash and prefix in provider.prefixes else model
    return split_model(model)[1]


def model_at(provider: Provider, model_id: str, offered: Iterable[Model] = ()) -> Model:
    """The entry for a model at a provider, one's own before the catalog's; at a gateway other names are its operator's.

    Args:
        provider: who serves it.
        model_id: its name there; empty for the provider's default.
        offered: what the provider's own list says of its models, which counts before the catalog.

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
    if own := next((model for model in (*own_models_at(provider), *offered) if model.id == wanted), None):
        return own
    if not provider.knows:
        return find(wanted, provider.surfaces)
    try:
        return find(wanted, provider.knows)
    except UnknownModelError:
        return unlisted(wanted, provider.surfaces[0], "openai_videos")


def models_at(provider: Provider) -> tuple[Model, ...]:
    """Every model known at a provider, each at its best surface: those of one's own, then the catalog's in order."""
    own = {model.id: model for model in own_models_at(provider)}
    surfaces = provider.knows or provider.surfaces
    best: dict[str, Model] = {}
    for surface in surfaces:
        for model in models():
            if model.surface == surface:
                best.setdefault(model.id, model)
    return (*own.values(), *(model for model in models() if best.get(model.id) is model and model.id not in own))


def own_models_at(provider: Provider) -> list[Model]:
    """The models of one's own that a provider serves, as it serves them."""
    return own_models.served_at((provider.name, *provider.prefixes), provider.surfaces, provider.knows)


def agent_platform_host(location: str) -> str:
    """The host that serves `location`: a region, ``global``, or the multi-regions ``us`` and ``eu``.

    Raises:
        ConfigError: it is no name of a place; it might turn the host into somebody else's, who then gets the token.
    """
    if not _PLACE.fullmatch(location):
        raise ConfigError(f"location: {location!r} is no region of Google Cloud; one is 'us-central1'.")
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in {"us", "eu"}:
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"
