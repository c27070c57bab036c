"""The kernel's half of the form and the studio: messages in, requests out."""

from __future__ import annotations

import ast
import base64
import io
import json
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import traitlets

from tests.raw_server import Server
from veo_widgets.api import flags
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.json_values import read_object
from veo_widgets.domain.media import Image
from veo_widgets.domain.prompt_templates import prompt_of
from veo_widgets.domain.request import VideoRequest
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import Form, Studio
from veo_widgets.notebook.widgets.protocol import UPWARD_BYTES
from veo_widgets.session import recipes
from veo_widgets.session.client import Client

from ..conftest import SlowService


def png(colour: int = 0, padding: int = 0) -> bytes:
    """A picture of one pixel, as large as is wished."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes([0, colour])) + bytes(padding)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


class Heard(Form):
    """A form that remembers what it has told the browser."""

    def __init__(self, *args: Any, **values: Any) -> None:
        self.said: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(*args, name="form", **values)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.said.append((content, [bytes(buffer) for buffer in buffers or ()]))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [content for content, _ in self.said if content["kind"] == kind]


Page = Callable[..., None]


@pytest.fixture
def make_form(client: Client) -> Callable[..., Heard]:
    return lambda *args, **values: Heard(*args, client=client, **values)


@pytest.fixture
def form(make_form: Callable[..., Heard]) -> Iterator[Heard]:
    made = make_form()
    settle(made)
    yield made
    made.close()


def tell(form: Heard, kind: str, data: bytes | None = None, **fields: Any) -> None:
    """A message from the browser, and what the kernel makes of it."""
    form._on_message(form, {"kind": kind, **fields}, [] if data is None else [memoryview(data)])
    settle(form)


def settle(form: Heard) -> None:
    """Let the client's loop turn once."""

    async def turn() -> None:
        pass

    form._client.call(turn)


def until(form: Heard, happened: Callable[[], object]) -> Any:
    """Wait for what a message has set going."""
    end = time.monotonic() + 600
    while not (found := happened()):
        assert time.monotonic() < end, form.said
        settle(form)
    return found


def draft(at: int = 1, locked: bool = False, **values: Any) -> dict[str, Any]:
    return {"values": values, "at": at, "by": "page", "locked": locked}


def creates(emulator: Emulator) -> list[Any]:
    return [entry for entry in emulator.journal() if entry.kind == "create"]


def ended(form: Heard, order: str = "o1") -> Any:
    until(form, lambda: [said for said in form.of("accepted") if said["order"] == order])
    return form.job.wait(600)


def test_what_is_typed_is_the_forms_request(form: Heard) -> None:
    tell(form, "draft", draft=draft(prompt="A cat", duration_seconds=4, resolution="720p", seed=7))
    until(form, lambda: form.prompt)
    assert form.request == VideoRequest("A cat", duration_seconds=4, resolution="720p", seed=7)
    # The page that typed it must not be overtaken by its own echo.
    assert form.draft["by"] == "page"


def test_extra_parameters_and_a_size_are_part_of_it(form: Heard) -> None:
    extra = {"guidance_scale": 7.5, "lora.paths": ["a", None], "loop": False, "note": ""}
    tell(form, "draft", draft=draft(prompt="A cat", size="832x480", extra=extra))
    until(form, lambda: form.prompt)
    assert (form.size, form.extra) == ("832x480", extra)
    form.extra = {"fps": 16}
    assert form.draft["values"]["extra"] == {"fps": 16}
    form.fill(extra=None, size=None)
    assert form.draft["values"] == {"prompt": "A cat"}
    # What cannot be sent yet stays as it was typed, and leaves the others in the request.
    tell(form, "draft", draft=draft(10**15, prompt="A cat", extra={"seed": 7, "fps": 24}))
    until(form, lambda: form.extra)
    assert form.draft["values"]["extra"] == {"seed": 7, "fps": 24}
    assert form.extra == {"fps": 24}


