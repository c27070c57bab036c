"""LiteLLM's video functions, used as its own pages use them; only the import is another."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

import veo_widgets as veo
from veo_widgets import exceptions
from veo_widgets.api import functions
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator
from veo_widgets.providers.video_ids import VideoId, read_video_id
from veo_widgets.session.client import Client

MODEL = "gemini/veo-3.0-generate-preview"
PROMPT = "A cat playing with a ball of yarn in a sunny garden"


@pytest.fixture
def litellm(make_client: Callable[..., Client], settings: Settings) -> Iterator[Client]:
    """The functions' own client, with a key and an address as a user's environment would give them."""
    from veo_widgets.config.credentials import Secret

    given = replace(settings, provider="gemini", api_key=Secret("your-google-api-key"))
    before, functions._default = functions._default, make_client(given, hasty=True)
    yield functions._default
    functions._default = before


def finished(video: veo.VideoObject) -> veo.VideoObject:
    """Poll as the page does, though without its ten seconds between two looks."""
    while video.status == "processing":
        video = veo.video_status(video_id=video.id)
    return video


def test_the_pages_workflow(litellm: Client, tmp_path: Path, emulator: Emulator) -> None:
    response = veo.video_generation(model=MODEL, prompt=PROMPT)
    assert (response.status, response.object) == ("processing", "video")
    assert response.id.startswith("video_")
    assert response.usage == {"duration_seconds": 8.0}
    assert response._hidden_params["response_cost"] == pytest.approx(8 * 0.4)
    done = finished(response)
    assert (done.status, done.error, done.id) == ("completed", None, response.id)
    video_bytes = veo.video_content(video_id=response.id)
    assert video_bytes[4:8] == b"ftyp"
    assert len([entry for entry in emulator.journal() if entry.kind == "create"]) == 1


def test_the_pages_asynchronous_workflow(litellm: Client) -> None:
    async def main() -> bytes:
        response = await veo.avideo_generation(model=MODEL, prompt=PROMPT)
        status = response.status
        while status == "processing":
            status = (await veo.avideo_status(video_id=response.id)).status
        return await veo.avideo_content(video_id=response.id)

    assert anyio.run(main)[4:8] == b"ftyp"


def test_openais_parameters_become_the_services(litellm: Client, emulator: Emulator) -> None:
    veo.video_generation(
        model=MODEL, prompt=PROMPT, seconds="4", size="720x1280", negativePrompt="dogs", extra_body={"parameters": {}}
    )
    create = next(entry for entry in emulator.journal() if entry.kind == "create")
    assert create.path == "/v1beta/models/veo-3.0-generate-preview:predictLongRunning"
    assert create.body["parameters"] == {
        "aspectRatio": "9:16",
        "resolution": "720p",
        "durationSeconds": 4,
        "negativePrompt": "dogs",
    }


def test_what_nobody_has_a_parameter_for_is_handed_on(litellm: Client, emulator: Emulator) -> None:
    # As LiteLLM does: keywords and `extra_body` alike, those of Veo's `parameters` too.
    video = veo.video_generation(
        model="emulator/veo-3.1-generate-001",
        prompt=PROMPT,
        api_base=emulator.base_url,
        resizeMode="crop",
        n=2,
        extra_body={"parameters": {"compressionQuality": "lossless"}, "parameters.fps": 24, "extra": {"a": 1}},
        max_cost=9,
    )
    create = next(entry for entry in emulator.journal() if entry.kind == "create")
    said = {"resizeMode": "crop", "sampleCount": 2, "compressionQuality": "lossless", "fps": 24, "a": 1}
    assert {name: create.body["parameters"].get(name) for name in said} == said
    assert finished(video).status == "completed"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"size": "1024x1024"}, "size: '1024x1024' is not a size"),
        ({"size": "1024x1792"}, "resolution: '1024p' is not a resolution"),
        ({"seconds": "soon"}, "duration_seconds: 'soon' is not a number"),
        ({"seed": 7}, "takes no seed"),
        ({"lastFrame": b"no image"}, "last_frame"),
        ({"model": "gemini/veo-9"}, "model: 'veo-9' is not known"),
        ({"extra_headers": {"x": "y"}}, "extra_headers"),
        ({"negative_promt": "rain"}, "negative_promt: no such parameter"),
        ({"num_retries": 1}, "num_retries: no such parameter"),
        ({"extra_body": {"seconds": 4}, "seconds": None, "duration_seconds": 6}, "duration_seconds: said twice"),
        ({"extra_body": {"cameraControl": {1: 2}}}, "extra.cameraControl: an object whose name 1"),
    ],
)
def test_what_cannot_be_sent_is_refused_not_dropped(
    litellm: Client, emulator: Emulator, wrong: dict, words: str
) -> None:
    with pytest.raises(exceptions.BadRequestError, match=words) as caught:
        veo.video_generation(**{"model": MODEL, "prompt": PROMPT, **wrong})
    assert isinstance(caught.value, exceptions.APIError)
    assert emulator.journal() == []


@pytest.mark.parametrize("outcome", ["failed", "filtered", "empty"])
def test_a_job_without_a_clip_is_failed_never_completed(litellm: Client, outcome: str) -> None:
    prompt = f"---\noutcome: {outcome}\n---\nA cat"
    done = finished(veo.video_generation(model=MODEL, prompt=prompt))
    assert done.status == "failed"
    assert done.error is not None
    assert done.error["message"]
    assert done._hidden_params["response_cost"] == 0
    with pytest.raises(exceptions.BadRequestError, match="has no content"):
        veo.video_content(done.id)


def test_errors_go_by_litellms_names(litellm: Client, emulator: Emulator) -> None:
    with pytest.raises(exceptions.AuthenticationError):
        veo.video_generation(model=MODEL, prompt=PROMPT, api_key="wrong-key", api_base=emulator.base_url)
    emulator.script(on="create", fault="status-429-bare")
    with pytest.raises(exceptions.RateLimitError):
        veo.video_generation(model=MODEL, prompt=PROMPT)
    emulator.script(on="create", fault="slow", seconds=2)
    with pytest.raises(exceptions.Timeout, match="It keeps running"):
        veo.video_generation(model=MODEL, prompt=PROMPT, timeout=0.3)
    with pytest.raises(InvalidRequestError, match="is not an id from video_generation"):
        veo.video_status("video_nonsense")


ANOTHER_PROGRAM = """
import json, sys
import veo_widgets as veo
veo.configure(folder=sys.argv[3])
video = veo.video_status(sys.argv[1], api_key="another", api_base=sys.argv[2])
while video.status == "processing":
    video = veo.video_status(sys.argv[1], api_key="another", api_base=sys.argv[2])
