"""Creates that are taken and then answered with trouble, refusals in many shapes, and downloads that are no clip."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import av
import httpcore
import httpx
import pytest
from PIL import Image

from veo_widgets.emulator import Emulator, Pace
from veo_widgets.emulator.__main__ import main
from veo_widgets.emulator.faults import answer_shapes
from veo_widgets.emulator.faults.troubles import FAULTS
from veo_widgets.emulator.omni.checks import public_id
from veo_widgets.emulator.openai.manners import DIALECTS

CREATES = {
    "developer": lambda calls, prompt: calls.dev_create(prompt),
    "platform": lambda calls, prompt: calls.ap_create(prompt),
    "interactions": lambda calls, prompt: calls.omni_create(prompt),
    "videos": lambda calls, prompt: calls.video_create(prompt),
}
wires = pytest.mark.parametrize("create", CREATES.values(), ids=CREATES)


def is_done(calls, create) -> bool:
    """Whether the operation of the last create can be polled to its end, as one that is paid for can."""
    (entry,) = [one for one in calls.emulator.journal() if one.kind == "create"]
    assert entry.operation, "nothing was made"
    if create is CREATES["videos"]:
        return calls.video_get(f"video_{entry.operation}")["status"] == "completed"
    if create is CREATES["interactions"]:
        return calls.omni_get(public_id(entry.operation))["status"] == "completed"
    if create is CREATES["platform"]:
        parent = entry.path.removeprefix("/v1/").removesuffix(":predictLongRunning")
        return calls.ap_poll(f"{parent}/operations/{entry.operation}")["done"]
    return calls.dev_poll(f"operations/{entry.operation}")["done"]


@wires
@pytest.mark.parametrize("status", [400, 404, 408, 409, 422, 425, 429, 499, 500, 502, 503, 504, 507, 529])
def test_a_create_is_made_and_then_answered_with_a_status(calls, create, status: int) -> None:
    calls.emulator.script("create", "made-then", status=status)
    answer = create(calls, "A cat")
    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(f"Scripted answer {status} ")
    assert is_done(calls, create)


@wires
def test_a_create_is_made_and_a_page_is_answered(calls, create) -> None:
    calls.emulator.script("create", "made-then", shape="page", status=503)
    answer = create(calls, "A cat")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>503 Service Unavailable</title>" in answer.text
    assert is_done(calls, create)


@wires
def test_a_create_is_made_and_a_login_is_asked_for(calls, create) -> None:
    calls.emulator.script("create", "made-then", shape="login")
    answer = create(calls, "A cat")
    assert (answer.status_code, "Sign in" in answer.text) == (200, True)
    assert is_done(calls, create)
    calls.emulator.reset()
    calls.emulator.script("create", "made-then", shape="redirect", status=303)
    answer = create(calls, "A cat")
    assert answer.status_code == 303
    assert "Sign in" in calls.http.get(answer.headers["location"]).text
    assert is_done(calls, create)


@wires
def test_a_create_is_made_and_nothing_is_answered(calls, create) -> None:
    calls.emulator.script("create", "made-then", shape="silence", seconds=0.05)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        create(calls, "A cat")
    assert is_done(calls, create)


def wait_for_operations(emulator: Emulator, count: int) -> None:
    """Until so many creates have made something: a client that goes away may be quicker than that."""
    while sum(bool(entry.operation) for entry in emulator.journal() if entry.kind == "create") < count:
        pass


def test_a_silence_ends_when_the_client_goes_or_the_emulator_stops(make_calls) -> None:
    body = {"prompt": "A cat", "model": "sora-2"}
    with Emulator(pace=Pace.at_once(), clips="small") as emulator:
        calls = make_calls(emulator)
        emulator.script("create", "made-then", shape="silence", seconds=3600)
        with pytest.raises(httpx.ReadTimeout):
            calls.http.post("/v1/videos", json=body, headers=calls.bearer, timeout=httpx.Timeout(None, read=0.2))
        wait_for_operations(emulator, 1)
        assert is_done(calls, CREATES["videos"])
        emulator.script("create", "made-then", shape="silence", seconds=3600)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(calls.video_create)
            wait_for_operations(emulator, 2)
            emulator.stop()
            waiting.exception()


def test_a_prompt_can_ask_for_it(calls) -> None:
    text = "---\nfault: made-then\nhttp: 503\nshape: page\n---\nA cat"
    assert [calls.video_create(text).status_code for _ in range(2)] == [503, 200]
    made = [entry.operation for entry in calls.emulator.journal() if entry.kind == "create"]
    assert len(set(made)) == 2
    assert all(made)
    assert calls.video_create("---\nfault: made-then\nshape: round\n---\nA cat").status_code == 400


SHAPES = {
    "own": (400, {"error": {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT"}}),
    "detail": (400, {"detail": "No."}),
    "detail-list": (
        400,
        {"detail": [{"type": "value_error", "loc": ["body", "prompt"], "msg": "No.", "input": None}]},
    ),
    "code-message-data": (400, {"code": "upstream_error", "message": "No.", "data": None}),
    "code-msg": (400, {"code": 10_001, "msg": "No.", "request_id": "req_emulator_7f3a"}),
    "message": (400, {"message": "No."}),
    "error-in-200": (200, {"error": {"code": 400, "message": "No."}}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_refusal_has_many_shapes(calls, shape: str) -> None:
    calls.emulator.script("create", "refused", shape=shape, status=400, body="No.")
    answer = calls.dev_create()
    assert (answer.status_code, answer.json()) == SHAPES[shape]
    assert (shape == "own") == ("x-request-id" not in answer.headers)
    (entry,) = calls.emulator.journal()
    assert (entry.fault, entry.operation) == ("refused", "")


def test_a_refusal_may_be_a_text_and_polls_and_downloads_meet_it(calls) -> None:
    done = calls.video_done()
    calls.emulator.script("poll", "refused", shape="text", status=429, body="Slow down.")
    answer = calls.http.get(f"/v1/videos/{done['id']}", headers=calls.bearer)
    assert (answer.status_code, answer.text, answer.headers["x-request-id"]) == (429, "Slow down.", "req_emulator_7f3a")
    calls.emulator.script("download", "refused", status=403)
    assert calls.video_content(done["id"]).status_code == 403
    assert calls.video_content(done["id"]).content[4:8] == b"ftyp"


def test_a_shape_that_nobody_knows_is_refused(calls) -> None:
    rule = {"on": "create", "fault": "refused", "shape": "round"}
    answer = calls.http.post("/_admin/script", json=rule)
    assert answer.status_code == 400
    assert "detail-list" in answer.json()["error"]["message"]


@pytest.fixture
def uris(calls) -> dict[str, tuple[str, dict[str, str]]]:
    """Where a clip is by each wire, and with which headers."""
    [file] = calls.dev_uris()
    stored = calls.ap_done(storageUri="gs://films/")["response"]["videos"][0]["gcsUri"]
    name = stored.removeprefix("gs://films/").replace("/", "%2F")
    return {
        "file": (file, calls.key),
        "object": (f"/storage/v1/b/films/o/{name}?alt=media", calls.bearer),
        "content": (f"/v1/videos/{calls.video_done()['id']}/content", calls.bearer),
    }


@pytest.mark.parametrize("place", ["file", "object", "content"])
def test_what_comes_is_another_kind_of_file(calls, uris, place: str) -> None:
    uri, headers = uris[place]
    whole = calls.http.get(uri, headers=headers).content
    calls.emulator.script("download", "webm", times=2)
    told = [calls.http.get(uri, headers={**headers, **more}) for more in ({}, {"range": "bytes=9-"})]
    assert [one.status_code for one in told] == [200, 200]
    assert told[0].headers["content-type"] == "video/webm"
    with av.open(io.BytesIO(told[1].content)) as film:
        assert "webm" in film.format.name
        assert sum(1 for _ in film.decode(video=0)) == frames_of(whole)
        assert film.streams.audio
    calls.emulator.script("download", "gif")
    picture = calls.http.get(uri, headers=headers)
    assert picture.headers["content-type"] == "image/gif"
    assert Image.open(io.BytesIO(picture.content)).n_frames > 1
    calls.emulator.script("download", "link")
    address = calls.http.get(uri, headers=headers).json()["url"]
    assert calls.http.get(address).content == whole


def frames_of(clip: bytes) -> int:
    with av.open(io.BytesIO(clip)) as film:
        return sum(1 for _ in film.decode(video=0))


def test_redirects_go_in_a_circle(calls, uris) -> None:
    uri, headers = uris["content"]
    calls.emulator.script("download", "circle")
    with pytest.raises(httpx.TooManyRedirects):
        calls.http.get(uri, headers=headers, follow_redirects=True)


def test_a_clip_is_cut_at_the_same_place_each_time(calls, uris) -> None:
    uri, headers = uris["content"]
    whole = calls.http.get(uri, headers=headers).content
    half = len(whole) // 2
    calls.emulator.script("download", "cut-at", times=4)
    for start in (0, 1000, half, len(whole) - 1):
        got: list[bytes] = []
        with (
            calls.http.stream("GET", uri, headers=headers | {"range": f"bytes={start}-"}) as answer,
            pytest.raises(httpx.RemoteProtocolError),
        ):
            got.extend(answer.iter_raw())
        assert b"".join(got) == whole[start:half]


def test_a_clip_stalls_half_way(calls, uris) -> None:
    uri, headers = uris["content"]
    whole = calls.http.get(uri, headers=headers).content
    calls.emulator.script("download", "stall", seconds=3600, share=0.25)
    quarter, got = whole[: len(whole) // 4], b""
    with calls.http.stream("GET", uri, headers=headers) as answer:
        parts = answer.iter_raw()
        while len(got) < len(quarter):
            got += next(parts)
        # Only now does the clock run: what comes before the stall may take its time.
        with pytest.raises(httpcore.ReadTimeout):
            answer.extensions["network_stream"].read(1, timeout=0.3)
    assert answer.headers["content-length"] == str(len(whole))
    assert got == quarter
    calls.emulator.script("download", "stall", seconds=0.05)
    assert calls.http.get(uri, headers=headers).content == whole


@pytest.mark.parametrize("announced", [True, False])
def test_a_clip_is_far_too_large(calls, uris, announced: bool) -> None:
    uri, headers = uris["content"]
    whole = calls.http.get(uri, headers=headers).content
    fault = "huge" if announced else "huge-unannounced"
    calls.emulator.script("download", fault, size=10**13)
    with calls.http.stream("GET", uri, headers=headers) as answer:
        begun = next(answer.iter_raw(len(whole)))
    assert answer.headers.get("content-length") == (str(10**13) if announced else None)
    assert begun == whole
    calls.emulator.script("download", fault, size=3_000_000)
    answer = calls.http.get(uri, headers=headers)
    assert answer.content == whole + bytes(3_000_000 - len(whole))


def test_a_clip_is_not_what_was_asked_for(full) -> None:
    lines = "gives_seconds: 2\ngives_resolution: 360p\ngives_ratio: 16:9\ngives_sound: no"
    done = full.video_done(f"---\n{lines}\n---\nA cat", seconds="4", size="720x1280")
    assert (done["seconds"], done["size"]) == ("4", "720x1280")
    with av.open(io.BytesIO(full.video_content(done["id"]).content)) as film:
        shown = film.streams.video[0]
        assert (shown.width, shown.height, shown.frames, len(film.streams.audio)) == (640, 360, 48, 0)
    with av.open(io.BytesIO(full.dev_clip(f"---\n{lines}\n---\nA cat"))) as film:
        assert film.streams.video[0].frames == 48
    usage = full.omni_done(f"---\n{lines}\n---\nA cat", duration="4s")["usage"]
    assert usage["total_output_tokens"] == 2 * 1931


def test_every_fault_is_in_the_help(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert [name for name in (*FAULTS, *answer_shapes.SHAPES, *DIALECTS) if name not in told] == []
    with pytest.raises(SystemExit):
        main(["--direct", "fault: reset"])
    assert "a fault is for one request" in capsys.readouterr().err
