"""LiteLLM's own video functions against the emulator, and where they are wrong.

Tests whose names begin with ``test_litellm_`` state faults of LiteLLM 1.110.2 that our client must not share; when one
of them fails, LiteLLM has mended it. Importing LiteLLM takes seconds, so one process makes every request.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from veo_widgets.emulator import Emulator

from .clips import seconds_of

Json = dict[str, Any]
GEMINI, VERTEX = "gemini/veo-3.1-generate-preview", "vertex_ai/veo-3.1-fast-generate-001"
BOTH = pytest.mark.parametrize("provider", ["gemini", "vertex_ai"])
FRAME = {"bytesBase64Encoded": "aaaa", "mimeType": "image/png"}
WHOLE = {"size": "720x1280", "seconds": "8"}
FRONT = "---\noutcome: {}\n---\nA cat of {}"

# What is asked for, but the account and, where it does not matter, the prompt.
REQUESTS: dict[str, Json] = {
    "gemini whole": {"model": GEMINI, **WHOLE},
    "gemini whole asynchronous": {"model": GEMINI, **WHOLE, "asynchronous": True},
    "gemini odd size": {"model": GEMINI, "size": "1024x1792"},
    "gemini seed": {"model": GEMINI, "seconds": "4", "extra_body": {"seed": 7, "sampleCount": 2}},
    "gemini last frame": {"model": GEMINI, "extra_body": {"lastFrame": FRAME}},
    "gemini unknown": {"model": "gemini/veo-9"},
    "gemini wrong length": {"model": GEMINI, "seconds": "7"},
    "gemini quota": {"model": GEMINI},
    "gemini refused": {"model": GEMINI},
    "gemini refused asynchronous": {"model": GEMINI, "asynchronous": True},
    "vertex_ai whole": {"model": VERTEX, **WHOLE},
    "vertex_ai whole asynchronous": {"model": VERTEX, **WHOLE, "asynchronous": True},
    "vertex_ai odd size": {"model": VERTEX, "size": "1024x1792"},
    "vertex_ai parameters": {
        "model": VERTEX,
        "seconds": "4",
        "extra_body": {"parameters": {"seed": 7, "sampleCount": 2, "negativePrompt": "rain"}},
    },
    "vertex_ai bucket": {"model": VERTEX, "extra_body": {"parameters": {"storageUri": "gs://films/"}}},
} | {
    f"{provider} {outcome}": {"model": model, "prompt": FRONT.format(outcome, provider)}
    for provider, model in (("gemini", GEMINI), ("vertex_ai", VERTEX))
    for outcome in ("failed", "filtered", "empty")
}


@dataclass
class Outcome:
    """What LiteLLM said at each step, and the bodies of the creates it sent for one request."""

    steps: Json
    creates: list[Json] = field(default_factory=list)

    def statuses(self) -> list[str]:
        return [self.steps[step]["status"] for step in ("created", "first", "last") if step in self.steps]


@pytest.fixture(scope="module")
def outcomes(
    shared_emulator: Emulator,
    guarded_emulator: Emulator,
    run_program: Callable[..., Json],
    service_account: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Outcome]:
    """Everything in `REQUESTS`, done once."""
    reference = tmp_path_factory.mktemp("reference") / "red.png"
    reference.write_bytes(picture())
    accounts: dict[str, Json] = {
        "gemini": {"api_key": "a-key"},
        "vertex_ai": {
            "vertex_project": "films",
            "vertex_location": "us-central1",
            "vertex_credentials": str(service_account),
        },
    }
    requests = {name: {"prompt": f"A cat of {name}", **request} for name, request in REQUESTS.items()}
    for name, request in requests.items():
        request["account"] = accounts[name.partition(" ")[0]] | {"api_base": shared_emulator.base_url}
        if "refused" in name:
            request["account"] = {"api_key": "a-key-of-nobody", "api_base": guarded_emulator.base_url}
        if "whole" in name:
            request["input_reference"] = str(reference)
    shared_emulator.reset()
    shared_emulator.script("create", "status-429", match="gemini quota", times=9)
    results = run_program("litellm_sdk", "litellm_workflow", requests=requests)
    creates = [entry.body for entry in shared_emulator.journal() if entry.kind == "create"]
    return {
        name: Outcome(steps, [body for body in creates if body["instances"][0]["prompt"] == requests[name]["prompt"]])
        for name, steps in results.items()
    }


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(out, "PNG")
    return out.getvalue()


def parameters(outcome: Outcome) -> Json:
    """The parameters of the only create."""
    (body,) = outcome.creates
    found: Json = body.get("parameters", {})
    return found


@BOTH
@pytest.mark.parametrize("asynchronous", ["", " asynchronous"], ids=["sync", "async"])
def test_the_documented_workflow_ends_with_a_clip(
    outcomes: dict[str, Outcome], provider: str, asynchronous: str
) -> None:
    outcome = outcomes[f"{provider} whole{asynchronous}"]
    assert outcome.statuses() == ["processing", "processing", "completed"]
    assert seconds_of(outcome.steps["clip"]) == pytest.approx(8, abs=0.1)
    created = outcome.steps["created"]
    assert created["usage"] == {"duration_seconds": 8.0, "video_resolution": "720p"}
    assert created["cost"] == pytest.approx({"gemini": 8 * 0.40, "vertex_ai": 8 * 0.10}[provider])
    (body,) = outcome.creates
    assert body["instances"][0]["image"] == {
        "bytesBase64Encoded": base64.b64encode(picture()).decode(),
        "mimeType": "image/png",
    }
    assert body["parameters"] == {"aspectRatio": "9:16", "resolution": "720p", "durationSeconds": 8}


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("gemini whole", "custom_llm_provider:gemini;model_id:veo-3.1-generate-preview;video_id:models/"),
        (
            "vertex_ai whole",
            "custom_llm_provider:vertex_ai;model_id:veo-3.1-fast-generate-001;video_id:projects/films/",
        ),
    ],
)
def test_ids_name_provider_model_and_operation(outcomes: dict[str, Outcome], name: str, starts: str) -> None:
    video_id = outcomes[name].steps["created"]["id"]
    assert base64.b64decode(video_id.removeprefix("video_")).decode().startswith(f"litellm:{starts}")


def test_parameters_of_vertex_pass_through_extra_body(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["vertex_ai parameters"]
    assert parameters(outcome) == {"seed": 7, "sampleCount": 2, "negativePrompt": "rain", "durationSeconds": 4}
    assert outcome.steps["created"]["cost"] == pytest.approx(2 * 4 * 0.10)


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("gemini unknown", "NotFoundError", 404),
        ("gemini wrong length", "BadRequestError", 400),
        ("gemini quota", "RateLimitError", 429),
    ],
)
def test_refusals_are_litellm_s_errors_and_are_not_repeated(
    outcomes: dict[str, Outcome], name: str, error: str, code: int
) -> None:
    steps = outcomes[name].steps
    assert (steps["raised"], steps["code"]) == (error, code)
    assert len(outcomes[name].creates) == 1


@pytest.mark.parametrize("asynchronous", ["", " asynchronous"], ids=["sync", "async"])
def test_a_key_of_nobody_is_refused(outcomes: dict[str, Outcome], asynchronous: str) -> None:
    steps = outcomes[f"gemini refused{asynchronous}"].steps
    # Google says it with 400; LiteLLM goes by the words.
    assert (steps["raised"], steps["code"]) == ("AuthenticationError", 401)
    assert "API key not valid" in steps["message"]
    assert "created" not in steps


@BOTH
def test_litellm_turns_an_unknown_size_into_16_to_9(outcomes: dict[str, Outcome], provider: str) -> None:
    assert parameters(outcomes[f"{provider} odd size"]) == {"aspectRatio": "16:9"}


def test_litellm_drops_seed_and_samples_of_gemini(outcomes: dict[str, Outcome]) -> None:
    assert parameters(outcomes["gemini seed"]) == {"durationSeconds": 4}


def test_litellm_puts_the_last_frame_where_it_is_refused(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["gemini last frame"]
    assert parameters(outcome) == {"lastFrame": FRAME}
    assert outcome.steps["raised"] == "BadRequestError"


def test_litellm_calls_a_failed_operation_of_gemini_completed(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["gemini failed"]
    assert outcome.statuses()[-1] == "completed"
    assert outcome.steps["last"]["error"] is None
    assert (outcome.steps["raised"], outcome.steps["code"]) == ("APIConnectionError", 500)
    assert "No response data in completed operation" in outcome.steps["message"]


@pytest.mark.parametrize("outcome", ["filtered", "empty"])
def test_litellm_cannot_tell_the_status_of_gemini_without_a_clip(outcomes: dict[str, Outcome], outcome: str) -> None:
    steps = outcomes[f"gemini {outcome}"].steps
    assert steps["first"]["status"] == "processing"
    assert "last" not in steps
    assert (steps["raised"], steps["code"]) == ("InternalServerError", 500)
    assert "validation error for GeminiLongRunningOperationResponse" in steps["message"]


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [("failed", "failed", 13), ("filtered", "completed", None), ("empty", "completed", None)],
)
def test_litellm_calls_vertex_without_a_clip_completed(
    outcomes: dict[str, Outcome], outcome: str, status: str, code: int | None
) -> None:
    steps = outcomes[f"vertex_ai {outcome}"].steps
    assert steps["last"]["status"] == status
    assert (steps["last"]["error"] or {}).get("code") == code
    assert steps["code"] == 500


def test_litellm_cannot_fetch_what_vertex_put_into_a_bucket(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["vertex_ai bucket"]
    assert outcome.statuses()[-1] == "completed"
    assert "No base64 encoded video data found" in outcome.steps["message"]


@BOTH
def test_litellm_books_the_price_of_8_seconds_before_there_is_a_clip(
    outcomes: dict[str, Outcome], provider: str
) -> None:
    created = outcomes[f"{provider} failed"].steps["created"]
    assert created["usage"] == {"duration_seconds": 8.0}
    assert created["cost"] == pytest.approx({"gemini": 3.2, "vertex_ai": 0.8}[provider])
