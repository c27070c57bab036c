"""Which provider and model a request goes to, what has decided it, and which credentials were found on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from .catalog import Model
from .config import Settings, first_set, google_flag, own_settings, said_address
from .errors import ConfigError
from .google_files import LOGIN, gcloud_file, project_of
from .google_files import VARIABLE as GOOGLE_FILE
from .paths import is_there
from .providers import PROVIDERS, Provider, at_address, model_at, name_at, prefix_of, provider_named, split_model
from .surroundings import source_of


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
    provider, why = _decided(name, model, settings, environ)
    return at_address(provider, said_address(own_settings(settings, provider), provider, environ)), why


def _decided(name: str | None, model: str, settings: Settings, environ: Mapping[str, str]) -> tuple[Provider, str]:
    if name:
        return provider_named(name), "the argument provider"
    if found := prefix_of(model):
        return found, f"the prefix of the model {model!r}"
    provider, why = _standing(model, settings, environ)
    if model and not provider.knows:
        split_model(model)
    return provider, why


def _standing(model: str, settings: Settings, environ: Mapping[str, str]) -> tuple[Provider, str]:
    """The provider of requests that name none."""
    if settings.provider:
        return provider_named(settings.provider), "veo.configure(provider=…), %veo use or c.VeoMagics.provider"
    # A configured model with a prefix says where it is served, unless the request names a model of its own.
    if not model and (configured := prefix_of(settings.model or "")):
        return configured, "the prefix of the model that is set"
    if named := environ.get("VEO_PROVIDER"):
        return provider_named(named), source_of("VEO_PROVIDER", environ)
    return _found(environ)


def _found(environ: Mapping[str, str]) -> tuple[Provider, str]:
    """The provider whose credentials are there: a project, a proxy, a key, a gateway; else the emulator."""
    enterprise, key = google_flag(environ), first_set(PROVIDERS["gemini"].key_env, environ)
    if enterprise:
        return PROVIDERS["agent_platform"], "GOOGLE_GENAI_USE_ENTERPRISE or GOOGLE_GENAI_USE_VERTEXAI"
    if environ.get("GOOGLE_CLOUD_PROJECT") and not (enterprise is False and key):
        return PROVIDERS["agent_platform"], "GOOGLE_CLOUD_PROJECT"
    if first_set(PROVIDERS["litellm"].url_env, environ):
        return PROVIDERS["litellm"], "LITELLM_PROXY_API_BASE"
    if key:
        return PROVIDERS["gemini"], "a Gemini API key"
    for provider in (PROVIDERS["openai"], PROVIDERS["azure"]):
        address = first_set(provider.url_env, environ)
        # A key of OpenAI's own is there for other things: its service has no video model any more.
        elsewhere = address and not (provider.base_url and address.startswith(provider.base_url.removesuffix("/v1")))
        if elsewhere and first_set(provider.key_env, environ):
            return provider, f"{' or '.join(name for name in provider.url_env if environ.get(name))} and a key for it"
    return PROVIDERS["emulator"], "no credentials being found"


def choose_model(provider: Provider, model: str, settings: Settings) -> Model:
    """The catalog's entry for the model to use: the one named, `configure`'s, or the provider's default."""
    return model_at(provider, named_model(provider, model, settings))


def named_model(provider: Provider, model: str, settings: Settings) -> str:
    """The model as the provider knows it, or an empty text where neither the request nor `configure` names one."""
    wanted = model or settings.model or ""
    prefix = prefix_of(wanted)
    # A configured model belongs to its own provider and must not follow a request elsewhere.
    foreign = not model and prefix is not None and prefix.name != provider.name
    return "" if foreign else name_at(provider, wanted)


def found_credentials(settings: Settings, environ: Mapping[str, str]) -> list[Found]:
    """Everything that requests could be signed with, in the order in which it is looked for; never a value of it."""
    return [found for provider in tuple(PROVIDERS.values()) for found in _of(provider, settings, environ)]


def _of(provider: Provider, settings: Settings, environ: Mapping[str, str]) -> Iterator[Found]:
    own = own_settings(settings, provider)
    # What was configured without a provider is for the one that is used.
    configured = provider.name == choose_provider(None, "", settings, environ).name
    if provider.auth == "google":
        yield from _project(provider, configured and own.project, environ)
        yield from _listed(provider, "key file", None, (GOOGLE_FILE,), environ)
        kept = gcloud_file(environ)
        if kept is not None and is_there(kept):
            hidden = f"environment {GOOGLE_FILE}" if environ.get(GOOGLE_FILE) else ""
            yield Found(provider, "credentials", LOGIN, hidden)
    key_env = provider.key_env if provider.auth != "google" or google_flag(environ) else ()
    yield from _listed(provider, "key", configured and own.api_key, key_env, environ)
    yield from _listed(provider, "address", configured and own.base_url, provider.url_env, environ)


def _project(provider: Provider, configured: object, environ: Mapping[str, str]) -> Iterator[Found]:
    """Where the project is named; by the file that signs only if nothing else names one."""
    named = [*_listed(provider, "project", configured, ("GOOGLE_CLOUD_PROJECT",), environ)]
    yield from named
    # A file that cannot be used is told of when a request is signed.
    with suppress(ConfigError):
        _, source = ("", "") if named else project_of(environ)
        if source:
            yield Found(provider, "project", source)


def _listed(
    provider: Provider, what: str, configured: object, names: tuple[str, ...], environ: Mapping[str, str]
) -> Iterator[Found]:
    sources = ["configure()"] if configured else []
    sources += [source_of(name, environ) for name in names if environ.get(name)]
    for source in sources:
        yield Found(provider, what, source, "" if source is sources[0] else sources[0])
