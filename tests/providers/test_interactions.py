"""Omni's wire on every surface: what is sent, field by field, and what is made of every answer."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, find
from veo_widgets.domain.errors import DownloadError, InvalidReplyError, InvalidRequestError
from veo_widgets.domain.job_record import Operation, Sample
from veo_widgets.domain.media import Image
from veo_widgets.domain.pricing import Usage
from veo_widgets.domain.request import VideoRequest
from veo_widgets.providers.registry import LITELLM_GEMINI, Endpoint
from veo_widgets.providers.wires import Call, Reply, wire_for
from veo_widgets.providers.wires.interactions import tagged

GOOGLE = Endpoint("gemini", GEMINI_API, "https://generativelanguage.googleapis.com")
VERTEX = Endpoint(
    "agent_platform", AGENT_PLATFORM, "https://europe-west4-aiplatform.googleapis.com", "p", "europe-west4"
)
PROXY = Endpoint("litellm", LITELLM_GEMINI, "http://gate:4000")
DEVELOPER, AGENT, PROXIED = (
    wire_for("interactions", surface) for surface in (GEMINI_API, AGENT_PLATFORM, LITELLM_GEMINI)
)

PNG = b"\x89PNG\r\n\x1a\n!"
PNG64 = base64.b64encode(PNG).decode()
FRAME, PHOTO = Image(PNG), Image(b"\xff\xd8\xff!", mime="image/jpeg")
BUCKET = Image(uri="gs://b/a.png", mime="image/png")
FRAME_SENT = {"type": "image", "mime_type": "image/png", "data": PNG64}
PHOTO_SENT = {"type": "image", "mime_type": "image/jpeg", "data": "/9j/IQ=="}
FILE = "https://generativelanguage.googleapis.com/v1beta/files/abc123:download?alt=media"
CLIP64 = base64.b64encode(b"a clip").decode()


def body(said: dict[str, Any], wire=DEVELOPER, endpoint: Endpoint = GOOGLE) -> dict[str, Any]:
    call = wire.create(VideoRequest(model="gemini-omni-1.2-flash", **said), endpoint)
    return json.loads(json.dumps(call.json))


def test_a_whole_request_to_the_developer_api() -> None:
    model = find("gemini-omni-1.2-flash", [GEMINI_API])
    request = VideoRequest("A cat", model.id, first_frame=FRAME, seed=7, duration_seconds=8.0).completed(model)
    call = DEVELOPER.create(request, GOOGLE)
    assert (call.purpose, call.method, call.form) == ("create", "POST", ())
    assert call.url == "https://generativelanguage.googleapis.com/v1beta/interactions"
    assert call.json == {
        "model": "gemini-omni-1.2-flash",
        "background": True,
        "store": True,
        "input": [{"type": "user_input", "content": [{"type": "text", "text": "A cat <FIRST_FRAME>"}, FRAME_SENT]}],
        "generation_config": {"video_config": {"task": "image_to_video"}, "seed": 7},
        "response_format": {
            "type": "video",
            "aspect_ratio": "16:9",
            "duration": "8s",
            "resolution": "720p",
            "delivery": "uri",
        },
    }


@pytest.mark.parametrize(
    ("said", "task", "text", "media"),
    [
        ({}, "text_to_video", "A cat", []),
        ({"first_frame": FRAME}, "image_to_video", "A cat <FIRST_FRAME>", [FRAME_SENT]),
        (
            {"first_frame": FRAME, "last_frame": PHOTO},
            "image_to_video",
            "A cat <FIRST_FRAME> <LAST_FRAME>",
            [FRAME_SENT, PHOTO_SENT],
        ),
        (
            {"reference_images": (FRAME, PHOTO)},
            "reference_to_video",
            "A cat <IMAGE_REF_0> <IMAGE_REF_1>",
            [FRAME_SENT, PHOTO_SENT],
        ),
        (
            {"reference_images": (PHOTO,), "reference_videos": (FILE,)},
            "reference_to_video",
            "A cat <IMAGE_REF_0> <VIDEO_REF_0>",
            [PHOTO_SENT, {"type": "video", "mime_type": "video/mp4", "uri": FILE.partition(":download")[0]}],
        ),
        # What is meant by a frame among references is left to the tags.
        (
            {"first_frame": FRAME, "reference_images": (PHOTO,)},
            None,
            "A cat <FIRST_FRAME> <IMAGE_REF_0>",
            [FRAME_SENT, PHOTO_SENT],
        ),
    ],
)
def test_media_are_bound_by_tags_in_their_order(said: dict, task: str | None, text: str, media: list) -> None:
    sent = body({"prompt": "A cat", **said})
    assert sent["input"] == [{"type": "user_input", "content": [{"type": "text", "text": text}, *media]}]
    assert sent["generation_config"] == ({"video_config": {"task": task}} if task else {})
    assert "previous_interaction_id" not in sent


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("From <FIRST_FRAME> on", "From <FIRST_FRAME> on <IMAGE_REF_0> <IMAGE_REF_1>"),
        ("<IMAGE_REF_1> meets <IMAGE_REF_0>", "<IMAGE_REF_1> meets <IMAGE_REF_0> <FIRST_FRAME>"),
        ("", "<FIRST_FRAME> <IMAGE_REF_0> <IMAGE_REF_1>"),
    ],
)
def test_a_tag_that_is_there_is_not_written_again(prompt: str, expected: str) -> None:
    assert tagged(VideoRequest(prompt, first_frame=FRAME, reference_images=(PHOTO, PHOTO))) == expected


@pytest.mark.parametrize(
    ("said", "task"),
    [({"edit_from": "v1_abc"}, "edit"), ({"extend_from": "v1_abc"}, "extend"), ({"upscale_from": "v1_abc"}, "upscale")],
)
def test_an_earlier_interaction_is_named_by_its_id(said: dict, task: str) -> None:
    sent = body({"prompt": "Make it night", **said})
    assert sent["previous_interaction_id"] == "v1_abc"
    assert sent["generation_config"] == {"video_config": {"task": task}}
    assert sent["input"] == [{"type": "user_input", "content": [{"type": "text", "text": "Make it night"}]}]
    assert sent["response_format"] == {"type": "video", "delivery": "uri"}


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    assert body({"upscale_from": "v1_abc", "resolution": "1080p"})["input"] == [{"type": "user_input", "content": []}]


def test_a_source_can_be_a_file_of_the_service_or_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "a.mov").write_bytes(b"a clip")
    inline = VideoRequest.build("x", edit_from=b"a clip").edit_from
    for clip, expected in (
        (FILE, {"mime_type": "video/mp4", "uri": FILE.partition(":download")[0]}),
        (str(tmp_path / "a.mov"), {"mime_type": "video/quicktime", "data": CLIP64}),
        (inline, {"mime_type": "video/mp4", "data": CLIP64}),
    ):
        sent = body({"prompt": "Make it night", "edit_from": clip})
        assert sent["input"][0]["content"][1] == {"type": "video", **expected}
        assert "previous_interaction_id" not in sent


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"edit_from": "nowhere.mp4"}, "edit_from: cannot read 'nowhere.mp4'"),
        ({"upscale_from": "/nowhere"}, "upscale_from: cannot read '/nowhere'"),
        ({"extend_from": "gs://b/a.mp4"}, "extend_from: 'gs://b/a.mp4' cannot be read"),
        ({"reference_videos": ("gs://b/a.mp4",)}, "reference_videos: 'gs://b/a.mp4' cannot be read"),
        ({"reference_videos": ("~nobody-at-all/a.mp4",)}, "reference_videos: cannot read"),
    ],
)
def test_a_clip_that_cannot_be_sent_is_refused(said: dict, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        body({"prompt": "x", **said})
    assert words in str(caught.value)
    assert caught.value.parameter == next(iter(said))


@pytest.mark.parametrize(("seconds", "written"), [(8.0, "8s"), (7.5, "7.5s"), (3, "3s"), (None, None)])
def test_a_length_is_a_text_with_its_unit(seconds: float | None, written: str | None) -> None:
    assert body({"prompt": "x", "duration_seconds": seconds})["response_format"].get("duration") == written


def test_the_agent_platform_has_omni_at_global_whatever_the_location() -> None:
    call = AGENT.create(VideoRequest("A cat", "gemini-omni-1.2-flash", first_frame=BUCKET), VERTEX)
    root = "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/interactions"
    assert call.url == root
    assert call.json["input"][0]["content"][1] == {"type": "image", "mime_type": "image/png", "uri": "gs://b/a.png"}
    assert AGENT.poll("v1_a", VERTEX) == Call("poll", "GET", f"{root}/v1_a")
    assert AGENT.cancel("v1_a", VERTEX) == Call("cancel", "POST", f"{root}/v1_a/cancel", json={})
    gate = Endpoint("agent_platform", AGENT_PLATFORM, "http://gate:1", project="p", location="us-central1")
    assert AGENT.poll("v1_a", gate).url == "http://gate:1/v1beta1/projects/p/locations/global/interactions/v1_a"
    # An express key goes without a project and a location, as google-genai sends it.
    express = Endpoint("agent_platform", AGENT_PLATFORM, "https://aiplatform.googleapis.com")
    assert AGENT.poll("v1_a", express).url == "https://aiplatform.googleapis.com/v1beta1/interactions/v1_a"


def test_the_agent_platform_delivers_inline_or_into_a_bucket() -> None:
    assert body({"prompt": "x"}, AGENT, VERTEX)["response_format"]["delivery"] == "inline"
    bucket = body({"prompt": "x", "storage_uri": "gs://b/out/"}, AGENT, VERTEX)["response_format"]
    assert (bucket["delivery"], bucket["gcs_uri"]) == ("uri", "gs://b/out/")
    source = body({"prompt": "x", "edit_from": "gs://b/v.mp4"}, AGENT, VERTEX)["input"][0]["content"][1]
    assert source == {"type": "video", "mime_type": "video/mp4", "uri": "gs://b/v.mp4"}
    stored = AGENT.content(Sample(0, uri="gs://b/o/0.mp4"), VERTEX)
    assert stored.url == "https://storage.googleapis.com/storage/v1/b/b/o/o%2F0.mp4?alt=media"
    assert AGENT.probe(Sample(0, uri="gs://b/o/0.mp4"), VERTEX) is None


def test_polling_cancelling_and_files_at_the_developer_api() -> None:
    root = "https://generativelanguage.googleapis.com/v1beta"
    assert DEVELOPER.poll("v1_a/b=", GOOGLE) == Call("poll", "GET", f"{root}/interactions/v1_a%2Fb%3D")
    assert DEVELOPER.cancel("v1_a", GOOGLE) == Call("cancel", "POST", f"{root}/interactions/v1_a/cancel", json={})
    assert DEVELOPER.content(Sample(0, uri=FILE), GOOGLE).url == FILE
    bare = "https://g/v1beta/files/abc123"
    assert DEVELOPER.content(Sample(0, uri=bare), GOOGLE).url == f"{bare}:download?alt=media"
    assert DEVELOPER.probe(Sample(0, uri=FILE), GOOGLE) == Call("file", "GET", f"{root}/files/abc123")
    assert DEVELOPER.probe(Sample(0, uri="https://g/elsewhere.mp4"), GOOGLE) is None
    assert DEVELOPER.probe(Sample(0, data="AAAA"), GOOGLE) is None
    for uri in ("gs://b/a.mp4", "file:///etc/passwd", ""):
        with pytest.raises(InvalidReplyError, match="as the address of a clip"):
            DEVELOPER.content(Sample(0, uri=uri), GOOGLE)


def test_another_version_of_the_api_can_be_asked_for() -> None:
    later = Endpoint("gemini", GEMINI_API, "https://g", version="v1")
    assert DEVELOPER.poll("v1_a", later).url == "https://g/v1/interactions/v1_a"


def test_a_proxy_has_the_files_under_its_own_address() -> None:
    assert PROXIED.poll("v1_a", PROXY).url == "http://gate:4000/gemini/v1beta/interactions/v1_a"
    assert PROXIED.content(Sample(0, uri=FILE), PROXY).url == (
        "http://gate:4000/gemini/v1beta/files/abc123:download?alt=media"
    )
    assert PROXIED.probe(Sample(0, uri=FILE), PROXY).url == "http://gate:4000/gemini/v1beta/files/abc123"
    with pytest.raises(InvalidReplyError):
        PROXIED.content(Sample(0, uri="https://g/elsewhere.mp4"), PROXY)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({}, []),
        ({"samples": 1, "generate_audio": True, "seed": 0, "last_frame": FRAME, "edit_from": "v1_a"}, []),
        ({"samples": 2}, ["samples"]),
        ({"generate_audio": False, "negative_prompt": "rain"}, ["negative_prompt", "generate_audio"]),
        ({"storage_uri": "gs://b/", "person_generation": "allow_all"}, ["person_generation", "storage_uri"]),
        ({"first_frame": BUCKET}, ["first_frame"]),
    ],
)
def test_what_has_no_place_is_refused(said: dict, refused: list[str]) -> None:
    model = find("gemini-omni-1.2-flash", [GEMINI_API])
    found = list(DEVELOPER.refusals(VideoRequest("A cat", model.id, **said), model))
    assert [error.parameter for error in found] == refused


VIDEO = {"type": "video", "mime_type": "video/mp4", "uri": FILE}
USAGE = {
    "total_input_tokens": 12,
    "total_output_tokens": 46436,
    "total_thought_tokens": 20,
    "output_tokens_by_modality": [{"modality": "video", "tokens": 46336}, {"modality": "text", "tokens": 100}],
}


def interaction(status: str, *content: Any, **keys: Any) -> dict[str, Any]:
    steps = [{"type": "thought", "signature": "x"}, {"type": "model_output", "content": list(content)}]
    return {"id": "v1_a", "object": "interaction", "status": status, "steps": steps, **keys}


def test_a_finished_interaction_has_its_video_and_its_tokens() -> None:
    operation = DEVELOPER.parse(Reply(200, interaction("completed", {"type": "text", "text": "!"}, VIDEO, usage=USAGE)))
    assert operation == Operation(
        "v1_a", "samples", samples=(Sample(0, uri=FILE),), usage=Usage(input=12, text=120, video=46336)
    )


def test_inline_video_and_what_the_user_has_sent() -> None:
    steps = [
        {"type": "user_input", "content": [{"type": "video", "data": "mine"}]},
        {"type": "model_output", "content": [{"type": "video", "data": "AAAA", "mime_type": "video/quicktime"}]},
    ]
    operation = DEVELOPER.parse(Reply(200, {"id": "v1_a", "status": "completed", "steps": steps}))
    assert operation.samples == (Sample(0, mime="video/quicktime", data="AAAA"),)


PARSED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (interaction("queued"), {"outcome": "running"}),
    (interaction("in_progress", VIDEO), {"outcome": "running"}),
    (interaction("some_new_word"), {"outcome": "running", "status": "some_new_word", "expected": ()}),
    (
        interaction("some_new_word", VIDEO, usage=USAGE),
        {"outcome": "running", "expected": (Sample(0, uri=FILE),), "usage": Usage(input=12, text=120, video=46336)},
    ),
    (interaction("completed", VIDEO), {"outcome": "samples"}),
    (interaction("incomplete", VIDEO), {"outcome": "samples"}),
    (interaction("completed", usage={"total_output_tokens": 0}), {"outcome": "filtered", "withheld": 1}),
    (
        interaction("completed", {"type": "text", "text": " I can't. "}),
        {"outcome": "filtered", "reasons": ("I can't.",)},
    ),
    (interaction("completed"), {"outcome": "empty"}),
    (interaction("completed", {"type": "video"}, usage={"total_output_tokens": 9}), {"outcome": "empty"}),
    ({"status": "completed"}, {"outcome": "empty", "name": ""}),
    (
        interaction("failed", errors=[{"code": "INTERNAL", "message": "Oh."}]),
        {"outcome": "failed", "code": "INTERNAL", "message": "Oh.", "retryable": True},
    ),
    (
        interaction("failed", errors=[{"code": 3, "message": "Bad."}]),
        {"outcome": "failed", "code": "3 INVALID_ARGUMENT", "message": "Bad.", "retryable": False},
    ),
    (interaction("failed", error="plain"), {"outcome": "failed", "message": "plain", "code": ""}),
    (interaction("failed"), {"outcome": "failed", "message": "", "code": ""}),
    (
        {"id": "v1_a", "status": "failed", "steps": [{"type": "x", "error": {"code": "SAFETY", "message": "No."}}]},
        {"outcome": "filtered", "reasons": ("No.",)},
    ),
    (interaction("completed", errors=[{"code": "INTERNAL"}]), {"outcome": "failed", "code": "INTERNAL"}),
    (interaction("cancelled"), {"outcome": "failed", "code": "cancelled"}),
    (interaction("incomplete"), {"outcome": "failed", "code": "incomplete", "retryable": True}),
    (interaction("budget_exceeded"), {"outcome": "failed", "code": "budget_exceeded"}),
    (interaction("requires_action"), {"outcome": "failed", "code": "requires_action"}),
    (
        interaction("requires_continuation", continuation_token="t"),
        {"outcome": "failed", "code": "requires_continuation"},
    ),
]


@pytest.mark.parametrize(("answer", "expected"), PARSED)
def test_every_state_is_exactly_one_outcome(answer: dict, expected: dict) -> None:
    operation = DEVELOPER.parse(Reply(200, answer))
    assert {key: getattr(operation, key) for key in expected} == expected
    if operation.outcome == "failed" and answer["status"] not in {"failed", "completed"}:
        assert operation.message
        assert operation.remedy


def test_an_end_without_a_video_tells_what_is_known_of_such_ends() -> None:
    refused = DEVELOPER.parse(Reply(200, interaction("completed", usage={"total_output_tokens": 0})))
    assert "EEA" in refused.reasons[0]
    assert "EEA" in DEVELOPER.parse(Reply(200, interaction("completed"))).message


@pytest.mark.parametrize("answer", [None, [], "x", {}, {"id": "v1_a"}, {"status": 7}, {"status": ""}, {"status": None}])
def test_what_is_no_interaction_is_said_so(answer: Any) -> None:
    with pytest.raises(InvalidReplyError, match="not an interaction"):
        DEVELOPER.parse(Reply(200, answer))


@pytest.mark.parametrize("answer", [None, [], {}, {"id": ""}, {"id": 7}, {"name": "v1_a"}])
def test_a_create_has_to_name_what_it_started(answer: Any) -> None:
    assert DEVELOPER.created(Reply(200, {"id": "v1_a"})) == "v1_a"
    with pytest.raises(InvalidReplyError, match="named no interaction"):
        DEVELOPER.created(Reply(200, answer))


@pytest.mark.parametrize(
    ("answer", "ready"),
    [({"state": "PROCESSING"}, False), ({"state": "ACTIVE"}, True), ({}, True), (None, True), ({"state": 7}, True)],
)
def test_a_file_is_waited_for_only_while_it_is_in_the_making(answer: Any, *, ready: bool) -> None:
    assert DEVELOPER.ready(Reply(200, answer)) is ready


def test_a_file_that_failed_will_never_be_had() -> None:
    with pytest.raises(DownloadError, match="failed to finish"):
        DEVELOPER.ready(Reply(200, {"state": "FAILED"}))


def mutated(value: Any, dice: random.Random) -> Any:
    """`value` with something in it replaced, dropped or doubled."""
    junk = [
        None,
        True,
        0,
        -1,
        1e308,
        "",
        "x",
        "completed",
        "failed",
        [],
        {},
        [[]],
        {"a": None},
        [None],
        {"type": "video"},
    ]
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
    bodies = [*(answer for answer, _ in PARSED), interaction("completed", VIDEO, usage=USAGE)]
    for _ in range(6000):
        answer = dice.choice(bodies)
        for _ in range(dice.randrange(1, 4)):
            answer = mutated(answer, dice)
        try:
            operation = DEVELOPER.parse(Reply(200, json.loads(json.dumps(answer))))
        except InvalidReplyError:
            seen["invalid"] = seen.get("invalid", 0) + 1
            continue
        seen[operation.outcome] = seen.get(operation.outcome, 0) + 1
        assert bool(operation.samples) is (operation.outcome == "samples")
        assert all(isinstance(s.uri, str) and isinstance(s.data, str) and (s.uri or s.data) for s in operation.samples)
        assert all(isinstance(text, str) for text in (*operation.reasons, operation.name, operation.message))
        usage = operation.usage
        assert usage is None or min(usage.input, usage.text, usage.video) >= 0
    assert set(seen) == {"invalid", "running", "samples", "failed", "filtered", "empty"}


def test_an_extra_goes_to_the_settings_of_the_generation_or_where_its_path_leads() -> None:
    extra = {"thinking_level": "low", "response_format.fps": 30, ".service_tier": "flex", "generation_config.a.b": 1}
    for wire, endpoint in ((DEVELOPER, GOOGLE), (AGENT, VERTEX), (PROXIED, PROXY)):
        request = VideoRequest("A cat", "m", seed=7, duration_seconds=5.0)
        plain, body = (wire.create(one, endpoint).json for one in (request, replace(request, extra=extra)))
        assert plain is not None
        assert body == {
            **plain,
            "service_tier": "flex",
            "generation_config": {**plain["generation_config"], "thinking_level": "low", "a": {"b": 1}},
            "response_format": {**plain["response_format"], "fps": 30},
        }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("response_format.duration", "duration_seconds is sent there"),
        ("generation_config.video_config.task", "the request fills that field itself"),
        ("video_config", "the request fills generation_config.video_config.task; name a field in it"),
        (".background", "the request fills that field itself"),
        (".previous_interaction_id", "extend_from is sent there"),
        ("generation_config", "name a field in it, as generation_config.NAME"),
    ],
)
def test_an_extra_that_says_what_the_request_says_is_refused(name: str, words: str) -> None:
    model = find("gemini-omni-1.2-flash", [GEMINI_API])
    (error,) = DEVELOPER.refusals(VideoRequest("A cat", "m", extra={name: 1}), model)
    assert words in str(error)
    assert error.parameter == f"extra.{name}"
