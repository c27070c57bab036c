"""Servers under their names as providers: which key goes along, what is booked, and what the doctor says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from veo_widgets.api.doctor import Finding, diagnose
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.domain.place_prices import PlacePrice
from veo_widgets.providers.registry import PROVIDERS
from veo_widgets.session.client import Client

from .server_process import ServerProcess

MODEL, KEY = "wan2.2", "sk-the-key-of-this-named-server"
PATIENCE = 60
Opens = Callable[..., tuple[Client, ServerProcess]]


@pytest.fixture
def open_at(start_server: Callable[..., ServerProcess], make_client: Callable[..., Client], tmp_path: Path) -> Opens:
    """A client of a provider at a server that is told these things."""

    def open_client(provider: str | None, program: str, path: str = "", **said: Any) -> tuple[Client, ServerProcess]:
        server = start_server(
            program, **{name: value for name, value in said.items() if name in {"key", "models", "cost", "listed"}}
        )
        key = said.get("given")
        settings = Settings(
            provider=provider,
            base_url=f"{server.base_url}{path}",
            api_key=Secret(key) if key else None,
            folder=tmp_path / "veo_clips",
            price=said.get("price"),
        )
        return make_client(settings, hasty=True), server

    return open_client


def doctors_word(client: Client) -> Finding:
    (found,) = client.call(partial(diagnose, client.asynchronous, {}, patience=600)).about("server")
    return found


def test_openrouter_books_what_it_says_that_it_has_charged(open_at: Opens) -> None:
    listed = {MODEL: {"pricing_skus": {"video_tokens": "0.000007"}}}
    said = {"key": KEY, "given": KEY, "models": [MODEL], "listed": listed, "cost": 0.35}
    client, server = open_at("openrouter", "like_openrouter", "/api/v1", **said)
    with pytest.raises(errors.BudgetError, match=r"price of wan2\.2 at openrouter is unknown"):
        client.submit("A cat", model=MODEL)
    with pytest.warns(errors.DeliveryWarning):
        job = client.submit("A cat", model=MODEL, max_cost=2).wait(PATIENCE)
    assert (job.state, job.cost.usd, job.cost.note) == (JobState.SUCCEEDED, 0.35, "")
    assert client.budget().tallies["day"].spent == pytest.approx(0.35)
    assert {one["authorization"] for one in server.received()} == {f"Bearer {KEY}"}
    assert all(one["type"].startswith("application/json") for one in server.creates())


def test_openrouter_s_list_has_the_price_before_and_its_answer_the_one_that_is_booked(open_at: Opens) -> None:
    said = {"key": KEY, "given": KEY, "models": ["google/veo-3.1", "alibaba/wan-2.6"], "cost": 0.35}
    client, server = open_at("openrouter", "like_openrouter", "/api/v1", **said)
    plan = client.plan("A cat", model="alibaba/wan-2.6", seconds=10)
    assert (plan.cost.usd, plan.full.resolution, plan.violations) == (1.0, "720p", ())
    with pytest.raises(errors.InvalidRequestError, match=r"duration_seconds: 7 is not a length of alibaba/wan-2\.6"):
        client.submit("A cat", model="alibaba/wan-2.6", seconds=7)
    with pytest.raises(errors.BudgetError, match=r"\$0\.50"):
        client.submit("A cat", model="alibaba/wan-2.6", max_cost=0.4)
    assert server.creates() == []
    with pytest.warns(errors.DeliveryWarning):
        job = client.submit("A cat", model="alibaba/wan-2.6").wait(PATIENCE)
    (create,) = server.creates()
    shape = {"duration": 5, "resolution": "720p", "aspect_ratio": "16:9"}
    assert create["fields"] == {"model": "alibaba/wan-2.6", "prompt": "A cat", **shape}
    assert (job.cost.usd, job.cost.note) == (0.35, "")


def test_localai_answers_with_the_clip(open_at: Opens) -> None:
    client, server = open_at("localai", "like_localai", models=[MODEL, "another"])
    values = {"aspect_ratio": "16:9", "resolution": "720p", "seconds": 2, "seed": 7, "negative_prompt": "dogs"}
    job = client.submit("A cat", model=MODEL, **values)
    # Every clip of this server is small and short.
    with pytest.warns(errors.DeliveryWarning, match="64×36 instead of 1280×720"):
        job.wait(PATIENCE)
    assert (job.state, len(job.videos), job.cost.usd) == (JobState.SUCCEEDED, 1, 0)
    assert client.budget().tallies["day"].spent == 0
    (create,) = server.creates()
    wanted = {"width": 1280, "height": 720, "num_frames": 32, "fps": 16, "seed": 7, "negative_prompt": "dogs"}
    assert wanted.items() <= create["fields"].items()
    assert [one["authorization"] for one in server.received() if one["authorization"]] == []


@pytest.mark.parametrize("answers", ["path", "b64_json"])
def test_localai_may_answer_with_a_path_or_the_clip_itself(open_at: Opens, answers: str) -> None:
    client, server = open_at("localai", "like_localai", models=[MODEL], answers=answers)
    job = client.submit("A cat", model=MODEL)
    assert job.wait(PATIENCE).state is JobState.SUCCEEDED
    assert len(server.creates()) == len(job.videos) == 1


def test_localais_own_error_ends_a_job_that_costs_nothing(open_at: Opens) -> None:
    client, _ = open_at("localai", "like_localai", models=[MODEL])
    with pytest.raises(errors.ServiceUnavailableError, match=r"rpc error: code = Unknown desc = "):
        client.submit("fail: A cat", model=MODEL)
    assert [job.state for job in client.jobs()] == [JobState.FAILED]


def test_localais_refusal_ends_the_job(open_at: Opens) -> None:
    client, _ = open_at("localai", "like_localai", models=[MODEL])
    with pytest.raises(errors.VeoError, match="To see available models"):
        client.submit("A cat", model="missing")
    assert [job.state for job in client.jobs()] == [JobState.FAILED]


def test_a_server_that_wants_a_key_says_how_to_give_one(open_at: Opens) -> None:
    client, server = open_at("localai", "like_localai", key=KEY, models=[MODEL])
    with pytest.raises(errors.AuthenticationError) as caught:
        client.submit("A cat", model=MODEL)
    remedy = "This server wants a key, and none was given: set LOCALAI_API_KEY, or call veo.configure(api_key=…)."
    assert remedy in str(caught.value)
    keyed, _ = open_at("localai", "like_localai", key=KEY, given=KEY, models=[MODEL])
    assert keyed.submit("A cat", model=MODEL).wait(PATIENCE).state is JobState.SUCCEEDED
    assert all(one["authorization"] in {None, f"Bearer {KEY}"} for one in server.received())


def test_a_price_of_the_place_is_what_a_clip_is_booked_at(open_at: Opens) -> None:
    price = PlacePrice.of("0.25/clip")
    client, _ = open_at(None, "like_new_api", key=KEY, given=KEY, models=[MODEL], price=price)
    made = client.plan("A cat", model=MODEL)
    assert (made.provider.name, made.cost.usd) == ("server", 0.25)
    with pytest.raises(errors.BudgetError, match="0 allows only what is free"):
        client.submit("A cat", model=MODEL, max_cost=0)
    assert client.submit("A cat", model=MODEL).wait(PATIENCE).cost.usd == 0.25


@pytest.mark.parametrize(
    ("program", "path", "told", "fits"),
    [
        ("like_localai", "", "LocalAI v4.9.0", "localai"),
        ("like_new_api", "", "new-api", "server"),
        ("real_sglang", "", "SGLang 0.5.23", "sglang"),
        ("real_vllm_omni", "", "vLLM-Omni", "vllm"),
        ("real_aquiles", "", "Aquiles-Image", "server"),
    ],
)
def test_the_doctor_tells_which_server_it_is(open_at: Opens, program: str, path: str, told: str, fits: str) -> None:
    said = {"key": KEY, "given": KEY} if program in {"like_new_api", "real_aquiles"} else {}
    client, _ = open_at(None, program, path, **said)
    found = doctors_word(client)
    assert (found.state, told in found.message) == ("ok", True), found.message
    assert found.remedy == ("" if fits == "server" else f"The provider {fits!r} fits it better than 'server'.")
    if fits != "server":
        named, _ = open_at(fits, program, path, **said)
        assert doctors_word(named).remedy == ""
        other = "vllm" if fits != "vllm" else "sglang"
        wrong, _ = open_at(other, program, path, **said)
        assert doctors_word(wrong).state == "warning"


@pytest.mark.parametrize(("program", "name"), [("real_sglang", "sglang"), ("real_vllm_omni", "vllm")])
def test_the_fields_of_a_form_are_those_that_the_server_declares(open_at: Opens, program: str, name: str) -> None:
    _, running = open_at(name, program)
    schema = httpx.get(f"{running.base_url}/openapi.json").raise_for_status().json()
    body = schema["paths"]["/v1/videos"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    declared = set(schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"])
    server = PROVIDERS[name].server
    openais = {"model", "prompt", "seconds", "size", "input_reference"}
    assert declared - openais - set(server.names.values()) == server.fields - set(server.names.values())


def test_an_address_alone_is_enough_for_a_server_of_ones_own(open_at: Opens) -> None:
    client, server = open_at(None, "real_sglang", price=PlacePrice())
    job = client.submit("A cat").wait(PATIENCE)
    assert (job.state, job.record.provider, job.cost.usd) == (JobState.SUCCEEDED, "server", 0)
    assert {one["authorization"] for one in server.received()} == {None}
