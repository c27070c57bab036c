"""What every model can do and costs: the shipped ``catalog.json`` or a newer one, and the models of one's own.

One entry per model and surface: the same model has other limits at the Gemini Developer API than at the Agent Platform.
Each entry of the catalog names its sources, what about it is unconfirmed, and the day it was checked. Models of one's
own stand beside it, in layers: those of the session come first, then the project's, the user's, and other packages'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from .errors import UnknownModelError, nearest
from .model import (
    AGENT_PLATFORM,
    AZURE_OPENAI,
    GEMINI_API,
    OFFERED,
    OPENAI,
    ExtraParam,
    Model,
    TypicalSeconds,
    unlisted,
)
from .model_entries import fault_of, own_models_in, read_catalog
from .model_fields import EntryError
from .safe_json import read_json

__all__ = [
    "AGENT_PLATFORM",
    "AZURE_OPENAI",
    "GEMINI_API",
    "OFFERED",
    "OPENAI",
    "Catalog",
    "EntryError",
    "ExtraParam",
    "Layer",
    "Model",
    "TypicalSeconds",
    "current",
    "describe",
    "fault_of",
    "find",
    "models",
    "models_in",
    "own_models",
    "own_models_in",
    "read",
    "shipped",
    "unlisted",
    "use",
]

Layer = Literal["session", "project", "user", "package"]
_LAYERS: tuple[Layer, ...] = ("session", "project", "user", "package")
# More than a catalog of thousands of models has.
MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class Catalog:
    """The models of one catalog file.

    Attributes:
        checked_on: the ISO date of the last look at its sources.
        models: every model on every surface, in the file's order.
        source: the file, for people; empty for the shipped one.
    """

    checked_on: str
    models: tuple[Model, ...]
    source: str = ""


# A process has one working folder and one user, so what they describe holds for all of it.
_own: dict[Layer, tuple[Model, ...]] = {}
_newer: Catalog | None = None


@cache
def shipped() -> Catalog:
    """The catalog that came with the package."""
    # Beside the module, where it lies in a wheel too.
    return read(Path(__file__).with_name("catalog.json").read_bytes())


def read(data: bytes, source: str = "") -> Catalog:
    """The catalog in a file, checked whole.

    Args:
        data: the file.
        source: where it is from, for messages.

    Raises:
        EntryError: a field of a model is wrong; the message names it.
        ValueError: it is no catalog.
    """
    checked_on, models = read_catalog(read_json(data), source or "catalog.json")
    return Catalog(checked_on, models, source)


def use(newer: Catalog | None) -> None:
    """Go by another catalog than the shipped one if it is newer; None goes back."""
    global _newer  # noqa: PLW0603 (one catalog for the whole process)
    _newer = newer if newer and newer.checked_on > shipped().checked_on else None


def current() -> Catalog:
    """The catalog that counts."""
    return _newer or shipped()


def models() -> tuple[Model, ...]:
    """Every model of the catalog on every surface, in its order; those of one's own are in `own_models`."""
    return current().models


def describe(layer: Layer, described: Iterable[Model]) -> None:
    """Put models of one's own into a layer, instead of those that are in it."""
    _own[layer] = tuple(described)


def own_models(layer: Layer | None = None) -> tuple[Model, ...]:
    """The models of one's own, of one layer or of all: what is described twice counts as it is described first."""
    found: dict[tuple[str, str, str], Model] = {}
    for name in _LAYERS if layer is None else (layer,):
        for model in _own.get(name, ()):
            found.setdefault((model.id, model.provider, model.surface), model)
    return tuple(found.values())


def models_in(path: Path) -> tuple[Model, ...]:
    """The models that a file describes: TOML with ``[[models]]`` or ``[[tool.veo_widgets.models]]``, or JSON.

    Raises:
        OSError: it cannot be read.
        EntryError: a field of a model is wrong; the message names it.
        ValueError: it is neither TOML nor JSON.
    """
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path}: it is larger than {MOST_BYTES >> 20} MB.")
    if path.suffix == ".json":
        return own_models_in(read_json(data), str(path))
    import tomllib

    document: Mapping[str, Any] = tomllib.loads(data.decode("utf-8-sig"))
    section = document.get("tool", {}).get("veo_widgets", {}) if "models" not in document else document
    return own_models_in(section.get("models", []), str(path))


def find(model_id: str, surfaces: Iterable[str]) -> Model:
    """The entry for `model_id` on the first of `surfaces` that has it.

    Args:
        model_id: the id without a provider's prefix, such as ``veo-3.1-generate-001``.
        surfaces: surface names in order of preference.

    Raises:
        UnknownModelError: none of the surfaces lists the model.
    """
    wanted = tuple(surfaces)
    for surface in wanted:
        for model in models():
            if model.id == model_id and model.surface == surface:
                return model
    # Whoever has the right id and the wrong provider is told so, and not that of another model.
    elsewhere = [model.surface for model in models() if model.id == model_id]
    # A model that has been shut down is no advice.
    ids = sorted({model.id for model in models() if model.surface in wanted and model.status != "shut_down"})
    raise UnknownModelError(
        f"model: {model_id!r} is not known at {' or '.join(wanted)}; known are {', '.join(ids)}."
        + (f" It is at {' and '.join(elsewhere)}." if elsewhere else nearest(model_id, ids)),
        parameter="model",
        value=model_id,
        allowed=ids,
    )
