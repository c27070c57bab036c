"""What a request will cost, before it is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
    rate = model.usd_per_second.get(full.resolution or model.default_resolution)
    if rate is None:
        return Cost(None, f"no rate is published for {full.resolution} of {model.id}", seconds, samples)
    notes = []
    if full.generate_audio is False and model.audio:
        notes.append("at most; the rate without sound is not published")
    if any(doubt.startswith("usd_per_second") for doubt in model.unconfirmed):
        notes.append("estimate; the rate is unconfirmed")
    return Cost(round(seconds * rate * samples, 6), "; ".join(notes), seconds, samples)


def _seconds_charged(request: VideoRequest, model: Model) -> float:
    if request.extend_from and model.extension and model.extension.get("adds_s"):
        return float(model.extension["adds_s"][0])
    return float(request.duration_seconds or model.default_duration_s)
