"""The SDKs of JavaScript make clips at the emulator: @google/genai, the AI SDK with Google's providers, and Genkit.

Each is led here by its own setting for the service's address, but for Genkit's plugin of the Agent Platform, which has
none: its program changes ``fetch``. The programs are in ``programs``, the packages in ``requirements/sdks``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.emulator import Emulator, Pace

from ..conformance.clips import seconds_of
from ..conformance.conftest import surroundings
from ..conformance.environments import node_modules_of, node_path

Json = dict[str, Any]
Program = Callable[..., Json]
_HERE = Path(__file__).parent
KEY, TOKEN = "the-key-of-the-studio", "the-token-of-the-studio"
VEO, PLATFORM_VEO, OMNI = "veo-3.1-generate-preview", "veo-3.1-generate-001", "gemini-omni-1.2-flash"
_PATIENCE_SECONDS = 600


@pytest.fixture(scope="module")
def guarded_emulator() -> Iterator[Emulator]:
    with Emulator(pace=Pace.polls(1), clips="small", keys=[KEY, TOKEN]) as emulator:
        yield emulator


@pytest.fixture
def emulator(guarded_emulator: Emulator) -> Emulator:
    """An emulator with an empty journal, which knows one key and one token."""
    guarded_emulator.reset()
    return guarded_emulator


@pytest.fixture
def program(emulator: Emulator, tmp_path: Path) -> Program:
    """Run a program once, and read what became of its requests."""

    def run(name: str, *, key: str = KEY, token: str = TOKEN, **requests: Json) -> Json:
        folder = tmp_path / name
        shutil.copytree(_HERE / "programs", folder, dirs_exist_ok=True)
        # Where Node looks for packages follows from where the program lies.
        if not (folder / "node_modules").exists():
            (folder / "node_modules").symlink_to(node_modules_of("sdks", _HERE / "requirements"))
        said = {"base_url": emulator.base_url, "key": key, "token": token, "folder": str(folder), "requests": requests}
        environment = surroundings(folder)
        environment["PATH"] = f"{node_path()}{os.pathsep}{environment['PATH']}"
        done = subprocess.run(
            ["node", f"{name}.mjs"],
            cwd=folder,
            input=json.dumps(said),
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        results: Json = json.loads((folder / "results.json").read_text())
        return results

    return run


def lengths(results: Json) -> dict[str, int]:
    """How long the clips are that were made."""
    return {name: round(seconds_of(one["path"])) for name, one in results.items() if one.get("path")}


def kinds(emulator: Emulator) -> list[str]:
    return [entry.kind for entry in emulator.journal()]


def front(outcome: str) -> str:
    return f"---\noutcome: {outcome}\n---\nA cat"


class TestGoogleGenAI:
    """Veo is for the Agent Platform alone in this SDK, by a token or by an express key."""

    def test_veo_ends_with_a_clip(self, program: Program, emulator: Emulator) -> None:
        request = {"model": PLATFORM_VEO, "source": {"prompt": "A cat"}, "config": {"durationSeconds": 4}}
        results = program(
            "google_genai",
            platform={"account": "platform", **request},
            express={"account": "express", **request},
            developer={"account": "developer", **request},
        )
        assert lengths(results) == {"platform": 4, "express": 4}
        assert kinds(emulator) == ["create", "poll", "poll"] * 2
        assert {"authorization" in entry.headers for entry in emulator.journal()[:3]} == {True}
        # Refused before anything is sent.
        assert "only supported by the Gemini Enterprise Agent Platform" in results["developer"]["message"]

    def test_omni_streams_its_clip(self, program: Program) -> None:
        wanted = {"type": "video", "duration": "4s", "delivery": "inline"}
        request = {"kind": "events", "model": OMNI, "input": "A cat", "response_format": wanted}
        results = program("google_genai", developer={"account": "developer", **request})
        assert lengths(results) == {"developer": 4}
        one = results["developer"]
        assert (one["events"][0], one["events"][-1]) == ("interaction.created", "interaction.completed")
        assert one["usage"] == 4 * 5792

    def test_other_ends_and_refusals_are_told_apart(self, program: Program) -> None:
        request = {"account": "platform", "model": PLATFORM_VEO, "config": {"durationSeconds": 4}}
        results = program(
            "google_genai",
            filtered={**request, "source": {"prompt": front("filtered")}},
            failed={**request, "source": {"prompt": front("failed")}},
            unknown={**request, "source": {"prompt": "A cat"}, "model": "veo-9"},
        )
        assert "Support codes" in results["filtered"]["reasons"][0]
        assert results["failed"]["error"]["code"] == 13
        assert (results["unknown"]["raised"], results["unknown"]["code"]) == ("ApiError", 404)

    def test_a_key_of_nobody_is_refused(self, program: Program, emulator: Emulator) -> None:
        veo = {"model": PLATFORM_VEO, "source": {"prompt": "A cat"}}
        omni = {"kind": "events", "model": OMNI, "input": "A cat"}
        results = program(
            "google_genai",
            key="a-key-of-nobody",
            token="a-token-of-nobody",
            platform={"account": "platform", **veo},
            express={"account": "express", **veo},
            developer={"account": "developer", **omni},
        )
        assert {name: (one["raised"], one["code"]) for name, one in results.items()} == {
            "platform": ("ApiError", 401),
            "express": ("ApiError", 400),
            "developer": ("BadRequestError", 400),
        }
        assert all("API key not valid" in results[name]["message"] for name in ("express", "developer"))
        assert {entry.operation for entry in emulator.journal()} == {""}


class TestAiSdk:
    """``experimental_generateVideo`` and interactions, with the providers of Google's two services."""

    def test_veo_ends_with_a_clip(self, program: Program, emulator: Emulator) -> None:
        request = {"prompt": "A cat", "duration": 4, "aspectRatio": "9:16", "resolution": "1280x720"}
        results = program(
            "ai_sdk",
            developer={"account": "developer", "model": VEO, **request},
            platform={"account": "platform", "model": PLATFORM_VEO, **request},
            express={"account": "express", "model": PLATFORM_VEO, **request},
        )
        assert lengths(results) == {"developer": 4, "platform": 4, "express": 4}
        assert kinds(emulator) == ["create", "poll", "poll", "download"] + ["create", "poll", "poll"] * 2
        creates = [entry.body for entry in emulator.journal() if entry.kind == "create"]
        told = {"sampleCount": 1, "aspectRatio": "9:16", "resolution": "720p", "durationSeconds": 4}
        assert [create["parameters"] for create in creates] == [told] * 3

    def test_omni_ends_with_a_clip(self, program: Program, emulator: Emulator) -> None:
        wanted = {"responseFormat": [{"type": "video", "duration": "4s", "delivery": "inline"}]}
        request = {"model": OMNI, "prompt": "A cat", "providerOptions": {"google": wanted}}
        results = program(
            "ai_sdk",
            text={"kind": "text", "account": "developer", **request},
            stream={"kind": "stream", "account": "developer", **request},
            platform={"kind": "stream", "account": "global", **request},
        )
        assert lengths(results) == {"text": 4, "stream": 4, "platform": 4}
        assert {one["type"] for one in results.values()} == {"video/mp4"}
        assert kinds(emulator) == ["create"] * 3

    def test_other_ends_are_errors(self, program: Program) -> None:
        account = {"account": "developer", "model": VEO, "duration": 4}
        results = program(
            "ai_sdk",
            filtered={**account, "prompt": front("filtered")},
            failed={**account, "prompt": front("failed")},
            unknown={**account, "prompt": "A cat", "model": "veo-9"},
            stream={"kind": "stream", "account": "developer", "model": OMNI, "prompt": front("failed")},
        )
        assert {name: (one["raised"], one["code"]) for name, one in results.items()} == {
            "filtered": ("GOOGLE_VIDEO_GENERATION_ERROR", None),
            "failed": ("Error", None),
            "unknown": ("AI_APICallError", 404),
            "stream": ("AI_StreamProviderError", "INTERNAL"),
        }
        assert "No videos in response" in results["filtered"]["message"]
        assert "internal server issue" in results["failed"]["message"]

    def test_a_key_of_nobody_is_refused(self, program: Program, emulator: Emulator) -> None:
        results = program(
            "ai_sdk",
            key="a-key-of-nobody",
            token="a-token-of-nobody",
            developer={"account": "developer", "model": VEO, "prompt": "A cat"},
            platform={"account": "platform", "model": PLATFORM_VEO, "prompt": "A cat"},
            express={"account": "express", "model": PLATFORM_VEO, "prompt": "A cat"},
            stream={"kind": "stream", "account": "developer", "model": OMNI, "prompt": "A cat"},
        )
        assert {name: (one["raised"], one["code"]) for name, one in results.items()} == {
            "developer": ("AI_APICallError", 400),
            "platform": ("AI_APICallError", 401),
            "express": ("AI_APICallError", 400),
            "stream": ("AI_APICallError", 400),
        }
        assert {entry.operation for entry in emulator.journal()} == {""}

    def test_it_repeats_a_paid_create_of_its_own_accord(self, program: Program, emulator: Emulator) -> None:
        emulator.script("create", "made-then", status=503)
        results = program("ai_sdk", twice={"account": "developer", "model": VEO, "prompt": "A cat", "duration": 4})
        assert lengths(results) == {"twice": 4}
        creates = [entry for entry in emulator.journal() if entry.kind == "create"]
        assert [create.status for create in creates] == [503, 200]
        assert len({create.operation for create in creates}) == 2
        assert len({create.headers["idempotency-key"] for create in creates}) == 1

    def test_its_own_download_refuses_this_machine_when_the_clip_is_made(
        self, program: Program, emulator: Emulator
    ) -> None:
        request = {"account": "developer", "model": VEO, "prompt": "A cat", "duration": 4, "guarded": True}
        results = program("ai_sdk", local=request)
        assert results["local"]["raised"] == "AI_DownloadError"
        assert kinds(emulator) == ["create", "poll", "poll"]


