"""The cards of the library as the JSON that the browser draws them from, and its filters as the browser has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....client.job_route import model_of
from ....domain import snippets
from ....domain.errors import InvalidRequestError
from ....domain.media import Video
from ....storage.clips import sidecars, trash
from ....storage.ledger.searches import Search
from ....storage.ledger.shelf import Shelved
from .. import job_state

# The names under which a page asks, and in which US dollars a price lies.
PRICES: dict[str, tuple[float | None, float | None]] = {
    "": (None, None),
    "free": (None, 0.0),
    "to1": (0.000001, 1.0),
    "to5": (1.000001, 5.0),
    "more": (5.000001, None),
}
_TEXTS = ("query", "state", "model", "day", "since", "price", "notebook")
_SWITCHES = ("starred", "deleted")
_LONGEST = 4096
# The clips of a job have numbers of their own from here on, above those of what is begun from them.
_FIRST, _STEP = 10**9, 1000


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The filters of a page, which may send anything; what is left out does not filter.

    Raises:
        InvalidRequestError: one is not what it should be.
    """
    texts = {name: given.get(name, "") for name in _TEXTS}
    switches = {name: given.get(name, False) for name in _SWITCHES}
    if not all(isinstance(value, str) and len(value) <= _LONGEST for value in texts.values()):
        raise InvalidRequestError("filters: each is a text.", parameter="filters")
    if not all(isinstance(value, bool) for value in switches.values()):
        raise InvalidRequestError("filters: starred and deleted are True or False.", parameter="filters")
    return {**texts, **switches}


def search_of(filters: Mapping[str, Any], now: float) -> Search:
    """What is looked for.

    Args:
        filters: as `checked` returns them.
        now: seconds since the epoch.

    Raises:
        InvalidRequestError: one cannot be read.
    """
    if filters["price"] not in PRICES:
        allowed = tuple(filter(None, PRICES))
        message = f"price: {filters['price'][:60]!r} is not one of {', '.join(allowed)}."
        raise InvalidRequestError(message, parameter="price", value=filters["price"], allowed=allowed)
    least, most = PRICES[filters["price"]]
    return Search.of(
        filters["state"] or None,
        filters["query"],
        filters["model"],
        filters["since"] or None,
        now=now,
        day=filters["day"] or None,
        notebook=filters["notebook"],
        least=least,
        most=most,
        starred=filters["starred"],
        deleted=filters["deleted"],
    )


def clips_of(one: Shelved) -> dict[int, Video]:
    """The clips of a job under the numbers that the browser knows, where they lie now."""
    found = [trash.in_trash(video) if one.deleted else video for video in one.record.videos]
    return {_FIRST + one.number * _STEP + video.sample: video for video in found if not trash.is_missing(video)}


def entry(one: Shelved) -> dict[str, Any]:
    """A card: in what one recognises the job, and why there is nothing to play where that is so."""
    record = one.record
    there = list(clips_of(one).values())
    first = next(iter(record.videos), None)
    # A still lies beside the clip, and may be there when the clip is not.
    beside = trash.in_trash(first) if first and one.deleted else first
    model = model_of(record)
    width, height = record.request.picture_size(model) if model else (1280, 720)
    return {
        "job": record.id,
        "state": str(record.state),
        "prompt": record.request.prompt,
        "model": record.model,
        "price": job_state.price(record.cost, record.provider),
        "created_at": round(record.created_at * 1000),
        "clips": len(record.videos),
        "missing": len(record.videos) - len(there),
        "bytes": sum(video.bytes for video in there),
        "seconds": first.seconds if first else 0.0,
        "width": (first.width if first else 0) or width,
        "height": (first.height if first else 0) or height,
        "poster": (beside.poster if beside else "") or None,
        "name": first.path.name if first else "",
        "notebook": Path(record.notebook).name,
        "reason": record.problem.title if record.problem else None,
        "starred": one.starred,
        "deleted": one.deleted,
        "code": _code(one),
    }


def _code(one: Shelved) -> dict[str, str]:
    request = sidecars.request_of(one.record)
    return {
        "python": snippets.python(request, one.record.provider),
        "magic": snippets.magic(request, one.record.provider),
    }


def opened(one: Shelved, offers: dict[str, Any]) -> dict[str, Any]:
    """A job whose clips are played: see `job_state.clip`.

    Args:
        one: the job.
        offers: what can be made of its clips.
    """
    record = one.record
    facts = {"prompt": record.request.prompt, "model": record.model, "settings": job_state.settings(record)}
    clips = [
        # The trash is no place to go on from.
        {**job_state.clip(video), "sample": number, "facts": facts, "offers": {} if one.deleted else offers}
        for number, video in clips_of(one).items()
    ]
    return {"job": record.id, "starred": one.starred, "clips": clips}
