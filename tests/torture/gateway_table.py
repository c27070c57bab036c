"""What gateways and other ``/v1/videos`` servers do to creates, states and clips: the rest of the table of faults."""

from __future__ import annotations

from typing import Any

from veo_widgets.emulator.faults.rules import Rule

from .fault_table import VIDEOS, Fault

# More often than anything is asked.
EVER = 1000
_SAID = "Your prompt needs a verb"


def _made(what: str, **more: Any) -> Fault:
    """A create that is made and paid for, and whose answer says nothing of it: it is never sent again by itself."""
    rule = Rule("create", "made-then", **more)
    return Fault(f"create is made, then {what}", (rule,), "unknown", "UnknownOutcomeError", (), 1, 0, 0)


def _refused(what: str, error: str, words: str = _SAID, **more: Any) -> Fault:
    rule = Rule("create", "refused", body=_SAID, **more)
    return Fault(f"create is refused, as {what}", (rule,), "failed", error, (words,), 1, 0, 0, ways=(VIDEOS,))


def _create(what: str, script: str, **more: Any) -> Fault:
    return Fault(what, script=script, ways=(VIDEOS,), **more)


def _failed(what: str, script: str, **more: Any) -> Fault:
    words = ("Video generation failed",)
    lines = f"outcome: failed\n{script}"
    return Fault(what, (), "failed", "GenerationFailedError", words, clips=0, script=lines, ways=(VIDEOS,), **more)


# 400 to 499 in the service's own words is a refusal; what comes from anybody else, or as 5xx, proves nothing.
MADE = (
    *(_made(f"{status}", status=status) for status in (408, 409, 425, 499, 500, 502, 503, 504, 507, 529)),
    *(
        _made(f"{status} as a gateway's page", status=status, shape="page")
        for status in (400, 403, 422, 429, 500, 502, 503, 504)
    ),
    _made("a login page with 200", shape="login"),
    _made("302 to a login page", shape="redirect"),
    _made("303 to a login page", shape="redirect", status=303),
    _made("silence, then nothing", shape="silence", seconds=0.2),
    _made("an error with code 500 inside a 200", shape="error-in-200"),
    _made("503 as FastAPI's detail", shape="detail", status=503),
    _made("500 as {code, message, data}", shape="code-message-data"),
    _made("502 as a text", shape="text", status=502),
)
REFUSED = (
    _refused("400 with FastAPI's detail", "BadRequestError", shape="detail", status=400),
    _refused("422 with FastAPI's list in detail", "BadRequestError", shape="detail-list"),
    _refused("400 with {code, message, data}", "BadRequestError", shape="code-message-data", status=400),
    _refused("400 with {code, msg}", "BadRequestError", shape="code-msg", status=400),
    _refused("400 with {message}", "BadRequestError", shape="message", status=400),
    _refused("an error with code 400 inside a 200", "BadRequestError", shape="error-in-200", status=400),
    _refused("401 with a text", "AuthenticationError", shape="text", status=401),
    _refused("403 with {message}", "PermissionDeniedError", shape="message", status=403),
    _refused("404 with a text", "NotFoundError", shape="text", status=404),
    _refused("404 with a page that has a title", "NotFoundError", "404 Not Found", shape="page", status=404),
    _refused("413 with a page that has a title", "BadRequestError", "413", shape="page", status=413),
)
ANSWERS = (
    _create("create is taken as a form only", "takes: forms"),
    _create("create is taken as JSON only, a form is 415", "takes: json", creates=2),
    _create("create is taken as JSON only, a form is 422", "takes: json-422", creates=2),
    _create("create is answered with task_id alone", "created: task-id"),
    _create("create is answered with job_id alone", "created: job-id"),
    _create("create is answered with the id as its data", "created: data"),
    _create("create is answered with 202 and polling_url", "created: pending\nwords: openrouter\ncost: 0.4"),
    _create("create is answered with a finished video", "created: ended", polls=0),
    _failed("create is answered with a failed video", "created: ended", polls=0),
)
_VOCABULARIES = ("new-api", "tasks", "upper", "title", "hyphens", "succeeded", "done", "openrouter", "aquiles")
_DIALECTS = ("vllm-omni", "sglang", "sglang-bucket", "new-api", "new-api-tasks", "aquiles")
WORDS = (
    *(_create(f"states in the words of {words!r}", f"words: {words}\npolls: 2") for words in _VOCABULARIES),
    *(
        _failed(f"failed in the words of {words!r}", f"words: {words}")
        for words in ("new-api", "tasks", "upper", "title", "done")
    ),
    *(
        _failed(f"failed with the state {word}", f"end: {word}")
        for word in ("TIMEOUT", "cancelled", "FAILURE", "error")
    ),
    *(
        _create(f"for ever {word!r}, which nobody knows, and the clip is there", f"end: {word}")
        for word in ("daydreaming", "unknown", "STATE_7")
    ),
    *(_create(f"completed with an error of {error}", f"error: {error}") for error in ("nulls", "empty", "zero")),
    _create("poll's answer without an id", "id: none"),
    _create("poll's answer with another id", "id: other"),
    _create("poll's answer with task_id", "id: task-id"),
    _create("progress is a text such as 30%", "progress: percent\npolls: 2"),
    _create("progress is 0 until it is 100", "progress: at-end\npolls: 2"),
    _failed("failed, with the reason as fail_reason", "failure: fail-reason"),
    _failed("failed, with the reason beside the state", "failure: message"),
    _failed("failed, with a text for an error", "failure: text"),
    _failed("failed, with the reason in the clip's place", "failure: metadata"),
    _failed("failed video inside a 500", "failed_get: 500"),
    _failed("failed video inside a 400", "failed_get: 400"),
    *(_create(f"everything as {dialect} has it", f"dialect: {dialect}") for dialect in _DIALECTS),
    _create("everything as openrouter has it", "dialect: openrouter", creates=2),
    _failed("failed as vllm-omni has it", "dialect: vllm-omni"),
    _failed("failed as new-api has it", "dialect: new-api"),
    _failed("failed as new-api's forks have it", "dialect: new-api-tasks"),
    *(
        Fault(f"{status} as a {shape} to a poll", (Rule("poll", "refused", shape=shape, status=status),), polls=2)
        for shape, status in (("page", 503), ("text", 502), ("message", 500), ("detail", 429), ("login", 200))
    ),
)


