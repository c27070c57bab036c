"""Google's tokens: asked for with whatever google-auth finds, and again after a new login. Its only user."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread

from ..domain.errors import AuthenticationError, ConfigError, MissingExtraError, NoAnswerError, VeoError
from .certificates import trust
from .credentials import Secret, Signature
from .google_files import LOGIN, VARIABLE, LoginFile, login_file, remedy
from .proxies import is_loopback, proxies

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_NONE = f"Agent Platform: no Google credentials were found. Run `{LOGIN}`, or set {VARIABLE} to a key file."
# Google's words for a clock that is wrong: its tokens hold for an hour from what the clock says.
_CLOCK = re.compile(r"\biat\b|short-lived token|reasonable timeframe", re.IGNORECASE)
# Some errors quote whole web pages.
_MOST_CHARACTERS = 300


class GoogleToken:
    """Application Default Credentials, found when first needed and refreshed when they run out.

    They are read anew when their file has changed: whoever is told to log in does so while the kernel runs.
    """

    def __init__(self) -> None:
        self._google: Any = None
        self._identity: tuple[object, ...] = ()
        self._lock = threading.Lock()

    async def headers(self) -> dict[str, str]:
        """``Authorization``, and the quota project if the credentials name one."""
        return await anyio.to_thread.run_sync(self._signed_headers)

    def _signed_headers(self) -> dict[str, str]:
        # Many jobs poll at once; one of them asks for the token.
        with self._lock:
            file = login_file()
            self._renew(file)
            signed: dict[str, str] = {"authorization": Signature(f"Bearer {Secret(self._google.token).reveal()}")}
            if getattr(self._google, "quota_project_id", None):
                signed["x-goog-user-project"] = self._google.quota_project_id
            return signed

    def _renew(self, file: LoginFile | None) -> None:
        """Have credentials with a token that holds.

        Raises:
            MissingExtraError: google-auth is not installed.
            VeoError: there are no credentials, or no token is given for them.
        """
        try:
            import google.auth
            import google.auth.credentials
            import google.auth.transport.requests
        except ImportError:
            raise MissingExtraError("The Agent Platform", "google") from None
        identity = () if file is None else file.identity
        if identity != self._identity:
            self._google = None
        if self._google is not None and self._google.valid:
            return
        kind = "" if file is None else file.read()["type"]
        asking = _TokenRequest()
        try:
            if self._google is None:
                found, _ = google.auth.default(request=asking)  # type: ignore[arg-type]  # called, and nothing else
                # Scopes only now: with them google-auth would ask the network for a project that nobody needs.
                self._google = google.auth.credentials.with_scopes_if_required(  # type: ignore[no-untyped-call]
                    found, [_SCOPE]
                )
                self._identity = identity
            if not self._google.valid:
                self._google.refresh(asking)
        except VeoError:
            raise
        except Exception as error:  # noqa: BLE001 (google-auth and requests raise whatever a file or an answer holds)
            # What was refused is not tried again as it is: a login may lie in another place by then.
            loaded, self._google = self._google is not None, None
            failed = (
                _refusal(error, file, kind, asking) if loaded or file is None else _unreadable_file(error, file, kind)
            )
        else:
            return
        raise failed


class _TokenRequest:
    """What google-auth asks with: the same way out of this machine as all else, and the same certificates.

    Attributes:
        answered: host and status of the last answer, and whether it was a web page; None before the first.
    """

    def __init__(self) -> None:
        from google.auth.transport.requests import Request

        request = Request()
        # requests would read the environment by rules of its own, `.netrc` among them.
        request.session.trust_env = False
        self._request: Callable[..., Any] = request
        self.answered: tuple[str, int, bool] | None = None

    def __call__(self, url: str, *words: Any, **more: Any) -> Any:
        self.answered = None
        host, proxy = urlsplit(url).hostname or "", proxies().of(url)
        if proxy and proxy.address.startswith("socks") and find_spec("socks") is None:
            raise ConfigError(
                f"{proxy.source}: {proxy.address!r} is a SOCKS proxy, and Google's tokens need another package for it. "
                f"Run pip install 'requests[socks]' and start Python again, or unset {proxy.source}."
            )
        way = {} if proxy is None else {"http": proxy.url, "https": proxy.url}
        more.setdefault("verify", is_loopback(host) or trust().bundle or True)
        answer = self._request(url, *words, proxies=way, **more)
        self.answered = host, answer.status, "html" in str(answer.headers.get("content-type", "")).lower()
        return answer


def _unreadable_file(error: Exception, file: LoginFile, kind: str) -> ConfigError:
    """What google-auth has against a file."""
    return file.unusable(f"cannot be used: {_exception_text(error)}", remedy(kind))


def _refusal(error: Exception, file: LoginFile | None, kind: str, asking: _TokenRequest) -> VeoError:
    """Why there is no token, with the file's name and the remedy for its kind."""
    import google.auth.exceptions as google

    if isinstance(error, google.DefaultCredentialsError) and file is None:
        return ConfigError(_NONE)
    of = f" for {file.where}" if file else ""
    if trouble := _network_trouble(error, asking):
        return NoAnswerError(f"Google gave no token{of}: {trouble}", sent=False)
    said = _exception_text(error)
    todo = remedy(kind) if file else f"Run `{LOGIN}`, or set {VARIABLE} to a key file."
    if _CLOCK.search(said):
        todo = "Set this computer's clock right."
    return AuthenticationError(f"Google gave no token{of}: {said}. {todo}")


