"""Reads creates of the OpenAI-style wire and refuses what the services behind it refuse (wire reference 4).

``sora-2`` and ``sora-2-pro`` are served as OpenAI and Azure serve them. Any other model is served as a gateway would: a
name of the catalog as that model, an unknown one as Veo 3.1 Fast, and fields it does not know are dropped silently.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from PIL import Image

from ...domain.catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI, Model, models
from ..faults import front_matter
from ..jobs import media_checks, sequels
from ..jobs.operations import Operations
from ..jobs.orders import OPENAI_VIDEOS, Order
from ..jobs.sequels import Original
from ..jobs.state import Backstage
from ..refusals import Json
from . import own_models
from .bodies import Upload
from .refusals import bad, no_such_model

# The fields of OpenAI's reference; its service refuses any other by name.
_KNOWN = {"prompt", "model", "seconds", "size", "input_reference", "user"}
_SORA_SIZES = {
    "720x1280": ("720p", "9:16"), "1280x720": ("720p", "16:9"),
    "1024x1792": ("1024p", "9:16"), "1792x1024": ("1024p", "16:9"),
}  # fmt: skip
# LiteLLM turns these four into a resolution and a ratio for Google's models.
_GATEWAY_SIZES = {
    "1280x720": ("720p", "16:9"), "720x1280": ("720p", "9:16"),
    "1920x1080": ("1080p", "16:9"), "1080x1920": ("1080p", "9:16"),
}  # fmt: skip
_STAND_IN = "veo-3.1-fast-generate-001"
_DATA_URL = re.compile(r"data:(image/[a-z]+);base64,(.*)", re.DOTALL)
# OpenAI's own limit for the prompt of a video.
_PROMPT_LIMIT = 32_000
_FREE_SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")
# Seconds of a clip of a model that the catalog does not know; longer ones would take long to draw.
_LONGEST = 20


@dataclass(frozen=True)
class Served:
    """A model and the name it was asked for by."""

    model: Model
    name: str

    @property
    def strict(self) -> bool:
        """Whether this is the maker's own service, which knows its fields and sizes."""
        return self.model.surface in {OPENAI, AZURE_OPENAI} and not self.model.is_own

    @property
    def is_anybodys(self) -> bool:
        """Whether the name is none of the catalog's: a model of whoever runs the server, of any size and length."""
        return not self.strict and self.name.rpartition("/")[2] != self.model.id

    @property
    def sizes(self) -> dict[str, tuple[str, str]]:
        """The sizes it takes, with their resolution and aspect ratio."""
        table = _SORA_SIZES if self.strict else _GATEWAY_SIZES
        # Azure takes the two smaller sizes only (wire reference 4.2).
        allowed = ("720p",) if self.model.surface == AZURE_OPENAI else self.model.resolutions
        return {size: shape for size, shape in table.items() if shape[0] in allowed}


def served(name: str, stage: Backstage, *, azure: bool) -> Served:
    """The model behind a name.

    Raises:
        RefusalError: nobody serves it: it has ended, or its name starts with ``wrong``.
    """
    if name.startswith("wrong"):
        raise no_such_model(name)
    if described := _described(name, stage):
        return Served(described, name)
    own = AZURE_OPENAI if azure else OPENAI
    surfaces = (own, AGENT_PLATFORM, GEMINI_API)
    # Gateways put the provider before the name, as gemini/ or vertex_ai/.
    plain = name.rpartition("/")[2]
    for surface in surfaces:
        for model in stage.served(surface):
            if model.id == plain:
                return Served(model, name)
    # In the catalog, but served nowhere any more: an alias must not bring an ended model back.
    if any(model.id == plain for model in models()):
        raise no_such_model(name)
    # Azure's names are those of deployments, chosen by the customer.
    stand_in = stage.model(own, "sora-2", OPENAI_VIDEOS) if azure else None
    return Served(stand_in or _stand_in_model(stage, name), name)


