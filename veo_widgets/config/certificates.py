"""Which certificates to trust, as the environment says."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..domain.errors import ConfigError
from ..domain.paths import is_there

# OpenSSL's own variables, then those of requests and curl: the first that is set holds for everything that is sent.
_FILES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_KEY_LOG = "SSLKEYLOGFILE"
# What OpenSSL looks for in a folder: the hash of a subject and a number (man openssl-rehash).
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")


@dataclass(frozen=True)
class Trust:
    """Whose certificates are trusted.

    Attributes:
        variable: the one that names them; empty for the usual ones.
        place: the file or the folders.
        key_log: where the secrets of connections are written for Wireshark; empty for nowhere.
    """

    variable: str = ""
    place: str = ""
    key_log: str = ""

    @property
    def bundle(self) -> str:
        """One file or folder, for software that takes no list of folders; empty for the usual ones."""
        # requests takes one path, where OpenSSL takes a list.
        folders = [one for one in self.place.split(os.pathsep) if is_there(Path(one))]
        return folders[0] if self.variable == "SSL_CERT_DIR" and folders else self.place

    def context(self, usual: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """TLS with these certificates.

        Args:
            usual: makes it where no variable names any.

        Raises:
            ConfigError: a variable names what cannot be used.
        """
        if self.key_log:
            # Before the context is made: Python would raise an error that names no variable.
            _check_key_log(self.key_log)
        if not self.variable:
            return usual()
        _check_place(self.variable, self.place)
        try:
            if is_there(Path(self.place), Path.is_file):
                return ssl.create_default_context(cafile=self.place)
            return ssl.create_default_context(capath=self.place)
        except OSError as error:
            raise _unusable_error(self.variable, self.place, _fault_text(error)) from None


def trust(environ: Mapping[str, str] = os.environ) -> Trust:
    """What an environment says of certificates."""
    variable = next((name for name in _FILES if environ.get(name)), "")
    return Trust(variable, environ.get(variable, ""), environ.get(_KEY_LOG, ""))


def near_context() -> ssl.SSLContext:
    """TLS on this machine: the system's certificates, and no variable of the environment can break it.

    OpenSSL reads ``SSL_CERT_FILE`` by itself where that names a file, so a certificate of one's own is believed here.
    """
    # `ssl.create_default_context` would open the file that SSLKEYLOGFILE names.
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_default_certs()
    return made


def _check_place(variable: str, place: str) -> None:
    """Refuse a place without certificates; with an empty folder, OpenSSL would only fail at the first connection."""
    if variable == "SSL_CERT_FILE" or (variable != "SSL_CERT_DIR" and not is_there(Path(place), Path.is_dir)):
        try:
            with Path(place).open("rb") as file:
                file.read(1)
        except (OSError, ValueError) as error:
            raise _unusable_error(variable, place, _fault_text(error)) from None
        return
    folders = [Path(one) for one in place.split(os.pathsep) if one]
    if not any(is_there(one, Path.is_dir) for one in folders):
        raise _unusable_error(variable, place, "there is no such folder")
    if not any(_HASHED.fullmatch(one.name) for folder in folders for one in _files_in(folder)):
        raise _unusable_error(variable, place, "no file in it has a name that OpenSSL looks for (see `openssl rehash`)")


def _files_in(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _check_key_log(path: str) -> None:
    try:
        # Appended to, and so nothing of an earlier log is lost by looking.
        with Path(path).open("ab"):
            pass
    except (OSError, ValueError) as error:
        fault = "it is a folder" if isinstance(error, IsADirectoryError) else _fault_text(error)
        raise ConfigError(
            f"{_KEY_LOG}: {path!r} cannot be written: {fault}. Name a file that can, or unset {_KEY_LOG}."
        ) from None


def _unusable_error(variable: str, place: str, fault: str) -> ConfigError:
    return ConfigError(
        f"{variable}: {place!r} cannot be used: {fault}. Point it at certificates in PEM format, or unset {variable}."
    )


def _fault_text(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "no certificate can be read from it"
    if isinstance(error, IsADirectoryError):
        return "it is a folder, which only SSL_CERT_DIR may name"
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
