"""The player's kernel side: frames, sequels, and code that makes a clip again."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from veo_widgets.api.flags import parse
from veo_widgets.domain import snippets
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.media import Image
from veo_widgets.domain.prompt_templates import prompt_of
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import Form, Player, frames
from veo_widgets.notebook.widgets.protocol import UPWARD_BYTES
from veo_widgets.notebook.widgets.registries import Frames
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job


class HeardPlayer(Player):
    """A player that notes what it tells the browser."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.heard: list[Mapping[str, Any]] = []
        self.told = threading.Condition()
        super().__init__(*given, **named)

    def send(self, content: Any, buffers: Any = None) -> None:
        super().send(content, buffers)
        with self.told:
            self.heard.append(content)
            self.told.notify_all()

    def say(self, buffer: bytes = b"", **content: Any) -> None:
        """What a browser would send."""
        self._handle_custom_msg(content, [memoryview(buffer)] if buffer else [])

    def answer(self, count: int = 1) -> Mapping[str, Any]:
        """The answer number `count`, once it is there."""
        with self.told:
            assert self.told.wait_for(lambda: len(self.heard) >= count, 20)
        return self.heard[count - 1]


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.fixture
def job(client: Client) -> Job:
    return client.submit("A cat", seed=7, duration_seconds=4).wait()


@pytest.fixture
def player(job: Job) -> Iterator[HeardPlayer]:
    made = HeardPlayer(job)
    yield made
    made.close()
    frames.clear()


def png(size: tuple[int, int] = (64, 36)) -> bytes:
    buffer = io.BytesIO()
    Pillow.effect_noise(size, 90).save(buffer, "PNG")
    return buffer.getvalue()


def grab(player: HeardPlayer, data: bytes, role: str, frame: int = 42, request: str = "r1") -> None:
    for offset in range(0, len(data), UPWARD_BYTES):
        piece = data[offset : offset + UPWARD_BYTES]
        about = {"sample": 0, "frame": frame, "role": role, "request": request}
        player.say(piece, kind="grab", **about, offset=offset, total=len(data))


def test_a_frame_becomes_the_first_frame_of_the_next_request(player: HeardPlayer) -> None:
    picture = png((1200, 1100))
    assert len(picture) > UPWARD_BYTES
    heard: list[tuple[str, str]] = []
    end = frames.listen(lambda image, role: heard.append((image.name, role)))
    grab(player, picture, "first_frame")
    assert player.answer() == {
        "kind": "grabbed",
        "request": "r1",
        "message": "Frame 42 is the first frame of the next request.",
    }
    end()
    assert player.frame is not None
    assert player.frame.data == picture
    assert player.frame.name.endswith("_frame0042.png")
    assert frames.first_frame == player.frame
    assert heard == [(player.frame.name, "first_frame")]
    next_shot = player._client.submit("It goes on", **frames)
    assert next_shot.request.first_frame == player.frame


def test_a_frame_is_saved_beside_its_clip(player: HeardPlayer, job: Job) -> None:
    picture = png()
    grab(player, picture, "file", frame=3)
    said = player.answer()["message"]
    found = list(job.videos[0].path.parent.glob("*.png"))
    assert [path.read_bytes() for path in found] == [picture]
    assert found[0].name == f"{job.videos[0].path.stem}_frame0003.png"
    assert found[0].name in said
    assert not frames


@pytest.mark.parametrize("data", [b"\xff\xd8\xff no png", png()[:-20], b"GIF89a"])
def test_what_is_no_whole_png_is_refused(player: HeardPlayer, data: bytes) -> None:
    grab(player, data, "first_frame")
    assert player.answer()["kind"] == "refused"
    assert player.answer()["message"].startswith("frame: ")
    assert player.frame is None
    assert not frames


def test_a_frame_that_does_not_arrive_whole_is_refused(player: HeardPlayer) -> None:
    about = {"sample": 0, "frame": 1, "role": "file", "request": "r"}
    player.say(b"end", kind="grab", **about, offset=4, total=7)
    assert "did not arrive whole" in player.answer()["message"]


def test_references_gather_and_other_roles_are_replaced() -> None:
    held = Frames()
    for name in ("a", "b"):
        held.grabbed(Image(b"x", name=name), "reference_images")
        held.grabbed(Image(b"x", name=name), "last_frame")
    assert [image.name for image in held.reference_images] == ["a", "b"]
    assert held.last_frame is not None
    assert held.last_frame.name == "b"
    assert held.first_frame is None
    assert repr(held) == "frames(reference_images=['a', 'b'], last_frame='b')"
    with pytest.raises(InvalidRequestError, match=r"role: 'middle' is not one of"):
        held.grabbed(Image(b"x"), "middle")


