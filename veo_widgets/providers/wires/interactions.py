"""Gemini Omni's wire: an interaction in the background, to be asked for until its video is there.

Sources: https://ai.google.dev/gemini-api/docs/interactions and …/omni, the Agent Platform's Omni pages, and what
google-genai 3.4 sends. Names are snake_case here, unlike Veo's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from ...domain.catalog import Model
from ...domain.errors import DownloadError, InvalidReplyError, InvalidRequestError
from ...domain.job_record import Operation, Sample
from ...domain.media import Image
from ...domain.request import VideoRequest
from ..registry import Endpoint, Provider, agent_platform_host
from .base import UNREPEATED, Call, Dialect, Reply, operation_name
from .clip_sources import encoded, is_address, is_id, mime_of
from .clip_storage import file_id, object_url, proxied_file
from .extras import Path, clashes, placed, under
from .interaction_replies import read_interaction
from .statuses import plain

# What each mode is called in `video_config.task`.
_TASKS = {
    "text": "text_to_video",
    "image": "image_to_video",
    "interpolation": "image_to_video",
    "reference": "reference_to_video",
    "extension": "extend",
    "edit": "edit",
    "upscale": "upscale",
}


# A plain name belongs to the settings of the generation; what the request fills, and the parameter behind it.
_EXTRA_PLACE = under("generation_config")
_TAKEN: dict[Path, str] = {
    ("model",): "model",
    ("input",): "prompt",
    ("background",): "",
    ("store",): "",
    ("previous_interaction_id",): "extend_from",
    ("generation_config", "seed"): "seed",
    ("generation_config", "video_config", "task"): "",
    ("response_format", "type"): "",
    ("response_format", "aspect_ratio"): "aspect_ratio",
    ("response_format", "resolution"): "resolution",
    ("response_format", "duration"): "duration_seconds",
    ("response_format", "delivery"): "",
    ("response_format", "gcs_uri"): "storage_uri",
}


class Interactions(Dialect):
    """The Gemini Developer API's interactions: key header, files to download."""

    name = "interactions"
    label = "the Interactions API"
    carries = frozenset(
        {
            "prompt",
            "aspect_ratio",
            "resolution",
            "duration_seconds",
            "seed",
            "first_frame",
            "last_frame",
            "reference_images",
            "reference_videos",
            "extend_from",
            "edit_from",
            "upscale_from",
            "extra",
        }
    )

    def refusals(
        self, request: VideoRequest, model: Model, provider: Provider | None = None
    ) -> Iterator[InvalidRequestError]:
        """What has no place here, and extra parameters that say what the request says."""
        yield from super().refusals(request, model, provider)
        taken = {path: name for path, name in _TAKEN.items() if not name or name in self.carries}
        yield from clashes(request.extra, _EXTRA_PLACE, taken)

    def root(self, endpoint: Endpoint) -> str:
        """The address of the interactions."""
        return f"{endpoint.base_url}/{endpoint.version or 'v1beta'}/interactions"

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """``POST /v1beta/interactions``, stored and in the background."""
        return Call("create", "POST", self.root(endpoint), json=self.body(request))

    def body(self, request: VideoRequest) -> dict[str, Any]:
        """The body of a create: text and media in bound order, then what the clip is to be."""
        # Without background the answer would come minutes later, on a connection that may break: paid and lost.
        body: dict[str, Any] = {"model": request.model, "background": True, "store": True}
        content = [{"type": "text", "text": tagged(request)}, *_images(request), *self._reference_videos(request)]
        # An earlier interaction is named beside the input, any other video is part of it.
        if is_id(request.source) and request.source:
            body["previous_interaction_id"] = request.source
        elif request.source:
            content.append(self._video_content(request.source, _source_name(request)))
        # An upscale needs no words, and a part without any says nothing.
        body["input"] = [{"type": "user_input", "content": [part for part in content if part.get("text") != ""]}]
        body["generation_config"] = _generation_config(request)
        body["response_format"] = {**_response_format(request), **self.delivery(request)}
        return placed(body, request.extra, _EXTRA_PLACE)

    def delivery(self, request: VideoRequest) -> dict[str, str]:  # noqa: ARG002 (the Agent Platform looks at it)
        """How the clip is to come; inline it would be base64 in the answer to a poll."""
        return {"delivery": "uri"}

    def _reference_videos(self, request: VideoRequest) -> list[dict[str, str]]:
        return [self._video_content(clip, "reference_videos") for clip in request.reference_videos]

    def _video_content(self, clip: str, parameter: str) -> dict[str, str]:
        named = {"type": "video", "mime_type": mime_of(clip)}
        if not is_address(clip):
            return {**named, "data": encoded(clip, parameter)}
        if clip.startswith("gs://") and not self.reads_buckets:
            raise InvalidRequestError(
                f"{parameter}: {clip!r} cannot be read; {self.label} takes files of its own, not gs:// addresses.",
                parameter=parameter,
                value=clip,
            )
        # A file is handed in under its bare name, whatever its address for downloading.
        return {**named, "mime_type": "video/mp4", "uri": clip.partition(":download")[0]}

    def created(self, reply: Reply) -> str:
        """The interaction's id."""
        return operation_name(reply.body.get("id") if isinstance(reply.body, dict) else None, "interaction")

    def poll(self, operation: str, endpoint: Endpoint) -> Call:
        """``GET …/interactions/{id}``."""
        return Call("poll", "GET", f"{self.root(endpoint)}/{quote(operation, safe='')}")

    def parse(self, reply: Reply) -> Operation:
        """Read an interaction; see `interaction_replies`."""
        return read_interaction(reply.body)

    def cancel(self, operation: str, endpoint: Endpoint) -> Call | None:
        """``POST …/interactions/{id}/cancel``; LiteLLM has ``:cancel`` for the Agent Platform, google-genai this."""
        return Call("cancel", "POST", f"{self.root(endpoint)}/{quote(operation, safe='')}/cancel", json={})

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:  # noqa: ARG002 (the address is whole)
        """The file's own address, as the service gave it."""
        if urlsplit(sample.uri).scheme not in {"http", "https"}:
            raise InvalidReplyError(f"The service gave {sample.uri[:80]!r} as the address of a clip.")
        return Call("content", "GET", _download_address(sample.uri))

    def probe(self, sample: Sample, endpoint: Endpoint) -> Call | None:
        """``GET /v1beta/files/{id}``: a file may be in the making after its interaction is completed.

        Source: https://github.com/lobehub/lobehub/issues/17572.
        """
        found = file_id(sample.uri)
        if not found:
            return None
        return Call("file", "GET", f"{self.files(endpoint)}/{found}")

    def files(self, endpoint: Endpoint) -> str:
        """The address of the files."""
        return f"{endpoint.base_url}/{endpoint.version or 'v1beta'}/files"

    def ready(self, reply: Reply) -> bool:
        """Whether the file is ``ACTIVE``; a state that is not told is no reason to wait."""
        state = reply.body.get("state") if isinstance(reply.body, dict) else None
        state = plain(state) if isinstance(state, str) else ""
        if state == "failed":
            raise DownloadError("The service failed to finish the clip's file.")
        return state != "processing"


