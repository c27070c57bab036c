"""OpenAI's /videos: what is sent, field by field, and what is made of every answer."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.domain.catalog import AGENT_PLATFORM, AZURE_OPENAI, OPENAI, find, unlisted
from veo_widgets.domain.errors import InvalidReplyError, InvalidRequestError
from veo_widgets.domain.job_record import Operation, Sample
from veo_widgets.domain.media import Image
from veo_widgets.domain.request import VideoRequest
from veo_widgets.providers.registry import LITELLM, PROVIDERS, Endpoint, Provider, at_address
from veo_widgets.providers.wires import Call, Field, Reply, wire_for
from veo_widgets.providers.wires.http_errors import service_error
from veo_widgets.providers.wires.openai_videos import Listed

SITE = Endpoint("openai", OPENAI, "https://api.openai.com/v1")
AZURE = Endpoint("azure", AZURE_OPENAI, "https://r.openai.azure.com/openai/v1", version="preview")
PROXY = Endpoint("litellm", LITELLM, "http://gate:4000")
WIRE, PROXIED = wire_for("openai_videos", OPENAI), wire_for("openai_videos", LITELLM)

PNG = b"\x89PNG\r\n\x1a\n!"
FRAME = Image(PNG, name="cat.png")
# As LiteLLM makes them: base64 of the route, padding included, and here also what base64 may hold.
LONG_ID = "video_bGl0ZWxsbTpjdXN0b20/bGxt+g=="


def test_a_whole_request_is_a_form_and_may_be_json() -> None:
    model = find("sora-2", [OPENAI])
    request = VideoRequest("A cat", model.id, duration_seconds=8.0).completed(model)
    said = {"model": "sora-2", "prompt": "A cat", "seconds": "8", "size": "720x1280"}
    assert WIRE.create(request, SITE) == Call(
        "create",
        "POST",
        "https://api.openai.com/v1/videos",
        json=said,
        form=tuple(Field(name, value) for name, value in said.items()),
    )


def test_a_file_goes_along_in_a_form_and_as_an_address_in_json() -> None:
    request = VideoRequest("A cat", "sora-2", first_frame=FRAME, duration_seconds=4.0, aspect_ratio="16:9")
    call = WIRE.create(request, SITE)
    assert call.json is not None
    assert call.json["input_reference"] == {"image_url": f"data:image/png;base64,{b64encode(PNG).decode()}"}
    assert call.form == (
        Field("model", "sora-2"),
        Field("prompt", "A cat"),
        Field("seconds", "4"),
        Field("size", "1280x720"),
        Field("input_reference", PNG, "cat.png", "image/png"),
    )


@pytest.mark.parametrize(
    ("image", "filename"),
    [
        (Image(PNG, name="bytes"), "image.png"),
        (Image(b"\xff\xd8\xff", mime="image/jpeg"), "image.jpeg"),
        (Image(PNG, name="a.b.png"), "a.b.png"),
    ],
)
def test_a_file_always_has_a_name_with_an_ending(image: Image, filename: str) -> None:
    assert WIRE.create(VideoRequest("A cat", "sora-2", first_frame=image), SITE).form[-1].filename == filename


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({}, {}),
        ({"duration_seconds": 7.5}, {"seconds": "7.5"}),
        ({"duration_seconds": 12}, {"seconds": "12"}),
        ({"aspect_ratio": "9:16"}, {"size": "720x1280"}),
        ({"resolution": "1080p"}, {"size": "1920x1080"}),
        ({"aspect_ratio": "9:16", "resolution": "1024p"}, {"size": "1024x1792"}),
    ],
)
def test_what_is_not_said_is_not_sent(said: dict, sent: dict) -> None:
    body = WIRE.create(VideoRequest("A cat", "m", **said), SITE).json
    assert body == {"model": "m", "prompt": "A cat", **sent}
    assert all(isinstance(value, str) for value in body.values())


def test_a_model_that_only_the_operator_knows_gets_no_defaults() -> None:
    model = unlisted("veo-3", LITELLM, "openai_videos")
    request = VideoRequest("A cat", "veo-3").completed(model)
    assert PROXIED.create(request, PROXY).json == {"model": "veo-3", "prompt": "A cat"}


def test_a_proxy_is_told_the_resolution_by_name_too() -> None:
    def sent(resolution: str) -> dict[str, Any]:
        return PROXIED.create(VideoRequest("A cat", "m", resolution=resolution), PROXY).json

    assert sent("1080p") == {"model": "m", "prompt": "A cat", "size": "1920x1080", "resolution": "1080p"}
    assert sent("720p") == {"model": "m", "prompt": "A cat", "size": "1280x720"}


@pytest.mark.parametrize(
    ("endpoint", "root"),
    [
        (SITE, "https://api.openai.com/v1/videos"),
        (PROXY, "http://gate:4000/v1/videos"),
        (Endpoint("openai", OPENAI, "http://gate/api/v3"), "http://gate/api/v3/videos"),
    ],
)
def test_an_address_with_a_path_says_itself_where_the_version_goes(endpoint: Endpoint, root: str) -> None:
    assert WIRE.create(VideoRequest("A cat", "m"), endpoint).url == root
    assert WIRE.poll("video_1", endpoint).url == f"{root}/video_1"


def test_azure_may_be_told_its_version() -> None:
    root = "https://r.openai.azure.com/openai/v1/videos"
    assert WIRE.poll("video_1", AZURE).url == f"{root}/video_1?api-version=preview"
    assert WIRE.variant("video_1", "thumbnail", AZURE).url == (
        f"{root}/video_1/content?variant=thumbnail&api-version=preview"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (LONG_ID, "video_bGl0ZWxsbTpjdXN0b20%2FbGxt%2Bg%3D%3D"),
        ("video_a%3D", "video_a%253D"),
        ("a b?c#d", "a%20b%3Fc%23d"),
        ("../files", "..%2Ffiles"),
    ],
)
def test_an_id_is_opaque_and_encoded_whole(name: str, written: str) -> None:
    root = "https://api.openai.com/v1/videos"
    assert WIRE.poll(name, SITE) == Call("poll", "GET", f"{root}/{written}")
    content = WIRE.content(Sample(0, uri=name), SITE)
    assert (content.purpose, content.method, content.url) == ("content", "GET", f"{root}/{written}/content")
    assert WIRE.delete(name, SITE) == Call("cancel", "DELETE", f"{root}/{written}")
    remixed = WIRE.create(VideoRequest("Make it night", "sora-2", remix_from=name), SITE)
    assert remixed == Call("create", "POST", f"{root}/{written}/remix", json={"prompt": "Make it night"})


def test_videos_are_listed_page_by_page() -> None:
    root = "https://api.openai.com/v1/videos"
    assert WIRE.listing(SITE) == Call("list", "GET", root)
    assert WIRE.listing(SITE, after="video_1", limit=20, order="asc").url == f"{root}?after=video_1&limit=20&order=asc"


def test_clips_that_are_there_already_are_named_by_id_or_handed_in(tmp_path: Path) -> None:
    root = "https://api.openai.com/v1/videos"
    edit = WIRE.create(VideoRequest("Make it night", "m", edit_from=LONG_ID), SITE)
    assert (edit.url, edit.json) == (f"{root}/edits", {"prompt": "Make it night", "video": {"id": LONG_ID}})
    # As OpenAI's client writes an object in a form.
    assert edit.form == (Field("prompt", "Make it night"), Field("video[id]", LONG_ID))
    extension = WIRE.create(VideoRequest("On", "m", extend_from="video_1", duration_seconds=8.0), SITE)
    assert extension.url == f"{root}/extensions"
    assert extension.json == {"prompt": "On", "seconds": "8", "video": {"id": "video_1"}}
    (tmp_path / "a.mp4").write_bytes(b"a clip")
    handed = WIRE.create(VideoRequest("On", "m", extend_from=str(tmp_path / "a.mp4"), duration_seconds=8.0), SITE)
    assert handed.json is None
    assert handed.form == (
        Field("prompt", "On"),
        Field("seconds", "8"),
        Field("video", b"a clip", "video.mp4", "video/mp4"),
    )
    with pytest.raises(InvalidRequestError, match="takes a video's id or a file"):
        WIRE.create(VideoRequest("On", "m", edit_from="https://x/a.mp4"), SITE)
    with pytest.raises(InvalidRequestError, match=r"edit_from: cannot read 'gone\.mp4'"):
        WIRE.create(VideoRequest("On", "m", edit_from="gone.mp4"), SITE)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"first_frame": FRAME, "resolution": "720p", "samples": 1, "generate_audio": True}, []),
        (
            {"seed": 0, "negative_prompt": "rain", "last_frame": FRAME, "reference_images": (FRAME,), "samples": 2},
            ["negative_prompt", "samples", "seed", "last_frame", "reference_images"],
        ),
        ({"generate_audio": False}, ["generate_audio"]),
        ({"reference_videos": ("a.mp4",), "upscale_from": "video_1"}, ["reference_videos", "upscale_from"]),
        ({"person_generation": "allow_all", "storage_uri": "gs://b/"}, ["person_generation", "storage_uri"]),
        ({"first_frame": Image(uri="gs://b/a.png")}, ["first_frame"]),
        (
            {"edit_from": "video_1", "duration_seconds": 8.0, "aspect_ratio": "9:16"},
            ["aspect_ratio", "duration_seconds"],
        ),
        ({"extend_from": "video_1", "duration_seconds": 8.0}, []),
        ({"prompt": ""}, ["prompt"]),
    ],
)
def test_what_has_no_place_is_refused_and_never_dropped(said: dict, refused: list[str]) -> None:
    request = VideoRequest(**{"prompt": "A cat", "model": "veo-3", **said})
    found = list(WIRE.refusals(request, unlisted("veo-3", OPENAI, "openai_videos")))
    assert [error.parameter for error in found] == refused
    assert all(str(error).startswith(f"{error.parameter}: ") for error in found)


def video(status: Any, **keys: Any) -> dict[str, Any]:
    return {"id": "video_1", "object": "video", "status": status, "progress": 0, "error": None, **keys}


PARSED: list[tuple[dict[str, Any], Operation]] = [
    (video("queued"), Operation("video_1", "running")),
    (video("in_progress"), Operation("video_1", "running")),
    (video("processing"), Operation("video_1", "running")),
    (
        video("some_new_word"),
        Operation("video_1", "running", status="some_new_word", expected=(Sample(0, uri="video_1"),)),
    ),
    (video("completed"), Operation("video_1", "samples", samples=(Sample(0, uri="video_1"),))),
    ({"status": "completed"}, Operation("", "samples", samples=(Sample(0),))),
    (
        video("failed", error={"code": "server_error", "message": "Oh."}),
        Operation("video_1", "failed", code="server_error", message="Oh.", retryable=True),
    ),
    (
        video("failed", error={"code": "bad_size", "message": "Oh."}),
        Operation("video_1", "failed", code="bad_size", message="Oh."),
    ),
    (video("failed"), Operation("video_1", "failed")),
    (video("failed", error="plain"), Operation("video_1", "failed", message="plain")),
    (video("completed", error={"message": "Oh."}), Operation("video_1", "failed", message="Oh.")),
    (video("cancelled"), Operation("video_1", "failed", code="cancelled")),
    (
        video("failed", error={"code": "moderation_blocked", "message": "No."}),
        Operation("video_1", "filtered", withheld=1, reasons=("No.",), code="moderation_blocked"),
    ),
    (
        video("failed", error={"code": "content_policy_violation"}),
        Operation(
            "video_1", "filtered", withheld=1, reasons=("content_policy_violation",), code="content_policy_violation"
        ),
    ),
]


@pytest.mark.parametrize(("answer", "expected"), PARSED)
def test_every_state_is_exactly_one_outcome(answer: dict, expected: Operation) -> None:
    operation = WIRE.parse(Reply(200, answer))
    assert operation == expected


@pytest.mark.parametrize("answer", [None, [], "x", {}, {"status": [7]}, {"status": ""}])
def test_what_is_no_video_is_said_so(answer: Any) -> None:
    with pytest.raises(InvalidReplyError, match="not a video"):
        WIRE.parse(Reply(200, answer))


@pytest.mark.parametrize("answer", [None, [], {}, {"id": ""}, {"id": True}, {"id": ["video_1"]}])
def test_a_create_has_to_name_what_it_started(answer: Any) -> None:
    assert WIRE.created(Reply(200, {"id": LONG_ID})) == LONG_ID
    with pytest.raises(InvalidReplyError, match="named no video"):
        WIRE.created(Reply(200, answer))


def test_an_operation_is_not_cancelled_here() -> None:
    assert WIRE.cancel("video_1", SITE) is None
    assert WIRE.probe(Sample(0, uri="video_1"), SITE) is None


def test_no_answer_whatever_its_form_raises_anything_else() -> None:
    dice = random.Random(20261122)
    junk = [None, True, 0, 1e308, "", "x", "failed", "completed", [], {}, {"code": None}, {"code": []}, ["x"]]
    seen: set[str] = set()
    for _ in range(4000):
        answer: Any = dict(dice.choice(PARSED)[0])
        for _ in range(dice.randrange(1, 4)):
            key = dice.choice([*answer, "status", "error", "id"])
            answer[key] = dice.choice(junk)
        try:
            operation = WIRE.parse(Reply(200, json.loads(json.dumps(dice.choice([answer, answer, answer, [answer]])))))
        except InvalidReplyError:
            seen.add("invalid")
            continue
        seen.add(operation.outcome)
        assert bool(operation.samples) is (operation.outcome == "samples")
        assert all(isinstance(text, str) for text in (*operation.reasons, operation.name, operation.message))
    assert seen == {"invalid", "running", "samples", "failed", "filtered"}


# As LiteLLM 1.106.2 answers, word for word, when Google's operation has ended without a clip.
UNREAD = (
    "litellm.InternalServerError: GeminiException InternalServerError - 1 validation error for "
    "GeminiLongRunningOperationResponse\nresponse.generateVideoResponse{}\n  Field required [type=missing, "
    "input_value={}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.14/v/missing\n\n"
    "LiteLLM: model group 'veo-once' failed with the error above. No fallback was attempted."
)
FILTERED = UNREAD.format(".generatedSamples", "{'raiMediaFilteredCount':...pport codes: 61493863']}")
VERTEX = (
    "litellm.InternalServerError: Vertex_aiException InternalServerError - {}\n\nLiteLLM: model group 'veo-vertex' "
    "failed with the error above. No fallback was attempted."
)
ENDS = {
    "filtered": (FILTERED, 500, "filtered", "violence"),
    "filtered without a code": (FILTERED.replace("codes: 61493863", "x"), 500, "filtered", "did not hand on"),
    "empty": (UNREAD.format("", "{}"), 500, "empty", "as for a clip that was filtered"),
    "failed": ("litellm.APIConnectionError: No response data in completed operation", 500, "failed", "it had failed"),
    "the Agent Platform's": (VERTEX.format("No video data found in completed operation"), 500, "empty", "Its log"),
    "in a bucket": (VERTEX.format("No base64 encoded video data found"), 500, "failed", "the proxy's operator"),
    # These may pass.
    "another status": (FILTERED, 502, None, ""),
    "no connection": ("litellm.InternalServerError: Cannot connect to host", 500, None, ""),
    "not done": (
        "litellm.APIConnectionError: Video generation is not complete yet. Please check status",
        500,
        None,
        "",
    ),
    "half an answer": (
        "litellm.APIConnectionError: 1 validation error for GeminiLongRunningOperationResponse\nname\n  Field required",
        500,
        None,
        "",
    ),
    "Google's own trouble": (
        'litellm.InternalServerError: GeminiException - {"error":{"code":500,"message":"Oh.","status":"INTERNAL"}}',
        500,
        None,
        "",
    ),
}


@pytest.mark.parametrize(("said", "status", "outcome", "words"), ENDS.values(), ids=ENDS)
def test_what_litellm_turns_into_its_own_errors_is_read_out_of_them(
    said: str, status: int, outcome: str | None, words: str
) -> None:
    body = {"error": {"message": said, "type": "internal_server_error", "param": None, "code": str(status)}}
    error = service_error("LiteLLM proxy", status, {}, json.dumps(body).encode())
    verdict = PROXIED.verdict(error)
    assert (verdict.outcome if verdict else None) == outcome
    assert WIRE.verdict(error) is None
    if verdict:
        assert words in " ".join((*verdict.reasons, verdict.message))


@pytest.mark.parametrize("video", ["https://example.org/a.mp4", "gs://b/a.mp4", "data:video/mp4;base64,AAAA"])
def test_only_an_id_is_remixed(video: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"remix_from: .* is not an id"):
        WIRE.create(VideoRequest("Make it night", "sora-2", remix_from=video), SITE)


def test_an_image_of_the_web_goes_by_its_address_or_waits_to_be_read() -> None:
    image = Image.of("https://example.org/red.png")
    call = WIRE.create(VideoRequest("A cat", "sora-2", first_frame=image), SITE)
    assert call.json["input_reference"] == {"image_url": "https://example.org/red.png"}
    assert (WIRE.reads_web, PROXIED.reads_web) == (True, False)


@pytest.mark.parametrize("more", [{}, {"last_id": "b"}])
def test_a_page_says_how_to_ask_for_the_next(more: dict) -> None:
    page = {"data": [{"id": "a", "created_at": 7}, {"id": "b", "prompt": "A cat"}], "has_more": True, **more}
    listed, after = WIRE.listed(Reply(200, page))
    assert listed == [Listed("a", created_at=7), Listed("b", prompt="A cat")]
    assert after == "b"
    assert WIRE.listed(Reply(200, {**page, "has_more": False}))[1] == ""
    assert WIRE.listed(Reply(200, {"data": [], "has_more": True})) == ([], "")


@pytest.mark.parametrize("body", [None, [], {}, {"data": {}}, {"data": [7]}, {"data": [{"id": None}]}])
def test_what_is_no_list_of_videos_is_not_taken_for_one(body: object) -> None:
    with pytest.raises(InvalidReplyError, match="not a list of videos"):
        WIRE.listed(Reply(200, body))


def own(model_id: str = "wan") -> Any:
    """A model that somebody described."""
    return replace(unlisted(model_id, OPENAI, "openai_videos"), status="ga", origin="pyproject.toml")


def endpoint_of(provider: str) -> Endpoint:
    return Endpoint(provider, OPENAI, "http://gpu:8000/v1")


def at(name: str) -> Provider:
    """A provider at an address that is nobody's."""
    return at_address(PROVIDERS[name], "http://gpu:8000/v1")