def test_a_clip_is_extended_once_and_its_sequel_is_shown(
    player: HeardPlayer, job: Job, client: Client, emulator: Emulator
) -> None:
    assert player.clips[0]["offers"]["extend"]["text"] == "$0.70"
    assert "edit" not in player.clips[0]["offers"]
    arrived = threading.Event()
    player.observe(lambda change: arrived.set() if change["new"][0]["state"] == "succeeded" else None, "sequels")
    ask = {"kind": "sequel", "sample": 0, "verb": "extend", "prompt": "It falls asleep"}
    player.say(**ask, request="one")
    player.say(**ask, request="one")
    player.say(**ask, request="two")
    assert {player.answer(1)["kind"], player.answer(2)["kind"]} == {"taken", "refused"}
    assert arrived.wait(600)
    assert len(client.jobs()) == 2
    sequel = player.sequels[0]
    assert (sequel["verb"], sequel["state"], sequel["prompt"]) == ("extend", "succeeded", "It falls asleep")
    assert sequel["clips"][0]["sample"] == 1000
    assert sequel["clips"][0]["seconds"] > job.videos[0].seconds
    player.say(kind="need-bytes", sample=1000, request="bytes")
    assert player.answer(3)["sample"] == 1000


def test_a_sequel_whose_answer_is_lost_is_shown_and_explained(
    player: HeardPlayer, client: Client, emulator: Emulator
) -> None:
    emulator.script(on="create", fault="cut")
    player.say(kind="sequel", sample=0, verb="extend", prompt="It falls asleep", request="r")
    assert player.answer()["command"] == "sequel"
    assert [sequel["state"] for sequel in player.sequels] == ["unknown"]
    assert len(client.jobs()) == 2


def test_a_clip_that_is_gone_costs_nothing(player: HeardPlayer, client: Client) -> None:
    player.say(kind="sequel", sample=7, verb="extend", prompt="x", request="r")
    assert player.answer()["message"] == "clip: it is no longer there."
    assert len(client.jobs()) == 1


def test_clips_of_several_jobs_keep_their_own_words(client: Client) -> None:
    jobs = [client.submit(prompt, duration_seconds=4) for prompt in ("A cat", "A dog")]
    videos = [job.wait().videos[0] for job in jobs]
    player = Player(videos, client=client)
    assert [clip["facts"]["prompt"] for clip in player.clips] == ["A cat", "A dog"]
    assert player.prompt == "A cat"
    assert player.settings == [["Length", "4 s"]]
    player.close()


REQUEST = {
    "prompt": 'She says: "{no}"\nand goes',
    "model": "veo-3.1-generate-001",
    "duration_seconds": 8.0,
    "seed": 7,
    "generate_audio": False,
    "negative_prompt": "rain, it's wet",
    "first_frame": {"name": "my cat.png", "mime": "image/png", "sha256": "00"},
    "reference_images": [{"name": "b", "mime": "image/png", "sha256": "00", "uri": "gs://bucket/b.png"}],
}


def test_a_request_reads_back_from_python() -> None:
    seen: dict[str, Any] = {}

    class Veo:
        submit: Callable[..., None] = staticmethod(lambda prompt, **values: seen.update(values, prompt=prompt))

    exec(snippets.python(REQUEST, "emulator"), {"veo": Veo})
    assert seen == {
        **REQUEST,
        "provider": "emulator",
        "first_frame": "my cat.png",
        "reference_images": ["gs://bucket/b.png"],
    }


def test_a_request_reads_back_from_a_cell() -> None:
    line, _, cell = snippets.magic(REQUEST, "emulator").partition("\n")
    flags = parse(line.removeprefix("%%veo "))
    assert flags is not None
    values = {name: value for name, value in flags.values.items() if value is not None}
    assert prompt_of(cell, {}) == REQUEST["prompt"]
    assert values == {
        "model": "veo-3.1-generate-001",
        "provider": "emulator",
        "duration_seconds": "8",
        "seed": "7",
        "generate_audio": False,
        "negative_prompt": "rain, it's wet",
        "first_frame": "my cat.png",
        "reference_images": ["gs://bucket/b.png"],
    }


def test_a_clip_carries_its_code(player: HeardPlayer, tmp_path: Path) -> None:
    code = player.clips[0]["code"]
    assert code["magic"].startswith("%%veo --provider emulator --model veo-3.1-fast-generate-001 --duration-seconds 4")
    assert "seed=7" in code["python"]
    assert str(tmp_path) not in str(code)


