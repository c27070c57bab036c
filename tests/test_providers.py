"""Providers, the prefixes of their models, and their addresses."""

from __future__ import annotations

import pytest

from veo_widgets.catalog import AGENT_PLATFORM, GEMINI_API
from veo_widgets.errors import ConfigError, UnknownModelError
from veo_widgets.providers import (
    PROVIDERS,
    Endpoint,
    agent_platform_host,
    model_at,
    provider_named,
    split_model,
)


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
    assert model_at(provider, "") == model_at(provider, provider.default_model)
    assert provider.surfaces
    assert set(provider.surfaces) <= {AGENT_PLATFORM, GEMINI_API}
    assert (provider.auth == "api-key") is bool(provider.key_env)
    assert (provider.speed == 1) is (provider.name != "emulator")


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


def test_an_endpoint_in_the_ledger_is_an_address_and_nothing_more() -> None:
    endpoint = Endpoint("agent_platform", AGENT_PLATFORM, "https://x", project="p", location="l")
    assert endpoint.to_json() == {"base_url": "https://x", "project": "p", "location": "l"}
