"""Starts the servers of the folder ``servers``, each in a process of its own."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from .environments import REQUIREMENTS, layer_of
from .listening_process import ListeningProcess

Json = dict[str, Any]
PROGRAMS = Path(__file__).with_name("servers")
_SIGN = "SERVING "
_START_SECONDS = 600


class ServerProcess(ListeningProcess):
    """A server; a context manager.

    Args:
        program: a file of ``servers``, such as ``real_sglang`` or ``like_openrouter``.
        folder: where it keeps its files.
        clip: the file that every prompt makes.
        said: what else the program is told; its first lines say what it can be.

    Attributes:
        bucket: the address of its bucket; empty if it has none.
    """

    def __init__(self, program: str, folder: Path, clip: Path, **said: Any) -> None:
        self.bucket = ""
        path = PROGRAMS / f"{program}.py"
        environment = {"HOME": str(folder), "PATH": "", "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore"}
        if program.startswith("real_"):
            environment["PYTHONPATH"] = str(layer_of("servers", REQUIREMENTS))
        words = json.dumps({"folder": str(folder), "clip": str(clip), **said})
        super().__init__([sys.executable, str(path)], environment, path.name, _START_SECONDS, words)

    def found_in(self, line: str) -> Any:
        """Its address and that of its bucket."""
        return json.loads(line.removeprefix(_SIGN)) if line.startswith(_SIGN) else None

    def listens(self, found: Any) -> None:
        """Take both addresses."""
        self.base_url, self.bucket = found["base_url"], found["bucket"]

    def received(self) -> list[Json]:
        """What it was asked, oldest first: ``method``, ``path``, ``authorization``, ``type``, ``fields``, ``files``."""
        return list(self._ask("/received")["requests"])

    def fetched(self) -> list[Json]:
        """What its bucket was asked: ``path`` and ``authorization``."""
        return list(self._ask("/received")["bucket"])

    def creates(self) -> list[Json]:
        """The creates among what it was asked."""
        return [one for one in self.received() if one["method"] == "POST"]

    def forget(self) -> None:
        """Let `received` and `fetched` begin anew."""
        self._ask("/forget")

    def release(self) -> None:
        """Let the prompts go on that begin with ``wait:``."""
        self._ask("/release")

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.base_url}{path}") as answer:
            return json.load(answer)
