"""Where keys come from: an argument, the environment, a ``.env`` file, and last Colab's secrets or the keyring.

Colab's secrets and the system's keyring are asked only for a provider that was chosen, when no key was found elsewhere,
and in a thread that may be left behind: a keyring that wants to be unlocked must not hold up an empty room.
"""

from __future__ import annotations

import getpass
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..domain.arguments import NAME, accepts
from ..domain.errors import ConfigError, MissingExtraError
from ..providers.registry import Provider, provider_named
from .addresses import origin
from .credentials import ApiKey, BearerKey, Credentials, NoKey, Secret, StoredKey
from .environment import Environment, read_address, source_of
from .log import LOGGER

# The name under which keys lie in the keyring.
SERVICE = "veo_widgets"
# Long enough for a keyring that is open, short enough where it waits for nobody.
_KEYRING_SECONDS = 10.0
# Somebody may be reading Colab's question whether the notebook may see the secret.
_COLAB_SECONDS = 120.0

_found: dict[str, Secret] = {}
_hung: set[str] = set()
_lock = threading.Lock()


def key_of(provider: Provider, given: Secret | None, environ: Mapping[str, str]) -> Secret:
    """The key that was given, or that of the first variable that is set; empty if there is none.

    Args:
        provider: whose variables are read.
        given: by argument or `configure`.
        environ: the environment, with or without a ``.env`` file behind it.
    """
    for name in () if given else provider.key_env:
        if environ.get(name):
            return Secret(environ[name], source_of(name, environ))
    return given or Secret("")


def signing(
    provider: Provider, key: Secret, header: str, environ: Mapping[str, str], missing: str, *, place: str = ""
) -> Credentials:
    """The credentials of a key, or of the one that is kept for the user.

    Args:
        provider: who gets it.
        key: as `key_of` found it.
        header: the one it is sent in; empty for ``Authorization: Bearer``.
        environ: if it is more than a mapping that was handed over, whoever keeps keys may be asked.
        missing: what to say if there is none; empty where requests go without one, too.
        place: the origin that a key must have been kept for, where the provider stands for any server.

    Raises:
        ConfigError: there is none, and nobody to ask.
    """
    sign = partial(ApiKey, header=header) if header else BearerKey
    if key:
        return sign(key)
    if not isinstance(environ, Environment) or not exist(environ):
        if missing:
            raise ConfigError(missing)
        return NoKey()
    return StoredKey(partial(stored_key, provider, environ, place), sign, missing)


def exist(environ: Mapping[str, str]) -> bool:
    """Whether there is a vault to ask. ``VEO_KEYRING=0`` turns the keyring off."""
    return _in_colab() or _has_keyring(environ)


def _in_colab() -> bool:
    # Its kernel has loaded this. A program that is started beside the kernel has nobody to ask.
    return "google.colab" in sys.modules


def _has_keyring(environ: Mapping[str, str]) -> bool:
    return environ.get("VEO_KEYRING", "").strip() != "0" and find_spec("keyring") is not None


def stored_key(provider: Provider, environ: Mapping[str, str], place: str = "") -> Secret | None:
    """The key that is kept for a provider, or None. A key once found is not asked for again.

    Args:
        provider: whose name, or the names of whose variables, it may go by.
        environ: the environment, for ``VEO_KEYRING``.
        place: as for `signing`; then the name of the key is this place's alone.
    """
    name = place or provider.name
    with _lock:
        if name not in _found and (key := _ask_vaults(provider, environ, place)):
            _found[name] = key
        return _found.get(name)


def _ask_vaults(provider: Provider, environ: Mapping[str, str], place: str) -> Secret | None:
    names = (place,) if place else (provider.name, *provider.key_env)
    if _in_colab() and not place and (key := _answer_within(_COLAB_SECONDS, "Colab", lambda: _from_colab(provider))):
        return key
    return _answer_within(_KEYRING_SECONDS, "keyring", lambda: _from_keyring(names)) if _has_keyring(environ) else None


