"""What the Interactions API refuses."""

from __future__ import annotations

import base64

import pytest

from veo_widgets.emulator import Emulator, Pace

OLD = "gemini-omni-1.1-flash"
PREVIEW = "gemini-omni-flash-preview"
PICTURE = {"type": "image", "mime_type": "image/png", "data": "iVBORw0KGgo="}
PLATFORM = {"root": "/v1beta1/projects/films/locations/global"}


def config(**values) -> dict:
    return {"generation_config": values}


def task(name: str) -> dict:
    return config(video_config={"task": name})


REFUSED = {
    "no input": ({"given": None}, "input"),
    "an unknown field": ({"foo": 1}, 'Unknown name "foo"'),
    "a camel-case field": ({"responseFormat": {}}, 'Unknown name "responseFormat"'),
    "an unknown setting": (config(top_k=3), 'Unknown name "top_k"'),
    "several candidates": (config(candidate_count=2), "candidate_count"),
    "safety settings": ({"safety_settings": []}, "safety_settings"),
    "labels": ({"labels": {"a": "b"}}, "labels"),
    "an instruction for 1.2": ({"system_instruction": "Be brief"}, "system_instruction"),
    "an unstored background": ({"store": False}, "background"),
    "a stream that is neither on nor off": ({"stream": "yes"}, "stream"),
    "a switch that is none": ({"store": "yes"}, "store"),
    "a tier nobody sells": ({"service_tier": "gold"}, "service_tier"),
    "a level of thought": (config(thinking_level="some"), "thinking_level"),
    "a square": ({"aspect_ratio": "1:1"}, "aspect_ratio"),
    "too short": ({"duration": "2s"}, "3s to 15s"),
    "too long": ({"duration": "15.5s"}, "3s to 15s"),
    "too long for 1.1": ({"model": OLD, "duration": "11s"}, "3s to 10s"),
    "a number for a duration": ({"duration": 8}, "duration"),
    "a duration without its unit": ({"duration": "8"}, "duration"),
    "an unknown resolution": ({"resolution": "8k"}, "resolution"),
    "a resolution of later models": ({"model": PREVIEW, "resolution": "1080p"}, "resolution"),
    "an unknown delivery": ({"delivery": "post"}, "delivery"),
    "a bucket": ({"delivery": "uri", "gcs_uri": "gs://b/"}, "gcs_uri"),
    "a seed of 1.1": ({"model": OLD, **config(seed=7)}, "seed"),
    "a seed that is no number": (config(seed="7"), "seed"),
    "an unknown task": (task("dance"), "dance"),
    "an upscale of 1.1": ({"model": OLD, **task("upscale")}, "upscale"),
    "an extension of the preview": ({"model": PREVIEW, **task("extend")}, "extend"),
    "an edit of nothing": (task("edit"), "needs a video"),
    "an animation of nothing": (task("image_to_video"), "needs an image"),
    "references to nothing": (task("reference_to_video"), "needs a reference"),
    "a format that is no video": ({"response_format": {"type": "audio"}}, "audio"),
    "a content of another kind": ({"given": [{"type": "smell"}]}, "smell"),
    "inline data": ({"given": [{"type": "image", "inline_data": {}}]}, "inline_data"),
    "a tag without its picture": ({"given": "From <FIRST_FRAME> on"}, "<FIRST_FRAME>"),
    "a video without a reference": ({"given": "As in <VIDEO_REF_0>"}, "video"),
    "a broken picture": ({"given": [PICTURE]}, "decoded"),
    "a picture of another kind": ({"given": [PICTURE | {"mime_type": "image/gif"}]}, "image/gif"),
    "bad base64": ({"given": [PICTURE | {"data": "?"}]}, "Base64"),
    "a picture from the web": ({"given": [{"type": "image", "uri": "https://example.org/a.png"}]}, "Files API"),
    "a picture in a bucket": ({"given": [{"type": "image", "uri": "gs://b/a.png"}]}, "Files API"),
    "a video from the web": ({"given": [{"type": "video", "uri": "http://example.org/a.mp4"}]}, "Files API"),
    "a video that is none": ({"given": [{"type": "video", "mime_type": "video/mp4", "data": "AAAA"}]}, "decoded"),
    "an outcome of no wire": ({"given": "---\noutcome: lost\n---\nA cat"}, "outcome"),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "names"), REFUSED.values(), ids=REFUSED)
