"""Other people's /v1/videos servers, over real sockets: forms, words, ends and clips where nobody else puts them."""

from __future__ import annotations

import io
import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import av
import pytest

from veo_widgets.client.clock import Clock
from veo_widgets.client.job_status import typical_seconds
from veo_widgets.client.job_store import LEASE_SECONDS
from veo_widgets.client.live_jobs import Sighting
from veo_widgets.config.credentials import Secret
from veo_widgets.config.settings import Settings
from veo_widgets.domain import errors
from veo_widgets.domain.catalog import TypicalSeconds
from veo_widgets.domain.job_record import JobState
from veo_widgets.domain.place_prices import PlacePrice
from veo_widgets.notebook.widgets.job_view import JobView
from veo_widgets.session.client import Client
from veo_widgets.session.groups.batch import Batch
from veo_widgets.session.groups.film import Film
from veo_widgets.session.job import Job
from veo_widgets.session.status_lines import line_of

from ..conftest import swift
from ..raw_server import Server, answer

KEY = "sk-the-key-of-this-gateway"
VIDEO = {"id": "video_1", "object": "video"}
Says = Callable[["Gateway"], bytes]


@cache
def clip() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        video = out.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        for number in range(24):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return file.getvalue()


class Gateway(Server):
    """A server whose answers depend on what it is asked: by method and path, or by what was asked before."""

    def __init__(self) -> None:
        super().__init__()
        self.says: dict[str, bytes | Says] = {
            "POST /v1/videos": answer(200, {**VIDEO, "status": "queued"}),
            "GET /v1/videos/video_1": answer(200, {**VIDEO, "status": "completed"}),
            "GET /v1/videos/video_1/content": answer(200, clip()),
        }
        self.answers = _Lookup(self)

    def asked(self, what: str) -> int:
        return sum(f"{method} {path}" == what for method, path, _, _ in self.seen)

    @property
    def creates(self) -> list[str]:
        """How the body of each create was written."""
        kinds = [headers["content-type"] for method, _, headers, _ in self.seen if method == "POST"]
        return ["form" if kind.startswith("multipart/form-data") else kind for kind in kinds]


class _Lookup(dict[str, bytes]):
    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self._gateway = gateway

    def get(self, path: str, default: Any = None) -> Any:  # noqa: ARG002 (what is not known is not found)
        said = self._gateway.says.get(f"{self._gateway.seen[-1][0]} {path}", answer(404, {"detail": "Not Found"}))
        return said(self._gateway) if callable(said) else said


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


@pytest.fixture
def elsewhere() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


@pytest.fixture
def client(gateway: Gateway, make_client: Callable[..., Client], tmp_path: Path) -> Client:
    account = {"provider": "openai", "base_url": f"{gateway.url}/v1", "api_key": Secret(KEY)}
    made = make_client(Settings(**account, folder=tmp_path / "veo_clips"), clock=swift(1000))
    made.budget(unknown=1, day=100)
    return made


def submit(client: Client, **values: Any) -> Any:
    return client.submit("A cat", model="wan-2.2", **values)


def as_json_only(refusal: bytes) -> Says:
    """Take JSON, and say something else to a form."""
    taken = answer(200, {**VIDEO, "status": "queued"})
    return lambda gateway: refusal if gateway.creates[-1] == "form" else taken


def fault(kind: str, *where: str | int) -> dict[str, Any]:
    return {"type": kind, "loc": list(where), "msg": "No."}


UNREAD = {
    "415": answer(415, {"error": {"message": "Unsupported Media Type"}}),
    "415 of a page": answer(415, b"<html></html>", Content_Type="text/html"),
    "FastAPI, a model": answer(422, {"detail": [fault("model_attributes_type", "body")]}),
    "FastAPI, fields": answer(422, {"detail": [fault("missing", "body", "model"), fault("missing", "body", "prompt")]}),
    "FastAPI, JSON": answer(422, {"detail": [fault("json_invalid", "body", 0)]}),
    "Go": answer(400, {"code": "bad", "message": "invalid character '-' in numeric literal"}),
    "Node": answer(400, {"error": {"message": "No number after minus sign in JSON at position 1"}}),
    "OpenAI's words": answer(400, {"error": {"message": "We could not parse the JSON body of your request."}}),
    "a text": answer(400, b"Failed to parse the request body", Content_Type="text/plain"),
    "in few words": answer(400, {"detail": "Invalid JSON body"}),
    "by its type": answer(400, {"error": "Content-Type must be application/json"}),
}