class AgentInteractions(Interactions):
    """The Agent Platform's interactions: location ``global`` whatever the project's."""

    label = "the Agent Platform's Interactions API"
    carries = Interactions.carries | {"storage_uri"}
    reads_buckets = True

    def root(self, endpoint: Endpoint) -> str:
        """``https://aiplatform.googleapis.com/v1beta1/projects/{P}/locations/global/interactions``.

        With an express key there is no project: google-genai 3.4 leaves project and location out.
        """
        base, version = endpoint.base_url, endpoint.version or "v1beta1"
        if (urlsplit(base).hostname or "").endswith(("aiplatform.googleapis.com", ".rep.googleapis.com")):
            base = f"https://{agent_platform_host('global')}"
        if not endpoint.project:
            return f"{base}/{version}/interactions"
        return f"{base}/{version}/projects/{quote(endpoint.project, safe='')}/locations/global/interactions"

    def delivery(self, request: VideoRequest) -> dict[str, str]:
        """In a bucket if one is named, else inline: an address alone is not offered here."""
        if not request.storage_uri:
            return {"delivery": "inline"}
        return {"delivery": "uri", "gcs_uri": request.storage_uri}

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """The storage API's address of a ``gs://`` object, or the file's own."""
        if sample.uri.startswith("gs://"):
            return Call("content", "GET", object_url(sample.uri, endpoint))
        return super().content(sample, endpoint)

    def probe(self, sample: Sample, endpoint: Endpoint) -> Call | None:  # noqa: ARG002 (no files here)
        """An object in a bucket is whole when it is there."""
        return None