def test_what_a_server_says_of_itself_reaches_the_page(make_client: Callable[..., Client], settings: Settings) -> None:
    properties = {"fps": {"type": "integer", "minimum": 1}, "seed": {"type": "integer"}}
    content = {"multipart/form-data": {"schema": {"properties": properties}}}
    said = {"paths": {"/v1/videos": {"post": {"requestBody": {"content": content}}}}}
    with Server() as server:
        for path, body in (("/v1/models", {"data": [{"id": "wan"}]}), ("/openapi.json", said)):
            data = json.dumps(body).encode()
            server.answers[path] = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(data), data)
        client = make_client(replace(settings, provider="server", base_url=server.url))
        form = Heard("A cat", client=client)
        assert form.schema["default_model"] == ""
        # Nothing is asked before a page shows the form.
        assert server.seen == []
        tell(form, "ready")
        until(form, lambda: form.schema.get("learned"))
        assert form.schema["learned"] == [{"name": "fps", "kind": "integer", "minimum": 1}]
        assert (form.schema["offered"], form.schema["default_model"]) == (["wan"], "wan")
        tell(form, "ready")
        assert len(server.seen) == 2
        form.close()


def test_a_server_that_says_nothing_of_itself_is_no_fault(
    make_client: Callable[..., Client], settings: Settings
) -> None:
    with Server() as server:
        form = Heard("A cat", client=make_client(replace(settings, provider="server", base_url=server.url)))
        before = form.schema
        tell(form, "ready")
        until(form, lambda: len(server.seen) == 2)
        assert form.schema == before
        assert form.of("told") == []
        form.close()


def test_the_code_of_the_panels_comes_when_it_is_asked_for(form: Heard) -> None:
    tell(form, "panels")
    [said] = until(form, lambda: form.of("panels"))
    assert "Phrases for" in said["code"]
    assert "Phrases for" not in str(Form._esm)


def test_python_fills_the_form_and_the_page_hears_of_it(form: Heard) -> None:
    heard: list[Any] = []
    form.observe(heard.append, "request")
    form.prompt = "A dog"
    form.fill(seconds=6, first_frame=png())
    assert form.draft["values"]["prompt"] == "A dog"
    assert form.draft["values"]["duration_seconds"] == 6
    assert form.draft["values"]["first_frame"]["bytes"] == len(png())
    assert form.draft["by"] == ""
    assert len(heard) == 2
    form.first_frame = None
    assert "first_frame" not in form.draft["values"]
    # No bytes of an image are ever state.
    assert b"IDAT" not in json.dumps(form.draft).encode()


def test_generate_sends_the_request_once(form: Heard, emulator: Emulator) -> None:
    said = draft(prompt="A cat", duration_seconds=4, resolution="720p")
    for _ in range(2):
        tell(form, "generate", order="o1", draft=said)
    ended(form)
    assert len(creates(emulator)) == 1
    assert form.of("accepted") == [{"kind": "accepted", "order": "o1", "job": form.job.id}]
    assert form.job.request.duration_seconds == 4
    assert form.job.videos


def test_a_fault_is_told_with_its_parameter_and_nothing_is_sent(form: Heard, emulator: Emulator) -> None:
    tell(form, "generate", order="o1", draft=draft(prompt="A cat", resolution="1080p", duration_seconds=4))
    [denied] = until(form, lambda: form.of("denied"))
    assert [problem["parameter"] for problem in denied["problems"]] == ["duration_seconds"]
    assert creates(emulator) == []
    tell(form, "generate", order="o2", draft=draft(2, prompt="A {missing} cat"))
    until(form, lambda: len(form.of("denied")) == 2)
    assert form.of("denied")[-1]["problems"][0]["parameter"] == "prompt"
    assert creates(emulator) == []


def test_an_uploaded_image_is_in_the_request(form: Heard, emulator: Emulator) -> None:
    image = png(padding=UPWARD_BYTES + 1000)
    for offset in range(0, len(image), UPWARD_BYTES):
        piece = image[offset : offset + UPWARD_BYTES]
        tell(form, "upload", piece, image="u1", name="cat.png", offset=offset, total=len(image))
    held = until(form, lambda: form.of("uploaded"))[0]["as"]
    tell(form, "generate", order="o1", draft=draft(prompt="A cat", first_frame=held, duration_seconds=4))
    assert ended(form).request.first_frame.name == "cat.png"
    assert form.request.first_frame.data == form.job.request.first_frame.data
    assert len(creates(emulator)) == 1
    # A page that was reloaded asks for what it shows.
    form.said.clear()
    form._send_image(read("need-image", image=held["held"], request="r1"))
    assert b"".join(piece for _, pieces in form.said for piece in pieces) == form.request.first_frame.data


def read(kind: str, **fields: Any) -> Any:
    from veo_widgets.notebook.widgets.protocol import read_message

    return read_message({"kind": kind, **fields}, None)


