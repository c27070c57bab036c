"""The input of an interaction: text, pictures and videos, and the tags in the text that assign their roles.

``<FIRST_FRAME>``, ``<LAST_FRAME>`` and then ``<IMAGE_REF_N>`` by their numbers take the pictures in the order of the
input; ``<VIDEO_REF_N>`` take the videos, and a video that is left over is the one to change (wire reference 3.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ...domain.catalog import AGENT_PLATFORM, Model
from ..faults import front_matter
from ..faults.front_matter import Directions
from ..jobs import media_checks, sequels
from ..jobs.operations import Operations
from ..jobs.sequels import Original
from ..refusals import Json, invalid, no_such_file, not_found, unknown_field

_TAG = re.compile(r"<(FIRST_FRAME|LAST_FRAME|(?:IMAGE|VIDEO)_REF_\d+)>")
# A whole address, or files/ID alone; the download's own address is taken too, as SDKs hand it on.
_FILE = re.compile(r"(?:https?://[^/]+/v\w+/)?files/([a-z0-9-]+)(?::download)?(?:\?.*)?$")
_MEDIA = {"type", "data", "uri", "mime_type", "resolution"}
_FIELDS = {"text": {"type", "text"}, "image": _MEDIA, "video": _MEDIA | {"name"}}
_STEPS = {"user_input", "model_output", "thought"}
_VIDEO_TYPES = ("video/mp4", "video/mpeg", "video/mpg", "video/mov", "video/quicktime", "video/webm")
# For models whose entry in the catalog does not say.
_MOST_REFERENCES = 10


@dataclass(frozen=True)
class Given:
    """What the client sent.

    Attributes:
        text: without front matter and tags.
        directions: of the front matter.
        first: the first frame.
        last: the last frame.
        references: pictures to go by.
        reference_videos: videos to go by.
        source: a video to change or continue.
    """

    text: str
    directions: Directions
    first: bytes | None = None
    last: bytes | None = None
    references: tuple[bytes, ...] = ()
    reference_videos: tuple[Original, ...] = ()
    source: Original | None = None

    @property
    def pictures(self) -> int:
        """How many pictures there are."""
        return len(self.references) + sum(one is not None for one in (self.first, self.last))


def text_of(body: Json) -> str:
    """The text of a create, front matter and tags included.

    Raises:
        RefusalError: the input has none of the three forms it may have.
    """
    # Several texts are one prompt; tags may stand in any of them.
    return "\n".join(str(one.get("text", "")) for one in _list_contents(body.get("input")) if one["type"] == "text")


def _list_contents(given: Any) -> list[Json]:
    if isinstance(given, str):
        return [{"type": "text", "text": given}]
    found: list[Json] = []
    for place, one in enumerate(given if isinstance(given, list) else [given]):
        if not isinstance(one, dict):
            raise invalid(f"Invalid value at 'input[{place}]': expected a content or a step.")
        # Earlier steps of the model's own may be sent along, and ask for nothing.
        if one.get("type") in _STEPS:
            found += _list_contents(one.get("content", [])) if one["type"] == "user_input" else []
        else:
            found.append(_check_content(one, place))
    return found


def _check_content(content: Json, place: int) -> Json:
    kind = content.get("type")
    if kind not in _FIELDS:
        raise invalid(f"Invalid value at 'input[{place}].type': {kind!r}.")
    for name in content:
        if name not in _FIELDS[kind]:
            raise unknown_field(name, f"input[{place}]")
    if kind == "text" and not isinstance(content.get("text"), str):
        raise invalid(f"Invalid value at 'input[{place}].text' (TYPE_STRING), {content.get('text')!r}")
    return content


def given(body: Json, model: Model, task: str, operations: Operations, *, continues: bool) -> Given:
    """Read the input of a create; `continues` says that it builds on an earlier interaction.

    Raises:
        RefusalError: something cannot be read, or tags and media do not match.
    """
    contents = _list_contents(body.get("input"))
    directions, text = front_matter.read(text_of(body))
    # A tag may stand in the text many times and in any order; the pictures come by role and number.
    tags = sorted(set(_TAG.findall(text)), key=_tag_order)
    pictures = [_read_picture(one, model) for one in contents if one["type"] == "image"]
    videos = [_read_video(one, model, operations) for one in contents if one["type"] == "video"]
    references, source = _assign_videos([tag for tag in tags if tag.startswith("VIDEO")], videos, task)
    image_tags = [tag for tag in tags if not tag.startswith("VIDEO")]
    parts = _assign_pictures(image_tags, pictures, task, lone=not (continues or source))
    return Given(
        " ".join(_TAG.sub("", text).split()),
        directions,
        parts.pop("FIRST_FRAME", None),
        parts.pop("LAST_FRAME", None),
        tuple(parts.values()),
        tuple(references),
        source,
    )


def _tag_order(tag: str) -> tuple[int, int]:
    kind, _, number = tag.rpartition("_")
    return ("FIRST", "LAST", "IMAGE_REF", "VIDEO_REF").index(kind), int(number) if number.isdigit() else 0


def _assign_pictures(tags: list[str], pictures: list[bytes], task: str, *, lone: bool) -> dict[str, bytes]:
    if not tags:
        # Without tags one lone picture is where the clip begins; several, or one beside a video, are references.
        frames = task == "image_to_video" or (not task and len(pictures) == 1 and lone)
        names = ["FIRST_FRAME", "LAST_FRAME"] if frames else []
        tags = [*names, *(f"IMAGE_REF_{number}" for number in range(len(pictures)))][: len(pictures)]
    if len(tags) != len(pictures):
        named = ", ".join(f"<{tag}>" for tag in tags)
        raise invalid(f"The prompt names {named}, but the input has {len(pictures)} image(s).")
    return dict(zip(tags, pictures, strict=True))


def _assign_videos(tags: list[str], videos: list[Original], task: str) -> tuple[list[Original], Original | None]:
    # Without tags only the task tells a video to go by from one to change.
    count = len(videos) if task == "reference_to_video" and not tags else len(tags)
    if count > len(videos):
        raise invalid(f"The prompt names {count} video(s), but the input has {len(videos)}.")
    rest = videos[count:]
    if len(rest) > 1:
        raise invalid("Only one video can be changed or continued; name the others as <VIDEO_REF_N>.")
    return videos[:count], rest[0] if rest else None


def _read_picture(content: Json, model: Model) -> bytes:
    if "uri" in content:
        uri = str(content["uri"])
        _check_uri(uri, model)
        return media_checks.stand_in(uri)
    _check_type(content, media_checks.IMAGE_TYPES)
    data = media_checks.decoded(content.get("data"), "image.data")
    media_checks.check_picture(data, "image")
    return data


def _read_video(content: Json, model: Model, operations: Operations) -> Original:
    if "uri" not in content:
        _check_type(content, _VIDEO_TYPES)
        return sequels.uploaded(media_checks.decoded(content.get("data"), "video.data"), "video")
    uri = str(content["uri"])
    file_id = _check_uri(uri, model)
    clip = operations.file(file_id) if file_id else operations.object(uri)
    if clip is None:
        raise no_such_file(file_id) if file_id else not_found(f"The object {uri}")
    return sequels.ours(clip, operations)


def _check_type(content: Json, allowed: tuple[str, ...]) -> None:
    if content.get("mime_type") not in allowed:
        raise invalid(
            f"The mime_type {content.get('mime_type')!r} is not supported for {content['type']};"
            f" use {', '.join(allowed)}."
        )


def _check_uri(uri: str, model: Model) -> str:
    # A gs:// object that this emulator did not make cannot be read, so nothing of it is checked here.
    if model.surface == AGENT_PLATFORM:
        if not uri.startswith("gs://"):
            raise invalid(f"Unsupported uri {uri!r}: only gs:// locations can be read.")
        return ""
    found = _FILE.fullmatch(uri)
    if found is None:
        raise invalid(f"Unsupported uri {uri!r}: only files of the Files API can be read.")
    return found[1]


def check_limits(given: Given, model: Model) -> None:
    """Check the media against what the model takes.

    Raises:
        RefusalError: there are too many, or a kind it does not take.
    """
    # None in the catalog means that nobody has found out; it is let pass.
    if given.last is not None and model.last_frame is False:
        raise invalid("<LAST_FRAME> isn't supported by this model.")
    most = model.reference_images_max if model.reference_images_max is not None else _MOST_REFERENCES
    if len(given.references) > most:
        raise invalid(f"At most {most} reference images are supported.")
    most_videos = model.reference_videos_max or 0
    if len(given.reference_videos) > most_videos:
        raise invalid(f"At most {most_videos} reference videos are supported.")
    for rule in model.constraints:
        longest = rule["then"].get("reference_video_max_s")
        if longest is not None and any(one.probe.seconds > longest for one in given.reference_videos):
            raise invalid(f"A reference video can be at most {longest} s long.")
