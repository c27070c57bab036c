"""What the OpenAI-style wire refuses, how its videos fail, and what faults do to it."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong-key"}, {"api-key": "wrong-key"}])
@pytest.mark.parametrize("path", ["", "/video_1", "/video_1/content"])
def test_a_key_is_asked_for(calls, headers, path: str) -> None:
    answer = calls.http.get(f"/v1/videos{path}", headers=headers)
    error = answer.json()["error"]
    assert answer.status_code == 401
    assert error.pop("message")
    assert error == {"type": "invalid_request_error", "param": None, "code": "invalid_api_key"}


REFUSED = {
    "no prompt": ({"prompt": ""}, "prompt", "missing_required_parameter"),
    "a number of seconds": ({"seconds": 8}, "seconds", "invalid_type"),
    "seconds between": ({"seconds": "5"}, "seconds", "invalid_value"),
    "seconds that are none": ({"seconds": "long"}, "seconds", "invalid_value"),
    "a size of other models": ({"size": "1920x1080"}, "size", "invalid_value"),
    "a size of the larger model": ({"size": "1792x1024"}, "size", "invalid_value"),
    "a size at Azure": ({"model": "sora-2-pro", "size": "1792x1024", "root": "/openai/v1"}, "size", "invalid_value"),
    "a width": ({"width": 1280}, "width", "unknown_parameter"),
    "a file nobody sent": ({"input_reference": {"file_id": "file-1"}}, "input_reference", "invalid_value"),
    "a path": ({"input_reference": "start.png"}, "input_reference", "invalid_value"),
    "a gif": ({"input_reference": {"image_url": "data:image/gif;base64,AAAA"}}, "input_reference", "invalid_value"),
    "a short clip in full HD": ({"model": "veo-3", "size": "1920x1080", "seconds": "4"}, "seconds", "invalid_value"),
    "a misspelt direction": ({"prompt": "---\noutcom: done\n---\nA cat"}, None, "invalid_value"),
    "an end of another wire": ({"prompt": "---\noutcome: incomplete\n---\nA cat"}, None, "invalid_value"),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "param", "code"), REFUSED.values(), ids=REFUSED)
def test_a_create_is_refused(calls, asked: dict, param: str | None, code: str) -> None:
    answer = calls.video_create(**asked)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert error["message"]
    assert ("Emulator" in error["message"]) == (param is None)


def test_unknown_things_are_not_found(calls) -> None:
    unknown = calls.video_create(model="wrong-model")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
    other_wire = "video_" + calls.omni_create().json()["id"].removeprefix("v1_")
    for id_ in ("video_0123456789abcdef", "nothing", "video_", other_wire):
        answer = calls.http.get(f"/v1/videos/{id_}", headers=calls.bearer)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    for content in (b"{", b"[]"):
        assert calls.http.post("/v1/videos", content=content, headers=calls.bearer).status_code == 400


PROMPT = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA cat\r\n'
BROKEN_FORMS = {
    "nothing": ("; boundary=x", b""),
    "no boundary": ("", PROMPT + b"--x--\r\n"),
    "another boundary": ("; boundary=y", PROMPT + b"--x--\r\n"),
    "no name": ("; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nA\r\n--x--\r\n"),
    "ends after a boundary": ("; boundary=x", PROMPT + b"--x\r\n"),
    "ends in a part": ("; boundary=x", PROMPT + PROMPT[:-4]),
    "ends in the last boundary": ("; boundary=x", PROMPT + b"--x-"),
    "a thousand fields too many": ("; boundary=x", PROMPT * 2000 + b"--x--\r\n"),
}


@pytest.mark.parametrize(("rest", "content"), BROKEN_FORMS.values(), ids=BROKEN_FORMS)
def test_a_broken_form_is_refused_in_the_services_words(calls, rest: str, content: bytes) -> None:
    headers = calls.bearer | {"content-type": f"multipart/form-data{rest}"}
    answer = calls.http.post("/v1/videos", content=content, headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (400, "invalid_request_error", "invalid_value")
    assert error["message"].startswith("We could not parse the form body of your request. ")
    assert len(error["message"]) > 60


def test_a_gateway_drops_what_it_does_not_know(calls) -> None:
    assert calls.video_create(model="veo-3", seed=7, resolution="4k").json()["size"] == "1280x720"


@pytest.mark.parametrize(
    ("front", "code"),
    [("outcome: filtered", "moderation_blocked"), ("outcome: partial", "moderation_blocked"),
     ("outcome: failed", "server_error"), ("outcome: failed\ncode: 8", "rate_limit_exceeded")],
)  # fmt: skip
def test_failures_have_codes_of_their_own(calls, front: str, code: str) -> None:
    done = calls.video_done(f"---\n{front}\n---\nA cat")
    assert (done["status"], done["error"]["code"]) == ("failed", code)
    assert done["completed_at"] is None
    assert calls.video_content(done["id"]).status_code == 404


def test_completed_may_mean_empty(calls) -> None:
    done = calls.video_done("---\noutcome: empty\n---\nA cat")
    assert (done["status"], done["error"]) == ("completed", None)
    assert calls.video_content(done["id"]).status_code == 404


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("status-429", 429, "rate_limit_exceeded"),
        ("status-500", 500, "server_error"),
        ("status-503", 503, "server_error"),
    ],
)
@pytest.mark.parametrize("kind", ["create", "poll"])
def test_faults_speak_the_language_of_the_wire(calls, kind: str, fault: str, status: int, code: str) -> None:
    path = f"/v1/videos/{calls.video_create().json()['id']}"

    def call() -> httpx.Response:
        return calls.video_create() if kind == "create" else calls.http.get(path, headers=calls.bearer)

    calls.emulator.script(on=kind, fault=fault)
    answer = call()
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers.get("retry-after") == ("1" if status == 429 else None)
    assert call().status_code == 200


def test_a_lost_answer_can_be_found_in_the_list(calls) -> None:
    with pytest.raises(httpx.TransportError):
        calls.video_create("---\nfault: reset\n---\nA cat")
    [found] = calls.http.get("/v1/videos", headers=calls.bearer).json()["data"]
    assert found["id"] == f"video_{calls.emulator.journal()[0].operation}"


def test_a_download_is_cut_or_redirected(calls) -> None:
    id_ = calls.video_done()["id"]
    whole = calls.video_content(id_).content
    calls.emulator.script(on="download", fault="cut")
    with pytest.raises(httpx.RemoteProtocolError):
        calls.video_content(id_)
    calls.emulator.script(on="download", fault="redirect")
    moved = calls.video_content(id_)
    assert moved.status_code == 302
    assert calls.http.get(moved.headers["location"]).content == whole
    calls.emulator.script(on="list", fault="html")
    assert calls.http.get("/v1/videos", headers=calls.bearer).headers["content-type"].startswith("text/html")
