"""Where requests go: each provider's address, credentials, models and wires.

A provider is an endpoint, a wire a dialect of HTTP. A new provider that speaks a known wire is one entry of
`PROVIDERS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .catalog import AGENT_PLATFORM, GEMINI_API, Model, find
from .errors import ConfigError, nearest


@dataclass(frozen=True)
class Provider:
    """An endpoint.

    Attributes:
        name: what users write after ``--provider``.
        label: what people call it.
        prefixes: what may stand before a model's id, as in ``vertex_ai/veo-3.1-generate-001``.
        surfaces: which of the catalog's entries hold here, best first.
        auth: how requests are signed.
        base_url: with ``{location}`` and the like still in it.
        key_env, url_env: environment variables, first set one wins.
        default_model: what is used when no model is named.
        speed: how many times faster than the real service it answers; only the emulator is not 1.
    """

    name: str
    label: str
    prefixes: tuple[str, ...]
    surfaces: tuple[str, ...]
    auth: Literal["api-key", "google", "none"]
    base_url: str
    default_model: str
    key_env: tuple[str, ...] = ()
    url_env: tuple[str, ...] = ()
    speed: float = 1.0


PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider(
            "agent_platform",
            "Agent Platform",
            ("vertex_ai", "agent_platform"),
            (AGENT_PLATFORM,),
            "google",
            "https://{host}",
            "veo-3.1-fast-generate-001",
            url_env=("GOOGLE_VERTEX_BASE_URL",),
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
        ),
        Provider(
            "emulator",
            "Emulator",
            ("emulator",),
            (AGENT_PLATFORM, GEMINI_API),
            "none",
            "http://127.0.0.1",
            "veo-3.1-fast-generate-001",
            url_env=("VEO_EMULATOR_URL",),
            speed=20.0,
        ),
    )
}

_BY_PREFIX = {prefix: provider for provider in PROVIDERS.values() for prefix in provider.prefixes}


@dataclass(frozen=True)
class Endpoint:
    """A provider with its blanks filled in: all that a job needs to find its operation again, and no key.

    Attributes:
        base_url: scheme, host and perhaps a path, without a slash at the end.
        project, location: of the Agent Platform.
    """

    provider: str
    surface: str
    base_url: str
    project: str = ""
    location: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain values for the ledger."""
        return {"base_url": self.base_url, "project": self.project, "location": self.location}


def provider_named(name: str) -> Provider:
    """The provider called `name`.

    Raises:
        ConfigError: there is none of that name.
    """
    found = PROVIDERS.get(name) or _BY_PREFIX.get(name)
    if found is None:
        raise ConfigError(f"provider: {name!r} is not one of {', '.join(PROVIDERS)}.{nearest(name, PROVIDERS)}")
    return found


def split_model(model: str) -> tuple[str | None, str]:
    """A model as users write it, taken apart: the provider's name if a prefix names one, and the model's id."""
    prefix, slash, rest = model.partition("/")
    if slash and prefix in _BY_PREFIX:
        return _BY_PREFIX[prefix].name, rest
    if slash and not model.startswith(("models/", "publishers/")):
        raise ConfigError(
            f"model: {prefix + '/'!r} in {model!r} names no provider; there are {', '.join(_BY_PREFIX)}."
            + nearest(prefix, _BY_PREFIX)
        )
    return None, model.rpartition("/")[2]


def model_at(provider: Provider, model_id: str) -> Model:
    """The catalog's entry for a model at a provider.

    Raises:
        UnknownModelError: the provider does not serve it.
    """
    return find(model_id or provider.default_model, provider.surfaces)


def agent_platform_host(location: str) -> str:
    """The host that serves `location`: a region, ``global``, or the multi-regions ``us`` and ``eu``."""
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in {"us", "eu"}:
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-aiplatform.googleapis.com"
