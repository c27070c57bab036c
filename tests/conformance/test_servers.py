"""Our client at other people's ``/v1/videos`` servers: real ones with a stub for a model, and some after the source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.providers.wires.error_bodies import read_error
from veo_widgets.session.client import Client

from .clips import seconds_of
from .server_process import ServerProcess

Json = dict[str, Any]
MODEL, KEY = "wan2.2", "sk-the-key-of-this-server"
PATIENCE = 60
SERVERS: dict[str, tuple[str, Json]] = {
    "sglang": ("real_sglang", {}),
    "sglang-bucket": ("real_sglang", {"bucket": True}),
    "vllm-omni": ("real_vllm_omni", {"model": MODEL, "key": KEY}),
    "aquiles": ("real_aquiles", {"model": MODEL, "key": KEY}),
    "new-api": ("like_new_api", {"models": [MODEL], "key": KEY}),
    "new-api-bucket": ("like_new_api", {"models": [MODEL], "key": KEY, "bucket": True}),
    "new-api-old": ("like_new_api", {"models": [MODEL], "key": KEY, "old": True, "reason": "url"}),
    "openrouter": ("like_openrouter", {"models": [MODEL], "key": KEY}),
    "openrouter-bucket": ("like_openrouter", {"models": [MODEL], "key": KEY, "bucket": True}),
}
BUCKETS = [name for name in SERVERS if name.endswith("bucket")]


class Desk:
    """A server, and a client of ours at it."""

    def __init__(self, server: ServerProcess, root: str, client: Client) -> None:
        self.server, self.root, self.client = server, root, client

    def submit(self, prompt: str = "A cat", **values: Any) -> Any:
        return self.client.submit(prompt, **{"model": MODEL, **values})

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As somebody else with the key would."""
        headers = {"authorization": f"Bearer {KEY}"}
        return httpx.request(method, f"{self.root}/videos{path}", headers=headers, **more)

    def look(self, operation: str) -> Json:
        return dict(self.ask("GET", f"/{operation}").raise_for_status().json())


@pytest.fixture
def open_desk(
    start_server: Callable[..., ServerProcess], make_client: Callable[..., Client], tmp_path: Path
) -> Callable[[str], Desk]:
    def open_desk(name: str) -> Desk:
        program, said = SERVERS[name]
        server = start_server(program, **said)
        root = f"{server.base_url}{'/api' if name.startswith('openrouter') else ''}/v1"
        account = {"provider": "openai", "base_url": root, "api_key": Secret(KEY)}
        client = make_client(Settings(**account, folder=tmp_path / "veo_clips"), hasty=True)
        client.budget(unknown=1, day=100)
        return Desk(server, root, client)

    return open_desk


@pytest.mark.parametrize("name", SERVERS)
def test_a_clip_is_made(open_desk: Callable[[str], Desk], name: str) -> None:
    desk = open_desk(name)
    (video,) = desk.submit().wait(PATIENCE).videos
    assert seconds_of(str(video.path)) == pytest.approx(1, abs=0.1)
    assert desk.server.creates()[-1]["fields"] == {"model": MODEL, "prompt": "A cat"}


@pytest.mark.parametrize("name", SERVERS)
def test_a_failed_job_ends_with_the_server_s_own_sentence(open_desk: Callable[[str], Desk], name: str) -> None:
    job = open_desk(name).submit("fail: CUDA out of memory: 2 GiB wanted")
    with pytest.raises(errors.GenerationFailedError, match="CUDA out of memory: 2 GiB wanted"):
        job.wait(PATIENCE)
    assert job.state is JobState.FAILED


@pytest.mark.parametrize("name", BUCKETS)
def test_a_clip_in_a_bucket_is_fetched_without_the_key(open_desk: Callable[[str], Desk], name: str) -> None:
    desk = open_desk(name)
    (video,) = desk.submit().wait(PATIENCE).videos
    assert seconds_of(str(video.path)) == pytest.approx(1, abs=0.1)
    if name == "openrouter-bucket":
        # Its own address works as well, for which the key is needed, and goes first.
        assert [one["path"].rpartition("/")[2] for one in desk.server.received()][-1] == "content"
    else:
        (fetched,) = desk.server.fetched()
        assert fetched["authorization"] is None
    assert {one["authorization"] for one in desk.server.received()} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("name", ["sglang", "vllm-omni", "aquiles"])
