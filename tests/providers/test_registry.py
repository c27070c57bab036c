"""Providers, the prefixes of their models, and their addresses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, OPENAI
from veo_widgets.domain.errors import ConfigError, UnknownModelError
from veo_widgets.domain.params import PARAMS
from veo_widgets.providers.registry import (
    PROVIDERS,
    Endpoint,
    agent_platform_host,
    at_address,
    model_at,
    name_at,
    provider_named,
    server_of,
    split_model,
)
from veo_widgets.providers.servers import Server


@pytest.mark.parametrize(
    ("written", "provider", "model_id"),
    [
        ("veo-3.1-generate-001", None, "veo-3.1-generate-001"),
        ("vertex_ai/veo-3.1-generate-001", "agent_platform", "veo-3.1-generate-001"),
        ("agent_platform/veo-3.1-generate-001", "agent_platform", "veo-3.1-generate-001"),
        ("gemini/veo-2.0-generate-001", "gemini", "veo-2.0-generate-001"),
        ("emulator/veo-2.0-generate-001", "emulator", "veo-2.0-generate-001"),
        ("models/veo-2.0-generate-001", None, "veo-2.0-generate-001"),
        ("publishers/google/models/veo-2.0-generate-001", None, "veo-2.0-generate-001"),
        ("gemini/models/veo-2.0-generate-001", "gemini", "veo-2.0-generate-001"),
        ("vertex_ai/publishers/google/models/veo-2.0-generate-001", "agent_platform", "veo-2.0-generate-001"),
        ("litellm_proxy/veo-3", "litellm", "veo-3"),
        ("openai/sora-2", "openai", "sora-2"),
        ("azure/my-deployment", "azure", "my-deployment"),
        ("sglang/Wan-AI/Wan2.2-T2V-A14B", "sglang", "Wan-AI/Wan2.2-T2V-A14B"),
        ("hosted_vllm/wan", "vllm", "wan"),
        ("openrouter/openai/sora-2-pro", "openrouter", "openai/sora-2-pro"),
        ("server/wan", "server", "wan"),
        ("emulator/", "emulator", ""),
        ("", None, ""),
    ],
)
def test_a_prefix_names_the_provider(written: str, provider: str | None, model_id: str) -> None:
    assert split_model(written) == (provider, model_id)


@pytest.mark.parametrize(("written", "hint"), [("vertexai/veo", "Did you mean 'vertex_ai'"), ("/veo", "vertex_ai")])
def test_a_prefix_of_nobody_is_refused(written: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="names no provider") as caught:
        split_model(written)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "provider"), [("gemini", "gemini"), ("vertex_ai", "agent_platform"), ("emulator", "emulator")]
)
def test_a_provider_goes_by_its_name_and_its_prefixes(name: str, provider: str) -> None:
    assert provider_named(name).name == provider


def test_an_unknown_provider_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'gemini'"):
        provider_named("gemni")


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.name)
def test_every_entry_of_the_table_is_complete(provider) -> None:
    if provider.default_model:
        assert model_at(provider, "") == model_at(provider, provider.default_model)
    assert bool(provider.default_model) is not bool(provider.knows)
    assert provider.surfaces
    assert (provider.auth == "none") is not bool(provider.key_env)
    assert provider.url_env
    assert (provider.speed == 1) is (provider.name != "emulator")


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.name)
def test_what_a_server_does_differently_is_found_by_where_a_job_was_sent(provider) -> None:
    server = server_of(Endpoint(provider.name, provider.surfaces[0], "http://gpu-box:30000"))
    assert server is provider.server
    assert server.body in {"", "form", "json"}
    assert {*server.names} <= {param.name for param in PARAMS} | {"size"}
    # A price of a place is free or nobody's: what is paid for is priced by the model, or by what the server says.
    assert provider.price in {None, 0.0}
    assert provider.price is None or provider.keyless == "always"


def test_of_a_provider_that_is_not_installed_any_more_nothing_is_known() -> None:
    assert server_of(Endpoint("nobody", OPENAI, "http://gpu-box:30000")) == Server()


def test_no_prefix_belongs_to_two() -> None:
    prefixes = [prefix for provider in PROVIDERS.values() for prefix in provider.prefixes]
    assert len(prefixes) == len(set(prefixes))


def test_a_model_is_looked_up_on_the_providers_own_surfaces() -> None:
    assert model_at(PROVIDERS["gemini"], "veo-2.0-generate-001").surface == GEMINI_API
    assert model_at(PROVIDERS["agent_platform"], "veo-2.0-generate-001").surface == AGENT_PLATFORM
    assert model_at(PROVIDERS["emulator"], "veo-3.1-generate-preview").surface == AGENT_PLATFORM
    assert model_at(PROVIDERS["emulator"], "gemini-omni-1.1-flash").surface == GEMINI_API
    with pytest.raises(UnknownModelError):
        model_at(PROVIDERS["gemini"], "veo-3.1-generate-001")


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_a_location_has_its_host(location: str, host: str) -> None:
    assert agent_platform_host(location) == host


def test_what_is_no_place_makes_no_host() -> None:
    with pytest.raises(ConfigError, match=r"location: 'evil\.example/' is no region of Google Cloud"):
        agent_platform_host("evil.example/")


def test_an_endpoint_in_the_ledger_is_an_address_and_nothing_more() -> None:
    endpoint = Endpoint("agent_platform", AGENT_PLATFORM, "https://x", project="p", location="l")
    assert endpoint.to_json() == {"base_url": "https://x", "project": "p", "location": "l"}


@pytest.mark.parametrize(
    ("provider", "written", "name"),
    [
        ("litellm", "litellm_proxy/veo-3", "veo-3"),
        ("litellm", "litellm_proxy/gemini/veo-3", "gemini/veo-3"),
        ("litellm", "gemini/veo-3", "gemini/veo-3"),
        ("litellm", "team a/veo", "team a/veo"),
        ("openai", "veo-3", "veo-3"),
        ("gemini", "gemini/models/x", "x"),
        ("gemini", "models/x", "x"),
    ],
)
def test_at_a_gateway_a_name_is_the_operators(provider: str, written: str, name: str) -> None:
    assert name_at(PROVIDERS[provider], written) == name


def test_a_gateway_serves_names_that_only_its_operator_knows() -> None:
    for provider in ("litellm", "openai", "azure", "sglang", "vllm", "openrouter", "localai", "server"):
        model = model_at(PROVIDERS[provider], "veo-3")
        assert (model.id, model.api, model.is_listed, model.upscales) == ("veo-3", "openai_videos", False, True)
        assert model.surface == PROVIDERS[provider].surfaces[0]
        assert not model.is_retired("2030-01-01")
    assert model_at(PROVIDERS["litellm"], "veo-3.1-generate-001").surface == AGENT_PLATFORM
    assert model_at(PROVIDERS["openai"], "sora-2").surface == OPENAI
    with pytest.raises(ConfigError, match="model='litellm_proxy/NAME'"):
        model_at(PROVIDERS["litellm"], "")


ACME = """
from veo_widgets.providers.registry import Provider