def parts(call: Call) -> list[tuple[str, str]]:
    return [(part.name, part.value) for part in call.form]


EXTRA = {"steps": 30, "cfg": 5.0, "on": True, "style": "oil", "lora": {"a": [1, None]}, "ids": [1, "x"], "meta.a.b": 2}


def test_extra_parameters_go_into_the_form_and_into_json_in_their_order() -> None:
    call = WIRE.create(VideoRequest("A cat", "wan", extra=EXTRA), endpoint_of("server"))
    assert parts(call)[2:] == [
        ("steps", "30"),
        ("cfg", "5.0"),
        ("on", "true"),
        ("style", "oil"),
        ("lora", '{"a": [1, null]}'),
        ("ids", '[1, "x"]'),
        ("meta[a][b]", "2"),
    ]
    plain = {name: value for name, value in EXTRA.items() if name != "meta.a.b"}
    assert call.json == {"model": "wan", "prompt": "A cat", **plain, "meta": {"a": {"b": 2}}}


@pytest.mark.parametrize(("provider", "rest"), [("sglang", "extra_body"), ("vllm", "extra_params")])
def test_a_server_whose_form_has_few_fields_gets_the_rest_in_the_one_for_it(provider: str, rest: str) -> None:
    extra = {"num_inference_steps": 30, "own": {"a": None}, "deep.b": 1}
    call = WIRE.create(VideoRequest("A cat", "wan", extra=extra), endpoint_of(provider))
    assert parts(call)[2:] == [("num_inference_steps", "30"), (rest, '{"own": {"a": null}, "deep": {"b": 1}}')]


