"""Messages between browser and kernel, by the kinds and fields of ``protocol.json``, which the browser reads too.

State travels in traits that Python alone writes. Messages carry commands, which are validated here, and bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...storage.clips.poster import MAX_BYTES

_PROTOCOL = json.loads(Path(__file__).with_name("protocol.json").read_text("utf-8"))
# What the browser may say, and the fields that come with it.
FROM_BROWSER: dict[str, list[str]] = _PROTOCOL["from_browser"]
# Fields that may come along: the name of a click, which is carried out once.
_OPTIONAL: dict[str, list[str]] = _PROTOCOL["optional"]

# One piece of a clip: well under any limit of a websocket on the way.
CHUNK_BYTES: int = _PROTOCOL["chunk_bytes"]
# One piece of an image on its way to the kernel. Colab is said to lose messages of a megabyte, and bytes written as
# text are a third longer.
UPWARD_BYTES: int = _PROTOCOL["upward_bytes"]
# Cards of the library in a page, of which each may bring a still of 20 kB.
PAGE_CARDS: int = _PROTOCOL["page_cards"]
# The longest text that a field may hold; other fields are numbers, or what is named below.
_LONGEST: dict[str, int] = _PROTOCOL["longest"]
_WORDS: dict[str, list[str]] = _PROTOCOL["words"]
# Objects are checked by their readers.
_OBJECTS = {"draft", "message", "filters", "edit"}
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
    if set(given) - set(_OPTIONAL.get(kind, ())) != set(FROM_BROWSER[kind]):
        return None
    if not all(_is_valid(name, value) for name, value in given.items()):
        return None
    data = _read_buffers(buffers, _MAX_BUFFERS.get(kind, 0))
    return None if data is None else Message(kind, given.get("sample", 0), given.get("request", ""), data, given)


def _is_valid(name: str, value: object) -> bool:
    if name in _LONGEST:
        return isinstance(value, str) and len(value) <= _LONGEST[name]
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
