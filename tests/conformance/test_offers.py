"""What real servers say of their own models and parameters, as the form takes it up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.model_discovery import Offer
from veo_widgets.config.environment import read_environment
from veo_widgets.config.settings import Settings
from veo_widgets.domain.catalog import ExtraParam
from veo_widgets.domain.secret import Secret
from veo_widgets.providers.registry import PROVIDERS

from .server_process import ServerProcess

pytestmark = pytest.mark.anyio


async def offered(provider: str, base_url: str, home: Path, key: str = "a-key") -> Offer:
    settings = Settings(provider=provider, base_url=base_url, api_key=Secret(key))
    async with AsyncClient(settings, home=home) as client:
        return await client.discovery.offer(PROVIDERS[provider], client.settings, read_environment())


@pytest.mark.parametrize(("provider", "program"), [("sglang", "real_sglang"), ("vllm", "real_vllm_omni")])
async def test_a_server_made_with_fastapi_names_its_model_and_its_parameters(
    start_server: Callable[..., ServerProcess], tmp_path: Path, provider: str, program: str
) -> None:
    said = await offered(provider, start_server(program).base_url, tmp_path)
    assert len(said.models) == 1
    found = {param.name: param for param in said.parameters}
    assert found["num_frames"].kind == found["num_inference_steps"].kind == "integer"
    assert found["guidance_scale"].kind == "number"
    # Ours, and the boxes for what a form has no field for.
    assert not {"prompt", "size", "seconds", "seed", "negative_prompt", "extra_body", "extra_params"} & found.keys()


async def test_the_limits_that_vllm_omni_names_are_taken_up(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    said = await offered("vllm", start_server("real_vllm_omni").base_url, tmp_path)
    clips = next(param for param in said.parameters if param.name == "num_outputs_per_prompt")
    assert clips == ExtraParam("num_outputs_per_prompt", "integer", default=1, minimum=1, maximum=10)


async def test_openrouter_lists_its_video_models_apart(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    said = await offered("openrouter", f"{start_server('like_openrouter').base_url}/api/v1", tmp_path, "sk-or-v1-key")
    assert said.models == tuple(model.id for model in said.described)
    assert {model.durations_s for model in said.described} == {(5, 10)}
    assert said.parameters == ()
