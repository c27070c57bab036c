"""The user's data folder: the ledger, models of one's own, and a newer catalog are kept there."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from platformdirs import user_data_dir

from ..domain import catalog
from ..domain.catalog import Catalog, EntryError, Model
from ..domain.errors import ConfigError, InvalidRequestError
from ..domain.paths import absolute, fixed
from ..domain.redaction import know
from ..domain.secret import Secret
from ..storage.ledger.ledger_place import LedgerPlace

MODELS, CATALOG, LEDGER = "models.toml", "catalog.json", "ledger.sqlite3"
_URL = "VEO_LEDGER_URL"
_SUCH_AS = "such as postgresql://user:password@host/database"
# Two letters at least: a drive of Windows has one. And what has a password in it without being a whole address.
_LIKE_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:/|^[^/\\]+:[^/\\]*@|\bpassword=")


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the ledger: ``VEO_WIDGETS_HOME``, or the user's data folder.

    Raises:
        ConfigError: it begins with a home folder that nobody knows.
    """
    if said := environ.get("VEO_WIDGETS_HOME", ""):
        return fixed(said, "VEO_WIDGETS_HOME")
    try:
        return absolute(user_data_dir("veo_widgets", appauthor=False))
    except (RuntimeError, ConfigError):
        raise ConfigError(
            "The ledger is kept in a home folder, and there is none. Set VEO_WIDGETS_HOME to the whole path of a "
            "folder that can be written."
        ) from None


def ledger_place(folder: Path, environ: Mapping[str, str] = os.environ) -> LedgerPlace:
    """Where the ledger is: the server that ``VEO_LEDGER_URL`` names, or a file in the data folder.

    Read from the environment alone: a file that came with a project must not say who gets your prompts.

    Args:
        folder: the data folder.
        environ: the environment.

    Raises:
        ConfigError: it is no address of a PostgreSQL server.
    """
    # Sealed first: what raises from here on may show its variables.
    url = Secret(environ.get(_URL, ""), f"environment {_URL}")
    if not url:
        return LedgerPlace(folder / LEDGER)
    if wrong := _wrong_address(url):
        raise ConfigError(f"{_URL}: {wrong}, or unset it for a file in your data folder.")
    return LedgerPlace(folder / LEDGER, url)


def place_of(said: str, name: str, environ: Mapping[str, str] = os.environ) -> LedgerPlace:
    """The ledger that somebody names.

    Args:
        said: a file, the address of a PostgreSQL server, or ``default``, the ledger that is in use.
        name: the parameter.
        environ: the environment.

    Raises:
        ConfigError: there is no data folder, or no such home folder.
        InvalidRequestError: it is the address of something else.
    """
    if said == "default":
        return ledger_place(home(environ), environ)
    if not said.strip():
        raise InvalidRequestError(f"{name}: it is empty; give a file, or an address {_SUCH_AS}.", parameter=name)
    if not _LIKE_ADDRESS.search(said) or said.lower().startswith("file://"):
        return LedgerPlace(absolute(said, name))
    url = Secret(said, name)
    if wrong := _wrong_address(url):
        raise InvalidRequestError(f"{name}: {wrong}, or a file.", parameter=name)
    return LedgerPlace(home(environ) / LEDGER, url)


def _wrong_address(url: Secret) -> str:
    """What is wrong with a server's address, without what may be a password; empty of one that can be used."""
    scheme, _, rest = url.reveal().partition("://")
    if scheme not in {"postgresql", "postgres"} or not rest:
        # What stands before may be a password, if something was left out.
        said = f"{scheme[:20]}://…" if rest else "this"
        return f"{said} is not the address of a PostgreSQL server; give one {_SUCH_AS}"
    with suppress(ValueError):
        parts = urlsplit(url.reveal())
        for password in (parts.password or "", *parse_qs(parts.query).get("password", ())):
            know(unquote(password))
    return ""


def user_models(path: Path) -> tuple[Model, ...]:
    """The models that the user has described in ``models.toml``; none if it cannot be opened.

    Raises:
        ConfigError: a field is wrong, or it is no TOML.
    """
    try:
        return catalog.models_in(path)
    except OSError:
        return ()
    except EntryError as error:
        raise ConfigError(str(error)) from None
    except ValueError:
        raise ConfigError(f"{path}: it is not TOML that can be read; mend it, or move it away.") from None


def kept_catalog(path: Path) -> Catalog | None:
    """The newer catalog that ``veo catalog update`` has kept; None if there is none that can be read."""
    try:
        return catalog.read(path.read_bytes(), str(path))
    except OSError:
        return None
    except ValueError as error:
        # It was checked when it was kept, so it was damaged since: the shipped one is better than none.
        warnings.warn(f"The shipped catalog is used: {error} `veo catalog reset` removes it.", stacklevel=2)
        return None
