"""An emulator of its own for these tests, and calls in the words of each service."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from veo_widgets.emulator import Emulator, Pace

Json = dict[str, Any]
DEVELOPER_MODEL = "veo-3.1-fast-generate-preview"
PLATFORM_MODEL = "veo-3.1-fast-generate-001"
OMNI, PLATFORM_OMNI = "gemini-omni-1.2-flash", "gemini-omni-1.1-flash-preview"
GLOBAL = "/v1beta1/projects/films/locations/global"
FORMAT = {"aspect_ratio", "duration", "resolution", "delivery", "gcs_uri"}
PLACE = "/v1/projects/films/locations/us-central1/publishers/google/models"


class Calls:
    """The calls a client makes, against one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        # A poll is answered once the clip is rendered, which takes as long as this machine needs for it.
        self.http = httpx.Client(base_url=emulator.base_url, timeout=None)
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

    def omni_create(self, given: Any = "A cat", *, root: str = "/v1beta", **more: Any) -> httpx.Response:
        """Create an interaction: ``more`` that a response format has goes there, the rest to the top."""
        wanted = {"duration": "3s"} | {name: more.pop(name) for name in FORMAT & more.keys()}
        body = {"model": OMNI, "input": given, "background": True, "response_format": {"type": "video", **wanted}}
        headers = self.bearer if "projects" in root else self.key
        return self.http.post(f"{root}/interactions", json=body | more, headers=headers)

    def omni_get(self, id_: str, *, root: str = "/v1beta", **query: Any) -> Json:
        headers = self.bearer if "projects" in root else self.key
        reply = self.http.get(f"{root}/interactions/{id_}", headers=headers, params=query).raise_for_status()
        found: Json = reply.json()
        return found

    def omni_done(self, given: Any = "A cat", **more: Any) -> Json:
        root = more.get("root", "/v1beta")
        return self.omni_get(self.omni_create(given, **more).raise_for_status().json()["id"], root=root)

    def omni_clip(self, interaction: Json) -> bytes:
        video = interaction["steps"][-1]["content"][0]
        if "data" in video:
            return base64.b64decode(video["data"])
        return self.http.get(video["uri"], headers=self.key).raise_for_status().content

    def video_create(self, prompt: str = "A cat", *, root: str = "/v1", **more: Any) -> httpx.Response:
        body = {"prompt": prompt, "model": "sora-2", **more}
        return self.http.post(f"{root}/videos", json=body, headers=self.bearer)

    def video_done(self, prompt: str = "A cat", **more: Any) -> Json:
        return self.video_get(self.video_create(prompt, **more).raise_for_status().json()["id"])

    def video_get(self, id_: str) -> Json:
        reply = self.http.get(f"/v1/videos/{quote(id_, safe='')}", headers=self.bearer).raise_for_status()
        found: Json = reply.json()
        return found

    def video_content(self, id_: str, **query: Any) -> httpx.Response:
        return self.http.get(f"/v1/videos/{quote(id_, safe='')}/content", params=query, headers=self.bearer)


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (1280, 720), kind: str = "PNG") -> Json:
    """A media object with a picture: a colour with a darker square in it."""
    data = encoded(colour, size, kind)
    return {"bytesBase64Encoded": base64.b64encode(data).decode(), "mimeType": f"image/{kind.lower()}"}


def encoded(colour: tuple[int, int, int], size: tuple[int, int] = (1280, 720), kind: str = "PNG") -> bytes:
    """The bytes of such a picture."""
    image = Image.new("RGB", size, colour)
    image.paste(tuple(value // 2 for value in colour), (size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


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


@pytest.fixture
def make_image() -> Callable[..., bytes]:
    return encoded
