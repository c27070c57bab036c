"""Which of a proxy's two ways a request takes."""

from __future__ import annotations

from dataclasses import replace

from ..catalog import Model
from ..providers import LITELLM, LITELLM_GEMINI, Provider
from ..request import VideoRequest
from .sources import is_id

# The sizes that LiteLLM's unified route knows; any other is turned into 16:9.
_UNIFIED_RESOLUTIONS = {None, "720p", "1080p"}


def routed(model: Model, provider: Provider, request: VideoRequest) -> Model:
    """The catalog's entry with the wire and the surface that carry this request.

    LiteLLM's ``/v1/videos`` reaches every model of the operator, but loses the last frame, references, seed, samples,
    extension and what is to be left out; its ``/gemini`` pass-through keeps them. Omni has its own wire there. A name
    that only the operator knows is none of Google's, to whom the pass-through leads.
    """
    if LITELLM not in provider.surfaces:
        return model
    if model.api == "interactions":
        return replace(model, surface=LITELLM_GEMINI)
    if model.is_listed and _needs_pass_through(request, model):
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
        request.resolution not in _UNIFIED_RESOLUTIONS,
    )
    return any(lost)
