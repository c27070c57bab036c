"""Google's credentials files: which one counts, what is wrong with it, how to fix it, and which project it names.

The kinds and their fields are those of Application Default Credentials
(https://cloud.google.com/docs/authentication/application-default-credentials, and ``google/auth/_default.py``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..domain.errors import ConfigError
from ..domain.paths import is_there

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
LOGIN = "gcloud auth application-default login"
# Real ones have some kilobytes; the variable may name anything.
_MOST_BYTES = 1 << 20
# No file system has longer paths, and base64 of a key has as many letters.
_LONGEST_PATH = 1024

_LOGIN_AGAIN = f"Run `{LOGIN}` again."
_FIELDS = {
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
    "service_account": ("client_email", "private_key", "token_uri"),
    "external_account": ("audience", "subject_token_type", "token_url", "credential_source"),
    "external_account_authorized_user": (),
    "impersonated_service_account": ("service_account_impersonation_url", "source_credentials"),
    "gdch_service_account": (),
}
# All other fields are text.
_OBJECTS = {"credential_source", "source_credentials"}
_REMEDIES = {
    "authorized_user": _LOGIN_AGAIN,
    "service_account": "Make a new key for this service account in the Google Cloud console, and download it as JSON.",
    "external_account": (
        "Check that the token its credential_source points to is available and has not expired, and that its audience "
        "is your workload identity pool's provider."
    ),
    "external_account_authorized_user": f"Run `{LOGIN} --login-config=FILE` again.",
    "impersonated_service_account": (
        f"Run `{LOGIN} --impersonate-service-account=ACCOUNT` again, and ask for the role Service Account "
        "Token Creator (roles/iam.serviceAccountTokenCreator) on that account."
    ),
    "gdch_service_account": "Ask the administrator of your Google Distributed Cloud for a new file.",
}


@dataclass(frozen=True)
class LoginFile:
    """A file of credentials, there or not.

    Attributes:
        path: as it was said.
        variable: what names it; empty for the one that gcloud keeps.
    """

    path: Path
    variable: str = ""

    @property
    def where(self) -> str:
        """The file, and the variable that names it."""
        return f"{str(self.path)!r} ({self.variable})" if self.variable else repr(str(self.path))

    @property
    def identity(self) -> tuple[object, ...]:
        """What changes whenever the file is written anew."""
        try:
            found = self.path.stat()
        except (OSError, ValueError):
            return (self.path,)
        # Not the time alone: a file may be replaced by an older one, or copied with its time.
        return self.path, found.st_ino, found.st_size, found.st_mtime_ns

    def read(self) -> dict[str, Any]:
        """What the file says.

        Raises:
            ConfigError: it cannot be used; the message names it, its fault and the remedy.
        """
        try:
            with self.path.open("rb") as file:
                text = file.read(_MOST_BYTES).decode().strip()
            if text.startswith("\ufeff"):
                fault = "begins with a byte order mark, as some editors write it, which google-auth does not read"
                raise self.unusable(fault, "Save it as UTF-8 without one.")
            said = json.loads(text) if text else None
        except OSError as error:
            raise self.unusable(_os_error_text(error)) from None
        except (ValueError, RecursionError):
            raise self.unusable("is not JSON") from None
        if not isinstance(said, dict):
            raise self.unusable("is JSON, but not an object with a type" if text else "is empty")
        # Found here, since google-auth raises whatever its code meets with for a field that is missing.
        if fault := _fault_of_fields(said):
            raise self.unusable(fault, self._client_remedy() if _is_oauth_client(said) else remedy(said.get("type")))
        return said

    def unusable(self, fault: str, remedy: str = "") -> ConfigError:
        """The error for a file that cannot be used.

        Args:
            fault: what is wrong with it, as the rest of a sentence.
            remedy: what to do; default is to name another file, or to log in.
        """
        usual = f"Point it at a file of Google's credentials, or unset it and run `{LOGIN}`."
        named = f"{self.variable} names {str(self.path)!r}, which" if self.variable else f"{str(self.path)!r}"
        return ConfigError(f"Agent Platform: {named} {fault}. {remedy or (usual if self.variable else _LOGIN_AGAIN)}")

    def _client_remedy(self) -> str:
        unset = f", and unset {self.variable}" if self.variable else ""
        return f"Run `{LOGIN} --client-id-file={self.path}`{unset}; or use a service account key instead."


def login_file(environ: Mapping[str, str] = os.environ) -> LoginFile | None:
    """The file that signs: the one that is named, or the one that gcloud keeps; None if there is neither.

    Raises:
        ConfigError: what is named is no path; the message does not quote it where it may be a key.
    """
    said = environ.get(VARIABLE, "")
    if not said:
        kept = gcloud_file(environ)
        return LoginFile(kept) if kept is not None and is_there(kept) else None
    # Before the file is looked for: "no such file" would quote a key that was pasted here.
    if fault := _fault_of_path(said):
        raise ConfigError(f"Agent Platform: {VARIABLE} {fault}")
    return LoginFile(Path(said), VARIABLE)


def gcloud_file(environ: Mapping[str, str]) -> Path | None:
    """Where gcloud leaves credentials for programs, and google-auth looks for them; None for a user without a home."""
    # The same order as in google-auth's `_cloud_sdk.py`, which finds the file later by itself.
    folder = environ.get("CLOUDSDK_CONFIG") or (environ.get("APPDATA") and f"{environ['APPDATA']}/gcloud")
    try:
        return Path(folder or Path.home() / ".config" / "gcloud") / "application_default_credentials.json"
    except RuntimeError:
        return None


def project_of(environ: Mapping[str, str]) -> tuple[str, str]:
    """The project that the file names, and where it does so; two empty texts if there is none.

    Raises:
        ConfigError: the file cannot be used.
    """
    file = login_file(environ)
    said = {} if file is None else file.read()
    # Each kind of file names it in its own field; the quota project is the last resort.
    field = next((name for name in ("project_id", "project", "quota_project_id") if said.get(name)), "")
    return (str(said[field]), f"{field} in {file and file.path}") if field else ("", "")


def remedy(kind: object) -> str:
    """What to do where credentials of a kind are refused; empty for a kind that nobody knows."""
    return _REMEDIES.get(str(kind), "")


def _fault_of_fields(said: Mapping[str, Any]) -> str:
    """What is wrong with a file's words, as the rest of a sentence; empty if nothing is."""
    # An OAuth client's file comes first: it has no type, and people take it for a key.
    kind = said.get("type")
    if _is_oauth_client(said):
        return "is an OAuth client's file, which alone cannot sign anyone in"
    if not kind:
        return "is JSON without a type, so it holds no credentials"
    if not isinstance(kind, str) or kind not in _FIELDS:
        return f"is of the type {str(kind)[:40]!r}, and not of one of these: {', '.join(_FIELDS)}"
    missing = [name for name in _FIELDS[kind] if not _has_value(said.get(name), dict if name in _OBJECTS else str)]
    if missing:
        return f"is of the type {kind} and lacks {' and '.join(missing)}"
    return "has a credential_source whose file is not a path" if _names_a_descriptor(said) else ""


