"""Dialects of HTTP that the services speak. Pure: no network, no clock, no files."""

from __future__ import annotations

from ..errors import ConfigError
from .base import Call, Reply, Wire
from .predict_long_running import AgentPlatform, DeveloperApi

__all__ = ["Call", "Reply", "Wire", "wire_for"]

_WIRES: dict[tuple[str, str], Wire] = {
    ("predictLongRunning", "gemini-developer-api"): DeveloperApi(),
    ("predictLongRunning", "agent-platform"): AgentPlatform(),
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