def _elsewhere(what: str, place: str) -> Fault:
    return _create(f"clip is {what}, its content is 400", f"clip: {place}\ncontent: refused")


def _never(what: str, fault: str, *words: str, **more: Any) -> Fault:
    """A clip that was made and never comes: the job ends after a few tries, says why, and keeps its price."""
    rule = Rule("download", fault, times=EVER, **more)
    return Fault(what, (rule,), "failed", "GenerationFailedError", words, clips=0, kept=True)


CLIPS = (
    _elsewhere("at url, which gets no key", "url"),
    _elsewhere("at urls, which get no key", "urls"),
    _elsewhere("at metadata.url, which gets no key", "metadata"),
    _elsewhere("at unsigned_urls, which get no key", "unsigned-urls"),
    _elsewhere("in the answer as b64_json", "b64-json"),
    _elsewhere("in the answer as a data URL", "data-url"),
    Fault("download is a WebM", (Rule("download", "webm", times=EVER),), kind=".webm"),
    _never("download is a GIF, each time", "gif", "gif"),
    _never("download is JSON, each time", "answer", "JSON", body='{"error": "later"}'),
    _never("download is cut at the same place, each time", "cut-at", "bytes"),
    _never("download redirected in a circle, each time", "circle", "redirect"),
    _never("download announced as far too large, each time", "huge", "larger", size=10**13),
    Fault("download stalls half-way and goes on", (Rule("download", "stall", seconds=0.3),)),
    Fault("clip of 2 s instead of 4 s", script="gives_seconds: 2", warns="2 s instead of 4 s"),
    Fault("clip without its sound", script="gives_sound: no", warns="sound"),
    Fault("clip of another ratio", script="gives_ratio: 9:16", said={"aspect_ratio": "16:9"}, warns="instead of"),
)
