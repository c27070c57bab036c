"""Which provider and model a request goes to, what has decided it, and which credentials were found on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ..domain.catalog import Model
from ..domain.errors import ConfigError
from ..domain.paths import is_there
from ..domain.place_prices import PlacePrice
from ..providers import own_models
from ..providers.registry import (
    PROVIDERS,
    Provider,
    at_address,
    model_at,
    name_at,
    own_models_at,
    prefix_of,
    provider_named,
    split_model,
)
from .environment import source_of
from .google_files import LOGIN, gcloud_file, project_of
from .google_files import VARIABLE as GOOGLE_FILE
from .settings import Settings, first_set, goes_anywhere, google_flag, own_settings, said_address


@dataclass(frozen=True)
class Found:
    """A credential, or the address that one belongs to.

    Attributes:
        provider: whose it is.
        what: ``key``, ``address``, ``project``, ``key file`` or ``credentials``.
        source: where it was found, for people: ``configure()`` or ``environment GEMINI_API_KEY``.
        shadowed_by: the source that comes before this one; empty if this is the one that is used.
    """

    provider: Provider
    what: str
    source: str
    shadowed_by: str = ""

    @property
    def signs(self) -> bool:
        """Whether a request could be signed with it."""
        return self.what not in {"address", "project"}


def has_gateway(provider: Provider, settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether requests for one of Google's services are sent to an address that is not Google's."""
    google = {"gemini", "agent_platform"}
    return provider.name in google and bool(said_address(own_settings(settings, provider), provider, environ))


def choose_provider(name: str | None, model: str, settings: Settings, environ: Mapping[str, str]) -> Provider:
    """The provider to use: argument, model's prefix, `configure`, ``VEO_PROVIDER``, credentials found, emulator."""
    return chosen(name, model, settings, environ)[0]


def chosen(name: str | None, model: str, settings: Settings, environ: Mapping[str, str]) -> tuple[Provider, str]:
    """The provider to use, under its name at its address, and in a few words what has decided it."""
    provider, why = _provider_and_reason(name, model, settings, environ)
    return at_address(provider, said_address(own_settings(settings, provider), provider, environ)), why


def _provider_and_reason(
    name: str | None, model: str, settings: Settings, environ: Mapping[str, str]
) -> tuple[Provider, str]:
    if name:
        return provider_named(name), "the argument provider"
    if found := prefix_of(model):
        if own_models.named(model):
            # Whoever tries it elsewhere, as at the emulator, has said so.
            said = settings.provider or environ.get("VEO_PROVIDER")
            usual = provider_named(said) if said else found
            serves = any(one.id == model for one in own_models_at(usual))
            return usual if serves else found, f"the provider of your model {model!r}"
        return found, f"the prefix of the model {model!r}"
    provider, why = _default_provider(model, settings, environ)
    if model and not provider.knows:
        split_model(model)
    return provider, why


def _default_provider(model: str, settings: Settings, environ: Mapping[str, str]) -> tuple[Provider, str]:
    """The provider of requests that name none."""
    if settings.provider:
        return provider_named(settings.provider), "veo.configure(provider=…), %veo use or c.VeoMagics.provider"
    # A configured model with a prefix says where it is served, unless the request names a model of its own.
    if not model and (configured := prefix_of(settings.model or "")):
        return configured, "the prefix of the model that is set"
    named = environ.get("VEO_PROVIDER", "")
    # An address of somebody's own goes with a gateway at most: a key of Google's must not get there.
    if named and (not settings.base_url or _is_gateway_anywhere(provider_named(named))):
        return provider_named(named), source_of("VEO_PROVIDER", environ)
    if settings.base_url:
        return PROVIDERS["server"], "an address that was given without a provider"
    return _provider_with_credentials(environ)


def _is_gateway_anywhere(provider: Provider) -> bool:
    return bool(provider.knows) and goes_anywhere(provider)


def _provider_with_credentials(environ: Mapping[str, str]) -> tuple[Provider, str]:
    """The provider whose address or credentials are there, the first that is found; else the emulator."""
    return next(_credentials_there(environ), (PROVIDERS["emulator"], "no credentials being found"))


def _credentials_there(environ: Mapping[str, str]) -> Iterator[tuple[Provider, str]]:
    """A server of one's own, whose variable has no other use, a project, a proxy, a key, a gateway, other servers."""
    yield from _addressed("server", environ)
    enterprise, key = google_flag(environ), first_set(PROVIDERS["gemini"].key_env, environ)
    if enterprise:
        yield PROVIDERS["agent_platform"], "GOOGLE_GENAI_USE_ENTERPRISE or GOOGLE_GENAI_USE_VERTEXAI"
    if environ.get("GOOGLE_CLOUD_PROJECT") and not (enterprise is False and key):
        yield PROVIDERS["agent_platform"], "GOOGLE_CLOUD_PROJECT"
    if first_set(PROVIDERS["litellm"].url_env, environ):
        yield PROVIDERS["litellm"], "LITELLM_PROXY_API_BASE"
    if key:
        yield PROVIDERS["gemini"], "a Gemini API key"
    for provider in (PROVIDERS["openai"], PROVIDERS["azure"]):
        address = first_set(provider.url_env, environ)
        # A key of OpenAI's own is there for other things: its service has no video model any more.
        elsewhere = address and not (provider.base_url and address.startswith(provider.base_url.removesuffix("/v1")))
        if elsewhere and first_set(provider.key_env, environ):
            yield provider, f"{' or '.join(name for name in provider.url_env if environ.get(name))} and a key for it"
    # Last, since these may be there for texts.
    for name in ("sglang", "vllm", "localai"):
        yield from _addressed(name, environ)


