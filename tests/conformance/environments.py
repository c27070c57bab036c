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
_STAMP = "complete"


def python_of(name: str, requirements: Path = REQUIREMENTS) -> Path:
    """The interpreter of the environment for ``<name>.txt`` in the folder `requirements`, built on first use.

    It lies inside the environment that runs the tests, so that throwing that one away throws away these too.
    """
    wanted = (requirements / f"{name}.txt").read_bytes() + (requirements / "resolved" / f"{name}.txt").read_bytes()
    mark = hashlib.sha256(wanted + sys.version.encode()).hexdigest()[:12]
    folder = Path(sys.prefix) / "conformance" / f"{name}-{mark}"
    folder.parent.mkdir(exist_ok=True)
    with _locked(folder.with_name(f"{folder.name}.lock")):
        if not (folder / _STAMP).exists():
            _build(folder, requirements / f"{name}.txt")
    return folder / "bin" / "python"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # The system lets go of the lock when its process dies, so that a killed run blocks nobody.
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folder: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    # This environment's pip fills the others, which saves each of them a pip of its own.
    _run("venv", "--without-pip", str(folder))
    options = ("--quiet", "--disable-pip-version-check", "--prefer-binary")
    _run("pip", "--python", str(folder / "bin" / "python"), "install", *options, "--requirement", str(requirements))
    (folder / _STAMP).touch()


def _run(module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", module, *arguments]
    inherited = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(command, env=inherited, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


def overlay(requirement: str) -> Path:
    """A folder with one package of another version, to be put before this environment's own; built on first use.

    Args:
        requirement: such as ``ipykernel==6.31.0``; what it needs is taken from this environment.
    """
    folder = Path(sys.prefix) / "conformance" / requirement.replace("==", "-")
    folder.parent.mkdir(exist_ok=True)
    with _locked(folder.with_name(f"{folder.name}.lock")):
        if not (folder / _STAMP).exists():
            shutil.rmtree(folder, ignore_errors=True)
            options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--target", str(folder))
            _run("pip", "install", *options, requirement)
            (folder / _STAMP).touch()
    return folder
