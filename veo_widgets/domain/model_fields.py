"""What the fields of a model may hold, in a catalog and in a description of one's own."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from .arguments import NAME, NONE, SWITCH, Kind

_SIZE = re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}")
_EXTRA_NAME = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*")
SURFACES = ("gemini-developer-api", "agent-platform", "openai", "azure-openai")
_APIS = ("predictLongRunning", "interactions", "openai_videos")
_STATUSES = ("ga", "preview", "deprecated", "shut_down", "unconfirmed")
_MODES = ("text", "image", "interpolation", "reference", "extension", "edit", "upscale")
# The parameters of a request, as rules and messages name them; the catalog's own rules also speak the wire's names.
PARAMETERS = (
    *("prompt", "negative_prompt", "aspect_ratio", "resolution", "size", "duration_seconds", "samples", "seed"),
    *("person_generation", "generate_audio", "first_frame", "last_frame", "reference_images", "reference_videos"),
    *("extend_from", "edit_from", "remix_from", "upscale_from", "storage_uri"),
)
_WIRE_NAMES = ("image", "video")
# What a create says already, so that no other parameter can have its name.
TAKEN = {*PARAMETERS, "model", "seconds", "input_reference", "extra"}
_EXTRA_KINDS = ("text", "choice", "integer", "number", "boolean")


class EntryError(ValueError):
    """A field of a model that is wrong.

    Attributes:
        field: its name.
        value: what it has.
    """

    def __init__(self, where: str, model: object, name: str, value: object, problem: str) -> None:
        self.field, self.value = name, value
        super().__init__(f"{where}: {f'model {model!r}: ' if model else ''}{name}: {problem}.")


def is_number(value: object) -> bool:
    """Whether it is a number that can be reckoned with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_day(value: object) -> bool:
    """Whether it is an ISO date."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _one_of(names: tuple[str, ...]) -> Kind:
    return Kind(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names)


def _list_of(kind: Kind, words: str) -> Kind:
    return Kind(words, lambda value: isinstance(value, list | tuple) and all(map(kind.fits, value)))


def _by_name(kind: Kind, words: str) -> Kind:
    return Kind(
        words,
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(name, str) and kind.fits(item) for name, item in value.items())
        ),
    )


_WORD = Kind(
    "a text of one line that is not empty",
    lambda value: NAME.fits(value) and bool(value.strip()) and value.isprintable(),
)
SOME_TEXT = Kind("a text", NAME.fits)
_NUMBER = Kind("a number", is_number)
POSITIVE = Kind("a number above 0", lambda value: is_number(value) and value > 0)
_PRICE = Kind("a number from 0", lambda value: is_number(value) and value >= 0)
_COUNT = Kind("a whole number from 1", lambda value: _is_whole(value) and value >= 1)
_MOST = Kind("a whole number from 0", lambda value: _is_whole(value) and value >= 0)
TEXTS = _list_of(_WORD, "a list of texts")
_LENGTHS = Kind(
    "a list of seconds, the shortest first",
    lambda value: _list_of(POSITIVE, "").fits(value) and list(value) == sorted(value),
)
_ONE_SIZE = Kind(
    "a width and a height such as '832x480'", lambda value: NAME.fits(value) and bool(_SIZE.fullmatch(value))
)
_DAY = Kind("a date such as '2026-11-29'", is_day)
_TABLE = Kind("a table", lambda value: isinstance(value, Mapping))
PRICES = _by_name(_PRICE, "a table of US dollars by resolution")

# What a field may hold. `price`, `extra`, `constraints` and `typical_seconds` are read by functions of their own.
FIELDS: dict[str, Kind] = {
    "id": _WORD,
    "family": SOME_TEXT,
    "provider": SOME_TEXT,
    "surfaces": Kind(f"a list of {', '.join(SURFACES)}", _list_of(_one_of(SURFACES), "").fits),
    "api": _one_of(_APIS),
    "status": _one_of(_STATUSES),
    "released": _DAY | NONE,
    "shut_down": _DAY | NONE,
    "checked_on": _DAY,
    "replacement": SOME_TEXT | NONE,
    "max_samples": _COUNT,
    "durations_s": _LENGTHS,
    "durations_continuous": SWITCH,
    "default_duration_s": POSITIVE,
    "resolutions": TEXTS,
    "default_resolution": SOME_TEXT,
    "aspect_ratios": TEXTS,
    "default_aspect_ratio": SOME_TEXT,
    "sizes": _list_of(_ONE_SIZE, "a list of sizes such as '832x480'"),
    "default_size": _ONE_SIZE,
    "fps": POSITIVE | NONE,
    "requests_per_minute": _COUNT | NONE,
    "image_to_video": SWITCH,
    "last_frame": SWITCH | NONE,
    "reference_images_max": _MOST | NONE,
    "reference_videos_max": _MOST | NONE,
    "extension": _TABLE | NONE,
    "edit": SWITCH | NONE,
    "audio": SWITCH,
    "audio_switch": SWITCH,
    "seed": SWITCH,
    "negative_prompt": SWITCH,
    "person_generation": _TABLE | NONE,
    "constraints": _list_of(_TABLE, "a list of rules, each with `if` and `then`"),
    "usd_per_second": PRICES | NONE,
    "usd_per_clip": _PRICE | NONE,
    "usd_notes": SOME_TEXT | NONE,
    "usd_per_million_tokens": Kind(
        "a table with US dollars for input, text and video",
        lambda value: PRICES.fits(value) and set(value) in ({"input", "text", "video"}, set()),
    ),
    "upscale_tokens_per_second": _by_name(_PRICE, "a table of tokens by resolution"),
    "typical_seconds": POSITIVE | Kind("a table of low, likely and high", _TABLE.fits),
    "extra": _list_of(_TABLE, "a list of parameters, each a table with `name` and `kind`"),
    "source": TEXTS,
    "unconfirmed": TEXTS,
    "notes": TEXTS,
}
OWN_FIELDS = (*FIELDS, "price")


class Entry:
    """One entry while it is read: its values, and where it stands for messages."""

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, Mapping):
            raise EntryError(where, "", "models", values, f"{brief(values)} is not a table with an id")
        # TOML has dates of its own.
        self.values: Mapping[str, Any] = {
            name: value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
            for name, value in values.items()
        }
        self.where = where
        self.name = values.get("id", "")

    def wrong(self, name: str, value: object, words: str) -> EntryError:
        """The error for a value that is not what a field holds."""
        return self.error(name, value, f"{brief(value)} is not {words}")

    def error(self, name: str, value: object, problem: str) -> EntryError:
        """The error for a field, and what is wrong with it."""
        return EntryError(self.where, self.name if isinstance(self.name, str) else "", name, value, problem)

    def check(self, kinds: Mapping[str, Kind]) -> None:
        """Refuse the first field whose value is none of its kind."""
        for name, kind in kinds.items():
            if name in self.values and not kind.fits(self.values[name]):
                raise self.wrong(name, self.values[name], kind.words)


def brief(value: object) -> str:
    """A wrong value in a message, cut where it would hide the sentence."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# What a rule's `then` may ask for; the lines about a source clip are told, and cannot be checked before it is sent.
