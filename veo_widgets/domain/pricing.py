"""What a request will cost, before it is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from .catalog import Model
from .request import VideoRequest


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
        """The amount for people: ``$0.80``, or ``price unknown``."""
        if self.usd is None:
            return "price unknown"
        return f"${self.usd:.2f}" if self.usd >= 0.01 or self.usd == 0 else f"${self.usd:.4f}"

    def __str__(self) -> str:
        return f"{self.text} ({self.note})" if self.note else self.text

    def to_json(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return asdict(self)


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
    """The price of `request`: seconds times the rate of its resolution times clips.

    Args:
        request: as given or completed; missing values count as the model's defaults.
        model: the catalog's entry for it.

    Returns:
        The price with its doubts named. A resolution without a published rate has no price.
    """
    full = request.completed(model)
    seconds = _seconds_charged(full, model)
    samples = full.samples or 1
    rate = _rate(full, model)
    if rate is None:
        what = f"{full.resolution} of {model.id}" if full.resolution else model.id
        return Cost(None, f"no rate is published for {what}", seconds, samples)
    notes = []
    if full.generate_audio is False and model.audio:
        notes.append("at most; the rate without sound is not published")
    if full.mode in {"edit", "upscale"} and full.duration_seconds is None:
        notes.append("estimate; the length of the source decides")
    if any(doubt.startswith("usd_per_second") for doubt in model.unconfirmed):
        notes.append("estimate; the rate is unconfirmed")
    return Cost(round(seconds * rate * samples, 6), "; ".join(notes), seconds, samples)


def _rate(request: VideoRequest, model: Model) -> float | None:
    """US dollars for each second of one clip."""
    resolution = request.resolution or model.default_resolution
    tokens = model.upscale_tokens_per_second.get(resolution) if request.mode == "upscale" else None
    if tokens and model.usd_per_million_tokens:
        return tokens * model.usd_per_million_tokens["video"] / 1e6
    return model.usd_per_second.get(resolution)


def _seconds_charged(request: VideoRequest, model: Model) -> float:
    if request.extend_from and model.extension and model.extension.get("adds_s"):
        return float(model.extension["adds_s"][0])
    return float(request.duration_seconds or model.default_duration_s)
