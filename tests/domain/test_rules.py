"""Every rule of the catalog, broken and kept."""

from __future__ import annotations

import pytest

from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, OPENAI, Model, find, models, unlisted
from veo_widgets.domain.errors import InvalidRequestError, RetiredModelError
from veo_widgets.domain.media import Image
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.rules import check, retired, violations

TODAY = "2026-11-22"
FRAME = Image(b"\x89PNG\r\n\x1a\n", name="a.png")
REMOTE = Image(uri="gs://b/a.png", name="gs://b/a.png")
VEO = ("veo-3.1-generate-001", AGENT_PLATFORM)
LITE = ("veo-3.1-lite-generate-001", AGENT_PLATFORM)
DEV = ("veo-3.1-generate-preview", GEMINI_API)
OLD = ("veo-3.0-generate-001", AGENT_PLATFORM)
TWO = ("veo-2.0-generate-001", GEMINI_API)
TWO_AP = ("veo-2.0-generate-001", AGENT_PLATFORM)
OMNI = ("gemini-omni-1.1-flash", GEMINI_API)


def broken(where: tuple[str, str], said: dict) -> list[InvalidRequestError]:
    model = find(where[0], [where[1]])
    return violations(VideoRequest(**{"prompt": "A cat", "allow_retired": True, **said}), model, TODAY)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (VEO, {}),
        (VEO, {"prompt": "", "first_frame": FRAME}),
        (VEO, {"prompt": "", "extend_from": "gs://b/a.mp4"}),
        (VEO, {"resolution": "4k", "duration_seconds": 8.0, "samples": 4, "seed": 0}),
        (VEO, {"resolution": "1080p"}),
        (VEO, {"generate_audio": False, "negative_prompt": "rain", "storage_uri": "gs://b/"}),
        (VEO, {"first_frame": REMOTE, "last_frame": FRAME}),
        (VEO, {"reference_images": (FRAME,) * 3}),
        (VEO, {"person_generation": "dont_allow"}),
        (VEO, {"extend_from": "gs://b/a.mp4", "resolution": "720p"}),
        (LITE, {"reference_images": (FRAME,)}),
        (DEV, {"person_generation": "allow_all", "generate_audio": True}),
        (DEV, {"person_generation": "allow_adult", "first_frame": FRAME}),
        (DEV, {"person_generation": "allow_adult"}),
        (TWO, {"samples": 2, "duration_seconds": 5.0, "generate_audio": False}),
        (TWO, {"person_generation": "dont_allow"}),
        (TWO_AP, {"duration_seconds": 7.0}),
        (OMNI, {"duration_seconds": 3.5, "resolution": "360p"}),
    ],
)
def test_what_the_catalog_allows_passes(where: tuple[str, str], said: dict) -> None:
    assert [str(error) for error in broken(where, said)] == []


