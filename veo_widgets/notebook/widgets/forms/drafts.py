"""What stands in the form: plain values that travel to the browser, and the images and clips that stay here.

In the browser an image is a name, ``{"held": …}``, for something that an `Attachments` keeps.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any

from ....domain.errors import InvalidRequestError
from ....domain.json_values import read_object
from ....domain.media import Image
from ....domain.params import BY_NAME
from ....domain.request import VideoRequest

_HELD = {"image", "images", "video", "videos"}
_PLAIN = {item.name for item in fields(VideoRequest)}
_LONGEST = 100_000
_MOST_EXTRAS = 100


class Attachments:
    """The images and the clips to start from that a form holds, by names that no page can guess."""

    def __init__(self) -> None:
        self._kept: dict[str, Image | str] = {}

    def keep(self, thing: Image | str) -> dict[str, Any]:
        """Hold something and return its name and what people are told of it; the same thing keeps its name."""
        held = next((name for name, known in self._kept.items() if known == thing), None) or secrets.token_hex(8)
        self._kept[held] = thing
        if isinstance(thing, Image):
            return {
                "held": held,
                "name": thing.address or thing.name,
                "bytes": len(thing.data),
                "mime": thing.mime,
                "in_bucket": thing.is_in_bucket,
            }
        return {"held": held, "name": "clip" if thing.startswith("data:") else thing.rpartition("/")[2] or thing}

    def get(self, held: object) -> Image | str | None:
        """What has that name, if something has."""
        return self._kept.get(held) if isinstance(held, str) else None


@dataclass
class Kept:
    """What outlives a cell that is run again.

    Attributes:
        given: what the cell said when it was last run.
        values: what stands in the form.
        at: when that was last changed, in ms since the epoch by the clock of whoever did.
        locked: whether the seed stays after a clip was sent off.
    """

    given: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    at: int = 0
    locked: bool = False
    attachments: Attachments = field(default_factory=Attachments)


def to_values(request: VideoRequest, kept: Attachments) -> dict[str, Any]:
    """A request as the browser holds it: what was said and no more."""
    values: dict[str, Any] = {}
    for name, value in request.said().items():
        param = BY_NAME.get(name)
        if param is None or param.kind not in _HELD:
            values[name] = value
        elif isinstance(value, tuple):
            values[name] = [kept.keep(item) for item in value]
        else:
            values[name] = kept.keep(value)
    return values


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values from a browser, without what no form has: other names, other types, endless texts."""
    found = {name: value for name, value in values.items() if name in _PLAIN and _is_plain(name, value)}
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _is_plain(name: str, value: object) -> bool:
    param = BY_NAME.get(name)
    if param is not None and param.kind == "object":
        return _are_extras(value)
    if param is None or param.kind not in _HELD:
        return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= _LONGEST)
    items = value if isinstance(value, list) else [value]
    return len(items) <= 100 and all(isinstance(item, dict) and isinstance(item.get("held"), str) for item in items)


def _are_extras(value: object) -> bool:
    """Whether it is JSON values by name, and no more of them than a form has."""
    if not isinstance(value, dict) or len(value) > _MOST_EXTRAS:
        return False
    try:
        return len(json.dumps(read_object(value, "extra"))) <= _LONGEST
    except InvalidRequestError:
        return False


def arguments(values: Mapping[str, Any], kept: Attachments) -> dict[str, Any]:
    """What `VideoRequest.build` takes for the values of a form.

    Raises:
        InvalidRequestError: an image that was there before the kernel started anew is not here.
    """
    return {name: _build_argument(name, value, kept) for name, value in values.items()}


def _build_argument(name: str, value: Any, kept: Attachments) -> Any:
    param = BY_NAME.get(name)
    if param is None or param.kind not in _HELD:
        return value
    items = [_attachment(name, item, kept) for item in (value if isinstance(value, list) else [value])]
    return items if isinstance(value, list) else items[0]


def _attachment(name: str, item: Mapping[str, Any], kept: Attachments) -> Image | str:
    thing = kept.get(item.get("held"))
    if thing is None:
        message = f"{name}: {str(item.get('name', ''))[:80]!r} did not outlive the kernel; add it again."
        raise InvalidRequestError(message, parameter=name)
    return thing


def to_request(values: Mapping[str, Any], kept: Attachments) -> VideoRequest:
    """The request in a form, without the values that cannot be read yet."""
    request = VideoRequest(model=str(values.get("model", "")))
    for name, value in values.items():
        if name == "model":
            continue
        # Of what has names of its own, each by itself: one that cannot be sent yet keeps no other from being read.
        parts = [{key: item} for key, item in value.items()] if name == "extra" else [value]
        for part in parts:
            # A form that is half filled in is the usual case.
            with suppress(InvalidRequestError):
                request = _with_value(request, name, part, kept)
    return request


def _with_value(request: VideoRequest, name: str, value: Any, kept: Attachments) -> VideoRequest:
    said = {key: getattr(request, key) for key in request.said() if key not in {"prompt", "model"}}
    value = {**request.extra, **value} if name == "extra" else value
    if name == "prompt":
        return VideoRequest.build(str(value), request.model, **said)
    return VideoRequest.build(request.prompt, request.model, **{**said, name: _build_argument(name, value, kept)})


def changed(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a cell did not have when it was last run."""
    return {name: value for name, value in given.items() if name not in before or before[name] != value}


def without_missing(values: Mapping[str, Any], kept: Attachments) -> tuple[dict[str, Any], list[str]]:
    """Values without the images that are not here, and the names of those parameters."""
    found: dict[str, Any] = {}
    missing: list[str] = []
    for name, value in values.items():
        try:
            _build_argument(name, value, kept)
        except InvalidRequestError:
            missing.append(name)
        else:
            found[name] = value
    return found, missing


def names_of(missing: Iterable[str]) -> str:
    """Parameters as the form calls them."""
    return ", ".join(BY_NAME[name].label.lower() for name in missing)


class Part:
    """One parameter of the form's request, to be read and set as an attribute."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, form: Any, owner: type) -> Any:
        return self if form is None else getattr(form.request, self._name)

    def __set__(self, form: Any, value: Any) -> None:
        form.fill(**{self._name: value})
