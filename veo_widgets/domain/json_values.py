"""Parameters that no list of ours names, as JSON values by name."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import Any

from .arguments import shown
from .errors import InvalidRequestError

_DEEPEST = 20
_LONGEST_NAME = 200


def read_object(value: object, name: str) -> dict[str, Any]:
    """JSON values by name, in the order given.

    Args:
        value: a dictionary; a JSON object as text; ``NAME=VALUE`` as text, whose value is read as JSON, or is text if
            it is none; or a list of these.
        name: of the parameter, for messages.

    Raises:
        InvalidRequestError: a name or a value is none, or a name has two values.
    """
    found: dict[str, Any] = {}
    for given in value if isinstance(value, list | tuple) else [value]:
        for key, item in _pairs(given, name):
            said = json_value(item, f"{name}.{key}")
            if key in found and same_text(found[key]) != same_text(said):
                message = f"{name}.{key}: said twice, as {found[key]!r} and as {said!r}; give it once."
                raise InvalidRequestError(message, parameter=f"{name}.{key}", value=said)
            found[key] = said
    return found


def read_text(text: str) -> Any:
    """A value as people write it on a line: JSON, or else text."""
    try:
        # NaN and its like are not JSON, whatever Python says.
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text


def written(value: Any) -> str:
    """A value as `read_text` reads it: a text as it is, unless it would be read as something else."""
    return value if isinstance(value, str) and read_text(value) == value else json.dumps(value, ensure_ascii=False)


def json_value(value: object, name: str) -> Any:
    """A copy of a value as JSON has it: null, true, false, finite numbers, text, lists and objects.

    Args:
        value: as it was given; tuples count as lists.
        name: of the parameter, for messages.

    Raises:
        InvalidRequestError: it is something else.
    """
    return _copy(value, name, _DEEPEST)


def same_text(value: Any) -> str:
    """The one text of a JSON value, to compare by: to Python ``True`` and ``1`` are equal."""
    return json.dumps(value, sort_keys=True)


def _pairs(given: object, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(given, str):
        given = _read_word(given, name)
    if not isinstance(given, Mapping):
        message = f"{name}: {given!r} is not a dictionary of names and values."
        raise InvalidRequestError(message, parameter=name, value=given)
    for key, item in given.items():
        if not _is_name(key):
            message = f"{name}: {key!r} is not a name of a field."
            raise InvalidRequestError(message, parameter=name, value=key)
        yield key, item


def _read_word(word: str, name: str) -> Mapping[str, Any]:
    whole = read_text(word)
    if isinstance(whole, Mapping):
        return whole
    key, equals, text = word.partition("=")
    if not equals or not key.strip():
        message = f"{name}: {word!r} is not written NAME=VALUE, such as guidance_scale=5."
        raise InvalidRequestError(message, parameter=name, value=word)
    return {key.strip(): read_text(text)}


def _is_name(key: object) -> bool:
    if not isinstance(key, str) or not key.isprintable() or len(key) > _LONGEST_NAME:
        return False
    # Its parts are a path in a body, which a dot in front begins at the top.
    return all(part and part == part.strip() for part in key.removeprefix(".").split("."))


def _copy(value: object, name: str, levels: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, name)
    # NumPy's numbers are none of Python's, and are these.
    if isinstance(value, Integral | Real):
        return _number(value, name)
    if levels and isinstance(value, list | tuple):
        return [_copy(item, name, levels - 1) for item in value]
    if levels and isinstance(value, Mapping):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise _refusal(name, value, f"an object whose name {shown(wrong[0])} is no text")
        return {_text(key, name): _copy(item, name, levels - 1) for key, item in value.items()}
    deep = "" if levels else f" nested more than {_DEEPEST} deep"
    raise _refusal(name, value, f"{shown(value)}{deep}")


def _text(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refusal(name, value, f"{shown(value)}, with half a surrogate pair,") from None
    return value


def _number(value: Any, name: str) -> int | float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _refusal(name, value, str(number))
    return int(value) if isinstance(value, Integral) else number


def _refusal(name: str, value: object, what: str) -> InvalidRequestError:
    message = f"{name}: {what} is not JSON: give a finite number, text, true, false, null, a list or an object."
    return InvalidRequestError(message, parameter=name, value=value)


def _refuse_constant(text: str) -> Any:
    raise ValueError(text)
