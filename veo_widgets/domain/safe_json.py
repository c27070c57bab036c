"""Untrusted JSON, read within limits that keep this program safe."""

from __future__ import annotations

import json
import re
from typing import Any

# Base64 has none of these characters, so a long clip has few of them and what is made to fill the memory has many.
_MOST_VALUES = 500_000
_DEEPEST = 100
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(data: bytes | bytearray) -> Any:
    """The value of a JSON text, in which no string holds half a surrogate pair: nothing could write that down.

    Args:
        data: UTF-8. A bytearray is emptied, since a clip that came as base64 must not be in memory three times.

    Raises:
        ValueError: it is no JSON, or it is nested deeper or has more values than any service's answer.
    """
    # Counted before parsing: what a sign stands for takes far more memory than the sign.
    size = len(data)
    if size > _MOST_VALUES and sum(data.count(sign) for sign in (b",", b"[", b"{")) > _MOST_VALUES:
        raise ValueError("it has too many values")
    # A reader may ignore a byte order mark (RFC 8259, 8.1), and `json` does not.
    text = data.decode("utf-8-sig")
    if isinstance(data, bytearray):
        data.clear()
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    # As deep as it has brackets, at most.
    if text.count("[") + text.count("{") >= _DEEPEST:
        _check_depth(value)
    return _repair_surrogates(value) if _HALF_PAIR.search(text) else value


def _check_depth(value: Any) -> None:
    level = [value]
    # Level by level and without recursion, which is what deep nesting would break.
    for _ in range(_DEEPEST):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _children(outer)]
        if not level:
            return
    raise ValueError("it is nested too deeply")


def _children(value: dict[str, Any] | list[Any]) -> list[Any]:
    return value if isinstance(value, list) else list(value.values())


def _repair_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_repair_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_repair_surrogates(key): _repair_surrogates(item) for key, item in value.items()}
    return value