@pytest.mark.parametrize("refusal", UNREAD.values(), ids=UNREAD)
def test_where_no_form_is_read_the_create_goes_once_more_as_json(
    client: Client, gateway: Gateway, refusal: bytes
) -> None:
    gateway.says["POST /v1/videos"] = as_json_only(refusal)
    assert submit(client).wait(600).state is JobState.SUCCEEDED
    assert gateway.creates == ["form", "application/json"]
    # What a service takes is known from then on.
    submit(client)
    assert gateway.creates == ["form", "application/json", "application/json"]
    bodies = [
        json.loads(body) for method, _, headers, body in gateway.seen if "json" in headers.get("content-type", "")
    ]
    assert bodies == [{"model": "wan-2.2", "prompt": "A cat"}] * 2


NOT_PROVEN = {
    "a value": answer(422, {"detail": [fault("string_too_long", "body", "prompt")]}),
    "a field nobody sent": answer(422, {"detail": [fault("missing", "body", "voice")]}),
    "one fault of two": answer(422, {"detail": [fault("missing", "body", "prompt"), fault("enum", "body", "size")]}),
    "of the query": answer(422, {"detail": [fault("missing", "query", "prompt")]}),
    "of the service behind": answer(400, {"error": "Could not parse the body of the upstream response as JSON"}),
    "of its answer": answer(400, {"message": "failed to parse json body of the reply"}),
    "made, then 415": answer(415, {"id": "video_1", "error": "Unsupported Media Type"}),
    "of nobody knows what": answer(400, {"message": "Failed to parse JSON"}),
    "any other 400": answer(400, {"error": {"message": "Wrong size"}}),
    "nothing said": answer(400, b""),
    "a 500 in those words": answer(500, {"error": {"message": "We could not parse the JSON body of your request."}}),
    "relayed": answer(400, {"error": {"message": 'x - {"error": {"message": "could not parse the JSON body"}}'}}),
}


@pytest.mark.parametrize("refusal", NOT_PROVEN.values(), ids=NOT_PROVEN)
def test_no_create_is_repeated_where_the_form_may_have_been_read(
    client: Client, gateway: Gateway, refusal: bytes
) -> None:
    gateway.says["POST /v1/videos"] = as_json_only(refusal)
    with pytest.raises(errors.VeoError):
        submit(client)
    assert gateway.creates == ["form"]


def test_who_has_taken_a_form_is_never_sent_json(client: Client, gateway: Gateway) -> None:
    submit(client)
    gateway.says["POST /v1/videos"] = UNREAD["415"]
    with pytest.raises(errors.BadRequestError):
        submit(client)
    assert gateway.creates == ["form", "form"]


def test_json_that_is_refused_too_is_the_end(client: Client, gateway: Gateway) -> None:
    gateway.says["POST /v1/videos"] = answer(415, {"message": "Unsupported Media Type"})
    with pytest.raises(errors.BadRequestError, match="Unsupported Media Type"):
        submit(client)
    assert gateway.creates == ["form", "application/json"]
    assert [job.state for job in client.jobs()] == [JobState.FAILED]


@pytest.mark.parametrize("named", ["url", "urls", "unsigned_urls", "metadata"])
@pytest.mark.parametrize("content", [answer(400, {"message": "Use the url."}), answer(200, b"<html>Use the url")])
def test_a_clip_elsewhere_is_fetched_once_and_without_the_key(
    client: Client, gateway: Gateway, elsewhere: Gateway, named: str, content: bytes
) -> None:
    address = f"{elsewhere.url}/a.mp4?sig=1"
    said = {"url": address, "metadata": {"url": address}, "urls": [address], "unsigned_urls": [address]}
    gateway.says["GET /v1/videos/video_1"] = answer(200, {**VIDEO, "status": "SUCCESS", named: said[named]})
    gateway.says["GET /v1/videos/video_1/content"] = content
    elsewhere.says["GET /a.mp4?sig=1"] = answer(200, clip())
    (video,) = submit(client).wait(600).videos
    assert video.path.read_bytes() == clip()
    assert [path for _, path, _, _ in elsewhere.seen] == ["/a.mp4?sig=1"]
    assert all(headers["authorization"] == f"Bearer {KEY}" for _, _, headers, _ in gateway.seen)
    assert all("authorization" not in headers and KEY not in repr(headers) for _, _, headers, _ in elsewhere.seen)


