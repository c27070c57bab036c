"""The package's log: silent unless asked for, and without keys and media whatever it is asked for.

Everything goes through `LOGGER`, whose filter takes keys out before any handler, of ours or of the user, sees a record.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from contextvars import copy_context
from pathlib import Path
from typing import Any

from ..domain.arguments import NAME, NONE, PATH, accepts
from ..domain.errors import ConfigError, InvalidRequestError, nearest
from ..domain.paths import expanded
from ..domain.printable import printable
from ..domain.redaction import redact
from ..domain.safe_json import read_json

LOGGER = logging.getLogger("veo_widgets")

LEVELS = {"off": None, "warning": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}
# A notebook's server drops what comes faster than a megabyte a second.
_MOST_CHARACTERS = 20_000
# Where no prompt is as long without a blank, it is base64.
_MEDIA_CHARACTERS = 2000


class _Redacting(logging.Filter):
    """Takes keys and control characters out of a record for good, the traceback included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = printable(redact(record.getMessage())), None
        if record.exc_info:
            # Formatted here, since a handler that formats for itself may show local variables.
            record.exc_text = printable(redact(logging.Formatter().formatException(record.exc_info)))
            record.exc_info = None
        return True


# The HTTP library logs the headers of replies, in which a service may quote the key.
_HTTP = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")
for _logger in (LOGGER, *map(logging.getLogger, _HTTP)):
    _logger.addFilter(_Redacting())
LOGGER.addHandler(logging.NullHandler())


class _Screen(logging.Handler):
    """Writes to standard error as if from where it was made, so that a notebook puts all of it under one cell.

    The background thread would otherwise write under whichever cell runs at the moment.
    """

    def __init__(self) -> None:
        super().__init__()
        self._context = copy_context()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n"
            self._context.copy().run(lambda: sys.stderr.write(line))
        except Exception:  # noqa: BLE001 (a log must not stop what it tells of)
            self.handleError(record)


_handler: logging.Handler | None = None


@accepts(level=NAME, path=PATH | NONE)
def log(level: str = "info", path: str | Path | None = None) -> None:
    """Show what the package does, without keys and without media.

    ``info`` tells of each change of a job, ``warning`` of troubles that pass, and ``debug`` shows every request and
    reply in full, base64 replaced by its length. In a notebook the lines appear under the cell that called this.
    The standard logger is ``veo_widgets``; who has handlers of their own needs no call of this.

    Args:
        level: ``off``, ``warning``, ``info`` or ``debug``.
        path: a file to append to, instead of standard error.

    Raises:
        InvalidRequestError: there is no such level.
        ConfigError: the file cannot be written.
    """
    global _handler  # noqa: PLW0603 (one log for the whole process)
    if level not in LEVELS:
        raise InvalidRequestError(
            f"level: {level!r} is not one of {', '.join(LEVELS)}.{nearest(level, LEVELS)}",
            parameter="level",
            value=level,
            allowed=LEVELS,
        )
    number = LEVELS[level]
    made = None if number is None else _new_handler(path)
    if _handler is not None:
        LOGGER.removeHandler(_handler)
        _handler.close()
    _handler = made
    if made is not None:
        made.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        LOGGER.addHandler(made)
    LOGGER.setLevel(logging.NOTSET if number is None else number)
    # Not told twice where the root logger has a handler too.
    LOGGER.propagate = made is None


def _new_handler(path: str | Path | None) -> logging.Handler:
    if path is None:
        return _Screen()
    try:
        return logging.FileHandler(expanded(path), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"path: cannot write the log to {str(path)!r}: {error.strerror or error}.") from None


class Exchange:
    """One request on its way to a service, logged as it leaves.

    Args:
        method: of HTTP.
        url: shown without its query, which may be a signature.
        headers: shown with their `repr`, which hides those that sign.
        body: JSON, the parts of a form, or None.
    """

    def __init__(self, method: str, url: str, headers: Mapping[str, str], body: Any = None) -> None:
        self._what = f"{method} {_without_query(url)}"
        self._started = time.monotonic()
        if LOGGER.isEnabledFor(logging.DEBUG):
            LOGGER.debug("> %s %r%s", self._what, dict(headers), _body_text(body))

    def reply(self, status: int, headers: Mapping[str, str], body: bytes | bytearray | None = None) -> None:
        """Log the answer.

        Args:
            status: of HTTP.
            headers: of the answer.
            body: of the answer; None while it is still to be read.
        """
        if LOGGER.isEnabledFor(logging.DEBUG):
            seconds = time.monotonic() - self._started
            shown = {name: value for name, value in headers.items() if name != "set-cookie"}
            said = "" if body is None else _reply_text(bytes(body))
            LOGGER.debug("< %s %s after %.2f s %r%s", status, self._what, seconds, _without_location_query(shown), said)

    def failed(self, error: Exception) -> None:
        """Log that there was no answer."""
        LOGGER.debug("< no answer to %s: %s", self._what, error)


def _without_query(url: str) -> str:
    address, question, _ = url.partition("?")
    return f"{address}?…" if question else address


def _without_location_query(headers: dict[str, str]) -> dict[str, str]:
    return {name: _without_query(value) if name == "location" else value for name, value in headers.items()}


def _body_text(body: Any) -> str:
    if not body:
        return ""
    text = json.dumps(without_media(body), ensure_ascii=False, default=repr)
    # Keys first: one that is cut in two would not be found.
    text = redact(text)
    more = len(text) - _MOST_CHARACTERS
    return f"\n  {text[:_MOST_CHARACTERS]}" + (f"… and {more:,} characters more" if more > 0 else "")


def _reply_text(body: bytes) -> str:
    try:
        said = read_json(body)
    except ValueError:
        text = body[:_MEDIA_CHARACTERS].decode("utf-8", "replace")
        said = text if text.isprintable() or "<" in text else f"… {len(body):,} bytes …"
    return _body_text(said)


def without_media(value: Any) -> Any:
    """JSON with base64 replaced by its length in bytes."""
    if isinstance(value, Mapping):
        return {key: without_media(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_media(item) for item in value]
    if isinstance(value, bytes):
        return f"… {len(value):,} bytes …"
    if isinstance(value, str) and len(value) > _MEDIA_CHARACTERS and " " not in value:
        return f"… {len(value) * 3 // 4:,} bytes as base64 …"
    return value
