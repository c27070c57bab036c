"""What /v1/videos servers answer in words and shapes of their own: each is read as what it says."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from veo_widgets.client.retries import rule_for
from veo_widgets.domain.catalog import OPENAI
from veo_widgets.domain.errors import BadRequestError, InvalidReplyError, ServiceError, ServiceUnavailableError
from veo_widgets.domain.job_record import Operation, Sample
from veo_widgets.domain.job_transitions import as_created
from veo_widgets.providers.registry import LITELLM, Endpoint
from veo_widgets.providers.wires import Call, Reply, wire_for
from veo_widgets.providers.wires.http_errors import service_error
from veo_widgets.providers.wires.statuses import plain
from veo_widgets.providers.wires.video_replies import read_video

GATE = Endpoint("openai", OPENAI, "https://gate.example/v1")
WIRE, PROXIED = wire_for("openai_videos", OPENAI), wire_for("openai_videos", LITELLM)
POLL = Call("poll", "GET", "https://gate.example/v1/videos/video_1")
CREATE = Call("create", "POST", "https://gate.example/v1/videos")


def read(**said: Any) -> Operation:
    return WIRE.parse(Reply(200, {"id": "video_1", "object": "video", **said}))


WORDS = {
    "samples": ("completed", "COMPLETED", "SUCCESS", "succeeded", "Succeeded", "success", "done", "Finished", "ready",
                "TASK_STATUS_SUCCEED", "JOB_STATE_SUCCEEDED", "task_success", "video_generation_completed"),
    "failed": ("failed", "FAILED", "FAILURE", "error", "TIMEOUT", "timed_out", "Timed Out", "rejected", "cancelled",
               "CANCELED", "expired", "deleted", "aborted", "TASK_FAILED"),
    "running": ("queued", "QUEUED", "pending", "NOT_START", "not-start", "IN_PROGRESS", "in progress", "InProgress",
                "in-progress", "processing", "submitted", "running", "Preparing"),
}  # fmt: skip


@pytest.mark.parametrize(("outcome", "word"), [(outcome, word) for outcome in WORDS for word in WORDS[outcome]])
def test_a_word_means_the_same_however_it_is_written(outcome: str, word: str) -> None:
    for written in (word, word.upper(), word.title(), word.replace("_", " "), f" {word}\n"):
        operation = read(status=written)
        assert (operation.outcome, operation.status) == (outcome, "")


@pytest.mark.parametrize("word", ["unknown", "Zurückgestellt", "phase-2", "完成"])
def test_a_word_that_nobody_is_known_to_say_is_work_under_way_and_kept(word: str) -> None:
    operation = read(status=word)
    assert (operation.outcome, operation.status) == ("running", word)
    assert operation.expected == (Sample(0, "video_1"),)


@pytest.mark.parametrize(
    ("said", "outcome", "status"),
    [
        ({"state": "succeeded"}, "samples", ""),
        ({"task_status": "FAILED"}, "failed", ""),
        ({"status": {"state": "completed"}}, "samples", ""),
        ({"status": {"code": "SUCCESS", "message": "ok"}}, "samples", ""),
        ({"status": None, "state": "done"}, "samples", ""),
        ({"status": 3}, "running", "3"),
        ({"output": {"task_id": "video_1", "task_status": "SUCCEEDED"}, "id": None}, "samples", ""),
        ({"result": {"id": "video_1", "status": "completed"}, "id": None}, "samples", ""),
        ({"id": "request-7", "data": {"task_id": "video_1", "status": "SUCCESS"}}, "samples", ""),
        # An envelope's word is about the answer.
        ({"id": None, "status": "success", "data": {"id": "video_1", "status": "processing"}}, "running", ""),
    ],
    ids=repr,
)
def test_how_far_a_video_is_may_stand_elsewhere(said: dict[str, Any], outcome: str, status: str) -> None:
    operation = read(**said)
    assert (operation.name, operation.outcome, operation.status) == ("video_1", outcome, status)


@pytest.mark.parametrize("word", ["", "  ", "--", True, None, ["completed"], {"state": ""}])
def test_what_is_no_word_is_no_video(word: Any) -> None:
    with pytest.raises(InvalidReplyError, match=r"not a video: Oh\.$"):
        read(status=word, error={"message": "Oh"})


A, B = "https://cdn.example/a.mp4", "https://cdn.example/b.mp4"
UNSAID: dict[str, tuple[dict[str, Any], str, str]] = {
    "a clip": ({"url": A}, "samples", ""),
    "a clip further in": ({"output": {"videoUrl": A}}, "samples", ""),
    "a clip, and all of it": ({"url": A, "progress": 100}, "samples", ""),
    "a clip and no error": ({"url": A, "error": None, "message": "success"}, "samples", ""),
    "done": ({"done": True}, "samples", ""),
    # It may be where the clip will be.
    "a part of a clip": ({"url": A, "progress": 40}, "running", "no status"),
    "nothing": ({}, "running", "no status"),
    "null": ({"status": None, "title": "A cat"}, "running", "no status"),
    "a word of the answer's": ({"message": "success"}, "running", "no status"),
    "a sentence": ({"fail_reason": "No credit left"}, "running", "No credit left"),
}


@pytest.mark.parametrize(("said", "outcome", "status"), UNSAID.values(), ids=UNSAID)
def test_a_video_without_a_status_is_done_if_it_names_a_clip(said: dict, outcome: str, status: str) -> None:
    operation = read(**said)
    assert (operation.name, operation.outcome, operation.status) == ("video_1", outcome, status)
    assert (operation.samples or operation.expected)[0].uri == "video_1"


def test_a_video_in_a_list_of_one_is_read() -> None:
    found = WIRE.parse(Reply(200, [{"id": "video_1", "status": "failed", "error": "Oh"}]))
    assert (found.name, found.outcome, found.message) == ("video_1", "failed", "Oh")


@pytest.mark.parametrize("body", [{}, {"message": "Oh"}, {"url": A}, None, [], {"id": "", "url": A}], ids=repr)
def test_what_has_neither_id_nor_status_is_no_video(body: Any) -> None:
    with pytest.raises(InvalidReplyError, match="is not a video"):
        WIRE.parse(Reply(200, body))


NO_ERRORS = [
    None, {}, [], "", " ", 0, False, "null", "None", "success", "OK", {"code": None, "message": None},
    {"code": "", "message": ""}, {"code": 0, "message": "success"}, {"code": "0"}, {"code": "success", "message": "x"},
    {"message": "none", "type": None, "param": []}, {"code": 200, "message": "The task has ended well."},
    [{}], [None], [{"code": None}], "undefined", {"code": 20000, "message": "Success"},
]  # fmt: skip


@pytest.mark.parametrize("error", NO_ERRORS, ids=repr)
def test_a_container_of_nothing_is_no_error(error: Any) -> None:
    assert read(status="completed", error=error) == Operation("video_1", "samples", samples=(Sample(0, "video_1"),))


@pytest.mark.parametrize(
    "error",
    [{"code": "oom"}, {"code": "oom", "message": "null"}, {"message": "No memory."}, "No memory.", ["No memory."]],
    ids=repr,
)
def test_an_error_that_says_something_is_one_unless_there_is_a_clip(error: Any) -> None:
    assert read(status="completed", error=error).outcome == "failed"
    assert read(status="completed", error=error, url="https://cdn.example/a.mp4").outcome == "samples"


@pytest.mark.parametrize(
    "said",
    [{}, {"id": None}, {"task_id": "task_9"}, {"id": "another"}, {"id": ["x"]}, {"id": "x" * 9000}],
    ids=lambda said: repr(said)[:30],
)
def test_the_id_of_the_create_stays_whatever_a_poll_says(said: dict[str, Any]) -> None:
    operation = as_created(WIRE.parse(Reply(200, {"status": "SUCCESS", **said})), "video_1")
    assert (operation.name, operation.samples[0].uri) == ("video_1", "video_1")
    assert WIRE.content(operation.samples[0], GATE).url == "https://gate.example/v1/videos/video_1/content"


# How an MP4 begins, in base64.
MP4 = base64.b64encode(b"\0\0\0\x20ftypisom" + b"\0" * 60).decode()
HERE = "https://gate.example/v1/videos/video_1/content"
# What stands beside the status, and of each clip the addresses to try, the clip itself being ``data``.
PLACES: dict[str, tuple[dict[str, Any], list[list[str]]]] = {
    "nothing": ({}, [[HERE]]),
    "url": ({"url": A}, [[HERE, A]]),
    "sglang": ({"url": A, "urls": [A], "file_path": "/tmp/a.mp4"}, [[HERE, A]]),
    "several": ({"url": A, "urls": [A, B]}, [[HERE, A], [B]]),
    "the same twice": ({"urls": [A, A]}, [[HERE, A]]),
    "the second alone": ({"url": B, "urls": [A, B]}, [[HERE, A], [B]]),
    "new-api": ({"metadata": {"url": A}}, [[HERE, A]]),
    "openrouter": ({"unsigned_urls": [A, B], "polling_url": "https://gate.example/p"}, [[HERE, A], [B]]),
    "one clip in two places": ({"url": A, "metadata": {"url": B}}, [[HERE, A, B]]),
    "images' way": ({"data": [{"url": A}, {"url": B}]}, [[HERE, A], [B]]),
    "base64": ({"data": [{"b64_json": "QUFB"}]}, [["data", HERE]]),
    "data address": ({"video_url": "data:video/mp4;base64,QUFB"}, [["data", HERE]]),
    "nested": ({"output": {"video": {"url": A}}}, [[HERE, A]]),
    "kling": ({"task_result": {"videos": [{"id": "1", "url": A}]}}, [[HERE, A]]),
    "zhipu": ({"video_result": [{"url": A, "cover_image_url": B}]}, [[HERE, A]]),
    "minimax": ({"file": {"download_url": A}}, [[HERE, A]]),
    "vidu": ({"creations": [{"id": "1", "url": A, "cover_url": B}]}, [[HERE, A]]),
    "one word": ({"videoUrl": A}, [[HERE, A]]),
    "capitals": ({"Video_URL": A, "RESULT_URLS": [A, B]}, [[HERE, A], [B]]),
    "results": ({"resultUrls": [A, B]}, [[HERE, A], [B]]),
    "results apart": ({"result_urls": [A, B]}, [[HERE, A], [B]]),
    "several in one word": ({"data": {"videoUrls": [A, B]}}, [[HERE, A], [B]]),
    "one where several belong": ({"resultUrls": A}, [[HERE, A]]),
    "a name not filled in": ({"videoUrl": None, "video_url": A}, [[HERE, A]]),
    "by its kind": ({"mp4": A}, [[HERE, A]]),
    "to play": ({"playback_url": A}, [[HERE, A]]),
    "luma": ({"assets": {"video": A, "image": B}}, [[HERE, A]]),
    "works": ({"works": [{"resource": {"resource": A}, "cover": {"resource": B}}]}, [[HERE, A]]),
    "works, their texts": ({"works": [{"contentType": "video", "resource": A}]}, [[HERE, A]]),
    "works, their pictures": ({"works": [{"contentType": "image", "resource": A}]}, [[HERE]]),
    "base64 alone": ({"video": MP4}, [["data", HERE]]),
    "base64 within": ({"video": {"data": MP4, "mimeType": "video/mp4"}}, [["data", HERE]]),
    "a name, no base64": ({"video": "video_1", "data": "QUFB", "output": "ready"}, [[HERE]]),
    "texts": ({"output": [A, B]}, [[HERE, A], [B]]),
    "a text": ({"output": A}, [[HERE, A]]),
    "relative": ({"url": "/files/a.mp4"}, [[HERE, "https://gate.example/files/a.mp4"]]),
    "relative to the root": ({"url": "files/a.mp4"}, [[HERE, "https://gate.example/v1/files/a.mp4"]]),
    "its own content": ({"url": HERE}, [[HERE]]),
    "a poster beside it": ({"output": [{"type": "image", "url": B}, {"type": "video", "url": A}]}, [[HERE, A]]),
    "thumbnail": ({"thumbnail_url": B, "input_reference": {"image_url": B}}, [[HERE]]),
    "no web": ({"url": "file:///etc/passwd", "urls": ["gs://b/a.mp4", "javascript:alert(1)"]}, [[HERE]]),
    "no text": ({"url": 7, "urls": {"a": 1}, "metadata": [[[[[[["x"]]]]]]], "output": None}, [[HERE]]),
    "Google's": ({"response": {"generatedVideos": [{"video": {"uri": A}}]}}, [[HERE, A]]),
    "wrapped": ({"metadata": {"output": {"results": [{"video": {"url": A}}]}}}, [[HERE, A]]),
}


@pytest.mark.parametrize(("said", "expected"), PLACES.values(), ids=PLACES)
def test_a_clip_is_looked_for_wherever_the_answer_may_name_it(said: dict, expected: list[list[str]]) -> None:
    found = read(status="completed", **said).samples
    tried = [
        [
            *(["data"] if sample.data else []),
            *(call.url for call in (WIRE.content(sample, GATE), *WIRE.others(sample, GATE))),
        ]
        for sample in found
    ]
    assert tried == expected
    assert [sample.index for sample in found] == list(range(len(expected)))


def test_the_clips_that_sglang_counts_are_variants_of_its_content() -> None:
    found = read(status="completed", url=None, urls=[None, None], num_outputs=2).samples
    assert [WIRE.content(sample, GATE).url for sample in found] == [
        HERE,
        f"{HERE}?variant=1",
    ]
    (only,) = read(status="completed", num_outputs=2, urls=["https://cdn.example/a.mp4"]).samples
    assert only.others == ("https://cdn.example/a.mp4",)
    assert len(read(status="completed", num_outputs=True).samples) == 1
    with pytest.raises(InvalidReplyError, match="more clips"):
        read(status="completed", num_outputs=10**9)


def test_more_clips_than_any_request_has_are_not_fetched() -> None:
    with pytest.raises(InvalidReplyError, match="more clips"):
        read(status="completed", urls=[f"https://cdn.example/{number}.mp4" for number in range(33)])


FAILURES: dict[str, tuple[dict[str, Any], str, str, bool]] = {
    "beside": ({"code": "InvalidParameter", "message": "Wrong size."}, "InvalidParameter", "Wrong size.", False),
    "fail_reason": ({"fail_reason": "No credit."}, "", "No credit.", False),
    "msg": ({"msg": "No credit.", "code": 0}, "", "No credit.", False),
    "internal": ({"error": {"code": "internal", "message": "Oh."}}, "internal", "Oh.", True),
    "a number": ({"error": {"code": 500, "message": "Oh."}}, "500", "Oh.", True),
    "a text": ({"error": "Oh."}, "", "Oh.", False),
    "nulls and a reason": ({"error": {"code": None, "message": ""}, "fail_reason": "Oh."}, "", "Oh.", False),
    "code 0 and words": ({"error": {"code": 0, "message": "Oh."}}, "", "Oh.", False),
    "in the clip's place": ({"metadata": {"url": "Out of memory: 2 GiB"}}, "", "Out of memory: 2 GiB", False),
    "beside a clip's address": ({"metadata": {"url": "https://cdn.example/a.mp4"}}, "", "", False),
    "beside a clip's path": ({"metadata": {"url": "/v1/videos/v/content"}}, "", "", False),
    "Runway's": ({"failure": "Oh.", "failureCode": "INPUT.X"}, "INPUT.X", "Oh.", False),
    "Luma's": ({"failure_reason": "Oh."}, "", "Oh.", False),
    "Kling's": ({"task_status_msg": "Oh."}, "", "Oh.", False),
    "nothing": ({"title": "A cat"}, "", "", False),
    "the model's own": ({"error": {"error": {"message": "Oh.", "code": "x1"}}}, "x1", "Oh.", False),
}


@pytest.mark.parametrize(("said", "code", "message", "retryable"), FAILURES.values(), ids=FAILURES)
def test_why_a_video_failed_is_told_wherever_it_stands(said: dict, code: str, message: str, retryable: bool) -> None:
    for word in ("failed", "FAILURE"):
        operation = read(status=word, **said)
        assert (operation.outcome, operation.code, operation.message) == ("failed", code, message)
        assert operation.retryable == retryable


def test_what_ended_it_is_the_code_where_no_other_is_told() -> None:
    assert (read(status="TIMEOUT").code, read(status="TIMEOUT").retryable) == ("timeout", True)
    assert read(status="CANCELLED").code == "cancelled"
    assert read(status="blocked").outcome == "filtered"
    assert read(status="failed", message="Oh.", request_id="r-1").request_id == "r-1"
    wrapped = {"code": "success", "message": "", "data": {"task_id": "t", "status": "FAILURE", "fail_reason": "Oh."}}
    assert WIRE.parse(Reply(200, wrapped)) == Operation("t", "failed", message="Oh.")
    outside = {"code": "fail", "message": "Oh.", "data": {"task_id": "t", "status": "FAILURE"}}
    assert WIRE.parse(Reply(200, outside)).message == "Oh."


NAMES = {
    "id": ({"id": "v1"}, "v1"),
    "task_id": ({"task_id": "t1", "status": "NOT_START"}, "t1"),
    "both": ({"task_id": "t1", "id": "v1"}, "v1"),
    "within": ({"code": "success", "message": "", "data": {"task_id": "t1"}}, "t1"),
    "deeper": ({"code": 0, "data": {"video": {"id": "v1"}}}, "v1"),
    "an envelope's word": ({"status": "success", "data": {"task_id": "t1"}}, "t1"),
    "a number": ({"id": 17}, "17"),
    "the data itself": ({"code": "success", "message": "", "data": "task_77"}, "task_77"),
    "camels": ({"code": 0, "data": {"taskId": "t1", "taskStatus": "queued"}}, "t1"),
    "a job's": ({"job_id": "j1"}, "j1"),
    "a generation's": ({"data": {"generationId": 17}}, "17"),
    "a number of its own": ({"uuid": "0b5e-1", "status": "queued"}, "0b5e-1"),
    "the request's beside a state": ({"request_id": "r1", "status": "IN_QUEUE"}, "r1"),
    "a task's before a request's": ({"request_id": "r1", "output": {"task_id": "t1", "task_status": "PENDING"}}, "t1"),
    "a list of one": ([{"id": "v1", "status": "queued"}], "v1"),
    "failed at once": ({"id": "v1", "status": "failed", "error": {"message": "Oh."}}, "v1"),
    "completed at once": ({"id": "v1", "status": "completed"}, "v1"),
    "with an error": ({"id": "v1", "error": {"code": "x", "message": "Oh."}}, "v1"),
}


@pytest.mark.parametrize(("body", "name"), NAMES.values(), ids=NAMES)
def test_a_create_names_its_video_in_several_ways(body: Any, name: str) -> None:
    assert WIRE.created(Reply(200, body)) == name


REFUSED: dict[str, tuple[Any, str, type[ServiceError]]] = {
    "openai": ({"error": {"message": "No credit.", "code": "insufficient"}}, "No credit. (code", BadRequestError),
    "code and msg": ({"code": 40001, "msg": "Size is wrong"}, "Size is wrong (code 40001)", BadRequestError),
    "new-api": ({"code": "quota", "message": "Oh", "data": None}, "Oh (code quota)", BadRequestError),
    "a text": ({"error": "No such model"}, "No such model", BadRequestError),
    "success": ({"success": False, "message": "No such model"}, "No such model", BadRequestError),
    "failed": ({"status": "failed", "message": "No such model"}, "No such model", BadRequestError),
    "errors by field": ({"errors": {"size": ["is bad"]}}, "size: is bad", BadRequestError),
    "errors": ({"errors": [{"code": "E1", "message": "Oh"}, "Nor"]}, "Oh; Nor (code E1)", BadRequestError),
    "texts": ({"errors": ["Oh"], "status": 400}, "Oh", BadRequestError),
    "FastAPI's": ({"detail": "bad size"}, "bad size", BadRequestError),
    "FastAPI's list": ({"detail": [{"loc": ["body", "size"], "msg": "is bad"}]}, "size: is bad", BadRequestError),
    "HTTP's number": ({"status": 400, "message": "Oh"}, "refused: Oh", BadRequestError),
    "HTTP's number as a text": ({"statusCode": "422", "message": "Oh"}, "refused: Oh", BadRequestError),
    "MiniMax's": (
        {"task_id": "", "base_resp": {"status_code": 1004, "status_msg": "login fail"}},
        "login fail (code 1004)",
        BadRequestError,
    ),
    "with a request's id": ({"error": "Oh", "request_id": "r-1"}, "Oh. [request r-1]", BadRequestError),
    "with a job's id": ({"success": False, "message": "Oh", "job_id": "j-1"}, "Oh", BadRequestError),
    "capitals": ({"Code": "Throttled", "Message": "Oh", "RequestId": "r-1"}, "Oh (code Throttled)", BadRequestError),
    # Behind these the work may have begun.
    "HTTP's 408": ({"status": 408, "message": "Oh"}, "Oh", ServiceUnavailableError),
    "HTTP's 503": ({"status": 503, "message": "Oh"}, "Oh", ServiceUnavailableError),
    "a timeout by its words": (
        {"base_resp": {"status_code": 1001, "status_msg": "timeout"}},
        "timeout (code 1001)",
        ServiceUnavailableError,
    ),
    "a 500": ({"error": {"code": 500, "message": "Oh"}}, "Oh", ServiceUnavailableError),
    "internal": ({"error": {"code": "internal_error", "message": "Oh"}}, "Oh", ServiceUnavailableError),
    "timeout": ({"code": "timeout", "message": "Oh"}, "Oh", ServiceUnavailableError),
}


@pytest.mark.parametrize(("body", "words", "kind"), REFUSED.values(), ids=REFUSED)
def test_an_error_with_a_good_status_is_an_error(body: Any, words: str, kind: type[ServiceError]) -> None:
    with pytest.raises(ServiceError) as caught:
        WIRE.created(Reply(200, body))
    assert type(caught.value) is kind
    assert words.rstrip(".") in str(caught.value).replace(". (", " (") or words in str(caught.value)
    assert rule_for("create", caught.value).end == ("failed" if kind is BadRequestError else "unknown")
    assert rule_for("create", caught.value).pauses is None


@pytest.mark.parametrize(
    "body",
    [{}, None, [], "ok", {"status": "queued"}, {"code": 0, "message": "success"}, {"message": "Welcome"},
     {"error": None}, {"error": {"code": 0}}, {"status": "queued", "error": {"message": "Oh"}},
     {"code": 202, "message": "Accepted"}, {"status": 201, "message": "Created"}, {"detail": "Job submitted"},
     {"detail": {"message": "Work accepted"}}, {"errors": []}, {"errors": {}}, {"detail": None},
     {"base_resp": {"status_code": 0, "status_msg": "success"}}, {"status": "queued", "errors": ["Oh"]},
     {"request_id": "r-1"}, {"success": True, "data": "accepted"}, [{"id": "a"}, {"id": "b"}]],
    ids=repr,
)  # fmt: skip
def test_an_answer_that_names_nothing_leaves_open_what_has_become_of_it(body: Any) -> None:
    with pytest.raises(InvalidReplyError) as caught:
        WIRE.created(Reply(200, body))
    assert rule_for("create", caught.value).end == "unknown"


def test_an_answer_without_a_known_name_is_quoted_for_whoever_may_find_one() -> None:
    with pytest.raises(InvalidReplyError, match=r'named no video: \{"handle": "h-1", "ok": true\}\.$'):
        WIRE.created(Reply(200, {"handle": "h-1", "ok": True}))


@pytest.mark.parametrize("body", [{"message": "Welcome."}, {"detail": "Job submitted"}, "Try /v2"], ids=repr)
def test_what_is_answered_instead_of_a_video_is_told(body: Any) -> None:
    words = body if isinstance(body, str) else next(iter(body.values())).rstrip(".")
    with pytest.raises(InvalidReplyError, match=rf"named no video: {words}\.$"):
        WIRE.created(Reply(200, body))


OMNI = {"id": "video_1", "object": "video", "status": "failed", "error": {"code": "oom", "message": "No memory."}}
# As LiteLLM's proxy quotes what an OpenAI-like service has answered.
SENTENCE = (
    f"litellm.InternalServerError: OpenAIException - {json.dumps(OMNI)}\n\n"
    "LiteLLM: model group 'x' failed with the error above. No fallback was attempted."
)
QUOTED = {"error": {"message": SENTENCE, "type": None, "param": "None", "code": "500"}}
ENDS: dict[str, tuple[int, Any, str | None]] = {
    "vLLM-Omni's": (500, OMNI, "failed"),
    "with a 422": (422, OMNI, "failed"),
    "in detail": (500, {"detail": OMNI}, "failed"),
    "in detail beside an error": (500, {"error": "Internal Server Error", "detail": OMNI}, "failed"),
    "in detail beside null": (500, {"error": None, "detail": {"id": "video_1", "status": "FAILED"} | OMNI}, "failed"),
    "in detail's sentence": (500, {"detail": f"status 500: {json.dumps(OMNI)}"}, "failed"),
    "another's in detail": (500, {"detail": {"id": "video_2", "status": "failed"}}, None),
    "through LiteLLM": (500, QUOTED, "failed"),
    "by its id alone": (500, {"id": "video_1", "status": "FAILED", "fail_reason": "Oh"}, "failed"),
    "filtered": (400, {**OMNI, "error": {"code": "moderation_blocked"}}, "filtered"),
    "completed": (500, {**OMNI, "status": "completed", "error": None}, "samples"),
    # These may pass.
    "under way": (500, {**OMNI, "status": "in_progress"}, None),
    "another's id": (500, {"id": "req_1", "status": "error", "message": "Oh"}, None),
    "no video": (500, {"status": "error", "message": "Oh"}, None),
    "an error": (500, {"error": {"message": "failed", "status": "failed"}}, None),
    "a quoted error": (500, {"error": {"message": 'upstream said {"status": "failed"}'}}, None),
    "half a quotation": (500, {"error": {"message": SENTENCE[:80]}}, None),
    "a page": (502, b"<html><title>failed</title></html>", None),
    "nothing": (500, b"", None),
}


@pytest.mark.parametrize(("status", "body", "outcome"), ENDS.values(), ids=ENDS)
def test_an_end_inside_an_http_error_ends_the_job(status: int, body: Any, outcome: str | None) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = service_error("It", status, {}, data, call=POLL, endpoint=GATE)
    for wire in (WIRE, PROXIED):
        verdict = wire.verdict(error, "video_1")
        assert (verdict.outcome if verdict else None) == outcome
    if outcome == "failed":
        assert WIRE.verdict(error, "video_1").message in {"No memory.", "Oh"}


def test_what_keeps_clips_says_nothing_of_how_a_job_is() -> None:
    call = Call("content", "GET", "https://elsewhere.example/a.mp4")
    error = service_error("It", 500, {}, json.dumps(OMNI).encode(), call=call, endpoint=GATE)
    assert WIRE.verdict(error, "video_1") is None


@pytest.mark.parametrize(("status", "started"), [(500, "video_1"), (400, ""), (422, "")])
def test_a_create_that_is_answered_with_its_failure_can_be_asked_after(status: int, started: str) -> None:
    error = service_error("It", status, {}, json.dumps(OMNI).encode(), call=CREATE, endpoint=GATE)
    assert WIRE.started(error) == started
    # What a proxy quotes is another's.
    quoted = {"error": {"message": f"status 500: {json.dumps(OMNI)}"}}
    error = service_error("It", status, {}, json.dumps(quoted).encode(), call=CREATE, endpoint=GATE)
    assert WIRE.started(error) == ""


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Oh.", "id": "r-1"}},
        {"id": "request-1", "message": "Oh."},
        {"status": "queued"},
        None,
    ],
    ids=repr,
)
def test_an_error_that_names_no_video_starts_none(body: Any) -> None:
    error = service_error("It", 500, {}, json.dumps(body).encode(), call=CREATE, endpoint=GATE)
    assert WIRE.started(error) == ""


def test_tables_hold_words_as_they_are_looked_up() -> None:
    assert {plain(word) for word in ("IN_PROGRESS", "in progress", "In-Progress")} == {"inprogress"}


@pytest.mark.parametrize(
    ("said", "share"),
    [
        (30, 0.3),
        ("30%", 0.3),
        ("30", 0.3),
        (0.3, 0.3),
        (33.3, 0.333),
        ("0.3", 0.3),
        (1, 0.01),
        # What says nothing of a video that runs, and what is no share.
        (0, None),
        ("0%", None),
        (100, None),
        ("100%", None),
        (1.0, None),
        (0.999, 0.999),
        (-5, None),
        (250, None),
        (True, None),
        (None, None),
        ("half", None),
        ("nan", None),
        ([30], None),
    ],
)
def test_the_share_that_a_server_says_is_done(said: object, share: float | None) -> None:
    found = read_video({"id": "video_1", "status": "in_progress", "progress": said})
    assert found.progress == (share if share is None else pytest.approx(share))
    assert found.outcome == "running"
