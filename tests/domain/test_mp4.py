"""Real clips described without decoding them, and files that mean harm."""

from __future__ import annotations

import io
import random
import struct
import time
import tracemalloc

import av
import pytest

from veo_widgets.domain.formats.mp4 import Description, describe, is_mp4


def clip(
    width: int = 320, height: int = 180, fps: int = 24, frames: int = 24, *, audio: bool = False, flags: str = ""
) -> bytes:
    """A real H.264 clip in an MP4, with a silent AAC track if asked for."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"movflags": flags} if flags else {}) as out:
        video = out.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        sound = out.add_stream("aac", rate=48_000, layout="mono") if audio else None
        for index in range(frames):
            frame = av.VideoFrame(width, height, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([index * 9 % 256]) * plane.buffer_size)
            frame.pts = index
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for index in range(frames * 48_000 // fps // 1024 if sound else 0):
            silence = av.AudioFrame("fltp", "mono", 1024)
            silence.planes[0].update(bytes(4096))
            silence.sample_rate, silence.pts = 48_000, index * 1024
            out.mux(sound.encode(silence))
        if sound:
            out.mux(sound.encode(None))
    return file.getvalue()


def of(data: bytes) -> Description:
    return describe(io.BytesIO(data))


def box(kind: bytes, body: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(body) if size is None else size, kind) + body


def large(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    """A box with the 64-bit form of a size."""
    return struct.pack(">I4sQ", 1, kind, 16 + len(body) if size is None else size) + body


def top_boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found


GOOD = clip(audio=True)
FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2")


def header(version: int, scale: int, length: int) -> bytes:
    """The body of an ``mvhd`` or ``mdhd``."""
    if version:
        return struct.pack(">BxxxQQIQ", 1, 0, 0, scale, length) + bytes(80)
    return struct.pack(">BxxxIIII", 0, 0, 0, scale, length) + bytes(80)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({}, Description(1.0, 320, 180, 24.0, has_audio=False)),
        ({"audio": True}, Description(1.0, 320, 180, 24.0, has_audio=True)),
        ({"width": 180, "height": 320}, Description(1.0, 180, 320, 24.0, has_audio=False)),
        ({"fps": 30, "frames": 60, "audio": True}, Description(2.0, 320, 180, 30.0, has_audio=True)),
        ({"fps": 25, "frames": 5}, Description(0.2, 320, 180, 25.0, has_audio=False)),
        ({"width": 1280, "height": 720, "frames": 12}, Description(0.5, 1280, 720, 24.0, has_audio=False)),
    ],
)
def test_a_clip_says_what_it_is(made: dict, expected: Description) -> None:
    data = clip(**made)
    found = of(data)
    assert is_mp4(data)
    assert found.seconds == pytest.approx(expected.seconds, abs=0.025)
    assert (found.width, found.height, found.fps, found.has_audio) == (
        expected.width,
        expected.height,
        expected.fps,
        expected.has_audio,
    )


def test_a_fragmented_clip_says_what_its_fragments_add_up_to() -> None:
    found = of(clip(audio=True, flags="frag_keyframe+empty_moov+delay_moov"))
    assert found == Description(1.0, 320, 180, 24.0, has_audio=True)


def test_where_the_header_stands_does_not_matter() -> None:
    boxes = dict(top_boxes(GOOD))
    first = FTYP + box(b"moov", boxes[b"moov"]) + box(b"mdat", boxes[b"mdat"])
    last = FTYP + box(b"free", bytes(9)) + box(b"mdat", boxes[b"mdat"]) + box(b"moov", boxes[b"moov"])
    open_ended = FTYP + box(b"mdat", boxes[b"mdat"]) + box(b"moov", boxes[b"moov"], size=0)
    wide = FTYP + large(b"mdat", boxes[b"mdat"]) + large(b"moov", boxes[b"moov"])
    assert of(first) == of(last) == of(open_ended) == of(wide) == of(GOOD)


def test_long_times_are_read() -> None:
    assert of(FTYP + box(b"moov", box(b"mvhd", header(1, 1000, 8_500)))).seconds == 8.5
    assert of(FTYP + box(b"moov", large(b"mvhd", header(0, 600, 4_800)))).seconds == 8.0


@pytest.mark.parametrize(
    "body", [header(0, 0, 100), header(0, 1000, 0xFFFFFFFF), header(1, 1000, 0xFFFFFFFFFFFFFFFF), header(0, 1000, 0)]
)
def test_a_length_that_is_not_known_is_zero(body: bytes) -> None:
    assert of(FTYP + box(b"moov", box(b"mvhd", body))).seconds == 0.0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        bytes(7),
        bytes(4096),
        b"<!doctype html>" * 100,
        b'{"error": {}}',
        FTYP,
        FTYP + box(b"moov"),
        FTYP + box(b"moov", size=7) + bytes(100),
        FTYP + box(b"moov", size=1),
        FTYP + box(b"moov", size=0xFFFFFFFF),
        FTYP + large(b"moov", b"", size=15),
        FTYP + large(b"moov", b"", size=2**63),
        FTYP + large(b"mdat", b"", size=2**64 - 1),
        FTYP + box(b"moov", box(b"mvhd")),
        FTYP + box(b"moov", box(b"mvhd", b"\1")),
        FTYP + box(b"moov", box(b"trak", box(b"tkhd"))),
        FTYP + box(b"moov", box(b"trak", box(b"mdia", box(b"hdlr")))),
        FTYP + box(b"moov", box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + b"vide")))),
        FTYP + box(b"moov", box(b"mvhd", size=2**31)),
    ],
)
def test_a_file_without_a_readable_header_says_nothing(data: bytes) -> None:
    assert of(data) == Description()


def test_the_first_box_decides_what_is_an_mp4() -> None:
    assert is_mp4(FTYP[:12])
    assert not is_mp4(b"ftypisom....")
    assert not is_mp4(b"")


def test_every_truncation_is_survived() -> None:
    for end in range(0, len(GOOD), 7):
        assert of(GOOD[:end]).width in {0, 320}


def test_a_broken_track_does_not_hide_what_was_read_before() -> None:
    moov = dict(top_boxes(GOOD))[b"moov"]
    assert of(FTYP + box(b"moov", moov + box(b"trak", b"nonsense"))) == of(GOOD)


def test_random_damage_never_raises() -> None:
    dice = random.Random(20261122)
    for _ in range(400):
        data = bytearray(GOOD)
        for _ in range(dice.randrange(1, 30)):
            data[dice.randrange(len(data))] = dice.choice((0, 1, 255, dice.randrange(256)))
        found = of(bytes(data))
        assert found.seconds >= 0
        assert 0 <= found.width < 65_536


def test_boxes_nested_without_end_cost_neither_time_nor_memory() -> None:
    depth = 50_000
    nest = b"".join(box(b"mdia", size=8 * (depth - level)) for level in range(depth))
    started = time.process_time()
    tracemalloc.start()
    try:
        assert of(FTYP + box(b"moov", box(b"trak", nest))) == Description()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000
    assert time.process_time() - started < 1


def test_a_header_that_claims_gigabytes_is_not_believed(tmp_path) -> None:
    path = tmp_path / "huge.mp4"
    with path.open("wb") as file:
        file.write(FTYP + large(b"moov", b"", size=2**33))
        file.truncate(2**33)
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            assert describe(file) == Description()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 60_000_000
