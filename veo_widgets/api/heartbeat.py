"""Shows that a program is at work to whatever restarts programs that are not."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..domain.errors import InvalidRequestError


class Heartbeat:
    """Tells systemd by its socket, and a probe by the time of a file.

    Source of the socket's protocol: sd_notify(3), https://www.freedesktop.org/software/systemd/man/sd_notify.html.

    Args:
        file: what a probe looks at; None where there is none.
        environ: names the socket in ``NOTIFY_SOCKET``, if there is one.

    Raises:
        InvalidRequestError: the file cannot be written.
    """

    def __init__(self, file: Path | None, environ: Mapping[str, str] = os.environ) -> None:
        self._file, self._address = file, environ.get("NOTIFY_SOCKET", "")
        if file is None:
            return
        try:
            file.touch()
        except OSError as error:
            message = f"alive: cannot write {str(file)!r}: {error.strerror or error}."
            raise InvalidRequestError(message, parameter="alive", value=str(file)) from error

    def beat(self) -> None:
        """The program is at work."""
        if self._file is not None:
            # A probe that finds an old file restarts the program, which then says what is wrong.
            with suppress(OSError):
                self._file.touch()
        # That it is ready may be said again.
        self._notify("READY=1\nWATCHDOG=1")

    def stopping(self) -> None:
        """The program has been told to end, and does."""
        self._notify("STOPPING=1")

    def _notify(self, words: str) -> None:
        if not self._address:
            return
        # What begins with @ is in Linux's abstract namespace. Who does not listen any more need not be told.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.sendto(words.encode(), address)
