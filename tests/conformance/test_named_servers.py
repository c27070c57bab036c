"""The providers `sglang`, `vllm`, `openrouter` and `localai` at the servers that they are named after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.session.client import Client

from .clips import seconds_of
from .server_process import ServerProcess

Json = dict[str, Any]
MODEL, KEY = "wan2.2", "sk-the-key-of-a-named-server"
PATIENCE = 60


@dataclass(frozen=True)
class Named:
    """A provider, the program that is its server, and what reaches that.

    Attributes:
        path: of the base URL.
        key: that the client has; empty: none.
        asks: parameters of a clip.
        sent: the fields of the create, beside model and prompt.
        free: whether it costs nothing.
    """

    program: str
    said: Json
    asks: Json
    sent: Json
    path: str = "/v1"
    key: str = KEY
    free: bool = True


STEPS: Json = {"num_inference_steps": 3, "guidance_scale": 5.5, "fps": 16}
NAMED = {
    "sglang": Named(
        "real_sglang",
        {},
        {"size": "64x36", "seconds": 1, "seed": 7, "samples": 2, "extra": {**STEPS, "flow_shift": 3.0}},
        {
            "size": "64x36",
            "seconds": "1",
            "seed": "7",
            "n": "2",
            "flow_shift": "3.0",
            **{name: str(value) for name, value in STEPS.items()},
        },
        key="",
    ),
    "vllm": Named(
        "real_vllm_omni",
        {"model": MODEL, "key": KEY},
        {"size": "64x36", "seconds": 1, "negative_prompt": "rain", "extra": {**STEPS, "cfg_norm": True}},
        {
            "size": "64x36",
            "seconds": "1",
            "negative_prompt": "rain",
            "extra_params": '{"cfg_norm": true}',
            **{name: str(value) for name, value in STEPS.items()},
        },
    ),
    "openrouter": Named(
        "like_openrouter",
        {"models": [MODEL], "key": KEY, "cost": 0.125, "listed": {MODEL: {"supported_durations": [1, 5]}}},
        {"seconds": 1, "size": "64x36", "seed": 7, "max_cost": 1},
        {"duration": 1, "size": "64x36", "seed": 7},
        path="/api/v1",
        free=False,
    ),
    "localai": Named(
        "like_localai",
        {"models": [MODEL], "key": KEY},
        {"size": "64x36", "seconds": 1, "seed": 7, "extra": {"fps": 24, "step": 4}},
        {"width": 64, "height": 36, "num_frames": 24, "fps": 24, "seed": 7, "step": 4, "response_format": "url"},
        path="",
    ),
}


@dataclass
class Desk:
    """A server, and a client of ours at it by the provider's name."""

    server: ServerProcess
    client: Client

    def submit(self, prompt: str = "A cat", **values: Any) -> Any:
        return self.client.submit(prompt, model=MODEL, **values)


@pytest.fixture
def open_desk(
    start_server: Callable[..., ServerProcess], make_client: Callable[..., Client], tmp_path: Path
) -> Callable[[str], Desk]:
    def open_desk(name: str) -> Desk:
        named = NAMED[name]
        server = start_server(named.program, **named.said)
        account: Json = {"provider": name, "base_url": f"{server.base_url}{named.path}"}
        key = {"api_key": Secret(named.key)} if named.key else {}
        client = make_client(Settings(**account, **key, folder=tmp_path / "veo_clips"), hasty=True)
        if not named.free:
            client.budget(unknown=1, day=100)
        return Desk(server, client)

    return open_desk


@pytest.mark.parametrize("name", NAMED)
def test_what_is_asked_for_arrives_in_the_server_s_own_fields(open_desk: Callable[[str], Desk], name: str) -> None:
    desk, named = open_desk(name), NAMED[name]
    job = desk.submit(**named.asks)
    (create,) = desk.server.creates()
    assert create["fields"] == {"model": MODEL, "prompt": "A cat", **named.sent}
    assert create["authorization"] == (f"Bearer {KEY}" if named.key else None)
    videos = job.wait(PATIENCE).videos
    assert len(videos) == named.asks.get("samples", 1)
    assert all(seconds_of(str(video.path)) == pytest.approx(1, abs=0.1) for video in videos)
    assert job.record.cost.usd == (0 if named.free else 0.125)


@pytest.mark.parametrize("name", ["sglang", "vllm", "openrouter"])
def test_a_failed_job_ends_with_the_server_s_own_sentence(open_desk: Callable[[str], Desk], name: str) -> None:
    with pytest.raises(errors.GenerationFailedError, match="CUDA out of memory"):
        open_desk(name).submit("fail: CUDA out of memory").wait(PATIENCE)


def test_a_value_out_of_its_range_is_told_by_the_field(open_desk: Callable[[str], Desk]) -> None:
    with pytest.raises(errors.BadRequestError) as refused:
        open_desk("vllm").submit(extra={"num_inference_steps": 500})
    assert refused.value.said == "num_inference_steps: Input should be less than or equal to 200"


@pytest.mark.parametrize("name", NAMED)
def test_the_server_s_list_names_its_model(open_desk: Callable[[str], Desk], name: str) -> None:
    desk = open_desk(name)
    plan = desk.client.planner()("A cat")
    assert plan.model.id in {MODEL, "Wan-AI/Wan2.2-TI2V-5B-Diffusers"}
