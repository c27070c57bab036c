"""What the columns of rows are for: the prompt, parameters of a request, or nothing, which is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from .errors import InvalidRequestError
from .lines import shorten
from .params import ALIASES, BY_NAME
from .pieces import OPTIONS
from .templates import Columns, Template, plainly

# Columns that say what `submit` would be told; all others are there for the prompt and for people.
_SPOKEN = ("prompt", *ALIASES, "size", *(name for name in (*BY_NAME, *OPTIONS) if name != "prompt"))
_PLAIN = {plainly(name): name for name in _SPOKEN}
_MOST_NAMES = 12


def spoken(columns: Iterable[str]) -> dict[str, str]:
    """The columns that are named after a parameter, however it is written, and that parameter."""
    return {column: _PLAIN[plainly(column)] for column in columns if plainly(column) in _PLAIN}


def own_values(row: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """What a row says of its request.

    Args:
        row: its cells.
        parameters: as `spoken` has them.

    Raises:
        InvalidRequestError: two of its columns say different things of the same parameter.
    """
    found: dict[str, Any] = {}
    for column, name in parameters.items():
        value = row.get(column)
        if value is None or name == "prompt":
            continue
        if name in found and found[name] != value:
            message = f"{name}: said twice, as {found[name]!r} and as {value!r}; give it once."
            raise InvalidRequestError(message, parameter=name, value=value)
        found[name] = str(value) if name in {"model", "provider", "profile"} else value
    return found


def fitted(template: str, columns: Sequence[str]) -> tuple[Template, tuple[str, ...]]:
    """A template for rows with these columns, and which of them it names.

    Raises:
        InvalidRequestError: it names something that is none of them, or is no template.
    """
    reader = Columns(columns)
    made = reader.read(template)
    if not reader.lacking:
        return made, tuple(reader.used)
    first = next(iter(reader.lacking))
    names = ", ".join(f"{{{name}}}" for name in reader.lacking)
    verb = "has" if len(reader.lacking) == 1 else "have"
    close = _nearest(first, {plainly(column): column for column in columns})
    hint = f" Did you mean {{{close}}}?" if close else ""
    message = f"prompt: {names} {verb} no value here; there are {_listed(columns) or 'none'}.{hint}"
    raise InvalidRequestError(message, parameter="prompt", value=template, allowed=columns)


def field_of_texts(template: str) -> str:
    """The one field of a template, which texts are filled into; of one without fields, ``prompt``, which they are.

    Raises:
        InvalidRequestError: it has several.
    """
    reader = Columns(())
    reader.read(template)
    if len(reader.lacking) > 1:
        names = ", ".join(f"{{{name}}}" for name in reader.lacking)
        message = f"prompt: the rows are texts, which fill one field, and there are {names}; give dictionaries."
        raise InvalidRequestError(message, parameter="prompt", value=template)
    return next(iter(reader.lacking), "prompt")


def unused(columns: Iterable[str], used: Collection[str]) -> list[str]:
    """In words, which columns neither the prompt nor a parameter uses; what looks like a parameter first.

    Args:
        columns: all.
        used: those that are.
    """
    left = [column for column in columns if column not in used]
    close = {column: _nearest(column, _PLAIN) for column in left}
    told = [f"not used: {shorten(column, 40)}; did you mean {name}?" for column, name in close.items() if name]
    plain = [column for column, name in close.items() if not name]
    return [*told, *([f"not used: {_listed(plain)}"] if plain else [])]


def _nearest(name: str, known: Mapping[str, str]) -> str:
    found = get_close_matches(plainly(name), list(known), n=1, cutoff=0.6)
    return known[found[0]] if found else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(shorten(name, 40) for name in names[:_MOST_NAMES]) + more
