"""A real LiteLLM proxy in front of the emulator: the documented calls, the pass-through, and what goes wrong.

Tests whose names begin with ``test_litellm_`` state faults or surprises of LiteLLM 1.108.7 that a client has to know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from veo_widgets.emulator import Emulator

from .clips import seconds_of
from .litellm_proxy import LiteLLMProxy, asked

Json = dict[str, Any]
MODEL = "/gemini/v1beta/models/veo-3.1-generate-preview:predictLongRunning"
FILTERED, FAILED = "---\noutcome: filtered\n---\nA cat", "---\noutcome: failed\n---\nA cat"


class Calls:
    """The calls of the documentation's curl lines."""

    def __init__(self, proxy: LiteLLMProxy) -> None:
        self.http = httpx.Client(base_url=proxy.base_url, timeout=600)
        self.bearer = {"authorization": f"Bearer {proxy.key}"}
        self.google = {"x-goog-api-key": proxy.key}

    def create(self, prompt: str = "A cat", model: str = "veo", **more: Any) -> httpx.Response:
        body = {"model": model, "prompt": prompt, **more}
        return self.http.post("/v1/videos", json=body, headers=self.bearer)

    def status(self, video_id: str) -> httpx.Response:
        return self.http.get(f"/v1/videos/{quote(video_id, safe='')}", headers=self.bearer)

    def ended(self, video_id: str) -> httpx.Response:
        """The first status that is not processing."""
        while (reply := self.status(video_id)).is_success and reply.json()["status"] == "processing":
            pass
        return reply

    def content(self, video_id: str) -> httpx.Response:
        return self.http.get(f"/v1/videos/{quote(video_id, safe='')}/content", headers=self.bearer)

    def through(self, path: str) -> httpx.Response:
        """A GET of the pass-through to Gemini."""
        return self.http.get(f"/gemini/v1beta/{path}", headers=self.google)


@pytest.fixture
def emulator(emulator_behind_proxy: Emulator) -> Emulator:
    return emulator_behind_proxy


@pytest.fixture
def calls(litellm_proxy: LiteLLMProxy) -> Iterator[Calls]:
    made = Calls(litellm_proxy)
    yield made
    made.http.close()


def error_of(reply: httpx.Response) -> Json:
    """The error object; its code is text, unlike Google's."""
    error: Json = reply.json()["error"]
    assert error["code"] == str(reply.status_code)
    return error


@pytest.mark.parametrize("model", ["veo", "veo-vertex"])
def test_create_status_and_content_as_documented(calls: Calls, emulator: Emulator, model: str, tmp_path: Path) -> None:
    created = calls.create(model=model, size="720x1280", seconds="8").raise_for_status().json()
    assert created["id"].startswith("video_")
    assert (created["object"], created["status"], created["model"]) == ("video", "processing", model)
    assert calls.status(created["id"]).json()["status"] == "processing"
    assert calls.ended(created["id"]).json()["status"] == "completed"
    content = calls.content(created["id"]).raise_for_status()
    assert content.headers["content-type"] == "video/mp4"
    (tmp_path / "clip.mp4").write_bytes(content.content)
    assert seconds_of(str(tmp_path / "clip.mp4")) == pytest.approx(8, abs=0.1)
    (create,) = [entry for entry in emulator.journal() if entry.kind == "create"]
    assert create.body["parameters"] == {"aspectRatio": "9:16", "resolution": "720p", "durationSeconds": 8}


def test_a_picture_comes_as_a_form(calls: Calls, emulator: Emulator, picture: Callable[[str], str]) -> None:
    file = ("red.png", Path(picture("red")).read_bytes(), "image/png")
    fields = {"model": "veo", "prompt": "A cat", "seconds": "8"}
    calls.http.post("/v1/videos", data=fields, files={"input_reference": file}, headers=calls.bearer).raise_for_status()
    (create,) = asked(emulator)
    assert create.body["instances"][0]["image"]["mimeType"] == "image/png"
    assert create.body["parameters"] == {"durationSeconds": 8}


def test_the_price_is_in_a_header(calls: Calls) -> None:
    assert float(calls.create(seconds="4").headers["x-litellm-response-cost"]) == pytest.approx(1.6)


