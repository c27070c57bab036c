"""LocalAI's ``/video``: one request that is answered when its clip is done.

Sources: LocalAI 4.9.0, ``core/http/endpoints/localai/video.go`` and ``core/schema/localai.go``. Its 3.7.0 to 3.10.0
had the same under ``/v1/videos``, and it has none of the rest of that interface.
"""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from ...domain.catalog import Model
from ...domain.errors import InvalidReplyError
from ...domain.job_record import Operation, Sample
from ...domain.media import Image
from ...domain.params import SIZES
from ...domain.request import VideoRequest, is_said
from ..registry import Endpoint, Provider, server_of
from ..servers import Server
from .base import UNREPEATED, Call, Reply, operation_name, read_samples
from .extras import Path, of_server, placed
from .openai_videos import OpenAIVideos
from .video_bodies import as_text

# A clip of a small machine takes as long, and nothing comes before it is done.
_PATIENCE_SECONDS = 4 * 3600.0
# LocalAI makes so many frames as it is told and nothing of seconds, so the rate is said too where it is not known.
_USUAL_FPS = 16


class LocalAIVideo(OpenAIVideos):
    """``POST /video``. The clip's address is the operation: there is nothing else to ask for."""

    label = "LocalAI's /video interface"
    answers_with_clip = True
    carries = frozenset(
        {
            *("prompt", "negative_prompt", "aspect_ratio", "resolution", "size", "duration_seconds", "seed"),
            *("first_frame", "last_frame", "extra"),
        }
    )

    def takes_anything(self, model: Model, provider: Provider | None) -> bool:  # noqa: ARG002 (nothing is open here)
        """No: what is not in its schema is dropped there in silence."""
        return False

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """``POST /video``, not to be repeated by a proxy, whose answer may take hours."""
        frames = {"start_image": request.first_frame, "end_image": request.last_frame}
        body: dict[str, Any] = {
            "model": request.model,
            "prompt": request.prompt,
            "response_format": "url",
            **_canvas(request),
            **_length(request),
            **({"negative_prompt": request.negative_prompt} if request.negative_prompt else {}),
            **({} if request.seed is None else {"seed": request.seed}),
            **{name: _held(image) for name, image in frames.items() if image},
        }
        server = server_of(endpoint)
        url = f"{endpoint.base_url}{server.create}"
        # Frames and their rate may be said as such; the length follows them.
        body = placed(body, request.extra, of_server(server))
        if isinstance(rest := body.get(server.rest), dict):
            body[server.rest] = {name: as_text(value) for name, value in rest.items()}
        return Call("create", "POST", url, json=body, headers=UNREPEATED, patience=_PATIENCE_SECONDS)

    def taken(self, request: VideoRequest, server: Server) -> dict[Path, str]:  # noqa: ARG002 (it has names of its own)
        """The fields that a request fills, and the parameter behind each."""
        found: dict[Path, str] = {("model",): "model", ("prompt",): "prompt", ("response_format",): ""}
        found |= {(name,): "size" for name in _canvas(request)}
        said = {"seed": request.seed, "negative_prompt": request.negative_prompt}
        found |= {(name,): name for name, value in said.items() if is_said(value)}
        frames = {"start_image": "first_frame", "end_image": "last_frame"}
        return found | {(field,): name for field, name in frames.items() if getattr(request, name)}

    def created(self, reply: Reply) -> str:
        """The clip's address, or the answer's own id where the clip is in it.

        Raises:
            InvalidReplyError: there is neither.
        """
        (sample,) = _clips(reply) or (Sample(0),)
        if sample.data and not sample.uri:
            return operation_name(reply.body.get("id"), "clip")
        url = operation_name(sample.uri, "clip")
        # An address without a scheme is one at the server.
        if urlsplit(url).scheme not in {"", "http", "https"} or url.startswith("//"):
            raise InvalidReplyError(f"The service accepted the request but named its clip {url[:80]!r}.")
        return url

    def poll(self, operation: str, endpoint: Endpoint) -> Call:  # noqa: ARG002 (the clip is there)
        """Whether the server is there: its clips are, from the create's answer on."""
        return Call("poll", "GET", f"{endpoint.base_url}/version")

    def parse(self, reply: Reply) -> Operation:
        """The clip: of the create's answer the one in it, else the one that goes by the operation's name."""
        held = [replace(sample, uri="") for sample in _clips(reply) if sample.data]
        return Operation("", "samples", samples=tuple(held) or (Sample(0, "", "video/mp4"),))

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """``GET`` of the clip's address."""
        return Call("content", "GET", urljoin(f"{endpoint.base_url}/", sample.uri))


def _clips(reply: Reply) -> tuple[Sample, ...]:
    """The first clip of the answer to a create; empty if it has none."""
    data = reply.body.get("data") if isinstance(reply.body, dict) else None
    first = data[0] if isinstance(data, list) and data else None
    return read_samples([(first.get("url"), first.get("b64_json"), None)] if isinstance(first, dict) else [])


def _canvas(request: VideoRequest) -> dict[str, int]:
    """Width and height; ``size`` is in LocalAI's schema, and nothing reads it."""
    known = SIZES.get((request.aspect_ratio or "16:9", request.resolution or "720p"))
    said = request.size.split("x") if request.size else known
    if not (request.size or request.aspect_ratio or request.resolution) or said is None:
        return {}
    return {"width": int(said[0]), "height": int(said[1])}


def _length(request: VideoRequest) -> dict[str, int]:
    """The number of frames and their rate; ``seconds`` is in LocalAI's schema, and nothing reads it."""
    if not request.duration_seconds or "num_frames" in request.extra:
        return {}
    fps = request.extra.get("fps", _USUAL_FPS)
    rate = fps if isinstance(fps, int | float) and fps > 0 else _USUAL_FPS
    return {"num_frames": math.ceil(request.duration_seconds * rate), "fps": math.ceil(rate)}


def _held(image: Image) -> str:
    """An image as it is taken: an address, or base64."""
    return image.uri or "" if image.is_on_web else base64.b64encode(image.data).decode()
