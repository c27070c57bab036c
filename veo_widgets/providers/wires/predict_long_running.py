"""Veo's wire in both flavours: ``:predictLongRunning`` and an operation to poll.

Sources: https://ai.google.dev/gemini-api/docs/video for the Developer API, the Agent Platform's Veo model reference for
the other, and what google-genai sends.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from ...domain.catalog import Model
from ...domain.errors import InvalidReplyError, InvalidRequestError
from ...domain.job_record import Operation, Sample
from ...domain.media import Image
from ...domain.params import PARAMS
from ...domain.request import VideoRequest, is_said
from ..registry import Endpoint, Provider
from .base import UNREPEATED, Call, Dialect, Reply, operation_name, read_samples
from .clip_sources import encoded
from .clip_storage import object_url, proxied_file
from .extras import Path, clashes, placed, under
from .filter_reasons import explain
from .rpc_codes import rpc_failure
from .statuses import is_no_error

_PLACED = frozenset({"extra", *(param.name for param in PARAMS if param.wire)})
# A plain name belongs to the parameters, where Google's new fields mostly appear.
_EXTRA_PLACE = under("parameters")


def _image(image: Image) -> dict[str, str]:
    # `inlineData`, as some documents have it, is refused by the server with 400.
    content = {"gcsUri": image.uri} if image.is_in_bucket else {"bytesBase64Encoded": image.base64}
    return {**content, "mimeType": image.mime}


def _whole_if_possible(value: float) -> int | float:
    """Whole seconds as an integer, which is the only form every server has taken."""
    return int(value) if value == int(value) else value


class _PredictLongRunning(Dialect, ABC):
    """What the flavours share."""

    name = "predictLongRunning"
    label = "Veo's interface"
    carries = _PLACED
    # How this flavour writes the type of a reference image.
    reference_type = "asset"

    def refusals(
        self, request: VideoRequest, model: Model, provider: Provider | None = None
    ) -> Iterator[InvalidRequestError]:
        """What has no place here, and extra parameters that say what the request says."""
        yield from super().refusals(request, model, provider)
        yield from clashes(request.extra, _EXTRA_PLACE, self._taken())

    def _taken(self) -> dict[Path, str]:
        """The fields that a request may fill."""
        carried = [param for param in PARAMS if param.wire and param.name in self.carries]
        return {("instances",): ""} | {(param.place, param.wire): param.name for param in carried}

    def body(self, request: VideoRequest) -> dict[str, Any]:
        """The body of a create: media and prompt in the instance, everything else in the parameters."""
        instance: dict[str, Any] = {}
        parameters: dict[str, Any] = {}
        for param in PARAMS:
            value = getattr(request, param.name)
            if not is_said(value) or not param.wire or param.name not in self.carries:
                continue
            target = instance if param.place == "instance" else parameters
            target[param.wire] = self._field_value(param.name, value)
        body = placed({"instance": instance, "parameters": parameters}, request.extra, _EXTRA_PLACE)
        return {"instances": [body.pop("instance")], **body}

    def _field_value(self, name: str, value: Any) -> Any:
        if isinstance(value, Image):
            return _image(value)
        if name == "reference_images":
            return [{"image": _image(image), "referenceType": self.reference_type} for image in value]
        if name == "extend_from":
            return self.source_clip(value)
        return _whole_if_possible(value) if isinstance(value, float) else value

    @abstractmethod
    def source_clip(self, clip: str) -> dict[str, str]:
        """How a clip to extend is named."""

    def created(self, reply: Reply) -> str:
        """The operation's name."""
        return operation_name(reply.body.get("name") if isinstance(reply.body, dict) else None, "operation")

    def parse(self, reply: Reply) -> Operation:
        """Read an operation; `Operation.outcome` is exactly one of its five."""
        body = reply.body
        if not isinstance(body, dict):
            raise InvalidReplyError("The service answered a poll with something that is not an operation.")
        name = str(body.get("name") or "")
        error, done = body.get("error"), body.get("done")
        # Before `done`, which an answer with an error need not have.
        if not is_no_error(error):
            return _failed(name, error if isinstance(error, dict) else {"message": error})
        # Google leaves `done` out while it runs, so the name alone must do.
        if done not in (None, False, True) or not ("done" in body or "name" in body):
            raise InvalidReplyError("The service answered a poll with something that is not an operation.")
        if not done:
            return Operation(name, "running")
        return self._finished(name, body.get("response"))

    def _finished(self, name: str, response: Any) -> Operation:
        # Filter counts and clips lie one level deeper at the Developer API than at the Agent Platform.
        inner = response.get("generateVideoResponse", response) if isinstance(response, dict) else None
        if not isinstance(inner, dict):
            return Operation(name, "empty")
        samples = _samples(inner)
        withheld = inner.get("raiMediaFilteredCount") or 0
        texts = inner.get("raiMediaFilteredReasons") or []
        reasons = tuple(explain(str(text)) for text in texts) if isinstance(texts, list) else ()
        # Proto JSON may write a whole number as a text.
        count = withheld if isinstance(withheld, int) else len(reasons)
        # A partial result has clips and reasons; the clips are what was paid for.
        if samples:
            return Operation(name, "samples", samples=samples, withheld=count, reasons=reasons)
        if withheld or reasons:
            return Operation(name, "filtered", withheld=count, reasons=reasons)
        return Operation(name, "empty")