def test_videos_are_listed_and_deleted(open_desk: Callable[[str], Desk], name: str) -> None:
    desk = open_desk(name)
    job = desk.submit()
    job.wait(PATIENCE)
    assert {one.job_id: one.video.status for one in desk.client.remote_videos()}[job.id] == "completed"
    job.delete_remote()
    assert job.id not in {one.job_id for one in desk.client.remote_videos()}


@pytest.mark.parametrize("name", ["new-api", "openrouter"])
def test_who_keeps_no_list_says_so(open_desk: Callable[[str], Desk], name: str) -> None:
    desk = open_desk(name)
    with pytest.raises(errors.NotFoundError, match=r"Invalid URL \(GET /v1/videos\)|Not Found"):
        desk.client.remote_videos()


@pytest.mark.parametrize("name", ["sglang", "vllm-omni"])
def test_a_job_that_is_deleted_at_the_server_is_told_of_and_left_open(
    open_desk: Callable[[str], Desk], name: str
) -> None:
    desk = open_desk(name)
    job = desk.submit("wait: for ever")
    assert desk.ask("DELETE", f"/{job.record.operation}").is_success
    with pytest.raises(errors.VeoError, match="Video not found"):
        job.wait(PATIENCE)
    # The same answer comes from a server that another account is asked for.
    assert not job.state.is_final
    desk.server.release()


@pytest.mark.parametrize("name", ["sglang", "new-api"])
def test_the_server_s_own_progress_is_seen(open_desk: Callable[[str], Desk], name: str) -> None:
    desk = open_desk(name)
    job = desk.submit("wait: for a moment")
    while (said := desk.look(job.record.operation))["progress"] != 40:
        continue
    assert said["status"] == "in_progress"
    desk.server.release()
    assert job.wait(PATIENCE).videos


def refused(desk: Desk, **values: Any) -> str:
    with pytest.raises(errors.ServiceError) as caught:
        desk.submit(**values)
    return caught.value.said


REFUSALS: dict[str, tuple[str, Json, str]] = {
    "sglang": ("sglang", {"seconds": 2.5}, "seconds: Input should be a valid integer, unable to parse string as an "),
    "vllm-omni": ("vllm-omni", {"seconds": 2.5}, r"seconds: String should match pattern '^[1-9]\d*$'"),
    "vllm-omni, model": (
        "vllm-omni",
        {"model": "wan"},
        "Model mismatch: request specifies 'wan' but server is running",
    ),
    "new-api": ("new-api", {"model": "wan"}, "No available channel for model wan under group default (distributor)"),
    "openrouter": ("openrouter", {"model": "wan"}, "wan is not a valid model ID"),
}