def _addressed(name: str, environ: Mapping[str, str]) -> Iterator[tuple[Provider, str]]:
    provider = PROVIDERS[name]
    yield from ((provider, source_of(variable, environ)) for variable in provider.url_env if environ.get(variable))


def choose_model(provider: Provider, model: str, settings: Settings, offered: Iterable[Model] = ()) -> Model:
    """The catalog's entry for the model to use: the one named, `configure`'s, or the provider's default.

    It has the place's price, where the place has one, unless it is one of your own with a price.

    Args:
        provider: who serves it.
        model: its name; empty for the one that is set.
        settings: as configured.
        offered: what the provider's own list says of its models.

    Raises:
        ConfigError: a price is set for a place whose prices are Google's.
    """
    return priced(model_at(provider, named_model(provider, model, settings), offered), provider, settings)


def priced(model: Model, provider: Provider, settings: Settings) -> Model:
    """A model at the price of the place that serves it, where the place has one; errors as for `choose_model`."""
    price = price_at(provider, settings)
    keeps = model.is_own and not model.is_offered and model.has_price
    return model if price is None or keeps else price.on(model)


def price_at(provider: Provider, settings: Settings) -> PlacePrice | None:
    """What a place charges by its own rates: those that were set for it, else its provider's; None: by the model.

    Raises:
        ConfigError: a price is set for a place whose prices are Google's.
    """
    said = settings.price
    # Whoever's wire is spoken there, an address that was set is the place that its price was set for.
    is_there = settings.base_url and own_settings(settings, provider).base_url
    if said is None or provider.auth == "none" or not (is_there or said.provider in {"", provider.name}):
        return None if provider.price is None else PlacePrice(per_clip=provider.price)
    if not provider.knows and not settings.base_url:
        raise ConfigError(
            f"price: {said} was set, but {provider.label} charges by its own list, which the catalog has. A price is "
            "for servers of your own and for gateways; take it back with veo.configure(price=None)."
        )
    return said


def named_model(provider: Provider, model: str, settings: Settings) -> str:
    """The model as the provider knows it, or an empty text where neither the request nor `configure` names one."""
    wanted = model or settings.model or ""
    prefix = prefix_of(wanted)
    # A configured model belongs to its own provider and must not follow a request elsewhere.
    foreign = not model and prefix is not None and prefix.name != provider.name and not _is_named(provider, settings)
    return "" if foreign else name_at(provider, wanted)


def _is_named(provider: Provider, settings: Settings) -> bool:
    """Whether the settings name a gateway beside the model, whose name may then begin with any word and a slash."""
    return bool(provider.knows and settings.provider) and provider_named(settings.provider or "").name == provider.name


def found_credentials(settings: Settings, environ: Mapping[str, str]) -> list[Found]:
    """Everything that requests could be signed with, in the order in which it is looked for; never a value of it."""
    return [found for provider in tuple(PROVIDERS.values()) for found in _credentials_of(provider, settings, environ)]


def _credentials_of(provider: Provider, settings: Settings, environ: Mapping[str, str]) -> Iterator[Found]:
    own = own_settings(settings, provider)
    # What was configured without a provider is for the one that is used.
    configured = provider.name == choose_provider(None, "", settings, environ).name
    if provider.auth == "google":
        yield from _projects_named(provider, configured and own.project, environ)
        yield from _in_order(provider, "key file", None, (GOOGLE_FILE,), environ)
        kept = gcloud_file(environ)
        if kept is not None and is_there(kept):
            hidden = f"environment {GOOGLE_FILE}" if environ.get(GOOGLE_FILE) else ""
            yield Found(provider, "credentials", LOGIN, hidden)
    key_env = provider.key_env if provider.auth != "google" or google_flag(environ) else ()
    yield from _in_order(provider, "key", configured and own.api_key, key_env, environ)
    yield from _in_order(provider, "address", configured and own.base_url, provider.url_env, environ)


def _projects_named(provider: Provider, configured: object, environ: Mapping[str, str]) -> Iterator[Found]:
    """Where the project is named; by the file that signs only if nothing else names one."""
    named = [*_in_order(provider, "project", configured, ("GOOGLE_CLOUD_PROJECT",), environ)]
    yield from named
    # A file that cannot be used is told of when a request is signed.
    with suppress(ConfigError):
        _, source = ("", "") if named else project_of(environ)
        if source:
            yield Found(provider, "project", source)


def _in_order(
    provider: Provider, what: str, configured: object, names: tuple[str, ...], environ: Mapping[str, str]
) -> Iterator[Found]:
    sources = ["configure()"] if configured else []
    sources += [source_of(name, environ) for name in names if environ.get(name)]
    for source in sources:
        yield Found(provider, what, source, "" if source is sources[0] else sources[0])
