"""Models of one's own at a provider: found whole, before a prefix and before the catalog."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.config.resolution import choose_model, chosen
from veo_widgets.config.settings import Settings
from veo_widgets.domain import catalog
from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, OPENAI, own_models_in
from veo_widgets.domain.errors import ConfigError, UnknownModelError
from veo_widgets.domain.request import VideoRequest
from veo_widgets.providers.registry import PROVIDERS, model_at, models_at, name_at, prefix_of, split_model
from veo_widgets.providers.wires.routing import routed

WAN = "Wan-AI/Wan2.2-T2V-A14B"


def describe(*entries: dict[str, Any]) -> None:
    catalog.describe("session", own_models_in(list(entries), "a test"))


@pytest.mark.parametrize("name", [WAN, f"sglang/{WAN}"])
def test_an_id_with_slashes_is_found_with_and_without_its_provider(name: str) -> None:
    describe({"id": WAN, "provider": "sglang", "fps": 16})
    provider, why = chosen(None, name, Settings(), {})
    assert provider.name == "sglang"
    assert why == (f"the provider of your model {WAN!r}" if name == WAN else f"the prefix of the model {name!r}")
    model = choose_model(provider, name, Settings())
    assert (model.id, model.surface, model.api, model.fps) == (WAN, OPENAI, "openai_videos", 16)


def test_a_model_without_a_provider_is_at_every_gateway_and_at_the_emulator() -> None:
    describe({"id": WAN})
    for name in ("sglang", "vllm", "litellm", "openai", "azure", "emulator"):
        assert model_at(PROVIDERS[name], WAN).is_own
        assert model_at(PROVIDERS[name], name_at(PROVIDERS[name], f"{PROVIDERS[name].prefixes[0]}/{WAN}")).is_own
    assert prefix_of(WAN) is None
    assert split_model(WAN) == (None, WAN)
    with pytest.raises(UnknownModelError):
        model_at(PROVIDERS["gemini"], WAN)


def test_a_configured_provider_that_serves_it_stays() -> None:
    describe({"id": WAN, "provider": "sglang"})
    assert chosen(None, WAN, Settings(provider="emulator"), {})[0].name == "emulator"
    assert chosen(None, WAN, Settings(provider="gemini"), {})[0].name == "sglang"
    assert chosen(None, WAN, Settings(), {"VEO_PROVIDER": "emulator"})[0].name == "emulator"
    assert chosen(None, WAN, Settings(), {"VEO_PROVIDER": "gemini"})[0].name == "sglang"
    assert chosen(None, "", Settings(model=WAN), {})[0].name == "sglang"
    assert chosen("vllm", WAN, Settings(), {})[0].name == "vllm"


def test_one_of_ones_own_overrides_the_catalog_at_its_own_provider_only() -> None:
    describe({"id": "veo-3.1-fast-generate-001", "provider": "litellm", "price": 0})
    assert model_at(PROVIDERS["litellm"], "veo-3.1-fast-generate-001").is_free
    assert not model_at(PROVIDERS["agent_platform"], "veo-3.1-fast-generate-001").is_own
    ids = [model.id for model in models_at(PROVIDERS["litellm"])]
    assert ids.count("veo-3.1-fast-generate-001") == 1
    assert ids[0] == "veo-3.1-fast-generate-001"


@pytest.mark.parametrize(
    ("entry", "provider", "surface", "api"),
    [
        ({"provider": "gemini"}, "gemini", GEMINI_API, "predictLongRunning"),
        ({"provider": "vertex_ai"}, "agent_platform", AGENT_PLATFORM, "predictLongRunning"),
        ({"provider": "gemini", "api": "interactions"}, "gemini", GEMINI_API, "interactions"),
        ({"surfaces": ["gemini-developer-api"], "api": "interactions"}, "gemini", GEMINI_API, "interactions"),
        ({}, "vllm", OPENAI, "openai_videos"),
    ],
)
def test_a_model_of_googles_can_be_described_the_day_it_appears(
    entry: dict[str, Any], provider: str, surface: str, api: str
) -> None:
    describe({"id": "gemini-omni-9-flash", **entry})
    model = model_at(PROVIDERS[provider], "gemini-omni-9-flash")
    assert (model.surface, model.api) == (surface, api)


def test_one_of_ones_own_is_not_sent_to_google_by_the_proxys_other_way() -> None:
    describe({"id": "our-wan"})
    proxy = PROVIDERS["litellm"]
    model = routed(model_at(proxy, "our-wan"), proxy, VideoRequest("A cat", "our-wan", seed=7, samples=2))
    assert (model.surface, model.api) == ("litellm", "openai_videos")


def test_a_prefix_that_names_no_provider_is_told_where_nothing_is_described() -> None:
    with pytest.raises(ConfigError, match=r"'Wan-AI/' in .* names no provider"):
        chosen(None, WAN, Settings(), {})


PACKAGE = """
def models():
    return [{"id": "studio/ltx", "provider": "sglang", "price": {"per_clip": 0.1}}]

broken = [{"id": "x", "fps": "many"}]
plain = ({"id": "studio/plain"},)
"""
POINTS = """[veo_widgets.models]
studio = studio_models:models
broken = studio_models:broken
plain = studio_models:plain
"""
ASK = """
import warnings
from veo_widgets.providers.registry import PROVIDERS, model_at
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    found = model_at(PROVIDERS["sglang"], "studio/ltx")
    plain = model_at(PROVIDERS["vllm"], "studio/plain")
print(found.usd_per_clip, found.origin, plain.is_own, [str(one.message) for one in told])
"""


def test_another_package_brings_models_and_broken_ones_are_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "studio_models.py").write_text(PACKAGE, "utf-8")
    info = tmp_path / "studio_models-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: studio-models\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(POINTS, "utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{ASK}"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith(
        "0.1 the package studio_models:models True [\"The model list 'broken' (studio_models:broken)"
    )
    assert "fps: 'many' is not a number above 0" in ran.stdout
    assert ran.stdout.count("left out") == 1
