"""The catalog: whole, consistent, and found by id and surface."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from veo_widgets.domain import catalog
from veo_widgets.domain.catalog import AGENT_PLATFORM, GEMINI_API, Model, TypicalSeconds, find, models
from veo_widgets.domain.errors import UnknownModelError
from veo_widgets.domain.params import ALIASES, BY_NAME, PARAMS
from veo_widgets.domain.request import VideoRequest
from veo_widgets.providers.model_table import model_table

EVERY = pytest.mark.parametrize("model", models(), ids=lambda m: f"{m.id}@{m.surface}")
CONDITIONS = {"resolution", "mode", "has_last_frame", "has_reference_images", "has_reference_videos"}
CONSEQUENCES = {
    "duration_s",
    "resolution",
    "max_samples",
    "require",
    "forbid",
    "reference_video_max_s",
    "source_video_s",
    "source_video_max_s",
    "source_to_target",
}


def test_each_model_stands_once_on_each_surface() -> None:
    places = [(model.id, model.surface) for model in models()]
    assert len(places) == len(set(places)) == 28


@EVERY
def test_an_entry_is_consistent_with_itself(model: Model) -> None:
    assert model.default_duration_s in model.durations_s
    assert list(model.durations_s) == sorted(model.durations_s)
    assert model.default_resolution in model.resolutions
    assert model.default_aspect_ratio in model.aspect_ratios
    assert model.max_samples >= 1
    assert set(model.usd_per_second) <= set(model.resolutions)
    assert all(rate > 0 for rate in model.usd_per_second.values())
    assert 0 < model.typical_seconds.low < model.typical_seconds.likely < model.typical_seconds.high
    assert model.typical_seconds.source
    assert model.source


@EVERY
def test_dates_are_dates(model: Model) -> None:
    assert date.fromisoformat(model.checked_on) >= date(2026, 11, 29)
    for day in (model.released, model.shut_down):
        assert day is None or date.fromisoformat(day)


@EVERY
def test_every_rule_is_one_that_can_be_checked(model: Model) -> None:
    for rule in model.constraints:
        assert set(rule["if"]) <= CONDITIONS
        assert set(rule["then"]) <= CONSEQUENCES
        assert rule["if"]
        assert rule["then"]


def test_nothing_of_the_file_is_lost() -> None:
    entries = json.loads(Path(catalog.__file__).with_name("catalog.json").read_text("utf-8"))["models"]
    pairs = [(entry, surface) for entry in entries for surface in entry["surfaces"]]
    for model, (entry, surface) in zip(models(), pairs, strict=True):
        assert model.surface == surface
        for key, value in entry.items():
            kept = getattr(model, key, model.more.get(key))
            if key == "typical_seconds":
                assert kept == TypicalSeconds(**value)
            else:
                assert kept == (tuple(value) if isinstance(value, list) and key not in model.more else value)


@pytest.mark.parametrize(
    ("model_id", "surfaces", "surface", "samples"),
    [
        ("veo-2.0-generate-001", [GEMINI_API], GEMINI_API, 2),
        ("veo-2.0-generate-001", [AGENT_PLATFORM], AGENT_PLATFORM, 4),
        ("veo-2.0-generate-001", [AGENT_PLATFORM, GEMINI_API], AGENT_PLATFORM, 4),
        ("gemini-omni-1.1-flash", [AGENT_PLATFORM, GEMINI_API], GEMINI_API, 1),
    ],
)
def test_the_first_surface_that_has_a_model_wins(
    model_id: str, surfaces: list[str], surface: str, samples: int
) -> None:
    found = find(model_id, surfaces)
    assert (found.id, found.surface, found.max_samples) == (model_id, surface, samples)


def test_surfaces_may_come_from_a_generator() -> None:
    assert find("gemini-omni-1.1-flash", (name for name in (AGENT_PLATFORM, GEMINI_API))).surface == GEMINI_API


@pytest.mark.parametrize(
    ("model_id", "surfaces", "words"),
    [
        ("veo-3.1-fast", [AGENT_PLATFORM], "Did you mean 'veo-3.1-fast-generate-001'"),
        ("sora-2", [AGENT_PLATFORM, GEMINI_API], "is not known at agent-platform or gemini-developer-api"),
        ("", [GEMINI_API], "known are gemini-omni-1.1-flash"),
        ("veo-3.1-lite-generate-001", [GEMINI_API], "It is at agent-platform."),
    ],
)
def test_an_unknown_model_is_refused_with_those_known_there(model_id: str, surfaces: list[str], words: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        find(model_id, surfaces)
    assert words in str(caught.value)
    assert caught.value.parameter == "model"
    there = {model.id for model in models() if model.surface in surfaces and model.status != "shut_down"}
    assert caught.value.allowed == tuple(sorted(there))


@pytest.mark.parametrize(
    ("status", "shut_down", "retired"),
    [
        ("ga", None, False),
        ("ga", "2026-11-23", False),
        ("ga", "2026-11-22", True),
        ("deprecated", "2026-01-01", True),
        ("unconfirmed", "2026-01-01", False),
        ("shut_down", None, True),
    ],
)
def test_a_model_is_retired_from_its_last_day_on(status: str, shut_down: str | None, *, retired: bool) -> None:
    model = replace(models()[0], status=status, shut_down=shut_down, unconfirmed=())
    assert model.is_retired("2026-11-22") is retired


def test_a_date_that_no_source_confirms_ends_no_model() -> None:
    for name in ("veo-3.1-generate-001", "veo-3.1-fast-generate-001"):
        model = find(name, [AGENT_PLATFORM])
        assert model.shut_down == "2026-11-17"
        assert model.replacement == "gemini-omni-1.2-flash"
        assert not model.is_retired("2026-11-29")
        assert model.may_have_ended("2026-11-29")
        assert not model.may_have_ended("2026-11-16")
    assert not find("veo-2.0-generate-001", [AGENT_PLATFORM]).may_have_ended("2026-11-29")


def test_a_faster_service_takes_less_time() -> None:
    assert TypicalSeconds(10, 60, 360, "x").sped_up(20) == TypicalSeconds(0.5, 3, 18, "x")


@pytest.mark.parametrize(
    ("per_clip", "per_second", "free"),
    [
        (0.0, {}, True),
        (None, {"": 0.0}, True),
        (0.0, {"": 0.0, "720p": 0.0}, True),
        (None, {}, False),
        (None, {"720p": 0.0}, False),
        (0.0, {"": 0.05}, False),
        (0.4, {"": 0.0}, False),
        (None, {"": 0.0, "4k": 0.1}, False),
    ],
)
def test_a_model_is_free_only_if_that_is_said_of_all_its_clips(
    per_clip: float | None, per_second: dict[str, float], *, free: bool
) -> None:
    model = replace(models()[0], usd_per_clip=per_clip, usd_per_second=per_second)
    assert model.is_free is free
    assert not replace(model, usd_per_million_tokens={"video": 1.0}).is_free


def test_the_list_of_parameters_is_the_request() -> None:
    named = {name for name in VideoRequest.__dataclass_fields__ if name not in {"model", "allow_retired"}}
    assert set(BY_NAME) == named
    assert not set(ALIASES) & set(BY_NAME)
    placed = [param.wire for param in PARAMS if param.wire]
    assert len(set(placed)) == len(placed) == len(PARAMS) - 6
    assert all(param.label and param.help.endswith(".") for param in PARAMS)
    assert [param.name for param in PARAMS if param.choices] == ["aspect_ratio", "resolution", "person_generation"]


def test_models_that_have_ended_stand_below_those_that_live() -> None:
    table = model_table(None, "2026-11-28", retired=True)
    ended = [row[table.columns.index("status")] == "ended" for row in table.rows]
    assert ended == sorted(ended)
    assert True in ended
    assert False in ended