class ProxiedInteractions(Interactions):
    """Interactions through LiteLLM's ``/gemini`` pass-through.

    The proxy's own ``/v1beta/interactions`` knows only the models that its operator has named, and has no files.
    """

    label = "the proxy's Interactions API"

    def root(self, endpoint: Endpoint) -> str:
        """``{proxy}/gemini/v1beta/interactions``."""
        return f"{endpoint.base_url}/gemini/{endpoint.version or 'v1beta'}/interactions"

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """The same, not to be repeated by the proxy."""
        return replace(super().create(request, endpoint), headers=UNREPEATED)

    def files(self, endpoint: Endpoint) -> str:
        """The proxy's own address of the files."""
        return f"{endpoint.base_url}/gemini/{endpoint.version or 'v1beta'}/files"

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """The file at the proxy: at Google's host the virtual key is worth nothing."""
        return Call("content", "GET", proxied_file(sample, endpoint))


def tagged(request: VideoRequest) -> str:
    """The prompt with a tag for each medium that it does not name yet, in the order the media are sent."""
    tags = ["<FIRST_FRAME>"] if request.first_frame else []
    tags += ["<LAST_FRAME>"] if request.last_frame else []
    tags += [f"<IMAGE_REF_{index}>" for index in range(len(request.reference_images))]
    tags += [f"<VIDEO_REF_{index}>" for index in range(len(request.reference_videos))]
    return " ".join([request.prompt, *(tag for tag in tags if tag not in request.prompt)]).strip()


def _download_address(uri: str) -> str:
    """A bare file's address is that of its description; the bytes are one step further."""
    bare = re.fullmatch(r"[^?#]*/files/[A-Za-z0-9_-]+", uri)
    return f"{uri}:download?alt=media" if bare else uri


def _source_name(request: VideoRequest) -> str:
    return {"edit": "edit_from", "upscale": "upscale_from"}.get(request.mode, "extend_from")


def _images(request: VideoRequest) -> list[dict[str, str]]:
    return [_image_content(image) for image in request.images]


def _image_content(image: Image) -> dict[str, str]:
    content = {"uri": image.uri} if image.is_in_bucket else {"data": image.base64}
    return {"type": "image", "mime_type": image.mime, **content}


def _generation_config(request: VideoRequest) -> dict[str, Any]:
    config: dict[str, Any] = {}
    # Frames and references at once are no task with a name: the model sees what is meant by the tags.
    mixed = request.mode == "reference" and (request.first_frame or request.last_frame)
    if not mixed:
        config["video_config"] = {"task": _TASKS[request.mode]}
    if request.seed is not None:
        config["seed"] = request.seed
    return config


def _response_format(request: VideoRequest) -> dict[str, str]:
    wanted = {"type": "video", "aspect_ratio": request.aspect_ratio, "resolution": request.resolution}
    if request.duration_seconds:
        # A text with its unit, as in all of Google's durations.
        wanted["duration"] = f"{request.duration_seconds:g}s"
    return {name: value for name, value in wanted.items() if value}
