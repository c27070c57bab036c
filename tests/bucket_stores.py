"""Stores of clips in memory: one that works, and one that fails when a test has it fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

import fsspec
from fsspec.implementations.memory import MemoryFileSystem


class Brittle(MemoryFileSystem):
    """A store in memory that refuses what it is told to refuse.

    Attributes:
        refused: endings of the names that it takes only a part of, and then breaks off.
        forbidden: whether it takes nothing at all.
        kept_from: names of what else nobody may do.
    """

    protocol = ("brittle",)
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    refused: ClassVar[set[str]] = set()
    forbidden: ClassVar[bool] = False
    kept_from: ClassVar[set[str]] = set()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return MemoryFileSystem._strip_protocol(path.replace("brittle://", "memory://", 1))

    def put_file(self, lpath: str, rpath: str, **kwargs: Any) -> None:
        if self.forbidden or any(f"{ending}." in f"{PurePosixPath(rpath).name}." for ending in self.refused):
            self.pipe_file(rpath, b"the beginning")
            raise OSError("the line to http://store.test/clip?X-Signature=abc123 broke")
        super().put_file(lpath, rpath, **kwargs)

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        if self.forbidden:
            raise PermissionError("Access Denied")
        super().pipe_file(path, value, mode=mode, **kwargs)

    def cat_file(self, path: str, *args: Any, **kwargs: Any) -> bytes:
        self._refuse("cat_file")
        return super().cat_file(path, *args, **kwargs)

    def rm_file(self, path: str) -> None:
        self._refuse("rm_file")
        super().rm_file(path)

    def _refuse(self, what: str) -> None:
        if what in self.kept_from:
            raise PermissionError("Access Denied")


fsspec.register_implementation("brittle", Brittle)


def emptied() -> Iterator[None]:
    """Both stores, empty and willing, before and after."""

    def empty() -> None:
        for store in (MemoryFileSystem, Brittle):
            store.store.clear()
            store.pseudo_dirs[:] = [""]
        Brittle.refused.clear()
        Brittle.forbidden = False
        Brittle.kept_from.clear()

    empty()
    yield
    empty()


def names_in(address: str) -> list[str]:
    """The names of all files at an address, in order."""
    fs, path = fsspec.url_to_fs(address)
    return sorted(PurePosixPath(name).name for name in fs.find(path))


def bytes_at(address: str) -> bytes:
    """What is at an address."""
    fs, path = fsspec.url_to_fs(address)
    return fs.cat_file(path)
