"""What a request may be written like, and what it then is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, find, unlisted
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.media import Image, Video
from veo_widgets.domain.params import SIZES
from veo_widgets.domain.request import VideoRequest

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xaeB`\x82"
FRAME = Image(PNG, name="a.png")
BUCKET = Image(uri="gs://b/a.jpg", mime="image/jpeg", name="gs://b/a.jpg")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"seconds": "8"}, {"duration_seconds": 8.0}),
        ({"seconds": "8s"}, {"duration_seconds": 8.0}),
        ({"seconds": " 8 s "}, {"duration_seconds": 8.0}),
        ({"seconds": Decimal(6)}, {"duration_seconds": 6.0}),
        ({"duration_seconds": 7.5}, {"duration_seconds": 7.5}),
        ({"seconds": 8, "duration_seconds": "8.0"}, {"duration_seconds": 8.0}),
        ({"size": "1280x720"}, {"aspect_ratio": "16:9", "resolution": "720p"}),
        ({"size": "1080x1920"}, {"aspect_ratio": "9:16", "resolution": "1080p"}),
        ({"size": " 1280 X 720 "}, {"aspect_ratio": "16:9", "resolution": "720p"}),
        ({"size": "1280×720", "resolution": "720p"}, {"aspect_ratio": "16:9", "resolution": "720p"}),
        ({"size": "832×480"}, {"size": "832x480"}),
        ({"size": "1280x721", "aspect_ratio": "16:9"}, {"size": "1280x721", "aspect_ratio": "16:9"}),
        ({"resolution": "4K"}, {"resolution": "4k"}),
        ({"resolution": "480P", "aspect_ratio": "1:1"}, {"resolution": "480p", "aspect_ratio": "1:1"}),
        ({"aspect_ratio": "2.39:1"}, {"aspect_ratio": "2.39:1"}),
        ({"extra": {"steps": 30, "a.b": None}}, {"extra": {"steps": 30, "a.b": None}}),
        ({"extra": "cfg=5.0"}, {"extra": {"cfg": 5.0}}),
        (
            {"extra": ["cfg=5", "say=a b", "on=true", "odd=True"]},
            {"extra": {"cfg": 5, "say": "a b", "on": True, "odd": "True"}},
        ),
        (
            {"extra": ['{"a": [1, {"b": null}]}', 'c={"d": "=e"}', "f==g"]},
            {"extra": {"a": [1, {"b": None}], "c": {"d": "=e"}, "f": "=g"}},
        ),
        ({"extra": ("a=1", "a=1")}, {"extra": {"a": 1}}),
        ({"extra": "a=NaN"}, {"extra": {"a": "NaN"}}),
        ({"extra": {"a": (1, 2), "upscale": False}}, {"extra": {"a": [1, 2], "upscale": False}}),
        ({"extra": {}}, {}),
        ({"person_generation": " Allow_Adult"}, {"person_generation": "allow_adult"}),
        ({"samples": "2"}, {"samples": 2}),
        ({"samples": 2.0}, {"samples": 2}),
        ({"seed": 0}, {"seed": 0}),
        ({"seed": "+7"}, {"seed": 7}),
        ({"seed": 4294967295}, {"seed": 4294967295}),
        ({"generate_audio": False}, {"generate_audio": False}),
        ({"generate_audio": "No"}, {"generate_audio": False}),
        ({"generate_audio": 1}, {"generate_audio": True}),
        ({"negative_prompt": " rain "}, {"negative_prompt": "rain"}),
        ({"storage_uri": "gs://b/out/"}, {"storage_uri": "gs://b/out/"}),
        ({"input_reference": FRAME}, {"first_frame": FRAME}),
        ({"first_frame": PNG}, {"first_frame": Image(PNG, name="bytes")}),
        ({"last_frame": "gs://b/a.jpg"}, {"last_frame": BUCKET}),
        ({"reference_image": PNG}, {"reference_images": (Image(PNG, name="bytes"),)}),
        ({"reference_images": [FRAME, "gs://b/a.jpg"]}, {"reference_images": (FRAME, BUCKET)}),
        ({"reference_images": []}, {"reference_images": ()}),
        ({"extend_from": "gs://b/a.mp4"}, {"extend_from": "gs://b/a.mp4"}),
        ({"extend_from": Path("clips") / "a.mp4"}, {"extend_from": str(Path("clips/a.mp4"))}),
        ({"extend_from": Video(Path("a.mp4"))}, {"extend_from": "a.mp4"}),
        ({"seed": None, "size": None}, {}),
    ],
)
def test_every_spelling_is_read(given: dict, read: dict) -> None:
    assert VideoRequest.build("A cat", "m", **given) == VideoRequest(prompt="A cat", model="m", **read)


@pytest.mark.parametrize(
    ("given", "parameter", "words"),
    [
        ({"seconds": "eight"}, "duration_seconds", "a number of seconds"),
        ({"seconds": "8 m"}, "duration_seconds", "a number of seconds"),
        ({"seconds": ""}, "duration_seconds", "a number"),
        ({"seconds": "nan"}, "duration_seconds", "a number"),
        ({"seconds": float("inf")}, "duration_seconds", "a number"),
        ({"seconds": True}, "duration_seconds", "a number"),
        ({"seconds": 0}, "duration_seconds", "at least 1"),
        ({"seconds": [8]}, "duration_seconds", "a number"),
        ({"samples": 1.5}, "samples", "a whole number"),
        ({"samples": "2s"}, "samples", "a number"),
        ({"samples": 0}, "samples", "at least 1"),
        ({"samples": "²"}, "samples", "a number"),
        ({"seed": "+-5"}, "seed", "a number"),
        ({"seed": "--5"}, "seed", "a number"),
        ({"seed": -1}, "seed", "at least 0"),
        ({"seed": 4294967296}, "seed", "at most 4294967295"),
        ({"seed": "9" * 5000}, "seed", "a number"),
        ({"seed": True}, "seed", "a number"),
        ({"size": "1280x"}, "size", "Did you mean '1280x720'"),
        ({"size": "0x480"}, "size", "as in 832x480"),
        ({"extra": "cfg"}, "extra", "'cfg' is not written NAME=VALUE"),
        ({"extra": "=5"}, "extra", "NAME=VALUE"),
        ({"extra": 5}, "extra", "a dictionary"),
        ({"extra": {5: 5}}, "extra", "5 is not a name"),
        ({"extra": {"a..b": 5}}, "extra", "'a..b' is not a name"),
        ({"extra": {"a": {1, 2}}}, "extra.a", "a set is not JSON"),
        ({"extra": {"a": [float("nan")]}}, "extra.a", "nan is not JSON"),
        ({"extra": {"a": 10**400}}, "extra.a", "inf is not JSON"),
        ({"extra": {"a": {1: 2}}}, "extra.a", "an object whose name 1 is no text is not JSON"),
        ({"extra": {"a": "\ud800"}}, "extra.a", "surrogate"),
        ({"extra": ["a=1", "a=true"]}, "extra.a", "said twice"),
        ({"extra": {"seconds": 5}}, "extra.seconds", "seconds is a parameter by itself"),
        ({"extra": {"negative_prompt": "rain"}}, "extra.negative_prompt", "give negative_prompt="),
        ({"size": "big"}, "size", "1280x720"),
        ({"size": (1280, 720)}, "size", "1280x720"),
        ({"size": "1280x720", "resolution": "1080p"}, "resolution", "said twice"),
        ({"seconds": 4, "duration_seconds": 6}, "duration_seconds", "said twice"),
        ({"resolution": "720"}, "resolution", "Did you mean '720p'"),
        ({"aspect_ratio": "16x9"}, "aspect_ratio", "Did you mean '16:9'"),
        ({"aspect_ratio": "0:1"}, "aspect_ratio", "'0:1' is not one of 16:9, 9:16, nor anything like 1:1."),
        ({"aspect_ratio": "16:0.0"}, "aspect_ratio", "'16:0.0' is not one of"),
        ({"size": "1x1"}, "size", "'1x1' is out of range; a side has 10 to 99999 pixels, as in 832x480."),
        ({"size": "0x0"}, "size", "'0x0' is out of range"),
        ({"generate_audio": "maybe"}, "generate_audio", "true or false"),
        ({"generate_audio": 2}, "generate_audio", "true or false"),
        ({"negative_prompt": 3}, "negative_prompt", "text"),
        ({"storage_uri": "s3://b"}, "storage_uri", "gs://"),
        ({"extend_from": 7}, "extend_from", "a clip"),
        ({"first_frame": "/no/such/file.png"}, "first_frame", "cannot read"),
        ({"reference_images": [b"GIF89a"]}, "reference_images", "not a PNG"),
        ({"aspect_ration": "16:9"}, "aspect_ration", "Did you mean 'aspect_ratio'"),
        ({"sample_count": 1}, "sample_count", "no such parameter"),
        ({"guidance_scale": 1}, "guidance_scale", "extra={'guidance_scale': …}"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(given: dict, parameter: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        VideoRequest.build("A cat", **given)
    assert caught.value.parameter == parameter
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{parameter}: ")


def test_a_prompt_is_text_without_blanks_around_it() -> None:
    assert VideoRequest.build("\n A cat \n").prompt == "A cat"
    with pytest.raises(InvalidRequestError, match="prompt: int is not text"):
        VideoRequest.build(5)


@pytest.mark.parametrize(("ratio_and_resolution", "size"), SIZES.items())
def test_sizes_are_read_as_what_they_stand_for(ratio_and_resolution: tuple[str, str], size: tuple[int, int]) -> None:
    request = VideoRequest.build("A cat", size=f"{size[0]}x{size[1]}")
    assert (request.aspect_ratio, request.resolution) == ratio_and_resolution
    ratio = size[0] / size[1]
    # OpenAI's 1792x1024 is called 16:9 and is a little less.
    assert ratio == pytest.approx(16 / 9 if request.aspect_ratio == "16:9" else 9 / 16, rel=0.02)


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({}, "text"),
        ({"first_frame": FRAME}, "image"),
        ({"first_frame": FRAME, "last_frame": FRAME}, "interpolation"),
        ({"last_frame": FRAME}, "interpolation"),
        ({"reference_images": (FRAME,)}, "reference"),
        ({"extend_from": "gs://b/a.mp4", "first_frame": FRAME}, "extension"),
    ],
)
def test_the_mode_follows_from_what_is_given(given: dict, mode: str) -> None:
    assert VideoRequest(**given).mode == mode


@pytest.mark.parametrize(
    "said",
    [
        {"prompt": "A cat", "model": "m", "seed": 0, "generate_audio": False, "samples": 1},
        {"prompt": "A cat", "model": "m", "generate_audio": True, "allow_retired": True, "duration_seconds": 4.0},
        {"first_frame": FRAME, "last_frame": BUCKET, "reference_images": (FRAME, BUCKET)},
        {"size": "832x480", "extra": {"z": 1, "a": {"b": [True, None, 1.5, "x"]}}},
        {},
    ],
)
def test_what_was_said_makes_the_same_request_again(said: dict) -> None:
    request = VideoRequest(**said)
    assert request.said() == said
    assert VideoRequest.build(said.pop("prompt", ""), **said) == request


def test_what_was_not_said_is_left_out() -> None:
    assert VideoRequest.build("", negative_prompt=" ", extend_from="", allow_retired=False).said() == {}
    assert VideoRequest.build("A cat", negative_prompt=" ").settings() == []
    assert repr(VideoRequest.build("A cat", "m", seed=0)) == "VideoRequest(prompt='A cat', model='m', seed=0)"


@pytest.mark.parametrize(
    ("given", "shown"), [("/home/me/cat.mp4", "cat.mp4"), ("gs://b/cat.mp4", "gs://b/cat.mp4"), ("v1_0f", "v1_0f")]
)
def test_a_clip_is_named_without_its_folder(given: str, shown: str) -> None:
    assert VideoRequest.build("A cat", extend_from=given).settings() == [("Extend", shown)]


def test_settings_are_shown_in_words() -> None:
    request = VideoRequest.build(
        "A cat",
        "m",
        seconds=8,
        seed=0,
        samples=2,
        generate_audio=False,
        first_frame=FRAME,
        reference_images=["gs://b/r"],
    )
    assert request.settings() == [
        ("Length", "8 s"),
        ("Clips", "2"),
        ("Seed", "0"),
        ("Sound", "off"),
        ("First frame", "a.png (0 kB)"),
        ("References", "gs://b/r"),
    ]


def test_completing_fills_in_the_models_defaults_and_nothing_else() -> None:
    model = find("veo-3.1-generate-001", [AGENT_PLATFORM])
    full = VideoRequest.build("A cat", model.id, samples=3, generate_audio=False).completed(model)
    assert full.said() == {
        "prompt": "A cat",
        "model": model.id,
        "aspect_ratio": "16:9",
        "resolution": "720p",
        "duration_seconds": 8.0,
        "samples": 3,
        "generate_audio": False,
    }
    assert full.completed(model) == full


@pytest.mark.parametrize(
    ("model", "surface", "audio"),
    [("veo-2.0-generate-001", AGENT_PLATFORM, False), ("veo-3.1-generate-preview", GEMINI_API, True)],
)
def test_sound_follows_the_model(model: str, surface: str, *, audio: bool) -> None:
    assert VideoRequest(model=model).completed(find(model, [surface])).generate_audio is audio


def test_a_rule_moves_the_default_length() -> None:
    model = replace(
        find("veo-3.1-generate-001", [AGENT_PLATFORM]),
        default_duration_s=4,
        constraints=({"if": {"resolution": "4k"}, "then": {"duration_s": [8]}},),
    )
    assert VideoRequest(resolution="4k").completed(model).duration_seconds == 8
    assert VideoRequest(resolution="720p").completed(model).duration_seconds == 4
    assert VideoRequest(resolution="4k", duration_seconds=6).completed(model).duration_seconds == 6


@pytest.mark.parametrize(
    ("said", "size"),
    [({}, (1280, 720)), ({"aspect_ratio": "9:16"}, (720, 1280)), ({"resolution": "4k"}, (3840, 2160))],
)
def test_the_picture_has_the_size_of_its_ratio_and_resolution(said: dict, size: tuple[int, int]) -> None:
    assert VideoRequest(**said).picture_size(find("veo-3.1-generate-001", [AGENT_PLATFORM])) == size


def test_clips_to_change_and_to_refer_to(tmp_path: Path) -> None:
    mine = Video(tmp_path / "a.mp4")
    built = VideoRequest.build("x", edit_from=mine, reference_video=b"abc")
    assert (built.edit_from, built.reference_videos) == (str(tmp_path / "a.mp4"), ("data:video/mp4;base64,YWJj",))
    several = VideoRequest.build("x", reference_videos=[mine, "gs://b/a.mp4", Path("b.mp4")])
    assert several.reference_videos == (str(tmp_path / "a.mp4"), "gs://b/a.mp4", "b.mp4")
    assert ("Video references", "clip (0 kB)") in built.settings()
    with pytest.raises(InvalidRequestError, match="edit_from: 7 is not a clip"):
        VideoRequest.build("x", edit_from=7)
    # A list is what the ledger's JSON gives back.
    assert VideoRequest("x", reference_videos=["a.mp4"]) == VideoRequest("x", reference_videos=("a.mp4",))


@pytest.mark.parametrize(
    ("given", "mode", "source"),
    [
        ({"edit_from": "v1_a", "reference_images": (FRAME,)}, "edit", "v1_a"),
        ({"upscale_from": "v1_b"}, "upscale", "v1_b"),
        ({"extend_from": "v1_c"}, "extension", "v1_c"),
        ({"reference_videos": ("a.mp4",), "first_frame": FRAME}, "reference", ""),
    ],
)
def test_what_is_changed_decides_the_mode(given: dict, mode: str, source: str) -> None:
    assert (VideoRequest(**given).mode, VideoRequest(**given).source) == (mode, source)


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({"edit_from": "v1_a"}, (None, None, None)),
        ({"upscale_from": "v1_a", "resolution": "4k"}, (None, "4k", None)),
        ({"extend_from": "v1_a"}, (None, None, 10)),
        ({"reference_videos": ("a.mp4",)}, ("16:9", "720p", 10)),
    ],
)
def test_what_the_source_decides_is_left_to_it(given: dict, filled: tuple) -> None:
    full = VideoRequest("x", **given).completed(find("gemini-omni-1.2-flash", [GEMINI_API]))
    assert (full.aspect_ratio, full.resolution, full.duration_seconds) == filled


def test_a_remix_is_an_edit_of_what_the_service_keeps() -> None:
    request = VideoRequest.build("Make it night", "sora-2", remix_from="video_1")
    assert (request.mode, request.source) == ("edit", "video_1")
    assert request.said() == {"prompt": "Make it night", "model": "sora-2", "remix_from": "video_1"}


def test_extras_keep_their_order_and_are_a_copy() -> None:
    given = {"z": [1], "a": {"b": 2}}
    request = VideoRequest.build("A cat", extra=given)
    given["z"].append(2)
    given["m"] = 3
    assert [*request.extra.items()] == [("z", [1]), ("a", {"b": 2})]
    assert ("a", '{"b": 2}') in request.settings()


def test_a_truth_is_no_number_in_extras() -> None:
    assert not VideoRequest.build("A cat", extra="a=1").asks_the_same(VideoRequest.build("A cat", extra="a=true"))
    assert VideoRequest.build("A cat", extra="a=1 ").asks_the_same(VideoRequest.build("A cat", extra={"a": 1}))


def test_a_model_of_sizes_makes_its_first_where_nothing_is_said() -> None:
    model = replace(unlisted("m", "openai", "openai_videos"), sizes=("832x480", "1280x720"))
    assert VideoRequest.build("A cat").completed(model).size == "832x480"
    assert VideoRequest.build("A cat").picture_size(model) == (832, 480)
    full = VideoRequest.build("A cat").completed(replace(model, default_size="1280x720"))
    assert (full.size, full.aspect_ratio, full.resolution) == (None, "16:9", "720p")
    assert VideoRequest.build("A cat", aspect_ratio="1:1").completed(model).size is None