def test_models_are_listed_by_the_operators_names(calls: Calls) -> None:
    listed = calls.http.get("/v1/models", headers=calls.bearer).raise_for_status().json()["data"]
    modes = {one["id"]: one.get("mode") for one in listed}
    assert set(modes) == {"veo", "veo-once", "veo-vertex", "omni", "gateway", "openai/wan"}
    assert {name for name, mode in modes.items() if mode == "video_generation"} >= {"veo", "veo-once", "veo-vertex"}


def test_refusals_name_their_cause(calls: Calls, emulator: Emulator) -> None:
    unknown = calls.create(model="nope")
    assert unknown.status_code == 400
    assert "Invalid model name passed in model=nope" in error_of(unknown)["message"]
    no_prompt = calls.http.post("/v1/videos", json={"model": "veo"}, headers=calls.bearer)
    assert (no_prompt.status_code, error_of(no_prompt)["param"]) == (400, "prompt")
    no_key = calls.http.post("/v1/videos", json={"model": "veo", "prompt": "A cat"})
    assert no_key.status_code == 401
    assert asked(emulator) == []
    wrong_length = calls.create(seconds="7")
    assert wrong_length.status_code == 400
    assert "durationSeconds" in error_of(wrong_length)["message"]


def test_a_wrong_key_reaches_nobody(calls: Calls, emulator: Emulator) -> None:
    calls.bearer = {"authorization": "Bearer sk-wrong"}
    calls.google = {"x-goog-api-key": "sk-wrong"}
    for reply in (calls.create(), calls.through("models")):
        # Without a database the proxy cannot look a key up, and says that instead of 401.
        assert (reply.status_code, error_of(reply)["type"]) == (400, "no_db_connection")
    assert asked(emulator) == []


def test_a_retired_model_s_404_comes_through(calls: Calls, emulator: Emulator) -> None:
    emulator.script("create", "status", status=404, times=9)
    assert calls.create(model="veo-once").status_code == 404


def test_the_pass_through_is_the_gemini_api(calls: Calls, emulator: Emulator, tmp_path: Path) -> None:
    body = {"instances": [{"prompt": "A cat"}], "parameters": {"durationSeconds": 4}}
    name = calls.http.post(MODEL, json=body, headers=calls.google).raise_for_status().json()["name"]
    assert calls.through(name).json() == {"name": name}
    done = calls.through(name).json()
    uri = done["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"]
    # The address names the upstream; a client of the proxy has no key for it and must come back here.
    assert uri.startswith(emulator.base_url)
    clip = calls.through(uri.partition("/v1beta/")[2]).raise_for_status()
    (tmp_path / "clip.mp4").write_bytes(clip.content)
    assert seconds_of(str(tmp_path / "clip.mp4")) == pytest.approx(4, abs=0.1)
    create = asked(emulator)[0]
    assert create.body == body
    # The operator's key travels in the query, and the user's not at all.
    assert not {"x-goog-api-key", "authorization"} & set(create.headers)


def test_the_pass_through_hands_errors_on_as_they_are(calls: Calls) -> None:
    body = {"instances": [{"prompt": "A cat"}]}
    path = "/gemini/v1beta/models/veo-9:predictLongRunning"
    reply = calls.http.post(path, json=body, headers=calls.google)
    assert reply.status_code == 404
    assert reply.json()["error"]["status"] == "NOT_FOUND"


def test_the_pass_through_follows_redirects_of_downloads(calls: Calls, emulator: Emulator) -> None:
    body = {"instances": [{"prompt": "A cat"}]}
    name = calls.http.post(MODEL, json=body, headers=calls.google).raise_for_status().json()["name"]
    calls.through(name)
    uri = calls.through(name).json()["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"]
    emulator.script("download", "redirect")
    clip = calls.through(uri.partition("/v1beta/")[2])
    assert (clip.status_code, clip.content[4:8]) == (200, b"ftyp")


