"""What can be found on this machine: versions, extras, credentials, folders, open jobs, the way to the browser."""

from __future__ import annotations

import platform
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import anyio.to_thread

from ...client.async_client import AsyncClient
from ...config import certificates
from ...config.jupyter_server import files_path
from ...config.proxies import read_proxies, read_proxy
from ...config.resolution import Found, found_credentials
from ...config.settings import Settings, clips_folder
from ...domain.errors import ConfigError, VeoError
from ...domain.paths import is_there
from ...domain.problems import unknown_remark
from ...domain.version import own_version
from ...providers.registry import Provider
from . import stores
from .report import Finding

# By extra: a module of each of its packages, and what is missing without it.
_EXTRAS = {
    "emulator": (("starlette", "python_multipart", "uvicorn", "av", "PIL"), "free clips offline"),
    "media": (("av", "PIL"), "stills made without a browser"),
    "google": (("google.auth", "requests"), "Agent Platform"),
    "cloud": (("fsspec",), "clips in buckets"),
}
# A 4k clip of 8 seconds, several times over.
_ENOUGH_BYTES = 500e6
_HOSTS = {
    "COLAB_RELEASE_TAG": "Google Colab",
    "KAGGLE_KERNEL_RUN_TYPE": "Kaggle",
    "DATABRICKS_RUNTIME_VERSION": "Databricks",
    "VSCODE_PID": "VS Code",
}


def versions() -> Finding:
    """The versions of this package and of Python."""
    return Finding("versions", "ok", f"veo_widgets {own_version()}, Python {platform.python_version()}")


def _is_importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        # The package that it should be in is missing.
        return False


def extras(is_there: Callable[[str], bool] = _is_importable) -> Finding:
    """Which optional packages are installed. One that the next request needs is a problem of that request.

    Args:
        is_there: whether a module can be imported.
    """
    missing = {extra: what for extra, (modules, what) in _EXTRAS.items() if not all(map(is_there, modules))}
    if not missing:
        return Finding("extras", "ok", f"{', '.join(_EXTRAS)}: all installed")
    message = "; ".join(f"{extra} is not installed: no {what}" for extra, what in missing.items())
    return Finding("extras", "ok", message, f"pip install 'veo-widgets[{','.join(missing)}]'")


def credentials(provider: Provider | None, settings: Settings, environ: Mapping[str, str]) -> list[Finding]:
    """Where credentials were found, also those that are not used; no character of any.

    Args:
        provider: the one that a plain request goes to, if there is one.
        settings: as configured.
        environ: the environment.
    """
    try:
        found = found_credentials(settings, environ)
    except ConfigError:
        # The provider that is named does not exist, which is told elsewhere.
        found = []
    told = [_credential_finding(one, provider) for one in found]
    signed = {one.provider.name for one in found if one.signs}
    if provider and provider.auth == "google" and provider.name not in signed:
        message = f"{provider.label}: no file of Google's; the metadata server is asked, if this machine has one"
        told.append(Finding("credentials", "ok", message))
    if not told:
        remedy = "The README's table says what to set for a real account."
        return [Finding("credentials", "ok", "none found; the emulator needs none", remedy)]
    return told


def _credential_finding(found: Found, provider: Provider | None) -> Finding:
    message = f"{found.provider.label}: {found.what} from {found.source}"
    if found.shadowed_by:
        remedy = f"Unset the one of the two that is not meant: {found.source}, {found.shadowed_by}."
        return Finding("credentials", "warning", f"{message}, not used: {found.shadowed_by} comes first", remedy)
    if provider is None or found.provider.name != provider.name:
        message += f", used with --provider {found.provider.name} only"
    return Finding("credentials", "ok", message)


async def jobs(client: AsyncClient) -> list[Finding]:
    """Where the ledger is if a server has it, which jobs are open, and what is held for those whose answer was lost."""
    place = client.ledger_place
    start: list[Finding] = []
    has_ledger = place.exists
    if place.url is not None:
        server, has_ledger = await anyio.to_thread.run_sync(stores.ledger_server, place, place.url)
        start = [server]
        if server.state == "problem":
            return start
    # A look must not make a ledger where there is none.
    if not has_ledger:
        return [*start, Finding("jobs", "ok", "none yet")]
    try:
        found = await client.jobs(limit=None, only_open=True)
        unknown = unknown_remark(*await client.unknown())
    except VeoError as error:
        remedy = stores.ANOTHER_LEDGER if place.url else "Set VEO_WIDGETS_HOME to another folder."
        return [*start, Finding("jobs", "problem", str(error), remedy)]
    if not found:
        return [*start, Finding("jobs", "warning" if unknown else "ok", "none is open", unknown)]
    ids = ", ".join(record.id for record in found)
    remedy = f"%veo resume (or `veo resume`) takes them up. {unknown}".strip()
    return [*start, Finding("jobs", "warning", f"{len(found)} open: {ids}", remedy)]


def network(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Proxies and certificates that are named and cannot be used; nothing where all is well.

    They are in the way of services elsewhere and never of the emulator, so on their own they are not a problem.
    """
    believed = certificates.trust(environ)
    checks: list[Callable[[], object]] = [partial(read_proxy, *named) for named in read_proxies(environ).named.values()]
    if believed != certificates.Trust():
        checks.append(partial(believed.context, ssl.create_default_context))
    for check in checks:
        try:
            check()
        except ConfigError as error:
            yield Finding(
                "network", "warning", str(error), "The emulator, and any server on this machine, does without."
            )


def clips(settings: Settings, environ: Mapping[str, str]) -> Finding:
    """Whether clips can be saved; a bucket is written to."""
    if settings.bucket:
        return stores.bucket(settings.bucket)
    return folder("clips folder", clips_folder(settings, environ), "Call veo.configure(folder=…) with another.")


def folder(topic: str, path: Path, remedy: str) -> Finding:
    """Whether a folder can be written, and has room.

    It need not be there yet: then the one that it will be made in has to be writable.
    """
    there = next((one for one in (path, *path.parents) if is_there(one)), path)
    try:
        # Permissions alone do not tell: a disk may be mounted read-only, or full.
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(topic, "problem", f"{path} cannot be written: {error.strerror or error}", remedy)
    if free < _ENOUGH_BYTES:
        return Finding(topic, "warning", f"{path} has {free / 1e6:.0f} MB left", f"Make room. {remedy}")
    return Finding(topic, "ok", f"{path} can be written")


def host(environ: Mapping[str, str]) -> Finding:
    """What runs the notebook, if that can be told."""
    known = next((name for variable, name in _HOSTS.items() if environ.get(variable)), "")
    if not known:
        known = "a Jupyter kernel" if environ.get("JPY_PARENT_PID") else "no notebook: a script or a terminal"
    return Finding("host", "ok", known)


def browser(settings: Settings, environ: Mapping[str, str]) -> Finding:
    """How clips reach the player."""
    if not environ.get("JPY_PARENT_PID"):
        return Finding("player", "ok", "none here; clips are files, and a notebook plays them")
    if settings.bucket:
        message = "the browser plays clips from the bucket if its addresses are signed, and else the kernel sends them"
        return Finding("player", "ok", message)
    path = files_path(clips_folder(settings, environ), environ)
    if path is not None:
        return Finding("player", "ok", f"the browser fetches clips from the Jupyter server, below /files/{path}/")
    return Finding(
        "player", "ok", "the kernel sends clips to the browser as messages; no server has them in its folder"
    )
