"""Which of a proxy's two ways a request takes."""

from __future__ import annotations

from dataclasses import replace

from ...domain.catalog import Model
from ...domain.request import VideoRequest
from ..registry import LITELLM, LITELLM_GEMINI, LOCALAI, Provider
from .clip_sources import is_id

# The sizes that LiteLLM's unified route knows; any other is turned into 16:9.
_UNIFIED_RESOLUTIONS = {None, "720p", "1080p"}


def routed(model: Model, provider: Provider, request: VideoRequest) -> Model:
    """The catalog's entry with the wire and the surface that carry this request.

    LiteLLM's ``/v1/videos`` reaches every model of the operator, but on the way to Google's it loses the last frame,
    references, seed, samples, extension, extra parameters and what is to be left out. Its ``/gemini`` pass-through
    keeps them, and leads to Google alone: a name that only the operator knows is none of Google's. Omni has its own
    wire there.
    """
    # Everybody else has one way, whichever surface a model was described for.
    if LOCALAI in provider.surfaces:
        return replace(model, surface=LOCALAI)
    if LITELLM not in provider.surfaces:
        return model
    if model.api == "interactions":
        return replace(model, surface=LITELLM_GEMINI)
    of_google = model.is_listed and not model.is_own and model.api == "predictLongRunning"
    if of_google and _needs_pass_through(request, model):
        return replace(model, api="predictLongRunning", surface=LITELLM_GEMINI)
    return replace(model, api="openai_videos", surface=LITELLM)


def _needs_pass_through(request: VideoRequest, model: Model) -> bool:
    if request.source:
        # A video that the unified route has made is known to it alone.
        return bool(request.extend_from) and not is_id(request.source)
    lost = (
        request.last_frame,
        request.reference_images,
        request.seed is not None and model.seed,
        (request.samples or 1) > 1,
        request.negative_prompt,
        request.person_generation,
        request.extra,
        request.resolution not in _UNIFIED_RESOLUTIONS,
    )
    return any(lost)
