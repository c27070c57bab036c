"""An emulator of its own for these tests, and calls in the words of each service."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from veo_widgets.emulator import Emulator, Pace

Json = dict[str, Any]
DEVELOPER_MODEL = "veo-3.1-fast-generate-preview"
PLATFORM_MODEL = "veo-3.1-fast-generate-001"
PLACE = "/v1/projects/films/locations/us-central1/publishers/google/models"


class Calls:
    """The calls a client makes, against one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.http = httpx.Client(base_url=emulator.base_url, timeout=60)
        self.key = {"x-goog-api-key": "a-key"}
        self.bearer = {"authorization": "Bearer a-token"}

    def dev_create(self, prompt: str = "A cat", *, model: str = DEVELOPER_MODEL, **more: Any) -> httpx.Response:
        body = {"instances": [{"prompt": prompt, **more.pop("instance", {})}], "parameters": {"durationSeconds": 4}}
        body["parameters"].update(more)
        return self.http.post(f"/v1beta/models/{model}:predictLongRunning", json=body, headers=self.key)

    def dev_poll(self, name: str) -> Json:
        reply: Json = self.http.get(f"/v1beta/{name}", headers=self.key).raise_for_status().json()
        return reply

    def dev_uris(self, prompt: str = "A cat", **more: Any) -> list[str]:
        name = self.dev_create(prompt, **more).raise_for_status().json()["name"]
        samples = self.dev_poll(name)["response"]["generateVideoResponse"]["generatedSamples"]
        return [sample["video"]["uri"] for sample in samples]

    def dev_clip(self, prompt: str = "A cat", **more: Any) -> bytes:
        return self.http.get(self.dev_uris(prompt, **more)[0], headers=self.key).raise_for_status().content

    def ap_create(self, prompt: str = "A cat", *, model: str = PLATFORM_MODEL, **more: Any) -> httpx.Response:
        body = {"instances": [{"prompt": prompt, **more.pop("instance", {})}], "parameters": {"durationSeconds": 4}}
        body["parameters"].update(more)
        return self.http.post(f"{PLACE}/{model}:predictLongRunning", json=body, headers=self.bearer)

    def ap_poll(self, name: str, *, model: str = PLATFORM_MODEL) -> Json:
        path = f"{PLACE}/{model}:fetchPredictOperation"
        reply = self.http.post(path, json={"operationName": name}, headers=self.bearer).raise_for_status()
        found: Json = reply.json()
        return found

    def ap_done(self, prompt: str = "A cat", **more: Any) -> Json:
        model = more.get("model", PLATFORM_MODEL)
        return self.ap_poll(self.ap_create(prompt, **more).raise_for_status().json()["name"], model=model)

    def ap_clips(self, prompt: str = "A cat", **more: Any) -> list[bytes]:
        videos = self.ap_done(prompt, **more)["response"]["videos"]
        return [base64.b64decode(video["bytesBase64Encoded"]) for video in videos]


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (1280, 720), kind: str = "PNG") -> Json:
    """A media object with a picture: a colour with a darker square in it."""
    image = Image.new("RGB", size, colour)
    image.paste(tuple(value // 2 for value in colour), (size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    image.save(out, kind)
    return {"bytesBase64Encoded": base64.b64encode(out.getvalue()).decode(), "mimeType": f"image/{kind.lower()}"}


@pytest.fixture(scope="session")
def small_emulator() -> Iterator[Emulator]:
    with Emulator(pace=Pace.at_once(), clips="small") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def full_emulator() -> Iterator[Emulator]:
    with Emulator(pace=Pace.at_once()) as emulator:
        yield emulator


@pytest.fixture
def make_calls() -> Iterator[Callable[[Emulator], Calls]]:
    """Make calls on any emulator; the connections are closed at the end."""
    made: list[Calls] = []

    def make(emulator: Emulator) -> Calls:
        made.append(Calls(emulator))
        return made[-1]

    yield make
    for one in made:
        one.http.close()


@pytest.fixture
def calls(small_emulator: Emulator, make_calls: Callable[[Emulator], Calls]) -> Calls:
    """An emulator with tiny clips that finishes everything at the first poll."""
    small_emulator.reset()
    small_emulator.set_pace(Pace.at_once())
    return make_calls(small_emulator)


@pytest.fixture
def full(full_emulator: Emulator, make_calls: Callable[[Emulator], Calls]) -> Calls:
    """An emulator with full clips."""
    return make_calls(full_emulator)


@pytest.fixture
def make_picture() -> Callable[..., Json]:
    return picture
