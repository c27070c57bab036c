"""A record of every request, with keys masked and long media shortened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What any of the emulated services takes for a key, and cookies, which proxies in between may set.
_SECRET_HEADERS = {"x-goog-api-key", "authorization", "api-key", "x-api-key", "x-litellm-api-key", "cookie"}
# The beginning of base64 still tells the kind of file: PNG, JPEG, MP4.
_SHOWN_CHARACTERS = 40
# A prompt is of interest whole; a long text without a blank is media.
_LONG = 400
NO_ANSWER = 0


@dataclass
class Entry:
    """One request.

    Attributes:
        n: its number, from 1.
        time: seconds since 1970.
        method: the HTTP method.
        path: with the query, but without a key in it.
        kind: ``create``, ``poll``, ``download``, ``file``, ``list``, ``cancel``, ``delete``, ``models``, ``token`` or
            ``other``.
        status: of the answer; 0 when there was none.
        model: the model's id, where one was named.
        operation: the operation's id, where one was named or made.
        fault: the fault that was played, if any.
        headers: of the request; values of keys are masked.
        body: the JSON sent, with media shortened.
    """

    n: int
    time: float
    method: str
    path: str
    kind: str = "other"
    status: int = NO_ANSWER
    model: str = ""
    operation: str = ""
    fault: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def __getitem__(self, name: str) -> Any:
        """An attribute by its name, so that an entry reads like the JSON of the admin route."""
        return getattr(self, name)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


class Journal:
    """All entries since the start or the last `clear`."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._count = 0
        # Tests read the journal from their own thread while the server's writes it.
        self._lock = threading.Lock()

    def open(self, time: float, scope: MutableMapping[str, Any]) -> Entry:
        """Begin the entry of one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with self._lock:
            self._count += 1
            entry = Entry(self._count, time, scope["method"], _path_without_key(scope), headers=masked(headers.items()))
            self._entries.append(entry)
        return entry

    def entries(self) -> list[Entry]:
        """Copies of all entries, in order."""
        with self._lock:
            # A request under way still changes its entry.
            return [replace(entry) for entry in self._entries]

    def clear(self) -> None:
        """Forget all entries and count from 1 again."""
        with self._lock:
            self._entries.clear()
            self._count = 0


def _path_without_key(scope: MutableMapping[str, Any]) -> str:
    # `path` is decoded already, in which an encoded slash is lost.
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    # Google takes a key in the query too, and a journal is printed and stored.
    query = urlencode([(name, value) for name, value in pairs if name != "key"], safe=":/")
    return path.decode("latin-1") + (f"?{query}" if query else "")


def masked(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers with the values of keys and tokens replaced; a scheme such as ``Bearer`` stays."""
    shown = {}
    for name, value in headers:
        if name.lower() in _SECRET_HEADERS:
            # Whether a bearer or a bare key was sent is what tests ask about.
            scheme, blank, _ = value.partition(" ")
            shown[name] = f"{scheme} ***" if blank else "***"
        else:
            shown[name] = value
    return shown


def shortened(value: Any) -> Any:
    """JSON with long strings cut to their beginning and length."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, str) and len(value) > _LONG and " " not in value[:_LONG]:
        return f"{value[:_SHOWN_CHARACTERS]}… ({len(value)} characters)"
    return value


class Journalist:
    """ASGI middleware that writes the journal; requests to the admin routes are left out."""

    def __init__(self, app: ASGIApp, journal: Journal, clock: Callable[[], float]) -> None:
        self._app = app
        self._journal = journal
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and note what became of it."""
        if scope["type"] != "http" or scope["path"].startswith("/_admin/"):
            await self._app(scope, receive, send)
            return
        entry = self._journal.open(self._clock(), scope)
        # The handlers know what a request is about; this middleware does not read bodies.
        scope.setdefault("state", {})["entry"] = entry

        async def noting(message: Message) -> None:
            # A connection that is reset sends no such message, and the status stays `NO_ANSWER`.
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            await send(message)

        await self._app(scope, receive, noting)