def test_null_has_no_place_in_a_form_and_goes_as_json() -> None:
    call = WIRE.create(VideoRequest("A cat", "wan", extra={"a": None, "b": 1}), endpoint_of("server"))
    assert call.form == ()
    assert call.json == {"model": "wan", "prompt": "A cat", "a": None, "b": 1}


@pytest.mark.parametrize(("provider", "form", "as_json"), [("vllm", True, False), ("openrouter", False, True)])
def test_a_server_that_takes_one_body_gets_that(provider: str, form: bool, as_json: bool) -> None:
    call = WIRE.create(VideoRequest("A cat", "wan", extra={"a": 1}), endpoint_of(provider))
    assert (bool(call.form), call.json is not None) == (form, as_json)


def test_extras_go_along_with_a_change_of_a_clip() -> None:
    request = VideoRequest("Night", "wan", edit_from="video_1", extra={"strength": 0.5}, seed=7)
    call = WIRE.create(request, endpoint_of("server"))
    assert parts(call) == [("prompt", "Night"), ("seed", "7"), ("video[id]", "video_1"), ("strength", "0.5")]
    remix = WIRE.create(VideoRequest("Night", "wan", remix_from="video_1", extra={"a.b": 1}), endpoint_of("server"))
    assert remix.json == {"prompt": "Night", "a": {"b": 1}}