def _described(name: str, stage: Backstage) -> Model | None:
    """A model of somebody's own, by its whole name, which may hold slashes, or behind a provider's."""
    found = {model.id: model for model in reversed(stage.operations.described())}
    model = found.get(name) or found.get(name.partition("/")[2])
    return replace(model, surface=OPENAI, api=OPENAI_VIDEOS) if model else None


def _stand_in_model(stage: Backstage, name: str) -> Model:
    model = stage.model(AGENT_PLATFORM, _STAND_IN)
    if model is None:
        raise no_such_model(name)
    return model


def order(body: Json, chosen: Served, operations: Operations) -> Order:
    """Check everything about a create and turn it into an order.

    Raises:
        RefusalError: the first thing found wrong.
    """
    if chosen.model.is_own:
        base = own_models.order(body, blank(body, chosen), chosen.model)
        return _with_picture(base, body, operations, strict=False)
    # A gateway drops what the model behind it does not know, and so does not refuse it.
    for name in body if chosen.strict else ():
        if name not in _KNOWN:
            raise bad(name, f"Unknown parameter: '{name}'.", "unknown_parameter")
    shape = _read_shape(body, chosen)
    base = replace(blank(body, chosen), resolution=shape[0], aspect_ratio=shape[1])
    base = replace(base, duration_seconds=_read_duration(body, chosen))
    _check_rules(base, chosen.model)
    return _with_picture(base, body, operations, strict=chosen.strict)


def _with_picture(base: Order, body: Json, operations: Operations, *, strict: bool) -> Order:
    picture = _read_reference(body.get("input_reference"), base, strict=strict)
    return base if picture is None else replace(base, first_frame=operations.storeroom.keep(picture))


def blank(body: Json, chosen: Served) -> Order:
    """An order with the prompt and the defaults of the model.

    Raises:
        RefusalError: there is no prompt, or it is too long.
    """
    written = body.get("prompt")
    if not isinstance(written, str) or not written.strip():
        raise bad("prompt", "Missing required parameter: 'prompt'.", "missing_required_parameter")
    if len(written) > _PROMPT_LIMIT:
        raise bad(
            "prompt", f"Invalid 'prompt': string too long; the limit is {_PROMPT_LIMIT}.", "string_above_max_length"
        )
    directions, prompt = front_matter.read(written)
    model = chosen.model
    return Order(
        surface=model.surface,
        model=model.id,
        prompt=prompt,
        resolution=model.default_resolution,
        aspect_ratio=model.default_aspect_ratio,
        duration_seconds=model.default_duration_s,
        audio=model.audio,
        directions=directions,
        wire=OPENAI_VIDEOS,
        alias=chosen.name if chosen.name != model.id else "",
    )


def _read_shape(body: Json, chosen: Served) -> tuple[str, str]:
    size = body.get("size")
    if size is None:
        return chosen.model.default_resolution, chosen.model.default_aspect_ratio
    if chosen.is_anybodys and size not in chosen.sizes:
        return _read_free_size(size), chosen.model.default_aspect_ratio
    if size not in chosen.sizes:
        raise bad("size", f"Invalid value: {size!r}. Supported values are: {', '.join(map(repr, chosen.sizes))}.")
    return chosen.sizes[size]


def _read_free_size(size: object) -> str:
    """A size that the catalog does not know, as sglang and vLLM-Omni take any."""
    found = _FREE_SIZE.fullmatch(str(size))
    # The codec halves both, and a clip as large as a wall would take minutes to draw.
    if not found or any(int(side) % 2 or not 64 <= int(side) <= 4096 for side in found.groups()):
        raise bad("size", f"Invalid value: {size!r}. Give width x height in even pixels, such as '832x480'.")
    return found[0]


def _read_seconds(value: object) -> float:
    # OpenAI takes seconds as a text alone, and refuses the number that many clients send at first.
    if not isinstance(value, str):
        raise bad("seconds", "Invalid type for 'seconds': expected a string.", "invalid_type")
    try:
        return float(value)
    except ValueError as error:
        raise bad("seconds", f"Invalid value: {value!r}.") from error


