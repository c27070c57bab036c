"""What another catalog says otherwise: models added, ended and gone, prices, and other fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from .catalog import Catalog, Model

# Said of each entry, and no news of the model.
_ASIDE = {"checked_on", "source", "notes", "more"}
_PRICES = ("usd_per_second", "usd_per_clip", "usd_per_million_tokens", "upscale_tokens_per_second")
Change = tuple[str, str, str]


def changes(before: Catalog, after: Catalog, today: str) -> list[Change]:
    """Model, surface and what changes, in the order of the newer catalog; models that are gone come last.

    Args:
        before: the catalog that counts.
        after: the one that is to count.
        today: an ISO date, to tell which models have ended.
    """
    old = {(model.id, model.surface): model for model in before.models}
    new = {(model.id, model.surface): model for model in after.models}
    found = [(*place, what) for place, model in new.items() for what in _news(old.get(place), model, today)]
    return [*found, *((*place, "no longer listed") for place in old if place not in new)]


def _news(before: Model | None, after: Model, today: str) -> Iterator[str]:
    if before is None:
        yield f"new: {after.status}"
        return
    if after.is_retired(today) and not before.is_retired(today):
        instead = f"; use {after.replacement}" if after.replacement else ""
        yield f"ended{f' on {after.shut_down}' if after.shut_down else ''}{instead}"
    for name in _PRICES:
        if getattr(before, name) != getattr(after, name):
            yield f"{name}: {_shown(getattr(before, name))} → {_shown(getattr(after, name))}"
    names = [item.name for item in fields(Model) if item.name not in {*_ASIDE, *_PRICES}]
    other = [name for name in names if getattr(before, name) != getattr(after, name)]
    if other:
        yield f"changed: {', '.join(other)}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {amount:g}".strip() for name, amount in value.items()) or "unknown"
    return "unknown" if value is None else str(value)
