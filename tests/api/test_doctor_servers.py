"""Which server answers, by what it says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from veo_widgets.api.doctor import diagnose
from veo_widgets.api.doctor.servers import recognised
from veo_widgets.client.async_client import AsyncClient
from veo_widgets.config.settings import Settings

from ..raw_server import Server, answer


class Known(dict[str, bytes]):
    """What a server says; of any other path it has not heard."""

    def get(self, path: str, default: Any = None) -> Any:  # noqa: ARG002 (what is not known is not found)
        return super().get(path, answer(404, {"detail": "Not Found"}))


VIDEOS = {"paths": {"/v1/videos": {}}}


def owned(by: object) -> dict[str, Any]:
    return {"data": [{"id": "wan", "owned_by": by}]}


@pytest.mark.parametrize(
    ("listed", "told", "name", "provider", "version"),
    [
        (None, {"/_admin/health": {"ok": True, "emulator": True}}, "the emulator", "emulator", ""),
        (owned("sglang"), {"/server_info": {"version": "0.5.23"}}, "SGLang", "sglang", "0.5.23"),
        (None, {"/server_info": {"version": "0.5.23"}}, "SGLang", "sglang", "0.5.23"),
        (
            owned("vllm"),
            {"/version": {"version": "0.30.0"}, "/openapi.json": VIDEOS},
            "vLLM-Omni",
            "vllm",
            "0.30.0",
        ),
        (owned("vllm"), {"/openapi.json": {"paths": {}}}, "vLLM", "vllm", ""),
        (
            {"data": [{"id": "wan"}]},
            {"/.well-known/localai.json": {}, "/version": {"version": "v4.9.0 (82c191a)"}},
            "LocalAI",
            "localai",
            "v4.9.0",
        ),
        (
            owned("openai"),
            {"/openapi.json": {"info": {"title": "LiteLLM API", "version": "1.108.7"}}},
            "LiteLLM's proxy",
            "litellm",
            "1.108.7",
        ),
        ({"data": [{"id": "a/b", "supported_durations": [5]}]}, {}, "OpenRouter", "openrouter", ""),
        (owned("custom"), {"/openapi.json": {"info": {"title": "Aquiles-Image"}}}, "Aquiles-Image", "server", ""),
        (
            owned("x"),
            {"/api/status": {"success": True, "data": {"system_name": "New API", "version": "v0.9"}}},
            "new-api",
            "server",
            "v0.9",
        ),
    ],
)
def test_a_server_is_known_by_its_words(listed: Any, told: Any, name: str, provider: str, version: str) -> None:
    found = recognised(listed, told)
    assert found is not None
    assert (found.name, found.provider, found.version) == (name, provider, version)


@pytest.mark.parametrize(
    "said", [None, [], "text", 7, {}, {"data": None}, {"data": [None]}, {"info": "x"}, {"data": {}}]
)
def test_words_of_nobody_are_no_servers(said: Any) -> None:
    told = dict.fromkeys(("/_admin/health", "/version", "/api/status", "/openapi.json"), said)
    assert recognised(said, told) is None
    assert recognised(said, {}) is None


def test_what_is_shown_of_a_servers_word_is_short() -> None:
    found = recognised(owned("vllm"), {"/version": {"version": "9" * 5000}})
    assert found is not None
    assert len(found.version) == 60


@pytest.mark.parametrize(("health", "warned"), [(answer(503, b""), True), (answer(200, b""), False), (None, False)])
@pytest.mark.anyio
async def test_a_server_that_loads_its_model_is_told_of(tmp_path: Path, health: bytes | None, warned: bool) -> None:
    with Server() as server:
        known = {"/v1/models": answer(200, owned("sglang")), **({"/health": health} if health else {})}
        server.answers = Known(known)
        settings = Settings(provider="sglang", base_url=server.url, folder=tmp_path)
        async with AsyncClient(settings, home=tmp_path / "home") as client:
            found = (await diagnose(client, {}, patience=600)).about("server")
        assert [one.message for one in found[1:]] == (
            ["SGLang takes no work yet (HTTP 503 at /health)"] if warned else []
        )
        assert found[0].message == f"{server.url.removeprefix('http://')} is SGLang"
        # No key was given, and none was made up.
        assert all("authorization" not in headers for _, _, headers, _ in server.seen)


@pytest.mark.parametrize(
    ("listing", "state", "said"),
    [
        (answer(200, owned("wan")), "ok", "none is set, and none is wanted"),
        (answer(401, {"detail": "Not authenticated"}), "problem", "none was given: call veo.configure(api_key=…)."),
    ],
)
@pytest.mark.anyio
async def test_where_no_key_is_set_none_is_accepted_or_refused(
    tmp_path: Path, listing: bytes, state: str, said: str
) -> None:
    with Server() as server:
        server.answers = Known({"/v1/models": listing})
        settings = Settings(base_url=server.url, folder=tmp_path)
        async with AsyncClient(settings, home=tmp_path / "home") as client:
            (found,) = (await diagnose(client, {}, patience=600)).about("key")
    assert found.state == state
    assert found.message.endswith(said)


@pytest.mark.anyio
async def test_a_text_server_is_told_of(tmp_path: Path) -> None:
    with Server() as server:
        schema = {"info": {"title": "FastAPI"}, "paths": {"/v1/chat/completions": {}}}
        server.answers = Known(
            {
                "/v1/models": answer(200, owned("vllm")),
                "/version": answer(200, {"version": "0.30.0"}),
                "/openapi.json": answer(200, schema),
            }
        )
        settings = Settings(base_url=server.url, folder=tmp_path)
        async with AsyncClient(settings, home=tmp_path / "home") as client:
            (found,) = (await diagnose(client, {}, patience=600)).about("server")
    assert found.state == "warning"
    assert found.message.endswith("is vLLM 0.30.0, and its schema has no /v1/videos")
