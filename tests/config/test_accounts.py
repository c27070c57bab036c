"""Where requests go and with which key, decided from settings and an environment that is handed over."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import anyio
import pytest

from veo_widgets.config.accounts import Account, account, account_of_job
from veo_widgets.config.credentials import AzureToken, NoCredentials, Secret
from veo_widgets.config.environment import notebook
from veo_widgets.config.google_login import GoogleToken
from veo_widgets.config.resolution import choose_model, choose_provider
from veo_widgets.config.settings import Settings, clips_folder, home
from veo_widgets.domain.catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI
from veo_widgets.domain.errors import ConfigError, UnknownModelError
from veo_widgets.providers.registry import LITELLM, LITELLM_GEMINI, PROVIDERS

GEMINI, AGENT, EMULATOR = PROVIDERS["gemini"], PROVIDERS["agent_platform"], PROVIDERS["emulator"]
KEY = Secret("configured-key")


def signed(found: Account) -> dict[str, str]:
    return anyio.run(found.credentials.headers)


@pytest.mark.parametrize(
    ("name", "model", "settings", "environ", "expected"),
    [
        (None, "", {}, {}, "emulator"),
        ("gemini", "vertex_ai/x", {"provider": "emulator"}, {"VEO_PROVIDER": "emulator"}, "gemini"),
        ("vertex_ai", "", {}, {}, "agent_platform"),
        (None, "gemini/x", {"provider": "emulator"}, {"VEO_PROVIDER": "emulator"}, "gemini"),
        (None, "x", {"provider": "gemini"}, {"VEO_PROVIDER": "emulator"}, "gemini"),
        (None, "", {"model": "gemini/x"}, {"GOOGLE_CLOUD_PROJECT": "p"}, "gemini"),
        (None, "", {"model": "gemini/x", "provider": "emulator"}, {}, "emulator"),
        (None, "veo", {"model": "gemini/x"}, {}, "emulator"),
        (None, "", {}, {"VEO_PROVIDER": "agent_platform", "GEMINI_API_KEY": "k"}, "agent_platform"),
        (None, "", {}, {"GOOGLE_CLOUD_PROJECT": "p", "GEMINI_API_KEY": "k"}, "agent_platform"),
        (None, "", {}, {"GEMINI_API_KEY": "k"}, "gemini"),
        (None, "", {}, {"GOOGLE_API_KEY": "k"}, "gemini"),
        (None, "", {}, {"LITELLM_PROXY_API_BASE": "http://gate", "GEMINI_API_KEY": "k"}, "litellm"),
        (None, "", {}, {"LITELLM_PROXY_API_BASE": "http://gate", "GOOGLE_CLOUD_PROJECT": "p"}, "agent_platform"),
        (None, "", {}, {"OPENAI_API_KEY": "k", "AZURE_API_KEY": "k"}, "emulator"),
        (None, "", {}, {"OPENAI_BASE_URL": "https://gate/v1"}, "emulator"),
        (None, "", {}, {"OPENAI_BASE_URL": "https://gate/v1", "OPENAI_API_KEY": "k"}, "openai"),
        (None, "", {}, {"OPENAI_BASE_URL": "https://api.openai.com/v1/", "OPENAI_API_KEY": "k"}, "emulator"),
        (None, "", {}, {"OPENAI_BASE_URL": "https://gate", "OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k"}, "gemini"),
        (None, "", {}, {"AZURE_OPENAI_ENDPOINT": "https://r.example", "AZURE_OPENAI_API_KEY": "k"}, "azure"),
        (None, "", {}, {"AZURE_API_BASE": "https://r.example", "AZURE_API_KEY": "k"}, "azure"),
        (None, "", {}, {"GOOGLE_API_KEY": "k", "GOOGLE_GENAI_USE_VERTEXAI": "true"}, "agent_platform"),
        (None, "", {}, {"GOOGLE_API_KEY": "k", "GOOGLE_GENAI_USE_ENTERPRISE": "1"}, "agent_platform"),
        (
            None,
            "",
            {},
            {"GOOGLE_API_KEY": "k", "GOOGLE_GENAI_USE_VERTEXAI": "false", "GOOGLE_CLOUD_PROJECT": "p"},
            "gemini",
        ),
        (None, "litellm_proxy/veo-3", {}, {}, "litellm"),
        ("litellm", "gemini/veo-3", {}, {}, "litellm"),
        (None, "acme/veo", {"provider": "litellm"}, {}, "litellm"),
        (None, "gemini/models/veo", {}, {}, "gemini"),
        (None, "", {}, {"GOOGLE_API_KEY": "", "GOOGLE_CLOUD_PROJECT": "", "VEO_PROVIDER": ""}, "emulator"),
    ],
)
def test_the_first_that_names_a_provider_wins(
    name: str | None, model: str, settings: dict, environ: dict, expected: str
) -> None:
    assert choose_provider(name, model, Settings(**settings), environ).name == expected


def test_a_provider_that_does_not_exist_is_an_error_wherever_it_is_named() -> None:
    for name, settings, environ in (
        ("x", {}, {}),
        (None, {"provider": "x"}, {}),
        (None, {}, {"VEO_PROVIDER": "x"}),
    ):
        with pytest.raises(ConfigError, match="'x' is not one of"):
            choose_provider(name, "", Settings(**settings), environ)


@pytest.mark.parametrize(
    ("provider", "model", "configured", "expected"),
    [
        (AGENT, "", None, "veo-3.1-fast-generate-001"),
        (AGENT, "", "veo-3.1-generate-001", "veo-3.1-generate-001"),
        (AGENT, "", "vertex_ai/veo-3.1-generate-001", "veo-3.1-generate-001"),
        (AGENT, "veo-2.0-generate-001", "veo-3.1-generate-001", "veo-2.0-generate-001"),
        (GEMINI, "", "vertex_ai/veo-3.1-generate-001", "gemini-omni-1.2-flash"),
        (EMULATOR, "vertex_ai/veo-3.1-generate-001", None, "veo-3.1-generate-001"),
    ],
)
def test_the_model_is_the_one_named_or_configured_or_the_default(
    provider, model: str, configured: str | None, expected: str
) -> None:
    assert choose_model(provider, model, Settings(model=configured)).id == expected


def test_a_model_the_provider_does_not_serve_is_refused() -> None:
    with pytest.raises(UnknownModelError, match="gemini-developer-api"):
        choose_model(GEMINI, "vertex_ai/veo-3.1-generate-001", Settings())


@pytest.mark.parametrize(
    ("settings", "environ", "key"),
    [
        ({"api_key": KEY}, {"GOOGLE_API_KEY": "a"}, "configured-key"),
        ({}, {"GOOGLE_API_KEY": " a\n", "GEMINI_API_KEY": "b"}, "a"),
        ({}, {"GOOGLE_API_KEY": "", "GEMINI_API_KEY": "b"}, "b"),
    ],
)
def test_the_key_comes_from_settings_or_the_first_variable_that_is_set(settings: dict, environ: dict, key: str) -> None:
    found = account(GEMINI, GEMINI_API, Settings(**settings), environ)
    assert signed(found) == {"x-goog-api-key": key}
    assert found.endpoint.base_url == "https://generativelanguage.googleapis.com"
    assert not found.embedded


@pytest.mark.parametrize(
    ("provider", "environ", "words"),
    [
        (GEMINI, {}, "Set GOOGLE_API_KEY or GEMINI_API_KEY"),
        (GEMINI, {"GOOGLE_API_KEY": "  "}, "no key was found"),
        (AGENT, {}, "Set GOOGLE_CLOUD_PROJECT"),
    ],
)
def test_what_is_missing_is_named(provider, environ: dict, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        account(provider, provider.surfaces[0], Settings(), environ)


@pytest.mark.parametrize(
    ("settings", "environ", "base_url", "location"),
    [
        ({}, {}, "https://us-central1-aiplatform.googleapis.com", "us-central1"),
        ({}, {"GOOGLE_CLOUD_LOCATION": "global"}, "https://aiplatform.googleapis.com", "global"),
        (
            {"location": "europe-west4"},
            {"GOOGLE_CLOUD_LOCATION": "global"},
            "https://europe-west4-aiplatform.googleapis.com",
            "europe-west4",
        ),
        ({}, {"GOOGLE_VERTEX_BASE_URL": "http://gate:1/x/"}, "http://gate:1/x", "us-central1"),
        (
            {"provider": "agent_platform", "base_url": "http://a/"},
            {"GOOGLE_VERTEX_BASE_URL": "http://gate:1"},
            "http://a",
            "us-central1",
        ),
    ],
)
def test_the_agent_platform_has_a_place(settings: dict, environ: dict, base_url: str, location: str) -> None:
    found = account(AGENT, AGENT_PLATFORM, Settings(project="p", **settings), environ)
    assert found.endpoint.to_json() == {"base_url": base_url, "project": "p", "location": location}
    assert isinstance(found.credentials, GoogleToken)


def test_the_emulator_needs_nothing() -> None:
    inside = account(EMULATOR, AGENT_PLATFORM, Settings(), {})
    assert inside.embedded
    assert isinstance(inside.credentials, NoCredentials)
    assert inside.at("http://127.0.0.1:5").endpoint.base_url == "http://127.0.0.1:5"
    outside = account(EMULATOR, AGENT_PLATFORM, Settings(), {"VEO_EMULATOR_URL": "http://127.0.0.1:9/"})
    assert (outside.embedded, outside.endpoint.base_url) == (False, "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "base_url", ["localhost:8000", "gate", "ftp://x", "https://", "http://h:abc", "http://h:99999", "http://[::1"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(base_url: str) -> None:
    with pytest.raises(ConfigError, match="is not an address"):
        account(GEMINI, GEMINI_API, Settings(provider="gemini", api_key=KEY, base_url=base_url), {})


def test_an_address_and_a_key_are_given_to_no_other_provider_than_they_were_configured_for() -> None:
    settings = Settings(provider="gemini", base_url="https://gate.example", api_key=KEY, project="p")
    assert account(GEMINI, GEMINI_API, settings, {}).endpoint.base_url == "https://gate.example"
    other = account(AGENT, AGENT_PLATFORM, settings, {})
    assert other.endpoint.base_url == "https://us-central1-aiplatform.googleapis.com"
    elsewhere = Settings(provider="emulator", base_url="http://127.0.0.1:9", api_key=KEY)
    assert signed(account(GEMINI, GEMINI_API, elsewhere, {"GEMINI_API_KEY": "own"})) == {"x-goog-api-key": "own"}
    alias = Settings(provider="vertex_ai", base_url="https://gate.example", project="p")
    assert account(AGENT, AGENT_PLATFORM, alias, {}).endpoint.base_url == "https://gate.example"


def test_a_job_is_found_where_it_was_sent_with_todays_key() -> None:
    saved = {"base_url": "https://europe-west4-aiplatform.googleapis.com", "project": "old", "location": "europe-west4"}
    settings = Settings(provider="gemini", api_key=KEY, project="new", base_url="https://gateway.example")
    found = account_of_job("agent_platform", AGENT_PLATFORM, saved, settings, {})
    assert found.endpoint.to_json() == saved
    gemini = account_of_job("gemini", GEMINI_API, {"base_url": "https://gateway.example"}, settings, {})
    assert signed(gemini) == {"x-goog-api-key": "configured-key"}
    own = {"base_url": "https://generativelanguage.googleapis.com"}
    other = Settings(provider="emulator", api_key=KEY)
    assert signed(account_of_job("gemini", GEMINI_API, own, other, {"GOOGLE_API_KEY": "k"}))["x-goog-api-key"] == "k"
    assert account_of_job("emulator", AGENT_PLATFORM, {"base_url": ""}, settings, {}).embedded


@pytest.mark.parametrize("configured", [None, "https://new.example"])
def test_todays_key_does_not_go_to_yesterdays_gateway(configured: str | None) -> None:
    settings = Settings(provider="gemini", api_key=KEY, base_url=configured)
    with pytest.raises(ConfigError, match=r"sent to https://old\.example, but .* is configured now"):
        account_of_job("gemini", GEMINI_API, {"base_url": "https://old.example"}, settings, {"GOOGLE_API_KEY": "k"})


@pytest.mark.parametrize("location", ["evil.example/", "evil.example\\", "a.b", "me@evil.example/"])
def test_no_job_of_the_ledger_has_a_google_token_go_elsewhere(location: str) -> None:
    """In a ledger of several people another has written the job, and a worker brings it home with its own key."""
    saved = {"base_url": f"https://{location}-aiplatform.googleapis.com", "project": "p", "location": location}
    with pytest.raises(ConfigError):
        account_of_job("agent_platform", AGENT_PLATFORM, saved, Settings(), {"GOOGLE_CLOUD_PROJECT": "p"})


def test_a_key_shows_itself_nowhere() -> None:
    found = account(GEMINI, GEMINI_API, Settings(api_key=KEY), {})
    environ = {"GOOGLE_API_KEY": "another-key"}
    shown = [repr(found), str(found), repr(Settings(api_key=KEY)), f"{KEY}", repr(KEY), str(found.endpoint.to_json())]
    try:
        account(AGENT, AGENT_PLATFORM, Settings(api_key=KEY), environ)
    except ConfigError:
        shown.append(traceback.format_exc())
    assert len(shown) == 7
    assert not any("configured-key" in text or "another-key" in text for text in shown)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("/home/a/x.ipynb", "/home/a/x.ipynb"), ("x.ipynb", ""), ("/home/a/x.py", ""), ("", "")],
)
def test_the_notebook_is_what_jupyter_says_it_is(name: str, expected: str) -> None:
    assert notebook({"JPY_SESSION_NAME": name}) == expected
    assert notebook({}) == ""


def test_clips_lie_beside_the_notebook_unless_told_otherwise(tmp_path: Path) -> None:
    environ = {"JPY_SESSION_NAME": str(tmp_path / "x.ipynb")}
    assert clips_folder(Settings(), environ) == tmp_path / "veo_clips"
    assert clips_folder(Settings(), {}) == Path.cwd() / "veo_clips"
    assert clips_folder(Settings(folder=Path("mine")), environ) == Path.cwd() / "mine"
    assert clips_folder(Settings(folder=Path("~/mine")), environ) == Path.home() / "mine"


def test_the_ledger_has_a_home(tmp_path: Path) -> None:
    assert home({"VEO_WIDGETS_HOME": str(tmp_path)}) == tmp_path
    assert home({"VEO_WIDGETS_HOME": "~/veo"}) == Path.home() / "veo"
    assert home({}).name == "veo_widgets"
    assert home({"VEO_WIDGETS_HOME": ""}) == home({})


LITELLM_ENV = {"LITELLM_PROXY_API_BASE": "http://gate:4000/v1/", "LITELLM_PROXY_API_KEY": "sk-virtual"}


def test_a_proxy_is_signed_for_by_the_way_a_request_takes() -> None:
    unified = account(PROVIDERS["litellm"], LITELLM, Settings(), LITELLM_ENV)
    assert unified.endpoint.base_url == "http://gate:4000"
    assert signed(unified) == {"authorization": "Bearer sk-virtual"}
    assert signed(account(PROVIDERS["litellm"], LITELLM_GEMINI, Settings(), LITELLM_ENV)) == {
        "x-goog-api-key": "sk-virtual"
    }
    with pytest.raises(ConfigError, match=r"no address was found\. Set LITELLM_PROXY_API_BASE"):
        account(PROVIDERS["litellm"], LITELLM, Settings(api_key=KEY), {})
    with pytest.raises(ConfigError, match=r"no key was found\. Set LITELLM_PROXY_API_KEY"):
        account(PROVIDERS["litellm"], LITELLM, Settings(base_url="http://gate"), {})


@pytest.mark.parametrize(
    ("environ", "base_url"),
    [({}, "https://api.openai.com/v1"), ({"OPENAI_BASE_URL": "http://gate/api/v3/"}, "http://gate/api/v3")],
)
def test_openai_takes_a_bearer(environ: dict, base_url: str) -> None:
    found = account(PROVIDERS["openai"], OPENAI, Settings(), {"OPENAI_API_KEY": "sk", **environ})
    assert found.endpoint.base_url == base_url
    assert signed(found) == {"authorization": "Bearer sk"}


@pytest.mark.parametrize(
    "address",
    [
        {"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com/"},
        {"AZURE_API_BASE": "https://r.openai.azure.com/openai"},
        {"AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com/openai/v1/"},
    ],
)
@pytest.mark.parametrize(("version", "sent"), [("preview", "preview"), ("2024-10-21", ""), ("", "")])
def test_azure_has_a_header_and_a_path_of_its_own(address: dict, version: str, sent: str) -> None:
    environ = {**address, "AZURE_API_KEY": "k", "OPENAI_API_VERSION": version}
    found = account(PROVIDERS["azure"], AZURE_OPENAI, Settings(), environ)
    assert (found.endpoint.base_url, found.endpoint.version) == ("https://r.openai.azure.com/openai/v1", sent)
    assert signed(found) == {"api-key": "k"}
    saved = account_of_job("azure", AZURE_OPENAI, found.endpoint.to_json(), Settings(), environ)
    assert saved.endpoint == found.endpoint


def test_azure_without_a_key_takes_a_token() -> None:
    address = {"AZURE_API_BASE": "https://r.openai.azure.com"}
    given = account(PROVIDERS["azure"], AZURE_OPENAI, Settings(), {**address, "AZURE_AD_TOKEN": "entra"})
    assert signed(given) == {"authorization": "Bearer entra"}
    both = {**address, "AZURE_AD_TOKEN": "entra", "AZURE_API_KEY": "k"}
    assert signed(account(PROVIDERS["azure"], AZURE_OPENAI, Settings(), both)) == {"api-key": "k"}
    asked = account(PROVIDERS["azure"], AZURE_OPENAI, Settings(), address).credentials
    assert isinstance(asked, AzureToken)
    assert account(PROVIDERS["azure"], AZURE_OPENAI, Settings(), address).credentials is asked
    with pytest.raises(ConfigError, match="no address was found"):
        account(PROVIDERS["azure"], AZURE_OPENAI, Settings(), {"AZURE_AD_TOKEN": "entra"})


def test_an_express_key_goes_without_a_project() -> None:
    environ = {"GOOGLE_API_KEY": "express", "GOOGLE_GENAI_USE_VERTEXAI": "True"}
    found = account(AGENT, AGENT_PLATFORM, Settings(), environ)
    assert found.endpoint.to_json() == {"base_url": "https://aiplatform.googleapis.com", "project": "", "location": ""}
    assert signed(found) == {"x-goog-api-key": "express"}
    later = {**environ, "GOOGLE_CLOUD_PROJECT": "p"}
    assert isinstance(account(AGENT, AGENT_PLATFORM, Settings(), later).credentials, GoogleToken)
    # A job that was sent with the key is not looked for in a project that came later.
    assert signed(account_of_job("agent_platform", AGENT_PLATFORM, found.endpoint.to_json(), Settings(), later)) == {
        "x-goog-api-key": "express"
    }
    configured = Settings(provider="agent_platform", api_key=KEY)
    assert signed(account(AGENT, AGENT_PLATFORM, configured, {})) == {"x-goog-api-key": "configured-key"}
    with pytest.raises(ConfigError, match="with an express key, set GOOGLE_API_KEY"):
        account(AGENT, AGENT_PLATFORM, Settings(), {"GOOGLE_API_KEY": "k", "GOOGLE_GENAI_USE_VERTEXAI": "no"})


def test_the_version_that_google_genai_is_told_holds_here_and_stays_with_the_job() -> None:
    environ = {"GOOGLE_API_KEY": "k", "GOOGLE_GENAI_API_VERSION": "v1"}
    found = account(GEMINI, GEMINI_API, Settings(), environ)
    assert found.endpoint.version == "v1"
    assert account_of_job(
        "gemini", GEMINI_API, found.endpoint.to_json(), Settings(), {"GOOGLE_API_KEY": "k"}
    ) == replace(found, credentials=ANY)