def test_the_cast_stands_beside_the_prompt_and_follows_every_change(form: Heard, make_client: Any) -> None:
    mia = form._client.character("Mia", "red scarf", png())
    until(form, lambda: [one["name"] for one in form.cast] == ["Mia"])
    assert {**form.cast[0], "face": ""} == {"name": "Mia", "text": "red scarf", "images": 1, "face": ""}
    assert form.cast[0]["face"].startswith("data:image/jpeg;base64,")
    form._client.asynchronous.cast.forget(mia.name)
    until(form, lambda: form.cast == [])
    # Another program's change is seen when the page is drawn, and when somebody is named.
    make_client().character("Leo", "old")
    tell(form, "ready")
    until(form, lambda: [one["name"] for one in form.cast] == ["Leo"])
    make_client().character("Zoe", "a dog")
    tell(form, "draft", draft=draft(9, prompt="@Zoe"))
    until(form, lambda: [one["name"] for one in form.cast] == ["Leo", "Zoe"])


def test_the_form_says_where_a_character_is_sent_in_words_only(form: Heard) -> None:
    form._client.character("Mia", "red scarf", png())
    tell(form, "draft", draft=draft(5, prompt="@Mia", model="veo-3.0-generate-001"))
    said = "veo-3.0-generate-001 takes no references, so @Mia is described in words only."
    until(form, lambda: form.remarks == [said])
    tell(form, "draft", draft=draft(6, prompt="A cat", model="veo-3.0-generate-001"))
    until(form, lambda: form.remarks == [])


@pytest.mark.parametrize(
    ("data", "offset", "total"),
    [(b"no image", 0, 8), (png(), 5, len(png())), (b"x", 0, 30_000_000), (b"x", 0, 0)],
)
def test_what_is_no_image_is_refused_with_a_reason(form: Heard, data: bytes, offset: int, total: int) -> None:
    tell(form, "upload", data, image="u1", name="cat.png", offset=offset, total=total)
    assert "image" in until(form, lambda: form.of("upload-failed"))[0]["message"]


def test_running_the_cell_again_keeps_what_was_typed(make_form: Callable[..., Heard]) -> None:
    first = make_form("A cat", seconds=4)
    tell(first, "draft", draft=draft(5, prompt="A cat that was typed", duration_seconds=8, first_frame=None))
    until(first, lambda: first.duration_seconds == 8)
    again = make_form("A cat", seconds=4)
    assert again.request == VideoRequest("A cat that was typed", duration_seconds=8)
    # What the cell says anew is meant.
    changed = make_form("A cat", seconds=4, resolution="1080p")
    assert changed.request == VideoRequest("A cat that was typed", duration_seconds=8, resolution="1080p")


def test_an_older_draft_does_not_win(form: Heard) -> None:
    tell(form, "draft", draft=draft(10, prompt="new"))
    tell(form, "draft", draft=draft(9, prompt="old"))
    assert form.prompt == "new"


def test_images_that_the_kernel_no_longer_has_are_asked_for_again(form: Heard) -> None:
    lost = {"held": "gone", "name": "cat.png"}
    tell(form, "draft", draft=draft(3, prompt="A cat", first_frame=lost))
    assert form.prompt == "A cat"
    assert form.draft["by"] == ""
    assert "first frame" in form.of("told")[0]["message"]


def test_a_grabbed_frame_is_taken_where_it_belongs(form: Heard) -> None:
    for role, colour in (("first_frame", 1), ("reference_images", 2), ("reference_images", 3)):
        form.take(Image.of(png(colour)), role)
    assert form.first_frame.data == png(1)
    assert [image.data for image in form.reference_images] == [png(2), png(3)]
    assert len(form.draft["values"]["reference_images"]) == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"values": {"prompt": 7}, "at": 1, "by": "p", "locked": False},
        {"values": {"first_frame": "/etc/passwd"}, "at": 1, "by": "p", "locked": False},
        {"values": {"extend_from": "/etc/passwd"}, "at": 1, "by": "p", "locked": False},
        {"values": {"api_key": "x", "provider": "openai"}, "at": 1, "by": "p", "locked": False},
        {"values": {"extra": "guidance_scale=5"}, "at": 1, "by": "p", "locked": False},
        {"values": {"extra": {"": 5}}, "at": 1, "by": "p", "locked": False},
        {"values": {"extra": {str(n): n for n in range(101)}}, "at": 1, "by": "p", "locked": False},
        {"values": {"extra": {"a": "x" * 100_001}}, "at": 1, "by": "p", "locked": False},
        {"values": {"extra": {"a": float("nan")}}, "at": 1, "by": "p", "locked": False},
        {"values": {"first_frame": {"held": {"held": 1}}, "size": ["832x480"]}, "at": 1, "by": "p", "locked": False},
        {"values": [1], "at": 1, "by": "p", "locked": False},
        {"at": "1"},
        {},
    ],
)
def test_a_page_can_name_no_file_and_no_setting(form: Heard, sent: dict[str, Any]) -> None:
    tell(form, "draft", draft=sent)
    assert form.request.said() in ({}, {"prompt": "7"})


