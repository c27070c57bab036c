"""google-genai 3 makes Gemini Omni's videos by the Interactions API at both services, against the emulator."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.emulator import Emulator

from .clips import seconds_of

Json = dict[str, Any]
Interactions = Callable[..., Json]
MODEL = "gemini-omni-1.2-flash"
VIDEO = {"type": "video", "duration": "4s", "delivery": "uri"}


@pytest.fixture
def interactions(run: Interactions) -> Interactions:
    def interactions(*, account: Json | None = None, **requests: Json) -> Json:
        with_model = {name: {"model": MODEL, "response_format": VIDEO, **one} for name, one in requests.items()}
        return run("genai3", "genai_interactions", requests=with_model, **account or {})

    return interactions


def content(path: str) -> Json:
    return {"type": "image", "mime_type": "image/png", "data": base64.b64encode(Path(path).read_bytes()).decode()}


def test_every_kind_of_request_becomes_a_clip(
    interactions: Interactions, emulator: Emulator, picture: Callable[[str], str]
) -> None:
    red, blue = content(picture("red")), content(picture("blue"))
    whole = VIDEO | {"aspect_ratio": "9:16", "resolution": "1080p"}
    results = interactions(
        text={"input": "A cat", "response_format": whole, "generation_config": {"seed": 7}},
        inline={"input": "A cat", "response_format": VIDEO | {"delivery": "inline"}},
        frames={"input": [{"type": "text", "text": "<FIRST_FRAME> and <LAST_FRAME>"}, red, blue]},
        reference={"input": [{"type": "text", "text": "<IMAGE_REF_0> runs"}, red]},
    )
    assert {name: round(seconds_of(one["path"])) for name, one in results.items()} == dict.fromkeys(results, 4)
    assert {tuple(one["statuses"]) for one in results.values()} == {("in_progress", "in_progress", "completed")}
    assert results["inline"]["uri"] is None
    # 5792 tokens a second at 720p, 8688 at 1080p.
    assert (results["inline"]["tokens"], results["text"]["tokens"]) == (4 * 5792, 4 * 8688)
    entries = emulator.journal()
    assert {entry.path.partition("/interactions")[0] for entry in entries if entry.kind != "download"} == {"/v1"}
    assert [entry.kind for entry in entries].count("create") == 4


def test_a_conversation_edits_and_extends(interactions: Interactions) -> None:
    extend = {"video_config": {"task": "extend"}}
    results = interactions(
        first={"input": "A cat"},
        night={"input": "Make it night", "after": "first", "response_format": {"type": "video", "delivery": "uri"}},
        longer={"input": "It sleeps", "after": "first", "generation_config": extend},
    )
    assert [round(seconds_of(results[name]["path"])) for name in ("first", "night", "longer")] == [4, 4, 8]


def test_every_other_end_is_told_apart(interactions: Interactions) -> None:
    results = interactions(
        filtered={"input": "---\noutcome: filtered\n---\nA cat"},
        failed={"input": "---\noutcome: failed\n---\nA cat"},
        empty={"input": "---\noutcome: empty\n---\nA cat"},
        stopped={"input": "---\noutcome: budget_exceeded\n---\nA cat"},
        unknown={"input": "A cat", "model": "gemini-omni-9"},
        veo={"input": "A cat", "model": "veo-3.1-generate-preview"},
    )
    assert {name: one["statuses"][-1] for name, one in results.items() if "statuses" in one} == {
        "filtered": "completed",
        "failed": "failed",
        "empty": "completed",
        "stopped": "budget_exceeded",
    }
    assert {one["path"] for one in results.values() if "statuses" in one} == {None}
    assert "usage guidelines" in results["filtered"]["text"]
    assert results["filtered"]["tokens"] == 0
    assert "internal server issue" in results["failed"]["errors"][0]
    assert [(results[name]["raised"], results[name]["code"]) for name in ("unknown", "veo")] == [
        ("NotFoundError", 404)
    ] * 2


STEP = ["step.start", "step.delta", "step.stop"]
STREAM = ["interaction.created", "interaction.status_update", *STEP, *STEP, "interaction.completed"]


def test_a_stream_of_events_ends_with_a_clip(interactions: Interactions, emulator: Emulator) -> None:
    results = interactions(
        uri={"input": "A cat", "stream": True, "again": 5},
        inline={"input": "A cat", "stream": True, "response_format": VIDEO | {"delivery": "inline"}},
        background={"input": "A cat", "stream": True, "background": True},
        asynchronous={"input": "A cat", "stream": True, "asynchronous": True},
    )
    assert {name: round(seconds_of(one["path"])) for name, one in results.items()} == dict.fromkeys(results, 4)
    assert [(one["events"], one["status"], one["tokens"]) for one in results.values()] == [
        (STREAM, "completed", 4 * 5792)
    ] * 4
    # The rest of the events, to one who has lost the connection.
    assert results["uri"]["again"] == STREAM[5:]
    assert [entry.kind for entry in emulator.journal()].count("create") == 4


def test_every_other_end_of_a_stream_is_told_apart(interactions: Interactions, emulator: Emulator) -> None:
    emulator.script("create", "cut", share=0.4, match="A broken cat")
    results = interactions(
        filtered={"input": "---\noutcome: filtered\n---\nA cat", "stream": True},
        failed={"input": "---\noutcome: failed\n---\nA cat", "stream": True},
        unknown={"input": "A cat", "model": "gemini-omni-9", "stream": True},
        broken={"input": "A broken cat", "stream": True},
    )
    assert (results["filtered"]["status"], results["filtered"]["tokens"]) == ("completed", 0)
    assert results["filtered"]["path"] is None
    assert results["failed"]["status"] == "failed"
    assert "internal server issue" in results["failed"]["errors"][0]
    assert (results["unknown"]["raised"], results["unknown"]["code"]) == ("NotFoundError", 404)
    assert results["broken"]["raised"] == "APIConnectionError"
    # What was begun may be paid for: the SDK does not ask for it anew.
    assert sum(entry.kind == "create" for entry in emulator.journal()) == 4


def test_a_key_of_nobody_is_refused(interactions: Interactions, guarded: Emulator) -> None:
    requests = {"waited": {"input": "A cat"}, "streamed": {"input": "A cat", "stream": True}}
    account = {"base_url": guarded.base_url, "key": "the-studio's"}
    results = interactions(account=account, **requests)
    assert [round(seconds_of(results[name]["path"])) for name in requests] == [4, 4]
    guarded.reset()
    results = interactions(account=account | {"key": "a-key-of-nobody"}, **requests)
    assert [(results[name]["raised"], results[name]["code"]) for name in requests] == [("BadRequestError", 400)] * 2
    assert all("API key not valid" in results[name]["message"] for name in requests)
    assert [(entry.status, entry.operation) for entry in guarded.journal()] == [(400, "")] * 2


def test_the_sdk_repeats_a_paid_create_of_its_own_accord(interactions: Interactions, emulator: Emulator) -> None:
    emulator.script("create", "status-503")
    interactions(clip={"input": "A cat"})
    assert [entry.status for entry in emulator.journal() if entry.kind == "create"] == [503, 200]


@pytest.mark.parametrize("delivery", [{"delivery": "inline"}, {"delivery": "uri", "gcs_uri": "gs://films/cats/"}])
def test_at_the_agent_platform(
    interactions: Interactions, emulator: Emulator, service_account: Path, delivery: Json
) -> None:
    response = {"type": "video", "duration": "4s", **delivery}
    request = {"input": "A cat", "response_format": response}
    result = interactions(account={"service_account": str(service_account)}, clip=request)["clip"]
    assert result["statuses"][-1] == "completed"
    if delivery["delivery"] == "inline":
        assert seconds_of(result["path"]) == pytest.approx(4, abs=0.1)
    else:
        assert result["uri"].startswith("gs://films/cats/")
    paths = {entry.path.partition("/interactions")[0] for entry in emulator.journal() if entry.kind != "token"}
    assert paths == {"/v1beta1/projects/films/locations/global"}


def test_an_express_key_goes_without_a_project(interactions: Interactions, emulator: Emulator) -> None:
    request = {"input": "A cat", "response_format": {"type": "video", "duration": "4s", "delivery": "inline"}}
    result = interactions(account={"express": True}, clip=request)["clip"]
    assert seconds_of(result["path"]) == pytest.approx(4, abs=0.1)
    entries = emulator.journal()
    assert {entry.path.partition("/interactions")[0] for entry in entries} == {"/v1beta1"}
    assert all("x-goog-api-key" in entry.headers and "authorization" not in entry.headers for entry in entries)
