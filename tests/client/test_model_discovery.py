"""What a server offers: its list of models and its own schema, asked over a real socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.raw_server import Server
from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.model_discovery import Offer
from veo_widgets.client.plan import make_plan
from veo_widgets.config.credentials import Secret
from veo_widgets.config.environment import read_environment
from veo_widgets.config.settings import Settings
from veo_widgets.domain.catalog import ExtraParam, describe, own_models_in
from veo_widgets.domain.place_prices import PlacePrice
from veo_widgets.providers.registry import PROVIDERS

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def answer(body: Any, status: str = "200 OK") -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    return head.encode() + data


def document(**properties: Any) -> dict[str, Any]:
    body = {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": properties}}}}
    return {"openapi": "3.1.0", "paths": {"/v1/videos": {"post": {"requestBody": body}}}}


async def offered(server: Server, home: Path, provider: str = "openai", times: int = 1) -> Offer:
    settings = Settings(provider=provider, base_url=server.url, api_key=Secret("key-of-the-offer"))
    async with AsyncClient(settings, home=home) as client:
        for _ in range(times):
            found = await client.discovery.offer(PROVIDERS[provider], client.settings, read_environment())
    return found


async def test_a_server_tells_its_models_and_its_parameters_once(server: Server, tmp_path: Path) -> None:
    server.answers["/v1/models"] = answer({"data": [{"id": "Wan-AI/Wan2.2-T2V-A14B"}, {"id": "LTX"}]})
    server.answers["/openapi.json"] = answer(document(fps={"type": "integer"}, seed={"type": "integer"}))
    found = await offered(server, tmp_path, times=2)
    assert found == Offer(("Wan-AI/Wan2.2-T2V-A14B", "LTX"), (), (ExtraParam("fps", "integer"),))
    assert sorted(path for _, path, _, _ in server.seen) == ["/openapi.json", "/v1/models"]
    assert {headers["authorization"] for _, _, headers, _ in server.seen} == {"Bearer key-of-the-offer"}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        answer({"detail": "Not Found"}, "404 Not Found"),
        answer(b"<html>"),
        answer([1]),
        answer(b"[" * 100_000),
        answer({"data": "none"}),
    ],
)
async def test_one_that_says_nothing_of_use_is_no_fault(server: Server, tmp_path: Path, said: bytes) -> None:
    server.answers |= {"/v1/models": said, "/openapi.json": said}
    assert await offered(server, tmp_path) == Offer()


async def test_one_that_answered_nothing_is_asked_again(server: Server, tmp_path: Path) -> None:
    await offered(server, tmp_path, times=2)
    assert len(server.seen) == 4


async def test_a_list_without_a_schema_is_a_list(server: Server, tmp_path: Path) -> None:
    server.answers["/v1/models"] = answer({"data": [{"id": "our-veo", "mode": "video_generation"}, {"id": "gpt-9"}]})
    assert await offered(server, tmp_path) == Offer(("our-veo",))


async def test_the_proxys_document_is_not_asked_for(server: Server, tmp_path: Path) -> None:
    server.answers["/v1/models"] = answer({"data": [{"id": "our-veo"}]})
    assert await offered(server, tmp_path, "litellm") == Offer(("our-veo",))
    assert [path for _, path, _, _ in server.seen] == ["/v1/models"]


async def test_without_an_address_and_at_googles_nobody_is_asked(tmp_path: Path) -> None:
    async with AsyncClient(Settings(provider="litellm"), home=tmp_path) as client:
        for name in ("litellm", "gemini", "emulator"):
            settings = replace(client.settings, provider=name)
            assert await client.discovery.offer(PROVIDERS[name], settings, read_environment()) == Offer()


LISTED = {
    "id": "alibaba/wan-2.6",
    "supported_durations": [4, 8],
    "supported_resolutions": ["720p", "1080p"],
    "supported_aspect_ratios": ["16:9", "9:16"],
    "pricing_skus": {"duration_seconds_720p": "0.3", "duration_seconds_1080p": "0.5"},
}


@pytest.fixture
async def at_openrouter(server: Server, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    settings = Settings(provider="openrouter", base_url=f"{server.url}/api/v1", api_key=Secret("sk-or-v1-key"))
    async with AsyncClient(settings, home=tmp_path) as client:
        yield client


async def test_a_plan_goes_by_the_lengths_and_prices_of_the_list(server: Server, at_openrouter: AsyncClient) -> None:
    server.answers["/api/v1/videos/models"] = answer({"data": [LISTED]})
    plan = await at_openrouter.prepare("A cat", {"model": "alibaba/wan-2.6", "resolution": "1080p", "seconds": 8})
    assert (plan.cost.usd, plan.violations) == (4.0, ())
    # What is filled in is kept as said: the list may be another one when the job is looked at again.
    plan = await at_openrouter.prepare("A cat", {"model": "openrouter/alibaba/wan-2.6"})
    assert (plan.request.duration_seconds, plan.request.resolution, plan.cost.usd) == (4.0, "720p", 1.2)
    wrong = await at_openrouter.prepare("A cat", {"model": "alibaba/wan-2.6", "seconds": 6})
    assert [error.parameter for error in wrong.violations] == ["duration_seconds"]
    # Once for all of them, and nothing else.
    assert [path for _, path, _, _ in server.seen] == ["/api/v1/videos/models"]


async def test_a_price_that_was_set_for_the_place_counts_before_its_list(
    server: Server, at_openrouter: AsyncClient
) -> None:
    server.answers["/api/v1/videos/models"] = answer({"data": [LISTED]})
    settings = replace(at_openrouter.settings, price=PlacePrice.of("0.01/s"))
    offered = await at_openrouter.discovery.described({"provider": "openrouter"}, settings, read_environment())
    values = {"model": "alibaba/wan-2.6"}
    plan = make_plan("A cat", values, settings=settings, today="2026-11-30", environ={}, offered=offered)
    assert (plan.cost.usd, plan.request.duration_seconds) == (0.04, 4)


@pytest.mark.parametrize(
    "said", [b"", answer({"error": {}}, "500 Oops"), answer({"data": [{}]}), answer({"data": [{**LISTED, "id": "x"}]})]
)
async def test_what_the_list_does_not_say_is_unknown(server: Server, at_openrouter: AsyncClient, said: bytes) -> None:
    server.answers["/api/v1/videos/models"] = said
    plan = await at_openrouter.prepare("A cat", {"model": "alibaba/wan-2.6", "seconds": 6})
    assert (plan.cost.usd, plan.violations, plan.request.duration_seconds) == (None, (), 6)


async def test_one_s_own_description_counts_before_the_list(server: Server, at_openrouter: AsyncClient) -> None:
    server.answers["/api/v1/videos/models"] = answer({"data": [LISTED]})
    own = {"id": "alibaba/wan-2.6", "provider": "openrouter", "price": {"per_clip": 7}}
    describe("session", own_models_in([own], "a test"))
    try:
        plan = await at_openrouter.prepare("A cat", {"model": "alibaba/wan-2.6"})
    finally:
        describe("session", ())
    assert plan.cost.usd == 7
