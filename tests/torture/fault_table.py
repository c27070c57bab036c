"""What goes wrong, and what must come of it: the data of `test_faults` and of ``docs/faults.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from veo_widgets.emulator.faults.rules import Rule


@dataclass(frozen=True)
class Way:
    """A wire at a provider.

    Attributes:
        path: what its address has after the emulator's.
        said: what its model wants to be told.
        price: what the place charges, where no catalog says it.
        polls: whether there is anything to poll.
    """

    name: str
    provider: str
    model: str
    path: str = ""
    said: Mapping[str, Any] = field(default_factory=lambda: {"duration_seconds": 4})
    price: str | None = None
    polls: bool = True


DEVELOPER = Way("developer", "gemini", "veo-3.1-generate-preview")
# A place in a bucket makes its clips come over HTTP instead of inside the answer.
PLATFORM = Way(
    "platform",
    "emulator",
    "veo-3.1-fast-generate-001",
    said={"duration_seconds": 4, "storage_uri": "gs://films/"},
)
INTERACTIONS = Way("interactions", "gemini", "gemini-omni-1.1-flash")
VIDEOS = Way("videos", "openai", "sora-2", "/v1")
# Its create is answered when the clip is done.
LOCALAI = Way("localai", "localai", "wan", price="0.40/clip", polls=False)
ALL = (DEVELOPER, PLATFORM, INTERACTIONS, VIDEOS)
VEO = (DEVELOPER, PLATFORM)


@dataclass(frozen=True)
class Fault:
    """One kind of trouble with the service, and its end.

    Attributes:
        what: in words.
        rules: what the emulator does to the requests.
        state: the job's, in the end.
        raises: the error that `submit` or `wait` raises, if any.
        words: what its message says, in order.
        creates: how many requests for the job reach the service, the broken ones included.
        polls: how many polls there are at least.
        clips: how many clips are in the folder in the end, each with its recipe, and nothing else.
        script: directions for the emulator in the prompt.
        ways: over which wires.
        said: other parameters of the request.
        later: seconds by which the clock is set ahead before the job is waited for.
        kind: the ending of the clips.
        kept: whether the price is kept though there is no clip, because one was made.
        warns: what a warning says of a clip that is not what was asked for.
    """

    what: str
    rules: tuple[Rule, ...] = ()
    state: str = "succeeded"
    raises: str = ""
    words: tuple[str, ...] = ()
    creates: int = 1
    polls: int = 1
    clips: int = 1
    script: str = ""
    ways: tuple[Way, ...] = ALL
    said: Mapping[str, Any] = field(default_factory=dict)
    later: float = 0.0
    kind: str = ".mp4"
    kept: bool = False
    warns: str = ""


def _unknown(what: str, *rules: Rule, words: str = "may be running", **more: Any) -> Fault:
    return Fault(what, rules, "unknown", "UnknownOutcomeError", (words, "nothing is chosen for you"), 1, 0, 0, **more)


def _refused(what: str, rule: Rule, error: str, *words: str, **more: Any) -> Fault:
    return Fault(what, (rule,), "failed", error, words, 1, 0, 0, **more)


def _spoilt(on: str, fault: str = "answer", **more: Any) -> Rule:
    return Rule(on, fault, **more)


def _never(what: str, rule: Rule, words: str) -> Fault:
    told = ("could not be downloaded", words, "look_for()", "may be charged")
    return Fault(what, (rule,), "failed", "GenerationFailedError", told, clips=0, kept=True)


_DEEP = "[" * 100_000
_WRONG_TYPES = '{"name": 7, "id": [], "done": "yes", "status": {"a": 1}, "error": false}'
_UNHEARD_OF = '{"name": "a/b", "id": "c", "done": false, "status": "daydreaming", "metadata": {"state": "DREAMING"}}'
_LOCAL_FILE = (
    '{"name": "a/b", "done": true, "response": {"generateVideoResponse": {"generatedSamples": '
    '[{"video": {"uri": "file:///etc/passwd"}}]}, "videos": [{"gcsUri": "file:///etc/passwd"}]}}'
)
_NO_LIST = '{"name": "a/b", "done": true, "response": {"videos": "none", "generatedSamples": [7, {"video": []}]}}'


def _everywhere(*faults: Fault) -> tuple[Fault, ...]:
    """Those of the usual wires over LocalAI's too, which has no polls that could meet one."""
    return tuple(replace(fault, ways=(*ALL, LOCALAI)) if fault.ways == ALL else fault for fault in faults)


