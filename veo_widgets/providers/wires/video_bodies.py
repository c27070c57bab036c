"""What a create at ``/videos`` says: parameters under the names that a server reads, as a form and as JSON.

A form has texts only. An object of ours is written ``outer[inner]``, as OpenAI's client writes it (openai 3.57,
``_qs.py``), and so is an extra parameter with a dotted name. One that is a list or an object goes as JSON text, which
is what vLLM-Omni 0.30 (``lora``, ``extra_params``) and sglang 0.5.23 (``extra_params``) read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...domain.media import Image
from ...domain.params import SIZES
from ...domain.request import VideoRequest, is_said
from ..servers import Server
from .base import Call, Field
from .extras import Path, dotted, of_server, placed

# The field of servers of which nothing else is known. `n` is how many, as everywhere in OpenAI's API.
_PLAIN = {
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "samples": "n",
    "person_generation": "person_generation",
    "generate_audio": "generate_audio",
    "storage_uri": "storage_uri",
}
_PICTURES = {"first_frame": "input_reference", "last_frame": "last_frame", "reference_images": "reference_images"}
# What decides about the price must not be said past the parameter that is priced.
_PRICED = {"duration_seconds": "seconds", "samples": "n", "aspect_ratio": "size", "resolution": "size", "size": "size"}
# What OpenAI has no place for and other servers may have one.
BEYOND = frozenset({*_PLAIN, "last_frame", "reference_images", "size"})


def taken(request: VideoRequest, server: Server) -> dict[Path, str]:
    """The fields that a request fills, or would fill, and the parameter behind each."""
    found: dict[Path, str] = {("model",): "model", ("prompt",): "prompt"}
    found |= {(server.names.get(name, own),): name for name, own in _PRICED.items()}
    for name, own in {**_PLAIN, **_PICTURES}.items():
        if is_said(getattr(request, name)):
            found[server.names.get(name, own),] = name
    if request.source:
        found["video",] = "edit_from" if request.mode == "edit" else "extend_from"
    return found


def plain_fields(request: VideoRequest, server: Server) -> dict[str, Any]:
    """Everything that is a text, a number or a switch, but length and size."""
    said = {name: getattr(request, name) for name in _PLAIN}
    # One clip comes anyway.
    return {
        server.names.get(name, _PLAIN[name]): value
        for name, value in said.items()
        if is_said(value) and (name, value) != ("samples", 1)
    }


def shape(request: VideoRequest, server: Server) -> dict[str, Any]:
    """Length and size; what is not said is left out."""
    return {**length(request, server), **size(request, server)}


def length(request: VideoRequest, server: Server) -> dict[str, Any]:
    """The length: as text under OpenAI's name, which refuses a number, else as a number."""
    seconds, name = request.duration_seconds, server.names.get("duration_seconds", "seconds")
    if not seconds:
        return {}
    # Servers that read a whole number refuse one with a point.
    number = int(seconds) if seconds == int(seconds) else seconds
    return {name: str(number) if name == "seconds" else number}


def size(request: VideoRequest, server: Server) -> dict[str, Any]:
    """OpenAI's size where ratio and resolution are one; anything else under the name it was said by."""
    said = {name: getattr(request, name) for name in ("aspect_ratio", "resolution", "size")}
    named = {name: value for name, value in said.items() if value}
    known = SIZES.get((request.aspect_ratio or "16:9", request.resolution or "720p"))
    if named and known and not request.size and not {"aspect_ratio", "resolution"} & set(server.names):
        return {server.names.get("size", "size"): f"{known[0]}x{known[1]}"}
    return {server.names.get(name, name): server.words.get(value, value) for name, value in named.items()}


def unread(request: VideoRequest, server: Server) -> dict[str, Any]:
    """What was said by parameters whose field a server does not read, by parameter: it would be lost."""
    fields = {name: server.names.get(name, own) for name, own in {**_PLAIN, **_PICTURES}.items()}
    # Of a ratio and a resolution that are a size, neither needs a field of its own.
    filled = {name: server.names.get(name, name) for name in ("aspect_ratio", "resolution", "size")}
    fields |= {name: place for name, place in filled.items() if place in size(request, server)}
    said = {name: getattr(request, name) for name, place in fields.items() if not server.reads(place)}
    # One clip comes anyway.
    return {name: value for name, value in said.items() if is_said(value) and (name, value) != ("samples", 1)}