def _failed(name: str, error: dict[str, Any]) -> Operation:
    code, message = error.get("code"), str(error.get("message") or "")
    other = Operation(name, "failed", code="" if code is None else str(code), message=message)
    return rpc_failure(name, code, message) or other


def _samples(inner: dict[str, Any]) -> tuple[Sample, ...]:
    """Every delivered clip, whichever of the two shapes and of the four forms it has."""
    listed = inner.get("generatedSamples") or inner.get("videos") or []
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    videos = [video for entry in entries if isinstance(video := entry.get("video", entry), dict)]
    return read_samples(
        (
            video.get("uri") or video.get("gcsUri"),
            video.get("encodedVideo") or video.get("bytesBase64Encoded"),
            video.get("mimeType") or video.get("encoding"),
        )
        for video in videos
    )


class DeveloperApi(_PredictLongRunning):
    """The Gemini Developer API's flavour: key header, GET to poll, files to download."""

    label = "the Developer API's Veo interface"
    # Sound is always on here and the field is refused; there is no bucket.
    carries = _PLACED - {"generate_audio", "storage_uri"}
    # As google-genai writes it here; the Agent Platform's documents have it in lower case.
    reference_type = "ASSET"

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """``POST /v1beta/models/{model}:predictLongRunning``."""
        body = self.body(request)
        # One is what comes anyway, and some of the API's models refuse the field.
        if body["parameters"].get("sampleCount") == 1:
            del body["parameters"]["sampleCount"]
        if request.model.startswith("veo-2"):
            # Veo 2 has one resolution and refuses the field.
            body["parameters"].pop("resolution", None)
        url = f"{self.root(endpoint)}/models/{quote(request.model, safe='')}:predictLongRunning"
        return Call("create", "POST", url, json=body)

    def root(self, endpoint: Endpoint) -> str:
        """Everything before ``/models``."""
        return f"{endpoint.base_url}/{endpoint.version or 'v1beta'}"

    def poll(self, operation: str, endpoint: Endpoint) -> Call:
        """``GET /v1beta/{name}``; the name is opaque."""
        return Call("poll", "GET", f"{self.root(endpoint)}/{quote(operation, safe='/')}")

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:  # noqa: ARG002 (the address is whole)
        """The file's own address, as the service gave it."""
        if urlsplit(sample.uri).scheme not in {"http", "https"}:
            raise InvalidReplyError(f"The service gave {sample.uri[:80]!r} as the address of a clip.")
        return Call("content", "GET", sample.uri)

    def source_clip(self, clip: str) -> dict[str, str]:
        """Only the address of an earlier clip works here: https://github.com/googleapis/js-genai/issues/1059."""
        if not clip.startswith(("https://", "http://")):
            raise InvalidRequestError(
                f"extend_from: {clip!r} is not an address; the Developer API extends only clips that it still keeps.",
                parameter="extend_from",
                value=clip,
            )
        return {"uri": clip, "encoding": "video/mp4"}


