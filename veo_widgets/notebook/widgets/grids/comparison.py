"""What a comparison would send: prompts times models times seeds, cheap first, and one clip of it made well."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from ....client.plan import Plan
from ....domain.arguments import COUNT, SEVERAL, refusal
from ....domain.catalog import Model, models
from ....domain.errors import InvalidRequestError, VeoError
from ....domain.job_record import JobRecord
from ....domain.params import SIZES
from ....domain.pricing import Cost, total_usd

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
    named: list[str | None] = [*_as_texts(models)] or [_cheapest_model(plan, draft, values)]
    words = _as_texts(prompts) or [""]
    numbers = _seed_list(seeds)
    count = len(words) * len(named) * max(1, len(numbers))
    if count > MOST:
        message = f"compare: {count} clips are too many to look at side by side; at most {MOST}."
        raise InvalidRequestError(message, parameter="compare", value=count)
    return list(_plan_combinations(plan, words, named, numbers, drawn=seeds is None, draft=draft, values=values))


def _plan_combinations(
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
        # The first plan tells which model it will be, and that decides which settings there are.
        found = plan(prompt, **said)
        if not drawn or found.model.seed:
            said["seed"] = seed
        if draft and "resolution" not in values and "size" not in values and found.model.resolutions:
            said["resolution"] = _lowest_resolution(found.model)
        found = plan(prompt, **said)
        found.check()
        yield found


def _as_texts(given: str | Iterable[str] | None) -> list[str]:
    if given is None or isinstance(given, str):
        return [given] if given else []
    listed = list(given) if SEVERAL.fits(given) else [None]
    if not all(isinstance(item, str) for item in listed):
        raise refusal("compare", given, "text or several texts")
    return [str(item) for item in listed]


def _seed_list(given: int | Iterable[int] | None) -> list[int]:
    if given is None or COUNT.fits(given):
        return [secrets.randbelow(2**32) for _ in range(1 if given is None else int(str(given)))]
    if not SEVERAL.fits(given):
        raise refusal("seeds", given, "how many seeds to draw, or a list of them")
    return list(given)  # type: ignore[arg-type]


def lines(resolution: str) -> int:
    """The lines of a resolution, to tell which is higher."""
    return min(SIZES.get(("16:9", resolution), (0, 0)))


def _lowest_resolution(model: Model) -> str:
    return min(model.resolutions, key=lines)


def _cheapest_model(plan: Planner, draft: bool, values: dict[str, Any]) -> str | None:  # noqa: FBT001 (passed on)
    """The cheapest model of the family, where it takes such a request; None leaves the choice to the planner."""
    if not draft or values.get("model"):
        return None
    # Any prompt will do: only the model that would be chosen is of interest.
    first = plan("a draft", **values)
    family = [
        model
        for model in models()
        if model.family == first.model.family
        and model.surface == first.model.surface
        and _usd_per_second(model) is not None
    ]
    for model in sorted(family, key=lambda model: _usd_per_second(model) or 0):
        try:
            found = plan("a draft", **{**values, "model": model.id, "provider": first.provider.name})
        except VeoError:
            continue
        if not found.violations:
            return f"{first.provider.prefixes[0]}/{model.id}"
    return None


def _usd_per_second(model: Model) -> float | None:
    return model.usd_per_second.get(_lowest_resolution(model)) if model.resolutions else None


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
        values["resolution"] = _highest_within(before.model, resolution)
        if lines(values["resolution"]) <= lines(before.full.resolution or ""):
            return None
        found = plan(prompt, **values)
        if {error.parameter for error in found.violations} == {"duration_seconds"}:
            # As many lines may come at one length only.
            found = plan(prompt, **{**values, "duration_seconds": None})
    except VeoError:
        return None
    return None if found.violations else found


def _highest_within(model: Model, resolution: str) -> str:
    fitting = [name for name in model.resolutions if lines(name) <= lines(resolution)]
    return max(fitting, key=lines, default=resolution)


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of prices; unknown if one of them is."""
    found = list(costs)
    usd = total_usd(found)
    if usd is None:
        return Cost(None, next(cost.note for cost in found if cost.usd is None))
    return Cost(usd, "; ".join(dict.fromkeys(cost.note for cost in found if cost.note)))
