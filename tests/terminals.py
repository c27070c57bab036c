"""What a program writes to a terminal of the test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator


def pieces_from(terminal: int) -> Iterator[bytes]:
    """What comes, piece by piece, until the program has let go of its end."""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            # So a terminal ends on Linux.
            return
        if not piece:
            return
        yield piece