@pytest.mark.parametrize(
    ("provider", "said", "sent"),
    [
        ("server", {"duration_seconds": 5.0}, {"seconds": "5"}),
        ("server", {"duration_seconds": 2.5}, {"seconds": "2.5"}),
        ("openrouter", {"duration_seconds": 5.0}, {"duration": 5}),
        ("openrouter", {"duration_seconds": 2.5}, {"duration": 2.5}),
        ("server", {"size": "832x480"}, {"size": "832x480"}),
        ("server", {"resolution": "480p"}, {"resolution": "480p"}),
        ("server", {"aspect_ratio": "1:1"}, {"aspect_ratio": "1:1"}),
        ("server", {"aspect_ratio": "1:1", "resolution": "720p"}, {"aspect_ratio": "1:1", "resolution": "720p"}),
        ("server", {"aspect_ratio": "9:16", "resolution": "1080p"}, {"size": "1080x1920"}),
        (
            "openrouter",
            {"aspect_ratio": "9:16", "resolution": "1080p"},
            {"aspect_ratio": "9:16", "resolution": "1080p"},
        ),
        ("server", {"seed": 0, "negative_prompt": "rain"}, {"negative_prompt": "rain", "seed": 0}),
        ("server", {"samples": 2}, {"n": 2}),
        ("server", {"samples": 1}, {}),
        ("sglang", {"samples": 2}, {"n": 2}),
        ("vllm", {"samples": 2, "generate_audio": False}, {"num_outputs_per_prompt": 2, "generate_sound": False}),
        ("server", {"generate_audio": False}, {"generate_audio": False}),
        ("server", {"person_generation": "allow_all"}, {"person_generation": "allow_all"}),
    ],
)
def test_whatever_is_said_is_sent_to_a_server_of_ones_own(provider: str, said: dict, sent: dict) -> None:
    for model in (unlisted("wan", OPENAI, "openai_videos"), own()):
        request = VideoRequest("A cat", "wan", **said)
        assert [*WIRE.refusals(request, model, at(provider))] == []
        call = WIRE.create(request.completed(model), endpoint_of(provider))
        body = {"model": "wan", "prompt": "A cat", **sent}
        if call.json is not None:
            assert call.json == body
        if call.form:
            assert parts(call) == [(name, v if isinstance(v, str) else json.dumps(v)) for name, v in body.items()]


