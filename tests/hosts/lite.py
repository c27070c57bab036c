"""JupyterLite with this package in it, from what the registries have: a folder that any web server can serve."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

from ..conformance.environments import python_of

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements"
# The one that this jupyterlite-pyodide-kernel is made for, and its Python.
PYODIDE, PYTHON = "314.0.6", "3.14"
_CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")


def _run(*words: str | Path, folder: Path) -> str:
    done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def site(folder: Path, wheel: Path) -> Path:
    """Make a site in `folder`, whose kernel finds this package's wheel with ``%pip install veo-widgets``."""
    python = python_of("kernels", REQUIREMENTS)
    settings = {"@jupyterlite/pyodide-kernel-extension:kernel": {"pyodideUrl": "./static/pyodide/pyodide.mjs"}}
    told = {"exposeAppInBrowser": True, "litePluginSettings": settings}
    (folder / "jupyter-lite.json").write_text(
        json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": told})
    )
    arguments = ("lite", "build", "--output-dir", "out", "--piplite-wheels", str(wheel))
    _run(python.with_name("jupyter"), *arguments, folder=folder)
    _add_pyodide(folder / "out" / "static" / "pyodide", folder)
    return folder / "out"


def _add_pyodide(place: Path, folder: Path) -> None:
    """Pyodide's core from npm and pure wheels from PyPI, listed as its own distribution lists them."""
    place.mkdir(parents=True)
    node = _run(sys.executable, HERE.parents[1] / "js" / "hatch_build.py", "node-path", folder=folder).strip()
    npm = shutil.which("npm", path=node) or shutil.which("npm")
    assert npm is not None
    _run(npm, "pack", "--silent", f"pyodide@{PYODIDE}", folder=folder)
    shutil.unpack_archive(folder / f"pyodide-{PYODIDE}.tgz", folder)
    for name in _CORE:
        shutil.copy(folder / "package" / name, place)
    options = ("--quiet", "--no-deps", "--only-binary=:all:", f"--python-version={PYTHON}", "--platform=any")
    kind = ("--implementation=py", "--abi=none", f"--requirement={REQUIREMENTS / 'lite.txt'}")
    _run(sys.executable, "-m", "pip", "download", *options, *kind, f"--dest={place}", folder=folder)
    lock = json.loads((folder / "package" / "pyodide-lock.json").read_text("utf-8"))
    entries = [_entry(path) for path in sorted(place.glob("*.whl"))]
    names = {entry["name"] for entry in entries}
    for entry in entries:
        entry["depends"] = sorted(names.intersection(entry["depends"]))
    lock["packages"] = {entry["name"]: entry for entry in entries}
    (place / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def _entry(wheel: Path) -> dict[str, Any]:
    """What a list of Pyodide's says about a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
        told = Parser().parsestr(
            archive.read(next(name for name in files if name.endswith("/METADATA"))).decode("utf-8")
        )
    needed = [line for line in told.get_all("Requires-Dist", []) if "extra" not in line.partition(";")[2]]
    return {
        "name": _plain(told["Name"]),
        "version": told["Version"],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted({name.split("/")[0].removesuffix(".py") for name in files if name.endswith(".py")}),
        "depends": [_plain(found[0]) for line in needed if (found := re.match(r"[\w.-]+", line))],
        "unvendored_tests": False,
    }


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
