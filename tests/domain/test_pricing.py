"""Prices by model, resolution, length and number of clips, and what is said of their doubts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, Model, find, own_models_in
from veo_widgets.domain.pricing import Cost, Usage, estimate, settled
from veo_widgets.domain.request import VideoRequest

VEO, FAST, LITE = "veo-3.1-generate-001", "veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001"


@pytest.mark.parametrize(
    ("model_id", "surface", "said", "usd", "seconds", "samples"),
    [
        (VEO, AGENT_PLATFORM, {}, 3.2, 8, 1),
        (VEO, AGENT_PLATFORM, {"resolution": "4k"}, 4.8, 8, 1),
        (VEO, AGENT_PLATFORM, {"duration_seconds": 4.0, "samples": 4}, 6.4, 4, 4),
        (FAST, AGENT_PLATFORM, {"resolution": "1080p"}, 0.96, 8, 1),
        (FAST, AGENT_PLATFORM, {"duration_seconds": 6.0, "samples": 2}, 1.2, 6, 2),
        (LITE, AGENT_PLATFORM, {}, 0.4, 8, 1),
        (VEO, AGENT_PLATFORM, {"extend_from": "gs://b/a.mp4", "duration_seconds": 8.0}, 2.8, 7, 1),
        ("veo-2.0-generate-001", AGENT_PLATFORM, {"duration_seconds": 5.0}, 2.5, 5, 1),
        ("gemini-omni-1.1-flash", GEMINI_API, {"duration_seconds": 3.0}, 0.3042, 3, 1),
        ("gemini-omni-1.1-flash", GEMINI_API, {"duration_seconds": 3.0, "extend_from": "x"}, 0.3042, 3, 1),
    ],
)
def test_seconds_times_rate_times_clips(
    model_id: str, surface: str, said: dict, usd: float, seconds: float, samples: int
) -> None:
    cost = estimate(VideoRequest("A cat", model_id, **said), find(model_id, [surface]))
    assert (cost.usd, cost.seconds, cost.samples) == (pytest.approx(usd, abs=1e-9), seconds, samples)


def test_what_is_priced_is_what_is_completed() -> None:
    model = find(VEO, [AGENT_PLATFORM])
    request = VideoRequest("A cat", VEO, resolution="4k")
    assert estimate(request, model) == estimate(request.completed(model), model)


@pytest.mark.parametrize("rates", [{}, {"720p": 0.1}])
def test_a_rate_that_is_not_published_is_unknown_and_never_zero(rates: dict[str, float]) -> None:
    model = replace(find(VEO, [AGENT_PLATFORM]), usd_per_second=rates)
    cost = estimate(VideoRequest("A cat", VEO, resolution="4k", samples=2), model)
    assert cost == Cost(None, f"no rate is published for 4k of {VEO}", 8.0, 2)
    assert cost.text == "price unknown"


@pytest.mark.parametrize(
    ("audio", "doubts", "note"),
    [
        (None, (), ""),
        (True, (), ""),
        (False, (), "at most; the rate without sound is not published"),
        (None, ("usd_per_second (one source)",), "estimate; the rate is unconfirmed"),
        (
            False,
            ("usd_per_second",),
            "at most; the rate without sound is not published; estimate; the rate is unconfirmed",
        ),
        (None, ("seed",), ""),
    ],
)
def test_doubts_are_named(audio: bool | None, doubts: tuple[str, ...], note: str) -> None:
    model = replace(find(VEO, [AGENT_PLATFORM]), unconfirmed=doubts)
    cost = estimate(VideoRequest("A cat", VEO, generate_audio=audio), model)
    assert cost.note == note
    assert str(cost) == (f"$3.20 ({note})" if note else "$3.20")


@pytest.mark.parametrize(
    ("usd", "text"),
    [(None, "price unknown"), (0.0, "free"), (0.0042, "$0.0042"), (0.01, "$0.01"), (0.8, "$0.80"), (12.345, "$12.35")],
)
def test_amounts_for_people(usd: float | None, text: str) -> None:
    assert Cost(usd).text == text


def test_a_cost_survives_the_ledger() -> None:
    cost = Cost(0.4, "a note", 4.0, 2)
    assert Cost(**cost.to_json()) == cost


OMNI, LATER = "gemini-omni-1.1-flash", "gemini-omni-1.2-flash"


def test_tokens_make_the_final_price() -> None:
    expected = Cost(0.81, "estimate", 8, 1)
    # 8 s at 720p are 46,336 tokens: wire reference, section 7.
    usage = Usage(input=1000, text=200, video=46336)
    usd = (1000 * 1.5 + 200 * 9 + 46336 * 17.5) / 1e6
    assert settled(expected, usage, find(OMNI, [GEMINI_API])) == Cost(pytest.approx(usd), "", 8, 1)
    doubtful = settled(expected, usage, find(LATER, [GEMINI_API]))
    assert doubtful.usd == pytest.approx((1000 * 1.5 + 200 * 9 + 46336 * 12) / 1e6)
    assert doubtful.note == "the rate for tokens is unconfirmed"


@pytest.mark.parametrize(
    ("model_id", "surface", "usage"),
    [
        (OMNI, GEMINI_API, None),
        (OMNI, GEMINI_API, Usage(input=10, text=10)),
        (VEO, AGENT_PLATFORM, Usage(input=10, text=10, video=10)),
    ],
)
def test_without_tokens_or_their_price_the_estimate_stays(model_id: str, surface: str, usage: Usage | None) -> None:
    expected = Cost(0.81, "estimate", 8, 1)
    assert settled(expected, usage, find(model_id, [surface])) is expected


@pytest.mark.parametrize(
    ("said", "usd"),
    [
        ({"edit_from": "v1_a"}, 0.695),
        ({"edit_from": "v1_a", "duration_seconds": 5.0}, 0.3475),
        ({"upscale_from": "v1_a", "resolution": "1080p"}, 5792 * 12e-6 * 10),
        ({"upscale_from": "v1_a", "resolution": "4k", "duration_seconds": 4.0}, 11584 * 12e-6 * 4),
        ({"extend_from": "v1_a", "duration_seconds": 4.0}, 0.278),
    ],
)
def test_a_clip_that_is_there_already_decides_the_length(said: dict, usd: float) -> None:
    cost = estimate(VideoRequest("Make it night", LATER, **said), find(LATER, [GEMINI_API]))
    assert cost.usd == pytest.approx(usd)
    assert ("the length of the source decides" in cost.note) is (
        "extend_from" not in said and len(said) < 3 and "duration_seconds" not in said
    )


def own(**described: Any) -> Model:
    (model,) = own_models_in([{"id": "studio/wan", **described}], "a test")
    return model


@pytest.mark.parametrize(
    ("described", "said", "cost"),
    [
        ({"price": 0}, {}, Cost(0.0, "", 0.0, 1)),
        ({"price": 0, "durations_s": [3, 5]}, {"samples": 4}, Cost(0.0, "", 3.0, 4)),
        ({"price": {"per_second": 0}}, {"extra": {"steps": 30}}, Cost(0.0, "", 0.0, 1)),
        ({"price": {"per_second": 0.05}}, {"duration_seconds": 5.0, "samples": 2}, Cost(0.5, "", 5.0, 2)),
        ({"price": {"per_second": 0.05}, "durations_s": [3, 5]}, {}, Cost(0.15, "", 3.0, 1)),
        ({"price": {"per_clip": 0.4}}, {"duration_seconds": 5.0, "samples": 2}, Cost(0.8, "", 0.0, 2)),
        ({"price": {"per_clip": 0.1, "per_second": 0.02}}, {"duration_seconds": 5.0}, Cost(0.2, "", 5.0, 1)),
        (
            {"usd_per_second": {"480p": 0.02, "720p": 0.05}, "resolutions": ["480p", "720p"]},
            {"duration_seconds": 4.0, "resolution": "720p"},
            Cost(0.2, "", 4.0, 1),
        ),
        # A size says the lines by itself, and must not be priced as the default.
        (
            {"usd_per_second": {"480p": 0.02, "720p": 0.05}, "resolutions": ["480p", "720p"], "durations_s": [4]},
            {"size": "960x720"},
            Cost(0.2, "", 4.0, 1),
        ),
        (
            {"usd_per_second": {"480p": 0.02, "720p": 0.05}, "resolutions": ["480p", "720p"], "durations_s": [4]},
            {"size": "1920x1440"},
            Cost(None, "no rate is published for studio/wan", 4.0, 1),
        ),
        (
            {
                "usd_per_second": {"480p": 0.02, "720p": 0.05},
                "resolutions": ["480p", "720p"],
                "default_resolution": "480p",
                "sizes": ["960x720", "832x480"],
                "durations_s": [4],
            },
            {},
            Cost(0.2, "", 4.0, 1),
        ),
        ({}, {"duration_seconds": 5.0}, Cost(None, "no rate is published for studio/wan", 5.0, 1)),
        ({"price": {"per_second": 0.05}}, {}, Cost(None, "the length of a clip of studio/wan is unknown", 0.0, 1)),
        (
            {"price": {"per_clip": 0.4}},
            {"extra": {"steps": 30}},
            Cost(None, "what 'steps' costs is unknown", 0.0, 1),
        ),
        (
            {"price": {"per_clip": 0.4}, "extra": [{"name": "steps", "kind": "integer"}]},
            {"extra": {"lora": "oil", "step": 30}},
            Cost(None, "what 'step' and 1 more cost is unknown; did you mean 'steps'?", 0.0, 1),
        ),
        (
            {"price": {"per_clip": 0.4}, "extra": [{"name": "steps", "kind": "integer"}]},
            {"extra": {"steps": 30, "step": 30}},
            Cost(None, "what 'step' costs is unknown", 0.0, 1),
        ),
        (
            {"price": {"per_clip": 0.4}, "extra": [{"name": "steps", "kind": "integer"}]},
            {"extra": {"steps": 30}},
            Cost(0.4, "", 0.0, 1),
        ),
    ],
)
def test_a_model_of_ones_own_costs_what_was_said(described: dict, said: dict, cost: Cost) -> None:
    assert estimate(VideoRequest("A cat", "studio/wan", **said), own(**described)) == cost


def test_free_is_a_price_and_nothing_charged_is_another() -> None:
    assert estimate(VideoRequest("A cat"), own(price=0)).is_free
    assert not Cost(0.0, "nothing is charged without a clip").is_free
    assert str(Cost(0.0, "nothing is charged without a clip")) == "$0.00 (nothing is charged without a clip)"
    assert str(Cost(0.0)) == "free"
    assert not Cost(None).is_free


def test_a_parameter_that_a_listed_model_does_not_describe_has_no_price() -> None:
    cost = estimate(VideoRequest("A cat", VEO, extra={"parameters.style": "noir"}), find(VEO, [AGENT_PLATFORM]))
    assert (cost.usd, cost.note) == (None, "what 'parameters.style' costs is unknown")