@pytest.mark.parametrize(("lines", "sent"), [("4k", "4K"), ("2k", "2K"), ("768p", "768p")])
def test_openrouter_s_words_for_resolutions_are_its_own(lines: str, sent: str) -> None:
    call = WIRE.create(VideoRequest("A cat", "wan", resolution=lines), endpoint_of("openrouter"))
    assert (call.json or {})["resolution"] == sent


@pytest.mark.parametrize(
    ("provider", "said", "lost"),
    [
        # Dropped in silence before, and the clip was not what was asked for.
        ("sglang", {"aspect_ratio": "1:1"}, "aspect_ratio: '1:1' would be lost: SGLang has no such field; give size"),
        ("sglang", {"resolution": "480p"}, "resolution: '480p' would be lost: SGLang has no such field; give size"),
        ("sglang", {"generate_audio": False}, "generate_audio: False would be lost"),
        ("sglang", {"last_frame": FRAME}, "last_frame: cat.png (0 kB) would be lost"),
        ("vllm", {"resolution": "480p"}, "resolution: '480p' would be lost: vLLM-Omni"),
        ("vllm", {"aspect_ratio": "1:1"}, ""),
        ("vllm", {"reference_images": (FRAME,)}, "reference_images: given would be lost"),
        ("openrouter", {"negative_prompt": "rain"}, "negative_prompt: 'rain' would be lost: gpu:8000"),
        ("openrouter", {"samples": 2}, "samples: 2 would be lost"),
        ("openrouter", {"extra": {"steps": 3}}, "extra.steps: it would be lost: gpu:8000 has no such field; for the"),
        ("openrouter", {"extra": {"seconds": 3}}, "extra.seconds: it would be lost"),
        ("openrouter", {"extra": {"provider.options.alibaba.steps": 3, "user": "me"}}, ""),
        ("server", {"aspect_ratio": "1:1", "last_frame": FRAME, "extra": {"steps": 3}}, ""),
    ],
)
def test_what_a_server_is_known_to_drop_is_refused(provider: str, said: dict, lost: str) -> None:
    for model in (unlisted("wan", OPENAI, "openai_videos"), own()):
        request = VideoRequest("A cat", "wan", **said)
        found = [str(error) for error in WIRE.refusals(request, model, at(provider))]
        assert (found[0] if found else "").startswith(lost)
        assert bool(found) is bool(lost)


