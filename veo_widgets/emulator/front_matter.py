"""Directions for one request, written at the top of its prompt.

::

    ---
    outcome: filtered
    reason: celebrity
    ---
    A cat playing with a ball of yarn

Not every wire has a word for every outcome: see `outcomes_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .refusals import invalid

_COMMON_OUTCOMES = ("done", "filtered", "failed", "empty", "partial")
# Ends that only an interaction can come to (wire reference 3.3).
_INTERACTION_OUTCOMES = ("cancelled", "incomplete", "budget_exceeded", "requires_action", "requires_continuation")
OUTCOMES = _COMMON_OUTCOMES + _INTERACTION_OUTCOMES
KINDS = ("create", "poll", "download", "file", "list", "cancel")

_MOST_BYTES = 1_000_000_000

# The first support code of each category the Agent Platform documents (wire reference 2.5).
SUPPORT_CODES = {
    "child": 58061214,
    "celebrity": 29310472,
    "video safety": 64151117,
    "dangerous": 62263041,
    "hate": 57734940,
    "prohibited": 89371032,
    "third-party content": 35561574,
    "sexual": 90789179,
    "toxic": 78610348,
    "violence": 61493863,
    "vulgar": 32635315,
    "other": 74803281,
}


@dataclass(frozen=True)
class Directions:
    """How one request shall go.

    Attributes:
        outcome: one of `OUTCOMES`.
        polls: polls answered as running; ``None`` leaves it to the pace.
        seconds: time until done; ``None`` leaves it to the pace.
        code: the google.rpc code of a failure.
        support_code: the number in a filter reason.
        fault: the name of a fault for the request of kind `on`, `times` times.
        on: one of `KINDS`; empty for the fault's usual one.
        times: how often the fault strikes.
        processing: how many requests for a finished file are told that it is still being processed.
        status: the word for a running job, such as ``processing``; empty for the wire's own.
        bytes: how large a clip is at least: free space is added to a smaller one.
        ids: ``litellm`` makes the ids of videos look like those of LiteLLM's proxy.
    """

    outcome: str = "done"
    polls: int | None = None
    seconds: float | None = None
    code: int = 13
    support_code: int = SUPPORT_CODES["violence"]
    fault: str = ""
    on: str = ""
    times: int = 1
    processing: int = 0
    status: str = ""
    bytes: int = 0
    ids: str = ""


def outcomes_of(wire: str) -> tuple[str, ...]:
    """The outcomes a request on `wire`, one of the catalog's ``api`` names, may be told to have."""
    return OUTCOMES if wire == "interactions" else _COMMON_OUTCOMES


def read(prompt: str) -> tuple[Directions, str]:
    """The directions at the top of `prompt`, and the prompt without them.

    Raises:
        RefusalError: a key or value is not one of those above; a misspelt one must not pass for a success.
    """
    lines = prompt.splitlines()
    if not lines or lines[0].strip() != "---":
        return Directions(), prompt
    ends = [number for number, line in enumerate(lines[1:], 1) if line.strip() == "---"]
    if not ends:
        return Directions(), prompt
    pairs = [line.partition(":") for line in lines[1 : ends[0]] if line.strip()]
    values = {key.strip(): value.strip() for key, _, value in pairs}
    return _directions(values), "\n".join(lines[ends[0] + 1 :]).strip()


def _directions(values: dict[str, str]) -> Directions:
    known: dict[str, Any] = {}
    for key, value in values.items():
        try:
            name, read_value = _KEYS[key]
            known[name] = read_value(value)
        except (KeyError, ValueError) as error:
            raise invalid(
                f"Emulator: the front matter line {key!r}: {value!r} is not understood; known are {', '.join(_KEYS)}."
            ) from error
    return Directions(**known)


def _one_of(*allowed: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(value)
        return value

    return check


def _size(value: str) -> int:
    if not 0 <= int(value) <= _MOST_BYTES:
        raise ValueError(value)
    return int(value)


# Key in the front matter: name in `Directions`, and how its value is read.
_KEYS: dict[str, tuple[str, Callable[[str], object]]] = {
    "outcome": ("outcome", _one_of(*OUTCOMES)),
    "polls": ("polls", int),
    "seconds": ("seconds", float),
    "code": ("code", int),
    "reason": ("support_code", SUPPORT_CODES.__getitem__),
    "support_code": ("support_code", int),
    "fault": ("fault", str),
    "on": ("on", _one_of(*KINDS)),
    "times": ("times", int),
    "processing": ("processing", int),
    "status": ("status", str),
    "bytes": ("bytes", _size),
    "ids": ("ids", _one_of("litellm")),
}
