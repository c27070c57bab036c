"""Where clips land: whole or not at all, under a good name, with their recipe."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import struct
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import av
import pytest

from veo_widgets.domain.errors import DownloadError, NoAnswerError
from veo_widgets.domain.job_record import JobRecord, JobState, Sample
from veo_widgets.domain.media import Image, Video
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.emulator.rendering.clips import enlarged
from veo_widgets.session import recipes
from veo_widgets.storage.clips.library import clip_name, save
from veo_widgets.storage.clips.names import copy_to
from veo_widgets.storage.clips.poster import MAX_BYTES, data_address, is_poster, make_poster
from veo_widgets.storage.clips.receiving import Incoming, inline_chunks
from veo_widgets.storage.clips.sidecars import add_digest, add_poster

from ..domain.test_webm import clip as webm_clip

# Noon, so that the date is the same in most of the world.
NOON = 1795348800.0


@pytest.fixture(scope="module")
def clip() -> bytes:
    """A real clip of one second with noise in it, so that its poster is not tiny."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        video = out.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        for index in range(24):
            frame = av.VideoFrame(640, 360, "yuv420p")
            for plane in frame.planes:
                plane.update(hashlib.shake_128(bytes([index])).digest(plane.buffer_size))
            frame.pts = index
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return file.getvalue()


def record(folder: Path, prompt: str = "A cat & a ball", samples: int = 1, **values: object) -> JobRecord:
    made = JobRecord(
        id="abcd2345",
        state=JobState.DOWNLOADING,
        request=VideoRequest(
            prompt, "veo-3.1-fast-generate-001", seed=0, duration_seconds=8.0, samples=samples if samples > 1 else None
        ),
        provider="emulator",
        surface="agent-platform",
        wire="predictLongRunning",
        cost=Cost(0.8, seconds=8, samples=samples),
        created_at=NOON,
        updated_at=NOON,
        folder=str(folder),
        operation="projects/p/operations/1",
        submitted_at=NOON + 1,
        finished_at=NOON + 61.5,
    )
    return replace(made, **values)


async def pieces(data: bytes, size: int = 1000, error: Exception | None = None) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]
    if error:
        raise error


def keep(
    job: JobRecord, chunks: AsyncIterator[bytes], *, length: int | None = None, sample: int = 0, **values: object
) -> Video:
    """Save a clip from a service that sends the same from the beginning each time it is asked."""
    seen: list[bytes] = []
    ends: list[Exception | None] = []

    async def again() -> AsyncIterator[bytes]:
        for piece in seen if ends else ():
            yield piece
        try:
            async for piece in chunks:
                seen.append(piece)
                yield piece
            ends.append(None)
        except NoAnswerError as error:
            ends.append(error)
        if ends[0]:
            raise ends[0]

    return keep_from(job, lambda: Incoming(again(), length=length), sample=sample, **values)


def keep_from(job: JobRecord, opened: Callable[[], Incoming], *, sample: int = 0, **values: object) -> Video:
    """Save a clip that comes over the connections that `opened` makes."""

    @asynccontextmanager
    async def source(at: int, validator: str) -> AsyncIterator[Incoming]:
        asked.append((at, validator))
        yield opened()

    async def run() -> Video:
        return await save(job, Sample(sample), source, now=NOON + 70, sleep=slept, **values)

    asked: list[tuple[int, str]] = values.pop("asked", [])
    pauses: list[float] = values.pop("pauses", [])

    async def slept(seconds: float) -> None:
        pauses.append(seconds)

    return anyio.run(run)


