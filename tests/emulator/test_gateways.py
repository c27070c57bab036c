"""``/v1/videos`` as servers speak it that are not OpenAI's."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import httpx
import pytest

from veo_widgets.emulator import Emulator, Pace

Json = dict


def prompt(**lines: str) -> str:
    told = "".join(f"{key}: {value}\n" for key, value in lines.items())
    return f"---\n{told}---\nA cat"


def done(calls, **lines: str) -> Json:
    """The last word about a video that was made with these directions."""
    calls.video_create(prompt(**lines)).raise_for_status()
    return retrieved(calls).json()


def retrieved(calls) -> httpx.Response:
    """The answer to a poll for the newest video, by the id that was first given."""
    operation = [entry.operation for entry in calls.emulator.journal() if entry.kind == "create"][-1]
    return calls.http.get(f"/v1/videos/{operation}", headers=calls.bearer)


WORDS = {
    "openai": ["queued", "in_progress", "in_progress", "completed"],
    "new-api": ["unknown", "in_progress", "in_progress", "completed"],
    "tasks": ["NOT_START", "IN_PROGRESS", "IN_PROGRESS", "SUCCESS"],
    "upper": ["QUEUED", "IN_PROGRESS", "IN_PROGRESS", "COMPLETED"],
    "title": ["Queued", "In Progress", "In Progress", "Completed"],
    "hyphens": ["queued", "in-progress", "in-progress", "completed"],
    "succeeded": ["pending", "processing", "processing", "succeeded"],
    "done": ["pending", "running", "running", "done"],
    "openrouter": ["pending", "in_progress", "in_progress", "completed"],
    "aquiles": ["queued", "processing", "processing", "completed"],
}


@pytest.mark.parametrize("words", WORDS)
def test_states_have_other_words(calls, words: str) -> None:
    calls.emulator.set_pace(Pace.polls(2))
    created = calls.video_create(prompt(words=words)).json()
    assert [created["status"], *(calls.video_get(created["id"])["status"] for _ in range(3))] == WORDS[words]
    failed = done(calls, words=words, outcome="failed", polls="0")["status"]
    assert failed == {"tasks": "FAILURE", "upper": "FAILED", "title": "Failed", "done": "error"}.get(words, "failed")


@pytest.mark.parametrize("word", ["TIMEOUT", "cancelled", "daydreaming", "unknown"])
def test_an_end_is_called_anything_while_the_content_is_there(calls, word: str) -> None:
    created = calls.video_create(prompt(end=word)).json()
    assert created["status"] == "queued"
    told = [calls.video_get(created["id"])["status"] for _ in range(3)]
    assert told == [word] * 3
    assert calls.video_content(created["id"]).content[4:8] == b"ftyp"
    assert done(calls, end=word, outcome="failed")["status"] == word


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("nulls", {"code": None, "message": None}),
        ("empty", {"code": "", "message": "", "type": ""}),
        ("zero", {"code": 0, "message": "success"}),
    ],
)
def test_a_success_has_an_error_that_is_none(calls, kind: str, error: Json) -> None:
    told = done(calls, error=kind)
    assert (told["status"], told["error"]) == ("completed", error)
    assert done(calls, error=kind, outcome="failed")["error"]["message"].startswith("Video generation failed")


def test_an_answer_has_no_id_another_one_or_a_task_id(calls) -> None:
    first = calls.video_create(prompt(id="none")).json()["id"]
    assert "id" not in retrieved(calls).json()
    assert done(calls, id="other")["id"] != first
    told = done(calls, id="task-id")
    assert "id" not in told
    assert calls.video_content(told["task_id"]).status_code == 200


def test_reasons_are_in_other_places(calls) -> None:
    reason = "Video generation failed. Please try again."
    told = done(calls, outcome="failed", failure="fail-reason")
    assert (told["error"], told["fail_reason"]) == (None, reason)
    told = done(calls, outcome="failed", failure="message")
    assert (told["error"], told["message"]) == (None, reason)
    assert done(calls, outcome="failed", failure="text")["error"] == reason
    told = done(calls, outcome="failed", failure="metadata")
    assert (told["error"], told["metadata"]["url"]) == (None, reason)


def test_progress_is_a_text_or_comes_at_the_end(calls) -> None:
    calls.emulator.set_pace(Pace.polls(3))
    seen = {}
    for kind in ("percent", "at-end"):
        id_ = calls.video_create(prompt(progress=kind)).json()["id"]
        seen[kind] = [calls.video_get(id_)["progress"] for _ in range(4)]
    assert seen == {"percent": ["25%", "50%", "99%", "100%"], "at-end": [0, 0, 0, 100]}


PLACES = {
    "url": lambda told: told["url"],
    "urls": lambda told: told["urls"][0],
    "metadata": lambda told: told["metadata"]["url"],
    "unsigned-urls": lambda told: told["unsigned_urls"][0],
}


@pytest.mark.parametrize("place", PLACES)
def test_a_clip_is_in_a_bucket_of_another_name_that_asks_for_no_key(calls, place: str) -> None:
    told = done(calls, clip=place, content="refused")
    address = PLACES[place](told)
    assert urlsplit(address).hostname == "localhost"
    refused = calls.video_content(told["id"])
    assert (refused.status_code, "url" in refused.json()["detail"]) == (400, True)
    assert calls.http.get(address).content[4:8] == b"ftyp"
    calls.http.get(address, headers=calls.bearer)
    fetched = [entry for entry in calls.emulator.journal() if entry.path.startswith("/_bucket/")]
    assert ["authorization" in entry.headers for entry in fetched] == [False, True]
    assert {entry.kind for entry in fetched} == {"download"}
    assert {entry.operation for entry in fetched} == {told["id"].removeprefix("video_")}


def test_a_clip_is_in_a_bucket_and_at_its_own_address_with_the_key(calls) -> None:
    told = done(calls, clip="signed-urls")
    assert calls.http.get(told["urls"][0]).content[4:8] == b"ftyp"
    (own,) = told["unsigned_urls"]
    assert calls.http.get(own, headers=calls.bearer).content[4:8] == b"ftyp"


def test_a_bucket_meets_trouble_and_has_ranges(calls) -> None:
    address = done(calls, clip="url")["url"]
    assert calls.http.get(address, headers={"range": "bytes=4-7"}).content == b"ftyp"
    calls.emulator.script("download", "status", status=403)
    assert calls.http.get(address).status_code == 403
    assert calls.http.get(address.replace("s0.mp4", "s1.mp4")).status_code == 403


def test_a_clip_is_in_the_answer_itself(calls) -> None:
    told = done(calls, clip="b64-json")
    clip = calls.video_content(told["id"]).content
    assert base64.b64decode(told["data"][0]["b64_json"]) == clip
    head, _, data = done(calls, clip="data-url")["url"].partition(",")
    assert head == "data:video/mp4;base64"
    assert base64.b64decode(data)[4:8] == b"ftyp"


def send(calls, text: str, kind: str) -> httpx.Response:
    fields = {"prompt": text, "model": "sora-2"}
    if kind == "json":
        return calls.http.post("/v1/videos", json=fields, headers=calls.bearer)
    files = {name: (None, value) for name, value in fields.items()} if kind == "multipart" else None
    return calls.http.post("/v1/videos", data=None if files else fields, files=files, headers=calls.bearer)


@pytest.mark.parametrize(
    ("takes", "told"),
    [
        ("forms", {"json": 422, "multipart": 200, "urlencoded": 200}),
        ("forms-400", {"json": 400, "multipart": 200, "urlencoded": 200}),
        ("json", {"json": 200, "multipart": 415, "urlencoded": 415}),
        ("json-422", {"json": 200, "multipart": 422, "urlencoded": 422}),
    ],
)
def test_a_server_takes_one_kind_of_body(calls, takes: str, told: dict[str, int]) -> None:
    answers = {kind: send(calls, prompt(takes=takes), kind) for kind in told}
    assert {kind: answer.status_code for kind, answer in answers.items()} == told
    for answer in answers.values():
        if answer.status_code == 422:
            assert answer.json()["detail"][0].keys() == {"type", "loc", "msg", "input"}
    made = [bool(entry.operation) for entry in calls.emulator.journal()]
    assert made == [answer.status_code == 200 for answer in answers.values()]


def test_a_create_is_answered_with_less_or_more(calls) -> None:
    told = calls.video_create(prompt(created="task-id")).json()
    assert told.keys() == {"task_id"}
    assert calls.video_get(told["task_id"])["status"] == "completed"
    assert calls.video_create(prompt(created="job-id")).json().keys() == {"job_id"}
    told = calls.video_create(prompt(created="data")).json()
    assert calls.video_get(told["data"])["status"] == "completed"
    answer = calls.video_create(prompt(created="pending", words="openrouter", cost="0.4"))
    told = answer.json()
    assert (answer.status_code, told["status"]) == (202, "pending")
    last = calls.http.get(told["polling_url"], headers=calls.bearer).json()
    assert (last["id"], last["status"], last["usage"]) == (told["id"], "completed", {"cost": 0.4})


def test_a_create_is_answered_with_the_end(calls) -> None:
    told = calls.video_create(prompt(created="ended")).json()
    assert (told["status"], told["progress"]) == ("completed", 100)
    assert calls.video_content(told["id"]).content[4:8] == b"ftyp"
    told = calls.video_create(prompt(created="ended", outcome="failed")).json()
    assert (told["status"], told["error"]["code"]) == ("failed", "server_error")


@pytest.mark.parametrize("status", ["500", "400"])
def test_a_failed_video_is_shown_with_a_status_that_is_an_error(calls, status: str) -> None:
    created = calls.video_create(prompt(failed_get=status, outcome="failed")).json()
    answer = retrieved(calls)
    assert answer.status_code == int(status)
    assert (answer.json()["id"], answer.json()["status"]) == (created["id"], "failed")
    assert answer.json()["error"].keys() == {"code", "message"}
    content = calls.video_content(created["id"])
    assert (content.status_code, content.json().keys()) == (422, {"detail"})
    assert done(calls, failed_get=status)["status"] == "completed"


def test_a_dialect_is_many_lines_and_a_prompt_goes_before_it(calls) -> None:
    calls.emulator.direct(dialect="new-api-tasks")
    created = calls.video_create().json()
    assert created.keys() == {"task_id"}
    assert created["task_id"].startswith("task_")
    told = calls.video_get(created["task_id"])
    assert (told["status"], told["progress"], "id" in told) == ("SUCCESS", "100%", False)
    assert done(calls, words="upper")["status"] == "COMPLETED"
    assert done(calls, outcome="failed")["fail_reason"]
    calls.emulator.reset()
    assert calls.video_create().json()["id"].startswith("video_")


def test_each_dialect_can_be_used_to_the_end(calls) -> None:
    beginnings = {}
    for dialect in ("vllm-omni", "sglang", "sglang-bucket", "new-api", "new-api-tasks", "openrouter", "aquiles"):
        calls.emulator.direct(dialect=dialect)
        created = send(calls, "A cat", "json" if dialect == "openrouter" else "multipart").json()
        id_ = created.get("id") or created["task_id"]
        told = calls.video_get(id_)
        beginnings[dialect] = id_[:-16]
        held = [*told.get("urls", []), *told.get("unsigned_urls", [])]
        clip = calls.http.get(held[0]) if held else calls.video_content(id_)
        assert clip.content[4:8] == b"ftyp"
    assert beginnings == {
        "vllm-omni": "video_gen_", "sglang": "", "sglang-bucket": "", "new-api": "task_",
        "new-api-tasks": "task_", "openrouter": "",
        "aquiles": "video_",
    }  # fmt: skip


def test_sglang_tells_real_progress_and_never_100_before_the_end(make_calls) -> None:
    now = [1_800_000_000.0]
    with Emulator(pace=Pace.seconds(), clips="small", clock=lambda: now[0]) as emulator:
        calls = make_calls(emulator)
        emulator.direct(dialect="sglang")
        id_ = calls.video_create("---\nseconds: 100\n---\nA cat").json()["id"]
        told = []
        for _ in range(4):
            told.append(calls.video_get(id_)["progress"])
            now[0] += 33
        assert told == [0, 33, 66, 99]


def test_directions_for_all_are_set_by_http_and_checked(calls) -> None:
    lines = {"dialect": "vllm-omni", "failed_get": 400}
    assert calls.http.post("/_admin/directions", json=lines).json() == {"dialect": "vllm-omni", "failed_get": "400"}
    assert calls.video_create().status_code == 400
    for wrong in ({"dialect": "klingon"}, {"fault": "reset"}, {"words": "loud"}, {"failed_get": "200"}):
        assert calls.http.post("/_admin/directions", json=wrong).status_code == 400
    calls.http.post("/_admin/directions", json={}).raise_for_status()
    assert calls.video_create().status_code == 200
    with pytest.raises(ValueError, match="klingon"):
        calls.emulator.direct(dialect="klingon")
    with pytest.raises(RuntimeError, match="does not run"):
        Emulator().direct(dialect="sglang")


def test_manners_outlive_the_emulator(tmp_path, make_calls) -> None:
    with Emulator(pace=Pace.at_once(), clips="small", state_dir=tmp_path) as emulator:
        made = make_calls(emulator).video_create(prompt(dialect="new-api-tasks")).json()["task_id"]
    with Emulator(pace=Pace.at_once(), clips="small", state_dir=tmp_path) as emulator:
        assert make_calls(emulator).video_get(made)["status"] == "SUCCESS"


def test_a_list_is_in_the_same_words(calls) -> None:
    done(calls, words="tasks", clip="url")
    (listed,) = calls.http.get("/v1/videos", headers=calls.bearer).json()["data"]
    assert listed["status"] == "SUCCESS"
    assert calls.http.get(listed["url"]).content[4:8] == b"ftyp"


@pytest.mark.parametrize(("dialect", "status"), [("sglang", 200), ("vllm-omni", 200), ("new-api", 401), ("", 403)])
def test_a_server_of_ones_own_asks_for_no_key(calls, dialect: str, status: int) -> None:
    if dialect:
        calls.emulator.direct(dialect=dialect)
    assert calls.http.get("/v1/models").status_code == status


def test_a_server_that_was_started_with_a_key_asks_for_it() -> None:
    with Emulator(keys=["sk-of-the-studio"]) as emulator, httpx.Client(base_url=emulator.base_url) as http:
        emulator.direct(dialect="sglang")
        given = {"": 401, "sk-of-another": 401, "sk-of-the-studio": 200}
        signed = {key: {"authorization": f"Bearer {key}"} if key else {} for key in given}
        told = {key: http.get("/v1/models", headers=signed[key]).status_code for key in given}
        assert told == given