def test_a_form_takes_what_is_grabbed_until_it_is_closed(player: HeardPlayer, client: Client) -> None:
    form = Form(client=client, name="frames")
    grab(player, png(), "first_frame")
    assert player.answer()["kind"] == "grabbed"
    assert form.first_frame == player.frame
    for number in range(2):
        grab(player, png(), "reference_images", frame=number, request=f"r{number}")
        player.answer(number + 2)
    assert [image.name[-8:-4] for image in form.reference_images] == ["0000", "0001"]
    form.close()
    grab(player, png(), "first_frame", frame=99, request="last")
    player.answer(4)
    assert form.first_frame.name.endswith("_frame0042.png")


MEOW = "WEBVTT\n\n00:00.000 --> 00:02.000\n„Miau“ \u2013 café"


@pytest.mark.parametrize(
    ("name", "data", "seen", "language", "note"),
    [
        ("{}.vtt", MEOW.encode(), MEOW, "", ""),
        ("{}.vtt", MEOW.encode("utf-8-sig"), MEOW, "", ""),
        ("{}.vtt", MEOW.encode("utf-16"), MEOW, "", ""),
        ("{}.vtt", MEOW.encode("utf-16-le"), MEOW, "", ""),
        ("{}.vtt", MEOW.encode("cp1252"), MEOW, "", ""),
        ("{}.VTT", MEOW.encode(), MEOW, "", ""),
        ("{}.en.vtt", MEOW.encode(), MEOW, "en", ""),
        ("{}.pt_BR.vtt", MEOW.encode(), MEOW, "pt-BR", ""),
        ("{}.en.forced.vtt", MEOW.encode(), MEOW, "en", ""),
        ("{}.2.vtt", MEOW.encode(), None, "", ""),
        ("{}.mp4.vtt", MEOW.encode(), None, "", "{0}.mp4.vtt is not shown: 'mp4' is not a language code such as 'en'."),
        (
            "{}.english.vtt",
            MEOW.encode(),
            None,
            "",
            "{0}.english.vtt is not shown: 'english' is not a language code such as 'en'.",
        ),
        ("{}.srt", b"1", None, "", "{0}.srt is not shown: it is not WebVTT."),
        ("{}.de.SRT", b"1", None, "", "{0}.de.SRT is not shown: it is not WebVTT."),
        (
            "{}.vtt",
            b"1\n00:00:00,000 --> 00:00:02,000\nMeow",
            None,
            "",
            "{}.vtt is not shown: it does not begin with WEBVTT.",
        ),
        ("{}.vtt", b"WEBVTT" + b"\n" * 70_000, None, "", "{}.vtt is not shown: it is over 64 kB."),
    ],
)
def test_captions_beside_a_clip_come_along(
    job: Job, client: Client, name: str, data: bytes, seen: str | None, language: str, note: str
) -> None:
    assert Player(job, client=client).clips[0]["captions"] is None
    path = job.videos[0].path
    path.with_name(name.format(path.stem)).write_bytes(data)
    clip = Player(job, client=client).clips[0]
    assert (clip["captions"], clip["captions_language"]) == (seen, language)
    assert clip["captions_note"] == note.format(path.stem)


def test_of_captions_in_several_languages_one_is_shown_and_the_others_are_named(job: Job, client: Client) -> None:
    path = job.videos[0].path
    for language in ("fr", "de"):
        path.with_suffix(f".{language}.vtt").write_text(f"WEBVTT {language}", "utf-8")
    clip = Player(job, client=client).clips[0]
    assert (clip["captions"], clip["captions_language"]) == ("WEBVTT de", "de")
    assert clip["captions_note"] == f"{path.stem}.fr.vtt is there too."


def test_a_clips_settings_fill_the_form_again(
    player: HeardPlayer, client: Client, make_client: Callable[..., Client], job: Job
) -> None:
    with make_client() as ended:
        Form("A form that nothing serves any more", client=ended)
    player.say(kind="reuse", sample=0, request="r1")
    assert player.answer()["command"] == "reuse"
    assert "veo.Form()" in player.answer()["message"]
    filled = threading.Event()
    form = Form("A dog", client=client)
    form.observe(lambda _: filled.set(), "request")
    player.say(kind="reuse", sample=0, request="r2")
    assert player.answer(2) == {
        "kind": "grabbed",
        "request": "r2",
        "message": "The form has the settings of this clip.",
    }
    assert filled.wait(600)
    assert form.request.prompt == "A cat"
    assert (form.seed, form.duration_seconds) == (7, 4)
    form.close()
    player.say(kind="reuse", sample=0, request="r3")
    assert player.answer(3)["kind"] == "refused"