content = veo.video_content(sys.argv[1], api_key="another", api_base=sys.argv[2])
print(json.dumps([video.status, content[4:8].decode()]))
"""


def test_an_id_works_in_another_program_without_the_ledger(litellm: Client, emulator: Emulator, tmp_path: Path) -> None:
    response = veo.video_generation(model=MODEL, prompt=PROMPT)
    environment = {"PATH": "/usr/bin", "HOME": str(tmp_path), "VEO_WIDGETS_HOME": str(tmp_path / "another")}
    command = [sys.executable, "-c", ANOTHER_PROGRAM, response.id, emulator.base_url, str(tmp_path / "clips")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["completed", "ftyp"]


@pytest.mark.parametrize("operation", ["models/m/operations/1", "a;b:c/d", "v1_é", "video_abc=="])
def test_ids_say_where_the_video_is(operation: str) -> None:
    video_id = VideoId("gemini", "veo-3.1-generate-preview", operation)
    assert read_video_id(str(video_id)) == video_id
    assert read_video_id(str(video_id).rstrip("=")) == video_id


def test_litellms_own_ids_are_read() -> None:
    packed = (
        "video_bGl0ZWxsbTpjdXN0b21fbGxtX3Byb3ZpZGVyOmdlbWluaTttb2RlbF9pZDp2ZW87dmlkZW9faWQ6bW9kZWxzL20vb3BlcmF0aW9ucy8x"
    )
    assert read_video_id(packed) == VideoId("gemini", "veo", "models/m/operations/1")


@pytest.mark.parametrize(
    "appended",
    [";deployment_id:7a65a267", ";served_model:veo;requested_model:our-veo", ";served_model:;deployment_id:1"],
)
@pytest.mark.parametrize("operation", ["models/m/operations/1", "a;b:c/d"])
def test_what_litellms_proxy_appends_is_no_part_of_the_operation(operation: str, appended: str) -> None:
    packed = f"litellm:custom_llm_provider:gemini;model_id:veo;video_id:{operation}{appended}"
    video_id = f"video_{base64.b64encode(packed.encode()).decode()}"
    assert read_video_id(video_id) == VideoId("gemini", "veo", operation)


@pytest.fixture
def gateway(make_client: Callable[..., Client], settings: Settings, emulator: Emulator) -> Iterator[Client]:
    """The functions' own client at a /v1/videos gateway."""
    from veo_widgets.config.credentials import Secret

    given = replace(settings, provider="openai", base_url=f"{emulator.base_url}/v1", api_key=Secret("a-key"))
    before, functions._default = functions._default, make_client(given, hasty=True)
    yield functions._default
    functions._default = before


