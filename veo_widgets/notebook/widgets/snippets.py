"""A request as code that makes it again: a call of `veo_widgets.submit`, or a cell of ``%%veo``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ..params import BY_NAME
from ..templates import as_body, as_text


def python(request: Mapping[str, Any], provider: str = "") -> str:
    """A request as a call in Python.

    Args:
        request: parameters by name, as a clip's recipe has them; images are named by their files.
        provider: its name, if it is known.
    """
    lines = [repr(str(request.get("prompt", "")))]
    lines += [f"provider={provider!r}"] if provider else []
    lines += [f"{name}={_literal(value)!r}" for name, value in _said(request)]
    return "veo.submit(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def magic(request: Mapping[str, Any], provider: str = "") -> str:
    """A request as a notebook cell; arguments as for `python`."""
    words = ["%%veo", *(("--provider", provider) if provider else ())]
    for name, value in _said(request):
        words += _flags(name, value)
    return f"{' '.join(words)}\n{as_body(str(request.get('prompt', '')))}"


def _said(request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    known = ("model", *BY_NAME, "allow_retired")
    return ((name, request[name]) for name in known if name != "prompt" and name in request)


def _literal(value: Any) -> Any:
    """A value as it is written down; an image by its address or the name of its file."""
    if isinstance(value, Mapping):
        return value.get("uri") or value.get("name", "")
    if isinstance(value, list | tuple):
        return [_literal(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flags(name: str, value: Any) -> list[str]:
    flag = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        return [flag if value else "--no-" + flag.removeprefix("--")]
    values = value if isinstance(value, list | tuple) else [value]
    return [word for item in values for word in (flag, shlex.quote(as_text(" ".join(str(_literal(item)).split()))))]


def settings(request: Mapping[str, Any]) -> list[list[str]]:
    """Label and value of what a recipe says, prompt and model left out."""
    shown = []
    for name, value in _said(request):
        if name in BY_NAME:
            param = BY_NAME[name]
            plain = _literal(value)
            text = {True: "on", False: "off"}[plain] if isinstance(plain, bool) else _text(plain)
            shown.append([param.label, f"{text} {param.unit}".strip()])
    return shown


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
