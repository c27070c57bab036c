"""Every wire at every provider over real sockets: from the create to the clip, and every end without one."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from PIL import Image as Picture
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.clip_folders import files_in, suffixes_in
from veo_widgets.client.remote_videos import RemoteVideos
from veo_widgets.config.accounts import Settings
from veo_widgets.config.credentials import Secret
from veo_widgets.domain import errors
from veo_widgets.domain.job_record import JobState
from veo_widgets.emulator import Emulator
from veo_widgets.session.client import Client, Job

GOOGLE = "https://generativelanguage.googleapis.com"
VIRTUAL, SERVERS_OWN = "sk-virtual", "the-servers-key"


class Proxy:
    """What LiteLLM's proxy does with a request: look at the virtual key, put the server's own in its place, relay.

    Its pass-through answers with Google's own addresses, here written in the place of the emulator's.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.asked: list[tuple[str, str, bytes]] = []
        routes = [Route("/{path:path}", self._relay, methods=["GET", "POST"])]
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run)

    async def _relay(self, request: Request) -> Response:
        body, path = await request.body(), request.url.path
        self.asked.append((request.method, path, body))
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if VIRTUAL not in {bearer, request.headers.get("x-goog-api-key")}:
            error = {"message": "Authentication Error", "type": "auth_error", "param": "None", "code": "401"}
            return JSONResponse({"error": error}, 401)
        through = path.startswith(("/gemini/", "/v1beta/"))
        key = {"x-goog-api-key": SERVERS_OWN} if through else {"authorization": f"Bearer {SERVERS_OWN}"}
        kind = {"content-type": request.headers["content-type"]} if body else {}
        url = httpx.URL(self.upstream).copy_with(
            raw_path=request.scope["raw_path"].removeprefix(b"/gemini")
            + (b"?" + request.scope["query_string"] if request.scope["query_string"] else b"")
        )
        async with httpx.AsyncClient(follow_redirects=True, timeout=600) as http:
            reply = await http.request(request.method, url, headers={**key, **kind}, content=body)
        content = reply.content
        if reply.headers.get("content-type", "").startswith("application/json"):
            content = content.replace(self.upstream.encode(), GOOGLE.encode())
        return Response(content, reply.status_code, media_type=reply.headers.get("content-type"))

    def __enter__(self) -> Proxy:
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    @property
    def url(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"


@pytest.fixture
def proxy(emulator: Emulator) -> Iterator[Proxy]:
    with Proxy(emulator.base_url) as running:
        yield running


class Pages(SimpleHTTPRequestHandler):
    """A folder on the web."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[str]:
    """The address of a picture and a page on a web server."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "red.png").write_bytes(picture("red"))
    (folder / "page.html").write_text("<html>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class Way:
    """A wire at a provider, and what it takes to have it."""

    wire: str
    provider: str
    model: str
    path: str = ""
    proxied: bool = False
    said: tuple[tuple[str, Any], ...] = ()
    several: bool = False

    def __str__(self) -> str:
        return f"{self.wire}-{self.provider}"


WAYS = [
    Way("predictLongRunning", "emulator", "veo-3.1-fast-generate-001", several=True),
    Way("predictLongRunning", "gemini", "veo-2.0-generate-001", said=(("duration_seconds", 5),), several=True),
    Way(
        "predictLongRunning",
        "litellm",
        "veo-3.1-fast-generate-preview",
        "",
        proxied=True,
        said=(("negative_prompt", "rain"),),
    ),
    Way("interactions", "emulator", "gemini-omni-1.2-flash"),
    Way("interactions", "gemini", "gemini-omni-1.1-flash"),
    Way("interactions", "litellm", "gemini-omni-1.1-flash", proxied=True),
    # With an express key, which goes without a project.
    Way("interactions", "agent_platform", "gemini-omni-1.2-flash"),
    Way("openai_videos", "emulator", "sora-2"),
    Way("openai_videos", "openai", "sora-2", "/v1"),
    Way("openai_videos", "azure", "sora-2"),
    Way("openai_videos", "litellm", "sora-2", proxied=True),
]
EVERY = pytest.mark.parametrize("way", WAYS, ids=str)


@pytest.fixture
def submit(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator, request: pytest.FixtureRequest
) -> Callable[..., Job]:
    """Submit over a way; front matter tells the emulator what to make of it."""

    def run(way: Way, *, key: str = VIRTUAL, script: dict[str, Any] | None = None, **values: Any) -> Job:
        base = request.getfixturevalue("proxy").url if way.proxied else emulator.base_url
        client = make_client(
            replace(settings, provider=way.provider, base_url=base + way.path, api_key=Secret(key)), hasty=True
        )
        lines = "".join(f"{name}: {value}\n" for name, value in (script or {}).items())
        prompt = f"---\n{lines}---\nA cat" if lines else "A cat"
        said = {"duration_seconds": 4, "model": way.model, "allow_retired": True, **dict(way.said), **values}
        return client.submit(prompt, **said)

    return run


@EVERY
def test_from_the_create_to_the_clip(way: Way, submit: Callable[..., Job], emulator: Emulator) -> None:
    job = submit(way)
    assert job.state is JobState.QUEUED
    assert job.record.wire == way.wire
    (video,) = job.wait(600).videos
    assert video.seconds == pytest.approx(dict(way.said).get("duration_seconds", 4), abs=0.05)
    assert video.path.stat().st_size == video.bytes > 0
    assert job.cost.usd is not None
    assert [entry.kind for entry in emulator.journal()].count("create") == 1
    assert [state for _, state, _ in job.events][-2:] == ["downloading", "succeeded"]


@EVERY
def test_a_look_now_and_then_is_enough(way: Way, submit: Callable[..., Job]) -> None:
    job = submit(way, script={"polls": 1})
    job.detach()
    client = job.client
    for _ in range(20):
        record = client.call(client.asynchronous.refresh, job.id)
        if record.state.is_final:
            break
    assert record.state is JobState.SUCCEEDED


@EVERY
def test_a_filtered_clip_is_neither_success_nor_failure(way: Way, submit: Callable[..., Job]) -> None:
    job = submit(way, script={"outcome": "filtered"})
    with pytest.raises(errors.GenerationFilteredError):
        job.wait(600)
    assert (job.state, job.cost.usd) == (JobState.FILTERED, 0)
    assert job.record.problem.message


@EVERY
def test_a_failure_is_told_in_the_services_words(way: Way, submit: Callable[..., Job]) -> None:
    job = submit(way, script={"outcome": "failed"})
    with pytest.raises(errors.GenerationFailedError):
        job.wait(600)
    assert (job.state, job.cost.usd) == (JobState.FAILED, 0)
    assert job.record.problem.message


@EVERY
def test_done_without_a_clip_is_no_success(way: Way, submit: Callable[..., Job]) -> None:
    job = submit(way, script={"outcome": "empty"})
    with pytest.raises(errors.VeoError):
        job.wait(600)
    # Where only the download tells, it may be a passing fault: such a job stays open and can be resumed.
    assert job.state in {JobState.FAILED, JobState.FILTERED, JobState.DOWNLOADING}
    assert not job.videos


@EVERY
def test_several_clips_arrive_or_are_refused_beforehand(
    way: Way, submit: Callable[..., Job], emulator: Emulator
) -> None:
    if way.several:
        assert len(submit(way, samples=2).wait(600).videos) == 2
        return
    with pytest.raises(errors.InvalidRequestError, match="samples"):
        submit(way, samples=2)
    assert not emulator.journal()


@pytest.mark.parametrize("way", [way for way in WAYS if way.provider != "emulator"], ids=str)
def test_a_wrong_key_is_told_before_anything_starts(way: Way, submit: Callable[..., Job]) -> None:
    with pytest.raises(errors.ServiceError) as caught:
        submit(way, key="wrong-key")
    assert isinstance(caught.value, errors.AuthenticationError | errors.PermissionDeniedError | errors.BadRequestError)
    assert "wrong-key" not in str(caught.value)
    assert "refused: " in str(caught.value)


@EVERY
def test_a_parameter_of_nobodys_is_refused_in_the_services_words(way: Way, submit: Callable[..., Job]) -> None:
    with pytest.raises(errors.ServiceError) as caught:
        submit(way, script={"outcome": "nonsense"})
    assert caught.value.status == 400
    assert "nonsense" in str(caught.value)


def picture(color: str) -> bytes:
    buffer = io.BytesIO()
    Picture.new("RGB", (1280, 720), color).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("way", [way for way in WAYS if way.wire == "openai_videos"], ids=str)
def test_a_first_frame_goes_as_a_form(way: Way, submit: Callable[..., Job], emulator: Emulator) -> None:
    job = submit(way, first_frame=picture("red"), size="1280x720").wait(600)
    assert (job.videos[0].width > job.videos[0].height, job.state) == (True, JobState.SUCCEEDED)


# OpenAI and Azure read addresses of the web themselves.
TOLD = [way for way in WAYS if way.provider in {"openai", "azure"} or str(way) == "openai_videos-emulator"]


@EVERY
def test_a_first_frame_on_the_web(way: Way, submit: Callable[..., Job], emulator: Emulator, pages: str) -> None:
    job = submit(way, first_frame=f"{pages}/red.png?sig=secret", size="1280x720").wait(600)
    assert job.state is JobState.SUCCEEDED
    (body,) = [str(entry.body) for entry in emulator.journal() if entry.kind == "create"]
    assert (pages in body) is (way in TOLD)
    assert bool(job.request.first_frame.data) is (way not in TOLD)
    assert "secret" not in job.videos[0].sidecar.read_text() + str(job.request.settings())


@pytest.mark.parametrize("path", ["/page.html", "/nothing"])
@pytest.mark.parametrize("way", [way for way in WAYS if way not in TOLD], ids=str)
def test_what_is_no_image_costs_nothing(
    way: Way, path: str, submit: Callable[..., Job], emulator: Emulator, pages: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=f"first_frame: .*{path} (is not a|cannot be read)"):
        submit(way, first_frame=pages + path)
    assert emulator.journal() == []


def test_an_id_of_litellms_comes_through_whole(submit: Callable[..., Job], emulator: Emulator) -> None:
    for way in WAYS[-3:]:
        job = submit(way, script={"ids": "litellm"}).wait(600)
        assert len(job.record.operation) > 40
        assert job.videos


def test_the_pass_through_asks_the_proxy_for_everything(submit: Callable[..., Job], proxy: Proxy) -> None:
    way = WAYS[2]
    job = submit(way).wait(600)
    assert job.record.samples[0].uri.startswith(GOOGLE)
    assert {path.split("/")[1] for _, path, _ in proxy.asked} == {"gemini"}
    assert not any(b"sk-virtual" in body for _, _, body in proxy.asked)


OMNI = WAYS[4]
LATER = replace(OMNI, model="gemini-omni-1.2-flash")


def test_frames_and_references_are_taken(submit: Callable[..., Job]) -> None:
    red, blue = picture("red"), picture("blue")
    framed = submit(OMNI, first_frame=red, last_frame=blue).wait(600)
    submit(OMNI, reference_images=[red, blue]).wait(600)
    submit(OMNI, reference_videos=[submit(OMNI, duration_seconds=3).wait(600).videos[0]]).wait(600)
    assert framed.state is JobState.SUCCEEDED


def test_a_file_in_the_making_is_waited_for_between_pauses(submit: Callable[..., Job], emulator: Emulator) -> None:
    job = submit(OMNI, script={"processing": 3}).wait(600)
    assert job.videos
    kinds = [entry.kind for entry in emulator.journal()]
    assert kinds.count("file") == 4
    # Each look for the file follows a poll of its own, and polls are paced.
    assert kinds.count("poll") >= 4


def test_tokens_become_the_final_price(submit: Callable[..., Job]) -> None:
    job = submit(OMNI)
    estimated = job.cost
    assert job.wait(600).cost != estimated
    # 5792 tokens for each second at 720p, 17.50 USD per million: wire reference, section 7.
    assert job.cost.usd == pytest.approx(4 * 5792 * 17.5e-6, rel=0.05)


@pytest.mark.parametrize(
    "outcome", ["cancelled", "incomplete", "budget_exceeded", "requires_action", "requires_continuation"]
)
def test_every_other_end_of_an_interaction_has_its_words(submit: Callable[..., Job], outcome: str) -> None:
    job = submit(OMNI, script={"outcome": outcome})
    with pytest.raises(errors.GenerationFailedError):
        job.wait(600)
    assert job.record.problem.message
    assert job.record.problem.remedy


def test_a_job_is_cancelled_where_the_wire_can(submit: Callable[..., Job], emulator: Emulator) -> None:
    job = submit(OMNI, script={"polls": 10_000})
    assert job.cancel() is job
    with pytest.raises(errors.GenerationFailedError, match="Cancelled"):
        job.wait(600)
    assert job.cost.usd == 0
    assert [entry.kind for entry in emulator.journal()].count("cancel") == 1
    job.cancel()
    assert [entry.kind for entry in emulator.journal()].count("cancel") == 1
    veo = submit(WAYS[0], script={"polls": 10_000})
    with pytest.raises(errors.InvalidRequestError, match="cannot be cancelled"):
        veo.cancel()
    assert not veo.state.is_final


@pytest.mark.parametrize("way", [WAYS[3], OMNI, WAYS[5], WAYS[6], WAYS[8]], ids=str)
def test_a_clip_is_edited_and_extended(way: Way, submit: Callable[..., Job]) -> None:
    first = submit(way).wait(600)
    edited = first.edit("Make it night").wait(600)
    assert (edited.record.provider, edited.record.model) == (first.record.provider, first.record.model)
    assert edited.request.edit_from == first.record.operation
    longer = edited.extend("It goes on", seconds=4).wait(600)
    assert longer.videos[0].seconds == pytest.approx(8, abs=0.1)


VIDEOS = pytest.mark.parametrize("way", [way for way in WAYS if way.wire == "openai_videos"], ids=str)


@VIDEOS
def test_a_video_is_remixed_once(way: Way, submit: Callable[..., Job], emulator: Emulator) -> None:
    first = submit(way).wait(600)
    if way.proxied:
        with pytest.raises(errors.InvalidRequestError, match="remix_from: cannot be sent"):
            first.remix("Make it night")
        return
    second = first.remix("Make it night").wait(600)
    assert (second.record.provider, second.record.model) == (first.record.provider, first.record.model)
    creates = [entry for entry in emulator.journal() if entry.kind == "create"]
    assert [entry.path.rpartition("/")[2] for entry in creates] == ["videos", "remix"]
    assert creates[1].body == {"prompt": "Make it night"}
    assert [state for _, state, _ in second.events][:2] == ["submitting", "queued"]
    assert remote(second)[0].video.remixed_from == first.record.operation


@pytest.mark.parametrize("way", [way for way in WAYS if way.wire == "openai_videos" and not way.proxied], ids=str)
def test_a_lost_answer_to_a_remix_is_unknown_and_not_sent_again(
    way: Way, submit: Callable[..., Job], emulator: Emulator
) -> None:
    first = submit(way).wait(600)
    emulator.script("create", "reset")
    with pytest.raises(errors.UnknownOutcomeError):
        first.remix("Make it night")
    assert [entry.kind for entry in emulator.journal()].count("create") == 2


def remote(job: Job, **asked: Any) -> RemoteVideos:
    """What the service of a job says it keeps."""
    return job.client.remote_videos(job.record.provider, **asked)


@VIDEOS
def test_the_services_own_list_comes_in_pages(way: Way, submit: Callable[..., Job], emulator: Emulator) -> None:
    jobs = [submit(way, script={"polls": 1}) for _ in range(3)]
    for job in jobs:
        job.wait(600)
    client = jobs[0].client
    page = client.remote_videos(way.provider, limit=2)
    assert len(page) == 2
    assert page[0].video.prompt == "A cat"
    assert page.after == page[1].video.id
    rest = client.remote_videos(way.provider, limit=2, after=page.after)
    assert (len(rest), rest.after) == (1, "")
    assert [item.job_id for item in (*page, *rest)] == [job.id for job in jobs[::-1]]
    assert repr(page).splitlines()[-1] == f"More: after={page.after!r}"
    assert repr(client.remote_videos(way.provider, limit=1, order="asc")).startswith(rest[0].video.id)
    assert {entry.kind for entry in emulator.journal()} == {"create", "poll", "download", "list"}


@VIDEOS
def test_a_video_of_the_list_becomes_a_job(
    way: Way, submit: Callable[..., Job], emulator: Emulator, tmp_path: Path
) -> None:
    made = submit(way).wait(600)
    with Client(made.client.settings, home=tmp_path / "elsewhere") as stranger:
        (video,) = stranger.remote_videos(way.provider)
        assert video.job_id == ""
        job = stranger.adopt(video)
        record = stranger.call(stranger.asynchronous.refresh, job.id)
        assert (record.state, record.wire) == (JobState.SUCCEEDED, "openai_videos")
        assert (record.request.prompt, record.cost.usd) == ("A cat", None)
        assert stranger.adopt(video).id == job.id
    assert [entry.kind for entry in emulator.journal()].count("create") == 1


@VIDEOS
def test_pictures_of_a_video_are_saved_beside_it(way: Way, submit: Callable[..., Job]) -> None:
    job = submit(way, script={"polls": 1})
    with pytest.raises(errors.InvalidRequestError, match="has no clip to make a thumbnail of"):
        job.thumbnail()
    clip = job.wait(600).videos[0].path
    pictures = [job.thumbnail(), job.spritesheet()]
    assert [path.name for path in pictures] == [f"{clip.stem}.thumbnail.webp", f"{clip.stem}.spritesheet.jpg"]
    assert {path.parent for path in pictures} == {clip.parent}
    assert [path.read_bytes()[:3] for path in pictures] == [b"RIF", b"\xff\xd8\xff"]
    assert ".part" not in suffixes_in(clip.parent)


@VIDEOS
def test_a_picture_that_is_none_is_not_saved(way: Way, submit: Callable[..., Job], emulator: Emulator) -> None:
    job = submit(way).wait(600)
    emulator.script("download", "status", status=404)
    with pytest.raises(errors.NotFoundError):
        job.thumbnail()
    assert len(files_in(job.videos[0].path.parent)) == 2


@VIDEOS
def test_a_video_is_deleted_where_it_is_kept(way: Way, submit: Callable[..., Job]) -> None:
    job = submit(way, script={"polls": 1})
    with pytest.raises(errors.InvalidRequestError, match="what is not saved here yet is not deleted there"):
        job.delete_remote()
    job.wait(600)
    if way.proxied:
        with pytest.raises(errors.InvalidRequestError, match="the proxy's /videos interface deletes none"):
            job.delete_remote()
        return
    assert job.delete_remote() is job
    assert (job.state, job.record.notice) == (JobState.SUCCEEDED, "Deleted at the service.")
    assert job.videos[0].path.exists()
    assert remote(job) == []
    with pytest.raises(errors.NotFoundError):
        job.delete_remote()


def test_a_service_without_a_list_says_so(submit: Callable[..., Job]) -> None:
    job = submit(OMNI).wait(600)
    with pytest.raises(errors.InvalidRequestError, match="'gemini' keeps no list of its videos"):
        remote(job)
    for verb in (job.thumbnail, job.delete_remote):
        with pytest.raises(errors.InvalidRequestError, match="keeps no more of a video than its clip"):
            verb()
    with pytest.raises(errors.InvalidRequestError, match="remix_from"):
        job.remix("Make it night")


def test_a_clip_is_upscaled(submit: Callable[..., Job]) -> None:
    first = submit(LATER, resolution="720p").wait(600)
    larger = first.client.submit(
        "", provider="gemini", model=LATER.model, upscale_from=first.record.operation, resolution="1080p"
    )
    assert larger.wait(600).videos[0].height >= first.videos[0].height


def test_veo_extends_its_own_clips_and_edits_none(submit: Callable[..., Job]) -> None:
    first = submit(WAYS[0], duration_seconds=8, resolution="720p").wait(600)
    longer = first.extend("It goes on").wait(600)
    assert longer.videos[0].seconds == pytest.approx(15, abs=0.1)
    with pytest.raises(errors.InvalidRequestError, match="edits no clips"):
        first.edit("Make it night")
    with pytest.raises(errors.InvalidRequestError, match="sample 1 is none of them"):
        first.extend("It goes on", sample=1)
    waiting = submit(WAYS[0], script={"polls": 10_000})
    with pytest.raises(errors.InvalidRequestError, match="has 0 clips"):
        waiting.extend("It goes on")


def test_a_job_remembers_its_profile(
    make_client: Callable[..., Client], settings: Settings, emulator: Emulator, tmp_path: Path
) -> None:
    client = make_client(replace(settings, provider="gemini", api_key=Secret("wrong-key")), hasty=True)
    asynchronous = client.asynchronous
    asynchronous.profiles["work"] = replace(
        settings, provider="gemini", api_key=Secret("good"), profile="work", folder=tmp_path / "work"
    )
    with pytest.raises(errors.ServiceError):
        client.submit("A cat", seconds=3)
    job = client.submit("A cat", seconds=3, profile="work").wait(600)
    assert (job.record.profile, job.videos[0].path.parent.name) == ("work", "work")
    assert job.edit("Make it night").wait(600).record.profile == "work"
    assert job.retry().wait(600).record.profile == "work"
    with pytest.raises(errors.ConfigError, match=r"'home' is not known here \(work\)"):
        client.submit("A cat", profile="home")
    asynchronous.settings = asynchronous.profiles["work"]
    assert client.submit("A cat", seconds=3).wait(600).record.profile == "work"
    assert client.plan("A cat", profile="").profile == ""
    stranger = make_client(settings)
    with pytest.raises(errors.ConfigError, match="'work' is not known here"):
        stranger.asynchronous._accounts.settings_of(job.record.profile)
