"""What the Tab key offers on the line of ``%%veo`` and after ``%veo``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .. import session
from ..budgets import NAMES
from ..catalog import models
from ..containers import ENDINGS
from ..flags import flag_names, flag_of, switches
from ..handles import Job
from ..logbook import LEVELS
from ..media import Image, Video
from ..params import BY_NAME, SIZES
from ..providers import PROVIDERS, provider_named
from ..searches import STATES
from ..verbs import VERBS, Argument, Verb

_CELL = re.compile(r"%%veo(?=\s)(.*)", re.DOTALL)
_LINE = re.compile(r"(?:[\w.,\s]+=\s*)?%veo\s+(.*)")
_WORD = re.compile(r"""(?:"[^"]*"?|'[^']*'?|[^\s"'])*$""")


def offers_for(before: str, names: dict[str, Any]) -> tuple[str, Iterable[str]] | None:
    """The word under the cursor and what it may become; None where nothing of ours is written."""
    if cell := _CELL.fullmatch(before):
        line = cell[1].replace("\\\n", " ")
        return None if "\n" in line else _of_flags(line, names)
    found = _LINE.fullmatch(before.rpartition("\n")[2].lstrip())
    return _of_verbs(found[1]) if found else None


def _split(line: str) -> tuple[list[str], str]:
    """The words before the cursor, and the one that it stands in."""
    found = _WORD.search(line)
    fragment = found[0] if found else ""
    return line[: len(line) - len(fragment)].split(), fragment


def _of_flags(line: str, names: dict[str, Any]) -> tuple[str, Iterable[str]]:
    words, fragment = _split(line)
    flag, equals, rest = fragment.partition("=")
    if equals and flag in flag_names():
        return rest, _of_flag(flag, rest, words, names)
    last = words[-1] if words else ""
    if last in flag_names() and last not in switches():
        return fragment, _of_flag(last, fragment, words, names)
    return fragment, sorted(flag_names())


def _of_flag(flag: str, fragment: str, words: list[str], names: dict[str, Any]) -> Iterable[str]:
    name = flag_of(flag)
    param = BY_NAME.get(name)
    if param is not None and param.kind in {"image", "images", "video", "videos"}:
        return _sources(param.kind, fragment, names)
    offers: dict[str, Callable[[], Iterable[str]]] = {
        "model": lambda: _models(_value_of("--provider", words)),
        "provider": lambda: PROVIDERS,
        "profile": lambda: filter(None, session.client().asynchronous.profiles),
        "size": lambda: [f"{width}x{height}" for width, height in SIZES.values()],
        "each": lambda: [*_tables(names), *_paths(fragment, (".csv",))],
        "output": lambda: _paths(fragment, ENDINGS),
        "duration_seconds": lambda: _lengths(_value_of("--model", words)),
        "into": lambda: [key for key, value in names.items() if isinstance(value, Job)],
    }
    if name in offers:
        return offers[name]()
    return param.choices if param is not None else ()


def _value_of(flag: str, words: list[str]) -> str:
    return words[words.index(flag) + 1] if flag in words[:-1] else ""


def _models(provider: str) -> list[str]:
    """Models that have not ended: of a provider that was named by their ids, else also with each prefix."""
    today = session.client().asynchronous.today()
    live = [model for model in models() if not model.is_retired(today)]
    if provider:
        place = provider_named(provider)
        return [model.id for model in live if model.surface in (*place.surfaces, *place.knows)]
    own = [place for place in PROVIDERS.values() if not place.knows]
    prefixed = [f"{place.prefixes[0]}/{model.id}" for place in own for model in live if model.surface in place.surfaces]
    return [*(model.id for model in live), *prefixed]


def _lengths(model: str) -> list[str]:
    name = model.rpartition("/")[2]
    found = {length for item in models() for length in item.durations_s if name in {"", item.id}}
    return [f"{length:g}" for length in sorted(found)]


def _sources(kind: str, fragment: str, names: dict[str, Any]) -> list[str]:
    clips = kind.startswith("video")
    wanted = (Job, Video) if clips else (Image, Path)
    variables = [key for key, value in names.items() if not key.startswith("_") and isinstance(value, wanted)]
    ids = _jobs() if clips else []
    return [*variables, *ids, *_paths(fragment, ENDINGS if clips else (".png", ".jpg", ".jpeg", ".webp"))]


def _tables(names: dict[str, Any]) -> list[str]:
    """Variables that may hold rows."""
    found = {key: value for key, value in names.items() if not key.startswith("_")}
    return [key for key, value in found.items() if isinstance(value, list) or hasattr(value, "to_dict")]


def _jobs() -> list[str]:
    return [job.id for job in session.jobs(50)]


def _paths(fragment: str, endings: tuple[str, ...] = ()) -> list[str]:
    """Folders, and files with one of these endings, that go on from what is typed; quoted as it is."""
    quote = fragment[:1] if fragment[:1] in {"'", '"'} else ""
    typed = fragment.strip(quote) if quote else fragment
    folder, begun = os.path.split(typed)
    found = []
    for path in sorted(Path(folder or ".").expanduser().iterdir()):
        hidden = path.name.startswith(".") and not begun.startswith(".")
        if (
            hidden
            or not path.name.startswith(begun)
            or not (path.is_dir() or path.suffix.lower() in endings or not endings)
        ):
            continue
        text = f"{folder.rstrip('/')}/{path.name}" if folder else path.name
        text = f"{text}/" if path.is_dir() else text
        mark = quote or ("'" if re.search(r"[\s'\"#]", text) else "")
        found.append(f"{mark}{text}{'' if path.is_dir() else mark}")
    return found


def _of_verbs(line: str) -> tuple[str, Iterable[str]]:
    words, fragment = _split(line)
    if not words:
        return fragment, [*VERBS, "help"]
    verb = VERBS.get(words[0])
    return (fragment, ()) if verb is None else (fragment, _of_verb(verb, words[1:], fragment))


def _of_verb(verb: Verb, words: list[str], fragment: str) -> Iterable[str]:
    flags = [item for item in verb.arguments if item.name.startswith("--")]
    if words and (asked := next((item for item in flags if item.name == words[-1] and item.kind != "switch"), None)):
        return _of_argument(asked, words, fragment)
    if fragment.startswith("-"):
        return [item.name for item in flags]
    places = [item for item in verb.arguments if item not in flags]
    at = min(len(words), len(places) - 1) if places and places[-1].many else len(words)
    return _of_argument(places[at], words, fragment) if at < len(places) else [item.name for item in flags]


def _of_argument(argument: Argument, words: list[str], fragment: str) -> Iterable[str]:
    offers: dict[str, Callable[[], Iterable[str]]] = {
        "job": _jobs,
        "provider": lambda: PROVIDERS,
        "model": lambda: _models(words[0] if words and words[0] in PROVIDERS else ""),
        "state": lambda: STATES,
        "path": lambda: _paths(fragment),
        "level": lambda: LEVELS,
        "budget": lambda: NAMES if len(words) % 2 == 0 else ("off", "default"),
    }
    return offers[argument.kind]() if argument.kind in offers else ()
