"""Which way a request takes through a proxy, and what a plan says of it."""

from __future__ import annotations

import pytest

from veo_widgets.client.plan import Plan, make_plan
from veo_widgets.config.accounts import Settings
from veo_widgets.domain.errors import ConfigError
from veo_widgets.domain.media import Image
from veo_widgets.providers.registry import LITELLM, LITELLM_GEMINI

FRAME = Image(b"\x89PNG\r\n\x1a\n!")
FILE = "https://generativelanguage.googleapis.com/v1beta/files/a:download?alt=media"
VEO, UNKNOWN = "veo-3.1-fast-generate-001", "veo-3"


def plan(model: str, provider: str = "litellm", prompt: str = "A cat", **values: object) -> Plan:
    values = {"provider": provider, "model": model, **values}
    return make_plan(prompt, values, settings=Settings(), today="2026-11-22", environ={})


@pytest.mark.parametrize(
    ("said", "through"),
    [
        ({}, False),
        ({"seconds": 8, "size": "720x1280", "first_frame": FRAME}, False),
        ({"resolution": "1080p", "seconds": 8}, False),
        ({"samples": 1}, False),
        ({"edit_from": "video_1"}, False),
        ({"extend_from": "video_1"}, False),
        ({"first_frame": FRAME, "last_frame": FRAME}, True),
        ({"reference_images": [FRAME], "seconds": 8}, True),
        ({"seed": 0}, True),
        ({"samples": 2}, True),
        ({"negative_prompt": "rain"}, True),
        ({"person_generation": "allow_adult"}, True),
        ({"resolution": "4k", "seconds": 8}, True),
        ({"extend_from": FILE}, True),
        ({"extra": {"resizeMode": "pad"}}, True),
    ],
)
def test_the_pass_through_is_taken_for_what_the_unified_route_loses(said: dict, *, through: bool) -> None:
    made = plan(VEO, **said)
    expected = ("predictLongRunning", LITELLM_GEMINI) if through else ("openai_videos", LITELLM)
    assert (made.wire.name, made.model.surface) == expected


# The pass-through leads to Google, who would answer 404 to a name of the operator's.
@pytest.mark.parametrize("model", [UNKNOWN, "litellm_proxy/team/veo"])
@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({}, ""),
        ({"seconds": 8, "size": "720x1280", "first_frame": FRAME}, ""),
        ({"resolution": "4k", "seconds": 8}, ""),
        ({"samples": 1}, ""),
        ({"edit_from": "video_1"}, ""),
        ({"extend_from": "video_1"}, ""),
        ({"first_frame": FRAME, "last_frame": FRAME}, "last_frame"),
        ({"reference_images": [FRAME], "seconds": 8}, "reference_images"),
        ({"seed": 0}, "seed"),
        ({"samples": 2}, "samples"),
        ({"negative_prompt": "rain"}, "negative_prompt"),
        ({"person_generation": "allow_adult"}, "person_generation"),
        ({"resolution": "4k", "aspect_ratio": "9:16", "seconds": 8}, "resolution"),
        ({"extend_from": FILE}, "extend_from"),
    ],
)
def test_a_name_of_the_operator_s_is_never_sent_to_google(model: str, said: dict, refused: str) -> None:
    made = plan(model, **said)
    assert (made.wire.name, made.model.surface) == ("openai_videos", LITELLM)
    assert [error.parameter for error in made.violations] == ([refused] if refused else [])


def test_what_only_google_s_own_names_can_have_is_said_so() -> None:
    (error,) = plan(UNKNOWN, seed=7).violations
    assert (error.parameter, error.value) == ("seed", 7)
    assert str(error).startswith("seed: cannot be sent for 'veo-3', a name that only the proxy's operator knows")
    assert "Google" in str(error)
    # The pass-through does not carry this, so one of Google's names would not help.
    (other,) = plan(UNKNOWN, generate_audio=False).violations
    assert str(other).startswith("generate_audio: cannot be sent for 'veo-3'")
    assert "Google" not in str(other)


def test_omni_has_its_own_wire_behind_a_proxy() -> None:
    made = plan("gemini-omni-1.1-flash", reference_images=[FRAME])
    assert (made.wire.name, made.model.surface, made.violations) == ("interactions", LITELLM_GEMINI, ())


def test_a_known_name_has_its_price_and_an_unknown_one_has_none() -> None:
    assert plan(VEO, seconds=4).cost.usd == pytest.approx(0.4)
    unknown = plan(UNKNOWN, seconds=4)
    assert (unknown.cost.usd, unknown.cost.seconds) == (None, 4)
    assert unknown.cost.note == "no rate is published for veo-3"
    assert plan(UNKNOWN).full.duration_seconds is None


@pytest.mark.parametrize(
    ("model", "provider", "said", "refused"),
    [
        (VEO, "litellm", {"generate_audio": False}, ["generate_audio"]),
        (VEO, "litellm", {"storage_uri": "gs://b/"}, ["storage_uri"]),
        (VEO, "litellm", {"reference_videos": ["a.mp4"]}, ["reference_videos"]),
        (UNKNOWN, "litellm", {"generate_audio": False}, ["generate_audio"]),
        (UNKNOWN, "openai", {"seed": 1, "samples": 3}, ["samples", "seed"]),
        (UNKNOWN, "azure", {"last_frame": FRAME}, ["last_frame"]),
        ("gemini-omni-1.1-flash", "gemini", {"negative_prompt": "rain"}, ["negative_prompt"]),
        (VEO, "agent_platform", {"edit_from": "x"}, ["edit_from"]),
    ],
)
def test_what_cannot_be_carried_is_a_violation_told_once(
    model: str, provider: str, said: dict, refused: list[str]
) -> None:
    assert [error.parameter for error in plan(model, provider, **said).violations] == refused


def test_a_proxy_has_no_default_model() -> None:
    with pytest.raises(ConfigError, match="no model was named"):
        plan("")


def test_a_retired_model_is_refused_at_a_proxy_too() -> None:
    assert "allow_retired" in str(plan("veo-3.1-generate-preview").violations[0])
    assert plan("veo-3.1-generate-preview", allow_retired=True).violations == ()


def test_a_plan_reads_as_what_is_sent_where_for_how_much_and_why_not() -> None:
    said = repr(plan(VEO, "emulator", seconds=4))
    assert said == (
        "'A cat': veo-3.1-fast-generate-001 at Emulator · Ratio 16:9 · Resolution 720p · Length 4 s · Clips 1 · "
        "Sound on · $0.40"
    )
    broken = plan(VEO, "emulator", seconds=5)
    assert repr(broken).splitlines()[1:] == [f"It would not be sent: {broken.violations[0]}"]
