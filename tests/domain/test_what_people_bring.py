"""Pictures and clips of every usual kind: taken as they are meant, or refused in words."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest

import veo_widgets as veo
from veo_widgets.client.plan import following
from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.formats import mp4
from veo_widgets.domain.formats.clip_metadata import without_metadata
from veo_widgets.domain.formats.containers import described
from veo_widgets.domain.media import MAX_IMAGE_BYTES, Image
from veo_widgets.emulator import Emulator
from veo_widgets.providers.wires.clip_sources import decoded
from veo_widgets.session.client import Client
from veo_widgets.session.job import Job
from veo_widgets.storage.films.stitching import Segment, last_frame, stitch

from ..brought import CLIPS, PICTURES, PROFILE, SIZE, Clip, Picture, array, encoded, picture, turned
from ..made_clips import Made, events


@pytest.fixture
def job(client: Client) -> Job:
    return client.submit("A cat", seed=7, duration_seconds=4).wait()


def sent(value: object) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(veo.plan("x", first_frame=value).request.first_frame.data))


@pytest.mark.parametrize("brought", PICTURES, ids=lambda one: one.name)
def test_a_picture_is_taken_or_refused_in_words(
    brought: Picture, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    value = brought.make(tmp_path)
    request.addfinalizer(getattr(value, "close", lambda: None))
    if brought.words:
        with pytest.raises(InvalidRequestError) as caught:
            veo.plan("x", first_frame=value)
        assert str(caught.value).startswith("first_frame: ")
        assert brought.words in str(caught.value)
        return
    image = veo.plan("x", first_frame=value).request.first_frame
    assert image.mime == brought.mime
    assert len(image.data) <= MAX_IMAGE_BYTES
    with PIL.Image.open(io.BytesIO(image.data)) as shown:
        assert PIL.Image.MIME[shown.format] == image.mime
        upright = PIL.ImageOps.exif_transpose(shown)
        assert upright.size == (brought.size if "on its side" not in brought.name else SIZE)


PLAIN = {"grey", "a frame of PyAV", "a file opened as text"}
COLOURED = [one for one in PICTURES if not one.words and one.group and one.size == SIZE and one.name not in PLAIN]


@pytest.mark.parametrize("brought", COLOURED, ids=lambda one: one.name)
def test_what_was_on_the_left_stays_there_in_its_colour(brought: Picture, tmp_path: Path) -> None:
    shown = sent(brought.make(tmp_path)).convert("RGB")
    for x, colour in ((8, (220, 30, 20)), (56, (20, 40, 220))):
        assert max(abs(a - b) for a, b in zip(shown.getpixel((x, 18)), colour, strict=True)) < 12


def test_a_turned_photograph_is_the_same_by_path_bytes_and_pillow(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(turned())
    ways = (tmp_path / "a.jpg", turned(), PIL.Image.open(tmp_path / "a.jpg"))
    shown = [PIL.ImageOps.exif_transpose(sent(way)).convert("RGB") for way in ways]
    assert {one.size for one in shown} == {SIZE}
    assert max(np.abs(np.subtract(np.int16(shown[0]), np.int16(one))).max() for one in shown[1:]) < 3


def test_a_profile_stays_whatever_the_picture_becomes() -> None:
    large = PIL.Image.merge("RGB", [PIL.Image.effect_noise((4000, 3000), 60)] * 3)
    large.info["icc_profile"] = PROFILE
    small = picture()
    small.info["icc_profile"] = PROFILE
    for image, kind in ((small, "PNG"), (large, "JPEG")):
        shown = sent(image)
        assert (shown.format, shown.info["icc_profile"]) == (kind, PROFILE)


def test_a_home_folder_is_meant_by_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.png").write_bytes(encoded("PNG"))
    assert sent("~/a.png").size == SIZE
    Made(seconds=4).write(tmp_path / "a.mp4")
    plan = veo.plan("x", model="emulator/gemini-omni-1.2-flash", edit_from="~/a.mp4")
    assert plan.request.edit_from == str(tmp_path / "a.mp4")
    assert veo.Player("~/a.mp4").clips[0]["seconds"] == pytest.approx(4, abs=0.05)
    assert len(veo.grid(["~/a.mp4"]).cells) == 1


def test_forms_take_arrays_too() -> None:
    form = veo.Form(name="arrays")
    form.first_frame = array()
    form.reference_images = [array(), picture()]
    assert [image.mime for image in (form.first_frame, *form.reference_images)] == ["image/png"] * 3
    with pytest.raises(InvalidRequestError, match="last_frame: an array of shape"):
        form.last_frame = np.zeros(7)


@pytest.mark.parametrize("clip", CLIPS, ids=lambda one: one.name)
def test_a_clip_says_how_it_is_shown(clip: Clip, tmp_path: Path) -> None:
    path = clip.made.write(tmp_path / "clip.mp4")
    seconds, width, height, fps, audio = clip.right
    with path.open("rb") as file:
        for found in (mp4.describe(file), described(file)):
            assert found.seconds == pytest.approx(seconds, abs=0.05)
            assert (found.width, found.height, found.has_audio) == (width, height, audio)
            assert found.fps == pytest.approx(fps, abs=0.05)
        assert mp4.is_whole(file)


@pytest.mark.parametrize("first", ["plain", "cut within a picture", "at changing intervals", "turned by its matrix"])
def test_flash_and_beep_stay_together_in_a_film_of_unlike_clips(first: str, tmp_path: Path) -> None:
    clips = sorted(CLIPS, key=lambda one: one.name != first)
    paths = [clip.made.write(tmp_path / f"{number}.mp4") for number, clip in enumerate(clips)]
    stitch([Segment(path) for path in paths], tmp_path / "film.mp4")
    flashes, beeps = events(tmp_path / "film.mp4")
    heard = [flash for flash, clip in zip(flashes, clips, strict=True) if clip.made.sound]
    assert len(heard) == len(beeps)
    assert max(abs(flash - beep) for flash, beep in zip(heard, beeps, strict=True)) < 0.01
    with (tmp_path / "film.mp4").open("rb") as file:
        found = described(file)
    assert (found.width, found.height) == clips[0].right[1:3]
    assert found.seconds == pytest.approx(sum(clip.right[0] for clip in clips), abs=0.05 * len(clips))


@pytest.mark.parametrize("clip", CLIPS, ids=lambda one: one.name)
def test_a_film_of_one_kind_keeps_it(clip: Clip, tmp_path: Path) -> None:
    path = clip.made.write(tmp_path / "clip.mp4")
    stitch([Segment(path), Segment(path)], tmp_path / "film.mp4")
    flashes, beeps = events(tmp_path / "film.mp4")
    assert len(flashes) == 2
    assert all(abs(a - b) < 0.01 for a, b in zip(flashes, beeps, strict=bool(clip.made.sound)))
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.streams.video[0].codec_context.codec_tag == ("hvc1" if clip.made.tag else "avc1")


def square(path: Path, size: tuple[int, int]) -> Path:
    """A white square in the middle of grey, which tells whether it is stretched."""
    image = PIL.Image.new("RGB", size, (90, 90, 90))
    side = min(size) // 2
    corner = ((size[0] - side) // 2, (size[1] - side) // 2)
    image.paste((255, 255, 255), (*corner, corner[0] + side, corner[1] + side))
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=24, options={"crf": "10"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        for _ in range(12):
            out.mux(video.encode(av.VideoFrame.from_image(image)))
        out.mux(video.encode(None))
    return path


@pytest.mark.parametrize(
    ("first", "second"), [((320, 180), (180, 320)), ((180, 320), (320, 180)), ((320, 180), (240, 180))]
)
def test_another_shape_gets_bars_and_is_not_stretched(first: tuple, second: tuple, tmp_path: Path) -> None:
    paths = [square(tmp_path / "1.mp4", first), square(tmp_path / "2.mp4", second)]
    stitch([Segment(path) for path in paths], tmp_path / "film.mp4")
    grey = np.asarray(PIL.Image.open(io.BytesIO(last_frame(tmp_path / "film.mp4"))).convert("L"))
    assert grey.shape == (first[1], first[0])
    white = np.argwhere(grey > 180)
    height, width = np.ptp(white, axis=0) + 1
    assert abs(int(height) - int(width)) <= 2
    edge = grey[0, first[0] // 2] if second[0] * first[1] > second[1] * first[0] else grey[first[1] // 2, 0]
    assert edge < 10


def test_bars_are_told_of_before_they_are_paid_for() -> None:
    film = veo.film("bars", ["a", veo.shot("b", aspect_ratio="9:16"), veo.shot("c", resolution="1080p", seconds=8)])
    assert film.plan().remarks == ("shot 2 is 720×1280 and the film 1280×720: it gets black bars at its sides",)
    assert film.plan().remarks[0] in repr(film)
    assert veo.film("no bars", ["a", "b"]).plan().remarks == ()


@pytest.mark.parametrize("tagged", [True, False])
def test_the_frame_to_go_on_from_has_the_colours_that_browsers_show(tagged: bool, tmp_path: Path) -> None:
    """Green is where the matrices of HD and of older television differ most."""
    path = tmp_path / "hd.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=24, options={"crf": "5"})
        video.width, video.height, video.pix_fmt = 1280, 720, "yuv420p"
        if tagged:
            video.codec_context.colorspace = 1
        frame = av.VideoFrame.from_image(PIL.Image.new("RGB", (1280, 720), (20, 200, 60)))
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
        for _ in range(6):
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    colour = PIL.Image.open(io.BytesIO(last_frame(path))).convert("RGB").getpixel((600, 300))
    assert max(abs(a - b) for a, b in zip(colour, (20, 200, 60), strict=True)) <= 4


def test_a_last_frame_is_the_last_that_is_shown_upright_in_square_pixels(tmp_path: Path) -> None:
    turned_clip = Made(turn=-90, size=(240, 180), shape=Fraction(4, 3), flash=1.9).write(tmp_path / "a.mp4")
    picture = PIL.Image.open(io.BytesIO(last_frame(turned_clip))).convert("L")
    assert picture.size == (180, 320)
    assert picture.getpixel((90, 160)) > 200


PLACE = "+48.1372+011.5755/"


@pytest.mark.parametrize("kind", ["mp4", "mov"])
def test_place_time_and_device_do_not_leave_with_a_clip(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"clip.{kind}"
    Made(format=kind).write(tmp_path / "plain.mp4")
    apple = {"com.apple.quicktime.location.ISO6709": PLACE, "com.apple.quicktime.model": "Fon 9"}
    tags = {"location": PLACE, "model": "Fon 9", "creation_time": "2026-11-28T10:00:00Z", **apple}
    with (
        av.open(str(tmp_path / "plain.mp4")) as source,
        av.open(str(path), "w", format=kind, options={"movflags": "use_metadata_tags"}) as out,
    ):
        out.metadata.update(tags)
        streams = {stream: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                out.mux(packet)
    before = path.read_bytes()
    after = without_metadata(before)
    assert PLACE.encode() in before
    assert b"Fon 9" in before
    assert not [word for word in (PLACE.encode(), b"+48.1", b"Fon 9", b"2026-11-28") if word in after]
    assert len(after) == len(before)
    assert without_metadata(after) == after
    with av.open(io.BytesIO(before)) as old, av.open(io.BytesIO(after)) as new:
        assert "creation_time" not in new.metadata
        assert [bytes(packet) for packet in old.demux()] == [bytes(packet) for packet in new.demux()]
        new.seek(0)
        assert sum(1 for _ in new.decode(video=0)) == 48


def test_a_clip_is_sent_without_its_place_whichever_way_it_is_given(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w", options={"movflags": "use_metadata_tags"}) as out:
        out.metadata["location"] = PLACE
        video = out.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
        out.mux(video.encode(av.VideoFrame(64, 36, "yuv420p")))
        out.mux(video.encode(None))
    data = (tmp_path / "a.mp4").read_bytes()
    assert PLACE.encode() in data
    for given in (tmp_path / "a.mp4", str(tmp_path / "a.mp4"), data):
        clip = veo.plan("x", model="emulator/gemini-omni-1.2-flash", edit_from=given).request.edit_from
        assert PLACE.encode() not in decoded(clip, "edit_from")
        assert decoded(clip, "edit_from") == without_metadata(data)


@pytest.mark.parametrize("parameter", ["edit_from", "extend_from", "upscale_from", "reference_videos"])
@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("cat.jpg", b"\xff\xd8\xff\xe0", "an image/jpeg"),
        ("cat.mp4", b"\x89PNG\r\n\x1a\n", "an image/png"),
        ("cat.webp", b"RIFF\x24\0\0\0WEBPVP8 ", "an image/webp"),
        ("miaow.wav", b"RIFF\x24\0\0\0WAVEfmt ", "a sound in WAV"),
        ("page.mp4", b"<!DOCTYPE html>", "an HTML page"),
        ("cat.mp4", b"", "empty"),
    ],
)
def test_what_is_no_clip_is_refused_before_anything_is_sent(
    client: Client,
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    start: bytes,
    kind: str,
    parameter: str,
) -> None:
    (tmp_path / name).write_bytes(start)
    monkeypatch.chdir(tmp_path)
    for given in (name, tmp_path / name, start):
        said = {parameter: given, **({"resolution": "1080p"} if parameter == "upscale_from" else {})}
        with pytest.raises(InvalidRequestError, match=f"{parameter}: .* is {kind}, not a clip; give an MP4") as refused:
            client.submit("x", model="emulator/gemini-omni-1.2-flash", **said)
        assert refused.value.parameter == parameter
    assert not client.jobs()
    assert not [entry for entry in emulator.journal() if entry.kind == "create"]


@pytest.mark.parametrize("start", [b"RIFF\x24\0\0\0AVI LIST", b"\0\0\x01\xba", b"FLV\x01", b"\0\0\0\x14ftypqt  "])
def test_clips_of_other_kinds_are_left_to_the_service(start: bytes) -> None:
    clip = veo.plan("x", model="emulator/gemini-omni-1.2-flash", edit_from=start).request.edit_from
    assert decoded(clip, "edit_from") == start


def test_a_job_stands_for_its_clip(job: Job, client: Client) -> None:
    plan = client.plan("And on", extend_from=job)
    assert (plan.provider.name, plan.request.model) == (job.record.provider, job.record.model)
    assert (
        plan.request.extend_from
        == client.plan("And on", **following(job.record, "extend_from", {})).request.extend_from
    )
    videos = client.plan("x", model="emulator/gemini-omni-1.2-flash", reference_videos=[job]).request.reference_videos
    assert videos == (str(job.videos[0].path),)


def test_what_is_no_mp4_is_sent_as_it_is() -> None:
    assert without_metadata(b"\x1aE\xdf\xa3" + bytes(60)) == b"\x1aE\xdf\xa3" + bytes(60)


def test_an_image_of_an_image_stays() -> None:
    image = Image.of(array())
    assert Image.of(image) is image