def test_frames_and_references_go_as_files_under_their_names() -> None:
    request = VideoRequest("A cat", "wan", first_frame=FRAME, last_frame=FRAME, reference_images=(FRAME, FRAME))
    call = WIRE.create(request, endpoint_of("server"))
    assert [part.name for part in call.form if part.filename] == [
        "input_reference",
        "last_frame",
        "reference_images",
        "reference_images",
    ]
    held = {"image_url": f"data:image/png;base64,{b64encode(PNG).decode()}"}
    assert call.json == {
        "model": "wan",
        "prompt": "A cat",
        "input_reference": held,
        "last_frame": held,
        "reference_images": [held, held],
    }
    web = Image(uri="https://site/a.png")
    mixed = WIRE.create(replace(request, first_frame=web, reference_images=(FRAME, web)), endpoint_of("server"))
    assert ("input_reference[image_url]", "https://site/a.png") in parts(mixed)
    assert ("reference_images[][image_url]", "https://site/a.png") in parts(mixed)


def test_servers_that_write_pictures_otherwise_get_theirs() -> None:
    web = Image(uri="https://site/a.png")
    request = VideoRequest("A cat", "wan", first_frame=web, last_frame=web, reference_images=(web,))
    routed = WIRE.create(request, endpoint_of("openrouter")).json
    item = {"type": "image_url", "image_url": {"url": "https://site/a.png"}}
    assert routed is not None
    assert routed["frame_images"] == [item | {"frame_type": "first_frame"}, item | {"frame_type": "last_frame"}]
    assert routed["input_references"] == [item]


