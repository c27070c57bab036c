"""google-genai 3 runs its guide to Veo at the Agent Platform against the emulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.emulator import Emulator

from .clips import seconds_of

Platform = Callable[..., dict[str, Any]]
MODEL = "veo-3.1-generate-001"


@pytest.fixture
def platform(run: Callable[..., dict[str, Any]], service_account: Path) -> Platform:
    def platform(**requests: dict[str, Any]) -> dict[str, Any]:
        with_model = {name: {"model": MODEL, **one} for name, one in requests.items()}
        return run("genai3", "genai_platform", service_account=str(service_account), requests=with_model)

    return platform


def test_every_kind_of_request_becomes_clips(
    platform: Platform, emulator: Emulator, picture: Callable[[str], str]
) -> None:
    red, blue = picture("red"), picture("blue")
    results = platform(
        text={"prompt": "A cat", "config": {"duration_seconds": 4, "seed": 7, "number_of_videos": 2}},
        image={"prompt": "A cat", "image": red, "config": {"generate_audio": False, "resolution": "1080p"}},
        frames={"prompt": "A cat", "image": "gs://films/red.png", "config": {"last_frame": blue}},
        references={"prompt": "A cat", "config": {"reference_images": [red, "gs://films/blue.png"]}},
        labelled={"prompt": "A cat", "config": {"labels": {"team": "films"}, "enhance_prompt": True}},
    )
    assert {name: [round(seconds_of(clip["path"])) for clip in one["clips"]] for name, one in results.items()} == {
        "text": [4, 4],
        "image": [8],
        "frames": [8],
        "references": [8],
        "labelled": [8],
    }
    entries = emulator.journal()
    assert [entry.kind for entry in entries] == ["token"] + ["create", "poll", "poll"] * 5
    place = f"/v1beta1/projects/films/locations/us-central1/publishers/google/models/{MODEL}"
    assert {entry.path for entry in entries[1:]} == {f"{place}:predictLongRunning", f"{place}:fetchPredictOperation"}
    assert {entry.headers["authorization"] for entry in entries[1:]} == {"Bearer ***"}


def test_a_token_of_nobody_is_refused(run: Callable[..., dict[str, Any]], guarded: Emulator) -> None:
    request = {"model": MODEL, "prompt": "A cat", "config": {"duration_seconds": 4}}
    made, refused = (
        run("genai3", "genai_platform", base_url=guarded.base_url, token=token, requests={"clip": request})["clip"]
        for token in ("the-studio's", "a-token-of-nobody")
    )
    assert seconds_of(made["clips"][0]["path"]) == pytest.approx(4, abs=0.1)
    assert (refused["raised"], refused["code"], refused["status"]) == ("ClientError", 401, "UNAUTHENTICATED")
    assert guarded.journal()[-1].operation == ""


def test_clips_stay_in_a_bucket_when_one_is_named(platform: Platform) -> None:
    config = {"output_gcs_uri": "gs://films/cats/", "number_of_videos": 2}
    clips = platform(bucket={"prompt": "A cat", "config": config})["bucket"]["clips"]
    assert [clip["path"] for clip in clips] == [None, None]
    assert all(clip["uri"].startswith("gs://films/cats/") for clip in clips)
    longer = platform(longer={"prompt": "It sleeps", "video": clips[1]["uri"]})["longer"]["clips"][0]
    assert seconds_of(longer["path"]) == pytest.approx(15, abs=0.1)


def test_a_clip_is_extended_by_its_bytes(platform: Platform) -> None:
    first = platform(first={"prompt": "A cat", "config": {"duration_seconds": 4}})["first"]["clips"][0]
    longer = platform(longer={"prompt": "It sleeps", "video": first["path"]})["longer"]["clips"][0]
    assert seconds_of(longer["path"]) == pytest.approx(11, abs=0.1)


def test_every_other_end_is_told_apart(platform: Platform, emulator: Emulator) -> None:
    emulator.script("create", "status-429", match="A crowd")
    results = platform(
        filtered={"prompt": "---\noutcome: filtered\n---\nA cat", "config": {"number_of_videos": 2}},
        partial={"prompt": "---\noutcome: partial\n---\nA cat", "config": {"number_of_videos": 2}},
        failed={"prompt": "---\noutcome: failed\n---\nA cat"},
        empty={"prompt": "---\noutcome: empty\n---\nA cat"},
        unknown={"prompt": "A cat", "model": "veo-3.1-generate-preview-9"},
        quota={"prompt": "A crowd"},
    )
    assert {name: len(one.get("clips", [])) for name, one in results.items()} == {
        "filtered": 0,
        "partial": 1,
        "failed": 0,
        "empty": 0,
        "unknown": 0,
        "quota": 0,
    }
    assert (results["filtered"]["filtered"], results["partial"]["filtered"]) == (2, 1)
    assert "Support codes: 61493863" in results["filtered"]["reasons"][0]
    assert results["failed"]["error"]["code"] == 13
    assert results["empty"]["error"] is None
    assert (results["unknown"]["code"], results["unknown"]["status"]) == (404, "NOT_FOUND")
    assert "Publisher Model" in results["unknown"]["message"]
    assert (results["quota"]["code"], results["quota"]["status"]) == (429, "RESOURCE_EXHAUSTED")
