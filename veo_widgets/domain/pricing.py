"""What a request will cost, before it is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from .catalog import Model
from .errors import closest
from .limits import doubts_of, lengths_of, rates_of
from .request import VideoRequest, applies, default_seconds


@dataclass(frozen=True)
class Cost:
    """A price in US dollars.

    Attributes:
        usd: the amount, or None when no price is known. Unknown is never zero.
        note: what makes it an estimate, or empty.
        seconds: the seconds charged for each clip.
        samples: the number of clips.
    """

    usd: float | None
    note: str = ""
    seconds: float = 0.0
    samples: int = 1

    @property
    def text(self) -> str:
        """The amount for people: ``$0.80``, ``free`` or ``price unknown``."""
        if self.usd is None:
            return "price unknown"
        return "free" if self.is_free else dollars(self.usd)

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing by its price, and not because nothing came of it."""
        return self.usd == 0 and not self.note

    def __str__(self) -> str:
        return f"{self.text} ({self.note})" if self.note else self.text

    def to_json(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return asdict(self)


def dollars(usd: float) -> str:
    """An amount for people: ``$0.80``."""
    return f"${usd:.2f}" if usd >= 0.01 or usd == 0 else f"${usd:.4f}"


def total_usd(costs: Iterable[Cost]) -> float | None:
    """The sum of prices in US dollars; None if one of them is unknown."""
    prices = [cost.usd for cost in costs]
    known = [usd for usd in prices if usd is not None]
    return round(sum(known), 6) if len(known) == len(prices) else None


def sum_text(usd: float | None) -> str:
    """A sum of prices for people, which is not called free."""
    return "price unknown" if usd is None else dollars(usd)


@dataclass(frozen=True)
class Usage:
    """The tokens that a service says it has counted.

    Attributes:
        input: of the prompt and its media.
        text: written or thought.
        video: of the clip.
    """

    input: int = 0
    text: int = 0
    video: int = 0


def settled(cost: Cost, usage: Usage | None, model: Model) -> Cost:
    """The price once the tokens are known; the estimate stays where tokens have no known price.

    Args:
        cost: what was expected.
        usage: the service's count, if it sent one.
        model: the catalog's entry, with US dollars for a million tokens of each kind.
    """
    rates = model.usd_per_million_tokens
    if usage is None or not usage.video or not rates:
        return cost
    usd = (usage.input * rates["input"] + usage.text * rates["text"] + usage.video * rates["video"]) / 1e6
    doubtful = any(doubt.startswith("usd_per_million_tokens") for doubt in model.unconfirmed)
    return replace(cost, usd=round(usd, 6), note="the rate for tokens is unconfirmed" if doubtful else "")


def estimate(request: VideoRequest, model: Model) -> Cost:
    """The price of `request`: seconds times the rate of its resolution times clips, or so much for each clip.

    Args:
        request: as given or completed; missing values count as the model's defaults.
        model: the entry for it, at the price of the place where that decides.

    Returns:
        The price with its doubts named. A resolution without a published rate has no price, and neither has a parameter
        that nobody has described, unless nothing costs anything there.
    """
    full = request.completed(model)
    samples = full.samples or 1
    seconds = _seconds_charged(full, model)
    if model.is_free:
        return Cost(0.0, "", seconds, samples)
    if unpriced := _unpriced(full, model):
        return Cost(None, unpriced, seconds, samples)
    return _by_model(full, model, seconds, samples)


def _unpriced(request: VideoRequest, model: Model) -> str:
    """Why extra parameters leave the price unknown; empty if they do not."""
    declared = {extra.name for extra in model.extra}
    others = [name for name in request.extra if name not in declared]
    if not others:
        return ""
    meant = {name: close for name in others if (close := closest(name, declared - request.extra.keys(), 0.7))}
    # One is enough to know why, and all of them may be many; a slip of the pen is the one to know of.
    first = next(iter(meant), others[0])
    hint = f"; did you mean {meant[first]!r}?" if meant else ""
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    return f"what {first!r}{more} {'cost' if more else 'costs'} is unknown{hint}"


def _by_model(full: VideoRequest, model: Model, seconds: float, samples: int) -> Cost:
    per_clip, per_second = model.usd_per_clip, None
    if model.usd_per_second or per_clip is None:
        per_second = next((row.usd for row in rates_of(model) if applies(row.when, full, model)), None)
        if per_second is None and model.images_cost_extra and full.images:
            return Cost(None, f"{model.id} charges extra for images", seconds, samples)
        if per_second is None:
            what = f"{full.resolution} of {model.id}" if full.resolution else model.id
            return Cost(None, f"no rate is published for {what}", seconds, samples)
        if per_second and not seconds:
            return Cost(None, f"the length of a clip of {model.id} is unknown", seconds, samples)
    notes = [doubt.note for doubt in doubts_of(model) if applies(doubt.when, full, model)]
    usd = (seconds * (per_second or 0.0) + (per_clip or 0.0)) * samples
    # A price for the whole clip does not follow its length.
    return Cost(round(usd, 6), "; ".join(notes), seconds if per_second else 0.0, samples)


def _seconds_charged(request: VideoRequest, model: Model) -> float:
    fixed = (row.seconds for row in lengths_of(model) if row.fixed and applies(row.when, request, model))
    return next(fixed, None) or request.duration_seconds or default_seconds(request, model) or 0.0
