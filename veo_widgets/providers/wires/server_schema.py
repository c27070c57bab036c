"""The parameters that a server says its ``POST /videos`` takes, read from its OpenAPI document.

Sources: OpenAPI 3.1 and JSON Schema 2020-12; FastAPI serves the document at ``/openapi.json`` of its application,
beside ``/v1`` and not below it. sglang and vLLM-Omni are made with FastAPI; each parameter is a field of a form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from math import ceil, floor
from typing import Any, Literal

from ...domain.catalog import ExtraParam, fault_of
from ..registry import Endpoint
from .base import Call, Reply
from .openai_videos import address

# A server with more of them means something else by them; forms and people have limits too.
_MOST, _LONGEST_NAME, _LONGEST_TEXT, _MOST_CHOICES = 60, 64, 300, 100
# Schemas within schemas, and how many of them are looked at: a few that refer to each other can stand for millions.
_DEEPEST, _MOST_STEPS = 8, 20_000
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
# What browsers can count to, and no infinity.
_LARGEST = 2**53
_PATHS = ("/v1/videos", "/videos")
_Kind = Literal["text", "choice", "integer", "number", "boolean"]
_KINDS: dict[str, _Kind] = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}
_TYPES: dict[str, tuple[type, ...]] = {"text": (str,), "choice": (str,), "integer": (int,), "number": (int, float)}
# What requests say by parameters of ours, and boxes for whatever a field of the form has no place for.
_OURS = frozenset(
    {
        *("prompt", "model", "seconds", "duration", "size", "resolution", "aspect_ratio", "n", "seed"),
        *("negative_prompt", "input_reference", "generate_audio", "extra_body", "extra_params", "user"),
        # Every object of a browser has these already.
        *("__proto__", "constructor"),
    }
)


class _Document:
    """An OpenAPI document, which may be anybody's."""

    def __init__(self, root: Any) -> None:
        self.root, self._steps = root, _MOST_STEPS

    def resolved(self, node: Any, depth: int = _DEEPEST) -> Mapping[str, Any]:
        """A schema with what it refers to, and without the null that it allows; empty if it leads nowhere."""
        self._steps -= 1
        if depth == 0 or self._steps < 0 or not isinstance(node, Mapping):
            return {}
        here = {name: value for name, value in node.items() if name not in {"$ref", "allOf", "anyOf", "oneOf"}}
        parts = [self._target(node["$ref"])] if "$ref" in node else []
        parts += _list_of(node.get("allOf"))
        choices = [self.resolved(one, depth - 1) for name in ("anyOf", "oneOf") for one in _list_of(node.get(name))]
        found: dict[str, Any] = {}
        for part in (*(self.resolved(one, depth - 1) for one in parts), *_first_plain(choices)):
            found |= part
        return found | here

    def _target(self, reference: object) -> Any:
        """What a reference within the document points at."""
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return None
        node = self.root
        for step in reference[2:].split("/"):
            if not isinstance(node, Mapping):
                return None
            node = node.get(step.replace("~1", "/").replace("~0", "~"))
        return node


def server_schema(endpoint: Endpoint) -> Call:
    """``GET /openapi.json`` beside the ``/v1`` of a server."""
    root = address(Endpoint(endpoint.provider, endpoint.surface, endpoint.base_url)).removesuffix("/v1")
    return Call("list", "GET", f"{root}/openapi.json")


def parameters(reply: Reply) -> tuple[ExtraParam, ...]:
    """What the answer to `server_schema` says of parameters that are not ours; nothing if it says nothing of videos.

    Files, lists and objects are left out, as is what the server calls deprecated.
    """
    document = _Document(reply.body)
    found: dict[str, ExtraParam] = {}
    for name, schema in islice(_properties(document), 10 * _MOST):
        param = _param(name, document.resolved(schema)) if name not in found and _is_extra(name) else None
        if param is not None and len(found) < _MOST:
            found[name] = param
    return tuple(found.values())


def _properties(document: _Document) -> Iterator[tuple[str, Any]]:
    """Every field of the create's body, whether it comes as JSON or as a form."""
    paths = _mapping(_mapping(document.root).get("paths"))
    wanted = next((path for path in _PATHS if path in paths), "")
    wanted = wanted or next((path for path in paths if path.rstrip("/").endswith(_PATHS)), "")
    body = document.resolved(_mapping(_mapping(paths.get(wanted)).get("post")).get("requestBody"))
    for kind in _mapping(body.get("content")).values():
        schema = document.resolved(_mapping(kind).get("schema"))
        yield from _mapping(schema.get("properties")).items()


def _is_extra(name: object) -> bool:
    return (
        isinstance(name, str) and name not in _OURS and len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None
    )


def _param(name: str, schema: Mapping[str, Any]) -> ExtraParam | None:
    kind = _KINDS.get(_type_of(schema))
    # FastAPI writes a file as a string with one of these.
    if kind is None or schema.get("deprecated") is True or {"contentMediaType", "contentEncoding"} & schema.keys():
        return None
    if schema.get("format") in {"binary", "byte"}:
        return None
    said = _list_of(schema.get("enum")) or [schema.get("const")]
    values = [value for value in said if value is not None][:_MOST_CHOICES]
    choices = tuple(value for value in values if isinstance(value, str)) if kind == "text" else ()
    kind = "choice" if choices else kind
    help_text = _text(schema.get("description"))
    if values and not choices:
        help_text = f"{help_text} One of {', '.join(map(str, values))}.".strip()
    least, most = (_bound(schema, which, whole=kind == "integer") for which in ("minimum", "maximum"))
    # Limits that leave nothing would have every value refused.
    if kind not in {"integer", "number"} or (least is not None and most is not None and least > most):
        least = most = None
    found = ExtraParam(name, kind, help=help_text, minimum=least, maximum=most, choices=choices)
    default = schema.get("default")
    return replace(found, default=default) if _fits(kind, default) and not fault_of(found, default) else found


def _type_of(schema: Mapping[str, Any]) -> str:
    """The one type of a schema besides null; empty if there is none."""
    said = schema.get("type")
    types = [one for one in (said if isinstance(said, list) else [said]) if one != "null"]
    return types[0] if len(types) == 1 and isinstance(types[0], str) else ""


def _bound(schema: Mapping[str, Any], which: str, *, whole: bool) -> float | None:
    """The smallest or the largest value; of a number that has to lie beyond the limit, the limit itself."""
    limit, beyond = _number(schema.get(which)), _number(schema.get(f"exclusive{which.capitalize()}"))
    if limit is not None or beyond is None or not whole:
        return beyond if limit is None else limit
    return floor(beyond) + 1 if which == "minimum" else ceil(beyond) - 1


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if -_LARGEST <= value <= _LARGEST else None


def _fits(kind: str, value: object) -> bool:
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    if isinstance(value, str):
        return kind in {"text", "choice"} and len(value) <= _LONGEST_TEXT
    return isinstance(value, _TYPES[kind]) and _number(value) is not None


def _first_plain(choices: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of several schemas the first whose values a field can hold; else nothing."""
    return [one for one in choices if _type_of(one) in _KINDS][:1]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    words = " ".join(value[: 4 * _LONGEST_TEXT].split()) if isinstance(value, str) else ""
    return words if len(words) <= _LONGEST_TEXT else f"{words[:_LONGEST_TEXT].rstrip()} …"
