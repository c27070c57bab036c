"""OpenAI's ``/videos``, which outlived Sora as the interface of gateways.

Sources: the OpenAI SDK's videos resource, Azure OpenAI's video pages, and LiteLLM's proxy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, urlencode, urljoin, urlsplit

from ...domain.buckets import is_google
from ...domain.catalog import Model
from ...domain.errors import InvalidReplyError, InvalidRequestError, ServiceError
from ...domain.job_record import Operation, Sample
from ...domain.media import Image
from ...domain.params import SIZES
from ...domain.request import VideoRequest
from ..registry import Endpoint, Provider, is_at_home, server_of
from ..servers import OPENAI, Server
from . import video_bodies
from .base import Call, Dialect, Field, Reply
from .clip_sources import decoded, is_address, is_id, mime_of
from .extras import Path, clashes, dotted, of_server, placed
from .video_bodies import BEYOND
from .video_replies import created_video, ended_in, read_video, started_in

# Of a clip that is changed or continued the source decides these.
_DECIDED = {
    "edit": ("first_frame", "last_frame", "reference_images", "aspect_ratio", "resolution", "size", "duration_seconds"),
    "extension": ("first_frame", "last_frame", "reference_images", "aspect_ratio", "resolution", "size"),
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
    """A video in a list, in the service's words; what is missing is empty.

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
            "extra",
        }
    )

    def url(self, endpoint: Endpoint, *path: str, **query: object) -> str:
        """An address below ``/videos``."""
        return address(endpoint, "videos", *path, **query)

    def refusals(
        self, request: VideoRequest, model: Model, provider: Provider | None = None
    ) -> Iterator[InvalidRequestError]:
        """What has no place here, what a source clip decides, and a missing prompt, which is required here.

        A server of somebody else's is sent whatever is said, unless the catalog has another maker's word on its model.
        """
        open_to_all = self.takes_anything(model, provider)
        for error in super().refusals(request, model, provider):
            if not (open_to_all and error.parameter in BEYOND):
                yield error
        if not open_to_all:
            yield from _without_size(request)
        server = provider.server if provider else OPENAI
        if provider:
            yield from _unread(request, provider, beyond=open_to_all)
        yield from clashes(request.extra, of_server(server), self.taken(request, server))
        if None in request.extra.values() and request.source and not is_id(request.source):
            name = next(name for name, value in request.extra.items() if value is None)
            message = f"extra.{name}: null cannot be sent along with a file; leave it out."
            yield InvalidRequestError(message, parameter=f"extra.{name}", value=None)
        # Sent anyway, a service would drop them in silence, and the clip would not be what was asked for.
        for name in _DECIDED.get(request.mode, ()):
            # What has no place at all has been told of.
            if getattr(request, name) and (open_to_all or name not in BEYOND):
                yield InvalidRequestError(
                    f"{name}: cannot be sent together with a clip to change or to continue, which decides it.",
                    parameter=name,
                    value=getattr(request, name),
                )
        if is_address(request.source):
            yield _unreadable_source(self.label, request)
        if not request.prompt:
            yield InvalidRequestError(
                f"prompt: '' is empty; {self.label} needs a text.", parameter="prompt", value=request.prompt
            )

    def takes_anything(self, model: Model, provider: Provider | None) -> bool:
        """Whether parameters that OpenAI has no place for are sent as they are."""
        elsewhere = provider is not None and not is_at_home(provider)
        return elsewhere and (model.is_own or not model.is_listed)

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """``POST /videos``, or for a clip that is there already ``…/edits``, ``…/extensions`` or ``…/{id}/remix``."""
        if request.remix_from:
            return self._create_remix(request, endpoint)
        if request.source:
            return self._create_from_clip(request, endpoint)
        server = server_of(endpoint)
        fields = {
            "model": request.model,
            "prompt": request.prompt,
            **self.shape(request, server),
            **video_bodies.plain_fields(request, server),
        }
        images = video_bodies.pictures(request, server, reads_web=self.reads_web)
        return video_bodies.posted(self.url(endpoint), fields, request, server, images)

    def taken(self, request: VideoRequest, server: Server) -> dict[Path, str]:
        """The fields that a request fills, or would fill, and the parameter behind each."""
        return video_bodies.taken(request, server)

    def shape(self, request: VideoRequest, server: Server) -> dict[str, Any]:
        """Length and size; what is not said is left out."""
        return video_bodies.shape(request, server)

    def _create_remix(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        video = request.remix_from or ""
        if is_address(video) or video.startswith("data:"):
            raise InvalidRequestError(
                f"remix_from: {video[:80]!r} is not an id; {self.label} remixes only its own; edit_from takes a file.",
                parameter="remix_from",
                value=video,
            )
        # The one create that OpenAI's own client sends as JSON.
        body = placed({"prompt": request.prompt}, request.extra, dotted)
        return Call("create", "POST", self.url(endpoint, video, "remix"), json=body)

    def _create_from_clip(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        verb, name = ("edits", "edit_from") if request.mode == "edit" else ("extensions", "extend_from")
        server = server_of(endpoint)
        fields: dict[str, Any] = {"prompt": request.prompt, **video_bodies.plain_fields(request, server)}
        if verb == "extensions":
            fields |= video_bodies.length(request, server)
        url = self.url(endpoint, verb)
        if is_id(request.source):
            call = video_bodies.posted(url, {**fields, "video": {"id": request.source}}, request, server)
            return call if self.nests_in_forms else replace(call, form=())
        if is_address(request.source):
            raise _unreadable_source(self.label, request)
        file = Field("video", decoded(request.source, name), "video.mp4", mime_of(request.source))
        return video_bodies.posted(url, fields, request, server, clip=file)

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
        # A refusal says by itself that there is no video.
        return started_in(error.body, lost=error.status >= 500)

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """``GET /videos/{id}/content`` for the first clip, whose `uri` is the video's id; for others their address."""
        return self._call_at(sample.uri, endpoint) if sample.index else self.variant(sample.uri, "", endpoint)

    def others(self, sample: Sample, endpoint: Endpoint) -> tuple[Call, ...]:
        """Where else the answer says that the clip is."""
        # What is in a bucket is read as such.
        calls = [self._call_at(address, endpoint) for address in sample.others if not is_google(address)]
        return tuple({call.url: call for call in calls if call.url != self.content(sample, endpoint).url}.values())

    def _call_at(self, uri: str, endpoint: Endpoint) -> Call:
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
        # Some gateways leave last_id out; the page's last video is the same.
        last = str(body.get("last_id") or data[-1]["id"]) if data and body.get("has_more") else ""
        return [Listed.of(item) for item in data], last

    def delete(self, video: str, endpoint: Endpoint) -> Call | None:
        """``DELETE /videos/{id}``."""
        return Call("cancel", "DELETE", self.url(endpoint, video))


def _without_size(request: VideoRequest) -> Iterator[InvalidRequestError]:
    """The refusal of a ratio and a resolution that are none of OpenAI's sizes, the one field for the two."""
    ratio, lines = request.aspect_ratio or "16:9", request.resolution or "720p"
    if (ratio, lines) not in SIZES:
        name = "resolution" if any(of == ratio for of, _ in SIZES) else "aspect_ratio"
        names = [f"{width}x{height}" for width, height in SIZES.values()]
        yield InvalidRequestError(
            f"{name}: {ratio} at {lines} is none of the sizes that OpenAI's interface has: {', '.join(names)}.",
            parameter=name,
            value=getattr(request, name),
            allowed=names,
        )


def _unread(request: VideoRequest, provider: Provider, *, beyond: bool) -> Iterator[InvalidRequestError]:
    """The refusals of what a server is known to drop in silence; `beyond` OpenAI's own parameters too."""
    server = provider.server
    lost = f"would be lost: {provider.label} has no such field"
    for name, value in video_bodies.unread(request, server).items() if beyond else ():
        instead = "; give size, as in 832x480" if name in {"aspect_ratio", "resolution"} else ""
        shown = value.describe() if isinstance(value, Image) else "given" if isinstance(value, tuple) else repr(value)
        yield InvalidRequestError(f"{name}: {shown} {lost}{instead}.", parameter=name, value=value)
    for name, value in request.extra.items():
        if not (server.rest or server.reads(dotted(name)[0])):
            options = f"provider.options.PROVIDER.{name}"
            instead = f"; for the model's own provider say {options}" if server.reads("provider") else ""
            yield InvalidRequestError(f"extra.{name}: it {lost}{instead}.", parameter=f"extra.{name}", value=value)


def _unreadable_source(label: str, request: VideoRequest) -> InvalidRequestError:
    name = "edit_from" if request.mode == "edit" else "extend_from"
    return InvalidRequestError(
        f"{name}: {request.source[:80]!r} cannot be read; {label} takes a video's id or a file.",
        parameter=name,
        value=request.source,
    )
