"""Checks the arguments of public functions: a wrong kind, or a wrong call, is refused in one sentence."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from .errors import InvalidRequestError
from .secret import Secret, sealed

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """A kind of argument.

    Attributes:
        words: what it is, as it ends the sentence "… is not …".
        fits: whether a value is of this kind.
    """

    words: str
    fits: Callable[[Any], bool]

    def __or__(self, other: Kind) -> Kind:
        return Kind(f"{self.words} or {other.words}", lambda value: self.fits(value) or other.fits(value))


def _is_storable_text(value: object) -> bool:
    """Whether it is text that files and databases take: no lone surrogates, no zero byte."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_number(value: object) -> bool:
    # True is an int in Python, and no number that anybody means.
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _is_path(value: Any) -> bool:
    try:
        path = os.fspath(value)
    except TypeError:
        return False
    return bool(path) and _is_storable_text(path)


def instance_of(kind: type, words: str) -> Kind:
    """Objects of a class."""
    return Kind(words, lambda value: isinstance(value, kind))


NONE = Kind("None", lambda value: value is None)
TEXT = Kind("text", lambda value: isinstance(value, str))
NAME = Kind("a name", _is_storable_text)
PATH = Kind("the path of a file or a folder", _is_path)
FILE = Kind("the path of a file", lambda value: value is None or _is_path(value))
NUMBER = Kind("a number", lambda value: value is None or _is_number(value))
SECONDS = Kind("a number of seconds", lambda value: value is None or (_is_number(value) and value >= 0))
COUNT = Kind(
    "a whole number from 1",
    lambda value: value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 1),
)
SWITCH = Kind("True or False", lambda value: isinstance(value, bool))
MAPPING = Kind("a dictionary", lambda value: value is None or isinstance(value, Mapping))
SEVERAL = Kind(
    "a list", lambda value: isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | Mapping)
)


def shown(value: object) -> str:
    """A wrong value in a message: plain ones as they are, others by their kind."""
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, str):
        # A whole prompt, or an image as text, would hide the sentence.
        return repr(value[:60])
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def refusal(name: str, value: object, words: str) -> InvalidRequestError:
    """The error for an argument of a wrong kind."""
    return InvalidRequestError(f"{name}: {shown(value)} is not {words}.", parameter=name, value=value)


def accepts(*, source: str = "argument", **kinds: Kind) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Have a function refuse arguments that are not of these kinds, and calls that do not fit it.

    Args:
        source: where a key among the arguments is said to come from.
        kinds: by parameter; what is not named is looked at by the function itself.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        # Once, when the function is defined: it takes longer than many of the calls.
        signature = inspect.signature(function)
        key = [*signature.parameters].index("api_key") if "api_key" in signature.parameters else None

        @wraps(function)
        def checked(*args: Any, **values: Any) -> T:
            # First of all: what raises below may show the variables of this frame.
            values = sealed(values, source)
            args = tuple(Secret.of(arg, source) if at == key else arg for at, arg in enumerate(args))
            try:
                given = signature.bind(*args, **values).arguments
            except TypeError as error:
                refused = _signature_error(function, signature, error)
                # A key may have been given in the wrong place.
                del args, values
                raise refused from None
            for name, kind in kinds.items():
                # What was not given has its default, which fits by definition.
                if name in given and not kind.fits(given[name]):
                    raise refusal(name, given[name], kind.words)
            return function(*args, **values)

        if inspect.iscoroutinefunction(function):
            return _as_coroutine_function(function, checked)
        return checked

    return decorate


def _as_coroutine_function(function: Callable[P, Any], checked: Callable[P, Any]) -> Callable[P, Any]:
    """The same as a coroutine function, which people and tools can tell from others."""

    # Without a coroutine function of its own, `inspect.iscoroutinefunction` would say no.
    @wraps(function)
    async def run(*args: Any, **values: Any) -> Any:
        values = sealed(values)
        return await checked(*args, **values)

    return run


def _signature_error(
    function: Callable[..., Any], signature: inspect.Signature, error: TypeError
) -> InvalidRequestError:
    """What is wrong with a call, and how it is written."""
    name = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]
    parameters = [one for one in signature.parameters.values() if one.name != "self"]
    written = ", ".join(str(one.replace(annotation=inspect.Parameter.empty)) for one in parameters)
    return InvalidRequestError(f"{name}: {error}. Call it as {name}({written}).")
