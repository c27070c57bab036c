"""The environment, and what a ``.env`` file beside the notebook and the project's ``pyproject.toml`` add to it.

The environment beats the file, and ``VEO_DOTENV=0`` turns the file off. Only names that this package reads are taken
from it, and an address only together with its key: somebody else's folder must not direct a key of yours to them.
"""

from __future__ import annotations

import os
import re
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .errors import ConfigError
from .paths import is_there
from .project_file import project_file, read_project_file
from .providers import PROVIDERS

# What comes later in a file is no setting.
_MOST_BYTES = 65_536
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)")
_VALUE = re.compile(r"""'([^']*)'\s*(?:\#.*)?|"([^"\\]*)"\s*(?:\#.*)?|([^\s'"\#][^'"]*?)?(?:\s+\#.*|\s*)|\#.*""")
# What marks the folder of a project, beyond which no file is looked for.
_ROOTS = (".git", "pyproject.toml")
_PLAIN = ("VEO_PROVIDER", "VEO_MODEL", "VEO_EMULATOR_URL", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION")
_FLAGS = ("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")


class Surroundings(ChainMap[str, str]):
    """The environment, a ``.env`` file behind it and a ``pyproject.toml`` behind that; it shows nothing of the keys."""

    def __repr__(self) -> str:
        return "Surroundings(…)"

    @property
    def without_file(self) -> Mapping[str, str]:
        """The environment alone."""
        return self.maps[0]


def source_of(name: str, environ: Mapping[str, str]) -> str:
    """Where a variable that is set is from, for people: ``environment NAME``, ``.env NAME`` or ``pyproject.toml``."""
    layers = environ.maps if isinstance(environ, Surroundings) else [environ]
    place = next((place for place, layer in enumerate(layers) if layer.get(name)), 0)
    return ("environment {}", ".env {}", "pyproject.toml")[place].format(name)


def surroundings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Surroundings:
    """The environment as it is now, and what the nearest ``.env`` and ``pyproject.toml`` add.

    Args:
        environ: the environment; default is that of this process.
        folder: where to look first; default is the notebook's folder, or the working folder.

    Raises:
        ConfigError: a line of a file sets what is ours and cannot be read, or must not stand there.
    """
    around = Surroundings(dict(os.environ if environ is None else environ), {}, {})
    place = folder or beside(around)
    path = None if around.get("VEO_DOTENV", "").strip() == "0" else dotenv_file(place)
    shared = None if around.get("VEO_PYPROJECT", "").strip() == "0" else project_file(place)
    return Surroundings(
        around.maps[0],
        {} if path is None else _allowed(read_dotenv(path), around),
        {} if shared is None else read_project_file(shared),
    )


def notebook(environ: Mapping[str, str] = os.environ) -> str:
    """The path of the notebook this kernel runs, as Jupyter Server tells it, or an empty text."""
    name = environ.get("JPY_SESSION_NAME", "")
    return name if name.endswith(".ipynb") and Path(name).is_absolute() else ""


def beside(environ: Mapping[str, str]) -> Path:
    """The notebook's folder, or the working folder.

    Raises:
        ConfigError: that is gone.
    """
    if notebook(environ):
        return Path(notebook(environ)).parent
    try:
        return Path.cwd()
    except OSError:
        raise ConfigError(
            "The working folder is gone or may not be entered. Go to another with %cd, os.chdir(…) or cd."
        ) from None


def read_address(base_url: str) -> str:
    """An address as it was said, without a slash at its end; an empty one stays empty.

    Raises:
        ConfigError: it is none, or has a place where a key may be, which others would see.
    """
    try:
        parts = urlsplit(base_url)
        usable = not base_url or (parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1))
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            f"base_url: {base_url!r} is not an address; it looks like https://host or https://host:port/path."
        )
    if parts.username is not None or parts.query or parts.fragment:
        # It is shown on screen and written into the ledger.
        raise ConfigError(
            f"base_url: {parts.scheme}://{parts.hostname} is given with a user name, a query or a fragment, where "
            "others would see a key. Give the bare address, and the key as api_key."
        )
    return base_url.rstrip("/")


def dotenv_file(folder: Path) -> Path | None:
    """The nearest ``.env`` from a folder up to the root of its project; without a project, only the folder's own.

    Args:
        folder: absolute.
    """
    upward = [folder, *folder.parents]
    root = next((place for place, path in enumerate(upward) if any(is_there(path / name) for name in _ROOTS)), 0)
    return next((path / ".env" for path in upward[: root + 1] if is_there(path / ".env", Path.is_file)), None)


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of ours in a ``.env`` file. Nothing is expanded: a ``$`` is a dollar.

    Args:
        path: a file of lines such as ``NAME=value``, ``NAME='value'``, ``export NAME="value"  # why``.

    Raises:
        ConfigError: a line of ours cannot be read, and the message names it without its value.
    """
    # Only a name and a number here: what raises must have no keys among its variables.
    broken = next(((number, name) for number, name, value in _lines(path) if value is None), None)
    if broken is not None:
        raise ConfigError(
            f"{path}, line {broken[0]}: the value of {broken[1]} cannot be read; put it between single quotes, "
            "or turn the file off with VEO_DOTENV=0."
        )
    return {name: value for _, name, value in _lines(path) if value is not None}


def _lines(path: Path) -> list[tuple[int, str, str | None]]:
    """Number, name and value of each line of ours; None for a value that cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        # Somebody else's, and as good as none.
        return []
    ours = _names()
    found = [(number, _LINE.fullmatch(line.strip())) for number, line in enumerate(text.splitlines(), 1)]
    return [(number, line[1], _value(line[2])) for number, line in found if line is not None and line[1] in ours]


def _value(text: str) -> str | None:
    found = _VALUE.fullmatch(text)
    return None if found is None else next((group for group in found.groups() if group is not None), "")


def _names() -> set[str]:
    every = [*_PLAIN, *_FLAGS]
    for provider in PROVIDERS.values():
        every += [*provider.key_env, *provider.url_env, *provider.version_env]
    return set(every)


def _allowed(found: dict[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """What the file says, without the addresses that a key from elsewhere would be sent to."""
    for provider in PROVIDERS.values():
        keyed = any(found.get(name) for name in provider.key_env)
        elsewhere = any(own.get(name) for name in provider.key_env)
        if provider.auth != "none" and (provider.auth == "google" or elsewhere or not keyed):
            found = {name: value for name, value in found.items() if name not in provider.url_env}
    return found
