"""A real LiteLLM proxy in a process of its own, with no database, whose upstream is the emulator."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
from pathlib import Path
from typing import Self

from veo_widgets.emulator import Emulator, Entry

CONFIG = Path(__file__).with_name("litellm.yaml")
MASTER_KEY = "sk-conformance"
_START_SECONDS = 90
_STOP_SECONDS = 20
_ADDRESS = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")


class LiteLLMProxy:
    """The proxy; a context manager.

    Attributes:
        base_url: its address, such as ``http://127.0.0.1:40123``, once it runs.
        key: its master key.
        log: what it has printed so far, line by line.
    """

    def __init__(self, python: Path, environment: dict[str, str]) -> None:
        self.base_url = ""
        self.key = MASTER_KEY
        self.log: list[str] = []
        self._python = python
        self._environment = {**environment, "LITELLM_MASTER_KEY": MASTER_KEY}
        self._found: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Self:
        # Port 0 lets the system choose, and uvicorn prints which one it was.
        command = [str(self._python), "-m", "litellm.proxy.proxy_cli", "--config", str(CONFIG)]
        self._process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", "0", "--telemetry", "False"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.base_url = self._found.get(timeout=_START_SECONDS)
        except queue.Empty:
            self.__exit__()
        if not self.base_url:
            raise RuntimeError("The proxy does not listen:\n" + "\n".join(self.log))
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
        # Somebody has to empty the pipe, or the proxy would stop when it is full.
        with self._process.stdout as lines:
            for line in lines:
                self.log.append(line.rstrip())
                if address := _ADDRESS.search(line):
                    self._found.put(address[1])
        self._found.put("")


def asked(emulator: Emulator) -> list[Entry]:
    """What reached the service, but for what the proxy asks by itself at some moment: which models there are."""
    return [entry for entry in emulator.journal() if entry.kind != "models"]
