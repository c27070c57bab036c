"""Gemini Omni by the Interactions API, on both services."""

from __future__ import annotations

import base64
import io
from urllib.parse import quote

import av
import httpx
import pytest
from PIL import Image, ImageChops, ImageStat

from veo_widgets.emulator import Emulator, Pace

GLOBAL = "/v1beta1/projects/films/locations/global"
PLATFORM = {"root": GLOBAL, "model": "gemini-omni-1.1-flash-preview"}
BLUE, RED, GREEN = (30, 80, 200), (210, 60, 40), (20, 200, 60)


def text(words: str) -> dict:
    return {"type": "text", "text": words}


def image(data: bytes) -> dict:
    return {"type": "image", "mime_type": "image/png", "data": base64.b64encode(data).decode()}


def video(data: bytes) -> dict:
    return {"type": "video", "mime_type": "video/mp4", "data": base64.b64encode(data).decode()}


def length_of(clip: bytes) -> float:
    with av.open(io.BytesIO(clip)) as container:
        return container.streams.video[0].frames / 24


def frames_of(clip: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(clip)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_an_interaction_from_create_to_clip(calls) -> None:
    calls.emulator.set_pace(Pace.polls(2))
    created = calls.omni_create("A cat", duration="8s", delivery="uri").json()
    assert created["id"].startswith("v1_")
    assert (created["object"], created["model"], created["status"]) == (
        "interaction", "gemini-omni-1.2-flash", "in_progress",
    )  # fmt: skip
    assert not {"steps", "usage", "errors"} & created.keys()
    running = [calls.omni_get(created["id"])["status"] for _ in range(2)]
    assert running == ["in_progress"] * 2
    done = calls.omni_get(created["id"])
    assert done["status"] == "completed"
    assert [step["type"] for step in done["steps"]] == ["thought", "model_output"]
    assert done["usage"]["total_output_tokens"] == 46336
    assert done["usage"]["output_tokens_by_modality"] == [{"modality": "video", "tokens": 46336}]
    [content] = done["steps"][1]["content"]
    assert (content["type"], content["mime_type"]) == ("video", "video/mp4")
    assert content["uri"].startswith(f"{calls.emulator.base_url}/v1beta/files/")
    assert length_of(calls.omni_clip(done)) == 8
    assert [entry.kind for entry in calls.emulator.journal()] == ["create", "poll", "poll", "poll", "download"]
    assert calls.omni_get(created["id"], include_input="true")["steps"][0]["content"][0]["text"] == "A cat"


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ("A cat", {}),
        ([text("A cat")], {}),
        ([{"type": "user_input", "content": [text("A cat")]}], {"root": "/v1"}),
        ("A cat", PLATFORM),
    ],
)
def test_every_form_of_input_gives_the_clip_inline(calls, given, more) -> None:
    done = calls.omni_done(given, **more)
    assert length_of(calls.omni_clip(done)) == 3
    assert "uri" not in done["steps"][1]["content"][0]


def test_without_background_the_answer_waits(calls) -> None:
    calls.emulator.set_pace(Pace.polls(3))
    done = calls.omni_create("A cat", background=False, duration="3.5s").json()
    assert done["status"] == "completed"
    assert length_of(calls.omni_clip(done)) == 3.5
    once = calls.omni_create("A cat", background=False, store=False).json()
    assert once["status"] == "completed"
    path = f"/v1beta/interactions/{once['id']}"
    assert calls.http.get(path, headers=calls.key).status_code == 404


def test_the_agent_platform_stores_where_it_is_told(calls) -> None:
    done = calls.omni_done("A cat", delivery="uri", gcs_uri="gs://films/out/", **PLATFORM)
    uri = done["steps"][1]["content"][0]["uri"]
    assert uri.startswith("gs://films/out/")
    path = f"/storage/v1/b/films/o/{quote(uri.removeprefix('gs://films/'), safe='')}?alt=media"
    assert calls.http.get(path, headers=calls.bearer).content[4:8] == b"ftyp"
    again = [text("Make it night"), {"type": "video", "mime_type": "video/mp4", "uri": uri}]
    assert calls.omni_done(again, **PLATFORM)["status"] == "completed"


