"""What the Tab key offers on the line of ``%%veo`` and after ``%veo``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...api import functions
from ...api.commands import VERBS, Argument, Verb
from ...api.flags import flag_names, flag_of, switches
from ...config.log import LEVELS
from ...domain.budgets import NAMES
from ...domain.catalog import Model, models
from ...domain.errors import ConfigError
from ...domain.formats.containers import ENDINGS
from ...domain.media import Image, Video
from ...domain.params import BY_NAME, SIZES
from ...domain.spending import ALL_GROUPS
from ...providers import own_models
from ...providers.registry import PROVIDERS, models_at, provider_named
from ...session.job import Job
from ...storage.ledger.searches import STATES

_CELL = re.compile(r"%%veo(?=\s)(.*)", re.DOTALL)
_LINE = re.compile(r"(?:[\w.,\s]+=\s*)?%veo\s+(.*)")
# A quote that is still open belongs to the word, with the blanks in it.
_WORD = re.compile(r"""(?:"[^"]*"?|'[^']*'?|[^\s"'])*$""")


def offers_for(before: str, names: dict[str, Any]) -> tuple[str, Iterable[str]] | None:
    """The word under the cursor and what it may become; None where nothing of ours is written."""
    if cell := _CELL.fullmatch(before):
        line = cell[1].replace("\\\n", " ")
        return None if "\n" in line else _complete_cell_line(line, names)
    found = _LINE.fullmatch(before.rpartition("\n")[2].lstrip())
    return _complete_magic_line(found[1]) if found else None


def _split_at_cursor(line: str) -> tuple[list[str], str]:
    """The words before the cursor, and the one that it stands in."""
    found = _WORD.search(line)
    fragment = found[0] if found else ""
    return line[: len(line) - len(fragment)].split(), fragment


def _complete_cell_line(line: str, names: dict[str, Any]) -> tuple[str, Iterable[str]]:
    words, fragment = _split_at_cursor(line)
    flag, equals, rest = fragment.partition("=")
    if equals and flag in flag_names():
        return rest, _complete_flag_value(flag, rest, words, names)
    last = words[-1] if words else ""
    if last in flag_names() and last not in switches():
        return fragment, _complete_flag_value(last, fragment, words, names)
    return fragment, sorted(flag_names())


def _complete_flag_value(flag: str, fragment: str, words: list[str], names: dict[str, Any]) -> Iterable[str]:
    name = flag_of(flag)
    param = BY_NAME.get(name)
    if param is not None and param.kind in {"image", "images", "video", "videos"}:
        return _source_names(param.kind, fragment, names)
    # Functions, so that only what is asked for looks into the ledger or a folder.
    offers: dict[str, Callable[[], Iterable[str]]] = {
        "model": lambda: _model_names(_value_of("--provider", words)),
        "provider": lambda: PROVIDERS,
        "profile": lambda: filter(None, functions.client().asynchronous.profiles),
        "size": lambda: _sizes(_value_of("--model", words)),
        "extra": lambda: _extra_names(_value_of("--model", words)),
        "each": lambda: [*_row_variables(names), *_matching_paths(fragment, (".csv",))],
        "output": lambda: _matching_paths(fragment, ENDINGS),
        "duration_seconds": lambda: _clip_lengths(_value_of("--model", words)),
        "into": lambda: [key for key, value in names.items() if isinstance(value, Job)],
    }
    if name in offers:
        return offers[name]()
    return param.choices if param is not None else ()


def _value_of(flag: str, words: list[str]) -> str:
    return words[words.index(flag) + 1] if flag in words[:-1] else ""


def _model_names(provider: str) -> list[str]:
    """Models that have not ended: of a provider that was named by their ids, else also with each prefix."""
    client = functions.client().asynchronous
    today = client.today()
    # Where a file cannot be read, the verb that is typed says so.
    with suppress(ConfigError):
        client.read_models()
    if provider:
        return [model.id for model in models_at(provider_named(provider)) if not model.is_retired(today)]
    live = [model for model in models() if not model.is_retired(today)]
    # Gateways name their models themselves: what they have is not in the catalog.
    named = [place for place in PROVIDERS.values() if not place.knows]
    prefixed = [
        f"{place.prefixes[0]}/{model.id}" for place in named for model in live if model.surface in place.surfaces
    ]
    own = own_models.described()
    prefixed += [f"{model.provider}/{model.id}" for model in own if model.provider]
    return [*dict.fromkeys([*(model.id for model in (*own, *live)), *prefixed])]


