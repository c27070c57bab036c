"""Messages between browser and kernel: their kinds and fields, mirrored in ``js/src/lib/protocol.js``.

State travels in traits that Python alone writes. Messages carry commands, which are validated here, and bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..poster import MAX_BYTES

# What the browser may say, and the fields that come with it.
FROM_BROWSER: dict[str, list[str]] = {
    "ready": [],
    "stop": ["job"],
    "resume": ["job"],
    "cancel": ["job"],
    "retry": ["job"],
    "look": ["job"],
    "forget": ["job"],
    "need-bytes": ["sample", "request"],
    "poster": ["sample"],
    "grab": ["sample", "frame", "role", "request", "offset", "total"],
    "reuse": ["sample", "request"],
    "sequel": ["sample", "verb", "prompt", "request"],
    "mark": ["sample", "mark"],
    "render": ["samples", "request"],
    "drafts": ["request"],
    "draft": ["draft"],
    "generate": ["order", "draft"],
    "upload": ["image", "name", "offset", "total"],
    "need-image": ["image", "request"],
    "history": ["query", "request"],
    "use": ["job"],
    "recipe": ["name", "text"],
    "select": ["job"],
    "of-job": ["job", "message"],
}
# Fields that may come along: the name of a click, which is carried out once.
OPTIONAL: dict[str, list[str]] = {"resume": ["request"], "retry": ["request"]}
# What the kernel says.
FROM_KERNEL: dict[str, list[str]] = {
    "bytes": ["request", "sample", "offset", "total"],
    "bytes-failed": ["request", "sample", "message"],
    "refused": ["command", "message"],
    "grabbed": ["request", "message"],
    "taken": ["request"],
    "accepted": ["order", "job"],
    "denied": ["order", "problems"],
    "uploaded": ["image", "as"],
    "upload-failed": ["image", "message"],
    "history": ["request", "items"],
    "told": ["message"],
    "job": ["job"],
    "of-job": ["job", "message"],
}

# One piece of a clip: well under any limit of a websocket on the way.
CHUNK_BYTES = 1 << 20
# One piece of an image on its way to the kernel. Colab is said to lose messages of a megabyte, and bytes written as
# text are a third longer.
UPWARD_BYTES = 1 << 19
# The longest text that a field may hold; other fields are numbers, or what is named below.
_TEXTS = {
    "request": 64,
    "order": 64,
    "image": 64,
    "job": 64,
    "name": 255,
    "query": 200,
    "prompt": 100_000,
    "text": 1 << 18,
}
_WORDS = {
    "role": ("first_frame", "last_frame", "reference_images", "file"),
    "verb": ("extend", "edit"),
    "mark": ("", "star", "reject"),
}
# Objects are checked by their readers.
_OBJECTS = {"draft", "message"}
_LISTS = {"samples"}
_LONGEST_LIST = 1000
# The bytes that a message may bring: a poster or a piece of an image, and nothing with any other.
_MAX_BUFFERS = {"poster": MAX_BYTES, "upload": UPWARD_BYTES, "grab": UPWARD_BYTES, "of-job": UPWARD_BYTES}


@dataclass(frozen=True)
class Message:
    """A valid message from the browser."""

    kind: str
    sample: int = 0
    request: str = ""
    data: bytes = b""
    fields: Mapping[str, Any] = field(default_factory=dict)


def read_message(content: object, buffers: Sequence[Any] | None) -> Message | None:
    """Read what the browser sent, or None if it is not a message of the protocol.

    A saved notebook from a stranger can send anything, so nothing but these kinds, with fields of these types and no
    others, goes any further.
    """
    kind = content.get("kind") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or not isinstance(kind, str) or kind not in FROM_BROWSER:
        return None
    given = {name: value for name, value in content.items() if name != "kind"}
    if set(given) - set(OPTIONAL.get(kind, ())) != set(FROM_BROWSER[kind]):
        return None
    if not all(_is_valid(name, value) for name, value in given.items()):
        return None
    data = _read_buffers(buffers, _MAX_BUFFERS.get(kind, 0))
    return None if data is None else Message(kind, given.get("sample", 0), given.get("request", ""), data, given)


def _is_valid(name: str, value: object) -> bool:
    if name in _TEXTS:
        return isinstance(value, str) and len(value) <= _TEXTS[name]
    if name in _WORDS:
        return isinstance(value, str) and value in _WORDS[name]
    if name in _OBJECTS:
        return isinstance(value, Mapping)
    if name in _LISTS:
        return isinstance(value, list) and len(value) <= _LONGEST_LIST and all(map(_is_number, value))
    return _is_number(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _read_buffers(buffers: Sequence[Any] | None, limit: int) -> bytes | None:
    """The bytes of a message's only buffer; None if it has more, or what is no buffer. A large one is not copied."""
    if not buffers:
        return b""
    try:
        data = memoryview(buffers[0])
        return data.tobytes() if len(buffers) == 1 and data.nbytes <= limit else None
    except TypeError:
        return None
