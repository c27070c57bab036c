"""None on its way between Python in the browser and its page: there it is Pyodide's `jsnull`.

JupyterLite's kernel makes a None ``undefined``, which messages leave out of objects, and a null `jsnull`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def to_page(value: Any) -> Any:
    """A value in which every None arrives as null."""
    return _replace_deep(value, None, _jsnull())


def from_page(value: Any) -> Any:
    """A value from the page in which every null is None."""
    return _replace_deep(value, _jsnull(), None)


def _jsnull() -> Any:
    # There is no such module elsewhere.
    return import_module("pyodide.ffi").jsnull


def _replace_deep(value: Any, old: Any, new: Any) -> Any:
    if value is old:
        return new
    if isinstance(value, dict):
        return {key: _replace_deep(item, old, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_deep(item, old, new) for item in value]
    return value