def _from_colab(provider: Provider) -> Secret | None:
    userdata = import_module("google.colab.userdata")
    for name in provider.key_env:
        try:
            if text := userdata.get(name):
                return Secret(text, f"Colab secret {name}")
        except Exception as error:  # noqa: BLE001 (missing and not allowed are exceptions of its own)
            LOGGER.debug("Colab secret %s: %s", name, type(error).__name__)
    return None


def _from_keyring(names: tuple[str, ...]) -> Secret | None:
    for backend in _backends():
        for user in names:
            try:
                if text := backend.get_password(SERVICE, user):
                    return Secret(text, f"keyring {user}")
            except Exception as error:  # noqa: BLE001 (locked, refused, out of order: each backend has its own)
                LOGGER.debug("keyring %s: %s", type(backend).__name__, type(error).__name__)
                break
    return None


def _backends() -> list[Any]:
    """The keyrings of this machine, without those that ask for a password on the terminal."""
    ring = import_module("keyring").get_keyring()
    every = getattr(ring, "backends", None) or [ring]
    return [backend for backend in every if "crypt" not in type(backend).__name__.lower()]


def _answer_within(seconds: float, vault: str, ask: Callable[[], Secret | None]) -> Secret | None:
    """What a vault answers in time. One that did not answer is not asked again by this process."""
    if vault in _hung:
        return None
    answer: list[Secret | None] = []
    thread = threading.Thread(target=lambda: answer.append(ask()), name=f"veo_widgets {vault}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        _hung.add(vault)
        LOGGER.warning("%s did not answer within %g s and is not asked again.", vault, seconds)
    return answer[0] if answer else None


def _read_key(prompt: str) -> str:
    """A key typed without echo or, where there is no terminal, piped in."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except getpass.GetPassWarning:
        if sys.stdin.isatty() or not (line := sys.stdin.readline()):
            raise EOFError from None
        return line.rstrip("\r\n")


@accepts(provider=NAME)
def login(provider: str) -> None:
    """Ask for a provider's key, unseen, and keep it in the system's keyring, where it is found from now on.

    Args:
        provider: its name, such as ``gemini``, or the address of a server of your own.

    Raises:
        MissingExtraError: the package ``keyring`` is not installed.
        ConfigError: the provider takes no key, none was entered, or there is no keyring that can keep it.
    """
    name, label, instead = _kept_as(provider)
    if find_spec("keyring") is None:
        raise MissingExtraError("Keeping a key", "keyring")
    try:
        key = Secret(_read_key(f"Key for {label}: "), f"keyring {name}")
    except (EOFError, NotImplementedError):  # the latter is what a kernel raises whose front end takes no input
        raise ConfigError(f"There is nobody here to enter a key. {instead} instead.") from None
    if not key:
        raise ConfigError("Nothing was entered and nothing was kept.")
    try:
        import_module("keyring").set_password(SERVICE, name, key.reveal())
    except Exception as error:  # noqa: BLE001 (each backend has its own)
        why = f"{type(error).__name__}: {error}"
        raise ConfigError(f"The keyring did not keep the key ({why}). {instead} instead.") from None
    with _lock:
        _found[name] = key


def _kept_as(provider: str) -> tuple[str, str, str]:
    """The name that a provider's key is kept under, what people call the provider, and what else can be done.

    Raises:
        ConfigError: it takes no key, or stands for any server.
    """
    if provider.startswith(("http://", "https://")):
        place = origin(read_address(provider))
        return place, place, "Call veo.configure(base_url=…, api_key=…)"
    chosen = provider_named(provider)
    if not chosen.key_env:
        raise ConfigError(f"provider: {chosen.name!r} takes no key.")
    if is_any_server(chosen):
        raise ConfigError(
            f"provider: {chosen.name!r} may be any server; give the address of the one that the key is for, such as "
            "http://gpu-box:30000."
        )
    return chosen.name, chosen.label, f"Set {chosen.key_env[0]}"


def is_any_server(provider: Provider) -> bool:
    """Whether a provider stands for any server, so that its keys are those of one address alone."""
    return provider.keyless == "always" and not provider.base_url