def test_several_addresses_are_several_clips(client: Client, gateway: Gateway) -> None:
    addresses = [f"{gateway.url}/a.mp4", "/b.mp4"]
    gateway.says["GET /v1/videos/video_1"] = answer(
        200, {**VIDEO, "status": "done", "urls": addresses, "url": addresses[0]}
    )
    gateway.says |= {"GET /a.mp4": answer(200, clip()), "GET /b.mp4": answer(200, clip())}
    with pytest.warns(errors.DeliveryWarning, match="2 clips instead of 1"):
        assert len(submit(client).wait(600).videos) == 2
    assert (gateway.asked("GET /v1/videos/video_1/content"), gateway.asked("GET /a.mp4")) == (1, 0)
    # At its own address the key goes along.
    assert gateway.seen[-1][2]["authorization"] == f"Bearer {KEY}"


def test_where_no_place_has_the_clip_the_trouble_is_told_and_looked_at_again(client: Client, gateway: Gateway) -> None:
    gateway.says["GET /v1/videos/video_1"] = answer(
        200, {**VIDEO, "status": "completed", "url": f"{gateway.url}/a.mp4"}
    )
    gateway.says["GET /v1/videos/video_1/content"] = answer(400, {"message": "Use the url."})
    gateway.says["GET /a.mp4"] = lambda asked: (
        answer(200, clip()) if asked.asked("GET /a.mp4") > 2 else answer(503, {"message": "Not yet."})
    )
    assert submit(client).wait(600).state is JobState.SUCCEEDED
    assert gateway.asked("GET /a.mp4") == 3


