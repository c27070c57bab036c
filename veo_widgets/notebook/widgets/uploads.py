"""Images that arrive from the browser in pieces: more than 10 MiB in one message would break the connection."""

from __future__ import annotations

from ...domain.errors import InvalidRequestError
from ...domain.media import MAX_IMAGE_BYTES

_MOST = 16


class Uploads:
    """The images that are on their way."""

    def __init__(self) -> None:
        self._parts: dict[str, bytearray] = {}

    def add(self, image: str, piece: bytes, offset: int, total: int) -> bytes | None:
        """Take the next piece of an image; returns the image when it is whole.

        Args:
            image: the name the browser has given it.
            piece: bytes.
            offset: which byte of the image the first of them is.
            total: how many there are in all.

        Raises:
            InvalidRequestError: the image is too large, or a piece is missing; what has arrived is dropped.
        """
        if offset == 0:
            self._parts[image] = bytearray()
        part = self._parts.get(image)
        if part is None or offset != len(part) or not 0 < offset + len(piece) <= total or total > MAX_IMAGE_BYTES:
            self._parts.pop(image, None)
            raise InvalidRequestError(
                f"image: it did not arrive whole, or is over {MAX_IMAGE_BYTES // 10**6} MB; choose it again.",
                parameter="image",
            )
        part += piece
        if len(self._parts) > _MOST:
            # Pages that went away in the middle.
            self._parts.pop(next(iter(self._parts)))
        return bytes(self._parts.pop(image)) if len(part) == total else None