CONDITIONS: dict[str, Kind] = {
    "resolution": _WORD,
    "mode": _one_of(_MODES),
    "has_last_frame": SWITCH,
    "has_reference_images": SWITCH,
    "has_reference_videos": SWITCH,
}
_NAMES = _list_of(_one_of((*PARAMETERS, *_WIRE_NAMES)), f"a list of {', '.join(PARAMETERS)}")
CONSEQUENCES: dict[str, Kind] = {
    "duration_s": _list_of(POSITIVE, "a list of seconds"),
    "resolution": TEXTS,
    "max_samples": _COUNT,
    "require": _NAMES,
    "forbid": _NAMES,
    "reference_video_max_s": POSITIVE,
    "source_video_s": _list_of(POSITIVE, "the least and the most seconds"),
    "source_video_max_s": POSITIVE,
    "source_to_target": _by_name(TEXTS, "a table of resolutions by the source's"),
}

EXTENSION: dict[str, Kind] = {
    "adds_s": Kind("a list of seconds", lambda value: bool(value) and _list_of(POSITIVE, "").fits(value)),
    "adds_s_min": POSITIVE,
    "adds_s_max": POSITIVE,
    "input_min_s": POSITIVE | NONE,
    "input_max_s": POSITIVE | NONE,
    "total_max_s": POSITIVE | NONE,
    "hops_max": _COUNT | NONE,
    "context_s": POSITIVE | NONE,
    "resolutions": TEXTS,
    "source": SOME_TEXT,
    "output": SOME_TEXT,
}

EXTRA: dict[str, Kind] = {
    "name": Kind("a parameter's name", lambda value: NAME.fits(value) and bool(_EXTRA_NAME.fullmatch(value))),
    "kind": _one_of(_EXTRA_KINDS),
    "label": SOME_TEXT,
    "help": SOME_TEXT,
    "unit": SOME_TEXT,
    "minimum": _NUMBER | NONE,
    "maximum": _NUMBER | NONE,
    "choices": TEXTS,
}
DEFAULTS: dict[str, Kind] = {
    "text": SOME_TEXT,
    "choice": SOME_TEXT,
    "integer": Kind("a whole number", _is_whole),
    "number": _NUMBER,
    "boolean": SWITCH,
}
