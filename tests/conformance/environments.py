"""Virtual environments for what the tests run beside us: one each, so that their versions do not fight."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"
FOLDER = Path(sys.prefix) / "conformance"
_NODE = Path(__file__).parents[2] / "js" / "hatch_build.py"
_STAMP = "complete"


def python_of(name: str, requirements: Path = REQUIREMENTS, base: Path | None = None) -> Path:
    """The interpreter of the environment for ``<name>.txt`` in the folder `requirements`, built on first use.

    It lies inside the environment that runs the tests, so that throwing that one away throws away these too.

    Args:
        name: of the list.
        requirements: the folder with the list, and with that of what it came to, in ``resolved``.
        base: the Python that it is an environment of; default is the one that runs the tests.
    """
    wanted = (requirements / f"{name}.txt").read_bytes() + (requirements / "resolved" / f"{name}.txt").read_bytes()
    folder = FOLDER / f"{name}-{_mark(wanted + str(base or '').encode())}"
    with built_once(folder) as missing:
        if missing:
            _build(folder, requirements / f"{name}.txt", base or Path(sys.executable))
    return folder / "bin" / "python"


def _mark(wanted: bytes) -> str:
    return hashlib.sha256(wanted + sys.version.encode()).hexdigest()[:12]


@contextmanager
def built_once(folder: Path) -> Iterator[bool]:
    """Says whether the folder is still to be filled; if the block does so without an error, it is not asked again."""
    folder.parent.mkdir(exist_ok=True)
    with _locked(folder.with_name(f"{folder.name}.lock")):
        missing = not (folder / _STAMP).exists()
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
        yield missing
        (folder / _STAMP).touch()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # The system lets go of the lock when its process dies, so that a killed run blocks nobody.
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folder: Path, requirements: Path, base: Path) -> None:
    run(str(base), "-m", "venv", "--without-pip", str(folder))
    install(folder / "bin" / "python", "--requirement", str(requirements))


def install(python: Path, *wanted: str) -> None:
    """Install packages for that interpreter, which needs no pip of its own.

    Args:
        python: the interpreter.
        wanted: packages and options that uv and pip share.
    """
    uv = str(Path(sys.executable).with_name("uv"))
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--prefer-binary")
    try:
        run(uv, "pip", "install", "--quiet", "--python", str(python), *wanted)
    except RuntimeError:
        # uv does not read pip's settings, which may name another index.
        run(*pip, "--disable-pip-version-check", *wanted)


def run(*command: str, folder: Path | None = None, **more: str) -> str:
    """What a program prints; it must succeed."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(
        command,
        env={**inherited, **more},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def overlay(requirement: str) -> Path:
    """A folder with one package of another version, to be put before this environment's own; built on first use.

    Args:
        requirement: such as ``ipykernel==6.31.0``; what it needs is taken from this environment.
    """
    return _filled(requirement.replace("==", "-"), requirement)


def layer_of(name: str, requirements: Path) -> Path:
    """A folder with all that ``<name>.txt`` in `requirements` lists, to be put before this environment's own.

    The list is complete: what it does not name is taken from this environment. Built on first use.
    """
    wanted = requirements / f"{name}.txt"
    return _filled(f"{name}-{_mark(wanted.read_bytes())}", "--requirement", str(wanted))


def _filled(name: str, *wanted: str) -> Path:
    folder = FOLDER / name
    with built_once(folder) as missing:
        if missing:
            install(Path(sys.executable), "--no-deps", "--target", str(folder), *wanted)
    return folder


def node_modules_of(name: str, requirements: Path) -> Path:
    """The ``node_modules`` that ``<name>/package-lock.json`` in `requirements` asks for, built on first use."""
    wanted = requirements / name
    lock = wanted / "package-lock.json"
    folder = FOLDER / f"{name}-{_mark(lock.read_bytes())}"
    with built_once(folder) as missing:
        if missing:
            shutil.copytree(wanted, folder)
            path = f"{node_path()}{os.pathsep}{os.environ['PATH']}"
            run("npm", "ci", "--no-audit", "--no-fund", folder=folder, PATH=path)
    return folder / "node_modules"


def node_path() -> str:
    """What is to be put before ``PATH`` to have ``node`` and ``npm``."""
    found = subprocess.run([sys.executable, str(_NODE), "node-path"], capture_output=True, text=True, check=True)
    return found.stdout.strip()