@dataclass
class Pictures:
    """The images of a create.

    Attributes:
        json: all of them, as JSON has them.
        named: of a form, those by an address.
        files: of a form, the others.
    """

    json: dict[str, Any] = field(default_factory=dict)
    named: dict[str, Any] = field(default_factory=dict)
    files: list[Field] = field(default_factory=list)


def pictures(request: VideoRequest, server: Server, *, reads_web: bool) -> Pictures:
    """The images of a request; `reads_web` tells whether the server fetches one by its address."""
    found = Pictures()
    frames = [("first_frame", request.first_frame), ("last_frame", request.last_frame)]
    for name, image in (*frames, *(("reference_images", image) for image in request.reference_images)):
        if image is None:
            continue
        target, by_address = server.names.get(name, _PICTURES[name]), reads_web and image.is_on_web
        value = _SHAPES.get(target, _held)(image.uri if by_address else _data_address(image), name)
        for values in (found.json, found.named) if by_address else (found.json,):
            values[target] = [*values.get(target, ()), value] if target in _LISTS else value
        if not by_address:
            found.files.append(Field(target, image.data, filename(image), image.mime))
    return found


def posted(
    url: str,
    fields: Mapping[str, Any],
    request: VideoRequest,
    server: Server,
    images: Pictures | None = None,
    clip: Field | None = None,
) -> Call:
    """A create as a form, as OpenAI's client makes it, and as JSON for those who take no form.

    Args:
        url: where to.
        fields: everything but images and files; one in another is written ``outer[inner]`` in a form.
        request: whose extra parameters go along.
        server: which of the two it takes, if that is known.
        images: that go along.
        clip: a file that goes along, which nothing in JSON can stand for.
    """
    images = images or Pictures()
    said = {**fields, **images.named}
    parts = [Field(name, text) for outer, value in said.items() for name, text in _flatten(outer, value)]
    parts += _extra_parts(request.extra, server)
    form = (*parts, *images.files, *([clip] if clip else ()))
    if clip:
        return Call("create", "POST", url, form=form)
    body = placed({**fields, **images.json}, request.extra, dotted)
    # A form has no null.
    if server.body == "json" or None in request.extra.values():
        return Call("create", "POST", url, json=body)
    return Call("create", "POST", url, json=None if server.body == "form" else body, form=form)


def _extra_parts(extra: Mapping[str, Any], server: Server) -> Iterator[Field]:
    """Extra parameters as a form has them; a server with a field for the rest reads JSON where others read brackets."""
    if server.rest:
        whole = placed({}, extra, of_server(server))
        yield from (Field(name, as_text(value)) for name, value in whole.items())
    else:
        yield from (Field(_bracketed(dotted(name)), as_text(value)) for name, value in extra.items())


def filename(image: Image) -> str:
    """The name of an image's file; servers that do not look at the type go by the ending."""
    return image.name if "." in image.name else f"image.{image.mime.rpartition('/')[2]}"


def _data_address(image: Image) -> str:
    return f"data:{image.mime};base64,{base64.b64encode(image.data).decode()}"


def _held(address: str, _: str) -> Any:
    # OpenAI's reference of the videos: an image is handed in as a file, or as an address, which may hold it.
    return {"image_url": address}


def _frame(address: str, name: str) -> Any:
    return {"type": "image_url", "image_url": {"url": address}, "frame_type": name}


def _reference(address: str, _: str) -> Any:
    return {"type": "image_url", "image_url": {"url": address}}


# Fields whose images are not written as OpenAI's are: OpenRouter's, by its reference.
_SHAPES: dict[str, Callable[[str, str], Any]] = {
    "frame_images": _frame,
    "input_references": _reference,
}
_LISTS = {"frame_images", "input_references", "reference_images"}


def _bracketed(path: Path) -> str:
    first, *rest = path
    return first + "".join(f"[{name}]" for name in rest)


def as_text(value: Any) -> str:
    """A value where only texts are taken: as it is, or as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _flatten(name: str, said: Any) -> Iterator[tuple[str, str]]:
    if isinstance(said, Mapping):
        for inner, value in said.items():
            yield from _flatten(f"{name}[{inner}]", value)
    elif isinstance(said, list):
        for item in said:
            yield from _flatten(f"{name}[]", item)
    else:
        yield name, as_text(said)
