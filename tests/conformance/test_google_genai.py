"""google-genai 2.34, the last release with Veo at the Developer API, runs its guide against the emulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from veo_widgets.emulator import Emulator

from .clips import seconds_of

Run = Callable[..., dict[str, Any]]
MODEL = "veo-3.1-generate-preview"


def developer(run: Run, **requests: dict[str, Any]) -> dict[str, Any]:
    return run("genai2", "genai_developer", requests={name: {"model": MODEL, **one} for name, one in requests.items()})


def test_every_kind_of_request_becomes_a_clip(run: Run, emulator: Emulator, picture: Callable[[str], str]) -> None:
    red, blue = picture("red"), picture("blue")
    results = developer(
        run,
        text={"prompt": "A cat", "config": {"aspect_ratio": "9:16", "negative_prompt": "rain", "duration_seconds": 4}},
        image={"prompt": "A cat", "image": red, "config": {"resolution": "1080p", "duration_seconds": 8}},
        frames={"prompt": "A cat", "image": red, "config": {"last_frame": blue, "number_of_videos": 1}},
        references={"prompt": "A cat", "config": {"reference_images": [red, blue], "person_generation": "allow_adult"}},
    )
    assert {name: [round(seconds_of(clip["path"])) for clip in one["clips"]] for name, one in results.items()} == {
        "text": [4],
        "image": [8],
        "frames": [8],
        "references": [8],
    }
    assert {one["polls"] for one in results.values()} == {2}
    # A kernel of an earlier test may have asked for its job once more.
    asked = [entry for entry in emulator.journal() if "google-genai" in entry.headers.get("x-goog-api-client", "")]
    kinds = [entry.kind for entry in asked]
    assert kinds == ["create", "poll", "poll", "download"] * 4
    assert all(entry.status == 200 for entry in asked)
    assert all(entry.headers["x-goog-api-key"] == "***" for entry in asked)


def test_a_clip_is_extended_by_its_address(run: Run) -> None:
    first = developer(run, first={"prompt": "A cat", "config": {"duration_seconds": 8}})["first"]["clips"][0]
    longer = developer(run, longer={"prompt": "It sleeps", "video": first["uri"]})["longer"]["clips"][0]
    assert seconds_of(first["path"]) == pytest.approx(8, abs=0.1)
    assert seconds_of(longer["path"]) == pytest.approx(15, abs=0.1)


def test_every_other_end_is_told_apart(run: Run) -> None:
    results = developer(
        run,
        filtered={"prompt": "---\noutcome: filtered\nreason: celebrity\n---\nA cat"},
        failed={"prompt": "---\noutcome: failed\ncode: 8\n---\nA cat"},
        empty={"prompt": "---\noutcome: empty\n---\nA cat"},
    )
    filtered, failed, empty = results["filtered"], results["failed"], results["empty"]
    assert filtered["clips"] == []
    assert filtered["filtered"] == 1
    assert "29310472" in filtered["reasons"][0]
    assert failed["error"]["code"] == 8
    assert failed["error"]["message"]
    assert failed["clips"] == []
    assert empty["error"] is None
    assert empty["clips"] == []


def test_refusals_arrive_as_the_sdk_s_own_errors(run: Run, emulator: Emulator) -> None:
    emulator.script("create", "status-429", match="A crowd")
    emulator.script("create", "status-503", match="A storm")
    results = developer(
        run,
        unknown={"prompt": "A cat", "model": "veo-9"},
        wrong_length={"prompt": "A cat", "config": {"duration_seconds": 7}},
        quota={"prompt": "A crowd"},
        down={"prompt": "A storm"},
    )
    told = {name: (one["raised"], one["code"], one["status"]) for name, one in results.items()}
    assert told == {
        "unknown": ("ClientError", 404, "NOT_FOUND"),
        "wrong_length": ("ClientError", 400, "INVALID_ARGUMENT"),
        "quota": ("ClientError", 429, "RESOURCE_EXHAUSTED"),
        "down": ("ServerError", 503, "UNAVAILABLE"),
    }
    assert "7" in results["wrong_length"]["message"]
    # The SDK sends a create once, whatever the answer: four requests, four creates.
    assert sum(entry.kind == "create" for entry in emulator.journal()) == 4


def test_a_wrong_key_is_refused(run: Run) -> None:
    result = run("genai2", "genai_developer", key="wrong", requests={"a": {"model": MODEL, "prompt": "A cat"}})["a"]
    assert (result["raised"], result["code"]) == ("ClientError", 400)
    assert "API key not valid" in result["message"]
