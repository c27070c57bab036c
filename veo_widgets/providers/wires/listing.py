"""What can be asked of a service free of charge: whether it is there, takes the key, and which models it has.

Sources: ``models.get`` of the Gemini Developer API, ``/models`` of the OpenAI SDK, and LiteLLM 1.106, whose proxy adds
to each name what it is for (``mode``) and shows a virtual key those that it may use. sglang 0.5.23 says
what for as ``task_type`` (``T2V``, ``TI2V``, ``T2I``), and new-api of autumn 2026 by the routes that a model has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...domain.catalog import AGENT_PLATFORM, GEMINI_API, Model
from ...domain.errors import ConfigError, InvalidReplyError
from ..registry import Endpoint, Provider, models_at, server_of
from ..servers import OPENAI as OPENAI_SERVER
from . import wire_for
from .base import Call, Reply
from .openai_videos import address

# No service gives such an id to an operation of its own.
_NO_OPERATION = "00000000-0000-0000-0000-000000000000"
# About three lines; a proxy may list hundreds.
_SHOWN = 12
MOST_OFFERED = 200
# LiteLLM's word for what a model is for.
VIDEO = "video_generation"
# A name travels to the browser and into requests.
_LONGEST_NAME = 200


def question(model: Model, endpoint: Endpoint) -> Call:
    """The call that tells most about a model at a place and starts nothing.

    The Agent Platform lists no models of Google's to everybody; asked for an operation that cannot exist, it answers
    404 if all is well, and otherwise says what is not.
    """
    if endpoint.surface == GEMINI_API:
        version = endpoint.version or "v1beta"
        return Call("list", "GET", f"{endpoint.base_url}/{version}/models/{quote(model.id, safe='')}")
    if endpoint.surface == AGENT_PLATFORM and not endpoint.project and model.api != "interactions":
        # An express key knows no project, and so no name of an operation either.
        version = endpoint.version or "v1beta1"
        return Call("list", "GET", f"{endpoint.base_url}/{version}/publishers/google/models/{quote(model.id, safe='')}")
    if endpoint.surface == AGENT_PLATFORM:
        return wire_for(model.api, AGENT_PLATFORM).poll(_no_operation(model, endpoint), endpoint)
    return listing(endpoint)


def _no_operation(model: Model, endpoint: Endpoint) -> str:
    if model.api == "interactions":
        return f"v1_{_NO_OPERATION}"
    place = f"projects/{endpoint.project}/locations/{endpoint.location}"
    return f"{place}/publishers/google/models/{model.id}/operations/{_NO_OPERATION}"


def listing(endpoint: Endpoint) -> Call:
    """``GET /models`` of a gateway, or where else it lists those that make videos."""
    return Call("list", "GET", address(endpoint, *server_of(endpoint).models.split("/")))


def listed(reply: Reply) -> dict[str, str]:
    """What the answer to `listing` says: each name, and what it is for if that is said.

    Raises:
        InvalidReplyError: it is no list of models.
    """
    entries = reply.body.get("data") if isinstance(reply.body, dict) else None
    if not isinstance(entries, list):
        raise InvalidReplyError("The service answered with something that is not a list of models; check base_url.")
    named = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
    return {entry["id"]: _purpose(entry) for entry in named if _is_name(entry["id"])}


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable()


def _purpose(entry: Mapping[str, Any]) -> str:
    """What a name is for, in LiteLLM's words; empty if its entry does not say."""
    said, task, ends = entry.get("mode"), entry.get("task_type"), entry.get("supported_endpoint_types")
    if isinstance(said, str):
        return said
    if isinstance(task, str) and task:
        return VIDEO if task.upper().endswith("2V") else task
    if isinstance(ends, list) and ends:
        return VIDEO if "openai-video" in ends else str(ends[0])
    if isinstance(makes := entry.get("output_modalities"), list) and makes:
        return VIDEO if "video" in makes else str(makes[0])
    # OpenRouter's list of video models says it by what stands in it.
    return VIDEO if "supported_durations" in entry else ""


def video_models(names: Mapping[str, str], provider: Provider) -> tuple[str, ...]:
    """Those of a gateway's names that make videos: because it says so, or because the catalog knows them.

    A single name of which nothing is said makes videos too: who serves one model at ``/videos`` serves that one.

    Args:
        names: from `listed`.
        provider: the gateway.
    """
    if provider.server.models != OPENAI_SERVER.models:
        return tuple(names)
    known = {model.id for model in models_at(provider)}
    # Names made from a pattern such as gemini/* have the prefix of the provider behind them.
    found = tuple(name for name, mode in names.items() if mode == VIDEO or {name, name.rpartition("/")[2]} & known)
    return found or (tuple(names) if list(names.values()) == [""] else ())


def offered(names: Mapping[str, str], provider: Provider) -> tuple[str, ...]:
    """Those of a gateway's names that may be asked for a video, for people to choose from, at most `MOST_OFFERED`.

    Args:
        names: from `listed`.
        provider: the gateway.
    """
    # Where some are said to make videos, the others make something else.
    found = video_models(names, provider) or tuple(name for name, mode in names.items() if not mode)
    return found[:MOST_OFFERED]


def only_video_model(reply: Reply, provider: Provider) -> str:
    """The one video model that a gateway lists.

    Raises:
        ConfigError: it lists none, or several.
        InvalidReplyError: the answer is no list.
    """
    names = listed(reply)
    found = video_models(names, provider)
    # Several may differ many times over in price, so none is chosen for the user.
    if len(found) == 1:
        return found[0]
    write = f"Write model='{provider.prefixes[0]}/NAME', or call veo.configure(model='{provider.prefixes[0]}/NAME')"
    if found:
        raise ConfigError(f"{provider.label}: no model was named, and it lists several: {shown(found)}. {write}.")
    raise ConfigError(
        f"{provider.label}: no model was named, and it lists none that is known to make videos "
        f"({shown(names) or 'its list is empty'}). {write} with the name that its operator gave."
    )


def shown(names: Mapping[str, str] | tuple[str, ...]) -> str:
    """Names for people, shortened where there are many."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(tuple(names)[:_SHOWN]) + more