def test_interactions_are_global_and_belong_to_their_project(calls) -> None:
    id_ = calls.omni_create("A cat", **PLATFORM).json()["id"]
    body = {"model": "gemini-omni-1.1-flash-preview", "input": "A cat"}
    elsewhere = GLOBAL.replace("global", "us-central1")
    assert calls.http.post(f"{elsewhere}/interactions", json=body, headers=calls.bearer).status_code == 404
    for path in (f"{GLOBAL.replace('films', 'other')}/interactions/{id_}", f"/v1beta/operations/{id_[3:]}"):
        assert calls.http.get(path, headers=calls.bearer | calls.key).status_code == 404
    assert calls.http.get(f"/v1beta/interactions/{id_}", headers=calls.key).status_code == 404
    assert calls.http.get(f"{GLOBAL}/interactions/{id_}", headers=calls.key).status_code == 401
    assert calls.http.get(f"/v1beta/interactions/{id_}").status_code == 403
    wrong = {"x-goog-api-key": "wrong"}
    assert calls.http.post("/v1/interactions", json=body, headers=wrong).json()["error"]["code"] == 400


@pytest.mark.parametrize("form", ["/cancel", ":cancel"])
@pytest.mark.parametrize("more", [{}, PLATFORM], ids=["developer", "platform"])
def test_a_running_interaction_is_cancelled(calls, form: str, more) -> None:
    calls.emulator.set_pace(Pace.polls(5))
    root = more.get("root", "/v1beta")
    id_ = calls.omni_create("A cat", **more).json()["id"]
    headers = calls.bearer | calls.key
    assert calls.http.post(f"{root}/interactions/{id_}{form}", headers=headers).json()["status"] == "cancelled"
    assert calls.omni_get(id_, root=root)["status"] == "cancelled"
    assert calls.emulator.journal()[-2].kind == "cancel"
    calls.emulator.set_pace(Pace.at_once())
    done = calls.omni_done("A cat", **more)
    late = calls.http.post(f"{root}/interactions/{done['id']}{form}", headers=headers)
    assert (late.status_code, late.json()["error"]["status"]) == (400, "FAILED_PRECONDITION")


def test_a_deleted_interaction_is_gone(calls) -> None:
    path = f"/v1beta/interactions/{calls.omni_create().json()['id']}"
    assert calls.http.delete(path, headers=calls.key).json() == {}
    assert calls.http.get(path, headers=calls.key).status_code == 404
    assert calls.http.delete(path, headers=calls.key).status_code == 404


OUTCOMES = {
    "filtered": ("completed", 2), "empty": ("completed", 0), "failed": ("failed", 2), "cancelled": ("cancelled", 1),
    "incomplete": ("incomplete", 1), "budget_exceeded": ("budget_exceeded", 1),
    "requires_action": ("requires_action", 1), "requires_continuation": ("requires_continuation", 1),
}  # fmt: skip


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_end_without_a_video(calls, outcome: str) -> None:
    status, steps = OUTCOMES[outcome]
    done = calls.omni_done(f"---\noutcome: {outcome}\ncode: 8\n---\nA cat")
    assert (done["status"], len(done["steps"])) == (status, steps)
    assert done["usage"]["total_output_tokens"] == 0
    contents = [content for step in done["steps"] for content in step.get("content", [])]
    assert not [content for content in contents if content["type"] == "video"]
    assert ("continuation_token" in done) == (outcome == "requires_continuation")
    if outcome == "failed":
        assert done["errors"][0]["code"] == "RESOURCE_EXHAUSTED"
        assert done["steps"][1]["error"]["code"] == 8


def test_a_running_interaction_may_be_queued(calls) -> None:
    created = calls.omni_create("---\npolls: 1\nstatus: queued\n---\nA cat").json()
    assert [created["status"], *(calls.omni_get(created["id"])["status"] for _ in range(2))] == [
        "queued", "queued", "completed",
    ]  # fmt: skip


