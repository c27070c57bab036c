"""How ``/v1/videos`` servers other than OpenAI's speak: single manners, and the dialects made of them.

Each line of `DIALECTS` is what was read in the source or reference of that server; a new one is one more entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Reader = Callable[[str], object]


@dataclass(frozen=True)
class Vocabulary:
    """A server's words for the status of a video."""

    queued: str = "queued"
    running: str = "in_progress"
    completed: str = "completed"
    failed: str = "failed"


VOCABULARIES = {
    "openai": Vocabulary(),
    "new-api": Vocabulary("unknown", "in_progress", "completed", "failed"),
    "tasks": Vocabulary("NOT_START", "IN_PROGRESS", "SUCCESS", "FAILURE"),
    "upper": Vocabulary("QUEUED", "IN_PROGRESS", "COMPLETED", "FAILED"),
    "title": Vocabulary("Queued", "In Progress", "Completed", "Failed"),
    "hyphens": Vocabulary("queued", "in-progress", "completed", "failed"),
    "succeeded": Vocabulary("pending", "processing", "succeeded", "failed"),
    "done": Vocabulary("pending", "running", "done", "error"),
    "openrouter": Vocabulary("pending", "in_progress", "completed", "failed"),
    "aquiles": Vocabulary("queued", "processing", "completed", "failed"),
}


@dataclass(frozen=True)
class Manner:
    """Where a server differs from OpenAI's; empty means that it does not.

    Attributes:
        takes: the bodies of creates: only ``forms`` (JSON is FastAPI's 422) or ``forms-400`` (JSON is vLLM's 400), or
            only JSON, where a form is a 415 (``json``) or a 422 (``json-422``).
        created: how a create is answered: ``task-id`` alone, ``pending`` with 202 and a ``polling_url``, or ``ended``,
            once the video has ended, whichever way.
        words: a name in `VOCABULARIES`.
        end: the word for a video that has ended, whatever its end, also one that nobody knows.
        id: of a poll's answer: ``none``, ``other``, or as ``task-id``.
        error: what a video that went well has for an error: ``nulls``, ``empty`` texts, or code ``zero``.
        failure: where a failed one has its reason: ``fail-reason``, a ``message`` beside the status, a ``text``, or
            ``metadata``, where the address of a clip would be.
        progress: ``percent`` is a text such as ``30%``; ``at-end`` stays 0 until it is 100.
        clip: where a clip is named: ``url``, ``urls``, ``metadata``, ``unsigned-urls`` in a bucket under another name
            of this host, ``signed-urls`` there and as the video's own content in ``unsigned_urls``, or in the answer
            itself as ``b64-json`` or as a ``data-url``.
        content: ``refused`` is a 400 that says to use the url.
        failed_get: the HTTP status with which a failed video is shown; its content is a 422 then.
        cost: US dollars that a finished video has as ``usage.cost``.
    """

    takes: str = ""
    created: str = ""
    words: str = "openai"
    end: str = ""
    id: str = ""
    error: str = ""
    failure: str = ""
    progress: str = ""
    clip: str = ""
    content: str = ""
    failed_get: int = 0
    cost: float = 0.0

    @property
    def has_bytes(self) -> bool:
        """Whether the clip itself is in the answer."""
        return self.clip in {"b64-json", "data-url"}

    @property
    def vocabulary(self) -> Vocabulary:
        """The words it uses."""
        return VOCABULARIES[self.words]


def one_of(*allowed: str) -> Reader:
    """A reader that takes these values only."""

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(value)
        return value

    return check


def _read_error_status(value: str) -> int:
    # A status that is no error could not be told from the usual answer.
    if not 400 <= int(value) <= 599:
        raise ValueError(value)
    return int(value)


# Key in the front matter, which is the name in `Manner`, and how its value is read.
KEYS: dict[str, Reader] = {
    "takes": one_of("forms", "forms-400", "json", "json-422"),
    "created": one_of("task-id", "job-id", "data", "pending", "ended"),
    "words": one_of(*VOCABULARIES),
    "end": str,
    "id": one_of("none", "other", "task-id"),
    "error": one_of("nulls", "empty", "zero"),
    "failure": one_of("fail-reason", "message", "text", "metadata"),
    "progress": one_of("percent", "at-end"),
    "clip": one_of("url", "urls", "metadata", "unsigned-urls", "signed-urls", "b64-json", "data-url"),
    "content": one_of("refused"),
    "failed_get": _read_error_status,
    "cost": float,
}

# These ask for a key only where they were started with one.
KEYLESS = {"sglang", "sglang-bucket", "vllm-omni"}

DIALECTS: dict[str, dict[str, str]] = {
    # vLLM-Omni declares form fields only, and answers a poll for a failed video with the failure as an error.
    "vllm-omni": {"takes": "forms-400", "ids": "vllm-omni", "progress": "at-end", "failed_get": "500"},
    "sglang": {"ids": "bare"},
    "sglang-bucket": {"ids": "bare", "clip": "urls", "content": "refused"},
    # new-api knows nothing of a task at first, and has the reason of one that failed where it has another's clip.
    "new-api": {"ids": "new-api", "words": "new-api", "failure": "metadata", "clip": "metadata"},
    # Its forks answer with the task itself, as it does elsewhere: only the path is OpenAI's.
    "new-api-tasks": {
        "ids": "new-api",
        "created": "task-id",
        "id": "task-id",
        "words": "tasks",
        "progress": "percent",
        "failure": "fail-reason",
        "clip": "metadata",
    },
    # OpenRouter answers 202 with an address to poll. The clip is in a bucket whose links need no key, and at its own
    # address, which is called unsigned and needs one.
    "openrouter": {
        "takes": "json",
        "ids": "bare",
        "created": "pending",
        "words": "openrouter",
        "failure": "text",
        "clip": "signed-urls",
        "cost": "0.4",
    },
    # Aquiles counts to 90 % by the clock and has a word of its own for it.
    "aquiles": {"words": "aquiles"},
}