def _network_trouble(error: Exception, asking: _TokenRequest) -> str:
    """What stood between here and a token, and what to do; empty if an answer came and it was no."""
    import google.auth.exceptions as google

    if isinstance(error, FileNotFoundError | PermissionError):
        # Of a program that credentials name, not of a network.
        return ""
    host, status, is_page = asking.answered or ("", 0, False)
    if is_page:
        return (
            f"{host} answered with a web page (HTTP {status}). Look whether a proxy or a network's login page is in "
            "between, or try again in a few minutes."
        )
    if status >= 500 or status == 429:
        return f"{host} answered with HTTP {status}. Try again in a few minutes."
    if not status and isinstance(error, google.TransportError | google.TimeoutError | OSError):
        return f"{_network_text(error)}. Look whether the network or a proxy is in the way."
    if not isinstance(error, google.GoogleAuthError):
        return (
            f"{host} answered with something that is not a token (HTTP {status}). Look whether a proxy is in between."
        )
    return ""


def _network_text(error: Exception) -> str:
    """The host and the reason out of the long words of requests, or what there is."""
    said = str(error)
    host, reason = re.search(r"host='([^']+)'", said), re.search(r"\[Errno -?\d+\] ([\w ]+)", said)
    if not host:
        return _exception_text(error)
    why = reason[1] if reason else "it timed out" if "timed out" in said else said.rpartition(": ")[2].rstrip("')\"")
    return f"{host[1]} could not be reached ({why.lower()})"


def _exception_text(error: Exception) -> str:
    """What an exception of google-auth says, in one line without its full stop: its message, and what it quotes."""
    quoted = error.args[1] if len(error.args) > 1 else ""
    if isinstance(quoted, Exception):
        first, more = str(quoted), ""
    else:
        first = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
        more = _message_in(quoted)
    text = " ".join(first.removesuffix(": None").split()) or type(error).__name__
    text = f"{text.rstrip('.')}: {more}" if more and more not in text else text
    return f"{text[:_MOST_CHARACTERS]}…" if len(text) > _MOST_CHARACTERS else text.rstrip(".")


def _message_in(answer: Any) -> str:
    """The sentence in an answer of Google's that google-auth hands on as text or as JSON."""
    with suppress(ValueError):
        answer = json.loads(answer) if isinstance(answer, str) else answer
    said = answer.get("error") if isinstance(answer, dict) else None
    found = said.get("message") if isinstance(said, dict) else None
    return " ".join(str(found).split()) if found else ""


@cache
def google_token(key_file: str) -> GoogleToken:
    """The credentials of this process for a key file, or for none; shared, so that a token is asked for once.

    Args:
        key_file: what ``GOOGLE_APPLICATION_CREDENTIALS`` says, or an empty text.
    """
    del key_file
    return GoogleToken()
