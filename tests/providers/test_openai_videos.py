"""OpenAI's /videos: what is sent, field by field, and what is made of every answer."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.catalog import AZURE_OPENAI, OPENAI, find, unlisted
from veo_widgets.errors import InvalidReplyError, InvalidRequestError
from veo_widgets.media import Image
from veo_widgets.providers import LITELLM, Endpoint
from veo_widgets.record import Operation, Sample
from veo_widgets.request import VideoRequest
from veo_widgets.wires import Call, Field, Reply, wire_for
from veo_widgets.wires.openai_videos import Listed
from veo_widgets.wires.refusals import service_error

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
