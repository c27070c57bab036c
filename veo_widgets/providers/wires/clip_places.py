"""Where the answer of a ``/v1/videos`` server says that its clips are, beside ``/content``.

Sources: sglang (``url``, ``urls``), new-api (``metadata.url``), OpenRouter (``unsigned_urls``), and OpenAI's image
answers (``data[].url``, ``data[].b64_json``), after which other gateways shape theirs. Those in front of one service
hand on its words: Kling's ``task_result.videos`` and ``works[].resource``, Zhipu's ``video_result``, MiniMax's
``file``, Vidu's ``creations``, Luma's ``assets.video``, Google's ``response.generatedVideos``. Each is found whatever
its case and underscores.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any
from urllib.parse import quote, urlsplit

from ...domain.job_record import Sample
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
    *("response", "generatedvideos", "generatedsamples", "clip", "clips", "artifacts"),
)
# Base64 of a text that is no address: the first box of an MP4 or a MOV, and WebM's first bytes.
_CLIP = re.compile(rb"....(ftyp|moov|wide|mdat|free)|\x1aE\xdf\xa3", re.DOTALL)
# What lies beside a clip and is none.
_OTHERS = ("image", "thumbnail", "audio", "text")
# Two more than the deepest known, which is Kling's.
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
    lists = [unique for found in _lists_of_places(body, 0) if (unique := list(dict.fromkeys(found)))]
    # A second clip may be repeated as the only url of its own object; it must not be taken for the first.
    listed = {place for found in lists for place in found[1:]}
    clips = [
        [place for place in dict.fromkeys(places) if place and (number or place not in listed)]
        for number, places in enumerate(zip_longest(*lists))
    ] or [[]]
    made = (_make_sample(number, places, name) for number, places in enumerate(clips))
    # Where nobody names an address, the others are as the first at the server's own.
    own = range(len(clips), 0 if any(clips) else _count(body))
    return limited(chain(made, (_variant(number, name) for number in own)))


def _count(body: dict[str, Any]) -> int:
    """How many clips sglang has made, which it hands out as variants of the content (``video_api.py``)."""
    said = body.get("num_outputs")
    return said if isinstance(said, int) and not isinstance(said, bool) else 1


def _variant(number: int, name: str) -> Sample:
    return Sample(number, f"videos/{quote(name, safe='')}/content?variant={number}")


def words_for_clip(body: dict[str, Any]) -> str:
    """A sentence where the address of a clip would be; empty if there is none.

    new-api keeps the reason of a failed task where it keeps the address of one that went well, and shows it there
    (``model/task.go``: ``GetResultURL``).
    """
    metadata = body.get("metadata")
    said = metadata.get("url") if isinstance(metadata, dict) else None
    return said if isinstance(said, str) and not re.match(r"\s*(/|[a-z][a-z0-9+.-]*:\S)", said, re.IGNORECASE) else ""


def _make_sample(number: int, places: list[_Place], name: str) -> Sample:
    addresses = [place.address for place in places if place.address]
    data = next((place.data for place in places if place.data), "")
    # The service's own /content goes before any address, which may expire or lead to another host.
    first = name if number == 0 else next(iter(addresses), "")
    return Sample(number, first, data=data, others=tuple(addresses if number == 0 else addresses[1:]))


def _lists_of_places(value: dict[str, Any], depth: int) -> Iterator[list[_Place]]:
    """Every list of places in an object; what stands alone is a list of one."""
    value = _fold_names(value)
    # Answers list thumbnails and sound tracks beside the clip, under the same names.
    if _is_no_clip(value):
        return
    yield from ([place] for key in _ONE for place in _places_named_by(value.get(key), relative=True))
    for key in _MANY:
        items = value.get(key)
        listed = items if isinstance(items, list) else [items]
        yield [place for item in listed for place in _places_named_by(item, relative=True)]
    yield from ([_Place(data=said)] for key in _BASE64 if isinstance(said := value.get(key), str) and said)
    # Whoever answers decides how deep it is nested.
    if depth < _DEPTH:
        for key in _HOLDERS:
            yield from _lists_in_holder(value.get(key), depth + 1)


def _lists_in_holder(value: Any, depth: int) -> Iterator[list[_Place]]:
    if isinstance(value, dict):
        yield from _lists_of_places(value, depth)
    elif isinstance(value, list):
        # Of each item what it names first is enough: the rest of it is the same clip.
        items = [next((places for places in _lists_in_holder(item, depth + 1) if places), []) for item in value]
        yield [place for places in items for place in places[:1]]
    else:
        yield [_Place(data=value)] if isinstance(value, str) and _is_clip(value) else _places_named_by(value)


def _places_named_by(value: Any, *, relative: bool = False) -> list[_Place]:
    """The place that a text names: on the web, at the service itself, in Google's buckets, or a ``data:`` address."""
    if isinstance(value, dict):
        return _places_named_by(value.get("url"), relative=relative)
    if not isinstance(value, str):
        return []
    head, comma, data = value.partition(",")
    # Only base64: no server was seen to write a clip percent-encoded.
    if comma and head.startswith("data:") and head.endswith(";base64"):
        return [_Place(data=data)]
    if not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        return []
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        return []
    return [_Place(value)] if scheme in {"http", "https", "gs"} or (relative and not scheme) else []


def _fold_names(value: dict[str, Any]) -> dict[str, Any]:
    """What is filled in, by names in small letters without underscores."""
    # Reversed, so that of two spellings the first one counts.
    return {key.replace("_", "").lower(): said for key, said in reversed(value.items()) if said}


def _is_clip(text: str) -> bool:
    try:
        # Sixteen characters are twelve bytes, enough for the first box; the rest may be megabytes.
        return _CLIP.match(base64.b64decode(text[:16])) is not None
    except ValueError:
        return False


def _is_no_clip(value: dict[str, Any]) -> bool:
    kinds = (value.get(key) for key in ("type", "mimetype", "contenttype"))
    return any(isinstance(kind, str) and kind.lower().startswith(_OTHERS) for kind in kinds)
