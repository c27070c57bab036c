"""Dialects of HTTP that the services speak. Pure: no network, no clock."""

from __future__ import annotations

from ...domain.catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI
from ...domain.errors import ConfigError
from ..registry import LITELLM, LITELLM_GEMINI, LOCALAI
from .base import Call, Field, Reply, Wire
from .interactions import AgentInteractions, Interactions, ProxiedInteractions
from .localai import LocalAIVideo
from .openai_videos import OpenAIVideos
from .predict_long_running import AgentPlatform, DeveloperApi, PassThrough
from .proxied_videos import ProxiedVideos

__all__ = ["Call", "Field", "Reply", "Wire", "wire_for"]

_WIRES: dict[tuple[str, str], Wire] = {
    ("predictLongRunning", GEMINI_API): DeveloperApi(),
    ("predictLongRunning", AGENT_PLATFORM): AgentPlatform(),
    ("predictLongRunning", LITELLM_GEMINI): PassThrough(),
    ("interactions", GEMINI_API): Interactions(),
    ("interactions", AGENT_PLATFORM): AgentInteractions(),
    ("interactions", LITELLM_GEMINI): ProxiedInteractions(),
    ("openai_videos", OPENAI): OpenAIVideos(),
    ("openai_videos", AZURE_OPENAI): OpenAIVideos(),
    ("openai_videos", LITELLM): ProxiedVideos(),
    ("openai_videos", LOCALAI): LocalAIVideo(),
}


def wire_for(api: str, surface: str) -> Wire:
    """The wire for a catalog entry's ``api`` on its surface.

    Raises:
        ConfigError: this version does not speak it.
    """
    try:
        return _WIRES[api, surface]
    except KeyError:
        raise ConfigError(f"model: the {api!r} interface of {surface} is not spoken by this version.") from None
