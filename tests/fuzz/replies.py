"""Replies as the services send them, and what chance makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

_FILE = "https://generativelanguage.googleapis.com/v1beta/files/abc123:download?alt=media"
_OPERATION = "models/veo-3.1-generate-preview/operations/op1"
_PLATFORM = "projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/op1"
_REASON = "Blocked. Support codes: 58061214, 29310472"
_RAI = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [_REASON]}
_STEP = {"type": "model_output", "content": [{"type": "text", "text": "Here."}, {"type": "video", "uri": _FILE}]}
_USAGE = {
    "total_input_tokens": 12,
    "total_output_tokens": 46336,
    "total_thought_tokens": 7,
    "output_tokens_by_modality": [{"modality": "video", "tokens": 46336}],
}
_VIDEO = {
    "id": "video_1",
    "object": "video",
    "status": "completed",
    "model": "sora-2",
    "progress": 100,
    "created_at": 1_760_000_000,
    "expires_at": 1_760_086_400,
    "seconds": "8",
    "size": "1280x720",
    "prompt": "A cat",
    "error": None,
    "remixed_from_video_id": None,
}
_CLIPS = {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": _FILE}}]}}
_STORED = {"videos": [{"gcsUri": "gs://b/o.mp4", "mimeType": "video/mp4"}], **_RAI}
_INLINE = {"videos": [{"bytesBase64Encoded": "AAAA", "mimeType": "video/mp4"}]}
REPLIES: tuple[Any, ...] = (
    {"name": _OPERATION},
    {"name": _PLATFORM, "done": False, "metadata": {"@type": "x"}},
    {"name": _OPERATION, "done": True, "response": _CLIPS},
    {"name": _OPERATION, "done": True, "response": {"generateVideoResponse": {"generatedSamples": [], **_RAI}}},
    {"name": _PLATFORM, "done": True, "response": _STORED},
    {"name": _PLATFORM, "done": True, "response": _INLINE},
    {"name": _OPERATION, "done": True, "error": {"code": 8, "message": "Quota", "details": [{"@type": "x"}]}},
    {"id": "v1_x", "status": "in_progress", "steps": []},
    {"id": "v1_x", "status": "completed", "steps": [_STEP], "usage": _USAGE},
    {"id": "v1_x", "status": "failed", "errors": [{"code": "SAFETY", "message": _REASON}], "error": {"message": "No"}},
    {"id": "v1_x", "status": "completed", "steps": [], "usage": {"total_output_tokens": 0}},
    {"name": "files/abc", "state": "PROCESSING", "uri": _FILE, "sizeBytes": "12"},
    _VIDEO,
    {**_VIDEO, "status": "failed", "error": {"code": "moderation_blocked", "message": "No."}},
    {**_VIDEO, "status": "queued", "progress": 0},
    {**_VIDEO, "status": "Phase-2", "url": _FILE},
    {**_VIDEO, "status": "SUCCESS", "error": {"code": 0, "message": ""}, "urls": [_FILE, "/b.mp4"], "url": _FILE},
    {"code": "success", "data": {"task_id": "t", "status": "FAILURE", "fail_reason": "No", "progress": "30%"}},
    {"task_id": "t", "status": "done", "output": [{"type": "video", "b64_json": "AAAA"}, {"video_url": _FILE}]},
    {"id": "v", "status": "completed", "metadata": {"url": _FILE}, "unsigned_urls": [_FILE], "usage": {"cost": 1}},
    {"code": 40001, "msg": "No"},
    {"object": "list", "data": [_VIDEO], "first_id": "video_1", "last_id": "video_1", "has_more": True},
    {"object": "list", "data": [{"id": "veo", "mode": "video_generation", "object": "model"}]},
)  # fmt: skip
_BUDGET = {"max_budget": 10.0, "budget_duration": "7d", "budget_reset_at": "2026-11-30T00:00:00+00:00", "spend": 2.0}
_WINDOW = {"budget_duration": "1h", "max_budget": 0.3, "reset_at": "2026-11-30T00:00:00Z"}
_KEY = {**_BUDGET, "budget_limits": [_WINDOW], "budget_limits_usage": {"1h": {"current_spend": 0.4}}, "rpm_limit": 60}
_BOOKED = {"request_id": "video_bGl0ZWxsbTpjdXN0b20=", "call_type": "avideo_generation", "spend": 1.6, "model": "m"}
# What LiteLLM's proxy says of a key, a team, its deployments and its log.
PROXY_REPLIES: tuple[Any, ...] = (
    {"key": "1527c358", "info": {**_KEY, "key_alias": "k", "litellm_budget_table": _BUDGET, "models": ["veo"]}},
    {"team_info": _BUDGET, "team_memberships": [{"user_id": "u", "litellm_budget_table": _BUDGET, "spend": 1.0}]},
    {"user_info": {**_BUDGET, "user_alias": None, "tpm_limit": 10**6}},
    {"data": [{"model_name": "veo", "litellm_params": {"model": "gemini/veo"}, "model_info": {"id": "x"}}]},
    {"data": [{**_BOOKED, "startTime": "2026-11-29T18:06:43.215+00:00", "status": "success"}], "total": 1, "page": 1},
)
_QUOTA = {"violations": [{"quotaMetric": "m", "quotaId": "GenerateRequestsPerDay", "quotaValue": "10"}]}
_INFO = {"reason": "API_KEY_INVALID", "metadata": {"activationUrl": "https://console.cloud.google.com/x"}}
_DETAILS = [_QUOTA, _INFO, {"links": [{"description": "d", "url": "https://ai.google.dev/x"}]}, {"retryDelay": "34s"}]
_GOOGLES = {"error": {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED", "details": _DETAILS}}
_GONE = json.dumps({**_VIDEO, "status": "failed", "error": {"code": "oom", "message": "No memory"}})
ERRORS: tuple[Any, ...] = (
    _GOOGLES,
    [_GOOGLES],
    {"error": {"code": 404, "message": "models/veo-3.0 is not found", "status": "NOT_FOUND"}},
    {"error": {"message": f"litellm.APIError: {json.dumps(_GOOGLES)}", "type": None, "param": "None", "code": "500"}},
    {"error": {"message": "No", "type": "invalid_request_error", "code": "insufficient_quota"}},
    {"error": {"message": "GeminiLongRunningOperationResponse response.generateVideoResponse Field required"}},
    {"error": "plain", "detail": "Not Found"},
    {"detail": [{"loc": ["body"], "msg": "field required"}]},
    {"detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required", "input": None}]},
    {"detail": "1 validation error for Video\nseconds\n  Input should be a valid integer [type=int_parsing]\n    For"},
    {"error": {"message": "1 validation error:\n  {'type': 'x', 'loc': 'body.seconds', 'msg': 'No'}", "code": 400}},
    {"code": 40001, "message": "No", "data": None, "request_id": "req-1", "fail_reason": "Nor"},
    {"error": {"message": f"OpenAIException - {_GONE}\n\nLiteLLM: x", "code": "500"}},
    {**_VIDEO, "status": "failed", "error": {"code": "oom", "message": "No memory"}},
    {"error": "Unsupported Media Type", "message": "We could not parse the JSON body of your request."},
)

_WORDS = (
    *("", "0", "-1", "nan", "1e999", "9" * 30, "²", "completed", "failed", "error", "video/mp4"),
    *("\x1b[2J", "\u202e", "\x00", "a\r\nb", "<script>", "x" * 9000),
    *("../..", "gs://", "gs://a/b", "file:///etc/passwd", "http://[::1", "https://x/files/a"),
)
_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -1, 2**63, 1e308, float("inf"), float("nan")])
    | st.floats()
    | st.sampled_from(_WORDS)
    | st.text(max_size=40)
)
ANYTHING = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_WORDS) | st.text(max_size=8), inner),
    max_leaves=8,
)


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from _places(inner, (*way, key))


def _changed(body: Any, way: tuple[Any, ...], new: Any, verb: str) -> Any:
    if not way:
        return new if verb == "replace" else [body]
    holder = body
    for key in way[:-1]:
        holder = holder[key]
    if verb == "replace":
        holder[way[-1]] = new
    elif verb == "wrap":
        holder[way[-1]] = [holder[way[-1]]]
    elif verb == "double" and isinstance(holder, list):
        holder.append(deepcopy(holder[way[-1]]))
    else:
        del holder[way[-1]]
    return body


@st.composite
def mutated(draw: st.DrawFn, bodies: tuple[Any, ...]) -> Any:
    """One of the bodies with some places changed, or something else altogether."""
    body = deepcopy(draw(st.sampled_from(bodies)))
    for _ in range(draw(st.integers(0, 4))):
        way = draw(st.sampled_from(list(_places(body))))
        body = _changed(body, way, draw(ANYTHING), draw(st.sampled_from(["replace", "delete", "wrap", "double"])))
    return body


@st.composite
def as_bytes(draw: st.DrawFn, bodies: tuple[Any, ...]) -> bytes:
    """A body as it comes off the wire, at times with some bytes cut out or put in."""
    data = json.dumps(draw(mutated(bodies) | ANYTHING), ensure_ascii=draw(st.booleans())).encode(
        "utf-8", "surrogatepass"
    )
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=6)) + data[draw(st.integers(at, len(data))) :]
    return data