def _read_duration(body: Json, chosen: Served) -> float:
    model = chosen.model
    if body.get("seconds") is None:
        return model.default_duration_s
    seconds = _read_seconds(body["seconds"])
    if chosen.is_anybodys and 1 <= seconds <= _LONGEST:
        return seconds
    between = model.durations_continuous and min(model.durations_s) <= seconds <= max(model.durations_s)
    if seconds not in model.durations_s and not between:
        allowed = ", ".join(f"'{one:g}'" for one in model.durations_s)
        raise bad("seconds", f"Invalid value: {body['seconds']!r}. Supported values are: {allowed}.")
    return seconds


def _check_rules(base: Order, model: Model) -> None:
    for rule in model.constraints:
        if rule["if"] == {"resolution": base.resolution} and "duration_s" in rule["then"]:
            allowed = rule["then"]["duration_s"]
            if base.duration_seconds not in allowed:
                raise bad("seconds", f"'seconds' must be one of {allowed} with a resolution of {base.resolution}.")


def _read_reference(given: object, base: Order, *, strict: bool) -> bytes | None:
    if given is None:
        return None
    if isinstance(given, Upload):
        return _check_picture(given.data, given.content_type, base, strict=strict)
    if not isinstance(given, dict) or set(given) not in ({"file_id"}, {"image_url"}):
        raise bad("input_reference", "'input_reference' must be a file, or an object with a file_id or an image_url.")
    # There is no Files API here, so no file can have been uploaded to it.
    if "file_id" in given:
        raise bad("input_reference", f"No such File object: {given['file_id']}.")
    url = str(given["image_url"])
    inline = _DATA_URL.fullmatch(url)
    if inline is None:
        return media_checks.stand_in(url)
    # In a data URL + and / may be percent-encoded.
    data = media_checks.decoded(unquote_to_bytes(inline[2]).decode("latin-1"), "input_reference.image_url")
    return _check_picture(data, inline[1], base, strict=strict)


def _check_picture(data: bytes, content_type: str, base: Order, *, strict: bool) -> bytes:
    if content_type not in media_checks.IMAGE_TYPES:
        allowed = ", ".join(f"'{one}'" for one in media_checks.IMAGE_TYPES)
        raise bad("input_reference", f"Invalid file: unsupported mimetype ('{content_type}'). Supported: {allowed}.")
    media_checks.check_picture(data, "input_reference")
    with Image.open(io.BytesIO(data)) as picture:
        # OpenAI does not scale a reference; a gateway leaves that to the model behind it.
        if strict and picture.size != base.recipe(0).size:
            raise bad("input_reference", "Inpaint image must match the requested width and height")
    return data


def remixed(base: Order, original: Original, operations: Operations) -> Order:
    """`base` as a change to `original`, in its resolution."""
    return sequels.edited(replace(base, resolution=original.resolution), original, operations)


def extended(base: Order, original: Original, seconds: object, model: Model, operations: Operations) -> Order:
    """`base` as what comes after `original`.

    Raises:
        RefusalError: the model cannot, or not by so much.
    """
    limits = model.extension
    if limits is None:
        raise bad("model", f"The model {model.id} cannot extend videos.")
    added = _read_seconds(seconds)
    low, high = limits.get("adds_s_min", 0), limits.get("adds_s_max", 0)
    if added not in limits.get("adds_s", ()) and not low <= added <= high:
        raise bad("seconds", f"Invalid value: {seconds!r}; the model extends by {limits.get('adds_s') or (low, high)}.")
    longest = limits.get("total_max_s")
    if longest is not None and original.probe.seconds + added > longest:
        raise bad("seconds", f"The whole video may be at most {longest} s long.")
    longer = replace(base, resolution=original.resolution, duration_seconds=added)
    return sequels.extended(longer, original, operations)
