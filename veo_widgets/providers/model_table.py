"""What every model can do and costs, as a table drawn from the catalog."""

from __future__ import annotations

from .catalog import Model
from .catalog import models as catalog
from .errors import InvalidRequestError
from .providers import PROVIDERS, Provider, provider_named
from .tables import Table

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
    chosen = [provider_named(provider)] if provider else _own(tuple(PROVIDERS.values()))
    if not _own(tuple(chosen)):
        raise InvalidRequestError(
            f"provider: the models of {chosen[0].label} are named by its operator; %veo doctor lists those it has.",
            parameter="provider",
            value=provider,
        )
    rows = [
        _row(model, place, today)
        for place in chosen
        for surface in place.surfaces
        for model in catalog()
        if model.surface == surface and (retired or not model.is_retired(today))
    ]
    # A sort keeps the order of equals: those that have ended go below.
    rows.sort(key=lambda row: row[_COLUMNS.index("status")] == "ended")
    return Table(_COLUMNS, dict.fromkeys(rows), "Prices are those of the catalog; --dry-run shows that of a request.")


def _own(providers: tuple[Provider, ...]) -> list[Provider]:
    """Those that go by the catalog, without the emulator, which serves what all of them do."""
    return [place for place in providers if not place.knows and (place.auth != "none" or len(providers) == 1)]


def _row(model: Model, provider: Provider, today: str) -> tuple[object, ...]:
    status = "ended" if model.is_retired(today) else model.status
    return (
        model.id,
        provider.name,
        status,
        _seconds(model),
        ", ".join(model.aspect_ratios),
        ", ".join(f"{lines} {usd:g}" for lines, usd in model.usd_per_second.items()) or "unknown",
        model.max_samples,
        ", ".join(_abilities(model)),
        model.shut_down or "",
    )


def _seconds(model: Model) -> str:
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
