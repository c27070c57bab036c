"""What every model can do and costs, as a table drawn from the catalog."""

from __future__ import annotations

from collections.abc import Iterable

from ..domain.catalog import Model
from ..domain.catalog import models as catalog
from ..domain.errors import InvalidRequestError
from ..domain.tables import Table
from . import own_models
from .registry import PROVIDERS, Provider, own_models_at, provider_named

_COLUMNS = ("model", "provider", "status", "seconds", "ratios", "US$ a second", "clips", "can", "ends")


def model_table(provider: str | None, today: str, *, retired: bool = False) -> Table:
    """One row for each model at each provider.

    Args:
        provider: a name or prefix; None for all that serve models of the catalog under its names.
        today: an ISO date.
        retired: whether to list models that have ended, too.

    Raises:
        InvalidRequestError: the provider's models are named by its operator.
    """
    chosen = [provider_named(provider)] if provider else _with_own_models(tuple(PROVIDERS.values()))
    own = _own_rows(chosen[0] if provider else None, today)
    if not _with_own_models(tuple(chosen)) and not own:
        raise InvalidRequestError(
            f"provider: the models of {chosen[0].label} are named by its operator; %veo doctor lists those it has, and "
            "veo.add_model(…) describes one of them.",
            parameter="provider",
            value=provider,
        )
    rows = [
        _row(model, place.name, today)
        for place in _with_own_models(tuple(chosen))
        for surface in place.surfaces
        for model in catalog()
        if model.surface == surface and (retired or not model.is_retired(today))
    ]
    # A sort keeps the order of equals: those that have ended go below.
    rows = sorted([*own, *rows], key=lambda row: row[_COLUMNS.index("status")] == "ended")
    # The emulator has a model by both of Google's surfaces, and the two read the same here.
    return Table(_COLUMNS, dict.fromkeys(rows), "Prices are those of the catalog; --dry-run shows that of a request.")


def own_table(models: Iterable[Model], today: str) -> Table:
    """Models of one's own alone; see `model_table`."""
    return Table(_COLUMNS, [_row(model, _provider_of(model), today) for model in models])


def _provider_of(model: Model) -> str:
    return model.provider or model.surface or "any gateway"


def _own_rows(place: Provider | None, today: str) -> list[tuple[object, ...]]:
    """The models of one's own at a provider; without one, each once."""
    if place is not None:
        return [_row(model, place.name, today) for model in own_models_at(place)]
    return [_row(model, _provider_of(model), today) for model in own_models.described()]


def _with_own_models(providers: tuple[Provider, ...]) -> list[Provider]:
    """Those that go by the catalog, without the emulator, which serves what all of them do."""
    return [place for place in providers if not place.knows and (place.auth != "none" or len(providers) == 1)]


def _row(model: Model, provider: str, today: str) -> tuple[object, ...]:
    status = "ended" if model.is_retired(today) else "your own" if model.is_own else model.status
    return (
        model.id,
        provider,
        status,
        _list_durations(model),
        ", ".join(model.aspect_ratios or model.sizes),
        price_text(model),
        model.max_samples,
        ", ".join(_abilities(model)),
        f"{model.shut_down} (unconfirmed)" if model.shut_down and model.ends_perhaps else model.shut_down or "",
    )


def price_text(model: Model) -> str:
    """What a model costs, in few words: its rates by resolution, a price for a clip, ``free`` or ``unknown``."""
    if model.is_free:
        return "free"
    rates = [f"{lines} {usd:g}".strip() for lines, usd in model.usd_per_second.items()]
    return ", ".join([*rates, *([f"{model.usd_per_clip:g} a clip"] if model.usd_per_clip else [])]) or "unknown"


def _list_durations(model: Model) -> str:
    if model.durations_continuous and model.durations_s:
        return f"{min(model.durations_s):g} to {max(model.durations_s):g}"
    return ", ".join(f"{seconds:g}" for seconds in model.durations_s)


def _abilities(model: Model) -> list[str]:
    images, videos = model.reference_images_max, model.reference_videos_max
    able = {
        "sound": model.audio,
        "first frame": model.image_to_video,
        "last frame": model.last_frame,
        f"{images} reference images": images,
        f"{videos} reference clips": videos,
        "extend": model.extension is not None,
        "edit": model.edit,
        "upscale": model.upscales,
        "negative prompt": model.negative_prompt,
        "seed": model.seed,
    }
    return [name for name, has in able.items() if has]
