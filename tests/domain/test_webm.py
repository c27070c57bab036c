"""Real WebM clips described without decoding them, whole or cut, and files that mean harm."""

from __future__ import annotations

import functools
import io
import random
import struct

import av
import pytest

from veo_widgets.domain.formats.containers import MATROSKA, MP4, WEBM, container_of, what_came
from veo_widgets.domain.formats.mp4 import Description
from veo_widgets.domain.formats.webm import describe, doctype, is_whole


@functools.cache
def clip(
    kind: str = "webm",
    *,
    fps: int = 24,
    frames: int = 48,
    size: tuple[int, int] = (320, 180),
    audio: bool = False,
    **options: str,
) -> bytes:
    """A real VP8 clip, with Opus if asked for; ``live="1"`` leaves the sizes open, as a browser's recorder does."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind, options=options) as out:
        # What the pictures look like is no matter.
        video = out.add_stream("libvpx", rate=fps, options={"deadline": "realtime", "cpu-used": "16"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        sound = out.add_stream("libopus", rate=48_000, layout="mono") if audio else None
        for index in range(frames):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([index * 9 % 256]) * plane.buffer_size)
            frame.pts = index
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for index in range(frames * 50 // fps if sound else 0):
            silence = av.AudioFrame("flt", "mono", 960)
            silence.planes[0].update(bytes(3840))
            silence.sample_rate, silence.pts = 48_000, index * 960
            out.mux(sound.encode(silence))
        if sound:
            out.mux(sound.encode(None))
    return file.getvalue()


def of(data: bytes) -> Description:
    return describe(io.BytesIO(data))


def whole(data: bytes) -> bool:
    return is_whole(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["webm", "matroska"])
@pytest.mark.parametrize("live", ["0", "1"])
@pytest.mark.parametrize("audio", [False, True])
def test_a_clip_says_what_it_is(kind: str, live: str, audio: bool) -> None:
    data = clip(kind, audio=audio, live=live)
    found = of(data)
    assert (found.width, found.height, found.has_audio) == (320, 180, audio)
    assert found.fps == pytest.approx(24, abs=0.01)
    assert found.seconds == pytest.approx(2, abs=0.06)
    assert whole(data)
    assert container_of(data[:64]) is {"webm": WEBM, "matroska": MATROSKA}[kind]


@pytest.mark.parametrize(("fps", "frames"), [(8, 24), (25, 50), (30, 45), (60, 60)])
@pytest.mark.parametrize("live", ["0", "1"])
def test_rate_and_length_are_read(fps: int, frames: int, live: str) -> None:
    found = of(clip(fps=fps, frames=frames, live=live))
    assert found.fps == pytest.approx(fps, abs=0.05)
    assert found.seconds == pytest.approx(frames / fps, abs=0.05)


def test_a_file_that_knows_its_size_is_whole_at_its_end_only() -> None:
    data = clip(frames=4, size=(32, 18))
    assert [at for at in range(len(data)) if whole(data[:at])] == []
    assert whole(data + b"anything after it")


def test_a_live_recording_is_cut_unless_it_ends_with_an_element() -> None:
    """Nobody can tell one that was cut between two elements; everywhere else the cut shows."""
    data = clip(frames=4, size=(32, 18), live="1")
    ends = [at for at in range(len(data)) if whole(data[:at])]
    assert len(ends) < 30
    assert whole(data)
    assert not whole(data + b"\0")


def test_damage_in_the_middle_of_a_whole_file_shows() -> None:
    data = clip(frames=12)
    at = data.index(bytes.fromhex("1F43B675"))
    assert not whole(data[:at] + bytes(len(data) - at))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x1a\x45\xdf\xa3" + bytes(60), "a damaged WebM"),
        (b"GIF89a" + bytes(60), "an image/gif"),
        (b"OggS" + bytes(60), "an Ogg file"),
        (b' {"url": 1}', "JSON"),
        (b"\n<!doctype html>", "an HTML page"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "an image/webp"),
        (b"plain words", "a text/plain"),
        (b"", "empty"),
        (bytes(64), "neither an MP4 nor a WebM"),
    ],
)
def test_what_is_no_clip_is_called_by_its_name(data: bytes, words: str) -> None:
    assert container_of(data[:64]) is None
    assert what_came(data, "text/plain" if b"plain" in data else "video/mp4") == words


def test_the_kind_is_said_in_the_header() -> None:
    assert doctype(clip()[:64]) == "webm"
    assert doctype(b"") == doctype(b"\x1a\x45\xdf\xa3\x84\x42\x82\x81x") == ""
    assert container_of(b"\0\0\0\x18ftypisom") is MP4


def test_random_damage_never_raises() -> None:
    draw = random.Random(1)
    for data in (clip(frames=6), clip(frames=6, live="1")):
        for _ in range(400):
            broken = bytearray(data)
            for _ in range(draw.randrange(1, 9)):
                broken[draw.randrange(len(broken))] = draw.randrange(256)
            of(bytes(broken))
            whole(bytes(broken[: draw.randrange(len(broken))]))


def test_a_header_that_claims_a_huge_body_is_not_believed() -> None:
    data = (
        bytes.fromhex("1a45dfa38942828477 65626d".replace(" ", ""))
        + bytes.fromhex("18538067")
        + b"\x01"
        + b"\xff" * 6
        + b"\xfe"
    )
    tracks = bytes.fromhex("1654ae6b") + b"\x01" + struct.pack(">Q", 1 << 40)[1:]
    assert of(data + tracks) == Description()
    assert not whole(data + tracks)