@pytest.mark.parametrize(("name", "values", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_told_in_the_server_s_own_words(
    open_desk: Callable[[str], Desk], name: str, values: Json, words: str
) -> None:
    assert refused(open_desk(name), **values).startswith(words)


BAD: dict[str, tuple[str, Json, str]] = {
    "sglang, a form": ("sglang", {"data": {"prompt": "A cat", "fps": "x"}}, "fps: Input should be a valid integer"),
    "sglang, JSON": ("sglang", {"json": {"prompt": "A cat", "seconds": "2.5"}}, "seconds: Input should be a valid int"),
    "sglang, a size": (
        "sglang",
        {"json": {"prompt": "A", "size": "wide"}},
        "size must be formatted as positive WIDTHx",
    ),
    "vllm-omni, JSON": ("vllm-omni", {"json": {"prompt": "A cat"}}, "prompt: Field required"),
    "vllm-omni, a range": (
        "vllm-omni",
        {"data": {"prompt": "A cat", "num_inference_steps": "500"}},
        "num_inference_steps: Input should be less than or equal to 200",
    ),
    "vllm-omni, several": (
        "vllm-omni",
        {"data": {"prompt": "A cat", "fps": "0", "width": "wide"}},
        "width: Input should be a valid integer, unable to parse string as an integer; fps: Input should be greater",
    ),
    "new-api, a number": (
        "new-api",
        {"json": {"model": MODEL, "prompt": "A cat", "seconds": 4}},
        "json: cannot unmarshal number into Go struct field Alias.seconds of type string",
    ),
    "openrouter": ("openrouter", {"json": {"model": MODEL, "prompt": "A", "duration": "4"}}, "duration: Invalid input"),
}


@pytest.mark.parametrize(("name", "body", "words"), BAD.values(), ids=BAD)
def test_an_answer_to_bad_input_is_read_as_one_sentence(
    open_desk: Callable[[str], Desk], name: str, body: Json, words: str
) -> None:
    asked = {**body, "files": {"none": b""}} if "data" in body else body
    answer = open_desk(name).ask("POST", "", **asked)
    assert 400 <= answer.status_code < 500
    assert read_error(answer.content).message.startswith(words)


@pytest.mark.parametrize("name", ["vllm-omni", "aquiles", "new-api", "openrouter"])
def test_a_wrong_key_is_called_that(
    open_desk: Callable[[str], Desk], make_client: Callable[..., Client], tmp_path: Path, name: str
) -> None:
    account = {"provider": "openai", "base_url": open_desk(name).root, "api_key": Secret("sk-another-key")}
    client = make_client(Settings(**account, folder=tmp_path / "veo_clips"), hasty=True)
    with pytest.raises((errors.AuthenticationError, errors.PermissionDeniedError)):
        client.submit("A cat", model=MODEL, max_cost=5)


def test_a_bare_500_leaves_open_what_became_of_the_create(open_desk: Callable[[str], Desk]) -> None:
    # Aquiles answers so to a size that it does not know, before it makes anything; nobody can tell from outside.
    with pytest.raises(errors.UnknownOutcomeError, match="HTTP 500"):
        open_desk("aquiles").submit(resolution="360p")


@pytest.mark.parametrize("name", ["sglang", "vllm-omni", "new-api"])
def test_openai_s_own_sdk_gets_its_clip(
    open_desk: Callable[[str], Desk], run_program: Callable[..., Json], name: str
) -> None:
    results = run_program(
        "openai",
        "openai_videos",
        base_url=open_desk(name).server.base_url,
        key=KEY,
        steps={
            "done": ("create_and_poll", {"model": MODEL, "prompt": "A cat", "seconds": "4"}),
            "clip.mp4": ("download_content", {"video_id": "$done"}),
        },
    )
    assert results["done"]["status"] == "completed"
    assert seconds_of(results["clip.mp4"]["path"]) == pytest.approx(1, abs=0.1)


def test_openai_s_own_sdk_does_not_wait_for_aquiles(
    open_desk: Callable[[str], Desk], run_program: Callable[..., Json]
) -> None:
    # openai 3.54.0 polls while the status is one of OpenAI's two for that, and returns with any other word.
    desk = open_desk("aquiles")
    steps = {"done": ("create_and_poll", {"model": MODEL, "prompt": "A cat"})}
    results = run_program("openai", "openai_videos", base_url=desk.server.base_url, key=KEY, steps=steps)
    assert results["done"]["status"] == "processing"
    # It makes one clip at a time.
    while desk.look(results["done"]["id"])["status"] == "processing":
        continue


def test_the_same_job_s_end_by_openai_s_own_sdk(
    open_desk: Callable[[str], Desk], run_program: Callable[..., Json]
) -> None:
    request = {"model": MODEL, "prompt": "fail: CUDA out of memory"}
    steps = {"done": ("create_and_poll", request)}
    ends = {
        name: run_program("openai", "openai_videos", base_url=open_desk(name).server.base_url, key=KEY, steps=steps)
        for name in ("sglang", "vllm-omni", "new-api")
    }
    said = {name: end["done"].get("status") or end["done"].get("raised") for name, end in ends.items()}
    # Of vLLM-Omni's failed job the SDK sees a failed request.
    assert said == {"sglang": "failed", "vllm-omni": "InternalServerError", "new-api": "failed"}


def test_openrouter_s_own_sdk_reads_the_server_that_is_written_after_it(
    open_desk: Callable[[str], Desk], run_program: Callable[..., Json]
) -> None:
    def run(**request: Any) -> Json:
        request = {"model": MODEL, "resolution": "720p", "aspect_ratio": "16:9", "duration": 5, **request}
        desk = open_desk("openrouter-bucket")
        return run_program("openrouter", "openrouter_videos", base_url=desk.root, key=KEY, request=request)

    made = run(prompt="A cat")
    assert made["models"] == [MODEL]
    assert (made["status"], made["usage"]["cost"], len(made["urls"])) == ("completed", 0.25, 1)
    assert seconds_of(made["path"]) == pytest.approx(1, abs=0.1)
    failed = run(prompt="fail: CUDA out of memory")
    assert (failed["status"], failed["error"]) == ("failed", "CUDA out of memory")
    refused = run(prompt="A cat", model="wan")
    assert (refused["raised"], refused["message"]) == ("BadRequestResponseError", "wan is not a valid model ID")
