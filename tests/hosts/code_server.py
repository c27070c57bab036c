"""VS Code as a server, as the package ``code-server`` has it: the same program, shown in a page."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..conformance.environments import node_modules_of
from ..e2e.servers import until_alive

_REQUIREMENTS = Path(__file__).parent / "requirements"
_SETTINGS = {
    "chat.disableAIFeatures": True,
    "extensions.autoCheckUpdates": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "workbench.editorAssociations": {"*.ipynb": "jupyter-notebook"},
    "workbench.startupEditor": "none",
}


@contextmanager
def vscode(folder: Path, shown: Path) -> Iterator[str]:
    """Run VS Code with the extensions it comes with until the block ends; gives the address of a folder's window.

    Args:
        folder: a new one for all that it keeps.
        shown: the folder that it opens.
    """
    modules = node_modules_of("code_server", _REQUIREMENTS)
    program = modules / "code-server"
    # Where VS Code's own part looks for what its page loads. npm would build all of it, by a compiler.
    beside = program / "lib" / "vscode" / "node_modules"
    if not beside.exists():
        beside.symlink_to(modules)
    (settings := folder / "data" / "User").mkdir(parents=True)
    (settings / "settings.json").write_text(json.dumps(_SETTINGS))
    (node,) = modules.glob("node-linux-*/bin/node")
    places = {
        "config": folder / "config.yaml",
        "user-data-dir": folder / "data",
        "extensions-dir": folder / "extensions",
    }
    without = ("--auth=none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust")
    command = [node, program / "out" / "node" / "entry.js", "--bind-addr=127.0.0.1:0", *without]
    command += [f"--{name}={place}" for name, place in places.items()]
    # No gallery of extensions, which is elsewhere.
    environment = {**os.environ, "EXTENSIONS_GALLERY": "{}"}
    log = folder / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment
        )
    try:
        for _ in until_alive(process, folder / "data"):
            if listens := re.search(r"listening on (http://127\.0\.0\.1:\d+/)", log.read_text()):
                break
        yield f"{listens[1]}?folder={shown}"
    finally:
        process.terminate()
        try:
            process.wait(600)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
