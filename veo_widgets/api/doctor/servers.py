"""Asks a ``/v1/videos`` server which one it is: it tells by its version, its schema and its list of models.

Sources: the routes of sglang 0.5.23 (``/server_info``), vLLM 0.30.0 (``/version``), LocalAI 4.9.0
(``/.well-known/localai.json``), new-api (``/api/status``), LiteLLM 1.108.7 and Aquiles-Image 0.8.3 (titles of
``/openapi.json``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import anyio

from ...client.async_client import AsyncClient
from ...config.accounts import Account
from ...config.addresses import origin
from ...domain.errors import NotFoundError, ServiceError, VeoError
from ...providers.registry import PROVIDERS, Endpoint, at_address
from ...providers.wires import Call, Reply
from .report import Finding

_PATHS = ("/_admin/health", "/version", "/server_info", "/api/status", "/.well-known/localai.json", "/openapi.json")
_UPDATE = "Update it to one that serves /v1/videos, or start it with a model that makes videos."


@dataclass(frozen=True)
class Kind:
    """What a server has turned out to be.

    Attributes:
        name: what people call it.
        provider: the provider that fits it best.
        version: as it says itself; empty if it does not.
    """

    name: str
    provider: str
    version: str = ""


async def server_findings(
    client: AsyncClient, account: Account, listed: Reply | None, patience: float
) -> list[Finding]:
    """Which server answers at an address of somebody's own, and which provider fits it.

    Args:
        client: for the network.
        account: who asks, and where.
        listed: its list of models, if it gave one.
        patience: seconds to wait for its answers.
    """
    if _is_at_home(account):
        return []
    told = await _answers(client, account, patience)
    found = _finding_of(account, recognised(listed.body if listed else None, told), told)
    return [found, *await _readiness(client, account)]


def _finding_of(account: Account, kind: Kind | None, told: Mapping[str, Any]) -> Finding:
    """What is said of a server that is this kind, or of which nothing is known."""
    where, used = urlsplit(account.endpoint.base_url).netloc, account.provider.name
    if kind is None:
        return Finding("server", "ok", f"{where} does not tell what it is; it is taken for one like OpenAI's")
    message = f"{where} is {' '.join(filter(None, (kind.name, kind.version)))}"
    lacking = _lacks_videos(kind, told)
    if lacking:
        return Finding("server", "warning", f"{message}, and its schema has no /v1/videos", _UPDATE)
    # The emulator stands for whichever service it is asked as.
    if kind.provider in {used, "emulator"}:
        return Finding("server", "ok", message)
    # Whoever says that a server is another one than it is has its creates sent in the wrong way.
    remedy = f"The provider {kind.provider!r} fits it better than {used!r}."
    return Finding("server", "ok" if used in {"server", "openai"} else "warning", message, remedy)


async def _readiness(client: AsyncClient, account: Account) -> list[Finding]:
    """What keeps a server from taking work, where it has a path that tells."""
    path = account.provider.server.health
    if not path:
        return []
    try:
        await client.discovery.ask(partial(_question, path), account)
    except NotFoundError:
        return []
    except ServiceError as error:
        message = f"{account.provider.label} takes no work yet (HTTP {error.status} at {path})"
        return [Finding("server", "warning", message, "Wait until its model is loaded, or look into its log.")]
    except VeoError:
        # An empty answer says that all is well, and is no JSON.
        return []
    return []


def _is_at_home(account: Account) -> bool:
    """Whether it is a service at its own address, or the emulator of this process."""
    provider = PROVIDERS[account.provider.name]
    at_home = at_address(provider, account.endpoint.base_url).label == provider.label
    return account.embedded or provider.auth == "none" or (bool(provider.domains) and at_home)


async def _answers(client: AsyncClient, account: Account, patience: float) -> dict[str, Any]:
    """What a server says at the paths by which servers can be told apart; what it does not have is left out."""
    told: dict[str, Any] = {}

    async def ask(path: str) -> None:
        with suppress(VeoError):
            told[path] = (await client.discovery.ask(partial(_question, path), account)).body

    with anyio.move_on_after(patience):
        async with anyio.create_task_group() as group:
            for path in _PATHS:
                group.start_soon(ask, path)
    return told


def _question(path: str, endpoint: Endpoint) -> Call:
    return Call("list", "GET", f"{origin(endpoint.base_url)}{path}")


def recognised(listed: Any, told: Mapping[str, Any]) -> Kind | None:
    """What a server is by what it says; None if nothing of it is known.

    Args:
        listed: the answer to ``GET /v1/models``, decoded, if there is one.
        told: other answers by their path.
    """
    return next(_kinds(listed, told), None)


def _kinds(listed: Any, told: Mapping[str, Any]) -> Iterator[Kind]:
    if "supported_durations" in _first(listed):
        yield Kind("OpenRouter", "openrouter")
    health, owner, title = told.get("/_admin/health"), _owner(listed), _text(told, "/openapi.json", "info", "title")
    version = _text(told, "/version", "version")
    if isinstance(health, dict) and health.get("emulator") is True:
        yield Kind("the emulator", "emulator")
    if owner == "sglang" or "/server_info" in told:
        yield Kind("SGLang", "sglang", _text(told, "/server_info", "version"))
    if owner == "vllm":
        yield Kind("vLLM-Omni" if _serves_videos(told) else "vLLM", "vllm", version)
    if "/.well-known/localai.json" in told:
        yield Kind("LocalAI", "localai", version.partition(" ")[0])
    if title.startswith("LiteLLM"):
        yield Kind("LiteLLM's proxy", "litellm", _text(told, "/openapi.json", "info", "version"))
    if title == "Aquiles-Image":
        yield Kind("Aquiles-Image", "server")
    if _text(told, "/api/status", "data", "system_name"):
        yield Kind("new-api", "server", _text(told, "/api/status", "data", "version"))


def _lacks_videos(kind: Kind, told: Mapping[str, Any]) -> bool:
    """Whether a server shows its whole schema, and videos are not in it."""
    return kind.provider in {"sglang", "vllm"} and "/openapi.json" in told and not _serves_videos(told)


def _serves_videos(told: Mapping[str, Any]) -> bool:
    schema = told.get("/openapi.json")
    paths = schema.get("paths") if isinstance(schema, dict) else None
    return isinstance(paths, dict) and "/v1/videos" in paths


def _owner(listed: Any) -> str:
    """Who the first model of a list belongs to, as servers name themselves there."""
    return str(_first(listed).get("owned_by") or "")


def _first(listed: Any) -> Mapping[str, Any]:
    """The first model of a list; empty if there is none."""
    entries = listed.get("data") if isinstance(listed, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    return first if isinstance(first, dict) else {}


def _text(told: Mapping[str, Any], path: str, *keys: str) -> str:
    """A text within an answer; empty if it is not there. It is shown, so it is cut."""
    found = told.get(path)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found[:60] if isinstance(found, str) else ""