class TestGenkit:
    """``generate`` and ``checkOperation`` with the plugins of Google's two services."""

    def test_veo_ends_with_a_clip(self, program: Program, emulator: Emulator) -> None:
        request = {"prompt": "A cat", "config": {"durationSeconds": 4, "aspectRatio": "16:9"}}
        results = program(
            "genkit",
            developer={"account": "developer", "model": VEO, **request},
            platform={"account": "platform", "model": PLATFORM_VEO, **request},
        )
        assert lengths(results) == {"developer": 4, "platform": 4}
        assert kinds(emulator) == ["create", "poll", "poll", "download", "create", "poll", "poll"]

    def test_a_failure_is_told_and_a_filtered_clip_is_nothing(self, program: Program) -> None:
        request = {"account": "developer", "model": VEO}
        results = program(
            "genkit",
            filtered={**request, "prompt": front("filtered")},
            told={"account": "platform", "model": PLATFORM_VEO, "prompt": front("filtered")},
            failed={**request, "prompt": front("failed")},
            unknown={**request, "prompt": "A cat", "model": "veo-9"},
        )
        # Only the plugin of the Agent Platform reads the reason.
        assert results["filtered"] == {"error": None, "output": None}
        assert "Support codes" in results["told"]["error"]["message"]
        assert "internal server issue" in results["failed"]["error"]["message"]
        # It has names for a few statuses, and calls all others unknown.
        assert (results["unknown"]["raised"], results["unknown"]["code"]) == ("GenkitError", "UNKNOWN")
        assert "[404 Not Found]" in results["unknown"]["message"]

    def test_a_key_of_nobody_is_refused(self, program: Program, emulator: Emulator) -> None:
        results = program(
            "genkit",
            key="a-key-of-nobody",
            token="a-token-of-nobody",
            developer={"account": "developer", "model": VEO, "prompt": "A cat"},
            platform={"account": "platform", "model": PLATFORM_VEO, "prompt": "A cat"},
        )
        assert {name: (one["raised"], one["code"]) for name, one in results.items()} == {
            "developer": ("GenkitError", "INVALID_ARGUMENT"),
            "platform": ("GenkitError", "UNKNOWN"),
        }
        assert "API key not valid" in results["developer"]["message"]
        assert "[401 Unauthorized]" in results["platform"]["message"]
        assert {entry.operation for entry in emulator.journal()} == {""}
