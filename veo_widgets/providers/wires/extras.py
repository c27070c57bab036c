"""Where extra parameters go in the body of a create, and which would say what the request says itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ...domain.errors import InvalidRequestError
from ..servers import Server

Path: TypeAlias = tuple[str, ...]
PathOf: TypeAlias = Callable[[str], Path]


def dotted(name: str) -> Path:
    """The path that a dotted name stands for; a dot in front changes nothing."""
    return tuple(name.removeprefix(".").split("."))


def under(*place: str) -> PathOf:
    """A reader of names: a plain one lies in `place`, a dotted one says itself where; ``.name`` is at the top."""
    return lambda name: dotted(name) if "." in name or name == place[0] else (*place, name)


def of_server(server: Server) -> PathOf:
    """A reader of names: what a server with a field for the rest does not read at the top of a body lies in there."""

    def path_of(name: str) -> Path:
        path = dotted(name)
        return (server.rest, *path) if server.rest and not server.reads(path[0]) else path

    return path_of


def placed(body: Mapping[str, Any], extra: Mapping[str, Any], path_of: PathOf) -> dict[str, Any]:
    """A body with the extra parameters in it; what `clashes` names must not be among them."""
    found: dict[str, Any] = dict(body)
    # An object before what is said of its inside.
    for name, value in sorted(extra.items(), key=lambda item: len(path_of(item[0]))):
        *levels, last = path_of(name)
        place = found
        for level in levels:
            # A copy of each level, since the body may share it.
            place[level] = dict(place.get(level) or {})
            place = place[level]
        place[last] = value
    return found


def clashes(extra: Mapping[str, Any], path_of: PathOf, taken: Mapping[Path, str]) -> Iterator[InvalidRequestError]:
    """The refusals of extra parameters that stand where the request has something already, or two of them at one place.

    Args:
        extra: what was said.
        path_of: where a name lies in the body.
        taken: the places that the request fills, each with the parameter that says it; empty if none does.
    """
    paths = {name: path_of(name) for name in extra}
    for name, path in paths.items():
        for place, parameter in taken.items():
            if _meet(path, place):
                yield _refusal(name, extra[name], _filled(path, place, parameter))
                break
        else:
            others = (other for other in extra if other != name)
            if why := next(filter(None, (_clash((path, extra[name]), (paths[o], extra[o]), o) for o in others)), ""):
                yield _refusal(name, extra[name], why)


def _clash(one: tuple[Path, Any], other: tuple[Path, Any], name: str) -> str:
    """Why two extra parameters, each a place and a value, cannot both be sent; empty if they can."""
    (path, value), (inner, _) = sorted((one, other), key=lambda said: len(said[0]))
    if not _meet(path, inner):
        return ""
    # An object leaves room for what it does not say.
    for level in inner[len(path) :]:
        if not isinstance(value, Mapping):
            return f"extra.{name} goes into the same field; give one of the two, or one object with both."
        if level not in value:
            return ""
        value = value[level]
    return f"extra.{name} says the same field; give one of the two."


def _meet(one: Path, other: Path) -> bool:
    """Whether one of two places lies in the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _filled(path: Path, place: Path, parameter: str) -> str:
    if len(path) < len(place):
        return f"the request fills {'.'.join(place)}; name a field in it, as {'.'.join(path)}.NAME."
    if parameter:
        return f"{parameter} is sent there; say {parameter}=… beside extra."
    return "the request fills that field itself; leave it out."


def _refusal(name: str, value: object, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"extra.{name}: {why}", parameter=f"extra.{name}", value=value)