@pytest.mark.parametrize(
    ("where", "said", "parameter", "allowed", "words"),
    [
        (VEO, {"prompt": ""}, "prompt", (), "needs a text"),
        (VEO, {"prompt": "", "reference_images": (FRAME,)}, "prompt", (), "needs a text"),
        (VEO, {"aspect_ratio": "1:1"}, "aspect_ratio", ("16:9", "9:16"), "is not a ratio of"),
        (VEO, {"resolution": "360p"}, "resolution", ("720p", "1080p", "4k"), "is not a resolution of"),
        (VEO, {"duration_seconds": 5.0}, "duration_seconds", ("4", "6", "8"), "5 is not a length of"),
        (VEO, {"duration_seconds": 7.5}, "duration_seconds", ("4", "6", "8"), "7.5 is not a length of"),
        (OMNI, {"duration_seconds": 2.9}, "duration_seconds", ("3 to 10 s",), "is not a length of"),
        (OMNI, {"duration_seconds": 11.0}, "duration_seconds", ("3 to 10 s",), "is not a length of"),
        (VEO, {"samples": 5}, "samples", ("1", "2", "3", "4"), "at most 4"),
        (DEV, {"samples": 2}, "samples", ("1",), "the Gemini Developer API makes at most 1"),
        (DEV, {"seed": 0}, "seed", (), "takes no seed"),
        (OMNI, {"negative_prompt": "rain"}, "negative_prompt", (), "cannot be sent"),
        (DEV, {"generate_audio": False}, "generate_audio", ("true",), "always makes sound"),
        (TWO, {"generate_audio": True}, "generate_audio", ("false",), "makes no sound"),
        (DEV, {"storage_uri": "gs://b/"}, "storage_uri", (), "does not write to buckets"),
        (OLD, {"first_frame": FRAME, "last_frame": FRAME}, "last_frame", (), "takes none"),
        (OLD, {"reference_images": (FRAME,)}, "reference_images", ("at most 0",), "too many"),
        (VEO, {"reference_images": (FRAME,) * 4}, "reference_images", ("at most 3",), "4 images are too many"),
        (OLD, {"extend_from": "gs://b/a.mp4"}, "extend_from", (), "extends no clips"),
        (DEV, {"first_frame": REMOTE}, "first_frame", (), "takes bytes"),
        (DEV, {"first_frame": FRAME, "last_frame": REMOTE}, "last_frame", (), "takes bytes"),
        (DEV, {"reference_images": (FRAME, REMOTE)}, "reference_images", (), "takes bytes"),
        (
            DEV,
            {"person_generation": "dont_allow"},
            "person_generation",
            ("allow_all", "allow_adult"),
            "for text to video",
        ),
        (
            DEV,
            {"person_generation": "allow_all", "first_frame": FRAME},
            "person_generation",
            ("allow_adult",),
            "for image to video",
        ),
        (OMNI, {"person_generation": "allow_all"}, "person_generation", (), "has no such setting"),
        (VEO, {"resolution": "1080p", "duration_seconds": 4.0}, "duration_seconds", ("8",), "when resolution is 1080p"),
        (VEO, {"resolution": "4k", "duration_seconds": 6.0}, "duration_seconds", ("8",), "when resolution is 4k"),
        (VEO, {"last_frame": FRAME}, "first_frame", (), "is needed when a last frame is given"),
        (
            VEO,
            {"reference_images": (FRAME,), "duration_seconds": 4.0},
            "duration_seconds",
            ("8",),
            "when reference images are given",
        ),
        (VEO, {"reference_images": (FRAME,), "first_frame": FRAME}, "first_frame", (), "leave one of the two out"),
        (VEO, {"reference_images": (FRAME,), "extend_from": "gs://b/a"}, "extend_from", (), "leave one of the two out"),
        (VEO, {"extend_from": "gs://b/a.mp4", "resolution": "1080p"}, "resolution", ("720p",), "this is an extension"),
    ],
)
def test_each_broken_rule_names_parameter_value_and_what_is_allowed(
    where: tuple[str, str], said: dict, parameter: str, allowed: tuple[str, ...], words: str
) -> None:
    found = broken(where, said)
    assert [error.parameter for error in found] == [parameter]
    assert found[0].allowed == allowed
    assert str(found[0]).startswith(f"{parameter}: ")
    assert words in str(found[0])
    for value in allowed:
        assert value in str(found[0])


def test_every_broken_rule_is_listed_and_check_raises_the_first() -> None:
    said = {"prompt": "", "resolution": "360p", "samples": 9, "last_frame": FRAME}
    found = broken(VEO, said)
    assert [error.parameter for error in found] == ["prompt", "resolution", "samples", "first_frame"]
    with pytest.raises(InvalidRequestError) as caught:
        check(VideoRequest(**said), find(VEO[0], [VEO[1]]), TODAY)
    assert str(caught.value) == str(found[0])


def test_a_typing_error_is_answered_with_the_nearest_value() -> None:
    assert "Did you mean '1080p'?" in str(broken(VEO, {"resolution": "1080"})[0])


def test_a_retired_model_is_refused_with_date_source_and_replacement_unless_insisted_on() -> None:
    model = find("veo-3.1-generate-preview", [GEMINI_API])
    request = VideoRequest("A cat", model.id)
    with pytest.raises(RetiredModelError) as caught:
        check(request, model, TODAY)
    for words in ("2026-10-22", "deprecation", "Use gemini-omni-1.2-flash instead", "allow_retired=True"):
        assert words in str(caught.value)
    assert caught.value.allowed == ("gemini-omni-1.2-flash",)
    check(VideoRequest("A cat", model.id, allow_retired=True), model, TODAY)