@pytest.mark.parametrize(
    ("provider", "said", "words"),
    [
        ("server", {"extra": {"n": 2}}, "extra.n: samples is sent there; say samples="),
        ("openrouter", {"extra": {"duration": 2}}, "extra.duration: duration_seconds is sent there"),
        ("server", {"extra": {"prompt.a": 2}}, "extra.prompt.a: prompt is sent there"),
        ("server", {"extra": {"video": 2}, "edit_from": "video_1"}, "extra.video: edit_from is sent there"),
        ("openrouter", {"extra": {"frame_images": []}, "first_frame": FRAME}, "extra.frame_images: first_frame is"),
        ("openrouter", {"extra": {"frame_images": []}}, ""),
        ("server", {"extra": {"a": {"b": 1}, "a.b": 2}}, "extra.a: extra.a.b says the same field"),
        ("server", {"extra": {"provider": {"order": ["x"]}, "metadata.a": 1, "metadata.b": 2}}, ""),
    ],
)
def test_an_extra_that_says_what_the_request_says_is_refused(provider: str, said: dict, words: str) -> None:
    request = VideoRequest("A cat", "wan", **said)
    found = [str(error) for error in WIRE.refusals(request, unlisted("wan", OPENAI, "openai_videos"), at(provider))]
    assert (found[0] if found else "").startswith(words)
    assert bool(found) is bool(words)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        (unlisted("wan", OPENAI, "openai_videos"), PROVIDERS["openai"]),
        (unlisted("wan", AZURE_OPENAI, "openai_videos"), at("azure")),
        (find("sora-2", [OPENAI]), at("server")),
    ],
)
def test_openai_itself_and_listed_models_are_sent_only_what_they_know(model: Any, provider: Provider) -> None:
    wire = wire_for("openai_videos", model.surface)

    def refused(**said: Any) -> list[str]:
        return [error.parameter for error in wire.refusals(VideoRequest("A cat", "wan", **said), model, provider)]

    assert refused(seed=1, samples=2, size="832x480") == ["size", "samples", "seed"]
    assert refused(resolution="480p") == ["resolution"]
    assert refused(aspect_ratio="1:1", resolution="720p") == ["aspect_ratio"]
    # They refuse by themselves what they do not know.
    assert refused(extra={"steps": 30}) == []