def test_earlier_prompts_can_be_searched_and_used(form: Heard) -> None:
    for number, prompt in enumerate(["A cat on a roof", "A dog", "A cat on a roof"]):
        said = draft(number + 1, prompt=prompt, duration_seconds=4, seed=number)
        tell(form, "generate", order=f"o{number}", draft=said)
        ended(form, f"o{number}")
    tell(form, "history", query="CAT roof", request="h1")
    [item] = until(form, lambda: form.of("history"))[0]["items"]
    assert item["prompt"] == "A cat on a roof"
    assert item["job"] == form.job.id
    tell(form, "draft", draft=draft(9, prompt="something else"))
    tell(form, "use", job=item["job"])
    until(form, lambda: form.prompt == "A cat on a roof")
    assert form.seed == 2


def test_a_clip_or_its_sidecar_fills_every_control(form: Heard) -> None:
    form.fill(prompt="A cat", seconds=4, seed=3, first_frame=Image.of(png(9)))
    tell(form, "generate", order="o1", draft=draft(10**15, **form.draft["values"]))
    job, request = ended(form), form.request
    clip = job.videos[0].path
    for name, text in ((clip.name, ""), ("renamed.json", clip.with_suffix(".json").read_text())):
        form.request = VideoRequest()
        tell(form, "recipe", name=name, text=text)
        until(form, lambda: form.request != VideoRequest())
        assert form.request.said() | {"model": ""} == request.said() | {"model": ""}
        assert form.request.first_frame.data == request.first_frame.data


def test_a_stranger_s_file_is_told_from_a_recipe(form: Heard) -> None:
    tell(form, "recipe", name="../../secret.mp4", text="")
    tell(form, "recipe", name="notes.json", text="{}")
    until(form, lambda: len(form.of("told")) == 2)
    assert form.request == VideoRequest()


def test_a_recipe_from_another_computer_says_which_images_are_missing(tmp_path: Path) -> None:
    said = {"prompt": "A cat", "seed": 7, "first_frame": {"name": "cat.png", "mime": "image/png", "sha256": "x"}}
    sidecar = tmp_path / "clip.json"
    sidecar.write_text(json.dumps({"schema": 1, "model": "veo-3.1-generate-001", "job": "k", "request": said}))
    recipe = recipes.load(tmp_path / "clip.mp4")
    assert recipe.request == VideoRequest("A cat", "veo-3.1-generate-001", seed=7)
    assert recipe.missing == ("first_frame",)
    with pytest.raises(InvalidRequestError, match="cannot read"):
        recipes.load(tmp_path / "none.mp4")


def test_an_unknown_parameter_is_refused_when_the_form_is_made(make_form: Callable[..., Heard]) -> None:
    with pytest.raises(InvalidRequestError, match="no such parameter"):
        make_form("A cat", colour="red")


def test_a_pillow_image_can_be_a_frame(form: Heard) -> None:
    from PIL import Image as Pillow

    form.first_frame = Pillow.new("RGB", (4, 4), "red")
    buffer = io.BytesIO(form.first_frame.data)
    assert Pillow.open(buffer).size == (4, 4)


class HeardStudio(Studio):
    """A studio that remembers what it has told the browser."""

    def __init__(self, *args: Any, **values: Any) -> None:
        self.said: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **values)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.said.append((content, [bytes(buffer) for buffer in buffers or ()]))

    of = Heard.of


@pytest.fixture
def studio(client: Client) -> Iterator[HeardStudio]:
    made = HeardStudio(client=client)
    yield made
    made.close()