def _entries(name: str) -> list[Model]:
    """The entries of a model, as it was typed; without a name, all of them."""
    # An id of one's own may hold slashes, and a provider's prefix may stand before it.
    names = {name, name.partition("/")[2], name.rpartition("/")[2]}
    return [model for model in (*own_models.described(), *models()) if not name or model.id in names]


def _clip_lengths(model: str) -> list[str]:
    found = {length for item in _entries(model) for length in item.durations_s}
    return [f"{length:g}" for length in sorted(found)]


def _sizes(model: str) -> list[str]:
    own = [size for item in _entries(model) for size in item.sizes] if model else []
    return own or [f"{width}x{height}" for width, height in SIZES.values()]


def _extra_names(model: str) -> list[str]:
    """``NAME=`` of each parameter that only this model has, with its choices."""
    found: list[str] = []
    for extra in (extra for item in _entries(model) for extra in item.extra):
        values = extra.choices or (("true", "false") if extra.kind == "boolean" else ("",))
        found += [f"{extra.name}={value}" for value in values]
    return list(dict.fromkeys(found))


def _source_names(kind: str, fragment: str, names: dict[str, Any]) -> list[str]:
    clips = kind.startswith("video")
    wanted = (Job, Video) if clips else (Image, Path)
    variables = [key for key, value in names.items() if not key.startswith("_") and isinstance(value, wanted)]
    ids = _job_ids() if clips else []
    return [*variables, *ids, *_matching_paths(fragment, ENDINGS if clips else (".png", ".jpg", ".jpeg", ".webp"))]


def _row_variables(names: dict[str, Any]) -> list[str]:
    """Variables that may hold rows."""
    # IPython keeps a history of its own under such names.
    found = {key: value for key, value in names.items() if not key.startswith("_")}
    return [key for key, value in found.items() if isinstance(value, list) or hasattr(value, "to_dict")]


def _job_ids() -> list[str]:
    return [job.id for job in functions.jobs(50)]


def _matching_paths(fragment: str, endings: tuple[str, ...] = ()) -> list[str]:
    """Folders, and files with one of these endings, that continue what is typed; quoted as it is."""
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


def _complete_magic_line(line: str) -> tuple[str, Iterable[str]]:
    words, fragment = _split_at_cursor(line)
    if not words:
        return fragment, [*VERBS, "help"]
    verb = VERBS.get(words[0])
    return (fragment, ()) if verb is None else (fragment, _complete_verb(verb, words[1:], fragment))


def _complete_verb(verb: Verb, words: list[str], fragment: str) -> Iterable[str]:
    flags = [item for item in verb.arguments if item.name.startswith("--")]
    if words and (asked := next((item for item in flags if item.name == words[-1] and item.kind != "switch"), None)):
        return _complete_argument(asked, words, fragment)
    if fragment.startswith("-"):
        return [item.name for item in flags]
    places = [item for item in verb.arguments if item not in flags]
    # The last one may be given several times.
    at = min(len(words), len(places) - 1) if places and places[-1].many else len(words)
    return _complete_argument(places[at], words, fragment) if at < len(places) else [item.name for item in flags]


def _complete_argument(argument: Argument, words: list[str], fragment: str) -> Iterable[str]:
    offers: dict[str, Callable[[], Iterable[str]]] = {
        "job": _job_ids,
        "provider": lambda: PROVIDERS,
        "model": lambda: _model_names(words[0] if words and words[0] in PROVIDERS else ""),
        "state": lambda: STATES,
        "path": lambda: _matching_paths(fragment),
        "level": lambda: LEVELS,
        "budget": lambda: NAMES if len(words) % 2 == 0 else ("off", "default"),
        "group": lambda: ALL_GROUPS,
    }
    return offers[argument.kind]() if argument.kind in offers else ()
