"""Which way a request takes through a proxy, and what a plan says of it."""

from __future__ import annotations

import pytest

from veo_widgets.config import Settings
from veo_widgets.errors import ConfigError
from veo_widgets.media import Image
from veo_widgets.planning import Plan, make_plan
from veo_widgets.providers import LITELLM, LITELLM_GEMINI

FRAME = Image(b"\x89PNG\r\n\x1a\n!")
FILE = "https://generativelanguage.googleapis.com/v1beta/files/a:download?alt=media"
VEO, UNKNOWN = "veo-3.1-fast-generate-001", "veo-3"


def plan(model: str, provider: str = "litellm", prompt: str = "A cat", **values: object) -> Plan:
    values = {"provider": provider, "model": model, **values}
    return make_plan(prompt, values, settings=Settings(), today="2026-11-22", environ={})


@pytest.mark.parametrize("model", [VEO, UNKNOWN, "litellm_proxy/team/veo"])
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
    ],
)
def test_the_pass_through_is_taken_for_what_the_unified_route_loses(model: str, said: dict, *, through: bool) -> None:
    made = plan(model, **said)
    expected = ("predictLongRunning", LITELLM_GEMINI) if through else ("openai_videos", LITELLM)
    assert (made.wire.name, made.model.surface) == expected
    if model != VEO:
        assert made.violations == ()


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