def test_a_model_without_a_replacement_says_so() -> None:
    assert "There is no replacement." in str(retired(find("veo-2.0-generate-001", [GEMINI_API])))


@pytest.mark.parametrize("model", [model for model in models() if model.is_retired(TODAY)], ids=lambda m: m.id)
def test_every_retired_model_can_say_when_and_by_whom(model: Model) -> None:
    text = str(retired(model))
    assert any(f"(source: {source})" in text for source in model.source)
    assert model.shut_down is None or model.shut_down in text


@pytest.mark.parametrize("model", models(), ids=lambda m: f"{m.id}@{m.surface}")
def test_every_models_own_defaults_keep_its_rules(model: Model) -> None:
    request = VideoRequest("A cat", model.id, allow_retired=True)
    assert [str(error) for error in violations(request, model, TODAY)] == []
    assert [str(error) for error in violations(request.completed(model), model, TODAY)] == []


@pytest.mark.parametrize("model", models(), ids=lambda m: f"{m.id}@{m.surface}")
def test_completing_never_breaks_a_rule_that_was_kept(model: Model) -> None:
    for resolution in model.resolutions:
        for extra in ({}, {"reference_images": (FRAME,)}, {"first_frame": FRAME, "last_frame": FRAME}):
            request = VideoRequest("A cat", model.id, resolution=resolution, allow_retired=True, **extra)
            if not violations(request, model, TODAY):
                assert violations(request.completed(model), model, TODAY) == []


LATER = ("gemini-omni-1.2-flash", GEMINI_API)
SORA = ("sora-2", OPENAI)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (OMNI, {"edit_from": "v1_a"}),
        (OMNI, {"extend_from": "v1_a", "duration_seconds": 10.0}),
        (OMNI, {"reference_videos": ("a.mp4",) * 3}),
        (LATER, {"prompt": "", "upscale_from": "v1_a", "resolution": "1080p"}),
        (LATER, {"duration_seconds": 15.0}),
        (SORA, {"edit_from": "video_1"}),
    ],
)
def test_a_clip_may_be_changed_where_the_model_can(where: tuple[str, str], said: dict) -> None:
    assert [str(error) for error in broken(where, said)] == []


@pytest.mark.parametrize(
    ("where", "said", "parameter", "words"),
    [
        (VEO, {"edit_from": "gs://b/a.mp4"}, "edit_from", "edits no clips"),
        (VEO, {"upscale_from": "gs://b/a.mp4"}, "upscale_from", "does not upscale"),
        (OMNI, {"upscale_from": "v1_a", "resolution": "1080p"}, "upscale_from", "does not upscale"),
        (LATER, {"upscale_from": "v1_a"}, "resolution", "none given, but one is needed"),
        (LATER, {"upscale_from": "v1_a", "resolution": "360p"}, "resolution", "allowed: 1080p, 4k, 720p"),
        (LATER, {"extend_from": "v1_a", "duration_seconds": 12.0}, "duration_seconds", "allowed: 3 to 10 s"),
        (LATER, {"edit_from": "v1_a", "extend_from": "v1_a"}, "extend_from", "together with edit_from"),
        (LATER, {"prompt": "", "edit_from": "v1_a"}, "prompt", "needs a text"),
        (OMNI, {"reference_videos": ("a.mp4",) * 4}, "reference_videos", "allowed: at most 3"),
        (VEO, {"reference_videos": ("a.mp4",)}, "reference_videos", "clips are too many"),
        (OMNI, {"extend_from": "v1_a", "reference_videos": ("a.mp4",)}, "reference_videos", "leave one of the two out"),
    ],
)
def test_a_clip_is_not_changed_where_the_model_cannot(
    where: tuple[str, str], said: dict, parameter: str, words: str
) -> None:
    found = broken(where, said)
    assert [error.parameter for error in found] == [parameter]
    assert words in str(found[0])


def test_a_model_that_the_catalog_does_not_list_has_no_limits_but_those_of_sense() -> None:
    model = unlisted("veo-3", "litellm", "openai_videos")
    anything = VideoRequest("A cat", "veo-3", resolution="4k", duration_seconds=77.0, samples=9, seed=1)
    assert violations(anything, model, TODAY) == []
    assert [error.parameter for error in violations(VideoRequest("", "veo-3"), model, TODAY)] == ["prompt"]
