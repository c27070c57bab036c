"""What OpenRouter's list says of lengths, shapes and prices; the entries are like those of its list in autumn 2026."""

from __future__ import annotations

from typing import Any

import pytest

from veo_widgets.domain.catalog import OPENAI, Model
from veo_widgets.domain.media import Image
from veo_widgets.domain.pricing import estimate
from veo_widgets.domain.request import VideoRequest
from veo_widgets.domain.rules import violations
from veo_widgets.providers.registry import PROVIDERS
from veo_widgets.providers.wires import Reply
from veo_widgets.providers.wires.described_models import described

FRAME = Image(b"\x89PNG\r\n\x1a\n", "image/png", "cat.png")
ENTRY: dict[str, Any] = {
    "id": "google/veo-3.1-fast",
    "supported_resolutions": ["1080p", "720p", "4K"],
    "supported_aspect_ratios": ["9:16", "16:9"],
    "supported_sizes": ["1280x720"],
    "supported_durations": [8, 4, 6],
    "supported_frame_images": ["first_frame", "last_frame"],
    "generate_audio": True,
    "seed": True,
    "pricing_skus": {
        "duration_seconds_with_audio": "0.12",
        "duration_seconds_with_audio_4k": "0.30",
        "duration_seconds_with_audio_720p": "0.10",
        "duration_seconds_without_audio_720p": "0.08",
    },
}


def read(*entries: Any) -> tuple[Model, ...]:
    return described(Reply(200, {"data": list(entries)}), PROVIDERS["openrouter"])


def one(**said: Any) -> Model:
    (model,) = read({**ENTRY, **said})
    return model


def price(model: Model, **said: Any) -> float | None:
    return estimate(VideoRequest("A cat", model.id, **said), model).usd


def faults(model: Model, **said: Any) -> list[str]:
    return [str(error) for error in violations(VideoRequest("A cat", model.id, **said), model, "2026-11-30")]


def test_lengths_and_shapes_are_the_models_and_their_defaults_are_known() -> None:
    model = one()
    full = VideoRequest("A cat", model.id).completed(model)
    assert (model.surface, model.api, model.is_offered) == (OPENAI, "openai_videos", True)
    assert (full.duration_seconds, full.aspect_ratio, full.resolution) == (4, "16:9", "720p")
    assert faults(model, duration_seconds=5.0) == [
        "duration_seconds: 5 is not a length of google/veo-3.1-fast; allowed: 4, 6, 8."
    ]
    assert faults(model, negative_prompt="rain") == [
        "negative_prompt: 'rain' cannot be sent; google/veo-3.1-fast takes none."
    ]
    assert faults(model, aspect_ratio="1:1", samples=2, extend_from="cat.mp4") != []
    assert faults(model, resolution="4k", duration_seconds=8.0, first_frame=FRAME, last_frame=FRAME, seed=1) == []


def test_what_is_not_said_is_not_refused() -> None:
    names = [name for name in ENTRY if name not in {"id", "supported_durations"}]
    model = one(**dict.fromkeys(names), supported_durations=None)
    said = {"duration_seconds": 7.0, "resolution": "2k", "aspect_ratio": "5:4", "seed": 1, "last_frame": FRAME}
    assert faults(model, **said, first_frame=FRAME, generate_audio=False) == []
    assert price(model, **said) is None


@pytest.mark.parametrize(
    ("skus", "said", "usd"),
    [
        (ENTRY["pricing_skus"], {}, 0.40),
        # The most of what sound makes of it.
        (ENTRY["pricing_skus"], {"generate_audio": False}, 0.40),
        (ENTRY["pricing_skus"], {"resolution": "1080p", "duration_seconds": 8.0}, 0.96),
        (ENTRY["pricing_skus"], {"resolution": "4k"}, 1.20),
        ({"cents_per_second_output": "12"}, {}, 0.48),
        ({"cents_per_second_output_720p": "17", "cents_per_second_output_1080p": "29"}, {"resolution": "1080p"}, 1.16),
        ({"cents_per_video_output_second_720p": "3"}, {}, 0.12),
        ({"cents_per_video_output_second_720p_with_audio": "10"}, {}, 0.40),
        ({"cents_per_video_output_second_720p": "3"}, {"resolution": "4k"}, None),
        ({"per-video-second": "0.50", "per-video-second-1080p": "0.75"}, {"resolution": "1080p"}, 3.0),
        (
            {"text_to_video_duration_seconds_720p": "0.08", "image_to_video_duration_seconds_720p": "0.10"},
            {},
            0.40,
        ),
        ({"duration_seconds": 0.13}, {}, 0.52),
        ({"duration_seconds": "0.13", "reference_images": "0.04"}, {}, 0.52),
        ({"duration_seconds": "0.13", "reference_images": "0.04"}, {"first_frame": FRAME}, None),
        ({"cents_per_second_output": "3", "cents_per_image_input": "1"}, {"reference_images": (FRAME,)}, None),
        ({"cents_per_second_output": "28", "minimum_cents_per_generation": "56"}, {}, 1.12),
        # The shortest clip would cost more than its seconds.
        ({"cents_per_second_output": "28", "minimum_cents_per_generation": "150"}, {"duration_seconds": 8.0}, None),
        # Clips cannot be handed in.
        ({"duration_seconds": "0.1", "cents_per_second_video_continuation_720p": "41"}, {}, 0.40),
        ({"video_tokens": "0.000007"}, {}, None),
        ({"duration_seconds": "0.1", "video_tokens": "0.000007"}, {}, None),
        ({"duration_seconds": "0.1", "per_megapixel": "3"}, {}, None),
        ({"duration_seconds": "0.1", "": ""}, {}, None),
        ({"duration_seconds": "nan"}, {}, None),
        ({"duration_seconds": "-1"}, {}, None),
        ({"duration_seconds": True}, {}, None),
        ({"duration_seconds": "1e999"}, {}, None),
        ({}, {}, None),
        (None, {}, None),
        ("0.1", {}, None),
    ],
)
def test_a_price_is_reckoned_where_every_part_of_it_is_understood(skus: Any, said: dict[str, Any], usd: float) -> None:
    assert price(one(pricing_skus=skus), **said) == (None if usd is None else pytest.approx(usd))


def test_a_price_is_an_estimate_and_says_what_is_booked() -> None:
    cost = estimate(VideoRequest("A cat"), one())
    assert cost.note == "estimate by the service's own list; what it has charged is booked"
    assert price(one(pricing_skus={"duration_seconds": "0"})) == 0


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "veo",
        {},
        {**ENTRY, "id": None},
        {**ENTRY, "id": "two\nlines"},
        {"id": "text-model", "context_length": 1},
    ],
)
def test_what_describes_no_model_is_left_out(entry: Any) -> None:
    assert [model.id for model in read(entry, ENTRY)] == [ENTRY["id"]]
    assert read(entry, entry) == ()


def test_values_that_are_none_are_left_out() -> None:
    model = one(
        supported_durations=[True, -1, "8", 5, None],
        supported_resolutions=["<b>", 720, "720p", "720P"],
        supported_aspect_ratios=["16:9", "wide"],
        supported_frame_images=["first_frame", None],
    )
    assert (model.durations_s, model.resolutions, model.aspect_ratios) == ((5,), ("720p",), ("16:9",))
    assert (model.image_to_video, model.last_frame) == (True, False)
    assert one(supported_frame_images=[]).image_to_video is False
    assert read({**ENTRY, "supported_durations": 8}, ENTRY)[0].durations_s == ()