def test_a_word_that_nobody_knows_is_shown_and_the_clip_asked_for_in_the_end(
    client: Client, gateway: Gateway, make_client: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    poll, content, ready = "GET /v1/videos/video_1", "GET /v1/videos/video_1/content", threading.Event()
    gateway.says[poll] = answer(200, {**VIDEO, "status": "Phase-2"})
    gateway.says[content] = lambda _: answer(200, clip()) if ready.is_set() else answer(404, {"detail": "Not ready"})
    # Every poll takes ten seconds, however fast the machine is.
    began = time.time()
    clock = Clock(now=lambda: began + 10 * gateway.asked(poll), sleep=lambda seconds: anyio.sleep(seconds / 1000))
    job = submit(make_client(client.settings, clock=clock), max_cost=1)
    while gateway.asked(content) < 2:
        time.sleep(0.01)
    assert job.state is JobState.RUNNING
    assert "The service says 'Phase-2', a word that is not known here." in job.record.notice
    assert [record.message for record in caplog.records if "'Phase-2'" in record.message] == [
        f"job {job.id}: the service says 'Phase-2', which is not known here"
    ]
    ready.set()
    assert job.wait(600).state is JobState.SUCCEEDED
    assert job.record.notice == ""
    looks = [f"{method} {path}" for method, path, _, _ in gateway.seen if method == "GET"]
    first = looks.index(content)
    # It is looked at for as long as such jobs take, and then its clip is asked for each tenth of its age.
    assert first == typical_seconds("openai", "wan-2.2").high // 10 + 1
    assert looks.index(content, first + 1) - first - 1 == 7


@pytest.mark.parametrize("place", [None, "videoUrl"])
def test_a_video_that_gives_no_status_is_fetched_all_the_same(
    client: Client, gateway: Gateway, place: str | None
) -> None:
    named = {place: f"{gateway.url}/a.mp4"} if place else {}
    gateway.says["GET /v1/videos/video_1"] = answer(200, {**VIDEO, **named})
    assert submit(client).wait(600).state is JobState.SUCCEEDED
    # What names its clip is done; of another the clip is asked for once such jobs have had their time.
    assert (gateway.asked("GET /v1/videos/video_1") == 1) is bool(place)


def test_a_word_for_work_under_way_has_nothing_asked_for(client: Client, gateway: Gateway) -> None:
    polls = "GET /v1/videos/video_1"
    gateway.says[polls] = lambda asked: answer(
        200, {**VIDEO, "status": "IN_PROGRESS" if asked.asked(polls) < 60 else "SUCCESS"}
    )
    assert submit(client).wait(600).state is JobState.SUCCEEDED
    assert gateway.asked("GET /v1/videos/video_1/content") == 1


@pytest.mark.parametrize("status", [400, 409, 429, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        {**VIDEO, "status": "queued"},
        {"task_id": "video_1", "status": "SUCCESS"},
        {"detail": {**VIDEO, "status": "queued"}},
    ],
    ids=["whole", "task_id", "in detail"],
)
def test_an_id_in_an_error_is_kept_and_its_clip_fetched(
    client: Client, gateway: Gateway, status: int, body: dict[str, Any]
) -> None:
    gateway.says["POST /v1/videos"] = answer(status, body)
    assert submit(client).wait(600).state is JobState.SUCCEEDED
    assert gateway.asked("POST /v1/videos") == 1


@pytest.mark.parametrize("where", ["top", "detail"])
def test_an_end_inside_a_500_is_told_in_the_service_s_words(client: Client, gateway: Gateway, where: str) -> None:
    video = {**VIDEO, "status": "failed", "error": {"code": "oom", "message": "No memory left."}}
    gone = video if where == "top" else {where: video}
    gateway.says["GET /v1/videos/video_1"] = lambda asked: (
        answer(500, gone) if asked.asked("GET /v1/videos/video_1") > 2 else answer(500, {"detail": "Restarting"})
    )
    with pytest.raises(errors.GenerationFailedError, match=r"No memory left\. \(code oom\)\."):
        submit(client).wait(600)
    assert gateway.asked("GET /v1/videos/video_1") == 3


def test_a_create_that_is_answered_with_its_own_end_is_not_lost(client: Client, gateway: Gateway) -> None:
    failed = answer(500, {**VIDEO, "status": "failed", "error": {"code": "oom", "message": "No memory left."}})
    gateway.says |= {"POST /v1/videos": failed, "GET /v1/videos/video_1": failed}
    with pytest.raises(errors.GenerationFailedError, match=r"No memory left\. \(code oom\)\."):
        submit(client).wait(600)
    assert gateway.asked("POST /v1/videos") == 1
    assert [job.state for job in client.jobs()] == [JobState.FAILED]


@pytest.mark.parametrize("status", [400, 409, 422, 500])
def test_a_video_that_is_the_answer_to_the_question_for_its_clip_is_read(
    client: Client, gateway: Gateway, status: int
) -> None:
    failed = {**VIDEO, "status": "failed", "error": {"message": "No memory left."}}
    gateway.says["GET /v1/videos/video_1/content"] = answer(status, failed)
    with pytest.raises(errors.GenerationFailedError, match=r"No memory left\."):
        submit(client).wait(600)
    assert gateway.asked("GET /v1/videos/video_1/content") == 1


def test_a_completed_video_inside_a_500_is_fetched(client: Client, gateway: Gateway) -> None:
    gateway.says["GET /v1/videos/video_1"] = answer(500, {**VIDEO, "status": "completed"})
    assert submit(client).wait(600).state is JobState.SUCCEEDED
    assert gateway.asked("GET /v1/videos/video_1") == 1


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ({"status": "completed"}, JobState.SUCCEEDED),
        ({"status": "FAILURE", "fail_reason": "No credit."}, JobState.FAILED),
    ],
)
def test_what_has_ended_at_its_create_is_looked_at_without_delay(
    client: Client, gateway: Gateway, make_client: Callable[..., Client], said: dict[str, str], end: JobState
) -> None:
    paused: list[float] = []

    async def sleep(seconds: float) -> None:
        paused.append(seconds)
        await anyio.lowlevel.checkpoint()

    impatient = make_client(client.settings, clock=Clock(sleep=sleep))
    gateway.says["POST /v1/videos"] = answer(200, {"task_id": "video_1", **said})
    gateway.says["GET /v1/videos/video_1"] = answer(200, said)
    job = submit(impatient, max_cost=1)
    with suppress(errors.GenerationFailedError):
        job.wait(600)
    # The client's own pauses between renewals of its leases are not the job's.
    assert (job.state, next(one for one in paused if one != LEASE_SECONDS / 3)) == (end, 1.0)
    assert gateway.asked("GET /v1/videos/video_1") == 1


