"""Modules in the place of torch and other packages that a server imports and a test has no use for.

They give a class for every name. Such a class takes any arguments, is a decorator that changes nothing, a context
manager, false, empty, and to pydantic any value.
"""

from __future__ import annotations

import abc
import importlib
import importlib.machinery
import sys
import types
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import core_schema


class _Anything(abc.ABCMeta):
    """The class of a stand-in's classes, which have every attribute."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **_: Any) -> _Anything:
        return super().__new__(cls, name, bases, body)

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, body)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _class(f"{cls.__name__}.{name}")

    def __or__(cls, _: object) -> Any:
        return cls

    def __ror__(cls, _: object) -> Any:
        return cls

    def __getitem__(cls, _: object) -> Any:
        return cls

    def __iter__(cls) -> Any:
        return iter(())


class _Standin:
    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __call__(self, *given: Any, **_: Any) -> Any:
        return given[0] if given and callable(given[0]) else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _class(name)()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def _class(name: str) -> Any:
    body = {
        **{key: value for key, value in vars(_Standin).items() if callable(value)},
        "__init_subclass__": classmethod(lambda _cls, **_: None),
        "__get_pydantic_core_schema__": classmethod(lambda *_: core_schema.any_schema()),
    }
    return _Anything(name, (), body)


class _Module(types.ModuleType):
    __path__: Sequence[str] = []
    __version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _class(name)
        setattr(self, name, made)
        return made


class Finder:
    """Finds stand-ins for modules.

    Args:
        names: modules, each with all that is below it.
        but: modules among those that are the real ones.
    """

    def __init__(self, names: Iterable[str], but: Iterable[str] = ()) -> None:
        self._names, self._but = tuple(names), tuple(but)

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """A stand-in's, if the module is one of those."""
        if _is_in(name, self._names) and not _is_in(name, self._but):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An empty one."""
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is to be run."""


def _is_in(name: str, names: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in names)


def install(names: Iterable[str], *, but: Iterable[str] = (), hollow: Iterable[str] = ()) -> None:
    """Put stand-ins in the place of modules.

    Args:
        names: of the modules.
        but: modules below them that stay the real ones.
        hollow: packages whose ``__init__`` is not run; what lies in them can be imported.
    """
    for name in hollow:
        found = [str(folder) for place in sys.path if (folder := Path(place, *name.split("."))).is_dir()]
        package = types.ModuleType(name)
        package.__path__ = found
        sys.modules[name] = package
    sys.meta_path.insert(0, Finder(names, but))  # type: ignore[arg-type]


def give(module: str, **values: Any) -> None:
    """Put values into a module, which may be a stand-in.

    Args:
        module: its name.
        values: what its names are from now on.
    """
    vars(importlib.import_module(module)).update(values)