def made(prompt: str = PROMPT) -> veo.VideoObject:
    video = veo.video_generation(model="openai/sora-2", prompt=prompt, seconds="4", allow_retired=True)
    return finished(video)


def test_a_gateway_lists_its_videos_in_pages(gateway: Client) -> None:
    ids = [made().id for _ in range(3)]
    page = veo.video_list(limit=2, custom_llm_provider="openai")
    assert [video.id for video in page] == ids[:0:-1]
    assert (page.first_id, page.last_id, page.has_more, page.object) == (ids[2], ids[1], True, "list")
    assert [video.status for video in page.data] == ["completed"] * 2
    last = anyio.run(partial(veo.avideo_list, after=page.last_id))
    assert ([video.id for video in last], last.has_more) == ([ids[0]], False)
    raw = read_video_id(ids[0]).operation
    assert [video.id for video in veo.video_list(after=raw, order="asc")] == ids[1:]
    with pytest.raises(exceptions.BadRequestError, match="'gemini' keeps no list"):
        veo.video_list(custom_llm_provider="gemini")


def test_a_gateways_video_is_remixed_edited_and_extended(gateway: Client, emulator: Emulator) -> None:
    first = made()
    remixed = finished(veo.video_remix(first.id, "Make it night"))
    edited = finished(veo.video_edit(video_id=first.id, prompt="Make it night"))
    longer = finished(veo.video_extension(first.id, "It sleeps", "4"))
    assert {video.status for video in (remixed, edited, longer)} == {"completed"}
    paths = [entry.path.partition("/videos")[2] for entry in emulator.journal() if entry.kind == "create"]
    assert paths == ["", f"/{read_video_id(first.id).operation}/remix", "/edits", "/extensions"]

    async def again() -> list[veo.VideoObject]:
        return [
            await veo.avideo_remix(first.id, "Make it day"),
            await veo.avideo_edit(first.id, "Make it day"),
            await veo.avideo_extension(first.id, "It wakes", seconds="4"),
        ]

    assert {video.status for video in anyio.run(again)} == {"processing"}


ASYNCHRONOUS: dict[str, Callable[[str], Coroutine[Any, Any, veo.VideoObject]]] = {
    "generation": lambda _: veo.avideo_generation(PROMPT, "sora-2", seconds="4", allow_retired=True),
    "remix": lambda video: veo.avideo_remix(video, "Make it day"),
    "edit": lambda video: veo.avideo_edit(video, "Make it day"),
    "extension": lambda video: veo.avideo_extension(video, "It wakes", seconds="4"),
}


@pytest.mark.parametrize("verb", ASYNCHRONOUS.values(), ids=ASYNCHRONOUS)
def test_a_cancelled_function_leaves_its_job_in_the_ledger(
    gateway: Client, emulator: Emulator, verb: Callable[[str], Coroutine[Any, Any, veo.VideoObject]]
) -> None:
    first = finished(made())
    emulator.script(on="create", fault="slow", seconds=0.5)

    async def main() -> None:
        task = asyncio.create_task(verb(first.id))
        while len(gateway.jobs()) == 1:  # noqa: ASYNC110 (the ledger tells nobody)
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    job = gateway.jobs()[0]
    while job.state is JobState.SUBMITTING:
        gateway.call(anyio.sleep, 0.02)
    assert job.wait(600).videos
    assert sum(entry.kind == "create" for entry in emulator.journal()) == 2


def test_a_video_without_a_clip_cannot_be_remixed(gateway: Client, emulator: Emulator) -> None:
    failed = made("---\noutcome: failed\n---\nA cat")
    with pytest.raises(exceptions.BadRequestError, match="is failed and has 0 clips"):
        veo.video_remix(failed.id, "Make it night")
    assert [entry.kind for entry in emulator.journal()].count("create") == 1


def test_the_pictures_of_a_video_are_content_too(gateway: Client) -> None:
    video = made()
    assert veo.video_content(video.id, variant="video")[4:8] == b"ftyp"
    assert veo.video_content(video.id, variant="thumbnail")[8:12] == b"WEBP"
    assert veo.video_content(video.id, variant="spritesheet")[:3] == b"\xff\xd8\xff"
    with pytest.raises(exceptions.BadRequestError, match="'poster' is not one of video, thumbnail, spritesheet"):
        veo.video_content(video.id, variant="poster")


def test_a_service_without_pictures_says_so(litellm: Client) -> None:
    video = finished(veo.video_generation(model=MODEL, prompt=PROMPT))
    with pytest.raises(exceptions.BadRequestError, match="keeps no more of a video than its clip"):
        veo.video_content(video.id, variant="thumbnail")
