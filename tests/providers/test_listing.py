"""The model that a gateway lists, where nobody names one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from veo_widgets.client.async_client import AsyncClient
from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.domain import errors
from veo_widgets.domain.catalog import OPENAI as OPENAI_SURFACE
from veo_widgets.emulator import Emulator
from veo_widgets.providers.registry import PROVIDERS, Endpoint
from veo_widgets.providers.wires import Reply, listing
from veo_widgets.session.client import Client

LITELLM, OPENAI, AZURE = PROVIDERS["litellm"], PROVIDERS["openai"], PROVIDERS["azure"]


def listed(*names: str, **modes: str) -> Reply:
    data = [{"id": name} for name in names] + [{"id": name, "mode": mode} for name, mode in modes.items()]
    return Reply(200, {"object": "list", "data": data})


def entries(*said: dict[str, Any]) -> Reply:
    """A list of models that are named by their places."""
    return Reply(200, {"data": [{"id": str(n), **entry} for n, entry in enumerate(said)]})


@pytest.mark.parametrize(
    ("reply", "provider", "expected"),
    [
        (listed("gpt-9", "gemini-omni-1.2-flash"), LITELLM, "gemini-omni-1.2-flash"),
        (listed("gpt-9", ours="video_generation", theirs="chat"), LITELLM, "ours"),
        (listed("gemini/gemini-omni-1.2-flash"), LITELLM, "gemini/gemini-omni-1.2-flash"),
        (listed("sora-2", "veo-3.1-generate-001"), OPENAI, "sora-2"),
        (listed("sora-2-pro"), AZURE, "sora-2-pro"),
        (listed("Wan-AI/Wan2.2-T2V-A14B"), OPENAI, "Wan-AI/Wan2.2-T2V-A14B"),
    ],
)
def test_the_only_video_model_is_found_by_the_catalog_or_by_what_it_is_for(reply, provider, expected: str) -> None:
    assert listing.only_video_model(reply, provider) == expected


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (
            listed(veo="video_generation", omni="video_generation"),
            "lists several: veo, omni. Write model='litellm_prox",
        ),
        (listed(chat="chat"), r"lists none that is known to make videos \(chat\)"),
        (listed("gpt-9", "gpt-10"), r"lists none that is known to make videos \(gpt-9, gpt-10\)"),
        (listed(), "its list is empty"),
        (listed(*map(str, range(30))), "10, 11 and 18 more"),
    ],
)
def test_none_and_several_are_said_with_what_to_write(reply: Reply, sentence: str) -> None:
    with pytest.raises(errors.ConfigError, match=sentence):
        listing.only_video_model(reply, LITELLM)


def test_of_a_list_of_video_models_all_make_videos() -> None:
    names = listing.listed(listed("google/veo-3.1", "openai/sora-2-pro"))
    assert listing.video_models(names, PROVIDERS["openrouter"]) == ("google/veo-3.1", "openai/sora-2-pro")
    assert listing.listing(Endpoint("openrouter", OPENAI_SURFACE, "https://or.example.com/api/v1")).url == (
        "https://or.example.com/api/v1/videos/models"
    )


@pytest.mark.parametrize(
    ("provider", "address", "asked"),
    [
        ("openrouter", "https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/videos/models"),
        ("localai", "http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/models/capabilities"),
        ("sglang", "http://127.0.0.1:30000", "http://127.0.0.1:30000/v1/models"),
        ("nobody", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/models"),
    ],
)
def test_a_list_is_asked_for_where_a_server_has_it(provider: str, address: str, asked: str) -> None:
    assert listing.listing(Endpoint(provider, "openai", address)).url == asked


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        (listed("gpt-9", "sora-2"), ("sora-2",)),
        (listed("wan", "ltx", talk="chat"), ("wan", "ltx")),
        (listed(talk="chat"), ()),
        (listed("a\nb", "", "x" * 201, "wan"), ("wan",)),
        (entries({"task_type": "TI2V"}, {"task_type": "T2I"}, {"task_type": 7}), ("0",)),
        (
            entries({"supported_endpoint_types": ["openai", "openai-video"]}, {"supported_endpoint_types": ["openai"]}),
            ("0",),
        ),
        (entries({"output_modalities": ["video"]}, {"output_modalities": ["text"]}), ("0",)),
        (entries({"supported_durations": [4, 8]}, {"supported_durations": None}), ("0", "1")),
        (entries({"supported_endpoint_types": []}, {"mode": None}, {"mode": "chat"}), ("0", "1")),
        (listed(*map(str, range(300))), tuple(map(str, range(200)))),
    ],
)
def test_people_may_choose_among_the_names_that_may_make_videos(reply: Reply, names: tuple[str, ...]) -> None:
    assert listing.offered(listing.listed(reply), OPENAI) == names


@pytest.mark.parametrize("body", [None, [], {}, {"data": "none"}, {"error": "no"}])
def test_an_answer_that_is_no_list_is_said_to_be_none(body: Any) -> None:
    with pytest.raises(errors.InvalidReplyError, match="not a list of models"):
        listing.listed(Reply(200, body))


def at(provider: str, settings: Settings, path: str = "") -> Settings:
    return replace(settings, provider=provider, base_url=f"{settings.base_url}{path}", api_key=Secret("a-key"))


@pytest.mark.parametrize(("provider", "path"), [("litellm", ""), ("openai", "/v1"), ("azure", "")])
def test_a_request_without_a_model_goes_to_the_only_one(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator, provider: str, path: str
) -> None:
    emulator.list_models("our-veo")
    client = make_client(at(provider, settings, path), hasty=True)
    plan = client.plan("A cat", seconds=4)
    assert (plan.provider.name, plan.request.model, plan.cost.usd) == (provider, "our-veo", None)
    (video,) = client.submit("A cat", seconds=4, max_cost=2).wait(600).videos
    assert video.path.exists()
    assert client.plan("A cat", model="other").request.model == "other"
    kinds = [entry.kind for entry in emulator.journal()]
    assert (kinds.count("models"), kinds.count("create")) == (1, 1)


def test_another_account_is_asked_for_its_own_list(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    emulator.list_models("our-veo")
    client = make_client(at("litellm", settings))
    assert client.plan("A cat").request.model == "our-veo"
    emulator.list_models("their-veo")
    client.asynchronous.profiles["work"] = replace(client.settings, profile="work", api_key=Secret("other-key"))
    assert client.plan("A cat", profile="work").request.model == "their-veo"
    assert client.plan("A cat").request.model == "our-veo"


def test_several_are_listed_and_nothing_is_sent(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator
) -> None:
    client = make_client(at("litellm", settings))
    with pytest.raises(errors.ConfigError, match=r"lists several: sora-2, sora-2-pro, veo-3\.1-generate-001"):
        client.submit("A cat")
    refused = make_client(replace(client.settings, api_key=Secret("wrong-key")))
    with pytest.raises(errors.AuthenticationError):
        refused.plan("A cat")
    assert {entry.kind for entry in emulator.journal()} == {"models"}
    assert client.jobs() == []


@pytest.mark.anyio
async def test_the_asynchronous_client_learns_it_too(settings: Settings, emulator: Emulator, tmp_path) -> None:
    emulator.list_models("our-veo")
    async with AsyncClient(at("litellm", settings), home=tmp_path) as client:
        record = await client.submit("A cat", max_cost=2)
    assert (record.model, record.provider) == ("our-veo", "litellm")


def test_a_provider_with_a_default_is_asked_nothing(client: Client, emulator: Emulator) -> None:
    assert client.plan("A cat").model.id == "veo-3.1-fast-generate-001"
    assert emulator.journal() == []
