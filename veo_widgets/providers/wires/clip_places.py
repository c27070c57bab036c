"""Where the answer of a ``/v1/videos`` server says that its clips are, beside ``/content``.

Sources: sglang (``url``, ``urls``), new-api (``metadata.url``), OpenRouter (``unsigned_urls``), and OpenAI's image
answers (``data[].url``, ``data[].b64_json``), after which other gateways shape theirs. Those in front of one service
hand on its words: Kling's ``task_result.videos`` and ``works[].resource``, Zhipu's ``video_result``, MiniMax's
``file``, Vidu's ``creations``, Luma's ``assets.video``. Each is found whatever its case and underscores.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from ..record import Sample
from .base import LONGEST_NAME, limited

_ONE = (
    *("url", "videourl", "downloadurl", "outputurl", "resulturl", "fileurl", "playbackurl", "mp4url", "uri"),
    *("videouri", "mp4"),
)
_MANY = ("urls", "videourls", "resulturls", "outputurls", "downloadurls", "unsignedurls")
_BASE64 = ("b64json", "b64", "base64", "videobase64", "videob64")
_HOLDERS = (
    *("metadata", "output", "outputs", "result", "results", "data", "video", "videos", "content", "generations"),
    *("taskresult", "videoresult", "file", "creations", "assets", "works", "resource"),
)
# Base64 of a text that is no address: the first box of an MP4 or a MOV, and WebM's first bytes.
_CLIP = re.compile(rb"....(ftyp|moov|wide|mdat|free)|\x1aE\xdf\xa3", re.DOTALL)
# What lies beside a clip and is none.
_OTHERS = ("image", "thumbnail", "audio", "text")
_DEPTH = 6


@dataclass(frozen=True)
class _Place:
    """A clip's address, or the clip itself as base64."""

    address: str = ""
    data: str = ""


def samples_in(body: dict[str, Any], name: str) -> tuple[Sample, ...]:
    """The clips of a finished video: the first at its ``/content`` and wherever else the answer names it.

    One clip may be named several times, as ``url``, in ``urls`` and in ``metadata``. Only lists tell of several clips;
    their first, and whatever stands alone, is the one that ``/content`` hands out.

    Args:
        body: the video object.
        name: the video's id, which stands for its ``/content``.

    Raises:
        InvalidReplyError: they are too many for one request.
    """
    lists = [unique for found in _lists(body, 0) if (unique := list(dict.fromkeys(found)))]
    listed = {place for found in lists for place in found[1:]}
    clips = [
        [place for place in dict.fromkeys(places) if place and (number or place not in listed)]
        for number, places in enumerate(zip_longest(*lists))
    ]
    return limited(_sample(number, places, name) for number, places in enumerate(clips or [[]]))


def _sample(number: int, places: list[_Place], name: str) -> Sample:
    addresses = [place.address for place in places if place.address]
    data = next((place.data for place in places if place.data), "")
    first = name if number == 0 else next(iter(addresses), "")
    return Sample(number, first, data=data, others=tuple(addresses if number == 0 else addresses[1:]))


def _lists(value: dict[str, Any], depth: int) -> Iterator[list[_Place]]:
    """Every list of places in an object; what stands alone is a list of one."""
    value = _folded(value)
    if _is_no_clip(value):
        return
    yield from ([place] for key in _ONE for place in _places(value.get(key), relative=True))
    for key in _MANY:
        items = value.get(key)
        listed = items if isinstance(items, list) else [items]
        yield [place for item in listed for place in _places(item, relative=True)]
    yield from ([_Place(data=said)] for key in _BASE64 if isinstance(said := value.get(key), str) and said)
    if depth < _DEPTH:
        for key in _HOLDERS:
            yield from _held(value.get(key), depth + 1)


def _held(value: Any, depth: int) -> Iterator[list[_Place]]:
    if isinstance(value, dict):
        yield from _lists(value, depth)
    elif isinstance(value, list):
        # Of each item what it names first is enough: the rest of it is the same clip.
        items = [next((places for places in _held(item, depth + 1) if places), []) for item in value]
        yield [place for places in items for place in places[:1]]
    else:
        yield [_Place(data=value)] if isinstance(value, str) and _is_clip(value) else _places(value)


def _places(value: Any, *, relative: bool = False) -> list[_Place]:
    """The place that a text names: an address of the web, one at the service itself, or a ``data:`` address."""
    if isinstance(value, dict):
        return _places(value.get("url"), relative=relative)
    if not isinstance(value, str):
        return []
    head, comma, data = value.partition(",")
    if comma and head.startswith("data:") and head.endswith(";base64"):
        return [_Place(data=data)]
    if not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        return []
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        return []
    return [_Place(value)] if scheme in {"http", "https"} or (relative and not scheme) else []


def _folded(value: dict[str, Any]) -> dict[str, Any]:
    """What is filled in, by names in small letters without underscores."""
    return {key.replace("_", "").lower(): said for key, said in reversed(value.items()) if said}


def _is_clip(text: str) -> bool:
    try:
        return _CLIP.match(base64.b64decode(text[:16])) is not None
    except ValueError:
        return False


def _is_no_clip(value: dict[str, Any]) -> bool:
    kinds = (value.get(key) for key in ("type", "mimetype", "contenttype"))
    return any(isinstance(kind, str) and kind.lower().startswith(_OTHERS) for kind in kinds)
