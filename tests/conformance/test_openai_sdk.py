"""OpenAI's SDK runs its guide to videos against the emulator: Sora has ended, its protocol is every gateway's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.emulator import Emulator

from .clips import seconds_of

Json = dict[str, Any]
Step = tuple[str, Json]
OpenAI = Callable[..., Json]


@pytest.fixture
def openai(run: OpenAI) -> OpenAI:
    def openai(steps: dict[str, Step], **more: Any) -> Json:
        return run("openai", "openai_videos", steps=steps, **more)

    return openai


def test_the_documented_workflow_ends_with_a_clip(
    openai: OpenAI, emulator: Emulator, picture: Callable[[str], str]
) -> None:
    request = {"model": "sora-2", "prompt": "A cat", "seconds": "8", "size": "1280x720"}
    results = openai(
        {
            "made": ("create", request),
            "asked": ("retrieve", {"video_id": "$made"}),
            "done": ("create_and_poll", {**request, "model": "veo", "input_reference": picture("red")}),
            "clip.mp4": ("download_content", {"video_id": "$done"}),
            "thumbnail.webp": ("download_content", {"video_id": "$done", "variant": "thumbnail"}),
            "sheet.jpg": ("download_content", {"video_id": "$done", "variant": "spritesheet"}),
        }
    )
    assert (results["made"]["status"], results["made"]["progress"]) == ("queued", 0)
    assert results["asked"]["id"] == results["made"]["id"]
    done = results["done"]
    assert (done["status"], done["progress"], done["seconds"], done["size"]) == ("completed", 100, "8", "1280x720")
    assert done["completed_at"] >= done["created_at"]
    assert seconds_of(results["clip.mp4"]["path"]) == pytest.approx(8, abs=0.1)
    assert Path(results["thumbnail.webp"]["path"]).read_bytes()[8:12] == b"WEBP"
    assert Path(results["sheet.jpg"]["path"]).read_bytes()[:3] == b"\xff\xd8\xff"
    creates = [entry for entry in emulator.journal() if entry.kind == "create"]
    assert creates[0].body == request
    assert creates[1].body["input_reference"].startswith("red.png image/png")
    assert all(entry.headers["content-type"].startswith("multipart/form-data") for entry in creates)
    assert creates[0].headers["authorization"] == "Bearer ***"


def test_videos_are_listed_in_pages_and_deleted(openai: OpenAI, emulator: Emulator) -> None:
    steps: dict[str, Step] = {f"v{n}": ("create", {"prompt": f"Cat {n}"}) for n in range(3)}
    results = openai(
        steps
        | {
            "newest": ("list", {"limit": 2}),
            "oldest": ("list", {"order": "asc"}),
            "gone": ("delete", {"video_id": "$v1"}),
            "missing": ("retrieve", {"video_id": "$v1"}),
            "left": ("list", {}),
        }
    )
    ids = [results[f"v{n}"]["id"] for n in range(3)]
    assert (results["newest"]["first"], results["newest"]["all"]) == (ids[:0:-1], ids[::-1])
    assert results["oldest"]["all"] == ids
    assert (results["gone"]["id"], results["gone"]["deleted"]) == (ids[1], True)
    assert (results["missing"]["raised"], results["missing"]["code"]) == ("NotFoundError", 404)
    assert results["left"]["all"] == [ids[2], ids[0]]


def test_a_video_is_remixed_edited_and_extended(openai: OpenAI, emulator: Emulator) -> None:
    made = openai(
        {
            "first": ("create_and_poll", {"prompt": "A cat", "seconds": "4"}),
            "first.mp4": ("download_content", {"video_id": "$first"}),
            "remix": ("remix", {"video_id": "$first", "prompt": "Make it night"}),
            "remixed": ("poll", {"video_id": "$remix"}),
            "remix.mp4": ("download_content", {"video_id": "$remix"}),
        }
    )
    assert made["remixed"]["remixed_from_video_id"] == made["first"]["id"]
    assert seconds_of(made["remix.mp4"]["path"]) == pytest.approx(4, abs=0.1)
    clip = made["first.mp4"]["path"]
    results = openai(
        {
            "edit": ("edit", {"prompt": "Make it night", "video": clip}),
            "longer": ("extend", {"prompt": "It sleeps", "seconds": "8", "video": clip}),
            "done": ("poll", {"video_id": "$longer"}),
            "longer.mp4": ("download_content", {"video_id": "$longer"}),
            "by id": ("edit", {"prompt": "Make it night", "video": {"id": made["first"]["id"]}}),
        }
    )
    assert results["edit"]["seconds"] == "4"
    assert results["done"]["seconds"] == "12"
    assert seconds_of(results["longer.mp4"]["path"]) == pytest.approx(12, abs=0.1)
    # The SDK's types allow an id here and its code refuses it, before any request.
    assert results["by id"]["raised"] == "RuntimeError"
    assert [entry.path for entry in emulator.journal()].count("/v1/videos/edits") == 1


def test_every_other_end_is_told_apart(openai: OpenAI) -> None:
    results = openai(
        {
            "failed": ("create_and_poll", {"prompt": "---\noutcome: failed\n---\nA cat"}),
            "filtered": ("create_and_poll", {"prompt": "---\noutcome: filtered\n---\nA cat"}),
            "no clip": ("download_content", {"video_id": "$failed"}),
            "wrong length": ("create", {"prompt": "A cat", "seconds": "5"}),
            "wrong size": ("create", {"prompt": "A cat", "size": "640x360"}),
            "no prompt": ("create", {"prompt": ""}),
            "unknown": ("create", {"prompt": "A cat", "model": "wrong-model"}),
        }
    )
    assert {name: (results[name]["status"], results[name]["error"]["code"]) for name in ("failed", "filtered")} == {
        "failed": ("failed", "server_error"),
        "filtered": ("failed", "moderation_blocked"),
    }
    refused = {name: (one["code"], one["param"]) for name, one in results.items() if "raised" in one}
    assert {name: refused[name] for name in ("wrong length", "wrong size", "no prompt")} == {
        "wrong length": (400, "seconds"),
        "wrong size": (400, "size"),
        "no prompt": (400, "prompt"),
    }
    assert (refused["no clip"][0], refused["unknown"][0]) == (404, 404)


def test_a_key_of_nobody_is_refused(openai: OpenAI, guarded: Emulator) -> None:
    steps: dict[str, Step] = {"made": ("create", {"prompt": "A cat"})}
    assert openai(steps, base_url=guarded.base_url, key="the-studio's")["made"]["status"] == "queued"
    result = openai(steps, base_url=guarded.base_url, key="a-key-of-nobody")["made"]
    assert (result["raised"], result["code"], result["error"]) == ("AuthenticationError", 401, "invalid_api_key")
    assert [entry.status for entry in guarded.journal()] == [200, 401]


def test_the_sdk_repeats_a_paid_create_of_its_own_accord(openai: OpenAI, emulator: Emulator) -> None:
    emulator.script("create", "status-503")
    assert openai({"made": ("create", {"prompt": "A cat"})})["made"]["status"] == "queued"
    assert [entry.status for entry in emulator.journal()] == [503, 200]


def test_ids_of_litellm_s_kind_are_opaque(openai: OpenAI) -> None:
    results = openai(
        {
            "made": ("create_and_poll", {"prompt": "---\nids: litellm\n---\nA cat", "model": "veo"}),
            "clip.mp4": ("download_content", {"video_id": "$made"}),
        }
    )
    assert len(results["made"]["id"]) > 60
    assert seconds_of(results["clip.mp4"]["path"]) > 1


@pytest.mark.parametrize("dialect", ["vllm-omni", "sglang"])
def test_it_gets_its_clip_from_other_servers(openai: OpenAI, emulator: Emulator, dialect: str) -> None:
    emulator.direct(dialect=dialect)
    results = openai(
        {
            "done": ("create_and_poll", {"model": "wan", "prompt": "A cat", "seconds": "4"}),
            "clip.mp4": ("download_content", {"video_id": "$done"}),
        }
    )
    assert results["done"]["status"] == "completed"
    assert seconds_of(results["clip.mp4"]["path"]) == pytest.approx(4, abs=0.1)


def test_a_create_that_is_made_and_then_a_500_is_made_again_by_it(openai: OpenAI, emulator: Emulator) -> None:
    emulator.script("create", "made-then", status=500, times=2)
    made = openai({"made": ("create", {"model": "sora-2", "prompt": "A cat"})})["made"]
    operations = [entry.operation for entry in emulator.journal() if entry.kind == "create"]
    assert len(set(operations)) == 3
    assert made["id"] == f"video_{operations[-1]}"