@pytest.mark.parametrize("where", ["itself", "address"])
def test_a_clip_that_comes_with_the_answer_to_the_create_is_kept(
    client: Client, gateway: Gateway, elsewhere: Gateway, where: str
) -> None:
    elsewhere.says = {"GET /clip.mp4": answer(200, clip())}
    named = {"itself": {"b64_json": b64encode(clip()).decode()}, "address": {"url": f"{elsewhere.url}/clip.mp4"}}
    # Who answers so makes one clip at a time and keeps no record of it.
    gateway.says = {"POST /v1/videos": answer(200, {**VIDEO, "status": "completed", "data": [named[where]]})}
    assert len(submit(client).wait(600).videos) == 1
    assert gateway.asked("GET /v1/videos/video_1") == 0
    assert all("authorization" not in headers for _, _, headers, _ in elsewhere.seen)


def test_localai_s_clip_is_fetched_where_a_proxy_lets_nothing_else_through(
    gateway: Gateway, make_client: Callable[..., Client], tmp_path: Path
) -> None:
    made = make_client(Settings(provider="localai", base_url=gateway.url, folder=tmp_path / "veo_clips"))
    gateway.says = {
        "POST /video": answer(200, {"data": [{"url": f"{gateway.url}/generated-videos/a.mp4"}]}),
        "GET /generated-videos/a.mp4": answer(200, clip()),
    }
    assert len(submit(made).wait(600).videos) == 1


def test_a_job_that_is_taken_up_late_is_looked_at_at_once(
    client: Client, gateway: Gateway, make_client: Callable[..., Client]
) -> None:
    """After a restart it may long be done."""
    paused: list[float] = []

    async def sleep(seconds: float) -> None:
        paused.append(seconds)
        await anyio.lowlevel.checkpoint()

    gateway.says["GET /v1/videos/video_1"] = answer(200, {**VIDEO, "status": "in_progress"})
    job = submit(client, max_cost=1)
    client.close()
    gateway.says["GET /v1/videos/video_1"] = answer(200, {**VIDEO, "status": "completed"})
    later = make_client(client.settings, clock=Clock(now=lambda: time.time() + 600, sleep=sleep))
    later.resume()
    assert later.job(job.id).wait(600).state is JobState.SUCCEEDED
    assert next(one for one in paused if one != LEASE_SECONDS / 3) < 1


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    "body",
    [
        {"base_resp": {"status_code": 1004, "status_msg": "size is wrong"}},
        {"Code": "1004", "Message": "size is wrong", "RequestId": "r-1"},
        {"errors": [{"message": "size is wrong"}]},
        {"detail": "size is wrong"},
    ],
    ids=["MiniMax's", "capitals", "errors", "detail"],
)
def test_a_refusal_of_any_shape_ends_the_job_in_its_own_words(
    client: Client, gateway: Gateway, status: int, body: dict[str, Any]
) -> None:
    gateway.says["POST /v1/videos"] = answer(status, body)
    with pytest.raises(errors.BadRequestError, match="size is wrong"):
        submit(client)
    assert [job.state for job in client.jobs()] == [JobState.FAILED]
    assert gateway.asked("POST /v1/videos") == 1


def test_a_refusal_names_the_host_and_never_somebody_else(client: Client, gateway: Gateway) -> None:
    host = gateway.url.removeprefix("http://")
    gateway.says["POST /v1/videos"] = answer(400, {"code": 40001, "msg": "size is wrong"})
    with pytest.raises(errors.BadRequestError) as caught:
        submit(client)
    assert str(caught.value) == f"{host} refused: size is wrong (code 40001)."
    assert f"wan-2.2 at {host}" in repr(client.plan("A cat", model="wan-2.2"))


