"""Our client through a real LiteLLM proxy in front of other people's servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.session.client import Client

from .clips import seconds_of
from .conftest import surroundings
from .environments import python_of
from .litellm_proxy import LiteLLMProxy
from .server_process import ServerProcess

KEY, PATIENCE = "sk-the-operators-key", 60


@dataclass
class Row:
    """A proxy and the servers behind it, by the names that it has for their models."""

    proxy: LiteLLMProxy
    servers: dict[str, ServerProcess]


@pytest.fixture(scope="module")
def row(start_server: Callable[..., ServerProcess], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Row]:
    servers = {
        "wan-sglang": start_server("real_sglang"),
        "wan-vllm": start_server("real_vllm_omni", model="wan-vllm", key=KEY),
        "wan-new-api": start_server("like_new_api", models=["wan-new-api"], key=KEY),
    }
    names = ("SGLANG_API_BASE", "VLLM_API_BASE", "NEW_API_BASE")
    bases = {name: f"{server.base_url}/v1" for name, server in zip(names, servers.values(), strict=True)}
    environment = surroundings(tmp_path_factory.mktemp("proxy")) | bases | {"SERVER_KEY": KEY}
    config = Path(__file__).with_name("servers.yaml")
    with LiteLLMProxy(python_of("litellm"), environment, config) as proxy:
        yield Row(proxy, servers)


@pytest.fixture
def client(row: Row, make_client: Callable[..., Client], tmp_path: Path) -> Client:
    account = {"provider": "litellm", "base_url": row.proxy.base_url, "api_key": Secret(row.proxy.key)}
    made = make_client(Settings(**account, folder=tmp_path / "veo_clips"), hasty=True)
    made.budget(unknown=1, day=100)
    return made


@pytest.mark.parametrize("name", ["wan-sglang", "wan-vllm", "wan-new-api"])
def test_a_clip_is_made(row: Row, client: Client, name: str) -> None:
    (video,) = client.submit("A cat", model=name).wait(PATIENCE).videos
    assert seconds_of(str(video.path)) == pytest.approx(1, abs=0.1)
    fields: dict[str, Any] = row.servers[name].creates()[-1]["fields"]
    assert (fields["model"], fields["prompt"]) == (name, "A cat")


@pytest.mark.parametrize("name", ["wan-sglang", "wan-vllm", "wan-new-api"])
def test_a_failed_job_ends_with_the_server_s_own_sentence(client: Client, name: str) -> None:
    with pytest.raises(errors.GenerationFailedError, match="CUDA out of memory"):
        client.submit("fail: CUDA out of memory", model=name).wait(PATIENCE)
