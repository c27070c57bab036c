"""A server in a process of its own, which says in what it prints where it listens."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Self

_STOP_SECONDS = 20


class ListeningProcess:
    """A context manager; what a server is, and how it tells of itself, is a subclass's.

    Attributes:
        base_url: its address, such as ``http://127.0.0.1:40123``, once it runs.
        log: what it has printed so far, line by line.

    Args:
        command: what is run.
        environment: all its variables.
        name: what errors call it.
        patience: seconds in which it has to listen.
        said: what it reads first.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], name: str, patience: float, said: str = ""
    ) -> None:
        self.base_url = ""
        self.log: list[str] = []
        self._command, self._environment, self._name = command, environment, name
        self._patience, self._said = patience, said
        self._found: queue.Queue[Any] = queue.Queue()

    def found_in(self, line: str) -> Any:
        """What a line tells of where it listens; nothing that is true if it tells nothing."""
        raise NotImplementedError

    def listens(self, found: Any) -> None:
        """Take what a line has told."""
        self.base_url = found

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        with self._process.stdin as asked:
            asked.write(self._said)
        try:
            found = self._found.get(timeout=self._patience)
        except queue.Empty:
            found = None
        if not found:
            self.__exit__()
            raise RuntimeError(f"{self._name} does not listen:\n" + "\n".join(self.log))
        self.listens(found)
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        # Somebody has to empty the pipe, or the server would stop when it is full.
        with self._process.stdout as lines:
            for line in lines:
                self.log.append(line.rstrip())
                if found := self.found_in(line):
                    self._found.put(found)
        self._found.put(None)