def test_a_key_and_an_address_may_come_with_the_call(client: Client, gateway: Gateway, elsewhere: Gateway) -> None:
    submit(client, api_key="sk-another-one").wait(600)
    assert {headers["authorization"] for _, _, headers, _ in gateway.seen} == {"Bearer sk-another-one"}
    submit(client, base_url=f"{elsewhere.url}/v1", api_key="sk-a-third").wait(600)
    assert {headers["authorization"] for _, _, headers, _ in elsewhere.seen} == {"Bearer sk-a-third"}
    # They hold for that call only.
    submit(client).wait(600)
    assert gateway.seen[-1][2]["authorization"] == f"Bearer {KEY}"
    assert "sk-a" not in repr(client.jobs())


def test_a_batch_and_a_film_take_a_key_too(client: Client, gateway: Gateway) -> None:
    for made in (
        Batch(client, ["A cat"], "", "cats", {"api_key": "sk-of-all-rows", "model": "wan-2.2"}),
        Film(client, "cats", ["A dog"], {"api_key": "sk-of-all-rows", "model": "wan-2.2"}),
    ):
        made.run()
        while "POST" not in [method for method, _, _, _ in gateway.seen]:
            time.sleep(0.01)
        assert {headers["authorization"] for _, _, headers, _ in gateway.seen} == {"Bearer sk-of-all-rows"}
        assert "sk-of-all-rows" not in repr(made)
        gateway.seen.clear()


def test_a_servers_own_progress_is_shown_until_the_clip_is_there(client: Client, gateway: Gateway) -> None:
    poll = "GET /v1/videos/video_1"
    answers = [*({"status": "in_progress", "progress": said} for said in (0, "10%", 50, 0.9)), {"status": "completed"}]

    def next_answer(gateway: Gateway) -> bytes:
        return answer(200, {**VIDEO, **answers[min(gateway.asked(poll), len(answers)) - 1]})

    gateway.says[poll] = next_answer
    seen: list[Sighting] = []
    job = submit(client)
    job.listen(seen.append)
    assert job.wait(600).state is JobState.SUCCEEDED
    paces = [one.pace for one in seen]
    assert list(dict.fromkeys(pace.share for pace in paces if pace)) == [0.1, 0.5, 0.9]
    assert all(pace.ends_at > pace.at for pace in paces if pace)
    # Who waits is told what the server says, and before that nothing of a model that nobody knows.
    running = [one for one in seen if one.record.state is JobState.RUNNING]
    lines = [line_of(one, one.pace.at if one.pace else time.time(), last=False) for one in running]
    assert {line.share for line in lines} == {None, 0.1, 0.5, 0.9}
    assert all(line.text.endswith(("left", "nearly done")) == (line.share is not None) for line in lines)


def test_the_first_clips_of_a_server_teach_how_long_its_model_takes(
    client: Client, make_client: Callable[..., Client]
) -> None:
    def usual_of_a_job(client: Client) -> TypicalSeconds:
        seen: list[Sighting] = []
        job = submit(client)
        job.listen(seen.append)
        job.wait(600)
        return next(one.usual for one in seen if one.usual)

    assert usual_of_a_job(client).is_guess
    took = client.jobs()[0].record
    learned = usual_of_a_job(make_client(client.settings, clock=swift(1000)))
    assert learned.likely == pytest.approx(took.finished_at - took.submitted_at)
    assert not learned.is_guess


def test_a_card_says_what_its_server_charges_for_the_same_again(
    client: Client, make_client: Callable[..., Client]
) -> None:
    def done(client: Client) -> Job:
        job = submit(client)
        job.wait(600)
        return job

    priced = {price: make_client(replace(client.settings, price=PlacePrice.of(price))) for price in (0, "0.40/clip")}
    cards = [JobView(done(client)) for client in (*priced.values(), client)]
    assert [card.job["retry_price"] for card in cards] == ["free", "$0.40", "price unknown"]
