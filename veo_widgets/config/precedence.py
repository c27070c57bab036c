"""What is set, and where: the order in which settings are looked for.

An argument goes before `configure` and ``%veo use``, these before ``c.VeoMagics.…``, that before the environment and a
``.env`` file, and these before ``[tool.veo_widgets]`` in the nearest ``pyproject.toml``. Whatever names a provider
takes nothing of what is set further down for another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .choice import Found, chosen, found_credentials, named_model
from .config import Settings, clips_folder, home, provider_of
from .errors import ConfigError
from .paths import fixed
from .providers import Provider
from .surroundings import Surroundings, source_of
from .tables import Table

_ORDER = "An argument goes first, then configure() and %veo use, c.VeoMagics, the environment, .env, pyproject.toml."
_PER_PROVIDER = ("provider", "model", "api_key", "base_url", "project", "location")
_SHARED = ("folder", "requests_per_minute")
_VARIABLES = {
    "model": "VEO_MODEL",
    "folder": "VEO_FOLDER",
    "requests_per_minute": "VEO_REQUESTS_PER_MINUTE",
    "location": "GOOGLE_CLOUD_LOCATION",
}


def standing(configured: Settings, defaults: Settings, around: Surroundings) -> Settings:
    """The settings in force, but for what the environment says of a provider and its account.

    Args:
        configured: by `configure`.
        defaults: by ``c.VeoMagics.…``.
        around: the environment and the files behind it.
    """
    upper = _layered(configured, defaults)
    whole = upper
    for layer in around.maps:
        whole = _layered(whole, _of_variables(layer))
    # Which provider the environment names is looked up where the choice is made, which tells of it.
    return replace(whole, provider=upper.provider)


def _layered(upper: Settings, lower: Settings) -> Settings:
    """`upper`, with what it leaves open from `lower`, unless that is meant for another provider."""
    above, below = provider_of(upper), provider_of(lower)
    names = _SHARED if above is not None and above is not below else (*_PER_PROVIDER, *_SHARED)
    open_names = [name for name in names if getattr(upper, name) is None]
    return replace(upper, **{name: getattr(lower, name) for name in open_names})


def _of_variables(layer: Mapping[str, str]) -> Settings:
    number, folder = layer.get("VEO_REQUESTS_PER_MINUTE"), layer.get("VEO_FOLDER")
    if number and not (number.isdecimal() and int(number) > 0):
        raise ConfigError(f"VEO_REQUESTS_PER_MINUTE: {number!r} is not a number of requests; give a whole number.")
    return Settings(
        provider=layer.get("VEO_PROVIDER") or None,
        model=layer.get("VEO_MODEL") or None,
        folder=fixed(folder, "folder") if folder else None,
        requests_per_minute=int(number) if number else None,
    )


def settings_table(configured: Settings, defaults: Settings, around: Surroundings) -> Table:
    """Every setting, its value and where that comes from; of keys only the latter."""
    now = standing(configured, defaults, around)
    provider, why = chosen(None, "", now, around)
    model = named_model(provider, "", now) or provider.default_model or "the only one that it lists"
    rows: list[tuple[str, object, str]] = [("profile", configured.profile or "none", "")]
    rows += [("provider", provider.name, why), ("model", model, _source("model", model, configured, defaults, around))]
    rows += [
        (found.what, _hidden(found), found.source) for found in found_credentials(now, around) if _used(found, provider)
    ]
    for name, value in (
        ("location", now.location or around.get("GOOGLE_CLOUD_LOCATION")),
        ("folder", clips_folder(now)),
        ("requests_per_minute", now.requests_per_minute),
    ):
        rows.append((name, value, _source(name, value, configured, defaults, around)))
    ledger = "environment VEO_WIDGETS_HOME" if around.get("VEO_WIDGETS_HOME") else "default"
    return Table(("setting", "value", "from"), [*rows, ("ledger", home() / "ledger.sqlite3", ledger)], _ORDER)


def _hidden(found: Found) -> str:
    return "found, and not shown" if found.what in {"key", "credentials"} else "found"


def _used(found: Found, provider: Provider) -> bool:
    return found.provider.name == provider.name and not found.shadowed_by


def _source(name: str, value: object, configured: Settings, defaults: Settings, around: Surroundings) -> str:
    if value is None:
        return ""
    for settings, source in ((configured, "configure()"), (defaults, "c.VeoMagics")):
        said = getattr(settings, name)
        if said is not None and str(said).rpartition("/")[2] == str(value).rpartition("/")[2]:
            return source
    variable = _VARIABLES[name]
    said = around.get(variable, "")
    return (
        source_of(variable, around) if said and said.rpartition("/")[2] == str(value).rpartition("/")[2] else "default"
    )
