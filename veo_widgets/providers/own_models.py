"""Models of one's own at a provider: which of them it serves, and by which wire.

Another package adds models by an entry point of the group `GROUP` that names a list of tables with the fields of
``catalog.json``, or a function that returns one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from ..domain.catalog import AGENT_PLATFORM, GEMINI_API, OPENAI, Model, describe, own_models, own_models_in
from .plugins import take_plugins

# Where other packages register models.
GROUP = "veo_widgets.models"
_GOOGLES = (AGENT_PLATFORM, GEMINI_API)


def described() -> tuple[Model, ...]:
    """All models of one's own, as they were described."""
    _load_packages()
    return own_models()


def named(model_id: str) -> Model | None:
    """The first model of one's own with this id, whole: it may hold slashes."""
    return next((model for model in described() if model.id == model_id), None)


def served_at(names: Iterable[str], surfaces: tuple[str, ...], knows: tuple[str, ...]) -> list[Model]:
    """The models of one's own at a provider, each with its surface and its wire there; the first of an id counts.

    Args:
        names: the provider's name and prefixes.
        surfaces: as `registry.Provider` has them.
        knows: likewise.
    """
    found: dict[str, Model] = {}
    for model in described():
        if _is_served(model, tuple(names), surfaces, knows):
            found.setdefault(model.id, _placed(model, surfaces))
    return list(found.values())


def _is_served(model: Model, names: tuple[str, ...], surfaces: tuple[str, ...], knows: tuple[str, ...]) -> bool:
    # The emulator stands for whoever serves a model.
    if "emulator" in names:
        return True
    if model.provider:
        return model.provider in names
    # Without a provider, one that says whose surface it has overrides an entry there, and any other is a gateway's.
    return model.surface in (*surfaces, *knows) if model.surface else bool(knows)


def _placed(model: Model, surfaces: tuple[str, ...]) -> Model:
    surface = model.surface or (OPENAI if OPENAI in surfaces else surfaces[0])
    return replace(model, surface=surface, api=model.api or _usual_api(surface))


def _usual_api(surface: str) -> str:
    return "predictLongRunning" if surface in _GOOGLES else "openai_videos"


@cache
def _load_packages() -> None:
    """Add the models that other packages have registered under `GROUP`, once in a process."""
    found: list[Model] = []

    def take(loaded: Any, where: str) -> None:
        found.extend(own_models_in(list(loaded() if callable(loaded) else loaded), f"the package {where}"))

    take_plugins(GROUP, "model list", take)
    describe("package", found)
