"""OpenAI's ``/videos``, which outlived Sora as the interface of gateways.

Sources: the OpenAI SDK's videos resource, Azure OpenAI's video pages, and LiteLLM's proxy.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, urlencode, urljoin, urlsplit

from ..catalog import Model
from ..errors import InvalidReplyError, InvalidRequestError, ServiceError
from ..media import Image
from ..params import SIZES
from ..providers import Endpoint
from ..record import Operation, Sample
from ..request import VideoRequest
from ..video_ids import is_video_id, read_video_id
from .base import UNREPEATED, Call, Dialect, Field, Reply, Wire
from .predict_long_running import PassThrough
from .proxied_ends import proxied_end
from .sources import decoded, is_address, is_id, mime_of
from .video_replies import created_video, ended_in, read_video, started_in

# Of a clip that is changed or continued the source decides these.
_DECIDED = {
    "edit": ("first_frame", "aspect_ratio", "resolution", "duration_seconds"),
    "extension": ("first_frame", "aspect_ratio", "resolution"),
}


def address(endpoint: Endpoint, *path: str, **query: object) -> str:
    """An address below a gateway's root; segments of `path` are encoded whole, so that ids may hold anything."""
    base = endpoint.base_url
    # An address with a path says itself where the version goes.
    root = base if urlsplit(base).path.strip("/") else f"{base}/v1"
    asked = {name: value for name, value in query.items() if value not in (None, "")}
    asked |= {"api-version": endpoint.version} if endpoint.version else {}
    tail = "".join(f"/{quote(segment, safe='')}" for segment in path)
    return f"{root}{tail}" + (f"?{urlencode(asked)}" if asked else "")


@dataclass(frozen=True)
class Listed:
    """A video as a list has it, in the service's words; what is not told is empty.

    Attributes:
        created_at, expires_at: seconds since the epoch.
        seconds: its length, as text.
        size: width x height.
        remixed_from: the id of the video that it is a remix of.
    """

    id: str
    status: str = ""
    model: str = ""
    prompt: str = ""
    seconds: str = ""
    size: str = ""
    created_at: float | None = None
    expires_at: float | None = None
    remixed_from: str = ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Listed:
        """Read a video object; a gateway may leave out all but the id."""
        texts: dict[str, Any] = {
            name: str(said.get(name) or "") for name in ("id", "status", "model", "prompt", "seconds", "size")
        }
        times = {name: said[name] for name in ("created_at", "expires_at") if isinstance(said.get(name), int | float)}
        return cls(**texts, **times, remixed_from=str(said.get("remixed_from_video_id") or ""))


