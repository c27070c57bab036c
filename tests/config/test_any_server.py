"""Servers of one's own: which provider an address means, which key it gets, and what a place charges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from veo_widgets.api import functions
from veo_widgets.client.job_accounts import JobAccounts
from veo_widgets.config.accounts import Account, account, account_of_job
from veo_widgets.config.credentials import NoKey, Secret
from veo_widgets.config.environment import Environment, read_environment
from veo_widgets.config.precedence import settings_in_force, settings_table
from veo_widgets.config.resolution import choose_model, choose_provider, chosen, found_credentials, named_model
from veo_widgets.config.settings import Settings, own_settings
from veo_widgets.domain.catalog import OPENAI, describe, own_models_in
from veo_widgets.domain.errors import ConfigError, InvalidRequestError
from veo_widgets.domain.place_prices import PlacePrice
from veo_widgets.providers.registry import PROVIDERS
from veo_widgets.session.client import Client

BOX = "http://gpu-box:30000/v1"
# What a machine may well have set for other things.
KEYS = {
    "GEMINI_API_KEY": "gemini-key-of-the-environment",
    "OPENAI_API_KEY": "openai-key-of-the-environment",
    "OPENROUTER_API_KEY": "openrouter-key-of-the-environment",
    "GOOGLE_CLOUD_PROJECT": "films",
}


def signed(found: Account) -> dict[str, str]:
    return {name: value.encode().decode() for name, value in anyio.run(found.credentials.headers).items()}


def at(settings: Settings, environ: dict[str, str], model: str = "") -> Account:
    provider = choose_provider(None, model, settings, environ)
    return account(provider, provider.surfaces[0], settings, environ)


@pytest.mark.parametrize(
    "more", [{}, {"VEO_PROVIDER": "gemini"}, {"VEO_PROVIDER": "emulator"}, {"VEO_PROVIDER": "openrouter"}]
)
def test_an_address_without_a_provider_is_a_servers_and_gets_no_key_of_others(more: dict[str, str]) -> None:
    settings = Settings(profile="studio", base_url=BOX)
    environ = {**KEYS, **more}
    provider, why = chosen(None, "", settings, environ)
    assert (provider.name, provider.label) == ("server", "gpu-box:30000")
    assert why == "an address that was given without a provider"
    found = at(settings, environ)
    assert found.endpoint.base_url == BOX
    assert (signed(found), found.lacks_key) == ({}, True)
    assert signed(at(Settings(base_url=BOX, api_key=Secret("own-key-7")), environ)) == {
        "authorization": "Bearer own-key-7"
    }


@pytest.mark.parametrize("name", ["openai", "litellm", "sglang"])
def test_a_gateway_that_the_environment_names_takes_the_address(name: str) -> None:
    assert chosen(None, "", Settings(base_url=BOX), {**KEYS, "VEO_PROVIDER": name})[0].name == name


@pytest.mark.parametrize("model", ["gemini/veo-2.0-generate-001", "openrouter/google/veo-3.1"])
def test_a_prefix_takes_no_strange_address_along(model: str) -> None:
    found = at(Settings(base_url=BOX), KEYS, model)
    assert found.endpoint.base_url == PROVIDERS[found.provider.name].base_url
    # With a key of its own the address gets that one.
    keyed = at(Settings(base_url=BOX, api_key=Secret("own-key-8")), KEYS, model)
    assert keyed.endpoint.base_url == BOX
    assert "own-key-8" in str(signed(keyed))
    assert at(Settings(base_url=BOX, api_key=Secret("own-key-8")), KEYS, "vertex_ai/veo").endpoint.base_url != BOX


@pytest.mark.parametrize("name", ["openai", "sglang", "vllm", "localai", "server"])
def test_a_prefix_of_a_server_does(name: str) -> None:
    assert at(Settings(base_url="http://gpu-box:1"), {}, f"{name}/wan").endpoint.base_url == "http://gpu-box:1"


@pytest.mark.parametrize(
    ("environ", "name", "address"),
    [
        ({"VEO_SERVER_URL": "http://box:1", **KEYS}, "server", "http://box:1"),
        ({"SGLANG_BASE_URL": "http://box:2"}, "sglang", "http://box:2"),
        ({"VLLM_BASE_URL": "http://box:3"}, "vllm", "http://box:3"),
        ({"HOSTED_VLLM_API_BASE": "http://box:4"}, "vllm", "http://box:4"),
        ({"LOCALAI_BASE_URL": "http://box:5/v1"}, "localai", "http://box:5"),
        ({"OPENROUTER_API_KEY": "k"}, "emulator", "http://127.0.0.1"),
    ],
)
def test_a_variable_says_where_a_server_is(environ: dict[str, str], name: str, address: str) -> None:
    found = at(Settings(), environ)
    assert (found.provider.name, found.endpoint.base_url) == (name, address)


@pytest.mark.parametrize(
    ("name", "address"),
    [("sglang", "http://127.0.0.1:30000"), ("vllm", "http://127.0.0.1:8091"), ("localai", "http://127.0.0.1:8080")],
)
def test_a_server_on_this_machine_needs_neither_address_nor_key(name: str, address: str) -> None:
    found = account(PROVIDERS[name], PROVIDERS[name].surfaces[0], Settings(), KEYS)
    assert (found.endpoint.base_url, signed(found)) == (address, {})
    keyed = account(PROVIDERS[name], OPENAI, Settings(), {PROVIDERS[name].key_env[0]: "server-key-3"})
    assert (signed(keyed), keyed.lacks_key) == ({"authorization": "Bearer server-key-3"}, False)


def test_any_server_has_no_address_of_its_own() -> None:
    with pytest.raises(ConfigError, match=r"no address was found. Set VEO_SERVER_URL, or call veo.configure\(base_url"):
        account(PROVIDERS["server"], OPENAI, Settings(), {})


def test_openais_wire_needs_no_key_elsewhere_and_one_at_home() -> None:
    there = account(PROVIDERS["openai"], OPENAI, Settings(base_url=BOX), {})
    assert (there.provider.label, signed(there)) == ("gpu-box:30000", {})
    with pytest.raises(ConfigError, match="OpenAI: no key was found"):
        account(PROVIDERS["openai"], OPENAI, Settings(), {})
    with pytest.raises(ConfigError, match=r"OpenRouter: no key was found\. Set OPENROUTER_API_KEY"):
        account(PROVIDERS["openrouter"], OPENAI, Settings(), {})


def test_the_environments_key_for_a_server_is_for_its_address_alone() -> None:
    environ = {"VEO_SERVER_URL": "http://box:1/v1", "VEO_SERVER_API_KEY": "key-of-box-1"}
    own = {"authorization": "Bearer key-of-box-1"}
    assert signed(account(PROVIDERS["server"], OPENAI, Settings(), environ)) == own
    assert signed(account(PROVIDERS["server"], OPENAI, Settings(base_url="http://box:1"), environ)) == own
    assert signed(account(PROVIDERS["server"], OPENAI, Settings(base_url=BOX), environ)) == {}


def test_the_address_of_a_file_gets_no_key_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SGLANG_BASE_URL=http://files:1\n")
    alone = read_environment({}, tmp_path)
    assert account(PROVIDERS["sglang"], OPENAI, Settings(), alone).endpoint.base_url == "http://files:1"
    assert isinstance(account(PROVIDERS["sglang"], OPENAI, Settings(), alone).credentials, NoKey)
    keyed = read_environment({"SGLANG_API_KEY": "sglang-key-5"}, tmp_path)
    assert account(PROVIDERS["sglang"], OPENAI, Settings(), keyed).endpoint.base_url == "http://127.0.0.1:30000"
    (tmp_path / ".env").write_text("SGLANG_BASE_URL=http://files:1\nSGLANG_API_KEY=files-key\n")
    both = read_environment({}, tmp_path)
    assert signed(account(PROVIDERS["sglang"], OPENAI, Settings(), both)) == {"authorization": "Bearer files-key"}


def test_a_job_at_a_server_that_has_moved_is_asked_after_without_todays_key() -> None:
    settings = Settings(provider="sglang", base_url="http://new:1", api_key=Secret("new-key-4"))
    found = account_of_job("sglang", OPENAI, {"base_url": "http://old:1"}, settings, {"SGLANG_API_KEY": "env-key-4"})
    assert (found.endpoint.base_url, signed(found)) == ("http://old:1", {})
    same = account_of_job("sglang", OPENAI, {"base_url": "http://new:1"}, settings, {})
    assert signed(same) == {"authorization": "Bearer new-key-4"}
    with pytest.raises(ConfigError, match="a key goes only where it belongs"):
        account_of_job("openrouter", OPENAI, {"base_url": "http://old:1"}, settings, KEYS)


def test_a_studio_profile_finds_its_jobs_again() -> None:
    settings = Settings(profile="studio", base_url=BOX, api_key=Secret("studio-key"))
    assert signed(account_of_job("server", OPENAI, {"base_url": BOX}, settings, KEYS)) == {
        "authorization": "Bearer studio-key"
    }


def test_the_doctor_and_the_table_of_settings_know_a_server(tmp_path: Path) -> None:
    settings = Settings(base_url=BOX, api_key=Secret("own-key-9"))
    found = [
        (one.provider.name, one.what, one.source) for one in found_credentials(settings, {}) if not one.shadowed_by
    ]
    assert found == [("server", "key", "configure()"), ("server", "address", "configure()")]
    table = str(settings_table(Settings(profile="studio", base_url=BOX), Settings(), read_environment(KEYS, tmp_path)))
    assert "server" in table
    assert "an address that was given without a provider" in table
    assert "the only one that it lists" in table


def test_a_name_with_a_slash_is_the_named_gateways() -> None:
    settings = Settings(provider="openrouter", model="openai/sora-2-pro")
    assert named_model(PROVIDERS["openrouter"], "", settings) == "openai/sora-2-pro"
    assert named_model(PROVIDERS["gemini"], "", settings) == ""


@pytest.mark.parametrize("value", [0, 0.0, "0", "$0", "0/s", {"per_second": 0}, {"per_clip": 0}])
def test_nothing_is_a_price(value: object) -> None:
    assert PlacePrice.of(value) == PlacePrice()
    assert (PlacePrice.of(value).is_free, str(PlacePrice.of(value))) == (True, "free")


@pytest.mark.parametrize(
    ("value", "price", "text"),
    [
        ("0.05/s", PlacePrice(per_second=0.05), "$0.05/s"),
        ("$.4 / clip", PlacePrice(per_clip=0.4), "$0.4/clip"),
        ({"per_second": 0.1, "per_clip": 1}, PlacePrice(0.1, 1.0), "$0.1/s + $1/clip"),
    ],
)
def test_a_rate_says_what_it_is_for(value: object, price: PlacePrice, text: str) -> None:
    assert (PlacePrice.of(value), str(price)) == (price, text)


@pytest.mark.parametrize(
    "value", [0.4, "0.4", -1, "-1/s", "free", True, float("nan"), {}, {"per_hour": 1}, {"per_clip": -1}]
)
def test_a_number_alone_is_no_rate(value: object) -> None:
    with pytest.raises(InvalidRequestError, match=r"price: .* is not 0 for free, or US dollars such as '0.05/s'"):
        PlacePrice.of(value)


def priced(name: str, settings: Settings, environ: dict[str, str] | Environment, model: str = "wan") -> object:
    whole = environ if isinstance(environ, Environment) else Environment(environ, {}, {})
    found = choose_model(PROVIDERS[name], model, settings_in_force(settings, Settings(), whole))
    return found.is_free or found.usd_per_second.get("") or found.usd_per_clip


def test_a_place_of_ones_own_is_free_and_others_are_not() -> None:
    for name in ("sglang", "vllm", "localai"):
        assert priced(name, Settings(provider=name), {}) is True
    for name in ("server", "openai", "openrouter", "litellm"):
        assert priced(name, Settings(provider=name, base_url=BOX), {}) is None
    assert priced("server", Settings(base_url=BOX, price=PlacePrice()), {}) is True
    assert priced("sglang", Settings(provider="sglang", price=PlacePrice(per_second=0.05)), {}) == 0.05
    assert priced("litellm", Settings(provider="litellm", price=PlacePrice()), {}, "veo-3.1-generate-001") is True


def test_the_price_of_a_model_of_ones_own_goes_first() -> None:
    own = [{"id": "wan-paid", "provider": "sglang", "price": {"per_second": 0.05}}, {"id": "wan-bare"}]
    describe("session", own_models_in(own, "a test"))
    try:
        free = Settings(provider="sglang", price=PlacePrice())
        assert [priced("sglang", free, {}, name) for name in ("wan-paid", "wan-bare")] == [0.05, True]
        assert priced("sglang", Settings(provider="sglang"), {}, "wan-paid") == 0.05
    finally:
        describe("session", ())


def test_a_price_is_for_the_place_that_it_was_set_for() -> None:
    assert priced("openrouter", Settings(provider="sglang", price=PlacePrice()), {}) is None
    assert priced("sglang", Settings(), {"VEO_PROVIDER": "sglang", "VEO_PRICE": "0.4/clip"}) == 0.4
    assert priced("openrouter", Settings(), {"VEO_PROVIDER": "sglang", "VEO_PRICE": "0"}) is None
    assert priced("openrouter", Settings(provider="openrouter"), {"VEO_PROVIDER": "sglang", "VEO_PRICE": "0"}) is None
    with pytest.raises(InvalidRequestError, match=r"VEO_PRICE: '0\.4' is not"):
        priced("sglang", Settings(provider="sglang"), {"VEO_PRICE": "0.4"})


def test_the_price_of_an_address_holds_whoevers_wire_is_spoken_there() -> None:
    studio = Settings(base_url=BOX, price=PlacePrice(per_second=0.05))
    assert [priced(name, studio, {}) for name in ("server", "sglang", "openai")] == [0.05] * 3
    assert priced("openrouter", studio, {}) is None


def test_googles_prices_are_not_ones_own() -> None:
    with pytest.raises(ConfigError, match="Gemini Developer API charges by its own list"):
        priced("gemini", Settings(provider="gemini", price=PlacePrice()), {}, "veo-2.0-generate-001")
    # The emulator charges nobody, and shows what the model would cost.
    found = choose_model(PROVIDERS["emulator"], "", Settings(price=PlacePrice(provider="emulator")))
    assert not found.is_free


def test_a_projects_file_makes_no_paid_service_free(tmp_path: Path) -> None:
    def environ(provider: str) -> Environment:
        (tmp_path / "pyproject.toml").write_text(f'[tool.veo_widgets]\nprovider = "{provider}"\nprice = 0\n')
        return read_environment({}, tmp_path)

    assert priced("vllm", Settings(), environ("vllm")) is True
    with pytest.raises(ConfigError, match=r"vLLM-Omni is paid with your key"):
        priced("vllm", Settings(api_key=Secret("somebodys-key")), environ("vllm"))
    for provider in ("openrouter", "litellm", "gemini"):
        with pytest.raises(ConfigError, match=r"pyproject.toml.*price is free, but .* is paid with your key"):
            priced(provider, Settings(), environ(provider))


def test_a_price_does_not_follow_to_another_place(make_client: Callable[..., Client]) -> None:
    before, functions._default = functions._default, make_client()

    def now() -> PlacePrice | None:
        return functions.client().asynchronous.configured.price

    with pytest.raises(InvalidRequestError, match="price: the emulator is chosen"):
        functions.configure(provider="emulator", price=0)
    functions.configure(provider="sglang", price=0)
    assert now() == PlacePrice()
    functions.configure(model="sglang/wan")
    assert now() == PlacePrice()
    functions.configure(base_url="http://paid.example.com/v1")
    assert now() is None
    functions.use("vllm", price="0.05/s")
    assert now() == PlacePrice(per_second=0.05)
    assert "$0.05/s" in str(functions.configuration())
    functions.use("openrouter")
    assert now() is None
    functions._default = before


def test_an_address_of_one_call_gets_nothing_that_was_set_for_others(tmp_path: Path) -> None:
    accounts = JobAccounts(Settings(api_key=Secret("usual-key-1"), price=PlacePrice()), tmp_path)
    environ = Environment({"VEO_PROVIDER": "litellm", "LITELLM_PROXY_API_BASE": "http://proxy:4000"}, {}, {})
    values = accounts.of_call({"base_url": BOX, "provider": "sglang"}, environ)
    made = accounts.settings_of(values["profile"], environ)
    assert (made.provider, made.base_url, made.api_key, made.price) == ("sglang", BOX, None, None)
    assert own_settings(made, PROVIDERS["gemini"]).base_url is None
