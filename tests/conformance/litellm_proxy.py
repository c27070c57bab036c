"""A real LiteLLM proxy in a process of its own, whose upstream is the emulator."""

from __future__ import annotations

import re
from pathlib import Path

from veo_widgets.emulator import Emulator, Entry

from .listening_process import ListeningProcess

CONFIG = Path(__file__).with_name("litellm.yaml")
MASTER_KEY = "sk-conformance"
_START_SECONDS = 600
_ADDRESS = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")


class LiteLLMProxy(ListeningProcess):
    """The proxy; a context manager.

    Args:
        python: of the environment with LiteLLM.
        environment: the variables that its configuration names, and those of every client.
        config: its models.

    Attributes:
        key: its master key.
    """

    key = MASTER_KEY

    def __init__(self, python: Path, environment: dict[str, str], config: Path = CONFIG) -> None:
        # Port 0 lets the system choose, and uvicorn prints which one it was.
        command = [str(python), "-m", "litellm.proxy.proxy_cli", "--config", str(config)]
        command += ["--host", "127.0.0.1", "--port", "0", "--telemetry", "False"]
        super().__init__(command, {**environment, "LITELLM_MASTER_KEY": MASTER_KEY}, "The proxy", _START_SECONDS)

    def found_in(self, line: str) -> str:
        """Its address."""
        address = _ADDRESS.search(line)
        return address[1] if address else ""


def asked(emulator: Emulator) -> list[Entry]:
    """What reached the service, but for what the proxy asks by itself at some moment: which models there are."""
    return [entry for entry in emulator.journal() if entry.kind != "models"]