def hollow(media: bytes = b"") -> bytes:
    """A file that is whole and holds nothing that can be played."""
    boxes = ((b"ftyp", b"isom\0\0\0\0"), (b"moov", b""), (b"mdat", media))
    return b"".join(struct.pack(">I4s", 8 + len(body), kind) + body for kind, body in boxes)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_whole_clip_is_kept_with_its_recipe(clip: bytes, tmp_path: Path) -> None:
    seen: list[int] = []
    folder = tmp_path / "new" / "veo_clips"
    frame = Image(b"\x89PNG\r\n\x1a\n", name="a.png")
    job = record(folder)
    job = replace(job, request=replace(job.request, first_frame=frame, reference_images=(Image(uri="gs://b/r"),)))
    video = keep(job, pieces(clip), length=len(clip), progress=lambda received, _: seen.append(received))
    name = video.path.name
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_a-cat-a-ball_abcd2345\.mp4", name)
    assert files(folder) == [name.replace(".mp4", ".json"), name]
    assert video.path.read_bytes() == clip
    assert (video.bytes, video.sha256, video.job_id) == (len(clip), hashlib.sha256(clip).hexdigest(), "abcd2345")
    assert (video.width, video.height, video.fps, video.seconds, video.has_audio) == (640, 360, 24.0, 1.0, False)
    assert seen[-1] == len(clip)
    assert seen == sorted(seen)
    recipe = json.loads(video.sidecar.read_text("utf-8"))
    assert recipe == video.recipe
    assert recipe["request"] == {
        "prompt": "A cat & a ball",
        "model": "veo-3.1-fast-generate-001",
        "duration_seconds": 8.0,
        "seed": 0,
        "first_frame": {"name": "a.png", "mime": "image/png", "sha256": frame.sha256},
        "reference_images": [
            {"name": "", "mime": "image/png", "sha256": Image(uri="gs://b/r").sha256, "uri": "gs://b/r"}
        ],
    }
    assert "sha256" not in recipe["file"]
    add_digest(replace(video, digest=video.sha256))
    assert video.recipe == {**recipe, "file": {**recipe["file"], "sha256": video.sha256}}
    assert recipe["cost"]["usd"] == 0.8
    assert (recipe["job"], recipe["operation"], recipe["model"]) == ("abcd2345", job.operation, job.model)
    assert recipe["made_by"].startswith("veo-widgets")
    assert recipe["submitted_at"] < recipe["finished_at"] < recipe["saved_at"]
    assert set(recipe) == {
        *("schema", "made_by", "job", "sample", "provider", "surface", "operation", "model", "request", "cost"),
        *("created_at", "submitted_at", "finished_at", "saved_at", "file", "poster"),
    }


def test_the_poster_is_a_small_jpeg(clip: bytes, tmp_path: Path) -> None:
    video = keep(record(tmp_path), pieces(clip))
    jpeg = base64.b64decode(video.poster.removeprefix("data:image/jpeg;base64,"))
    assert 500 < len(jpeg) <= MAX_BYTES
    assert is_poster(jpeg)
    assert not is_poster(b"\x89PNG")
    assert not is_poster(jpeg + bytes(MAX_BYTES))


@pytest.mark.parametrize(
    ("data", "length", "words"),
    [
        (b"", None, "empty, not a video"),
        (b"", 9, "ended after 0 of 9 bytes"),
        (b"\0\0\0\x18ftypisom", 5000, "ended after 12 of 5,000 bytes"),
        (b"\0\0\0\x18ftypisom", 5, "brought 12 bytes, where 5 were announced"),
        (b"\0\0\0\x18ftypisom", None, "a piece of the clip is missing"),
        (b" \n<!doctype html><p>Sign in", None, "an HTML page"),
        (b'{"error": {"code": 404}}', None, "JSON"),
        (b'[{"error": {"code": 404}}]', None, "JSON"),
        (b"\0\0\0\x08moov" + bytes(100), None, "neither an MP4 nor a WebM"),
        (b"GIF89a" + bytes(100), None, "an image/gif, not a video"),
        (b"\x1a\x45\xdf\xa3" + bytes(5000), None, "a damaged WebM, not a video"),
        (b"ftyp", None, "neither an MP4 nor a WebM"),
    ],
)
def test_what_is_no_whole_clip_is_not_kept(tmp_path: Path, data: bytes, length: int | None, words: str) -> None:
    with pytest.raises(DownloadError, match=words):
        keep(record(tmp_path), pieces(data, 7), length=length)
    assert files(tmp_path) == []


def test_a_clip_of_many_pieces_arrives_whole(clip: bytes, tmp_path: Path) -> None:
    large = enlarged(clip, 70_000_000)
    video = keep(record(tmp_path), pieces(large, 300_000), length=len(large))
    assert video.sha256 == hashlib.sha256(large).hexdigest()
    assert video.path.read_bytes() == large


