"""Content that is never a clip ends its job after a few tries; what stalls is told early; either can be had later."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import httpx
import pytest

import veo_widgets as veo
from veo_widgets.api import functions
from veo_widgets.api.cli import describe
from veo_widgets.client.clock import Clock
from veo_widgets.client.transport.transport import Transport
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain.errors import BadRequestError, DownloadError, GenerationFailedError, WaitTimeoutError
from veo_widgets.domain.job_record import JobRecord, JobState, Sample
from veo_widgets.domain.job_transitions import without_clip
from veo_widgets.notebook.widgets import saved_output
from veo_widgets.notebook.widgets.job_state import job as described
from veo_widgets.providers.video_ids import VideoId
from veo_widgets.session.client import Client, Job

from ..conftest import swift
from ..domain.test_mp4 import clip as mp4_clip
from ..domain.test_webm import clip as webm_clip
from ..raw_server import Server, answer
from .test_deliveries import record

DONE = {"id": "video_1", "object": "video", "status": "completed"}
CONTENT = "/v1/videos/video_1/content"


@pytest.fixture
def server() -> Iterator[Server]:
    """A ``/v1/videos`` server whose one video is done at once; what its content is each test says."""
    with Server() as made:
        made.answers["/v1/videos"] = answer(200, {**DONE, "status": "queued"})
        made.answers["/v1/videos/video_1"] = answer(200, DONE)
        yield made


@pytest.fixture
def there(server: Server, tmp_path: Path) -> Settings:
    """The settings that lead to it."""
    key = Secret("sk-test-0000000000000000")
    return Settings(provider="openai", api_key=key, base_url=f"{server.url}/v1", folder=tmp_path / "veo_clips")


def submit(client: Client, **values: object) -> Job:
    return client.submit("A cat", **{"model": "wan-2.2", "max_cost": 1, **values})


def fetched(server: Server) -> int:
    return sum(path == CONTENT for _, path, _, _ in server.seen)


def half(data: bytes) -> bytes:
    """An answer that announces all of `data` and ends in the middle, wherever one begins to read."""
    whole = answer(200, data)
    return whole[: len(whole) - len(data) // 2]


CIRCLE = answer(302, b"", Location=CONTENT)
NEVER = {
    "gif": (answer(200, b"GIF89a" + bytes(5000), Content_Type="image/gif"), "an image/gif, not a video"),
    "json": (answer(200, {"url": "http://127.0.0.1:9/clip.mp4"}), "JSON, not a video"),
    "html": (answer(200, b"<!doctype html><p>Sign in", Content_Type="text/html"), "an HTML page, not a video"),
    "text": (answer(200, b"busy " * 40, Content_Type="text/plain"), "a text/plain, not a video"),
    "nothing": (answer(200, b""), "empty, not a video"),
    "junk-webm": (answer(200, b"\x1aE\xdf\xa3" + bytes(5000), Content_Type="video/webm"), "a damaged WebM"),
    "no-header": (answer(200, mp4_clip()[:-900]), "The MP4 is not whole"),
    "cut-webm": (answer(200, webm_clip()[:-900]), "The WebM is not whole"),
    "cut": (half(mp4_clip()), "broke off after"),
    "circle": (CIRCLE, "redirected the download more than 5 times"),
    "astray": (answer(302, b"", Location="http://10.0.0.1/clip.mp4"), "10.0.0.1"),
    "too-large": (answer(200, b"\0\0\0\x18ftypisom", Content_Length=str(5 << 30)), "larger than 4 GiB"),
}


@pytest.mark.parametrize(("content", "words"), NEVER.values(), ids=NEVER)
def test_what_is_never_a_clip_ends_the_job_with_the_reason(
    server: Server, there: Settings, make_client: Callable[..., Client], capsys: pytest.CaptureFixture[str],
    content: bytes, words: str,
) -> None:  # fmt: skip
    server.answers[CONTENT] = content
    client = make_client(there, hasty=True)
    job = submit(client, seconds=4, model="sora-2", allow_retired=True)
    with pytest.raises(GenerationFailedError, match=words) as caught:
        job.wait(600)
    # The clip was made, and nobody knows that it is free.
    assert "may be charged" in str(caught.value)
    assert "is charged without" not in str(caught.value)
    assert job.cost.usd == pytest.approx(0.4)
    assert client.cost().usd == pytest.approx(0.4)
    assert (job.state, list(job.videos)) == (JobState.FAILED, [])
    assert list((there.folder or Path()).glob("*")) == []
    assert fetched(server) <= 5 * (6 if words.startswith("redir") else 3)
    # While it was tried again, one line said so.
    lines = [line for line in capsys.readouterr().err.splitlines() if job.id in line]
    assert len(lines) == 1
    assert words in lines[0]
    for told in (repr(job), describe(job), repr(client.jobs()), *saved_output.bundle(job.record).values()):
        assert words in told
    assert words in described(job.sighting, 0)["error"]["message"]
    # Another program reads it all from the ledger, and does not begin anew.
    other = make_client(there)
    asked = fetched(server)
    assert words in other.job(job.id).record.trouble
    assert list(other.resume()) == []
    with pytest.raises(GenerationFailedError, match=words):
        other.job(job.id).wait(600)
    assert fetched(server) == asked


def test_bytes_are_not_paid_for_five_times() -> None:
    """A large file is not fetched as often as a small one: so often that nobody doubts it, and no more."""
    job = replace(record(), samples=(Sample(0),))

    def tries(size: int, fetched: int) -> int:
        error, seen, count = DownloadError("It is cut."), job, 0
        error.size, error.fetched = size, fetched
        while not seen.state.is_final:
            seen, count = without_clip(seen, error, 5.0), count + 1
        return count

    megabyte = 1_000_000
    assert tries(megabyte, megabyte) == 5
    assert tries(600 * megabyte, 600 * megabyte) == 4
    assert tries(400 * megabyte, 1200 * megabyte) == 2
    assert tries(0, 0) == 5


def test_a_clip_that_has_been_mended_is_had_after_all(
    server: Server, there: Settings, make_client: Callable[..., Client]
) -> None:
    server.answers[CONTENT] = answer(200, b"GIF89a" + bytes(5000))
    job = submit(make_client(there, hasty=True))
    with pytest.raises(GenerationFailedError, match="look_for"):
        job.wait(600)
    assert described(job.sighting, 0)["can"]["look"]
    server.answers[CONTENT] = answer(200, webm_clip())
    # In another program, as the message says.
    other = make_client(there, hasty=True)
    assert other.job(job.id).look_for().wait(600).state is JobState.SUCCEEDED
    (video,) = other.job(job.id).videos
    assert (video.path.suffix, video.mime, video.fps) == (".webm", "video/webm", 24)
    assert (other.job(job.id).record.problem, other.job(job.id).record.remark) == (None, "")
    # The trouble that was is not forgotten.
    assert "image/gif" in other.job(job.id).record.trouble
    assert sum(method == "POST" for method, *_ in server.seen) == 1


def test_asking_again_in_vain_ends_the_same_way(
    server: Server, there: Settings, make_client: Callable[..., Client]
) -> None:
    server.answers[CONTENT] = answer(200, b"GIF89a" + bytes(5000))
    job = submit(make_client(there, hasty=True))
    for _ in range(2):
        with pytest.raises(GenerationFailedError, match="an image/gif"):
            job.wait(600)
        assert job.state is JobState.FAILED
        job.look_for()
    with pytest.raises(GenerationFailedError, match="an image/gif"):
        job.wait(600)
    assert fetched(server) == 15


def test_a_content_that_becomes_a_clip_in_time_is_one(
    server: Server, there: Settings, make_client: Callable[..., Client]
) -> None:
    server.answers[CONTENT] = answer(200, {"error": "not ready yet"})
    client = make_client(there, hasty=True)
    job = submit(client)
    seen = threading.Event()
    job.listen(lambda sighting: seen.set() if sighting.record.troubled else None)
    assert seen.wait(600)
    server.answers[CONTENT] = answer(200, mp4_clip())
    assert job.wait(600).state is JobState.SUCCEEDED


def test_litellms_status_says_failed_and_why(
    server: Server, there: Settings, make_client: Callable[..., Client]
) -> None:
    """Also in a program that asks for the status only, and watches nothing."""
    server.answers[CONTENT] = answer(200, b"GIF89a" + bytes(5000))
    before, functions._default = functions._default, make_client(there, hasty=True)
    try:
        video_id = str(VideoId("openai", "wan-2.2", "video_1"))
        statuses = [veo.video_status(video_id) for _ in range(5)]
        assert [status.status for status in statuses] == ["processing"] * 4 + ["failed"]
        assert "an image/gif, not a video" in statuses[-1].error["message"]
        assert veo.video_status(video_id).status == "failed"
        with pytest.raises(BadRequestError, match="an image/gif"):
            veo.video_content(video_id)
        assert fetched(server) == 5
    finally:
        functions._default = before


def test_a_wait_that_times_out_says_what_is_wrong(
    server: Server, there: Settings, make_client: Callable[..., Client]
) -> None:
    server.answers[CONTENT] = answer(200, b"GIF89a" + bytes(5000))
    met, go_on = threading.Event(), threading.Event()

    async def sleep(_seconds: float) -> None:
        while met.is_set() and not go_on.is_set():  # noqa: ASYNC110 (set by another thread)
            await anyio.sleep(0.01)

    job = submit(make_client(there, clock=Clock(sleep=sleep)))
    job.listen(lambda sighting: met.set() if sighting.record.troubled else None)
    assert met.wait(600)
    with pytest.raises(WaitTimeoutError, match=r"wait\(\) again\. What was downloaded is an image/gif"):
        job.wait(0.1)
    assert "an image/gif" in repr(job)
    shown = saved_output.bundle(job.record)
    html, text = shown["text/html"], shown["text/plain"]
    assert "an image/gif" in html
    assert "an image/gif" in text
    go_on.set()


class Halting(httpx.AsyncBaseTransport):
    """A gateway that halts in the middle of a clip, or before it answers a poll, until it is told to go on."""

    def __init__(self, clip: bytes, *, halts: str) -> None:
        self._clip, self._halts = clip, halts
        self.go_on = threading.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/content"):
            headers = {"content-type": "video/mp4", "content-length": str(len(self._clip))}
            return httpx.Response(200, headers=headers, stream=_Stream(self._content()))
        if request.method == "GET" and self._halts == "poll":
            await self._halt()
        status = "queued" if request.method == "POST" else "completed"
        return httpx.Response(200, json={**DONE, "status": status})

    async def _content(self) -> AsyncIterator[bytes]:
        yield self._clip[: len(self._clip) // 2]
        if self._halts == "content":
            await self._halt()
        yield self._clip[len(self._clip) // 2 :]

    async def _halt(self) -> None:
        while not self.go_on.is_set():  # noqa: ASYNC110 (set by another thread)
            await anyio.sleep(0.01)


class _Stream(httpx.AsyncByteStream):
    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces


@pytest.mark.parametrize(
    ("halts", "words"),
    [
        ("content", "No data for 10 s; 1.0 of 2.0 MB of the clip so far; waiting."),
        ("poll", "{server} has not answered for 15 s; waiting."),
    ],
)
def test_a_halt_is_told_while_it_lasts_and_no_longer(
    there: Settings, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], halts: str, words: str
) -> None:
    words = words.format(server=server.url)
    data = mp4_clip()
    data += (2_000_000 - len(data)).to_bytes(4, "big") + b"free" + bytes(2_000_000 - len(data) - 8)
    gateway = Halting(data, halts=halts)
    told, seen = threading.Event(), []

    def listener(sighting: object) -> None:
        record: JobRecord = sighting.record
        seen.append(record.remark)
        if words in record.remark:
            told.set()

    with Client(there, home=tmp_path / "home", transport=partial(Transport, gateway), clock=swift(20)) as client:
        job = submit(client)
        job.listen(listener)
        waiting = threading.Thread(target=job.wait)
        waiting.start()
        assert told.wait(600)
        # Read anew from the ledger, as a program that is started now would.
        record = client.call(client.asynchronous._ledger.do, lambda ledger: ledger.read(job.id))
        assert (words in record.trouble, record.troubled) == (True, True)
        while words not in capsys.readouterr().err:
            waiting.join(0.05)
        gateway.go_on.set()
        waiting.join(600)
        assert (job.state, job.record.remark) == (JobState.SUCCEEDED, "")
        assert words in job.record.trouble
    # Once it was said, it stayed until it was over.
    first = next(at for at, remark in enumerate(seen) if words in remark)
    over = next(at for at, remark in enumerate(seen) if at > first and words not in remark)
    assert not any(words in remark for remark in seen[over:])
