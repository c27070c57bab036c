"""What comes is held against what was asked for: on the job, in its recipe, as one warning, and in the price."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from veo_widgets.api.cli import describe
from veo_widgets.client import notices
from veo_widgets.client.async_client import AsyncClient
from veo_widgets.client.deliveries import followed, of_clip, of_job
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain.catalog import AGENT_PLATFORM
from veo_widgets.domain.errors import DeliveryWarning
from veo_widgets.domain.job_record import JobRecord, JobState
from veo_widgets.domain.media import Video
from veo_widgets.domain.pricing import Cost
from veo_widgets.domain.request import VideoRequest
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import saved_output
from veo_widgets.notebook.widgets.job_state import job as described
from veo_widgets.session.client import Client

from ..domain.test_mp4 import clip as mp4_clip
from ..domain.test_webm import clip as webm_clip
from ..raw_server import Server, answer

Gateway = Callable[[bytes], AbstractContextManager[Settings]]


def record(model: str = "wan-2.2", provider: str = "openai", wire: str = "openai_videos", **asked: object) -> JobRecord:
    return JobRecord(
        id="abcd2345",
        state=JobState.DOWNLOADING,
        request=VideoRequest.build("A cat", model, **asked),
        provider=provider,
        surface=AGENT_PLATFORM,
        wire=wire,
        cost=Cost(0.8, seconds=8),
        created_at=1.0,
        updated_at=1.0,
        folder="/",
    )


def veo(**asked: object) -> JobRecord:
    return record("veo-3.1-fast-generate-001", "agent_platform", "predictLongRunning", **asked)


def video(
    seconds: float = 8, width: int = 1280, height: int = 720, fps: float = 24, *, has_audio: bool = True
) -> Video:
    return Video(Path("/a.mp4"), seconds=seconds, width=width, height=height, fps=fps, has_audio=has_audio)


@pytest.mark.parametrize(
    ("job", "came", "told"),
    [
        # What the catalog's model was sent: 8 s of 720p with sound at 24 frames a second.
        (veo(), video(), ()),
        (veo(), video(8.04, 1280, 736, 23.976), ()),
        (veo(), video(7.3), ("7.3 s instead of 8 s",)),
        (veo(), video(fps=12), ("12 frames a second instead of 24",)),
        (veo(), video(has_audio=False), ("silent instead of with sound",)),
        (veo(generate_audio=False), video(), ("with sound instead of silent",)),
        (veo(aspect_ratio="9:16"), video(), ("1280×720 instead of 720×1280",)),
        (veo(resolution="1080p"), video(), ("1280×720 instead of 1920×1080",)),
        (veo(seconds=4), video(4.04), ()),
        # What was made from another clip is as long and as large as that one lets it be.
        (veo(extend_from="gs://b/a.mp4"), video(15), ()),
        # Of a gateway's own model only what was said.
        (record(), video(3, 848, 480, 16, has_audio=False), ()),
        (record(seconds=5), video(5.0625, 832, 480, 16), ()),
        (record(seconds=8), video(4), ("4 s instead of 8 s",)),
        (record(size="1080x1920"), video(), ("1280×720 instead of 1080×1920",)),
        (record(aspect_ratio="9:16"), video(8, 720, 1280), ()),
        (record(aspect_ratio="9:16"), video(8, 480, 832), ("480×832 instead of 720×1280",)),
        (record(wire="other", aspect_ratio="9:16"), video(8, 480, 832), ()),
        (record(wire="other", aspect_ratio="9:16"), video(), ("1280×720 instead of 9:16",)),
        (record(wire="other", resolution="1080p"), video(8, 1080, 1920), ()),
        (record(wire="other", resolution="1080p"), video(), ("1280×720 instead of 1080p",)),
        # What the file does not tell.
        (veo(), video(0, 0, 0, 0), ()),
        # What somebody else has sent with nobody knows what.
        (replace(veo(), adopted=True), video(4, 1080, 1920, 30, has_audio=False), ()),
    ],
)
def test_only_what_was_asked_for_is_compared(job: JobRecord, came: Video, told: tuple[str, ...]) -> None:
    assert of_clip(job, came) == told


def test_the_number_of_clips_is_compared_too() -> None:
    job = veo(samples=3)
    assert of_job(job, [video(), video()]) == ("2 clips instead of 3",)
    assert of_job(job, [video(4)] * 3) == ("4 s instead of 8 s",)
    other = replace(video(4), sample=1)
    assert of_job(job, [video(), other, replace(video(), sample=2)]) == ("clip 2: 4 s instead of 8 s",)
    assert of_job(veo(), [video(), other]) == ("2 clips instead of 1", "clip 2: 4 s instead of 8 s")


@pytest.mark.parametrize(
    ("cost", "lengths", "usd"),
    [
        (Cost(0.8, seconds=8), [8.04], 0.8),
        (Cost(0.8, seconds=8), [4.0], 0.4),
        (Cost(0.8, seconds=8), [10.0], 1.0),
        (Cost(1.6, seconds=8, samples=2), [8.0, 4.0], 1.2),
        (Cost(0.8, seconds=8), [8.0, 8.0], 1.6),
        (Cost(0.8, seconds=8), [0.0], 0.8),
        (Cost(None, "no rate", seconds=8), [4.0], None),
    ],
)
def test_the_price_follows_the_seconds_that_came(cost: Cost, lengths: list[float], usd: float | None) -> None:
    found = followed(cost, veo().request, [video(seconds) for seconds in lengths])
    assert found.usd == (usd if usd is None else pytest.approx(usd))
    assert ("that came" in found.note) is (found.usd != cost.usd)
    assert followed(cost, veo(extend_from="gs://b/a.mp4").request, [video(15)]) == cost


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """A ``/v1/videos`` server whose one video is done at once, and settings that lead there."""

    @contextmanager
    def made(content: bytes, mime: str = "video/mp4") -> Iterator[Settings]:
        done = {"id": "video_1", "object": "video", "status": "completed"}
        with Server() as server:
            server.answers |= {
                "/v1/videos": answer(200, {**done, "status": "queued"}),
                "/v1/videos/video_1": answer(200, done),
                "/v1/videos/video_1/content": answer(200, content, Content_Type=mime),
            }
            key = Secret("sk-test-0000000000000000")
            yield Settings(provider="openai", api_key=key, base_url=f"{server.url}/v1", folder=tmp_path / "veo_clips")

    return made


def test_a_difference_is_told_everywhere_and_once(gateway: Gateway, make_client: Callable[..., Client]) -> None:
    with gateway(mp4_clip(320, 180, frames=48)) as settings:
        client = make_client(settings, hasty=True)
        job = client.submit("A cat", model="wan-2.2", max_cost=1, seconds=8, size="720x1280")
        with pytest.warns(DeliveryWarning, match=f"2 s instead of 8 s; 320×180 instead of 720×1280.*{job.id}") as told:
            job.wait(600)
        assert [warning.filename for warning in told] == [__file__]
    words = "Not as asked for: 2 s instead of 8 s; 320×180 instead of 720×1280."
    assert job.state is JobState.SUCCEEDED
    assert job.differences == ("2 s instead of 8 s", "320×180 instead of 720×1280")
    assert job.videos[0].recipe["differences"] == list(job.differences)
    assert repr(job) == f"Job('A cat', {words})"
    assert words in describe(job)
    assert words in repr(client.jobs())
    assert described(job.sighting, 0)["notice"] == words
    shown = saved_output.bundle(job.record)
    html, text = shown["text/html"], shown["text/plain"]
    assert words in html
    assert words in text
    # Another program reads the same from the ledger.
    assert make_client(settings).job(job.id).differences == job.differences


def test_what_came_as_asked_for_is_not_spoken_of(gateway: Gateway, make_client: Callable[..., Client]) -> None:
    with gateway(
        webm_clip(size=(1280, 720), frames=24),
    ) as settings:
        job = make_client(settings, hasty=True).submit("A cat", model="wan-2.2", max_cost=1, seconds=1, size="1280x720")
        job.wait(600)
    assert (job.differences, repr(job), job.record.remark) == ((), "Job('A cat')", "")
    assert "differences" not in job.videos[0].recipe
    assert job.videos[0].path.suffix == ".webm"


@pytest.mark.anyio
async def test_the_asynchronous_client_warns_too(gateway: Gateway, tmp_path: Path) -> None:
    with gateway(mp4_clip()) as settings:
        async with AsyncClient(settings, home=tmp_path / "home") as client:
            with pytest.warns(DeliveryWarning, match="1 s instead of 8 s") as told:
                await client.generate("A cat", model="wan-2.2", max_cost=1, seconds=8)
            assert [warning.filename for warning in told] == [__file__]


def test_awaiting_warns_at_the_line_that_awaits(gateway: Gateway, make_client: Callable[..., Client]) -> None:
    with gateway(mp4_clip()) as settings:
        job = make_client(settings, hasty=True).submit("A cat", model="wan-2.2", max_cost=1, seconds=8)

        async def main() -> None:
            await job

        with pytest.warns(DeliveryWarning, match="1 s instead of 8 s") as told:
            anyio.run(main)
        assert [warning.filename for warning in told] == [__file__]


def test_it_warns_there_too_where_the_end_comes_as_a_tick_does(
    gateway: Gateway, make_client: Callable[..., Client]
) -> None:
    """Python leaves the frame that awaits out of the stack while a tick's end is thrown into what it awaits."""
    with gateway(mp4_clip()) as settings:
        client = make_client(settings, hasty=True)
        job = client.submit("A cat", model="wan-2.2", max_cost=1, seconds=8)

        async def hold_the_loop() -> None:
            # Longer than a tick, and until the job has ended: both are there when the loop turns again.
            client.call(client.asynchronous.end_of, job.id)
            time.sleep(0.4)  # noqa: ASYNC251 (it is to block)

        async def main() -> None:
            async with anyio.create_task_group() as others:
                others.start_soon(hold_the_loop)
                await job

        with pytest.warns(DeliveryWarning, match="1 s instead of 8 s") as told:
            anyio.run(main)
        assert [warning.filename for warning in told] == [__file__]