CREATE = _everywhere(
    _unknown("reset before the body of the create is read", Rule("arrival", "reset-early")),
    _unknown(
        "reset in the middle of the body of the create",
        Rule("arrival", "reset-midway"),
        said={"first_frame": "noise"},
    ),
    _unknown("reset after the create, before its answer", Rule("create", "reset")),
    _unknown("answer to the create cut at 50 %", Rule("create", "cut")),
    _unknown("answer to the create cut without a word", Rule("create", "cut-silently")),
    _unknown("500 to the create", Rule("create", "status-500")),
    _unknown("502 to the create", Rule("create", "status-502")),
    _unknown("503 to the create", Rule("create", "status-503")),
    _unknown("504 to the create", Rule("create", "status-504")),
    _unknown("408 to the create", Rule("create", "status", status=408)),
    _unknown("409 to the create", Rule("create", "status", status=409)),
    _unknown("HTML page for the create's answer", Rule("create", "html"), words="login page"),
    _unknown("malformed JSON for the create's answer", _spoilt("create", body='{"name": "op'), words="instead of JSON"),
    _unknown("deeply nested JSON for the create's answer", _spoilt("create", body=_DEEP), words="instead of JSON"),
    _unknown("create's answer without a name", _spoilt("create", body="{}"), words="named no"),
    _unknown("create's answer with a number for a name", _spoilt("create", body=_WRONG_TYPES), words="named no"),
    _unknown("create's answer is null", _spoilt("create", body="null"), words="named no"),
    _unknown("redirect of the create by 302", Rule("create", "redirect"), words="HTTP 302"),
    Fault("429 with RetryInfo", (Rule("create", "status-429", times=2),), creates=3),
    Fault("429 without RetryInfo, in the words of a quota", (Rule("create", "status-429-bare", times=2),), creates=3),
    # OpenAI has no word for it.
    _refused("429 for the day", Rule("create", "status-429-day"), "RateLimitError", "refused", ways=ALL[:3]),
    _refused("429 for the spending cap", Rule("create", "status-429-spend"), "RateLimitError", "spending cap"),
    _refused("400 to the create", Rule("create", "status", status=400), "BadRequestError", "refused"),
    _refused("401 to the create", Rule("create", "status", status=401), "AuthenticationError", "refused"),
    _refused("403 to the create", Rule("create", "status", status=403), "PermissionDeniedError", "refused"),
    _refused("404 to the create", Rule("create", "status", status=404), "NotFoundError", "refused"),
    Fault("gzip around the create's answer", (Rule("create", "gzip"),)),
    Fault("slow-loris answer to the create", (Rule("create", "dribble", seconds=0.2),)),
)


def _ridden_out(what: str, *rules: Rule, **more: Any) -> Fault:
    return Fault(what, rules, polls=1 + sum(rule.times for rule in rules), **more)


def _stops(what: str, rule: Rule, error: str, state: str, **more: Any) -> Fault:
    """Refused as often as is asked: the watching ends, the job goes on."""
    return Fault(what, (rule,), state, error, ("refused",), clips=0, **more)


def _nothing(what: str, state: str, error: str, words: str, script: str, **more: Any) -> Fault:
    return Fault(what, (), state, error, (words,), clips=0, script=script, **more)


