"""What the real services refuse, the emulator refuses, with the same kind of answer."""

from __future__ import annotations

import pytest

from veo_widgets.emulator import Emulator, Pace

PNG = {"bytesBase64Encoded": "iVBORw0KGgo=", "mimeType": "image/png"}

DEVELOPER = {
    "a duration between": ({"durationSeconds": 5}, "durationSeconds"),
    "a duration beyond": ({"durationSeconds": 9}, "between 4 and 8"),
    "a duration that is none": ({"durationSeconds": "long"}, "durationSeconds"),
    "4k for four seconds": ({"resolution": "4k"}, "durationSeconds"),
    "an unknown resolution": ({"resolution": "480p"}, "resolution"),
    "an unknown ratio": ({"aspectRatio": "1:1"}, "aspectRatio"),
    "two samples": ({"sampleCount": 2}, "sampleCount"),
    "a seed": ({"seed": 7}, "`seed` isn't supported"),
    "a sound switch": ({"generateAudio": True}, "`generateAudio` isn't supported"),
    "a bucket": ({"storageUri": "gs://b/"}, "`storageUri` isn't supported"),
    "an unknown parameter": ({"foo": 1}, "Unknown name \"foo\" at 'parameters': Cannot find field."),
    "a snake-case parameter": ({"duration_seconds": 4}, 'Unknown name "duration_seconds"'),
    "an unknown instance field": ({"instance": {"foo": 1}}, "Unknown name \"foo\" at 'instances[0]'"),
    "a person rule of pictures": ({"personGeneration": "allow_adult"}, "personGeneration"),
    "a last frame alone": ({"instance": {"lastFrame": PNG}}, "lastFrame"),
    "inline data": ({"instance": {"image": {"inlineData": {"mimeType": "image/png", "data": ""}}}}, "inlineData"),
    "a picture in a bucket": ({"instance": {"image": {"gcsUri": "gs://b/a.png"}}}, "gcsUri"),
    "a gif": ({"instance": {"image": PNG | {"mimeType": "image/gif"}}}, "image/gif"),
    "bad base64": ({"instance": {"image": PNG | {"bytesBase64Encoded": "?"}}}, "Base64"),
    "a broken picture": ({"instance": {"image": PNG}}, "decoded"),
    "an unknown video": ({"instance": {"video": {"uri": "http://x/v1beta/files/none"}}, "durationSeconds": 8}, "none"),
    "a video in bytes": ({"instance": {"video": {"encodedVideo": "AAAA"}}, "durationSeconds": 8}, "uri"),
    "a style reference": (
        {"instance": {"referenceImages": [{"image": PNG, "referenceType": "STYLE"}]}, "durationSeconds": 8}, "STYLE",
    ),
    "references for four seconds": ({"instance": {"referenceImages": [{"image": PNG}]}}, "durationSeconds"),
    "a misspelt direction": ({"prompt": "---\noutcom: filtered\n---\nA cat"}, "outcom"),
    "an unknown fault": ({"prompt": "---\nfault: flood\n---\nA cat"}, "flood"),
    "no prompt": ({"prompt": "  "}, "prompt"),
}  # fmt: skip
PLATFORM = {
    "five samples": ({"sampleCount": 5}, "between 1 and 4"),
    "a negative seed": ({"seed": -1}, "seed"),
    "a seed beyond 32 bits": ({"seed": 2**32}, "seed"),
    "a listed person rule": ({"personGeneration": "allow_all"}, "allow_all"),
    "inline data": ({"instance": {"image": {"inlineData": {}}}}, "inlineData"),
    "a place that is no bucket": ({"storageUri": "out/"}, "storageUri"),
    "an unknown way to fit": ({"resizeMode": "stretch"}, "resizeMode"),
    "a mask": ({"instance": {"mask": {}}}, "mask"),
    "a video that is none": ({"instance": {"video": {"bytesBase64Encoded": "AAAA"}}}, "video"),
    "an extension in 1080p": (
        {"instance": {"video": {"bytesBase64Encoded": "AAAA"}}, "resolution": "1080p", "durationSeconds": 8},
        "resolution",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("parameters", "names"), DEVELOPER.values(), ids=DEVELOPER)
def test_the_developer_api_refuses(calls, parameters, names: str) -> None:
    answer = calls.dev_create(**parameters)
    error = answer.json()["error"]
    assert answer.status_code == error["code"]
    assert answer.status_code in {400, 403}
    assert error["status"] == {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED"}[answer.status_code]
    assert names in error["message"]


@pytest.mark.parametrize(("parameters", "names"), PLATFORM.values(), ids=PLATFORM)
def test_the_agent_platform_refuses(calls, parameters, names: str) -> None:
    answer = calls.ap_create(**parameters)
    assert answer.status_code == 400
    assert names in answer.json()["error"]["message"]


def test_the_agent_platform_does_not_see_snake_case(calls) -> None:
    assert calls.ap_create(duration_seconds=99, negative_prompt=7).status_code == 200
    assert calls.ap_create(personGeneration="ALLOW_ADULT", seed=2**32 - 1).status_code == 200


def test_what_is_in_order_passes(calls, make_picture) -> None:
    image = make_picture((10, 90, 200), (64, 64), "JPEG")
    assert calls.dev_create("", instance={"image": image}, personGeneration="allow_adult").status_code == 200
    assert calls.dev_create("A cat", durationSeconds="4", personGeneration="allow_all").status_code == 200
    assert calls.dev_create("A cat", resolution="4k", durationSeconds=8).status_code == 200
    references = [{"image": image, "referenceType": "ASSET"}] * 3
    assert calls.dev_create("A cat", instance={"referenceImages": references}, durationSeconds=8).status_code == 200
    assert calls.ap_create("A cat", instance={"image": {"gcsUri": "gs://b/a.png"}}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [({}, 403, "PERMISSION_DENIED"), ({"x-goog-api-key": "wrong-key"}, 400, "INVALID_ARGUMENT")],
)
def test_a_developer_key_is_asked_for(calls, headers, status: int, name: str) -> None:
    error = calls.http.get("/v1beta/models", headers=headers).json()["error"]
    assert (error["code"], error["status"]) == (status, name)
    if status == 400:
        assert error["details"][0]["reason"] == "API_KEY_INVALID"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer"}, {"authorization": "Bearer wrong"}])
def test_a_token_is_asked_for(calls, headers) -> None:
    path = "/v1/projects/p/locations/l/publishers/google/models/veo-3.1-generate-001:predictLongRunning"
    error = calls.http.post(path, json={}, headers=headers).json()["error"]
    assert (error["code"], error["status"]) == (401, "UNAUTHENTICATED")


def test_unknown_models_and_paths_are_not_found(calls) -> None:
    for answer in (calls.dev_create(model="veo-9"), calls.ap_create(model="veo-9")):
        assert answer.status_code == 404
        assert answer.json()["error"]["status"] == "NOT_FOUND"
        assert "veo-9" in answer.json()["error"]["message"]
    assert calls.dev_create(model="gemini-omni-1.2-flash").status_code == 404
    assert calls.http.get("/v1beta/nothing", headers=calls.key).json()["error"]["code"] == 404


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"instances": []}', b'{"instances": [{}, {}]}', b'{"x": 1}'])
def test_a_body_of_another_shape_is_refused(calls, content: bytes) -> None:
    path = "/v1beta/models/veo-3.1-generate-preview:predictLongRunning"
    assert calls.http.post(path, content=content, headers=calls.key).json()["error"]["code"] == 400


def test_retired_models_are_refused_on_wish(make_calls) -> None:
    with Emulator(pace=Pace.at_once(), clips="small", refuse_retired=True) as emulator:
        calls = make_calls(emulator)
        assert calls.dev_create().status_code == 404
        assert calls.ap_create().status_code == 200
        listed = calls.http.get("/v1beta/models", headers=calls.key).json()["models"]
        assert "models/veo-3.1-generate-preview" not in [model["name"] for model in listed]
