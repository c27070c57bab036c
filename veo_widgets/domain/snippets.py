"""A request as code that makes it again: a call of `veo_widgets.submit`, or a cell of ``%%veo``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from .json_values import written
from .params import BY_NAME
from .prompt_templates import as_body, as_text
from .request import value_text


def python(request: Mapping[str, Any], provider: str = "") -> str:
    """A request as a call in Python.

    Args:
        request: parameters by name, as a clip's recipe has them; images are named by their files.
        provider: its name, if it is known.
    """
    lines = [repr(str(request.get("prompt", "")))]
    lines += [f"provider={provider!r}"] if provider else []
    lines += [f"{name}={_literal(name, value)}" for name, value in _given_parameters(request)]
    return "veo.submit(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def magic(request: Mapping[str, Any], provider: str = "") -> str:
    """A request as a notebook cell; arguments as for `python`."""
    words = ["%%veo", *(("--provider", provider) if provider else ())]
    for name, value in _given_parameters(request):
        words += _flag_words(name, value)
    return f"{' '.join(words)}\n{as_body(str(request.get('prompt', '')))}"


def _given_parameters(request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    known = ("model", *BY_NAME, "allow_retired")
    return ((name, request[name]) for name in known if name != "prompt" and name in request)


def _literal(name: str, value: Any) -> str:
    # An extra parameter may be a number with a point where a server wants one.
    return repr(value if name == "extra" else _plain_value(value))


def _extras(value: Any) -> dict[str, Any]:
    """Extra parameters as a recipe has them; the file may be anybody's."""
    return dict(value) if isinstance(value, Mapping) else {}


def _plain_value(value: Any) -> Any:
    """A value as it is written down; an image by its address or the name of its file."""
    if isinstance(value, Mapping):
        return value.get("uri") or value.get("name", "")
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    # A sidecar's JSON has 8.0 where people write 8.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag_words(name: str, value: Any) -> list[str]:
    flag = "--" + name.replace("_", "-")
    if name == "extra":
        words = [f"{key}={written(item)}" for key, item in _extras(value).items()]
        return [part for word in words for part in (flag, shlex.quote(as_text(word)))]
    if isinstance(value, bool):
        return [flag if value else "--no-" + flag.removeprefix("--")]
    values = value if isinstance(value, list | tuple) else [value]
    return [word for item in values for word in (flag, shlex.quote(as_text(" ".join(str(_plain_value(item)).split()))))]


def settings(request: Mapping[str, Any]) -> list[list[str]]:
    """Label and value of what a recipe says, prompt and model left out."""
    shown = []
    for name, value in _given_parameters(request):
        if name == "extra":
            shown += [[key, value_text(item)] for key, item in _extras(value).items()]
        elif name in BY_NAME:
            param = BY_NAME[name]
            plain = _plain_value(value)
            text = {True: "on", False: "off"}[plain] if isinstance(plain, bool) else _joined_text(plain)
            shown.append([param.label, f"{text} {param.unit}".strip()])
    return shown


def _joined_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