_THREE = {"samples": 3}
_GONE = "is no longer available"
_LATER = 49 * 3600.0
_OLD: dict[str, Any] = {"ways": (VIDEOS,), "later": _LATER}
POLL = (
    _ridden_out("500 to a poll", Rule("poll", "status-500")),
    _ridden_out("502 to a poll", Rule("poll", "status-502")),
    _ridden_out("503 to a poll", Rule("poll", "status-503")),
    _ridden_out("504 to a poll", Rule("poll", "status-504")),
    _ridden_out("429 to a poll", Rule("poll", "status-429-bare")),
    _ridden_out("429 for the day to a poll", Rule("poll", "status-429-day")),
    _ridden_out("poll errors for two minutes, then success", Rule("poll", "status-503", times=7)),
    _ridden_out("reset of a poll", Rule("poll", "reset")),
    _ridden_out("answer to a poll cut at 1 %", Rule("poll", "cut", share=0.01)),
    _ridden_out("answer to a poll cut at 99 %", Rule("poll", "cut", share=0.99)),
    _ridden_out("answer to a poll cut without a word", Rule("poll", "cut-silently", share=0.99)),
    _ridden_out("HTML page for a poll's answer", Rule("poll", "html")),
    _ridden_out("redirect of a poll to a login page", Rule("poll", "redirect")),
    _ridden_out("malformed JSON for a poll's answer", _spoilt("poll", body='{"done": tr')),
    _ridden_out("deeply nested JSON for a poll's answer", _spoilt("poll", body=_DEEP)),
    _ridden_out("a list for a poll's answer", _spoilt("poll", body="[1]")),
    _ridden_out("wrong types in a poll's answer", _spoilt("poll", body=_WRONG_TYPES)),
    _ridden_out("missing fields in a poll's answer", _spoilt("poll", body="{}")),
    # A job that is late is asked for its clip after such a word, and needs no second poll if there is one.
    _ridden_out("words of state that nobody knows", _spoilt("poll", body=_UNHEARD_OF), script="polls: 2"),
    _ridden_out("a clip's address is a file of this machine", _spoilt("poll", body=_LOCAL_FILE), ways=VEO),
    Fault("gzip around a poll's answer", (Rule("poll", "gzip"),)),
    Fault("slow-loris answer to a poll", (Rule("poll", "dribble", seconds=0.2),)),
    _stops("401 to every poll", Rule("poll", "status", status=401, times=4), "AuthenticationError", "queued", polls=4),
    _stops("404 to every poll", Rule("poll", "expired", times=4), "NotFoundError", "queued", polls=4),
)
END = (
    _nothing("done with an error", "failed", "GenerationFailedError", "could not make the clip", "outcome: failed"),
    _nothing("done and filtered", "filtered", "GenerationFilteredError", "charged", "outcome: filtered"),
    _nothing("done and empty", "failed", "GenerationFailedError", "without a reason", "outcome: empty", ways=VEO),
    _nothing("completed and empty", "filtered", "GenerationFilteredError", "charged", "outcome: empty", ways=ALL[2:3]),
    _nothing("done without a file, asked for two days", "expired", "ClipExpiredError", _GONE, "outcome: empty", **_OLD),
    Fault("done, one of three clips filtered away", clips=2, script="outcome: partial", ways=VEO[1:], said=_THREE),
    Fault(
        "done with something else than a list of clips",
        (_spoilt("poll", body=_NO_LIST),),
        "failed",
        "GenerationFailedError",
        ("without a reason",),
        clips=0,
        ways=VEO,
    ),
    Fault("never finishing", (), "running", "WaitTimeoutError", ("keeps running",), 1, 2, 0, "polls: 99999"),
)
DOWNLOAD = _everywhere(
    Fault("reset of the download", (Rule("download", "reset"),)),
    *(Fault(f"download cut at {share:.0%}", (Rule("download", "cut", share=share),)) for share in (0.01, 0.5, 0.99)),
    *(
        Fault(f"download cut at {share:.0%}, no length announced", (Rule("download", "cut-silently", share=share),))
        for share in (0.01, 0.5, 0.99)
    ),
    Fault("empty download", (Rule("download", "truncated", share=0),)),
    Fault("download of half the clip with a length that fits", (Rule("download", "truncated"),)),
    Fault("download longer than announced", (Rule("download", "wrong-length"),)),
    Fault("HTML page for the download", (Rule("download", "html"),)),
    Fault("JSON for the download", (Rule("download", "answer", body='{"error": "later"}'),)),
    _never("HTML page for the download, five times", Rule("download", "html", times=5), "an HTML page, not a video"),
    _never(
        "JSON for the download, five times",
        Rule("download", "answer", body='{"error": "later"}', times=5),
        "JSON, not a video",
    ),
    _never(
        "half the clip with a length that fits, five times",
        Rule("download", "truncated", times=5),
        "a piece of the clip is missing",
    ),
    Fault("500 to the download", (Rule("download", "status-500"),)),
    Fault("503 to the download", (Rule("download", "status-503", times=3),)),
    Fault("429 to the download", (Rule("download", "status-429"),)),
    Fault("download redirected to another origin, which gets no key", (Rule("download", "redirect"),)),
    Fault("gzip around the download", (Rule("download", "gzip"),)),
    Fault("slow-loris download", (Rule("download", "dribble", seconds=0.3),)),
    _stops(
        "file expired, so it is said, within two days",
        Rule("download", "expired", times=4),
        "PermissionDeniedError",
        "downloading",
    ),
    Fault(
        "file expired after two days",
        (Rule("download", "expired", times=4),),
        "expired",
        "ClipExpiredError",
        (_GONE,),
        clips=0,
        later=_LATER,
    ),
)
_WRITE = ("could not be written", "choose another folder", "resume")
# Always over the Agent Platform's wire; what goes wrong here is not the service.
MACHINE = (
    Fault("nobody listens at the address", (), "failed", "NoAnswerError", ("could not be reached",), 0, 0, 0),
    Fault("ledger locked by another program when the create is answered", raises="AcceptedError", words=("runs at",)),
    _unknown("ledger locked by another program when the answer to the create is lost"),
    Fault("clock set ahead by a day while the job runs"),
    Fault("clock set back by a day while the job runs"),
    Fault("clock set back by a day while a create waits for quota", creates=2),
    Fault("two kernels resume at once"),
    Fault("folder of the clips deleted during the download", (), "downloading", "DownloadError", _WRITE, clips=0),
    Fault("folder of the clips is a file", (), "downloading", "DownloadError", _WRITE, clips=0),
    Fault("disk full (ENOSPC)", (), "downloading", "DownloadError", _WRITE, clips=0),
    Fault("disk read-only (EROFS)", (), "downloading", "DownloadError", _WRITE, clips=0),
    Fault("file may not grow (EFBIG)", (), "downloading", "DownloadError", _WRITE, clips=0),
)