def _has_value(value: object, kind: type) -> bool:
    return bool(value) and isinstance(value, kind)


def _names_a_descriptor(said: Mapping[str, Any]) -> bool:
    """Whether google-auth would open a number in the place of a path, and close a file of this process with it."""
    source, inner = said.get("credential_source"), said.get("source_credentials")
    if isinstance(source, dict) and not isinstance(source.get("file"), str | None):
        return True
    return isinstance(inner, dict) and _names_a_descriptor(inner)


def _is_oauth_client(said: Mapping[str, Any]) -> bool:
    return "type" not in said and any(isinstance(said.get(name), dict) for name in ("installed", "web"))


def _fault_of_path(said: str) -> str:
    """Why a value is no path, and what to do, as the rest of a sentence; empty if it is one."""
    text = said.strip()
    if not text:
        return f"is blank. Set it to a file of Google's credentials, or unset it and run `{LOGIN}`."
    if text.startswith("{") or len(text) > _LONGEST_PATH or "\n" in text:
        return (
            "holds the contents of a file; it should hold the path. Write the contents to a file that only you can "
            "read, and set the variable to its path."
        )
    if is_there(Path(said.replace("\0", ""))):
        return ""
    if text[0] in "'\"" and text[-1] == text[0]:
        return f"has quotes in its value {said!r}. Set it without them."
    if text.startswith("~"):
        return f"is {said!r}; the ~ is not expanded here. Set it to the full path."
    return ""


def _os_error_text(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is not there"
    if isinstance(error, IsADirectoryError):
        return "is a folder"
    return f"cannot be read: {(error.strerror or str(error)).lower()}"
