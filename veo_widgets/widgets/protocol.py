"""Messages between browser and kernel: their kinds and fields, mirrored in ``js/src/lib/protocol.js``.

State travels in traits that Python alone writes. Messages carry commands, which are validated here, and bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What the browser may say, and the fields that come with it.
FROM_BROWSER: dict[str, list[str]] = {
    "ready": [],
    "stop": [],
    "resume": [],
    "cancel": [],
    "retry": [],
    "look": [],
    "forget": [],
    "need-bytes": ["sample", "request"],
    "poster": ["sample"],
    "grab": ["sample", "frame", "role", "request", "offset", "total"],
    "sequel": ["sample", "verb", "prompt", "request"],
    "mark": ["sample", "mark"],
    "render": ["samples", "request"],
    "drafts": ["request"],
}
# What the kernel says.
FROM_KERNEL: dict[str, list[str]] = {
    "bytes": ["request", "sample", "offset", "total"],
    "bytes-failed": ["request", "sample", "message"],
    "refused": ["command", "message"],
    "grabbed": ["request", "message"],
    "accepted": ["request"],
}

# One piece of a clip: well under any limit of a websocket on the way.
CHUNK_BYTES = 1 << 20
_MAX_REQUEST = 64
# Longer than any model's limit; what is too long for a model is refused with a reason.
_MAX_PROMPT = 100_000
# What a grabbed frame can become, which jobs can follow a clip, and what a clip can be marked as.
ROLES = ("first_frame", "last_frame", "reference_images", "file")
VERBS = ("extend", "edit")
MARKS = ("", "star", "reject")


@dataclass(frozen=True)
class Message:
    """A valid message from the browser."""

    kind: str
    sample: int = 0
    request: str = ""
    data: bytes = b""
    frame: int = 0
    role: str = ""
    offset: int = 0
    total: int = 0
    verb: str = ""
    prompt: str = ""
    mark: str = ""
    samples: tuple[int, ...] = ()


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(longest: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and len(value) <= longest


def _is_one_of(words: Sequence[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


_VALID: dict[str, Callable[[object], bool]] = {
    "sample": _is_number,
    "request": _is_text(_MAX_REQUEST),
    "frame": _is_number,
    "role": _is_one_of(ROLES),
    "offset": _is_number,
    "total": _is_number,
    "verb": _is_one_of(VERBS),
    "prompt": _is_text(_MAX_PROMPT),
    "mark": _is_one_of(MARKS),
    "samples": lambda value: isinstance(value, list) and len(value) <= 1000 and all(map(_is_number, value)),
}


def read_message(content: object, buffers: Sequence[Any] | None) -> Message | None:
    """Read what the browser sent, or None if it is not a message of the protocol.

    A saved notebook from a stranger can send anything, so nothing but these kinds, with fields of these types and no
    others, goes any further.
    """
    kind = content.get("kind") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or not isinstance(kind, str) or kind not in FROM_BROWSER:
        return None
    fields = {name: value for name, value in content.items() if name != "kind"}
    if set(fields) != set(FROM_BROWSER[kind]) or not all(_VALID[name](value) for name, value in fields.items()):
        return None
    if "samples" in fields:
        fields["samples"] = tuple(fields["samples"])
    return Message(kind, data=bytes(buffers[0]) if buffers else b"", **fields)
