"""Pictures and videos inside a create: found, decoded, and refused where the real service refuses them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, UnidentifiedImageError

from ...domain.catalog import GEMINI_API, Model
from ..refusals import Json, invalid, no_such_file, not_found, unsupported
from ..rendering import encoding
from ..rendering.overlay import font, wrapped
from ..rendering.planes import vertical
from .operations import Clip, Operations

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")
# What the Agent Platform documents as the largest picture.
_IMAGE_BYTES = 20_000_000
_HD_SHORT_SIDES = (720, 90)  # 90 is that of the tiny clips made for tests of load


@dataclass(frozen=True)
class Source:
    """A video to extend: its bytes, how long it is, and how many extensions it has behind it."""

    data: bytes
    probe: encoding.Probe
    hops: int


def _require_object(value: Any, place: str) -> Json:
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{place}': expected an object.")
    return value


def decoded(text: Any, place: str) -> bytes:
    """The bytes of a base64 field.

    Raises:
        RefusalError: it is not base64, or empty.
    """
    try:
        # Strict: Google's JSON parser refuses what is not base64, and Python would skip it.
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error) as error:
        raise invalid(f"Invalid value at '{place}' (TYPE_BYTES), Base64 decoding failed.") from error
    if not data:
        raise invalid(f"`{place}` is empty.")
    return data


def image(value: Any, place: str, surface: str) -> bytes:
    """The bytes of a picture field.

    Raises:
        RefusalError: the field or what it holds is not a picture this surface takes.
    """
    fields = _require_object(value, place)
    # The form of generateContent, which predictLongRunning refuses although some documents show it.
    if "inlineData" in fields:
        raise unsupported("inlineData")
    if "bytesBase64Encoded" not in fields:
        return _image_in_bucket(fields, place, surface)
    mime = fields.get("mimeType")
    if mime not in IMAGE_TYPES:
        raise invalid(f"`{place}` has the mimeType {mime!r}, which is not supported; use {', '.join(IMAGE_TYPES)}.")
    data = decoded(fields["bytesBase64Encoded"], f"{place}.bytesBase64Encoded")
    check_picture(data, place)
    return data


def check_picture(data: bytes, place: str) -> None:
    """Decode a picture.

    Raises:
        RefusalError: it is too large, or no PNG, JPEG or WebP.
    """
    if len(data) > _IMAGE_BYTES:
        raise invalid(f"`{place}` has {len(data)} bytes; the limit is 20 MB.")
    try:
        # Only these three, or Pillow would try every plug-in on bytes from outside.
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            # Opening reads the header alone; a picture that breaks off is found by decoding it.
            picture.load()
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise invalid(f"`{place}` could not be decoded as an image.") from error


def _image_in_bucket(fields: Json, place: str, surface: str) -> bytes:
    uri = fields.get("gcsUri")
    if uri is None:
        raise invalid(f"`{place}` must have `bytesBase64Encoded` and `mimeType`.")
    # A key of the Developer API opens no bucket.
    if surface == GEMINI_API:
        raise unsupported("gcsUri")
    if not str(uri).startswith("gs://"):
        raise invalid(f"`{place}.gcsUri` must start with gs://.")
    return stand_in(str(uri))


def stand_in(uri: str) -> bytes:
    """A picture that bears the name of one that cannot be read offline."""
    # The same uri is the same picture each time, and two uris are told apart at a glance.
    tint = hashlib.sha256(uri.encode()).digest()
    top, low = (90 + tint[0] // 3, 70 + tint[1] // 3, 110 + tint[2] // 3), (tint[3] // 4, tint[4] // 4, tint[5] // 4)
    picture = vertical((1280, 720), [top, low])
    layer = Image.new("L", picture.size)
    # Blanks let the uri break at its slashes; where it fits on one line they go again.
    text = "\n".join(wrapped(uri.replace("/", " /"), font(44), 1000, 3)).replace(" /", "/")
    ImageDraw.Draw(layer).multiline_text((140, 320), text, fill=255, font=font(44))
    picture.paste((245, 247, 250), (0, 0), layer)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def video(value: Any, model: Model, operations: Operations) -> Source:
    """The clip a request wants extended.

    Raises:
        RefusalError: the model cannot, the video is not there, or it is too long, too short or of the wrong size.
    """
    if model.extension is None:
        raise unsupported("video")
    fields = _require_object(value, "video")
    read = _developer_video if model.surface == GEMINI_API else _platform_video
    source = read(fields, operations)
    _check_source(source, model.extension)
    return source


def _developer_video(fields: Json, operations: Operations) -> Source:
    uri = fields.get("uri")
    if not isinstance(uri, str):
        raise invalid("`video` must have the `uri` of a video that was generated before; `encodedVideo` is not taken.")
    # Whatever spelling a client uses: whole address, files/ID, with or without :download.
    file_id = uri.rpartition("files/")[2].partition(":")[0].partition("?")[0]
    clip = operations.file(file_id)
    if clip is None:
        raise no_such_file(file_id)
    return _source_from_clip(clip, operations)


def _platform_video(fields: Json, operations: Operations) -> Source:
    if "gcsUri" in fields:
        clip = operations.object(str(fields["gcsUri"]))
        if clip is None:
            raise not_found(f"The object {fields['gcsUri']}")
        return _source_from_clip(clip, operations)
    data = decoded(fields.get("bytesBase64Encoded"), "video.bytesBase64Encoded")
    try:
        # Bytes tell nothing of earlier extensions, so the service cannot count them either.
        return Source(data, encoding.probe(data), 0)
    except ValueError as error:
        raise invalid("`video` could not be decoded as a video.") from error


def _source_from_clip(clip: Clip, operations: Operations) -> Source:
    data = operations.read(clip)
    return Source(data, encoding.probe(data), clip.operation.order.hops)


def _check_source(source: Source, limits: Any) -> None:
    probe, shortest, hops = source.probe, limits.get("input_min_s", 0), limits.get("hops_max")
    if not shortest <= probe.seconds <= limits["input_max_s"]:
        raise invalid(
            f"The video to extend must be {shortest} to {limits['input_max_s']} s long; it has {probe.seconds:g} s."
        )
    # The catalog has the limit of the Developer API; for the Agent Platform none is documented.
    if hops is not None and source.hops >= hops:
        raise invalid(f"The video was extended {source.hops} times already; the limit is {hops}.")
    if min(probe.width, probe.height) not in _HD_SHORT_SIDES:
        raise invalid(f"The video to extend must be 720p; it is {probe.width} x {probe.height}.")
