"""Models that somebody has described, at the emulator: their sizes, lengths, rate and parameters."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from veo_widgets.config.settings import Settings
from veo_widgets.domain import catalog
from veo_widgets.domain.catalog import own_models_in
from veo_widgets.emulator import Emulator, Pace
from veo_widgets.session.client import Client

WAN = "Wan-AI/Wan2.2-T2V-A14B"
FILE = f"""
[[models]]
id = "{WAN}"
price = 0
sizes = ["832x480", "480x832"]
durations_s = [1, 2]
fps = 16
[[models.extra]]
name = "guidance_scale"
kind = "number"
minimum = 1
maximum = 20
[[models.extra]]
name = "parameters.sampler"
kind = "choice"
choices = ["euler", "unipc"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "models.toml").write_text(FILE, "utf-8")
    return tmp_path / "models.toml"


@pytest.fixture
def served(file: Path) -> Iterator[Emulator]:
    with Emulator(pace=Pace.at_once(), models=file) as emulator:
        yield emulator


def create(emulator: Emulator, as_form: bool = False, **body: Any) -> httpx.Response:
    sent = {"prompt": "A cat", "model": WAN, **body}
    address, headers = f"{emulator.base_url}/v1/videos", {"authorization": "Bearer own-models"}
    return httpx.post(address, headers=headers, **({"data": sent} if as_form else {"json": sent}))


@pytest.mark.parametrize("as_form", [False, True])
def test_a_clip_has_the_size_the_length_and_the_rate_that_were_described(served: Emulator, as_form: bool) -> None:
    made = create(served, as_form, size="480x832", seconds="2", guidance_scale="5.5", anything="goes")
    assert made.status_code == 200, made.text
    headers = {"authorization": "Bearer own-models"}
    video = httpx.get(f"{served.base_url}/v1/videos/{made.json()['id']}", headers=headers).json()
    assert (video["size"], video["seconds"], video["model"]) == ("480x832", "2", WAN)
    clip = httpx.get(f"{served.base_url}/v1/videos/{video['id']}/content", headers=headers).content
    with av.open(io.BytesIO(clip)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate, stream.frames) == (480, 832, 16, 32)


def test_defaults_are_the_first_of_what_was_described(served: Emulator) -> None:
    made = create(served, model=f"sglang/{WAN}").json()
    assert (made["size"], made["seconds"]) == ("832x480", "1")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"size": "1280x720"}, "Supported values are: '832x480', '480x832'."),
        ({"width": 640, "height": 480}, "Invalid value: '640x480'."),
        ({"seconds": "3"}, "Supported values are: '1', '2'."),
        ({"duration": "long"}, "Invalid value: 'long'."),
        ({"guidance_scale": 21}, "Invalid value for 'guidance_scale': 21 is not from 1 to 20."),
        ({"guidance_scale": "high"}, "Invalid value for 'guidance_scale': 'high' is not a number."),
        ({"parameters": {"sampler": "ddim"}}, "'ddim' is not one of euler, unipc."),
        ({"seed": "x"}, "Invalid value: 'x'."),
        ({"prompt": ""}, "Missing required parameter: 'prompt'."),
    ],
)
def test_what_was_not_described_so_is_refused(served: Emulator, body: dict[str, Any], words: str) -> None:
    refused = create(served, **body)
    assert refused.status_code == 400
    assert words in refused.json()["error"]["message"]


def test_it_is_in_the_list_of_models(served: Emulator) -> None:
    listed = httpx.get(f"{served.base_url}/v1/models", headers={"authorization": "Bearer own-models"}).json()
    assert listed["data"][0]["id"] == WAN


def test_what_this_process_has_described_is_served_to_its_client(
    make_client: Callable[..., Client], settings: Settings
) -> None:
    entry = {"id": WAN, "provider": "sglang", "price": 0, "sizes": ["832x480"], "durations_s": [1], "fps": 16}
    catalog.describe("session", own_models_in([entry], "a test"))
    with Emulator(pace=Pace.at_once()) as emulator:
        client = make_client(replace(settings, base_url=emulator.base_url))
        job = client.submit("A cat", model=WAN).wait(600)
    (video,) = job.videos
    assert (job.record.provider, video.width, video.height, round(video.fps), job.record.differences) == (
        "emulator",
        832,
        480,
        16,
        (),
    )


def test_the_command_takes_a_file_and_refuses_a_wrong_one(file: Path) -> None:
    command = [sys.executable, "-m", "veo_widgets.emulator", "--models"]
    with subprocess.Popen([*command, str(file)], stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            address = program.stdout.readline().strip()
            listed = httpx.get(f"{address}/v1/models", headers={"authorization": "Bearer own-models"}).json()
            assert listed["data"][0]["id"] == WAN
        finally:
            program.terminate()
    file.write_text(FILE.replace("fps = 16", 'fps = "many"'), "utf-8")
    refused = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr == f"--models: {file}: model {WAN!r}: fps: 'many' is not a number above 0 or None.\n"
