"""Programs that serve notebooks: started, waited for, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_NOTIFICATIONS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"

# Ten a second.
_LOOKS = 3000


@dataclass
class Lab:
    """A running Jupyter server: its address, and the folder it shows."""

    url: str
    token: str
    root: Path


def free_port() -> int:
    """A port that nobody listens on, for programs that cannot choose one by themselves."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(
    module: str, *arguments: str, folder: Path, environment: Mapping[str, str], python: str | Path = sys.executable
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of an environment, with what it says in ``server.log`` beside the folder it runs in."""
    with folder.with_name("server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(python), "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "VEO_WIDGETS_HOME": str(folder.with_name("home")), **environment},
            cwd=folder,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(600)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_alive(process: subprocess.Popen[bytes], folder: Path) -> Iterator[None]:
    """Turns to look whether a program answers by now; what it has said is the error if it has ended instead."""
    for _ in range(_LOOKS):
        if process.poll() is not None:
            break
        yield
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    raise AssertionError(folder.with_name("server.log").read_text()[-3000:])


def answers(url: str) -> bool:
    """Whether there is a page at this address."""
    try:
        urllib.request.urlopen(url, timeout=600).close()
    except OSError:
        return False
    return True


def listens(url: str) -> bool:
    """Whether somebody answers at this address, if only by refusing whoever brings no key."""
    try:
        urllib.request.urlopen(url, timeout=600).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def serving(
    module: str,
    *arguments: str,
    folder: Path,
    url: str,
    environment: Mapping[str, str] | None = None,
    python: str | Path = sys.executable,
) -> Iterator[str]:
    """Run a program until the block ends, which begins when it answers at `url`."""
    with running(module, *arguments, folder=folder, environment=environment or {}, python=python) as process:
        for _ in until_alive(process, folder):
            if answers(url):
                break
        yield url


def _note(process: subprocess.Popen[bytes], folder: Path) -> dict[str, str]:
    """The note that a Jupyter server leaves once it listens."""
    for _ in until_alive(process, folder):
        for note in folder.with_name("runtime").glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError):
                found: dict[str, str] = json.loads(note.read_text())
                if answers(found["url"] + "api"):
                    return found
    raise AssertionError


def own_places(folder: Path) -> dict[str, str]:
    """Where Jupyter keeps its things, beside this folder instead of in the user's home."""
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return {name: str(folder.with_name(place)) for name, place in names.items()}


def without_news(settings: Path) -> None:
    """Have JupyterLab ask nobody whether it should tell news, which would cover a part of the page."""
    path = settings / _NOTIFICATIONS
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))


@contextmanager
def jupyter(root: Path, **more: str) -> Iterator[Lab]:
    """A Jupyter server that shows notebooks in JupyterLab, and in Notebook 7. `more` goes into its environment."""
    without_news(root.parent / "settings")
    token = secrets.token_hex(16)
    arguments = (
        *("lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
        *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
        f"--ServerApp.root_dir={root}",
    )
    environment = {"JUPYTER_TOKEN": token, **own_places(root), **more}
    with running("jupyter", *arguments, folder=root, environment=environment) as process:
        yield Lab(_note(process, root)["url"], token, root)