# The pass-through takes Google's names, the proxy's own routes the operator's or LiteLLM's.
@pytest.mark.parametrize(
    ("root", "model"),
    [("/gemini/v1beta", "gemini-omni-1.2-flash"), ("/v1beta", "omni"), ("", "gemini/gemini-omni-1.2-flash")],
)
def test_interactions_go_through_three_routes(calls: Calls, emulator: Emulator, root: str, model: str) -> None:
    body = {"input": "A cat", "background": True, "response_format": {"type": "video", "delivery": "uri"}}
    headers = calls.google
    reply = calls.http.post(f"{root}/interactions", json={"model": model, **body}, headers=headers).raise_for_status()
    place = f"{root}/interactions/{reply.json()['id']}"
    assert calls.http.get(place, headers=headers).json()["status"] == "in_progress"
    done = calls.http.get(place, headers=headers).json()
    assert (done["status"], done["model"]) == ("completed", "gemini-omni-1.2-flash")
    uri = done["steps"][-1]["content"][0]["uri"]
    assert calls.through(uri.partition("/v1beta/")[2]).content[4:8] == b"ftyp"
    assert calls.http.post(f"{place}/cancel", headers=headers).status_code == 400
    entries = asked(emulator)
    assert entries[0].body == {"model": "gemini-omni-1.2-flash", **body}
    assert entries[-1].path.endswith("/cancel")


def test_a_gateway_behind_the_proxy_speaks_openai_s_protocol(calls: Calls, emulator: Emulator) -> None:
    created = calls.create(model="gateway", seconds="4").raise_for_status().json()
    assert (created["status"], created["seconds"], created["size"]) == ("queued", "4", "720x1280")
    states = [calls.status(created["id"]).json() for _ in range(2)]
    assert [(one["status"], one["progress"]) for one in states][-1] == ("completed", 100)
    assert states[0]["status"] == "in_progress"
    assert calls.content(created["id"]).content[4:8] == b"ftyp"
    path = f"/v1/videos/{quote(created['id'], safe='')}/remix"
    remixed = calls.http.post(path, json={"prompt": "Make it night"}, headers=calls.bearer).raise_for_status().json()
    # The original is named by the gateway's id, which is not the one this proxy gave out.
    assert remixed["remixed_from_video_id"] not in {None, created["id"]}
    assert asked(emulator)[0].path == "/v1/videos"


def test_omni_is_not_to_be_had_at_the_unified_route(calls: Calls) -> None:
    reply = calls.create(model="omni")
    assert reply.status_code == 404
    assert "predictLongRunning" in error_of(reply)["message"]


@pytest.mark.parametrize("fault", ["status-429", "status-503"])
def test_litellm_repeats_a_paid_create_unless_told_not_to(calls: Calls, emulator: Emulator, fault: str) -> None:
    emulator.script("create", fault)
    assert calls.create(model="veo").status_code == 200
    creates = [entry.status for entry in emulator.journal() if entry.kind == "create"]
    assert creates == [int(fault.removeprefix("status-")), 200]
    emulator.reset()
    emulator.script("create", fault)
    assert calls.create(model="veo-once").status_code == int(fault.removeprefix("status-"))
    assert [entry.kind for entry in emulator.journal()].count("create") == 1


def test_litellm_cannot_tell_the_status_of_a_filtered_result(calls: Calls) -> None:
    created = calls.create(FILTERED, model="veo-once").json()["id"]
    reply = calls.ended(created)
    assert reply.status_code == 500
    assert "validation error for GeminiLongRunningOperationResponse" in error_of(reply)["message"]
    assert calls.content(created).status_code == 500


def test_litellm_calls_a_failed_operation_completed(calls: Calls) -> None:
    created = calls.create(FAILED, model="veo-once").json()["id"]
    status = calls.ended(created).json()
    assert (status["status"], status["error"]) == ("completed", None)
    content = calls.content(created)
    assert content.status_code == 500
    assert "No response data in completed operation" in error_of(content)["message"]


def test_a_job_of_gemini_keeps_its_id_from_status_to_status(calls: Calls) -> None:
    created = calls.create().json()["id"]
    status = calls.ended(created).json()
    assert status["id"] == created
    assert calls.content(created).status_code == 200


def test_litellm_neither_lists_nor_deletes(calls: Calls) -> None:
    created = calls.create().json()["id"]
    assert calls.http.get("/v1/videos", headers=calls.bearer).status_code == 400
    deleted = calls.http.delete(f"/v1/videos/{quote(created, safe='')}", headers=calls.bearer)
    assert (deleted.status_code, deleted.json()) == (405, {"detail": "Method Not Allowed"})
