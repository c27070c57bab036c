"""The clips, decoded: length, size, speed, sound, first and last picture."""

from __future__ import annotations

import base64
import io
from itertools import pairwise

import av
import pytest
from PIL import Image, ImageChops, ImageStat

BLUE, RED = (30, 80, 200), (210, 60, 40)


def frames_of(clip: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(clip)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def some_of(clip: bytes, *indexes: int) -> list[Image.Image]:
    """These frames alone: making pictures of all of them takes longer than decoding."""
    with av.open(io.BytesIO(clip)) as container:
        frames = list(container.decode(video=0))
    return [frames[index].to_image() for index in indexes]


def length_of(clip: bytes) -> int:
    with av.open(io.BytesIO(clip)) as container:
        return container.streams.video[0].frames


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, from 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def opened(picture: dict[str, str]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(picture["bytesBase64Encoded"]))).convert("RGB")


def test_a_clip_is_exact_and_has_sound(full) -> None:
    clip = full.dev_clip("A lighthouse over the sea")
    with av.open(io.BytesIO(clip)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.average_rate, video.frames) == (1280, 720, 24, 96)
        assert video.duration * video.time_base == 4
        assert audio.rate == 48_000
        assert audio.duration * audio.time_base == 4
        assert container.duration == 4_000_000
        keys = [packet.pts * video.time_base for packet in container.demux(video) if packet.is_keyframe]
    assert keys == [0, 1, 2, 3]
    assert clip.index(b"moov") < clip.index(b"mdat")
    with av.open(io.BytesIO(clip)) as container:
        sounds = [(frame.samples, bytes(frame.planes[0])) for frame in container.decode(audio=0)]
    # The last frame of the codec is decoded whole; the track says where to stop.
    assert 4 * 48_000 <= sum(length for length, _ in sounds) < 4 * 48_000 + 1024
    assert any(sounds[len(sounds) // 2][1])


def test_a_clip_can_be_made_as_large_as_a_test_of_load_needs(calls) -> None:
    clip = calls.dev_clip("---\nbytes: 2000000\n---\nA lighthouse")
    assert len(clip) == 2_000_000
    assert length_of(clip) == 96
    assert calls.dev_create("---\nbytes: 9000000000\n---\nA lighthouse").status_code == 400


def test_the_same_request_gives_the_same_bytes(full, make_calls) -> None:
    from veo_widgets.emulator import Emulator, Pace

    asked = {"seed": 7, "sampleCount": 2}
    first, second = full.ap_clips("A lighthouse", **asked)
    with Emulator(pace=Pace.at_once()) as other:
        again = make_calls(other).ap_clips("A lighthouse", **asked)
    assert again == [first, second]
    [changed] = full.ap_clips("A lighthouse", seed=8)
    pictures = [some_of(clip, 40)[0] for clip in (first, second, changed)]
    assert difference(pictures[0], pictures[1]) > 10
    assert difference(pictures[0], pictures[2]) > 1
    assert b"creation_time" not in first


def test_every_frame_says_emulator_and_moves_on(full) -> None:
    frames = frames_of(full.dev_clip("A lighthouse over the sea"))
    badge = (26, 26, 222, 66)
    worded = frames[0].crop(badge)
    # White letters and a dark panel, in the same place in each frame.
    assert ImageStat.Stat(worded.convert("L")).extrema[0][1] > 200
    for frame in frames[::13]:
        assert difference(frame.crop(badge), worded) < 12
    clock = (1022, 26, 1254, 66)
    assert all(difference(one.crop(clock), two.crop(clock)) > 0.3 for one, two in pairwise(frames))


def test_first_and_last_picture_come_out_as_they_went_in(full, make_picture) -> None:
    image, last = make_picture(BLUE), make_picture(RED, kind="JPEG")
    clip = full.dev_clip("From blue to red", instance={"image": image, "lastFrame": last})
    begin, middle, end = some_of(clip, 0, 48, 95)
    assert length_of(clip) == 96
    assert difference(begin, opened(image)) < 6
    assert difference(end, opened(last)) < 6
    assert difference(middle, opened(image)) > 15
    assert difference(middle, opened(last)) > 15


@pytest.mark.parametrize(("mode", "corner_is_black"), [("pad", True), ("crop", False)])
def test_a_picture_of_another_shape_is_padded_or_cropped(full, make_picture, mode: str, corner_is_black: bool) -> None:
    image = make_picture(BLUE, (600, 600))
    [clip] = full.ap_clips("A square", instance={"image": image}, resizeMode=mode, generateAudio=False)
    pixel = some_of(clip, 0)[0].getpixel((40, 400))
    assert (max(pixel) < 40) == corner_is_black


def test_reference_pictures_are_shown(full, make_picture) -> None:
    references = [{"image": make_picture((20, 200, 60), (200, 200)), "referenceType": "asset"}]
    [clip] = full.ap_clips("A place", instance={"referenceImages": references}, durationSeconds=8, generateAudio=False)
    red, green, blue = some_of(clip, 100)[0].getpixel((1120, 100))
    assert green > 150
    assert max(red, blue) < 90


def test_portrait_and_silence(full) -> None:
    for clip in (
        full.ap_clips("A tower", aspectRatio="9:16", generateAudio=False)[0],
        full.ap_clips("A tower", aspectRatio="9:16", model="veo-2.0-generate-001", durationSeconds=5)[0],
    ):
        with av.open(io.BytesIO(clip)) as container:
            video = container.streams.video[0]
            assert (video.width, video.height) == (720, 1280)
            assert not container.streams.audio


def test_full_hd_is_full_hd(full) -> None:
    [clip] = full.ap_clips("A tower", resolution="1080p", durationSeconds=8, generateAudio=False)
    with av.open(io.BytesIO(clip)) as container:
        video = container.streams.video[0]
        assert (video.width, video.height, video.frames) == (1920, 1080, 192)


def test_an_extension_begins_with_its_source(full) -> None:
    [uri] = full.dev_uris("A lighthouse over the sea")
    source = full.http.get(uri, headers=full.key).content
    more = {"instance": {"video": {"uri": uri, "encoding": "video/mp4"}}, "durationSeconds": 8}
    extended = full.dev_clip("Then night falls", **more)
    last = length_of(source) - 1
    assert length_of(extended) == length_of(source) + 7 * 24
    before, after = some_of(source, 0, 50, last), some_of(extended, 0, 50, last)
    assert all(difference(one, other) < 3 for one, other in zip(before, after, strict=True))
    following, end = some_of(extended, last + 1, -1)
    assert difference(before[-1], following) < 4
    assert difference(before[-1], end) > 10
    with av.open(io.BytesIO(extended)) as container:
        assert container.duration == 11_000_000
        assert container.streams.audio


def test_a_video_in_bytes_is_extended(calls) -> None:
    [source] = calls.ap_clips("A lighthouse")
    video = {"bytesBase64Encoded": base64.b64encode(source).decode(), "mimeType": "video/mp4"}
    [longer] = calls.ap_clips("Then night falls", instance={"video": video}, durationSeconds=8)
    assert length_of(longer) == (4 + 7) * 24
