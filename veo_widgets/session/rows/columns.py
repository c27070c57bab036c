"""What the columns of rows are for: the prompt, parameters of a request, or nothing, which is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ...domain.catalog import Model
from ...domain.errors import InvalidRequestError
from ...domain.json_values import read_text
from ...domain.params import ALIASES, BY_NAME
from ...domain.prompt_templates import Columns, Template, plainly
from ..groups.piece import OPTIONS
from ..status_lines import shorten

# Columns that say what `submit` would be told; all others are there for the prompt and for people.
_SPOKEN = ("prompt", *ALIASES, "size", *(name for name in (*BY_NAME, *OPTIONS) if name != "prompt"))
_PLAIN = {plainly(name): name for name in _SPOKEN}
_MOST_NAMES = 12
_EXTRA = "extra."


def spoken(columns: Iterable[str]) -> dict[str, str]:
    """The columns that are named after a parameter, however it is written, and that parameter.

    A column ``extra.NAME`` is for the extra parameter of that very name.
    """
    found: dict[str, str] = {}
    for column in columns:
        head, dot, name = column.partition(".")
        if dot and name and plainly(head) == "extra":
            found[column] = f"{_EXTRA}{name.strip()}"
        elif plainly(column) in _PLAIN:
            found[column] = _PLAIN[plainly(column)]
    return found


def declared(columns: Iterable[str], model: Model, taken: Collection[str]) -> dict[str, str]:
    """The columns that are named after an extra parameter which the model declares, and that parameter.

    Args:
        columns: all.
        model: of a row.
        taken: columns that are for something else.
    """
    names = {plainly(extra.name): extra.name for extra in model.extra}
    return {column: names[plainly(column)] for column in columns if column not in taken and plainly(column) in names}


def extra_value(cell: Any) -> Any:
    """The value of an extra parameter in a cell: a text may be JSON, as on a line."""
    return read_text(cell.strip()) if isinstance(cell, str) else cell


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
        # A name that is all digits is a number in a table.
        found[name] = str(value) if name in {"model", "provider", "profile"} else value
    extra = {name.removeprefix(_EXTRA): extra_value(found.pop(name)) for name in [*found] if name.startswith(_EXTRA)}
    if not extra:
        return found
    return {**found, "extra": [*([found["extra"]] if "extra" in found else []), extra]}


def fitted(template: str, columns: Sequence[str]) -> tuple[Template, tuple[str, ...]]:
    """A template for rows with these columns, and which of them it names.

    Raises:
        InvalidRequestError: it names something else, or is not a template.
    """
    reader = Columns(columns)
    made = reader.read(template)
    if not reader.lacking:
        return made, tuple(reader.used)
    first = next(iter(reader.lacking))
    names = ", ".join(f"{{{name}}}" for name in reader.lacking)
    verb = "has" if len(reader.lacking) == 1 else "have"
    close = _closest(first, {plainly(column): column for column in columns})
    hint = f" Did you mean {{{close}}}?" if close else ""
    message = f"prompt: {names} {verb} no value here; there are {_joined_names(columns) or 'none'}.{hint}"
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


def unused(columns: Iterable[str], used: Collection[str], *, takes_any: bool = False) -> list[str]:
    """In words, which columns neither the prompt nor a parameter uses; what looks like a parameter first.

    Args:
        columns: all.
        used: those that are.
        takes_any: whether a model takes parameters that nobody has declared.
    """
    left = [column for column in columns if column not in used]
    close = {column: _closest(column, _PLAIN) for column in left}
    told = [f"not used: {shorten(column, 40)}; did you mean {name}?" for column, name in close.items() if name]
    plain = [column for column, name in close.items() if not name]
    hint = "; to send one as a field of the service's own, name it extra.NAME" if takes_any else ""
    return [*told, *([f"not used: {_joined_names(plain)}{hint}"] if plain else [])]


def _closest(name: str, known: Mapping[str, str]) -> str:
    found = get_close_matches(plainly(name), list(known), n=1, cutoff=0.65)
    return known[found[0]] if found else ""


def _joined_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(shorten(name, 40) for name in names[:_MOST_NAMES]) + more
