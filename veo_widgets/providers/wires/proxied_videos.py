"""``/videos`` of LiteLLM's proxy, and what of a request it hands on to the service behind it.

What it does with a field that it does not know was seen with the proxy of litellm 1.106: a deployment of ``openai/``,
``azure/`` or ``hosted_vllm/`` gets it, in a form as it is written there; one of ``gemini/`` or ``vertex_ai/`` does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...domain.catalog import Model
from ...domain.errors import InvalidRequestError, ServiceError
from ...domain.job_record import Operation
from ...domain.request import VideoRequest
from ..registry import LITELLM, LITELLM_GEMINI, Endpoint, Provider
from ..servers import Server
from ..video_ids import is_video_id, read_video_id
from .base import UNREPEATED, Call, Wire
from .openai_videos import OpenAIVideos
from .predict_long_running import PassThrough, PlatformPassThrough
from .proxied_ends import proxied_end
from .video_bodies import BEYOND

# How an operator's names begin that tell of a service of OpenAI's kind.
_HANDED_ON = ("openai/", "azure/", "hosted_vllm/")
# Names of LiteLLM's own (``all_litellm_params``) that a server might have too: they are kept, or break the call.
LITELLMS_OWN = frozenset(
    {
        *("api_base", "api_key", "api_version", "base_model", "cache", "caching", "client", "custom_llm_provider"),
        *("drop_params", "extra_body", "extra_headers", "extra_query", "fallbacks", "guardrails", "headers", "id"),
        *("max_retries", "metadata", "mock_response", "model_info", "model_list", "num_retries", "order"),
        *("organization", "region_name", "request_timeout", "roles", "rpm", "tags", "timeout", "tpm", "ttl"),
        *("verbose", "weight"),
    }
)


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
        """The same, not to be repeated by the proxy."""
        return replace(super().create(request, endpoint), headers=UNREPEATED)

    def listing(self, endpoint: Endpoint, *, after: str = "", limit: int | None = None, order: str = "") -> Call:
        """The list of the proxy's own OpenAI account, the only one that LiteLLM 1.106 can list; it wants it named."""
        call = super().listing(endpoint, after=after, limit=limit, order=order)
        return replace(call, headers={"custom-llm-provider": "openai"})

    def delete(self, video: str, endpoint: Endpoint) -> Call | None:  # noqa: ARG002 (LiteLLM 1.106 has no such route)
        """Not possible."""
        return None

    def takes_anything(self, model: Model, provider: Provider | None) -> bool:  # noqa: ARG002 (the model decides)
        """Whether a server of OpenAI's kind is known to be behind the proxy, which is handed what the proxy gets."""
        return model.is_own or (not model.is_listed and model.id.startswith(_HANDED_ON))

    def refusals(
        self, request: VideoRequest, model: Model, provider: Provider | None = None
    ) -> Iterator[InvalidRequestError]:
        """Of a model that only the operator knows also what LiteLLM would lose on the way to one of Google's."""
        handed_on = self.takes_anything(model, provider)
        for error in super().refusals(request, model, provider):
            lost = error.parameter not in self.carries and error.parameter in PassThrough.carries | BEYOND
            yield _may_be_lost(error.parameter, error.value, model) if lost and not model.is_listed else error
        if request.extra and not handed_on and not model.family.startswith("sora"):
            names = ", ".join(f"extra.{name}" for name in request.extra)
            first = f"extra.{next(iter(request.extra))}"
            if model.is_listed:
                message = f"{names}: cannot be sent along with a clip at the proxy, whose /videos loses it."
                yield InvalidRequestError(message, parameter=first, value=request.extra)
            else:
                yield _may_be_lost(names, request.extra, model, first)
        else:
            yield from _kept_by_litellm(request)
        if (
            not model.is_listed
            and not handed_on
            and request.aspect_ratio == "9:16"
            and request.resolution in {"360p", "4k"}
        ):
            yield InvalidRequestError(
                f"resolution: {request.resolution!r} cannot be sent upright for {model.id!r}: of every size but 720p "
                "and 1080p LiteLLM makes 16:9. Take one of these two.",
                parameter="resolution",
                value=request.resolution,
                allowed=("720p", "1080p"),
            )

    def shape(self, request: VideoRequest, server: Server) -> dict[str, Any]:
        """The resolution by name too, since a size other than four is turned into 16:9 with no resolution."""
        named = {"resolution": request.resolution} if request.resolution and request.resolution != "720p" else {}
        return {**super().shape(request, server), **named}

    def verdict(self, error: ServiceError, operation: str = "") -> Operation | None:
        """What LiteLLM makes of operations that have ended without a clip."""
        return super().verdict(error, operation) or proxied_end(error)

    def other_way(self, operation: str) -> tuple[Wire, str, str] | None:
        """The pass-through to the service that has made a video: its id holds the operation's own name."""
        if not is_video_id(operation):
            return None
        found = read_video_id(operation)
        ways: dict[str, tuple[Wire, str]] = {
            "gemini": (PassThrough(), LITELLM_GEMINI),
            "vertex_ai": (PlatformPassThrough(), LITELLM),
        }
        way = ways.get(found.provider)
        return (*way, found.operation) if way else None


def _kept_by_litellm(request: VideoRequest) -> Iterator[InvalidRequestError]:
    for name, value in request.extra.items():
        if name.removeprefix(".") in LITELLMS_OWN or name.startswith("litellm_"):
            message = f"extra.{name}: cannot be sent; LiteLLM has a use of its own for {name} and keeps it."
            yield InvalidRequestError(message, parameter=f"extra.{name}", value=value)
        elif value is None:
            message = f"extra.{name}: null cannot be sent; LiteLLM leaves it out. Leave it out too."
            yield InvalidRequestError(message, parameter=f"extra.{name}", value=value)


def _may_be_lost(names: str, value: object, model: Model, parameter: str = "") -> InvalidRequestError:
    parameter = parameter or names
    passed_on = parameter.partition(".")[0] in PassThrough.carries
    googles = " or name one of Google's own models, which the proxy passes it to;" if passed_on else ""
    return InvalidRequestError(
        f"{names}: cannot be sent for {model.id!r}, a name that only the proxy's operator knows: LiteLLM's /videos may "
        f"lose it. Leave it out;{googles} if a /videos server is behind that name, say so: "
        f"veo.add_model({model.id!r}, provider='litellm').",
        parameter=parameter,
        value=value,
    )