def test_a_file_is_processed_after_the_interaction_completed(calls) -> None:
    done = calls.omni_done("---\nprocessing: 2\n---\nA cat", delivery="uri")
    assert done["status"] == "completed"
    uri = done["steps"][1]["content"][0]["uri"]
    metadata = uri.partition(":download")[0]
    first = calls.http.get(metadata, headers=calls.key).json()
    assert (first["state"], "sizeBytes" in first) == ("PROCESSING", False)
    early = calls.http.get(uri, headers=calls.key)
    assert (early.status_code, early.json()["error"]["status"]) == (400, "FAILED_PRECONDITION")
    active = calls.http.get(metadata, headers=calls.key).json()
    clip = calls.http.get(uri, headers=calls.key).content
    assert (active["state"], active["sizeBytes"]) == ("ACTIVE", str(len(clip)))


def test_google_genai_may_wrap_a_uri_into_a_path(calls) -> None:
    done = calls.omni_done(delivery="uri")
    uri = done["steps"][1]["content"][0]["uri"]
    wrapped = calls.http.get(f"/v1/files/{uri}:download%3Falt%3Dmedia", headers=calls.key)
    assert wrapped.content == calls.omni_clip(done)


def test_faults_strike_interactions_too(calls) -> None:
    calls.emulator.script(on="create", fault="status-429")
    told = calls.omni_create().json()["error"]
    assert (told["status"], told["details"][-1]["retryDelay"]) == ("RESOURCE_EXHAUSTED", "1s")
    with pytest.raises(httpx.TransportError):
        calls.omni_create("---\nfault: reset\n---\nA cat")
    lost = calls.emulator.journal()[-1]
    assert calls.omni_get(f"v1_{lost.operation}")["status"] == "completed"
    calls.emulator.script(on="poll", fault="status-503", match=lost.operation)
    path = f"/v1beta/interactions/v1_{lost.operation}"
    assert calls.http.get(path, headers=calls.key).status_code == 503
    calls.emulator.script(on="create", outcome="budget_exceeded")
    assert calls.omni_done()["status"] == "budget_exceeded"
    calls.emulator.script(on="create", outcome="budget_exceeded")
    assert calls.dev_create().status_code == 400
    uri = calls.omni_done(delivery="uri")["steps"][1]["content"][0]["uri"]
    calls.emulator.script(on="download", fault="redirect")
    assert calls.http.get(uri, headers=calls.key).status_code == 302


def test_interactions_outlive_the_emulator(tmp_path, make_calls) -> None:
    with Emulator(pace=Pace.polls(1), clips="small", state_dir=tmp_path) as emulator:
        calls = make_calls(emulator)
        done, cancelled = (calls.omni_create("A cat", delivery="uri").json()["id"] for _ in range(2))
        assert [calls.omni_get(done)["status"] for _ in range(2)] == ["in_progress", "completed"]
        calls.http.post(f"/v1beta/interactions/{cancelled}/cancel", headers=calls.key).raise_for_status()
    with Emulator(pace=Pace.polls(9), clips="small", state_dir=tmp_path) as emulator:
        calls = make_calls(emulator)
        assert calls.omni_get(cancelled)["status"] == "cancelled"
        assert length_of(calls.omni_clip(calls.omni_get(done))) == 3
        edit = calls.omni_create("Make it night", previous_interaction_id=done)
        assert edit.json()["previous_interaction_id"] == done


def test_lengths_add_up_by_extension(calls) -> None:
    first = calls.omni_done("A lighthouse", duration="4s")
    longer = {"generation_config": {"video_config": {"task": "extend"}}, "previous_interaction_id": first["id"]}
    second = calls.omni_done("Then night falls", duration="7s", **longer)
    assert length_of(calls.omni_clip(second)) == 11
    assert second["usage"]["total_output_tokens"] == 7 * 5792
    longer["previous_interaction_id"] = second["id"]
    third = calls.omni_done("Then dawn", duration="10s", **longer)
    assert length_of(calls.omni_clip(third)) == 21
    clip = calls.omni_clip(first)
    given = [text("And on"), video(clip)]
    del longer["previous_interaction_id"]
    assert length_of(calls.omni_clip(calls.omni_done(given, duration="3s", **longer))) == 7
    fourth = calls.omni_done("On", duration="10s", previous_interaction_id=third["id"], **longer)
    refused = calls.omni_create("On", duration="10s", previous_interaction_id=fourth["id"], **longer)
    assert refused.status_code == 400
    assert "3 to 9 s" in refused.json()["error"]["message"]