def test_the_developer_api_refuses(calls, asked: dict, names: str) -> None:
    more = dict(asked)
    answer = calls.omni_create(more.pop("given", "A cat"), **more)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert names in error["message"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [({"delivery": "uri"}, "gcs_uri"), ({"delivery": "uri", "gcs_uri": "out/"}, "gcs_uri"),
     ({"given": [{"type": "image", "uri": "https://h/v1beta/files/abc"}]}, "gs://")],
)  # fmt: skip
def test_the_agent_platform_refuses(calls, asked: dict, names: str) -> None:
    more = dict(asked)
    answer = calls.omni_create(more.pop("given", "A cat"), **PLATFORM, **more)
    assert answer.status_code == 400
    assert names in answer.json()["error"]["message"]
    assert calls.omni_create("A cat", labels={"a": "b"}, **PLATFORM).status_code == 200


@pytest.mark.parametrize("model", ["gemini-omni-9", "veo-3.1-generate-preview", "gemini-omni-1.1-flash-preview"])
def test_a_model_that_is_not_served_is_not_found(calls, model: str) -> None:
    error = calls.omni_create(model=model).json()["error"]
    assert (error["code"], error["status"]) == (404, "NOT_FOUND")
    assert model in error["message"]


def test_media_are_counted(calls, make_image) -> None:
    picture = PICTURE | {"data": base64.b64encode(make_image((9, 9, 9), (64, 36))).decode()}
    assert calls.omni_create([picture] * 6).status_code == 200
    assert "At most 6" in calls.omni_create([picture] * 7).json()["error"]["message"]
    words = {"type": "text", "text": "<FIRST_FRAME> to <LAST_FRAME>"}
    assert calls.omni_create([words, picture, picture]).status_code == 200
    assert "3 image" in calls.omni_create([words, *[picture] * 3]).json()["error"]["message"]
    refused = calls.omni_create([words, picture, picture], model=PREVIEW).json()["error"]
    assert "LAST_FRAME" in refused["message"]
    clip = base64.b64encode(calls.omni_clip(calls.omni_done("A cat", duration="4s"))).decode()
    video = {"type": "video", "mime_type": "video/mp4", "data": clip}
    named = {"type": "text", "text": "<VIDEO_REF_0>"}
    assert "3 s" in calls.omni_create([named, video], model=OLD).json()["error"]["message"]
    assert "Only one" in calls.omni_create([video, video]).json()["error"]["message"]
    extend = [video, picture]
    assert "no images" in calls.omni_create(extend, **task("extend")).json()["error"]["message"]


def test_what_was_before_must_be_there_and_done(calls) -> None:
    assert calls.omni_create(previous_interaction_id="v1_none").status_code == 404
    calls.emulator.set_pace(Pace.polls(1))
    running = calls.omni_create().json()["id"]
    early = calls.omni_create(previous_interaction_id=running).json()["error"]
    assert early["status"] == "FAILED_PRECONDITION"
    calls.emulator.set_pace(Pace.at_once())
    nothing = calls.omni_done("---\noutcome: filtered\n---\nA cat")["id"]
    assert "no video" in calls.omni_create(previous_interaction_id=nothing).json()["error"]["message"]
    long = calls.omni_done("A cat", duration="12s")["id"]
    assert calls.omni_create("Night", previous_interaction_id=long).status_code == 200
    refused = calls.omni_create("Night", previous_interaction_id=long, model=OLD).json()["error"]
    assert "0 to 10 s" in refused["message"]
    other = calls.omni_create("On", previous_interaction_id=long, aspect_ratio="9:16", **task("extend")).json()
    assert "9:16" in other["error"]["message"]


def test_retired_models_are_refused_on_wish(make_calls) -> None:
    with Emulator(pace=Pace.at_once(), clips="small", refuse_retired=True) as emulator:
        calls = make_calls(emulator)
        assert calls.omni_create(model=PREVIEW).status_code == 404
        assert calls.omni_create().status_code == 200
        assert calls.omni_create(model=PREVIEW, **PLATFORM).status_code == 200
        assert calls.video_create().json()["error"]["code"] == "model_not_found"
        assert calls.video_create(model="gemini/veo-3.1-generate-preview").status_code == 404
        assert calls.video_create(model="veo-3").status_code == 200
