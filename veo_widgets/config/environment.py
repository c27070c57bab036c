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
from typing import NamedTuple
from urllib.parse import urlsplit

from ..domain import catalog
from ..domain.catalog import Catalog, Layer, Model
from ..domain.errors import ConfigError
from ..domain.paths import is_there
from ..providers.registry import PROVIDERS, provider_named
from .data_folder import CATALOG, MODELS, home, kept_catalog, user_models
from .project_file import project_file, project_models, read_project_file

# What comes later in a file is no setting.
_MOST_BYTES = 65_536
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)")
_VALUE = re.compile(r"""'([^']*)'\s*(?:\#.*)?|"([^"\\]*)"\s*(?:\#.*)?|([^\s'"\#][^'"]*?)?(?:\s+\#.*|\s*)|\#.*""")
# What marks the folder of a project, beyond which no file is looked for.
_ROOTS = (".git", "pyproject.toml")
_PLAIN = (
    "VEO_PROVIDER", "VEO_MODEL", "VEO_PRICE", "VEO_PROJECT", "VEO_EMULATOR_URL", "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_CLOUD_LOCATION",
)  # fmt: skip
_FLAGS = ("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")


class Environment(ChainMap[str, str]):
    """The environment, a ``.env`` file behind it and a ``pyproject.toml`` behind that; it shows nothing of the keys."""

    # The files that were read, and how they were then.
    _files: tuple[_File, ...] = ()
    # What they say of models.
    _described: Mapping[Layer, tuple[Model, ...]] = {}
    _catalog: Catalog | None = None

    def __repr__(self) -> str:
        return "Environment(…)"

    def is_current(self) -> bool:
        """Whether this process's environment is still the same, and so are its files: where they are, size and time.

        Files are looked at and not read.

        Raises:
            ConfigError: the working folder is gone.
        """
        return self.maps[0] == dict(os.environ) and self._files == _files(self.maps[0], beside(self.maps[0]))

    def bring_models(self) -> None:
        """Have the models of the project and of the user, and the user's newer catalog, count in this process."""
        for layer, models in self._described.items():
            catalog.describe(layer, models)
        catalog.use(self._catalog)

    @property
    def without_file(self) -> Mapping[str, str]:
        """The environment alone."""
        return self.maps[0]


def source_of(name: str, environ: Mapping[str, str]) -> str:
    """Where a variable that is set is from, for people: ``environment NAME``, ``.env NAME`` or ``pyproject.toml``."""
    layers = environ.maps if isinstance(environ, Environment) else [environ]
    place = next((place for place, layer in enumerate(layers) if layer.get(name)), 0)
    return ("environment {}", ".env {}", "pyproject.toml")[place].format(name)


def read_environment(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Environment:
    """The environment as it is now, and what the nearest ``.env`` and ``pyproject.toml`` add.

    Args:
        environ: the environment; default is that of this process.
        folder: where to look first; default is the notebook's folder, or the working folder.

    Raises:
        ConfigError: a line of a file sets what is ours and cannot be read, or must not stand there.
    """
    alone = Environment(dict(os.environ if environ is None else environ), {}, {})
    # Before they are read: what is written meanwhile is a change.
    files = _files(alone, folder or beside(alone))
    path, shared, described, newer = (file.path for file in files)
    whole = Environment(
        alone.maps[0],
        {} if path is None else _without_addresses_of_others(read_dotenv(path), alone),
        {} if shared is None else read_project_file(shared),
    )
    whole._files = files  # noqa: SLF001 (its maker)
    whole._described = {  # noqa: SLF001
        "project": () if shared is None else tuple(map(_shared, _placed(project_models(shared)))),
        "user": () if described is None else _placed(user_models(described)),
    }
    whole._catalog = None if newer is None else kept_catalog(newer)  # noqa: SLF001
    whole.bring_models()
    return whole


class _File(NamedTuple):
    """A file that settings may be in, and what changes whenever it is written anew."""

    path: Path | None
    state: tuple[int, ...] = ()


def _files(environ: Mapping[str, str], folder: Path) -> tuple[_File, ...]:
    """The ``.env`` and the ``pyproject.toml`` that count, and what the user keeps of models."""
    finders = (("VEO_DOTENV", dotenv_file), ("VEO_PYPROJECT", project_file))
    found = [
        _File(None) if environ.get(switch, "").strip() == "0" else _state_of(find(folder)) for switch, find in finders
    ]
    return (*found, *_kept_files(environ))


def _placed(models: tuple[Model, ...]) -> tuple[Model, ...]:
    """Models, if there are the providers that they name."""
    for model in models:
        try:
            _ = model.provider and provider_named(model.provider)
        except ConfigError as error:
            raise ConfigError(f"{model.origin}: model {model.id!r}: {error}") from None
    return models


def _shared(model: Model) -> Model:
    """A model of a project's file, which must not say what costs nothing where a key of yours pays."""
    provider = provider_named(model.provider) if model.provider else None
    if model.has_price and (provider is None or provider.keyless != "always"):
        whose = f"{provider.label} is paid with your key" if provider else "it names no provider of your own"
        raise ConfigError(
            f"{model.origin}: model {model.id!r}: price: {whose}, and a file that came with a project must not say "
            "what that costs. Describe it in your own models.toml, or by veo.add_model(…)."
        )
    return model


def _kept_files(environ: Mapping[str, str]) -> tuple[_File, ...]:
    try:
        folder = home(environ)
    except ConfigError:
        # Without a data folder there is no ledger either, which is told where one is needed.
        return (_File(None), _File(None))
    found = (_state_of(folder / name) for name in (MODELS, CATALOG))
    return tuple(file if file.state else _File(None) for file in found)


def _state_of(path: Path | None) -> _File:
    try:
        found = path.stat() if path else None
    except OSError:
        found = None
    return _File(path, (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns) if found else ())


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
    # What raises must have no keys among its variables: where a line is broken, `found` is empty.
    broken, found = _read_lines(path)
    if broken is not None:
        raise ConfigError(
            f"{path}, line {broken[0]}: the value of {broken[1]} cannot be read; put it between single quotes, "
            "or turn the file off with VEO_DOTENV=0."
        )
    return found


def _read_lines(path: Path) -> tuple[tuple[int, str] | None, dict[str, str]]:
    """Number and name of the first line of ours that cannot be read, if there is one; else the variables of ours."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        # Somebody else's, and as good as none.
        return None, {}
    ours = _variables_read()
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        read = _LINE.fullmatch(line.strip())
        if read is None or read[1] not in ours:
            continue
        value = _value(read[2])
        if value is None:
            return (number, read[1]), {}
        found[read[1]] = value
    return None, found


def _value(text: str) -> str | None:
    found = _VALUE.fullmatch(text)
    return None if found is None else next((group for group in found.groups() if group is not None), "")


def _variables_read() -> set[str]:
    every = [*_PLAIN, *_FLAGS]
    for provider in PROVIDERS.values():
        every += [*provider.key_env, *provider.url_env, *provider.version_env]
    return set(every)


def _without_addresses_of_others(found: dict[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """What the file says, without the addresses that a key from elsewhere would be sent to."""
    for provider in PROVIDERS.values():
        keyed = any(found.get(name) for name in provider.key_env)
        elsewhere = any(own.get(name) for name in provider.key_env)
        # Where no key is needed none goes along either, unless one is set elsewhere.
        lacking = elsewhere or not (keyed or provider.keyless == "always")
        if provider.auth != "none" and (provider.auth == "google" or lacking):
            found = {name: value for name, value in found.items() if name not in provider.url_env}
    return found