def test_a_studio_shows_its_jobs_newest_first_and_plays_their_clips(
    studio: HeardStudio, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(2):
        tell(
            studio, "generate", order=f"o{number}", draft=draft(number + 1, prompt=f"Cat {number}", duration_seconds=4)
        )
        ended(studio, f"o{number}")
    until(studio, lambda: len(studio.videos) == 2)
    newest, first = studio.jobs
    assert newest.request.prompt == "Cat 1"
    assert studio.selected.id == newest.id == studio.chosen
    states = [said["job"]["state"] for said in studio.of("job") if said["job"]["id"] == first.id]
    assert states[0] in {"submitting", "queued", "running"}
    assert states[-1] == "succeeded"
    tell(studio, "select", job=first.id)
    assert studio.selected.id == first.id
    studio.selected = newest
    assert studio.chosen == newest.id
    studio.said.clear()
    tell(studio, "of-job", job=first.id, message={"kind": "need-bytes", "sample": 0, "request": "r1"})
    clip = first.videos[0].path.read_bytes()
    until(studio, lambda: sum(len(piece) for _, pieces in studio.said for piece in pieces) == len(clip))
    assert studio.of("of-job")[0]["message"]["request"] == "r1"
    # Whatever a listener stumbles over is logged and nothing else.
    assert caplog.records == []


def test_a_studios_traits_can_be_observed_and_linked(studio: HeardStudio, client: Client) -> None:
    heard: dict[str, list[Any]] = {name: [] for name in ("jobs", "videos", "selected")}
    studio.observe(lambda change: heard[change["name"]].append(change["new"]), list(heard))
    other = Form("A dog", client=client, name="other")
    link = traitlets.link((other, "request"), (studio, "request"))
    assert studio.draft["values"] == {"prompt": "A dog"}
    tell(studio, "draft", draft=draft(int(time.time() * 1000) + 5, prompt="A cat", duration_seconds=4))
    until(studio, lambda: other.request.prompt == "A cat")
    assert other.draft["values"]["duration_seconds"] == 4
    tell(studio, "generate", order="o1", draft=draft(int(time.time() * 1000) + 6, prompt="A cat", duration_seconds=4))
    job = ended(studio)
    until(studio, lambda: heard["videos"])
    assert [one.id for one in heard["jobs"][-1]] == [heard["selected"][-1].id] == [job.id]
    assert heard["videos"][-1][0].path == job.videos[0].path
    link.unlink()
    other.close()


def test_a_studio_that_is_run_again_shows_running_jobs_where_they_stand(
    make_client: Callable[..., Client], settings: Settings, slow_service: SlowService
) -> None:
    emulator, let_end = slow_service
    client = make_client(replace(settings, base_url=emulator.base_url), hasty=True)
    studio = HeardStudio(client=client)
    prompt = "---\nseconds: 600\n---\nA slow cat"
    tell(studio, "generate", order="o1", draft=draft(prompt=prompt, duration_seconds=4))
    until(studio, lambda: studio.of("accepted"))
    studio.close()
    again = HeardStudio(client=client)
    until(again, lambda: again.jobs)
    assert again.prompt == prompt
    assert not again.jobs[0].state.is_final
    let_end()
    until(again, lambda: again.videos)
    assert len(creates(emulator)) == 1
    again.close()


def test_an_accepted_job_that_could_not_be_written_down_is_shown(
    make_client: Callable[..., Client],
    emulator: Emulator,
    locked_after_create: Callable[[], AbstractContextManager[None]],
) -> None:
    studio = HeardStudio(client=make_client(hasty=True, patience=0.2))
    emulator.script(on="create", fault="slow", seconds=0.3)
    tell(studio, "generate", order="o1", draft=draft(prompt="A cat", duration_seconds=4))
    with locked_after_create():
        until(studio, lambda: studio.of("accepted") or studio.of("denied"))
        assert studio.of("denied") == []
        until(studio, lambda: studio.jobs)
    assert ended(studio).videos
    assert len(creates(emulator)) == 1
    studio.close()


def test_a_repeat_whose_answer_is_lost_is_shown(studio: HeardStudio, emulator: Emulator) -> None:
    tell(studio, "generate", order="o1", draft=draft(prompt="A cat", duration_seconds=4))
    first = ended(studio)
    emulator.script(on="create", fault="cut")
    tell(studio, "of-job", job=first.id, message={"kind": "retry", "job": first.id})
    until(studio, lambda: len(studio.jobs) == 2)
    assert studio.jobs[0].record.retry_of == first.id
    assert len(creates(emulator)) == 2


def test_a_repeat_has_a_place_of_its_own_and_is_paid_once(studio: HeardStudio, emulator: Emulator) -> None:
    tell(studio, "generate", order="o1", draft=draft(prompt="A cat", duration_seconds=4))
    job = ended(studio)
    until(studio, lambda: studio.videos)
    for _ in range(2):
        tell(studio, "of-job", job=job.id, message={"kind": "retry", "job": job.id})
    until(studio, lambda: len(studio.jobs) == 2)
    studio.jobs[0].wait(600)
    assert len(creates(emulator)) == 2
    assert studio.jobs[1].id == job.id
    assert studio.selected.id == studio.jobs[0].id


def test_the_same_click_is_carried_out_once_however_late_it_comes_again(
    studio: HeardStudio, emulator: Emulator
) -> None:
    tell(studio, "generate", order="o1", draft=draft(prompt="A cat", duration_seconds=4))
    job = ended(studio)
    click = {"kind": "retry", "job": job.id, "request": "click"}
    tell(studio, "of-job", job=job.id, message=click)
    until(studio, lambda: len(studio.jobs) == 2)
    studio.jobs[0].wait(600)
    settle(studio)
    tell(studio, "of-job", job=job.id, message=click)
    settle(studio)
    assert len(creates(emulator)) == 2
    tell(studio, "of-job", job=job.id, message={**click, "request": "another"})
    until(studio, lambda: len(studio.jobs) == 3)
    assert len(creates(emulator)) == 3


def test_a_withheld_request_comes_back_into_the_form(studio: HeardStudio) -> None:
    prompt = "---\noutcome: filtered\n---\nA brawl"
    tell(studio, "generate", order="o1", draft=draft(prompt=prompt, duration_seconds=4))
    until(studio, lambda: studio.jobs and studio.jobs[0].record.state.is_final)
    studio.fill(prompt="Something else")
    tell(studio, "of-job", job=studio.jobs[0].id, message={"kind": "use", "job": studio.jobs[0].id})
    until(studio, lambda: studio.prompt == prompt)
    assert studio.duration_seconds == 4


def test_a_poster_from_the_browser_reaches_its_job(studio: HeardStudio) -> None:
    tell(studio, "generate", order="o1", draft=draft(prompt="A cat", duration_seconds=4))
    clip = ended(studio).videos[0]
    until(studio, lambda: studio.videos)
    recipe = clip.recipe
    clip.sidecar.write_text(json.dumps({**recipe, "poster": ""}))
    jpeg = b"\xff\xd8\xff" + bytes(100) + b"\xff\xd9"
    tell(studio, "of-job", jpeg, job=studio.chosen, message={"kind": "poster", "sample": 0})
    until(studio, lambda: clip.recipe["poster"])
    assert base64.b64decode(clip.recipe["poster"].partition(",")[2]) == jpeg


def test_a_message_for_a_job_is_checked_as_any_other(studio: HeardStudio) -> None:
    tell(studio, "generate", order="o1", draft=draft(prompt="A cat", duration_seconds=4))
    job = ended(studio)
    studio.said.clear()
    tell(studio, "of-job", job=job.id, message={"kind": "need-bytes", "sample": "../secret", "request": "r1"})
    tell(studio, "of-job", job="another", message={"kind": "retry", "job": "another"})
    settle(studio)
    assert studio.of("of-job") == []


# What the browser copies; vitest checks that it does, over the same file.
COPIES = json.loads((Path(__file__).parents[2] / "js" / "tests" / "copies.json").read_text("utf-8"))
NAMES = {"animal": "tabby"}


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a form with file names for what the kernel holds."""

    def named(value: Any) -> Any:
        return [named(item) for item in value] if isinstance(value, list) else value.get("name")

    held = {name: value for name, value in values.items() if isinstance(value, dict | list) and name != "extra"}
    kept = {**values, **{name: named(value) for name, value in held.items()}}
    return {**kept, "prompt": kept["prompt"].replace("{animal}", "tabby"), "provider": "agent_platform"}


@pytest.mark.parametrize("copied", COPIES)
def test_the_form_as_python_asks_for_the_same(copied: dict[str, Any]) -> None:
    call = ast.parse(copied["python"]).body[1].value
    prompt = eval(compile(ast.Expression(call.args[0]), "copied", "eval"), NAMES)
    values = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    assert {"prompt": prompt, **values} == plain(copied["values"])


@pytest.mark.parametrize("copied", COPIES)
def test_the_form_as_a_cell_asks_for_the_same(copied: dict[str, Any]) -> None:
    line, _, prompt = copied["cell"].partition("\n")
    values = flags.parse(line.removeprefix("%%veo"), names=dict(NAMES)).values
    said = plain(copied["values"])
    read = {name: str(value) if type(value) is int else value for name, value in said.items()}
    if "extra" in values:
        values["extra"] = read_object(values["extra"], "extra")
    assert {"prompt": prompt_of(prompt, dict(NAMES)), **values} == read