class OpenAIVideos(Dialect):
    """``/videos`` in the form of OpenAI and Azure; ids are opaque."""

    name = "openai_videos"
    label = "the /videos interface"
    reads_web = True
    # Whether an object may be written ``outer[inner]`` in a form.
    nests_in_forms = True
    carries = frozenset(
        {
            "prompt",
            "aspect_ratio",
            "resolution",
            "duration_seconds",
            "first_frame",
            "extend_from",
            "edit_from",
            "remix_from",
        }
    )

    def url(self, endpoint: Endpoint, *path: str, **query: object) -> str:
        """An address below ``/videos``."""
        return address(endpoint, "videos", *path, **query)

    def refusals(self, request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
        """What has no place, what a source clip decides, and a prompt that is missing: here it always has to be."""
        yield from super().refusals(request, model)
        for name in _DECIDED.get(request.mode, ()):
            if getattr(request, name):
                yield InvalidRequestError(
                    f"{name}: cannot be sent together with a clip to change or to continue, which decides it.",
                    parameter=name,
                    value=getattr(request, name),
                )
        if is_address(request.source):
            yield _unreadable(self.label, request)
        if not request.prompt:
            yield InvalidRequestError(
                f"prompt: '' is empty; {self.label} needs a text.", parameter="prompt", value=request.prompt
            )

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """``POST /videos``, or for a clip that is there already ``…/edits``, ``…/extensions`` or ``…/{id}/remix``."""
        if request.remix_from:
            return self._remixed(request, endpoint)
        if request.source:
            return self._changed(request, endpoint)
        fields: dict[str, Any] = {"model": request.model, "prompt": request.prompt, **self.shape(request)}
        image = request.first_frame
        if image is None:
            return _posted(self.url(endpoint), fields)
        if self.reads_web and image.is_on_web:
            return _posted(self.url(endpoint), {**fields, "input_reference": {"image_url": image.uri}})
        file = Field("input_reference", image.data, _filename(image), image.mime)
        # OpenAI's reference of the videos: an image is handed in as a file, or as an address, which may hold it.
        held = f"data:{image.mime};base64,{base64.b64encode(image.data).decode()}"
        return _posted(self.url(endpoint), fields, file, {"input_reference": {"image_url": held}})

    def shape(self, request: VideoRequest) -> dict[str, str]:
        """Length and size; what is not said is left out."""
        shape: dict[str, str] = {}
        if request.duration_seconds:
            # A number instead of a text is refused.
            shape["seconds"] = f"{request.duration_seconds:g}"
        if request.aspect_ratio or request.resolution:
            width, height = SIZES[request.aspect_ratio or "16:9", request.resolution or "720p"]
            shape["size"] = f"{width}x{height}"
        return shape

    def _remixed(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        video = request.remix_from or ""
        if is_address(video) or video.startswith("data:"):
            raise InvalidRequestError(
                f"remix_from: {video[:80]!r} is not an id; {self.label} remixes only its own; edit_from takes a file.",
                parameter="remix_from",
                value=video,
            )
        # The one create that OpenAI's own client sends as JSON.
        return Call("create", "POST", self.url(endpoint, video, "remix"), json={"prompt": request.prompt})

    def _changed(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        verb, name = ("edits", "edit_from") if request.mode == "edit" else ("extensions", "extend_from")
        fields: dict[str, Any] = {"prompt": request.prompt}
        if verb == "extensions" and request.duration_seconds:
            fields["seconds"] = f"{request.duration_seconds:g}"
        if is_id(request.source):
            call = _posted(self.url(endpoint, verb), {**fields, "video": {"id": request.source}})
            return call if self.nests_in_forms else replace(call, form=())
        if is_address(request.source):
            raise _unreadable(self.label, request)
        file = Field("video", decoded(request.source, name), "video.mp4", mime_of(request.source))
        return _posted(self.url(endpoint, verb), fields, file)

    def created(self, reply: Reply) -> str:
        """The video's id."""
        return created_video(reply)

    def poll(self, operation: str, endpoint: Endpoint) -> Call:
        """``GET /videos/{id}``."""
        return Call("poll", "GET", self.url(endpoint, operation))

    def parse(self, reply: Reply) -> Operation:
        """Read a video."""
        return read_video(reply.body)

    def verdict(self, error: ServiceError, operation: str = "") -> Operation | None:
        """How a video has ended that comes as the body of an error."""
        return ended_in(error.body, operation)

    def started(self, error: ServiceError) -> str:
        """The id of a video that comes as the body of an error."""
        return started_in(error.body)

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """``GET /videos/{id}/content`` for the first clip, whose `uri` is the video's id; for others their address."""
        return self._named(sample.uri, endpoint) if sample.index else self.variant(sample.uri, "", endpoint)

    def others(self, sample: Sample, endpoint: Endpoint) -> tuple[Call, ...]:
        """Where else the answer says that the clip is."""
        calls = [self._named(address, endpoint) for address in sample.others]
        return tuple({call.url: call for call in calls if call.url != self.content(sample, endpoint).url}.values())

    def _named(self, uri: str, endpoint: Endpoint) -> Call:
        """The call for an address in an answer; one without a host is the service's own."""
        return Call("content", "GET", urljoin(f"{address(endpoint)}/", uri))

    def variant(
        self, video: str, variant: Literal["", "video", "thumbnail", "spritesheet"], endpoint: Endpoint
    ) -> Call:
        """The clip, or one of the pictures that OpenAI keeps of it (``image/webp``, ``image/jpeg``)."""
        url = self.url(endpoint, video, "content", variant=variant)
        return Call("content", "GET", url, headers={"accept": "application/binary"})

    def listing(self, endpoint: Endpoint, *, after: str = "", limit: int | None = None, order: str = "") -> Call:
        """``GET /videos``: newest first unless `order` is ``asc``; `after` is the last id of the page before."""
        return Call("list", "GET", self.url(endpoint, after=after, limit=limit, order=order))

    def listed(self, reply: Reply) -> tuple[list[Listed], str]:
        """The videos of a page, and the id to ask the next one with; empty if there is none.

        Raises:
            InvalidReplyError: it is no list of videos.
        """
        body = reply.body if isinstance(reply.body, dict) else {}
        data = body.get("data")
        if not isinstance(data, list) or not all(isinstance(item, dict) and item.get("id") for item in data):
            raise InvalidReplyError("The service answered with something that is not a list of videos.")
        last = str(body.get("last_id") or data[-1]["id"]) if data and body.get("has_more") else ""
        return [Listed.of(item) for item in data], last

    def delete(self, video: str, endpoint: Endpoint) -> Call | None:
        """``DELETE /videos/{id}``."""
        return Call("cancel", "DELETE", self.url(endpoint, video))


class ProxiedVideos(OpenAIVideos):
    """``/videos`` of LiteLLM's proxy, which hands on more than OpenAI's fields to the model behind it."""

    label = "the proxy's /videos interface"
    # Behind it may be Google, which takes bytes.
    reads_web = False
    # LiteLLM 1.106 does not look for ``video[id]``, and sends the request on as one about another provider's video.
    nests_in_forms = False
    # LiteLLM 1.106 gives a remix an id that leaves out its deployment: it would be paid for and never had.
    carries = OpenAIVideos.carries - {"remix_from"}

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """The same, once."""
        return replace(super().create(request, endpoint), headers=UNREPEATED)

    def listing(self, endpoint: Endpoint, *, after: str = "", limit: int | None = None, order: str = "") -> Call:
        """The list of the proxy's own OpenAI account, the only one that LiteLLM 1.106 can list; it wants it named."""
        call = super().listing(endpoint, after=after, limit=limit, order=order)
        return replace(call, headers={"custom-llm-provider": "openai"})

    def delete(self, video: str, endpoint: Endpoint) -> Call | None:  # noqa: ARG002 (LiteLLM 1.106 has no such route)
        """Not possible."""
        return None

    def refusals(self, request: VideoRequest, model: Model) -> Iterator[InvalidRequestError]:
        """Of a model that only the operator knows also what would reach one of Google's by the proxy's other way."""
        for error in super().refusals(request, model):
            lost = error.parameter not in self.carries and error.parameter in PassThrough.carries
            yield error if model.is_listed or not lost else _only_for_googles(error, model)
        if not model.is_listed and request.aspect_ratio == "9:16" and request.resolution in {"360p", "4k"}:
            yield InvalidRequestError(
                f"resolution: {request.resolution!r} cannot be sent upright for {model.id!r}: of every size but 720p "
                "and 1080p LiteLLM makes 16:9. Take one of these two.",
                parameter="resolution",
                value=request.resolution,
                allowed=("720p", "1080p"),
            )

    def shape(self, request: VideoRequest) -> dict[str, str]:
        """The resolution by name too, since a size other than four is turned into 16:9 with no resolution."""
        named = {"resolution": request.resolution} if request.resolution and request.resolution != "720p" else {}
        return {**super().shape(request), **named}

    def verdict(self, error: ServiceError, operation: str = "") -> Operation | None:
        """What LiteLLM makes of operations that have ended without a clip."""
        return super().verdict(error, operation) or proxied_end(error)

    def other_way(self, operation: str) -> tuple[Wire, str] | None:
        """The pass-through, for a video that Gemini has made: its id holds the operation's own name."""
        if not is_video_id(operation):
            return None
        found = read_video_id(operation)
        return (PassThrough(), found.operation) if found.provider == "gemini" else None


def _only_for_googles(error: InvalidRequestError, model: Model) -> InvalidRequestError:
    return InvalidRequestError(
        f"{error.parameter}: cannot be sent for {model.id!r}, a name that only the proxy's operator knows: LiteLLM's "
        "/videos may lose it. Leave it out, or name one of Google's own models, which the proxy passes everything to.",
        parameter=error.parameter,
        value=error.value,
    )


def _unreadable(label: str, request: VideoRequest) -> InvalidRequestError:
    name = "edit_from" if request.mode == "edit" else "extend_from"
    return InvalidRequestError(
        f"{name}: {request.source[:80]!r} cannot be read; {label} takes a video's id or a file.",
        parameter=name,
        value=request.source,
    )


def _filename(image: Image) -> str:
    return image.name if "." in image.name else f"image.{image.mime.rpartition('/')[2]}"


def _posted(
    url: str, fields: dict[str, Any], file: Field | None = None, instead: Mapping[str, Any] | None = None
) -> Call:
    """A create as a form, as OpenAI's client makes it, and as JSON for those who take no form.

    Args:
        url: where to.
        fields: everything but files; one in another is written ``outer[inner]`` in a form.
        file: what goes along.
        instead: what stands for the file in JSON; None if nothing can.
    """
    parts = [Field(name, value) for outer, said in fields.items() for name, value in _flat(outer, said)]
    body = {**fields, **(instead or {})} if file is None or instead else None
    return Call("create", "POST", url, json=body, form=(*parts, *([file] if file else ())))


def _flat(name: str, said: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(said, Mapping):
        yield name, str(said)
        return
    for inner, value in said.items():
        yield from _flat(f"{name}[{inner}]", value)
