"""How a clip was made, read back from the clip's sidecar or from the ledger, so that it can be made again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .errors import InvalidRequestError
from .media import Image
from .params import BY_NAME
from .paths import expanded
from .request import VideoRequest

if TYPE_CHECKING:
    from .client import AsyncClient

# The id of a job at the end of a clip's name; see `library.clip_name`.
_JOB_ID = re.compile(r"_([a-hjkmnp-z2-9]{8})(?:_\d+)?\.(?:mp4|webm|mkv|json)$")


@dataclass(frozen=True)
class Recipe:
    """How a clip was made.

    Attributes:
        request: what was asked for, without the images that are `missing`.
        job: the id of its job, or empty.
        provider: where it was made, or empty.
        missing: parameters with images that are neither in the ledger nor addresses.
    """

    request: VideoRequest
    job: str = ""
    provider: str = ""
    missing: tuple[str, ...] = ()


def load(path: str | os.PathLike[str]) -> Recipe:
    """The recipe of a clip on disk.

    Args:
        path: the clip, or the JSON file beside it.

    Raises:
        InvalidRequestError: there is no such file, or it says nothing of a request.
    """
    sidecar = expanded(path).with_suffix(".json")
    try:
        text = sidecar.read_text("utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"path: cannot read {str(sidecar)!r} ({why}); give a clip of veo_widgets, or the JSON file beside it."
        raise InvalidRequestError(message, parameter="path", value=str(path)) from None
    return read(text, sidecar.name)


def read(text: str, name: str = "the file") -> Recipe:
    """The recipe that a sidecar's text holds; `load` says what it raises."""
    try:
        found = json.loads(text)
        said, model = dict(found["request"]), str(found.get("model", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"path: {name} is not a clip's sidecar; it says nothing about a request."
        raise InvalidRequestError(message, parameter="path", value=name) from None
    images = {key for key in said if key in BY_NAME and BY_NAME[key].kind in {"image", "images"}}
    known = {key: _images(said[key]) for key in images}
    missing = tuple(sorted(key for key, value in known.items() if value is None))
    plain = {key: value for key, value in said.items() if key not in images} | {
        key: value for key, value in known.items() if value is not None
    }
    request = VideoRequest.build(plain.pop("prompt", ""), str(plain.pop("model", model)), **plain)
    return Recipe(request, str(found.get("job", "")), str(found.get("provider", "")), missing)


def _images(said: Any) -> Image | tuple[Image, ...] | None:
    """An image or several by their addresses; None if there was more to one than that."""
    items = said if isinstance(said, list) else [said]
    if not all(isinstance(item, Mapping) and item.get("uri") for item in items):
        return None
    found = tuple(Image.of(str(item["uri"])) for item in items)
    return found if isinstance(said, list) else found[0]


def job_in(name: str) -> str:
    """The id of the job in a clip's file name, or an empty text."""
    found = _JOB_ID.search(name)
    return found[1] if found else ""


async def completed(recipe: Recipe, client: AsyncClient) -> Recipe:
    """The same with the images that the ledger keeps, if the job is one of this computer's."""
    if not recipe.job:
        return recipe
    try:
        record = await client.job(recipe.job)
    except InvalidRequestError:
        return recipe
    return replace(recipe, request=record.request, provider=record.provider, missing=())