@pytest.mark.parametrize(
    ("model", "said", "words"),
    [
        (
            unlisted("wan", LITELLM, "openai_videos"),
            {"extra": {"a": 1, "b": 2}},
            "extra.a, extra.b: cannot be sent for",
        ),
        (unlisted("wan", LITELLM, "openai_videos"), {"size": "832x480"}, "size: cannot be sent for 'wan', a name that"),
        (unlisted("wan", LITELLM, "openai_videos"), {"seed": 7}, "seed: cannot be sent for 'wan', a name that"),
        (unlisted("openai/wan", LITELLM, "openai_videos"), {"extra": {"a": 1}, "seed": 7, "size": "832x480"}, ""),
        (
            unlisted("hosted_vllm/wan", LITELLM, "openai_videos"),
            {"extra": {"metadata": {}}},
            "extra.metadata: cannot be",
        ),
        (unlisted("openai/wan", LITELLM, "openai_videos"), {"extra": {"metadata.a": 1}}, ""),
        (unlisted("openai/wan", LITELLM, "openai_videos"), {"extra": {"a": None}}, "extra.a: null cannot be sent"),
        (own(), {"extra": {"a": 1}, "samples": 2}, ""),
        (own(), {"extra": {"tags": ["x"]}}, "extra.tags: cannot be sent; LiteLLM has a use of its own"),
        (find("sora-2", [OPENAI]), {"extra": {"a": 1}}, ""),
        (
            find("veo-3.1-generate-001", [AGENT_PLATFORM]),
            {"extra": {"a": 1}, "edit_from": "video_1"},
            "extra.a: cannot be sent along with a clip",
        ),
    ],
)
def test_the_proxy_is_sent_only_what_it_hands_on(model: Any, said: dict, words: str) -> None:
    request = VideoRequest("A cat", model.id, **said)
    found = [str(error) for error in PROXIED.refusals(request, model, PROVIDERS["litellm"])]
    assert (found[0] if found else "").startswith(words)
    assert len(found) == bool(words)
