"""The providers that come with the package: each one's address, credentials, models and manners, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..domain.catalog import AGENT_PLATFORM, AZURE_OPENAI, GEMINI_API, OPENAI
from . import servers
from .servers import Server

# The two surfaces of a LiteLLM proxy: its unified route, and its pass-through to Google.
LITELLM = "litellm"
LITELLM_GEMINI = "litellm-gemini"
# LocalAI answers a create with the clip, and polls are nothing to it.
LOCALAI = "localai"


@dataclass(frozen=True)
class Provider:
    """An endpoint.

    Attributes:
        name: what users write after ``--provider``.
        label: what people call it.
        prefixes: what may stand before a model's id, as in ``vertex_ai/veo-3.1-generate-001``.
        surfaces: how it is spoken to, best first; for Google's own also which of the catalog's entries hold here.
        auth: how requests are signed: a key in `key_header`, a key as bearer, Google's token, or not at all.
        base_url: with ``{host}`` still in it, or empty if everyone has an address of their own.
        key_env, url_env, version_env: environment variables, first set one wins.
        default_model: what is used when no model is named; empty if there is none.
        knows: of a gateway, whose operator names the models, the surfaces whose entries a known name stands for.
        domains: where the label belongs; elsewhere the service goes by its host's name. None: it fits anywhere.
        speed: how many times faster than the real service it answers; only the emulator is not 1.
        keyless: where it may be asked without a key: ``never``, only ``elsewhere`` than at an
            address of its own, or ``always``.
        server: what it does differently from OpenAI's ``/v1/videos``, if it speaks that.
        price: US dollars for a clip, where the place decides and not the model: 0 is free. None: the model's price.
    """

    name: str
    label: str
    prefixes: tuple[str, ...]
    surfaces: tuple[str, ...]
    auth: Literal["api-key", "bearer", "google", "none"]
    base_url: str
    default_model: str = ""
    key_env: tuple[str, ...] = ()
    url_env: tuple[str, ...] = ()
    version_env: tuple[str, ...] = ()
    key_header: str = "x-goog-api-key"
    knows: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    speed: float = 1.0
    keyless: Literal["never", "elsewhere", "always"] = "never"
    server: Server = servers.OPENAI
    price: float | None = None


BUILT_IN = (
    Provider(
        "agent_platform",
        "Agent Platform",
        ("vertex_ai", "agent_platform"),
        (AGENT_PLATFORM,),
        "google",
        "https://{host}",
        "veo-3.1-fast-generate-001",
        key_env=("GOOGLE_API_KEY",),
        url_env=("GOOGLE_VERTEX_BASE_URL",),
        version_env=("GOOGLE_GENAI_API_VERSION",),
        domains=("googleapis.com",),
    ),
    Provider(
        "gemini",
        "Gemini Developer API",
        ("gemini",),
        (GEMINI_API,),
        "api-key",
        "https://generativelanguage.googleapis.com",
        "gemini-omni-1.2-flash",
        key_env=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        url_env=("GOOGLE_GEMINI_BASE_URL",),
        version_env=("GOOGLE_GENAI_API_VERSION",),
        domains=("googleapis.com",),
    ),
    Provider(
        "litellm",
        "LiteLLM proxy",
        ("litellm_proxy", "litellm"),
        (LITELLM, LITELLM_GEMINI),
        "bearer",
        "",
        key_env=("LITELLM_PROXY_API_KEY",),
        url_env=("LITELLM_PROXY_API_BASE",),
        knows=(GEMINI_API, AGENT_PLATFORM, OPENAI),
    ),
    Provider(
        "openai",
        "OpenAI",
        ("openai",),
        (OPENAI,),
        "bearer",
        "https://api.openai.com/v1",
        key_env=("OPENAI_API_KEY",),
        url_env=("OPENAI_BASE_URL",),
        knows=(OPENAI,),
        domains=("openai.com",),
        keyless="elsewhere",
    ),
    Provider(
        "azure",
        "Azure OpenAI",
        ("azure",),
        (AZURE_OPENAI,),
        "api-key",
        "",
        key_env=("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"),
        url_env=("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"),
        version_env=("OPENAI_API_VERSION", "AZURE_API_VERSION"),
        key_header="api-key",
        knows=(AZURE_OPENAI,),
        # The clouds of single countries have domains of their own.
        domains=("azure.com", "azure.us", "azure.cn", "azure-api.net"),
    ),
    Provider(
        "sglang",
        "SGLang",
        ("sglang",),
        (OPENAI,),
        "bearer",
        "http://127.0.0.1:30000",
        key_env=("SGLANG_API_KEY",),
        url_env=("SGLANG_BASE_URL",),
        knows=(OPENAI,),
        keyless="always",
        server=servers.SGLANG,
        price=0.0,
    ),
    Provider(
        "vllm",
        "vLLM-Omni",
        ("vllm", "hosted_vllm"),
        (OPENAI,),
        "bearer",
        # The port of vLLM-Omni's own pages, beside a vLLM on 8000 that serves texts.
        "http://127.0.0.1:8091",
        # vLLM's own name for the key, and LiteLLM's for both.
        key_env=("VLLM_API_KEY", "HOSTED_VLLM_API_KEY"),
        url_env=("VLLM_BASE_URL", "VLLM_OMNI_BASE_URL", "HOSTED_VLLM_API_BASE"),
        knows=(OPENAI,),
        keyless="always",
        server=servers.VLLM,
        price=0.0,
    ),
    Provider(
        "openrouter",
        "OpenRouter",
        ("openrouter",),
        (OPENAI,),
        "bearer",
        "https://openrouter.ai/api/v1",
        key_env=("OPENROUTER_API_KEY",),
        url_env=("OPENROUTER_BASE_URL", "OPENROUTER_API_BASE"),
        knows=(OPENAI,),
        domains=("openrouter.ai",),
        server=servers.OPENROUTER,
    ),
    Provider(
        "localai",
        "LocalAI",
        ("localai",),
        (LOCALAI,),
        "bearer",
        "http://127.0.0.1:8080",
        key_env=("LOCALAI_API_KEY",),
        url_env=("LOCALAI_BASE_URL",),
        knows=(OPENAI,),
        keyless="always",
        server=servers.LOCALAI,
        price=0.0,
    ),
    Provider(
        "server",
        "your server",
        ("server",),
        (OPENAI,),
        "bearer",
        "",
        key_env=("VEO_SERVER_API_KEY",),
        url_env=("VEO_SERVER_URL",),
        knows=(OPENAI,),
        # No host ends in it (RFC 2606): with an address it goes by its host's name.
        domains=("invalid",),
        keyless="always",
    ),
    Provider(
        "emulator",
        "Emulator",
        ("emulator",),
        # The platform first: where two surfaces have one model, the emulator stands for the one with more options.
        (AGENT_PLATFORM, GEMINI_API, OPENAI),
        "none",
        "http://127.0.0.1",
        "veo-3.1-fast-generate-001",
        url_env=("VEO_EMULATOR_URL",),
        # The emulator's default pace, by which progress and the first poll are reckoned.
        speed=20.0,
    ),
)
