"""Veo's wire in both flavours: what is sent, field by field, and what is made of every answer."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, find
from veo_widgets.domain.errors import ConfigError, InvalidReplyError, InvalidRequestError
from veo_widgets.domain.job_record import Operation, Sample
from veo_widgets.domain.media import Image
from veo_widgets.domain.request import VideoRequest
from veo_widgets.providers.registry import LITELLM_GEMINI, Endpoint
from veo_widgets.providers.wires import Call, Reply, wire_for
from veo_widgets.providers.wires.filter_reasons import explain

GOOGLE = Endpoint("gemini", GEMINI_API, "https://generativelanguage.googleapis.com")
VERTEX = Endpoint(
    "agent_platform",
    AGENT_PLATFORM,
    "https://us-central1-aiplatform.googleapis.com",
    project="p",
    location="us-central1",
)
DEVELOPER, AGENT = wire_for("predictLongRunning", GEMINI_API), wire_for("predictLongRunning", AGENT_PLATFORM)
BOTH = pytest.mark.parametrize("wire", [DEVELOPER, AGENT], ids=["developer", "agent"])

PNG = b"\x89PNG\r\n\x1a\n!"
PNG64 = base64.b64encode(PNG).decode()
FRAME, PHOTO = Image(PNG), Image(b"\xff\xd8\xff!", mime="image/jpeg")
BUCKET = Image(uri="gs://b/a.png", mime="image/png")
MODEL = "projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001"

SENT_TO_BOTH: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"prompt": "A cat"}, {"prompt": "A cat"}, {}),
    ({"duration_seconds": 8.0}, {}, {"durationSeconds": 8}),
    ({"duration_seconds": 7.5}, {}, {"durationSeconds": 7.5}),
    ({"aspect_ratio": "9:16", "resolution": "4k"}, {}, {"aspectRatio": "9:16", "resolution": "4k"}),
    ({"negative_prompt": "rain"}, {}, {"negativePrompt": "rain"}),
    ({"samples": 2}, {}, {"sampleCount": 2}),
    ({"person_generation": "allow_adult"}, {}, {"personGeneration": "allow_adult"}),
    ({"first_frame": FRAME}, {"image": {"bytesBase64Encoded": PNG64, "mimeType": "image/png"}}, {}),
    (
        {"first_frame": FRAME, "last_frame": PHOTO},
        {
            "image": {"bytesBase64Encoded": PNG64, "mimeType": "image/png"},
            "lastFrame": {"bytesBase64Encoded": "/9j/IQ==", "mimeType": "image/jpeg"},
        },
        {},
    ),
    ({"seed": 0}, {}, {"seed": 0}),
    ({"negative_prompt": "", "reference_images": (), "allow_retired": True}, {}, {}),
    (
        {"seed": 1, "extra": {"resizeMode": "pad", "instance.cameraControl": "pan", "parameters.a.b": [1, None]}},
        {"cameraControl": "pan"},
        {"seed": 1, "resizeMode": "pad", "a": {"b": [1, None]}},
    ),
]
SENT_TO_DEVELOPER = [
    (
        {"reference_images": (FRAME,)},
        {
            "referenceImages": [
                {"image": {"bytesBase64Encoded": PNG64, "mimeType": "image/png"}, "referenceType": "ASSET"}
            ]
        },
        {},
    ),
    (
        {"extend_from": "https://g/v1beta/files/a:download?alt=media"},
        {"video": {"uri": "https://g/v1beta/files/a:download?alt=media", "encoding": "video/mp4"}},
        {},
    ),
    ({"generate_audio": True, "storage_uri": "gs://b/"}, {}, {}),
    ({"samples": 1}, {}, {}),
]
SENT_TO_AGENT = [
    ({"first_frame": BUCKET}, {"image": {"gcsUri": "gs://b/a.png", "mimeType": "image/png"}}, {}),
    (
        {"reference_images": (BUCKET, FRAME)},
        {
            "referenceImages": [
                {"image": {"gcsUri": "gs://b/a.png", "mimeType": "image/png"}, "referenceType": "asset"},
                {"image": {"bytesBase64Encoded": PNG64, "mimeType": "image/png"}, "referenceType": "asset"},
            ]
        },
        {},
    ),
    ({"extend_from": "gs://b/v.mp4"}, {"video": {"gcsUri": "gs://b/v.mp4", "mimeType": "video/mp4"}}, {}),
    ({"generate_audio": True}, {}, {"generateAudio": True}),
    ({"generate_audio": False}, {}, {"generateAudio": False}),
    ({"storage_uri": "gs://b/out/"}, {}, {"storageUri": "gs://b/out/"}),
    ({"samples": 1}, {}, {"sampleCount": 1}),
]


def create(wire, said: dict[str, Any], model: str = "veo-3.1-generate-001") -> Call:
    return wire.create(VideoRequest(model=model, **said), GOOGLE if wire is DEVELOPER else VERTEX)


@pytest.mark.parametrize(
    ("wire", "said", "instance", "parameters"),
    [
        *((wire, *case) for wire in (DEVELOPER, AGENT) for case in SENT_TO_BOTH),
        *((DEVELOPER, *case) for case in SENT_TO_DEVELOPER),
        *((AGENT, *case) for case in SENT_TO_AGENT),
    ],
)
def test_each_parameter_has_its_place_and_type(wire, said: dict, instance: dict, parameters: dict) -> None:
    body = json.loads(json.dumps(create(wire, said).json))
    assert body == {"instances": [instance], "parameters": parameters}
    for name in ("durationSeconds", "sampleCount", "seed"):
        if name in parameters and parameters[name] == int(parameters[name]):
            assert type(body["parameters"][name]) is int


def test_a_whole_request_to_the_developer_api() -> None:
    model = find("veo-3.1-generate-preview", [GEMINI_API])
    request = VideoRequest("A cat", model.id, person_generation="allow_all", negative_prompt="rain").completed(model)
    call = DEVELOPER.create(request, GOOGLE)
    assert (call.purpose, call.method) == ("create", "POST")
    assert call.url == f"{GOOGLE.base_url}/v1beta/models/veo-3.1-generate-preview:predictLongRunning"
    assert call.json == {
        "instances": [{"prompt": "A cat"}],
        "parameters": {
            "aspectRatio": "16:9",
            "durationSeconds": 8,
            "resolution": "720p",
            "negativePrompt": "rain",
            "personGeneration": "allow_all",
        },
    }
    assert not call.headers


def test_a_whole_request_to_the_agent_platform() -> None:
    model = find("veo-3.1-generate-001", [AGENT_PLATFORM])
    request = VideoRequest("A cat", model.id, seed=7, resolution="1080p", storage_uri="gs://b/out/").completed(model)
    call = AGENT.create(request, VERTEX)
    assert (call.purpose, call.method) == ("create", "POST")
    assert call.url == f"{VERTEX.base_url}/v1/{MODEL}:predictLongRunning"
    assert call.json == {
        "instances": [{"prompt": "A cat"}],
        "parameters": {
            "sampleCount": 1,
            "durationSeconds": 8,
            "aspectRatio": "16:9",
            "resolution": "1080p",
            "seed": 7,
            "storageUri": "gs://b/out/",
            "generateAudio": True,
        },
    }


@pytest.mark.parametrize(("wire", "surface"), [(DEVELOPER, GEMINI_API), (AGENT, AGENT_PLATFORM)])
def test_veo_2_is_sent_neither_resolution_nor_sound(wire, surface: str) -> None:
    model = find("veo-2.0-generate-001", [surface])
    parameters = wire.create(VideoRequest("A cat", model.id).completed(model), VERTEX).json["parameters"]
    assert not {"resolution", "generateAudio"} & set(parameters)
    assert parameters["durationSeconds"] == 8


def test_a_clip_to_extend_may_be_a_file_at_the_agent_platform(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"clip")
    (instance,) = create(AGENT, {"extend_from": str(path)}).json["instances"]
    assert instance == {"video": {"bytesBase64Encoded": "Y2xpcA==", "mimeType": "video/mp4"}}


@pytest.mark.parametrize(
    ("wire", "clip"), [(DEVELOPER, "a.mp4"), (DEVELOPER, "gs://b/a.mp4"), (AGENT, "no-such.mp4"), (AGENT, "https://x")]
)
def test_a_clip_that_cannot_be_extended_is_refused(wire, clip: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        create(wire, {"extend_from": clip})
    assert caught.value.parameter == "extend_from"


def test_names_cannot_lead_elsewhere() -> None:
    assert "/models/..%2F..%2Fx%3Fkey:predict" in create(DEVELOPER, {}, "../../x?key").url
    odd = Endpoint("agent_platform", AGENT_PLATFORM, "https://h", project="p q", location="l#")
    assert "/projects/p%20q/locations/l%23/" in AGENT.create(VideoRequest(model="m"), odd).url
    assert DEVELOPER.poll("operations/a?b#c", GOOGLE).url.endswith("/v1beta/operations/a%3Fb%23c")


def test_how_an_operation_is_asked_for() -> None:
    name = "models/veo-3.1-generate-preview/operations/abc"
    call = DEVELOPER.poll(name, GOOGLE)
    assert (call.purpose, call.method, call.json) == ("poll", "GET", None)
    assert call.url == f"{GOOGLE.base_url}/v1beta/{name}"
    name = f"{MODEL}/operations/0a1b"
    call = AGENT.poll(name, VERTEX)
    assert (call.purpose, call.method, call.json) == ("poll", "POST", {"operationName": name})
    assert call.url == f"{VERTEX.base_url}/v1/{MODEL}:fetchPredictOperation"


@pytest.mark.parametrize("name", ["", "operations/1", f"{MODEL}/operations", f"x/{MODEL}/operations/1", "projects/a/b"])
def test_a_name_that_is_no_operation_of_the_agent_platform_is_not_polled(name: str) -> None:
    with pytest.raises(InvalidReplyError):
        AGENT.poll(name, VERTEX)


@pytest.mark.parametrize(
    ("base_url", "uri", "url"),
    [
        (
            VERTEX.base_url,
            "gs://b/o/1/s_0.mp4",
            "https://storage.googleapis.com/storage/v1/b/b/o/o%2F1%2Fs_0.mp4?alt=media",
        ),
        ("http://127.0.0.1:9", "gs://b/a b?.mp4", "http://127.0.0.1:9/storage/v1/b/b/o/a%20b%3F.mp4?alt=media"),
        ("https://evilgoogleapis.com", "gs://b/a", "https://evilgoogleapis.com/storage/v1/b/b/o/a?alt=media"),
    ],
)
def test_a_bucket_is_read_through_the_storage_api(base_url: str, uri: str, url: str) -> None:
    call = AGENT.content(Sample(0, uri), Endpoint("agent_platform", AGENT_PLATFORM, base_url))
    assert (call.purpose, call.method, call.url) == ("content", "GET", url)


def test_a_file_is_downloaded_from_its_own_address() -> None:
    uri = f"{GOOGLE.base_url}/v1beta/files/abc:download?alt=media"
    assert DEVELOPER.content(Sample(0, uri), GOOGLE) == Call("content", "GET", uri)


@pytest.mark.parametrize(
    ("wire", "uri"),
    [(DEVELOPER, "gs://b/a"), (DEVELOPER, "file:///etc/passwd"), (DEVELOPER, ""), (DEVELOPER, "files/a")]
    + [(AGENT, uri) for uri in ("", "https://x/y", "gs://", "gs://b", "gs://b/", "gs:///a")],
)
def test_other_addresses_are_not_followed(wire, uri: str) -> None:
    with pytest.raises(InvalidReplyError):
        wire.content(Sample(0, uri), VERTEX)


@BOTH
def test_the_operation_is_named_in_the_answer_to_a_create(wire) -> None:
    assert wire.created(Reply(200, {"name": "models/m/operations/1"})) == "models/m/operations/1"
    for body in ({}, {"name": ""}, {"name": 7}, {"name": None}, [], None, "models/m/operations/1", 3):
        with pytest.raises(InvalidReplyError):
            wire.created(Reply(200, body))


def developer(**inner: Any) -> dict[str, Any]:
    return {"name": "n", "done": True, "response": {"@type": "t", "generateVideoResponse": inner}}


def agent(**inner: Any) -> dict[str, Any]:
    return {"name": "n", "done": True, "response": {"@type": "t", **inner}}


CODES = "The clip was blocked. Support codes: 58061214, 99999999, 61493863."
REASON = CODES.rstrip(".") + " (the filter saw a child and violence)."
URI = "https://g/v1beta/files/a:download?alt=media"

PARSED: list[tuple[dict[str, Any], Operation]] = [
    ({"name": "n"}, Operation("n", "running")),
    ({"name": "n", "done": False}, Operation("n", "running")),
    ({"name": "n", "done": None, "metadata": {"x": 1}}, Operation("n", "running")),
    ({"done": False}, Operation("", "running")),
    ({"name": "n", "done": False, "error": {}}, Operation("n", "running")),
    (
        developer(generatedSamples=[{"video": {"uri": URI}}, {"video": {"uri": URI + "2"}}]),
        Operation("n", "samples", samples=(Sample(0, URI), Sample(1, URI + "2"))),
    ),
    (
        developer(generatedSamples=[{"video": {"encodedVideo": "AAAA", "encoding": "video/webm"}}]),
        Operation("n", "samples", samples=(Sample(0, mime="video/webm", data="AAAA"),)),
    ),
    (
        agent(raiMediaFilteredCount=0, videos=[{"gcsUri": "gs://b/0.mp4", "mimeType": "video/mp4"}]),
        Operation("n", "samples", samples=(Sample(0, "gs://b/0.mp4"),)),
    ),
    (
        agent(videos=[{"bytesBase64Encoded": "AAAA", "mimeType": "video/mp4"}]),
        Operation("n", "samples", samples=(Sample(0, data="AAAA"),)),
    ),
    (
        developer(generatedSamples=[None, {"video": {"uri": URI}}, {"video": {}}, 7, {}]),
        Operation("n", "samples", samples=(Sample(0, URI),)),
    ),
    (
        developer(
            generatedSamples=[{"video": {"uri": URI}}], raiMediaFilteredCount=1, raiMediaFilteredReasons=["Loud."]
        ),
        Operation("n", "samples", samples=(Sample(0, URI),), withheld=1, reasons=("Loud.",)),
    ),
    (
        developer(raiMediaFilteredCount=1, raiMediaFilteredReasons=[CODES]),
        Operation("n", "filtered", withheld=1, reasons=(REASON,)),
    ),
    (agent(raiMediaFilteredCount=2), Operation("n", "filtered", withheld=2)),
    (agent(raiMediaFilteredReasons=["a", "b"]), Operation("n", "filtered", reasons=("a", "b"))),
    ({"name": "n", "done": True, "response": {}}, Operation("n", "empty")),
    ({"name": "n", "done": True}, Operation("n", "empty")),
    (developer(), Operation("n", "empty")),
    (developer(generatedSamples=[], raiMediaFilteredCount=0), Operation("n", "empty")),
    (
        {"name": "n", "done": True, "error": {"code": 3, "message": "Bad.", "details": []}},
        Operation("n", "failed", code="3 INVALID_ARGUMENT", message="Bad."),
    ),
    ({"name": "n", "error": {"code": 1, "message": "Oh."}}, Operation("n", "failed", code="cancelled", message="Oh.")),
    ({"name": "n", "error": {"code": 99, "message": "Oh."}}, Operation("n", "failed", code="99", message="Oh.")),
    ({"name": "n", "error": {"message": "Oh."}}, Operation("n", "failed", message="Oh.")),
    ({"name": "n", "done": True, "error": "Oh."}, Operation("n", "failed", message="Oh.")),
    ({"name": "n", "done": True, "error": {"code": [13]}}, Operation("n", "failed", code="[13]")),
]


@BOTH
@pytest.mark.parametrize(("body", "operation"), PARSED)
def test_every_answer_has_one_outcome(wire, body: dict[str, Any], operation: Operation) -> None:
    assert wire.parse(Reply(200, body)) == operation


@BOTH
@pytest.mark.parametrize(
    "body", [None, [], "done", 7, {}, {"detail": "Not Found"}, {"name": "n", "done": "true"}, {"name": "n", "done": []}]
)
def test_what_is_no_operation_is_said_to_be_none(wire, body: Any) -> None:
    with pytest.raises(InvalidReplyError):
        wire.parse(Reply(200, body))


def mutated(value: Any, dice: random.Random) -> Any:
    """`value` with something in it replaced, dropped or doubled."""
    junk = [None, True, False, 0, -1, 1e308, "", "x", "²", [], {}, [[]], {"a": None}, [None], {"video": []}]
    if dice.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return dice.choice(junk) if dice.random() < 0.8 else [value, value]
    if isinstance(value, dict):
        key = dice.choice(list(value))
        if dice.random() < 0.15:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: mutated(value[key], dice)}
    at = dice.randrange(len(value))
    return [*value[:at], mutated(value[at], dice), *value[at + 1 :]]


def test_no_answer_whatever_its_form_raises_anything_else() -> None:
    dice = random.Random(20261122)
    seen: dict[str, int] = {}
    for _ in range(6000):
        wire = dice.choice((DEVELOPER, AGENT))
        body = dice.choice(PARSED)[0]
        for _ in range(dice.randrange(1, 4)):
            body = mutated(body, dice)
        try:
            operation = wire.parse(Reply(200, json.loads(json.dumps(body))))
        except InvalidReplyError:
            seen["invalid"] = seen.get("invalid", 0) + 1
            continue
        seen[operation.outcome] = seen.get(operation.outcome, 0) + 1
        assert bool(operation.samples) is (operation.outcome == "samples")
        assert all(isinstance(s.uri, str) and isinstance(s.data, str) and (s.uri or s.data) for s in operation.samples)
        assert all(isinstance(text, str) for text in (*operation.reasons, operation.name, operation.message))
        assert isinstance(operation.withheld, int)
    assert set(seen) == {"invalid", "running", "samples", "failed", "filtered", "empty"}


@pytest.mark.parametrize(
    ("reason", "explained"),
    [
        ("Blocked.", "Blocked."),
        (" Blocked. ", "Blocked."),
        ("Support codes: 29310472", "Support codes: 29310472 (the filter saw a celebrity's likeness)."),
        ("Support code: 90789179, 43188360.", "Support code: 90789179, 43188360 (the filter saw sexual content)."),
        ("29310472 is no code. Support codes: 1", "29310472 is no code. Support codes: 1"),
        ("Support codes: 5806121458061214", "Support codes: 5806121458061214"),
        ("", ""),
    ],
)
def test_support_codes_are_explained(reason: str, explained: str) -> None:
    assert explain(reason) == explained


def test_a_wire_that_is_not_spoken_is_said_so() -> None:
    with pytest.raises(ConfigError, match="'openai_videos' interface of gemini-developer-api"):
        wire_for("openai_videos", GEMINI_API)


EXPRESS = Endpoint("agent_platform", AGENT_PLATFORM, "https://aiplatform.googleapis.com")
PROXY = Endpoint("litellm", LITELLM_GEMINI, "http://gate:4000")
THROUGH = wire_for("predictLongRunning", LITELLM_GEMINI)


def test_an_express_key_is_used_without_a_project() -> None:
    root = "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/veo-3.1-generate-001"
    assert AGENT.create(VideoRequest("A cat", "veo-3.1-generate-001"), EXPRESS).url == f"{root}:predictLongRunning"
    name = "publishers/google/models/veo-3.1-generate-001/operations/7"
    assert AGENT.poll(name, EXPRESS).url == f"{root}:fetchPredictOperation"


def test_the_pass_through_is_the_developer_api_at_the_proxys_address() -> None:
    request = VideoRequest("A cat", "veo-3.1-generate-preview", seed=7, samples=2, reference_images=(FRAME,))
    call, direct = THROUGH.create(request, PROXY), DEVELOPER.create(request, GOOGLE)
    assert call.url == "http://gate:4000/gemini/v1beta/models/veo-3.1-generate-preview:predictLongRunning"
    assert call.json == direct.json
    assert THROUGH.poll("models/m/operations/7", PROXY).url == "http://gate:4000/gemini/v1beta/models/m/operations/7"
    sample = Sample(0, uri="https://generativelanguage.googleapis.com/v1beta/files/abc-1:download?alt=media")
    assert THROUGH.content(sample, PROXY).url == "http://gate:4000/gemini/v1beta/files/abc-1:download?alt=media"
    with pytest.raises(InvalidReplyError):
        THROUGH.content(Sample(0, uri="gs://b/a.mp4"), PROXY)


@pytest.mark.parametrize(
    ("wire", "said", "refused"),
    [
        (DEVELOPER, {"samples": 2, "seed": 1, "generate_audio": True}, []),
        (DEVELOPER, {"generate_audio": False, "storage_uri": "gs://b/"}, ["generate_audio", "storage_uri"]),
        (DEVELOPER, {"first_frame": BUCKET}, ["first_frame"]),
        (DEVELOPER, {"last_frame": BUCKET, "reference_images": (FRAME, BUCKET)}, ["last_frame", "reference_images"]),
        (AGENT, {"generate_audio": False, "storage_uri": "gs://b/", "first_frame": BUCKET}, []),
        (AGENT, {"edit_from": "gs://b/a.mp4"}, ["edit_from"]),
        (THROUGH, {"reference_videos": ("a.mp4",), "upscale_from": "x"}, ["reference_videos", "upscale_from"]),
    ],
)
def test_what_veos_wire_has_no_place_for_is_refused(wire, said: dict, refused: list[str]) -> None:
    model = find("veo-3.1-generate-001", [AGENT_PLATFORM])
    assert [error.parameter for error in wire.refusals(VideoRequest("A cat", model.id, **said), model)] == refused


def test_veos_operations_go_on_to_their_end() -> None:
    assert DEVELOPER.cancel("models/m/operations/7", GOOGLE) is None
    assert AGENT.cancel(f"{MODEL}/operations/7", VERTEX) is None


@BOTH
def test_an_extra_with_another_path_goes_to_the_top_of_the_body(wire) -> None:
    body = create(wire, {"prompt": "A cat", "extra": {"labels.team": "x", ".webhookConfig": {"uris": []}}}).json
    assert body == {
        "instances": [{"prompt": "A cat"}],
        "parameters": {},
        "labels": {"team": "x"},
        "webhookConfig": {"uris": []},
    }


@BOTH
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sampleCount", "samples is sent there; say samples=… beside extra."),
        ("parameters.durationSeconds", "duration_seconds is sent there"),
        ("instance.prompt", "prompt is sent there"),
        ("instance.image.gcsUri", "first_frame is sent there"),
        ("parameters", "name a field in it, as parameters.NAME"),
        (".instance", "name a field in it, as instance.NAME"),
        ("instances.a", "the request fills that field itself"),
    ],
)
def test_an_extra_that_says_what_the_request_says_is_refused(wire, name: str, words: str) -> None:
    model = find("veo-3.1-generate-preview", [GEMINI_API])
    (error,) = wire.refusals(VideoRequest("A cat", "m", extra={name: 1}), model)
    assert str(error).startswith(f"extra.{name}: ")
    assert words in str(error)
    assert error.parameter == f"extra.{name}"


def test_a_field_that_one_surface_has_no_parameter_for_can_be_an_extra() -> None:
    model = find("veo-3.1-generate-preview", [GEMINI_API])
    request = VideoRequest("A cat", "m", extra={"generateAudio": True})
    assert [*DEVELOPER.refusals(request, model)] == []
    assert len([*AGENT.refusals(request, model)]) == 1
