"""What is set, and where: the order in which settings are looked for.

An argument goes before `configure` and ``%veo use``, these before ``c.VeoMagics.…``, that before the environment and a
``.env`` file, and these before ``[tool.veo_widgets]`` in the nearest ``pyproject.toml``. Whatever names a provider
takes nothing of what is set further down for another one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from ..domain.errors import ConfigError
from ..domain.place_prices import PlacePrice
from ..domain.spender import spender_name
from ..domain.tables import Table
from ..providers.registry import Provider
from .environment import Environment, source_of
from .resolution import Found, chosen, found_credentials, named_model, price_at
from .settings import Settings, clips_folder, first_set, folder_of, goes_anywhere, home, ledger_place, provider_of

_ORDER = "An argument goes first, then configure() and %veo use, c.VeoMagics, the environment, .env, pyproject.toml."
_PER_PROVIDER = ("provider", "model", "api_key", "base_url", "project", "location", "price")
_SHARED = ("folder", "requests_per_minute", "budget_project")
_VARIABLES = {
    "model": "VEO_MODEL",
    "folder": "VEO_FOLDER",
    "requests_per_minute": "VEO_REQUESTS_PER_MINUTE",
    "budget_project": "VEO_PROJECT",
    "location": "GOOGLE_CLOUD_LOCATION",
}


def settings_in_force(configured: Settings, defaults: Settings, environ: Environment) -> Settings:
    """The settings in force, but for what the environment says of a provider and its account.

    Args:
        configured: by `configure`.
        defaults: by ``c.VeoMagics.…``.
        environ: the environment and the files behind it.
    """
    upper = _layered(configured, defaults)
    whole = upper
    for layer in environ.maps:
        whole = _layered(whole, _settings_of_layer(layer))
    # Which provider the environment names is looked up where the choice is made, which tells of it.
    whole = replace(whole, provider=upper.provider)
    return _with_price_of_its_place(whole, from_project=whole.price != upper.price, environ=environ)


def _with_price_of_its_place(settings: Settings, *, from_project: bool, environ: Environment) -> Settings:
    """The settings with their price meant for the place that they choose, so that it holds at no other.

    Raises:
        ConfigError: the file of a project says what a paid service costs.
    """
    if settings.price is None:
        return settings
    provider = chosen(None, "", settings, environ)[0]
    shared = from_project and not any(layer.get("VEO_PRICE") for layer in environ.maps[:2])
    keyed = provider.keyless != "always" or settings.api_key or first_set(provider.key_env, environ)
    if shared and keyed and provider.auth != "none":
        raise ConfigError(
            f"pyproject.toml, [tool.veo_widgets]: price is {settings.price}, but {provider.label} is paid with your "
            "key, and a file that came with a project must not say what that costs. Set it by veo.configure(price=…)."
        )
    return replace(settings, price=replace(settings.price, provider=provider.name))


def _layered(upper: Settings, lower: Settings) -> Settings:
    """`upper`, with what it leaves open from `lower`, unless that is meant for another provider."""
    above, below = provider_of(upper), provider_of(lower)
    # A key, an address or a model belongs to its provider, and a key must not reach another.
    foreign = above is not None and above is not below
    # So it is with an address that was given for no provider in particular, if the one below has another.
    foreign = foreign or (bool(upper.base_url) and above is None and not _takes_address(below))
    names = _SHARED if foreign else (*_PER_PROVIDER, *_SHARED)
    open_names = [name for name in names if getattr(upper, name) is None]
    return replace(upper, **{name: getattr(lower, name) for name in open_names})


def _takes_address(below: Provider | None) -> bool:
    """Whether an address from further up may be meant for the provider that is named further down, if one is."""
    return below is None or bool(below.knows and goes_anywhere(below))


def _settings_of_layer(layer: Mapping[str, str]) -> Settings:
    number, folder = layer.get("VEO_REQUESTS_PER_MINUTE"), layer.get("VEO_FOLDER")
    project = layer.get("VEO_PROJECT")
    if number and not (number.isdecimal() and int(number) > 0):
        raise ConfigError(f"VEO_REQUESTS_PER_MINUTE: {number!r} is not a number of requests; give a whole number.")
    return Settings(
        provider=layer.get("VEO_PROVIDER") or None,
        model=layer.get("VEO_MODEL") or None,
        folder=folder_of(folder, "folder") if folder else None,
        requests_per_minute=int(number) if number else None,
        price=PlacePrice.of(layer["VEO_PRICE"], "VEO_PRICE") if layer.get("VEO_PRICE") else None,
        budget_project=spender_name(project, "VEO_PROJECT") if project else None,
    )


def settings_table(configured: Settings, defaults: Settings, environ: Environment) -> Table:
    """Every setting, its value and where that comes from; of keys only the latter."""
    now = settings_in_force(configured, defaults, environ)
    provider, why = chosen(None, "", now, environ)
    model = named_model(provider, "", now) or provider.default_model or "the only one that it lists"
    rows: list[tuple[str, object, str]] = [("profile", configured.profile or "none", "")]
    rows += [("provider", provider.name, why), ("model", model, _source("model", model, configured, defaults, environ))]
    rows += [
        (found.what, _shown_value(found), found.source)
        for found in found_credentials(now, environ)
        if _is_used_by(found, provider)
    ]
    for name, value in (
        ("location", now.location or environ.get("GOOGLE_CLOUD_LOCATION")),
        ("folder", now.bucket or clips_folder(now)),
        ("requests_per_minute", now.requests_per_minute),
        ("budget_project", now.budget_project),
    ):
        rows.append((name, value, _source(name, value, configured, defaults, environ)))
    if provider.knows:
        rows.append(("price", price_at(provider, now) or "the model's", _source_of_price(now, configured, environ)))
    place = ledger_place(home())
    variables = ("VEO_LEDGER_URL",) if place.url else ("VEO_WIDGETS_HOME",)
    ledger = next((f"environment {name}" for name in variables if os.environ.get(name)), "default")
    return Table(("setting", "value", "from"), [*rows, ("ledger", str(place), ledger)], _ORDER)


def _shown_value(found: Found) -> str:
    return "found, and not shown" if found.what in {"key", "credentials"} else "found"


def _is_used_by(found: Found, provider: Provider) -> bool:
    return found.provider.name == provider.name and not found.shadowed_by


def _source_of_price(now: Settings, configured: Settings, environ: Environment) -> str:
    if now.price is None:
        return "default"
    return "configure()" if configured.price else source_of("VEO_PRICE", environ)


def _source(name: str, value: object, configured: Settings, defaults: Settings, environ: Environment) -> str:
    if value is None:
        return ""
    for settings, source in ((configured, "configure()"), (defaults, "c.VeoMagics")):
        said = getattr(settings, name)
        if said is not None and str(said).rpartition("/")[2] == str(value).rpartition("/")[2]:
            return source
    variable = _VARIABLES[name]
    said = environ.get(variable, "")
    return (
        source_of(variable, environ) if said and said.rpartition("/")[2] == str(value).rpartition("/")[2] else "default"
    )