class PassThrough(DeveloperApi):
    """The Developer API's flavour through LiteLLM's ``/gemini`` pass-through."""

    label = "the proxy's pass-through"

    def root(self, endpoint: Endpoint) -> str:
        """``{proxy}/gemini/v1beta``."""
        return f"{endpoint.base_url}/gemini/{endpoint.version or 'v1beta'}"

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """The same, not to be repeated by the proxy."""
        return replace(super().create(request, endpoint), headers=UNREPEATED)

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """The file at the proxy: the answer names Google's host, where a virtual key is worth nothing."""
        return Call("content", "GET", proxied_file(sample, endpoint))


class AgentPlatform(_PredictLongRunning):
    """The Agent Platform's flavour: bearer token, ``:fetchPredictOperation``, clips inline or in a bucket."""

    label = "the Agent Platform's Veo interface"
    reads_buckets = True

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """``POST …/publishers/google/models/{model}:predictLongRunning``."""
        body = self.body(request)
        if request.model.startswith("veo-2"):
            body["parameters"].pop("resolution", None)
            body["parameters"].pop("generateAudio", None)
        model = f"{_place_of(endpoint)}publishers/google/models/{quote(request.model, safe='')}"
        return Call("create", "POST", f"{_versioned(endpoint)}/{model}:predictLongRunning", json=body)

    def poll(self, operation: str, endpoint: Endpoint) -> Call:
        """``POST …:fetchPredictOperation``; a GET on the name does not work for Veo."""
        model = operation.rpartition("/operations/")[0]
        # The model in the name is the address to ask at; a name of another shape leads nowhere.
        if not re.fullmatch(r"(projects/[^/]+/locations/[^/]+/)?publishers/google/models/[^/]+", model):
            raise InvalidReplyError(f"{operation[:120]!r} is not an operation of the Agent Platform.")
        url = f"{_versioned(endpoint)}/{quote(model, safe='/')}:fetchPredictOperation"
        return Call("poll", "POST", url, json={"operationName": operation})

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """The storage API's address of a ``gs://`` object."""
        return Call("content", "GET", object_url(sample.uri, endpoint))

    def source_clip(self, clip: str) -> dict[str, str]:
        """A ``gs://`` address or a file's bytes."""
        if clip.startswith("gs://"):
            return {"gcsUri": clip, "mimeType": "video/mp4"}
        return {"bytesBase64Encoded": encoded(clip, "extend_from"), "mimeType": "video/mp4"}


class PlatformPassThrough(AgentPlatform):
    """The Agent Platform's flavour through LiteLLM's ``/vertex_ai`` pass-through: only to ask how an operation is.

    LiteLLM 1.108.7 asks Google's own host with it, whatever the deployment's ``api_base`` is.
    """

    label = "the proxy's pass-through to the Agent Platform"

    def poll(self, operation: str, endpoint: Endpoint) -> Call:
        """``POST {proxy}/vertex_ai/v1/…:fetchPredictOperation``."""
        return super().poll(operation, replace(endpoint, base_url=f"{endpoint.base_url}/vertex_ai", version="v1"))


def _versioned(endpoint: Endpoint) -> str:
    """The API's version in front: an express key is known to the beta only."""
    return f"{endpoint.base_url}/{endpoint.version or ('v1' if endpoint.project else 'v1beta1')}"


def _place_of(endpoint: Endpoint) -> str:
    """Project and location, which an express key goes without."""
    if not endpoint.project:
        return ""
    return f"projects/{quote(endpoint.project)}/locations/{quote(endpoint.location)}/"