acme = Provider("acme", "Acme", ("acme",), ("openai",), "bearer", "https://acme.example/v1", key_env=("ACME_KEY",),
                url_env=("ACME_URL",), knows=("openai",))

def made():
    return Provider("made", "Made", ("made_by",), ("openai",), "none", "https://made.example/v1", "m")

def broken():
    raise RuntimeError("no licence")

taken = Provider("mine", "Mine", ("gemini",), ("openai",), "none", "https://mine.example/v1", "m")
nothing = str
"""
LOOK = """
import json, warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    from veo_widgets.providers.registry import PROVIDERS, provider_named, split_model
    before = len(told), len(PROVIDERS)
    found = [provider_named("acme").label, PROVIDERS["made"].label, split_model("made_by/m"), split_model("acme/x/y")]
    missing = "mine" in PROVIDERS or "broken" in PROVIDERS
print(json.dumps([before, found, missing, [str(item.message) for item in told]]))
"""


def test_another_package_brings_a_provider_and_a_broken_one_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "acme_video.py").write_text(ACME)
    info = tmp_path / "acme_video-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-video\nVersion: 1.0\n")
    names = ("acme", "made", "broken", "taken", "nothing", "gone")
    lines = "\n".join(f"{name} = acme_video:{name}" for name in names)
    (info / "entry_points.txt").write_text(f"[veo_widgets.providers]\n{lines}\n")
    ran = subprocess.run(
        [sys.executable, "-c", LOOK],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    before, found, missing, told = json.loads(ran.stdout)
    assert before == [0, 11]
    assert found == ["Acme", "Made", ["made", "m"], ["acme", "x/y"]]
    assert not missing
    assert len(told) == 4
    assert "'broken' (acme_video:broken) is left out: RuntimeError: no licence" in told[0]
    assert "gemini is taken" in told[1]
    assert "str is not a veo_widgets.providers.Provider" in told[2]
    assert "'gone'" in told[3]


def test_an_endpoint_keeps_a_version_that_is_not_the_usual_one() -> None:
    assert Endpoint("gemini", GEMINI_API, "https://x", version="v1").to_json()["version"] == "v1"


@pytest.mark.parametrize(
    ("name", "address", "label"),
    [
        ("openai", "", "OpenAI"),
        ("openai", "https://api.openai.com/v1", "OpenAI"),
        ("openai", "https://eu.api.openai.com/v1", "OpenAI"),
        ("openai", "https://gateway.example.com/v1", "gateway.example.com"),
        ("openai", "http://10.0.0.7:8091/v1", "10.0.0.7:8091"),
        ("openai", "http://[::1]:8091/v1", "[::1]:8091"),
        ("openai", "https://notopenai.com", "notopenai.com"),
        ("openai", "https://openai.com.example.org", "openai.com.example.org"),
        ("openai", "http://[::1", "OpenAI"),
        ("gemini", "https://gateway.example.com", "gateway.example.com"),
        ("gemini", "https://generativelanguage.googleapis.com", "Gemini Developer API"),
        ("agent_platform", "https://us-central1-aiplatform.googleapis.com", "Agent Platform"),
        ("azure", "https://r.openai.azure.com/openai/v1", "Azure OpenAI"),
        ("azure", "https://gateway.example.com/openai/v1", "gateway.example.com"),
        ("litellm", "https://gateway.example.com", "LiteLLM proxy"),
        ("emulator", "http://127.0.0.1:8080", "Emulator"),
        ("sglang", "http://gpu-box:30000/v1", "SGLang"),
        ("vllm", "", "vLLM-Omni"),
        ("openrouter", "https://openrouter.ai/api/v1", "OpenRouter"),
        ("openrouter", "http://127.0.0.1:9000/api/v1", "127.0.0.1:9000"),
        ("server", "http://gpu-box:30000/v1", "gpu-box:30000"),
        ("server", "", "your server"),
    ],
)
def test_a_service_at_an_address_of_its_own_goes_by_its_host(name: str, address: str, label: str) -> None:
    there = at_address(PROVIDERS[name], address)
    assert (there.name, there.label) == (name, label)
    # Whatever it was called before.
    assert at_address(there, "").label == PROVIDERS[name].label
