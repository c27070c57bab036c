"""Models of one's own, and a newer catalog: ``veo.add_model`` and ``veo.catalog``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from ..client.catalog_notices import age
from ..config.data_folder import CATALOG, MODELS
from ..config.settings import home
from ..domain import catalog as catalogs
from ..domain.arguments import NAME, SWITCH, accepts
from ..domain.catalog import Catalog, EntryError, Model
from ..domain.catalog_changes import changes
from ..domain.errors import DownloadError, InvalidRequestError, VeoError, nearest
from ..domain.paths import expanded, written_whole
from ..domain.tables import Table
from ..providers.model_table import own_table
from ..providers.registry import provider_named
from .functions import client

_CALL = "veo.add_model(…)"
_ACTIONS = ("update", "reset")
_COLUMNS = ("model", "surface", "change")


@accepts(id=NAME, save=SWITCH)
def add_model(id: str, *, save: bool = False, **fields: Any) -> Table:  # noqa: A002 (the catalog's name for it)
    """Describe a model of your own, so that its limits, sizes, parameters and price are known.

    ```python
    veo.add_model("Wan-AI/Wan2.2-T2V-A14B", provider="sglang", price=0, sizes=["832x480"], durations_s=[3, 5])
    ```

    It counts until the kernel ends, before a model of the same name in ``pyproject.toml``, in your own ``models.toml``,
    in another package, or in the catalog. The catalog's entry for another provider stays as it is.

    Args:
        id: the model's name at the server; it may hold slashes.
        save: also keep it in your own ``models.toml``, for every program.
        fields: what is known of it: ``provider`` (default: every gateway), ``price`` (0, ``{"per_second": 0.05}`` or
            ``{"per_clip": 0.4}``, in US dollars), ``sizes``, ``durations_s``, ``fps``, ``typical_seconds``, ``extra``
            (a list of ``{"name": …, "kind": …}``), and more: see
            [A model of your own](how-to/a-model-of-your-own.md#fields).

    Returns:
        The model as `models` shows it.

    Raises:
        InvalidRequestError: a field is wrong, or `save` finds the model in the file already.
        ConfigError: no such provider.
    """
    try:
        described = catalogs.own_models_in([{"id": id, **fields}], _CALL)
    except EntryError as error:
        raise InvalidRequestError(str(error), parameter=error.field, value=error.value) from None
    for model in described:
        _ = model.provider and provider_named(model.provider)
    if save:
        _keep({"id": id, **fields})
    places = {(model.id, model.provider, model.surface) for model in described}
    others = [
        model for model in catalogs.own_models("session") if (model.id, model.provider, model.surface) not in places
    ]
    catalogs.describe("session", [*described, *others])
    return own_table(described, client().asynchronous.today())


def _keep(entry: Mapping[str, Any]) -> None:
    """Add a model to the user's file."""
    path = home() / MODELS
    if path.exists() and any(
        (model.id, model.provider) == (entry["id"], entry.get("provider", "")) for model in _kept_models(path)
    ):
        raise InvalidRequestError(
            f"save: {path} describes {entry['id']!r} already; change it there, or leave save out.",
            parameter="save",
            value=True,
        )
    lines = ["[[models]]", *(f"{name} = {_toml(value)}" for name, value in entry.items() if value is not None)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("\n".join(["", *lines, ""]))
    except OSError as error:
        raise VeoError(f"save: {path} cannot be written: {error.strerror or error}.") from error


def _kept_models(path: Path) -> tuple[Model, ...]:
    try:
        return catalogs.models_in(path)
    except (OSError, ValueError) as error:
        raise InvalidRequestError(f"save: {error}", parameter="save", value=True) from None


def _toml(value: Any) -> str:
    """A value that `own_models_in` takes, as TOML: its texts, numbers and lists are JSON's, but for the tables."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{json.dumps(name)} = {_toml(item)}' for name, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


@accepts(action=NAME, file=NAME, yes=SWITCH)
def catalog(action: str = "", file: str = "", *, yes: bool = False) -> Table:
    """Show which catalog of models and prices counts, take a newer one, or go back to the shipped one.

    ```python
    veo.catalog()                                # which one counts, and how old it is
    ```

    ``veo.catalog("update", "catalog.json")`` checks the file, or what is at an ``https://`` address, and shows what it
    changes. In a terminal it asks whether it is to count; elsewhere only ``yes=True`` makes it count. It is kept in the
    data folder, and is used until a release brings a newer one.

    Args:
        action: ``update`` or ``reset``; nothing only shows.
        file: for ``update``: a file, or an address that begins with ``https://``.
        yes: take it without asking.

    Raises:
        InvalidRequestError: it is no catalog, a model in it is wrong, or it is not newer.
    """
    client().asynchronous.read_models()
    if action and action not in _ACTIONS:
        raise InvalidRequestError(
            f"action: {action!r} is not one of {', '.join(_ACTIONS)}.{nearest(action, _ACTIONS)}",
            parameter="action",
            value=action,
            allowed=_ACTIONS,
        )
    if action == "update":
        return _update(file, yes=yes)
    if action == "reset":
        with suppress(FileNotFoundError):
            (home() / CATALOG).unlink()
        client().asynchronous.read_models()
    return _current()


def _current() -> Table:
    now, days = catalogs.current(), age(client().asynchronous.today())
    rows = [
        ("catalog", now.source or "shipped with this version"),
        ("checked on", f"{now.checked_on}, {days} day{'' if days == 1 else 's'} ago"),
        ("models", len({model.id for model in now.models})),
        ("of your own", len(catalogs.own_models())),
    ]
    return Table(("what", "now"), rows, "`veo catalog update FILE` or an https:// address takes a newer one.")


def _update(file: str, *, yes: bool) -> Table:
    if not file:
        raise InvalidRequestError("file: name a file, or an address that begins with https://.", parameter="file")
    data = _read(file)
    try:
        found = catalogs.read(data, file)
    except ValueError as error:
        raise InvalidRequestError(f"file: {_said(error, file)}", parameter="file", value=file) from None
    now = catalogs.current()
    if found.checked_on <= now.checked_on:
        raise InvalidRequestError(
            f"file: {file} is of {found.checked_on}, which is not newer than the catalog of {now.checked_on} that "
            "counts; nothing was changed.",
            parameter="file",
            value=file,
        )
    today = client().asynchronous.today()
    # Or no later catalog could ever count. A day's grace is for other time zones.
    if found.checked_on > (date.fromisoformat(today) + timedelta(days=1)).isoformat():
        raise InvalidRequestError(
            f"file: {file} is of {found.checked_on}, a day that has not come yet (today is {today}); nothing was "
            "changed.",
            parameter="file",
            value=file,
        )
    rows = changes(now, found, today)
    if not (yes or _agreed(found, rows)):
        return Table(_COLUMNS, rows, f"{_title(now, found, rows)} Nothing was changed; --yes or yes=True takes it.")
    _store(data)
    return Table(_COLUMNS, rows, f"{_title(now, found, rows)} It counts from now on; `veo catalog reset` goes back.")


def _title(now: Catalog, found: Catalog, rows: list[Any]) -> str:
    return f"{len(rows)} change{'' if len(rows) == 1 else 's'} from {now.checked_on} to {found.checked_on}."


def _said(error: ValueError, file: str) -> str:
    """Why it is no catalog; a reader of JSON names no file."""
    text = str(error)
    return text if file in text else f"{file}: it is not JSON that can be read ({text})."


def _agreed(found: Catalog, rows: list[Any]) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    print(repr(Table(_COLUMNS, rows, "It changes nothing of the models.")))  # noqa: T201 (what is asked about)
    return input(f"Use the catalog of {found.checked_on} from now on? [y/N] ").strip().lower() in {"y", "yes"}


def _read(file: str) -> bytes:
    scheme = file.partition("://")[0].lower() if "://" in file else ""
    if scheme not in {"", "https"}:
        raise InvalidRequestError(
            f"file: {file!r} does not begin with https://, by which nobody on the way can change it.",
            parameter="file",
            value=file,
        )
    try:
        if scheme:
            fetch = client().asynchronous.discovery.fetch
            return client().call(partial(fetch, file, catalogs.MOST_BYTES))
        with expanded(file).open("rb") as opened:
            data = opened.read(catalogs.MOST_BYTES + 1)
    except (OSError, DownloadError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
        raise InvalidRequestError(f"file: {file}: {why}.", parameter="file", value=file) from None
    if len(data) > catalogs.MOST_BYTES:
        raise InvalidRequestError(f"file: {file} is larger than {catalogs.MOST_BYTES >> 20} MB.", parameter="file")
    return data


def _store(data: bytes) -> None:
    """Keep the catalog, whole or not at all."""
    path = home() / CATALOG
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise VeoError(f"{path} cannot be written: {error.strerror or error}.") from error
    client().asynchronous.read_models()
