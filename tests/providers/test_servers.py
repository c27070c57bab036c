"""What is known of ``/v1/videos`` servers, as data and in what is done by it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from veo_widgets.domain.catalog import unlisted
from veo_widgets.domain.errors import InvalidReplyError
from veo_widgets.domain.job_record import Sample
from veo_widgets.domain.media import Image
from veo_widgets.domain.request import VideoRequest
from veo_widgets.providers.registry import LOCALAI, PROVIDERS, Endpoint
from veo_widgets.providers.servers import OPENAI, OPENROUTER
from veo_widgets.providers.wires import Reply, wire_for

WIRE = wire_for("openai_videos", LOCALAI)
PLACE = Endpoint("localai", LOCALAI, "http://127.0.0.1:8080")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.mark.parametrize(
    ("usage", "charged"),
    [
        ({"cost": 0.35}, 0.35),
        ({"cost": 0, "is_byok": False}, 0.0),
        # With a key of one's own at the maker's, most of it is on another bill.
        ({"cost": 0.01, "is_byok": True}, None),
        *(({"cost": wrong}, None) for wrong in (None, "0.35", True, -1, math.nan, math.inf, [])),
        ("0.35", None),
        (None, None),
    ],
)
def test_what_openrouter_says_that_it_has_charged(usage: Any, charged: float | None) -> None:
    assert OPENROUTER.charged({"usage": usage}) == charged
    assert OPENAI.charged({"usage": usage}) is None


@pytest.mark.parametrize("body", [None, [], "text", {}, {"usage": {}}])
def test_an_answer_without_a_cost_says_none(body: Any) -> None:
    assert OPENROUTER.charged(body) is None


@pytest.mark.parametrize(("provider", "rest"), [("vllm", "extra_params"), ("sglang", "extra_body"), ("server", "")])
def test_a_form_drops_nothing_in_silence(provider: str, rest: str) -> None:
    extra = {"fps": 16, "motion": "käse", "cache.start": 0.2}
    request = VideoRequest.build("A cat", "wan", extra=extra)
    call = wire_for("openai_videos", "openai").create(request, Endpoint(provider, "openai", "http://box:1"))
    said = {part.name: str(part.value) for part in call.form}
    del said["model"], said["prompt"]
    together = {"fps": "16", rest: '{"motion": "käse", "cache": {"start": 0.2}}'}
    assert said == (together if rest else {"fps": "16", "motion": "käse", "cache[start]": "0.2"})


@pytest.mark.parametrize(
    ("provider", "extra", "said"),
    [
        ("vllm", {"extra_params": {"a": 1}, "motion": 2}, {"extra_params": '{"a": 1, "motion": 2}'}),
        ("vllm", {"motion": 2, "extra_params": {"a": 1}}, {"extra_params": '{"a": 1, "motion": 2}'}),
        ("sglang", {"extra_body": {"a": 1}, "motion": 2}, {"extra_body": '{"a": 1, "motion": 2}'}),
        ("sglang", {"extra_body.a": 1, "motion": 2}, {"extra_body": '{"a": 1, "motion": 2}'}),
        ("vllm", {"extra_params": '{"a": 1}'}, {"extra_params": '{"a": 1}'}),
        ("vllm", {".fps": 16, "lora.name": "oil"}, {"fps": "16", "lora": '{"name": "oil"}'}),
        ("vllm", {"generate_sound": True}, {"generate_sound": "true"}),
    ],
)
def test_the_field_for_the_rest_holds_what_is_said_of_it_and_the_rest(provider: str, extra: Any, said: Any) -> None:
    request = VideoRequest.build("A cat", "wan", extra=extra)
    wire = wire_for("openai_videos", "openai")
    assert [*wire.refusals(request, unlisted("wan", provider, "openai_videos"), PROVIDERS[provider])] == []
    call = wire.create(request, Endpoint(provider, PROVIDERS[provider], "http://box:1"))
    assert {part.name: str(part.value) for part in call.form} == {"model": "wan", "prompt": "A cat", **said}


@pytest.mark.parametrize(
    ("provider", "extra", "told"),
    [
        ("vllm", {"extra_params": '{"a": 1}', "motion": 2}, "one object with both"),
        ("vllm", {"extra_params": {"motion": 1}, "motion": 2}, "extra.extra_params: extra.motion says the same field"),
        ("localai", {"params": "a", "motion": 2}, "one object with both"),
    ],
)
def test_what_has_no_place_in_the_field_for_the_rest_is_refused(provider: str, extra: Any, told: str) -> None:
    request = VideoRequest.build("A cat", "wan", extra=extra)
    wire = WIRE if provider == "localai" else wire_for("openai_videos", "openai")
    found = [*wire.refusals(request, unlisted("wan", provider, "openai_videos"), PROVIDERS[provider])]
    assert told in str(found[0])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, {}),
        ({"size": "832x480"}, {"width": 832, "height": 480}),
        ({"aspect_ratio": "9:16"}, {"width": 720, "height": 1280}),
        ({"duration_seconds": 2.5}, {"num_frames": 40, "fps": 16}),
        ({"duration_seconds": 2, "extra": {"fps": 24}}, {"num_frames": 48, "fps": 24}),
        ({"duration_seconds": 2, "extra": {"num_frames": 81}}, {"num_frames": 81}),
        ({"seed": 0, "negative_prompt": "dogs"}, {"seed": 0, "negative_prompt": "dogs"}),
        ({"extra": {"cfg_scale": 7.5}}, {"cfg_scale": 7.5}),
        ({"extra": {"params": {"a": 1}, "motion": 2}}, {"params": {"a": "1", "motion": "2"}}),
        ({"first_frame": Image(PNG, "image/png")}, {"start_image": "iVBORw0KGgowMDAwMDAwMDAwMDAwMDAwMDAwMA=="}),
    ],
)
def test_localai_is_told_frames_and_pixels(values: dict[str, Any], said: dict[str, Any]) -> None:
    call = WIRE.create(VideoRequest.build("A cat", "wan", **values), PLACE)
    assert (call.method, call.url) == ("POST", "http://127.0.0.1:8080/video")
    assert call.json == {"model": "wan", "prompt": "A cat", "response_format": "url", **said}
    # Nothing comes before the clip is done.
    assert call.patience >= 3600


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"samples": 2, "generate_audio": False}, ["samples", "generate_audio"]),
        ({"aspect_ratio": "1:1"}, ["aspect_ratio"]),
        ({"resolution": "480p"}, ["resolution"]),
        ({"size": "832x480", "extra": {"width": 640}}, ["extra.width"]),
        ({"extra": {"width": 640, "fps": 24, "params.motion": "1"}}, []),
        ({"seed": 7, "extra": {"step": 20}, "last_frame": Image(PNG, "image/png")}, []),
    ],
)
def test_localai_is_asked_for_nothing_that_it_would_drop(values: dict[str, Any], refused: list[str]) -> None:
    request = VideoRequest.build("A cat", "wan", **values)
    found = WIRE.refusals(request, unlisted("wan", "localai", "openai_videos"), PROVIDERS["localai"])
    assert [error.parameter for error in found] == refused


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/generated-videos/b641.mp4", "/generated-videos/b641.mp4", "generated-videos/b641.mp4"],
)
def test_the_answer_of_localai_is_the_clip(url: str) -> None:
    assert WIRE.created(Reply(200, {"created": 1, "id": "x", "data": [{"url": url}]})) == url
    found = WIRE.parse(Reply(200, {"version": "v4.9.0"}))
    assert (found.outcome, len(found.samples)) == ("samples", 1)
    call = WIRE.content(Sample(0, url), PLACE)
    assert call.url == "http://127.0.0.1:8080/generated-videos/b641.mp4"


def test_the_answer_of_localai_may_hold_the_clip() -> None:
    reply = Reply(200, {"created": 1, "id": "one", "data": [{"b64_json": "AAAA"}]})
    assert WIRE.created(reply) == "one"
    assert [sample.data for sample in WIRE.parse(reply).samples] == ["AAAA"]


@pytest.mark.parametrize(
    "body",
    [
        *(None, {}, {"data": []}, {"data": [{"b64_json": "AAAA"}]}, {"data": [{"b64_json": 7}], "id": "one"}),
        *({"data": [{"url": url}]} for url in ("file:///etc/passwd", "//elsewhere/clip.mp4", "../clip.mp4")),
    ],
)
def test_an_answer_of_localai_without_an_address_is_none(body: Any) -> None:
    with pytest.raises(InvalidReplyError, match="named"):
        WIRE.created(Reply(200, body))
