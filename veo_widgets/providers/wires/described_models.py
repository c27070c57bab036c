"""What a gateway's list says that its models can do and cost.

Source: ``components/videomodel.py`` of OpenRouter's SDK 1.3.84. It leaves open what stands in ``pricing_skus``; the
names below are those that its list had in autumn 2026, each with US dollars or cents as text. A name that is not among
them makes a model's price unknown, as tokens do, of which nobody knows how many a clip has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ...domain.catalog import OFFERED, Model, own_models_in
from ...domain.model_fields import EntryError
from ..registry import Provider
from .base import Reply

# More than any model has of anything.
_MOST = 100
_LINES = r"(?P<lines>\d{3,4}p|\d{1,2}k)"
# For each second that is made. What names a mode or sound is told apart by it.
_SECONDS = re.compile(
    rf"(?P<dollars>((text|image)_to_video_|reference_)?duration_seconds(_with(out)?_audio)?|per-video-second)([_-]{_LINES})?"
    rf"|cents_per_(video_output_second|second_output)(_{_LINES.replace('lines', 'of')})?(_with(out)?_audio)?",
    re.IGNORECASE,
)
_IMAGES = {"cents_per_image_input", "reference_images"}
_LEAST = "minimum_cents_per_generation"
# Of clips that are handed in, for which its creates have no parameter of ours.
_OF_CLIPS = re.compile(r"cents_per_second_video_continuation.*|.*_with_video_input(_.*)?", re.IGNORECASE)
_RATIO, _RESOLUTION = re.compile(r"\d{1,2}:\d{1,2}"), re.compile(_LINES)


def described(reply: Reply, provider: Provider) -> tuple[Model, ...]:
    """The models of a list, each with what it says of lengths, shapes, frames and price; what says nothing is left out.

    Args:
        reply: the list.
        provider: who serves them.
    """
    data = reply.body.get("data") if isinstance(reply.body, Mapping) else None
    found: dict[str, Model] = {}
    for entry in data if isinstance(data, list) else ():
        if isinstance(entry, Mapping) and {"supported_durations", "supported_resolutions"} & entry.keys():
            # A list is anybody's: what cannot be an entry is a name like any other.
            with suppress(EntryError):
                model = _model(entry, provider)
                found.setdefault(model.id, model)
    return tuple(found.values())


def _model(entry: Mapping[str, Any], provider: Provider) -> Model:
    seconds = sorted({item for item in _listed(entry, "supported_durations") if type(item) is int and item > 0})
    lines = _texts(entry, "supported_resolutions", _RESOLUTION)
    ratios = _texts(entry, "supported_aspect_ratios", _RATIO)
    frames, sound = entry.get("supported_frame_images"), entry.get("generate_audio") is not False
    rates, images = _price(entry.get("pricing_skus"), lines, seconds)
    said = {
        "id": entry.get("id"),
        "provider": provider.name,
        "durations_s": seconds,
        "resolutions": lines,
        "aspect_ratios": ratios,
        **({"default_resolution": "720p"} if "720p" in lines else {}),
        **({"default_aspect_ratio": "16:9"} if "16:9" in ratios else {}),
        "max_samples": 1,
        "audio": sound,
        "audio_switch": sound,
        "seed": entry.get("seed") is not False,
        "negative_prompt": False,
        "image_to_video": not isinstance(frames, list) or "first_frame" in frames,
        "last_frame": "last_frame" in frames if isinstance(frames, list) else None,
        "reference_videos_max": 0,
        "edit": False,
        "extension": None,
        "usd_per_second": rates,
    }
    (model,) = own_models_in([said], f"{provider.label}'s list")
    surface = provider.surfaces[0]
    return replace(model, surface=surface, api="openai_videos", status=OFFERED, images_cost_extra=images)


def _listed(entry: Mapping[str, Any], name: str) -> list[Any]:
    said = entry.get(name)
    return said[:_MOST] if isinstance(said, list) else []


def _texts(entry: Mapping[str, Any], name: str, kind: re.Pattern[str]) -> list[str]:
    """The texts of a list that are of a kind, as we write them."""
    found = [item.lower() for item in _listed(entry, name) if isinstance(item, str)]
    return [item for item in dict.fromkeys(found) if kind.fullmatch(item)]


def _price(skus: Any, resolutions: list[str], lengths: list[int]) -> tuple[dict[str, float], bool]:
    """US dollars for each second by resolution, the most of what a mode or sound makes of it; and whether images cost.

    Nothing where part of what is charged cannot be reckoned.
    """
    if not isinstance(skus, Mapping) or len(skus) > _MOST:
        return {}, False
    kinds: dict[str, dict[str, float]] = {}
    least = 0.0
    for name, said in skus.items():
        usd, found = _dollars(name, said), _SECONDS.fullmatch(name) if isinstance(name, str) else None
        if usd is None or not (found or name in _IMAGES or name == _LEAST or _OF_CLIPS.fullmatch(name)):
            return {}, False
        if found:
            lines = (found["lines"] or found["of"] or "").lower()
            kind = re.sub(rf"[_-]{lines}(?=_|$)", "", name.lower()) if lines else name.lower()
            kinds.setdefault(kind, {})[lines] = usd
        least = usd if name == _LEAST else least
    by_lines = {lines: [*_rates(kinds, lines)] for lines in resolutions or [""]}
    rates = {lines: max(usd) for lines, usd in by_lines.items() if usd}
    shortest = lengths[0] if lengths else 0
    if least > min(rates.values(), default=0.0) * shortest:
        return {}, False
    return rates, bool(_IMAGES & skus.keys())


def _rates(kinds: Mapping[str, Mapping[str, float]], lines: str) -> Iterator[float]:
    """What each kind of rate is at a resolution: its own, else that which goes by no resolution."""
    for rates in kinds.values():
        usd = rates.get(lines, rates.get(""))
        if not lines:
            yield from rates.values()
        elif usd is not None:
            yield usd


def _dollars(name: object, said: object) -> float | None:
    try:
        usd = float(said) if isinstance(said, str | int | float) and not isinstance(said, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    usd /= 100 if isinstance(name, str) and "cents" in name.lower() else 1
    return round(usd, 9) if 0 <= usd < math.inf else None
