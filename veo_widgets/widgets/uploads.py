"""Files that the browser sends in pieces: one message holds a megabyte, and ten of them break a websocket."""

from __future__ import annotations

import threading

from .protocol import CHUNK_BYTES, Message

# A frame of 4K as PNG takes a third of it.
MAX_BYTES = 64 << 20
# Uploads that were begun and never ended are forgotten, oldest first.
_MOST_OPEN = 4


class Uploads:
    """Puts pieces together, in whatever order and on whatever thread they arrive."""

    def __init__(self) -> None:
        self._open: dict[str, dict[int, bytes]] = {}
        self._lock = threading.Lock()

    def add(self, message: Message) -> bytes | None:
        """Take a piece.

        Args:
            message: with `request`, `offset`, `total` and the piece itself.

        Returns:
            The whole file once its last piece is there, else None. A piece that fits nowhere is dropped.
        """
        end = message.offset + len(message.data)
        if not 0 < len(message.data) <= CHUNK_BYTES or not end <= message.total <= MAX_BYTES:
            return None
        with self._lock:
            pieces = self._open.setdefault(message.request, {})
            pieces[message.offset] = message.data
            if sum(map(len, pieces.values())) < message.total:
                while len(self._open) > _MOST_OPEN:
                    del self._open[next(iter(self._open))]
                return None
            del self._open[message.request]
        whole = b"".join(pieces[offset] for offset in sorted(pieces))
        return whole if len(whole) == message.total else None
