"""Directions for one request, written at the top of its prompt.

::

    ---
    outcome: filtered
    reason: celebrity
    ---
    A cat playing with a ball of yarn

Not every wire has a word for every outcome: see `outcomes_of`. ``dialect: new-api`` stands for all lines that make a
``/v1/videos`` server speak as that one does; `manners` has them, and the lines themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from ..openai import manners
from ..openai.manners import Manner, Reader, one_of
from ..refusals import invalid

_COMMON_OUTCOMES = ("done", "filtered", "failed", "empty", "partial")
# Ends that only an interaction can come to (wire reference 3.3).
_INTERACTION_OUTCOMES = ("cancelled", "incomplete", "budget_exceeded", "requires_action", "requires_continuation")
OUTCOMES = _COMMON_OUTCOMES + _INTERACTION_OUTCOMES
KINDS = ("create", "poll", "download", "file", "list", "cancel")

# A default that nobody can fill by mistake.
_NONE: Mapping[str, str] = MappingProxyType({})
# A clip is held in memory to be served.
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
        ids: whose ids those of videos look like: ``litellm`` (its proxy's), ``vllm-omni``, ``new-api``, or ``bare``.
        http: the HTTP status of a fault.
        shape: how a refusal looks, a name in `answer_shapes.SHAPES`.
        pause: how long a fault takes, in seconds.
        share: how much of a body comes, from 0 to 1.
        gives_seconds: how long the clips are, whatever was asked; ``None``: as asked.
        gives_resolution: their resolution; empty: as asked.
        gives_ratio: their aspect ratio; empty: as asked.
        gives_sound: ``no``: they have none, whatever was asked.
        manner: how the server words its answers.
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
    http: int | None = None
    shape: str = "own"
    pause: float = 2.0
    share: float = 0.5
    gives_seconds: float | None = None
    gives_resolution: str = ""
    gives_ratio: str = ""
    gives_sound: str = ""
    manner: Manner = field(default_factory=Manner)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The directions that ``dataclasses.asdict`` made `values` of."""
        return cls(**{**values, "manner": Manner(**values.get("manner", {}))})


def outcomes_of(wire: str) -> tuple[str, ...]:
    """The outcomes a request on `wire`, one of the catalog's ``api`` names, may be told to have."""
    return OUTCOMES if wire == "interactions" else _COMMON_OUTCOMES


def read(prompt: str, standing: Mapping[str, str] = _NONE) -> tuple[Directions, str]:
    """The directions at the top of `prompt`, and the prompt without them.

    Where it is silent, the lines of `standing` apply, which are meant for every prompt.

    Raises:
        RefusalError: a key or value is not one of those above; a misspelt one must not pass for a success.
    """
    lines = prompt.splitlines()
    # A prompt may hold a line of dashes anywhere else: only the very first one opens front matter.
    if not lines or lines[0].strip() != "---":
        return directions(standing), prompt
    ends = [number for number, line in enumerate(lines[1:], 1) if line.strip() == "---"]
    # A prompt that merely begins with dashes is a prompt, as in every tool that reads front matter.
    if not ends:
        return directions(standing), prompt
    pairs = [line.partition(":") for line in lines[1 : ends[0]] if line.strip()]
    values = {key.strip(): value.strip() for key, _, value in pairs}
    return directions({**standing, **values}), "\n".join(lines[ends[0] + 1 :]).strip()


def directions(values: Mapping[str, str]) -> Directions:
    """The directions that these lines give.

    Raises:
        RefusalError: a key or value is not known.
    """
    known: dict[str, Any] = {}
    manner: dict[str, Any] = {}
    for key, value in _with_lines_of_dialect(values).items():
        try:
            if key in manners.KEYS:
                manner[key] = manners.KEYS[key](value)
            else:
                name, read_value = _KEYS[key]
                known[name] = read_value(value)
        except (KeyError, ValueError) as error:
            names = ", ".join(["dialect", *_KEYS, *manners.KEYS])
            raise invalid(
                f"Emulator: the front matter line {key!r}: {value!r} is not understood; known are {names}."
            ) from error
    return Directions(**known, manner=Manner(**manner))


def standing_lines(values: Mapping[str, str]) -> dict[str, str]:
    """`values` as lines that may apply to every prompt.

    Raises:
        RefusalError: one of them is not known, or is a fault, which is for one request.
    """
    # Standing for every prompt it would strike without end, and no test could tell when.
    if "fault" in values:
        raise invalid("Emulator: a fault is for one request; script it.")
    # Read once for its errors: they must come now and not at the next create.
    directions(values)
    return dict(values)


def _with_lines_of_dialect(values: Mapping[str, str]) -> Mapping[str, str]:
    # What is said beside a dialect goes before what is in it.
    if values.get("dialect") not in manners.DIALECTS:
        return values
    rest = {key: value for key, value in values.items() if key != "dialect"}
    return {**manners.DIALECTS[values["dialect"]], **rest}


def _read_size(value: str) -> int:
    if not 0 <= int(value) <= _MOST_BYTES:
        raise ValueError(value)
    return int(value)


# Key in the front matter: name in `Directions`, and how its value is read.
_KEYS: dict[str, tuple[str, Reader]] = {
    "outcome": ("outcome", one_of(*OUTCOMES)),
    "polls": ("polls", int),
    "seconds": ("seconds", float),
    "code": ("code", int),
    "reason": ("support_code", SUPPORT_CODES.__getitem__),
    "support_code": ("support_code", int),
    "fault": ("fault", str),
    "on": ("on", one_of(*KINDS)),
    "times": ("times", int),
    "processing": ("processing", int),
    "status": ("status", str),
    "bytes": ("bytes", _read_size),
    "ids": ("ids", one_of("litellm", "vllm-omni", "new-api", "bare")),
    "http": ("http", int),
    "shape": ("shape", str),
    "pause": ("pause", float),
    "share": ("share", float),
    "gives_seconds": ("gives_seconds", float),
    "gives_resolution": ("gives_resolution", one_of("360p", "720p", "1080p", "4k")),
    "gives_ratio": ("gives_ratio", one_of("16:9", "9:16")),
    "gives_sound": ("gives_sound", one_of("no")),
}