def test_the_price_of_a_short_clip_is_that_of_its_seconds(gateway: Gateway, make_client: Callable[..., Client]) -> None:
    with gateway(mp4_clip(1280, 720, frames=48, audio=True)) as settings:
        client = make_client(settings, hasty=True)
        job = client.submit("A cat", model="sora-2", seconds=4, allow_retired=True)
        assert job.cost.usd == pytest.approx(0.4)
        with pytest.warns(DeliveryWarning, match="2 s instead of 4 s"):
            job.wait(600)
    assert job.cost.usd == pytest.approx(0.2, abs=0.01)
    assert "by the 2" in job.cost.note
    assert job.videos[0].recipe["cost"] == json.loads(json.dumps(job.cost.to_json()))


def test_a_clip_of_another_kind_than_its_name_says(
    gateway: Gateway, make_client: Callable[..., Client], tmp_path: Path
) -> None:
    with gateway(webm_clip()) as settings:
        job = make_client(settings, hasty=True).submit("A", model="wan", max_cost=1, output=tmp_path / "cat.mp4")
        with pytest.warns(DeliveryWarning, match="WebM instead of MP4"):
            job.wait(600)
    assert job.videos[0].path == tmp_path / "cat.webm"


def test_a_clip_that_could_not_go_where_it_was_to_says_where_it_went(
    make_client: Callable[..., Client],
    settings: Settings,
    slow_service: tuple[Emulator, Callable[[], None]],
    tmp_path: Path,
) -> None:
    service, let_end = slow_service
    client = make_client(replace(settings, base_url=service.base_url), hasty=True)
    job = client.submit("---\nseconds: 600\n---\nA cat", seconds=4, output=tmp_path / "cats" / "cat.mp4")
    # It was a place that could be made when the job was sent.
    (tmp_path / "cats").write_bytes(b"")
    let_end()
    with pytest.warns(DeliveryWarning, match=r"saved as \S*veo_clips/\S+\.mp4 instead of \S*cats/cat\.mp4, which"):
        job.wait(600)
    assert job.videos[0].path.parent == tmp_path / "veo_clips"
    assert "which could not be written" in describe(job)


def test_as_an_error_the_warning_loses_nothing(gateway: Gateway, make_client: Callable[..., Client]) -> None:
    with gateway(mp4_clip()) as settings, warnings.catch_warnings():
        warnings.simplefilter("error", DeliveryWarning)
        job = make_client(settings, hasty=True).submit("A cat", model="wan-2.2", max_cost=1, seconds=8)
        with pytest.raises(DeliveryWarning):
            job.wait(600)
        assert job.wait(600).videos[0].path.exists()
    assert job.id in notices._warned
