"""What a comparison would send: prompts times models times seeds, cheap first, and one clip of it made well."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from ..arguments import COUNT, SEVERAL, refusal
from ..catalog import Model, models
from ..errors import InvalidRequestError, VeoError
from ..params import SIZES
from ..planning import Plan
from ..pricing import Cost
from ..record import JobRecord

# More would be a batch, not something to look at side by side.
MOST = 64

Planner = Callable[..., Plan]


def drafts(
    plan: Planner,
    prompts: str | Iterable[str],
    seeds: int | Iterable[int] | None = None,
    models: str | Iterable[str] | None = None,
    *,
    draft: bool = True,
    **values: Any,
) -> list[Plan]:
    """Plan every combination; nothing is sent.

    Args:
        plan: `Client.plan`.
        prompts: one or several.
        seeds: the seeds, or how many to draw; by default one is drawn, so that a clip can be made again.
        models: one or several; by default the cheapest of the family of the model that would be used.
        draft: make them at the model's lowest resolution, unless one is given.
        values: as for `veo_widgets.submit`.

    Raises:
        InvalidRequestError: a combination breaks a rule, or there are more than 64.
    """
    named: list[str | None] = [*_listed(models)] or [_model_of(plan, draft, values)]
    words = _listed(prompts) or [""]
    numbers = _seeds(seeds)
    count = len(words) * len(named) * max(1, len(numbers))
    if count > MOST:
        message = f"compare: {count} clips are too many to look at side by side; at most {MOST}."
        raise InvalidRequestError(message, parameter="compare", value=count)
    return list(_combined(plan, words, named, numbers, drawn=seeds is None, draft=draft, values=values))


def _combined(
    plan: Planner,
    prompts: Sequence[str],
    names: Sequence[str | None],
    seeds: Sequence[int],
    *,
    drawn: bool,
    draft: bool,
    values: dict[str, Any],
) -> Iterator[Plan]:
    for prompt, name, seed in product(prompts, names, seeds):
        said = {**values, **({"model": name} if name else {})}
        found = plan(prompt, **said)
        if not drawn or found.model.seed:
            said["seed"] = seed
        if draft and "resolution" not in values and "size" not in values and found.model.resolutions:
            said["resolution"] = _lowest(found.model)
        found = plan(prompt, **said)
        for violation in found.violations:
            raise violation
        yield found


def _listed(given: str | Iterable[str] | None) -> list[str]:
    if given is None or isinstance(given, str):
        return [given] if given else []
    listed = list(given) if SEVERAL.fits(given) else [None]
    if not all(isinstance(item, str) for item in listed):
        raise refusal("compare", given, "text or several texts")
    return [str(item) for item in listed]


def _seeds(given: int | Iterable[int] | None) -> list[int]:
    if given is None or COUNT.fits(given):
        return [secrets.randbelow(2**32) for _ in range(1 if given is None else int(str(given)))]
    if not SEVERAL.fits(given):
        raise refusal("seeds", given, "how many seeds to draw, or a list of them")
    return list(given)  # type: ignore[arg-type]


def lines(resolution: str) -> int:
    """The lines of a resolution, to tell which is higher."""
    return min(SIZES.get(("16:9", resolution), (0, 0)))


def _lowest(model: Model) -> str:
    return min(model.resolutions, key=lines)


def _model_of(plan: Planner, draft: bool, values: dict[str, Any]) -> str | None:  # noqa: FBT001 (passed on)
    """The cheapest model of the family, where it takes such a request; None leaves the choice to the planner."""
    if not draft or values.get("model"):
        return None
    first = plan("a draft", **values)
    family = [
        model
        for model in models()
        if model.family == first.model.family and model.surface == first.model.surface and _rate(model) is not None
    ]
    for model in sorted(family, key=lambda model: _rate(model) or 0):
        try:
            found = plan("a draft", **{**values, "model": model.id, "provider": first.provider.name})
        except VeoError:
            continue
        if not found.violations:
            return f"{first.provider.prefixes[0]}/{model.id}"
    return None


def _rate(model: Model) -> float | None:
    return model.usd_per_second.get(_lowest(model)) if model.resolutions else None


def rendering(plan: Planner, record: JobRecord, resolution: str) -> Plan | None:
    """The plan of a clip made again with more lines, at the same place and with the same seed.

    Args:
        plan: `AsyncClient.plan`.
        record: the job that made it.
        resolution: the lines wanted; where the model has fewer, its most.

    Returns:
        The plan; None if the clip has as many lines already, or cannot be made again.
    """
    values = record.request.said()
    prompt = values.pop("prompt", "")
    values |= {"provider": record.provider, "profile": record.profile or None, "samples": None}
    try:
        before = plan(prompt, **values)
        values["resolution"] = _within(before.model, resolution)
        if lines(values["resolution"]) <= lines(before.full.resolution or ""):
            return None
        found = plan(prompt, **values)
        if {error.parameter for error in found.violations} == {"duration_seconds"}:
            # As many lines may come at one length only.
            found = plan(prompt, **{**values, "duration_seconds": None})
    except VeoError:
        return None
    return None if found.violations else found


def _within(model: Model, resolution: str) -> str:
    fitting = [name for name in model.resolutions if lines(name) <= lines(resolution)]
    return max(fitting, key=lines, default=resolution)


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of prices; unknown if one of them is."""
    found = list(costs)
    known = [cost.usd for cost in found if cost.usd is not None]
    if len(known) < len(found):
        return Cost(None, next(cost.note for cost in found if cost.usd is None))
    return replace(Cost(round(sum(known), 6)), note="; ".join(dict.fromkeys(cost.note for cost in found if cost.note)))