def test_an_upscale_charges_for_the_added_lines(calls) -> None:
    first = calls.omni_done("A lighthouse", resolution="360p", duration="4s", aspect_ratio="9:16")
    assert first["usage"]["total_output_tokens"] == 4 * 1931
    upscale = {"generation_config": {"video_config": {"task": "upscale"}}, "previous_interaction_id": first["id"]}
    for resolution, each in (("720p", 2896), ("1080p", 5792)):
        done = calls.omni_done("", resolution=resolution, **upscale)
        assert done["usage"]["total_output_tokens"] == 4 * each
    assert calls.omni_create("", resolution="4k", **upscale).status_code == 400


def test_an_edit_shows_the_same_scene_in_other_words(full) -> None:
    first = full.omni_done("A lighthouse over the sea", resolution="360p")
    edit = full.omni_done("Write it larger", previous_interaction_id=first["id"])
    before, after = (frames_of(full.omni_clip(one))[40] for one in (first, edit))
    assert after.size == before.size == (640, 360)
    # The upper half shows the land and the sky; the card with the words is below.
    upper, card = (0, 0, 640, 200), (20, 300, 220, 340)
    assert difference(before.crop(upper), after.crop(upper)) < 0.3
    assert difference(before.crop(card), after.crop(card)) > 3
    night = full.omni_done("Make it night", previous_interaction_id=first["id"])
    assert difference(before, frames_of(full.omni_clip(night))[40]) > 15


def test_an_uploaded_video_is_written_over(full) -> None:
    clip = full.omni_clip(full.omni_done("A lighthouse over the sea", resolution="360p"))
    edited = full.omni_done([text("A red hat"), video(clip)], resolution="360p")
    before, after = frames_of(clip), frames_of(full.omni_clip(edited))
    assert len(after) == len(before) == 72
    assert difference(before[40].crop((0, 40, 640, 200)), after[40].crop((0, 40, 640, 200))) < 3
    assert edited["usage"]["total_output_tokens"] == 3 * 1931


def test_tags_give_the_pictures_their_parts(full, make_image) -> None:
    blue, red, green = (image(make_image(colour, (640, 360))) for colour in (BLUE, RED, GREEN))
    words = "From <FIRST_FRAME> to <LAST_FRAME> with <IMAGE_REF_0> in it"
    done = full.omni_done([text(words), blue, red, green], resolution="360p")
    frames = frames_of(full.omni_clip(done))
    for frame, colour in ((frames[0], BLUE), (frames[-1], RED)):
        assert difference(frame, Image.open(io.BytesIO(make_image(colour, (640, 360)))).convert("RGB")) < 7
    inset = frames[36].getpixel((560, 80))
    assert inset[1] > 150
    assert max(inset[0], inset[2]) < 90
    assert done["usage"]["total_input_tokens"] > 3 * 258


def test_a_lone_picture_is_the_first_frame_and_a_named_video_a_reference(full, make_image) -> None:
    blue = image(make_image(BLUE, (640, 360)))
    lone = frames_of(full.omni_clip(full.omni_done([blue, text("It moves")], resolution="360p")))
    assert difference(lone[0], Image.open(io.BytesIO(make_image(BLUE, (640, 360)))).convert("RGB")) < 7
    clip = full.omni_clip(full.omni_done("A lighthouse", resolution="360p"))
    named = full.omni_done([text("As in <VIDEO_REF_0>"), video(clip)], resolution="360p", duration="4s")
    assert length_of(full.omni_clip(named)) == 4