@pytest.mark.parametrize(("error", "told"), [(NoAnswerError("cut"), DownloadError), (ValueError("odd"), ValueError)])
def test_a_download_that_breaks_leaves_nothing_behind(
    clip: bytes, tmp_path: Path, error: Exception, told: type[Exception]
) -> None:
    with pytest.raises(told):
        keep(record(tmp_path), pieces(clip, error=error))
    assert files(tmp_path) == []


def test_a_clip_that_is_cut_at_one_place_is_not_fetched_again_and_again(clip: bytes, tmp_path: Path) -> None:
    """A service that cannot continue sends everything anew each time, which three times are enough of."""
    asked: list[tuple[int, str]] = []
    cut = len(clip) * 2 // 3

    def opened() -> Incoming:
        return Incoming(pieces(clip[:cut], error=NoAnswerError("The peer closed the connection.")), length=len(clip))

    with pytest.raises(
        DownloadError, match=f"broke off after {cut:,} of {len(clip):,} bytes each time. The peer"
    ) as caught:
        keep_from(record(tmp_path), opened, asked=asked)
    assert (len(asked), caught.value.fetched, caught.value.size) == (3, 3 * cut, cut)


def test_a_network_that_breaks_here_and_there_is_no_fault_of_the_clips(clip: bytes, tmp_path: Path) -> None:
    cuts = iter(range(len(clip) // 2, 0, -1000))

    def opened() -> Incoming:
        return Incoming(pieces(clip[: next(cuts)], error=NoAnswerError("cut")), length=len(clip))

    with pytest.raises(NoAnswerError, match="cut"):
        keep_from(record(tmp_path), opened)


def test_what_is_no_clip_is_not_read_to_its_end(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"GIF89a" + bytes(50)
        raise AssertionError("it was read on")

    with pytest.raises(DownloadError, match=r"an image/gif, not a video \(600,000,000 bytes\)") as caught:
        keep_from(record(tmp_path), lambda: Incoming(endless(), length=600_000_000))
    assert caught.value.fetched < 200


def boxed(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(body) + 8 if size is None else size, kind) + body


FTYP = boxed(b"ftyp", b"isom\0\0\2\0isom")
JUNK = {
    "zeros": FTYP + bytes(200),
    "text": FTYP + b"Please try again later. " * 10,
    "endless-media-without-header": FTYP + boxed(b"mdat", bytes(200), 0),
    "media-beyond-any-clip": FTYP + boxed(b"mdat", struct.pack(">Q", 5 << 30) + bytes(200), 1),
    "header-beyond-any-header": FTYP + boxed(b"moov", bytes(200), 2 << 30),
    "a-box-of-no-size": FTYP + boxed(b"free", b"") + boxed(b"mdat", bytes(200), 7),
}


@pytest.mark.parametrize("step", [1, 7, 4096])
@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_what_only_begins_as_an_mp4_is_not_read_to_its_end(tmp_path: Path, junk: bytes, step: int) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for at in range(0, len(junk), step):
            yield junk[at : at + step]
        raise AssertionError("it was read on")

    with pytest.raises(DownloadError, match=r"begins as an MP4, but stops being one at byte (20|28)\.") as caught:
        keep_from(record(tmp_path), lambda: Incoming(endless()))
    assert caught.value.fetched <= len(junk)
    assert files(tmp_path) == []


@pytest.mark.parametrize("step", [1, 5, 13, 4096])
@pytest.mark.parametrize("moov_first", [True, False])
def test_an_mp4_of_any_layout_is_read_to_its_end(tmp_path: Path, step: int, *, moov_first: bool) -> None:
    # Boxes as short as a box can be, so that the head of one lies in the pieces of another.
    small = boxed(b"free", b"") + boxed(b"uuid", bytes(16)) + boxed(b"skip", b"")
    moov, mdat = boxed(b"moov", bytes(40)), boxed(b"mdat", struct.pack(">Q", 16 + 100) + bytes(100), 1)
    data = FTYP + small + (moov + small + mdat if moov_first else mdat + small + moov)
    for whole in (data, data + small, data + b"\n\0 what a gateway has added"):
        assert keep(record(tmp_path), pieces(whole, step)).path.read_bytes() == whole


def test_what_is_announced_as_far_too_large_is_not_begun(tmp_path: Path) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        raise AssertionError("the bytes were read")
        yield b""

    with pytest.raises(DownloadError, match="larger than 4 GiB, and no clip is") as caught:
        keep_from(record(tmp_path), lambda: Incoming(nothing(), length=5 << 30))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("live", ["0", "1"])
@pytest.mark.parametrize("output", ["", "cat.mp4", "cat.webm"])
def test_a_webm_is_kept_under_its_own_ending(tmp_path: Path, live: str, output: str) -> None:
    data = webm_clip(audio=True, live=live)
    job = record(tmp_path, output=str(tmp_path / output) if output else "")
    video = keep(job, pieces(data))
    assert video.path.name == ("cat.webm" if output else f"{clip_name(job, 0)[:-4]}.webm")
    assert video.path.read_bytes() == data
    assert (video.mime, video.width, video.height, video.fps, video.has_audio) == ("video/webm", 320, 180, 24.0, True)
    assert video.seconds == pytest.approx(2, abs=0.05)
    assert video.poster
    assert recipes.load(video.path).job == job.id
    assert recipes.job_in(video.path.name) == ("" if output else job.id)


def test_a_webm_that_is_cut_is_not_kept(tmp_path: Path) -> None:
    data = webm_clip()
    for share in (0.01, 0.3, 0.99):
        with pytest.raises(DownloadError, match=r"missing|not a video"):
            keep(record(tmp_path), pieces(data[: int(len(data) * share)]))
    assert files(tmp_path) == []


def test_copies_keep_the_ending_of_what_they_are(tmp_path: Path) -> None:
    video = keep(record(tmp_path / "clips"), pieces(webm_clip()))
    copies = [copy_to(video, tmp_path / "out" / name, numbered=False) for name in ("a.mp4", "b.webm", "folder")]
    assert [copy.relative_to(tmp_path / "out").as_posix() for copy in copies] == [
        "a.webm",
        "b.webm",
        f"folder/{video.path.name}",
    ]
    assert all(copy.with_suffix(".json").exists() for copy in copies)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_connection_that_breaks_is_continued(clip: bytes, tmp_path: Path, share: float) -> None:
    at, asked, pauses = int(len(clip) * share), [], []
    first = Incoming(pieces(clip[:at], error=NoAnswerError("cut")), length=len(clip), validator='"v1"')
    rest = Incoming(pieces(clip[at:]), start=at, length=len(clip), validator='"v1"')
    video = keep_from(record(tmp_path), iter([first, rest]).__next__, asked=asked, pauses=pauses)
    assert video.path.read_bytes() == clip
    assert video.sha256 == hashlib.sha256(clip).hexdigest()
    assert asked == [(0, ""), (at, '"v1"')]
    assert pauses == [0.2]


def test_a_service_that_cannot_continue_begins_anew(clip: bytes, tmp_path: Path) -> None:
    half = len(clip) // 2
    short, whole = Incoming(pieces(clip[:half]), length=len(clip)), Incoming(pieces(clip), length=len(clip))
    video = keep_from(record(tmp_path), iter([short, whole]).__next__)
    assert video.sha256 == hashlib.sha256(clip).hexdigest()


def test_a_download_that_gets_nowhere_is_given_up(clip: bytes, tmp_path: Path) -> None:
    asked: list[tuple[int, str]] = []

    def opened() -> Incoming:
        if len(asked) == 1:
            return Incoming(pieces(clip[:500]), length=len(clip))
        return Incoming(pieces(b""), start=500, length=len(clip))

    with pytest.raises(DownloadError, match="ended after 500 of"):
        keep_from(record(tmp_path), opened, asked=asked)
    assert len(asked) == 6
    assert files(tmp_path) == []


def test_a_body_cut_behind_a_right_status_is_noticed(clip: bytes, tmp_path: Path) -> None:
    """Without a length only the clip's own boxes tell, wherever the cut is."""
    for share in (0.01, 0.5, 0.99):
        with pytest.raises(DownloadError, match=r"missing|not a video"):
            keep(record(tmp_path), pieces(clip[: int(len(clip) * share)]))
    assert files(tmp_path) == []


def test_room_is_asked_for_before_the_bytes(tmp_path: Path) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        raise AssertionError("the bytes were read")
        yield b""

    with pytest.raises(
        DownloadError, match=r"No space left on device: [\d,.]+ MB more are needed, [\d,.]+ MB are free, and 1 MB of"
    ):
        keep_from(record(tmp_path), lambda: Incoming(nothing(), expected=1 << 62))
    assert files(tmp_path) == []


def test_a_download_that_is_cancelled_leaves_nothing_behind(clip: bytes, tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield clip
        await anyio.sleep_forever()

    @asynccontextmanager
    async def source(at: int, validator: str) -> AsyncIterator[Incoming]:
        yield Incoming(endless())

    async def run() -> None:
        with anyio.move_on_after(0.2) as scope:
            await save(record(tmp_path), Sample(0), source, now=NOON)
        assert scope.cancelled_caught

    anyio.run(run)
    assert files(tmp_path) == []


def test_a_broken_download_leaves_an_earlier_one_as_it_was(clip: bytes, tmp_path: Path) -> None:
    video = keep(record(tmp_path), pieces(clip))
    with pytest.raises(DownloadError):
        keep(record(tmp_path), pieces(b"<html>"))
    assert video.path.read_bytes() == clip
    assert len(files(tmp_path)) == 2


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder this process may not write into; the superuser becomes nobody for it."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o555)
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if superuser:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_folder_that_may_not_be_written_is_said(clip: bytes, read_only: Path) -> None:
    with pytest.raises(DownloadError, match="choose another folder, then resume") as caught:
        keep(record(read_only), pieces(clip))
    assert isinstance(caught.value.__cause__, PermissionError)


def test_a_folder_that_is_a_file_is_said(clip: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match="could not be written"):
        keep(record(tmp_path / "file"), pieces(clip))
    with pytest.raises(DownloadError, match="could not be written"):
        keep(record(tmp_path / "file" / "veo_clips"), pieces(clip))


def test_a_sidecar_that_cannot_be_written_leaves_no_part_of_itself(clip: bytes, tmp_path: Path) -> None:
    job = record(tmp_path)
    (tmp_path / clip_name(job, 0)).with_suffix(".json").mkdir()
    with pytest.raises(DownloadError):
        keep(job, pieces(clip))
    assert files(tmp_path) == [clip_name(job, 0)]


def test_a_clip_without_pictures_is_kept_without_a_poster(tmp_path: Path) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        for index in range(20):
            silence = av.AudioFrame("fltp", "mono", 1024)
            silence.planes[0].update(bytes(4096))
            silence.sample_rate, silence.pts = 48_000, index * 1024
            out.mux(sound.encode(silence))
        out.mux(sound.encode(None))
    video = keep(record(tmp_path), pieces(file.getvalue()))
    assert (video.poster, video.has_audio, video.width) == ("", True, 0)


def test_a_clip_that_cannot_be_decoded_is_kept_without_a_poster(tmp_path: Path) -> None:
    video = keep(record(tmp_path), pieces(hollow(b"\xff" * 5000)))
    assert (video.poster, video.seconds, video.bytes) == ("", 0.0, 5032)
    assert make_poster(tmp_path / "gone.mp4") == b""


def test_a_poster_made_elsewhere_is_added_once(tmp_path: Path) -> None:
    video = keep(record(tmp_path), pieces(hollow()))
    add_poster(video, b"\xff\xd8\xfffirst")
    assert video.poster == data_address(b"\xff\xd8\xfffirst")
    add_poster(video, b"\xff\xd8\xffsecond")
    assert video.poster == data_address(b"\xff\xd8\xfffirst")
    assert video.recipe["job"] == "abcd2345"
    add_poster(Video(tmp_path / "gone.mp4"), b"\xff\xd8\xff")
    assert len(files(tmp_path)) == 2


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    piece = bytes(1 << 20)

    async def large() -> AsyncIterator[bytes]:
        yield hollow() + struct.pack(">I4s", 8 + (64 << 20), b"mdat")
        for _ in range(64):
            yield piece

    tracemalloc.start()
    try:
        video = keep(record(tmp_path), large(), length=40 + (64 << 20))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert video.bytes == 40 + (64 << 20)
    assert most < 8 << 20


@pytest.mark.parametrize("size", [0, 1, 3, (1 << 20) * 3 // 4, (1 << 20) * 3 // 4 + 1, 3_000_001])
def test_a_clip_in_base64_comes_in_pieces(size: int) -> None:
    data = os.urandom(size)

    async def run() -> list[bytes]:
        return [piece async for piece in inline_chunks(base64.b64encode(data).decode())]

    got = anyio.run(run)
    assert b"".join(got) == data
    assert all(len(piece) < 1 << 20 for piece in got)


@pytest.mark.parametrize("write", [base64.encodebytes, base64.urlsafe_b64encode], ids=["in lines", "for addresses"])
def test_base64_is_read_in_lines_in_the_other_alphabet_and_without_its_end(write: Callable[[bytes], bytes]) -> None:
    data = bytes(range(256)) * 40 + b"\xfb\xff"

    async def run() -> bytes:
        return b"".join([piece async for piece in inline_chunks(write(data).decode().rstrip("=\n"))])

    assert anyio.run(run) == data


@pytest.mark.parametrize(
    "text",
    [
        "AAAAA",
        "AA=A",
        "****",
        "AA\nAAA",
        "ÄÄÄÄ",
        base64.b64encode(FTYP + boxed(b"mdat", bytes(786_434))).decode() + "!!!!",
    ],
)
def test_what_is_no_base64_is_no_clip(tmp_path: Path, text: str) -> None:
    with pytest.raises(DownloadError, match="not valid base64"):
        keep(record(tmp_path), inline_chunks(text))
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("prompt", "slug"),
    [
        ("A cat", "a-cat"),
        ("  A  cat!  ", "a-cat"),
        ("Ein Käse über Zürich", "ein-kase-uber-zurich"),
        ("猫がボールで遊ぶ", "clip"),
        ("猫 plays ボール", "plays"),
        ("🐈", "clip"),
        ("", "clip"),
        ("...", "clip"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\temp\\x?*<>|\"'", "c-temp-x"),
        ("a\0b\nc\u2028d", "a-b-cd"),
        ("CON", "con"),
        ("nul.mp4", "nul-mp4"),
        ("\ud800 half", "half"),
        ("word " * 1000, "word-word-word-word-word-word-word-word"),
        ("x" * 5000, "x" * 40),
        ("ﬁne ½ ①", "fine-12-1"),
    ],
)
def test_the_name_says_what_it_is_and_is_safe_everywhere(tmp_path: Path, prompt: str, slug: str) -> None:
    name = clip_name(record(tmp_path, prompt), 0)
    date, found, rest = name.split("_")
    assert date == time.strftime("%Y-%m-%d", time.localtime(NOON))
    assert (found, rest) == (slug, "abcd2345.mp4")
    assert re.fullmatch(r"[a-z0-9_.-]+", name)
    assert len(name) < 80


@pytest.mark.parametrize("prompt", ["\ud800 half", "猫 “cat” \u2028", 'a "quoted" \\ prompt'])
def test_any_prompt_can_stand_in_the_recipe(clip: bytes, tmp_path: Path, prompt: str) -> None:
    whole = prompt.replace("\ud800", "\ufffd")
    assert keep(record(tmp_path, prompt), pieces(clip)).recipe["request"]["prompt"] == whole


def test_no_sample_takes_anothers_name(tmp_path: Path) -> None:
    four = [clip_name(record(tmp_path, samples=4), index) for index in range(4)]
    assert [name.rpartition("_")[2] for name in four] == ["1.mp4", "2.mp4", "3.mp4", "4.mp4"]
    more_than_asked = [clip_name(record(tmp_path), index) for index in range(3)]
    assert more_than_asked[0].endswith("_abcd2345.mp4")
    assert len(set(more_than_asked)) == 3
