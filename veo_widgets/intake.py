"""Takes a clip in: as it comes off the socket on one thread, and to disk on another."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import anyio
import anyio.to_thread

from .errors import DownloadError, NoAnswerError, VeoError

# Multiples of 4, so that each piece of base64 decodes by itself.
_BASE64_PIECE = 1 << 20
# What is written at once: with less, handing it to the other thread takes longer than writing it.
_PIECE = 1 << 21
# What is not left to the flush at the end, for which nothing more can be received meanwhile.
_FLUSHED = 1 << 25
# What is kept free on the disk beyond the clip itself, and the largest clip that is believed.
_SPARE, _LARGEST = 1 << 20, 4 << 30
# Seconds before a connection that broke is made again; and how many are made for one clip at all.
_PAUSES, _CONNECTIONS = (0.2, 1.0, 2.0, 4.0, 8.0), 100

Progress = Callable[[int, int | None], None]


async def inline_chunks(data: str) -> AsyncIterator[bytes]:
    """The bytes of a clip that came as base64, piece by piece.

    Raises:
        DownloadError: it is no base64.
    """
    for at in range(0, len(data), _BASE64_PIECE):
        try:
            yield base64.b64decode(data[at : at + _BASE64_PIECE], validate=True)
        except ValueError:
            raise DownloadError("The service sent a clip that is not valid base64.") from None


@dataclass(frozen=True)
class Incoming:
    """A clip on its way.

    Attributes:
        chunks: its bytes as they arrive.
        start: which byte of the clip the first of them is.
        length: the announced number of bytes of the whole clip, if there is one.
        expected: about how many, for the screen, where none is announced.
        validator: what names this state of the clip, so that another one is not taken for its continuation.
    """

    chunks: AsyncIterator[bytes]
    start: int = 0
    length: int | None = None
    expected: int | None = None
    validator: str = ""


# Opens a clip from a byte on, if its state is still the one named; a source that cannot begins at 0.
Source = Callable[[int, str], AbstractAsyncContextManager[Incoming]]


class Intake:
    """Takes a clip in, over as many connections as it needs."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file, self._progress = file, progress
        self._sha256 = hashlib.sha256()
        self._validator = ""
        self._length: int | None = None
        self._connections = 0
        self._flushed = 0
        self.size = 0

    @property
    def digest(self) -> str:
        """SHA-256 of what has been written."""
        return self._sha256.hexdigest()

    async def all_of(self, source: Source, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Take everything; a connection that brings nothing more is given up after a few others."""
        stuck, furthest = 0, 0
        while (broken := await self._as_far_as_it_goes(source)) is not None:
            stuck = 0 if self.size > furthest else stuck + 1
            furthest = max(furthest, self.size)
            self._connections += 1
            if not self.size or stuck == len(_PAUSES) or self._connections == _CONNECTIONS:
                raise broken
            await sleep(_PAUSES[stuck])

    async def _as_far_as_it_goes(self, source: Source) -> VeoError | None:
        """Take what one connection brings; what broke it, or None if the clip is complete."""
        try:
            async with source(self.size, self._validator) as incoming:
                self._begin(incoming)
                await self._take(incoming)
        except NoAnswerError as error:
            return error
        if self._length is None or self.size == self._length:
            return None
        if self.size > self._length:
            raise DownloadError(f"The download brought {self.size:,} bytes, where {self._length:,} were announced.")
        return DownloadError(f"The download ended after {self.size:,} of {self._length:,} bytes.")

    def _begin(self, incoming: Incoming) -> None:
        if incoming.start != self.size:
            self._file.seek(0)
            self._file.truncate()
            self._sha256, self.size, self._flushed = hashlib.sha256(), 0, 0
        self._validator, self._length = incoming.validator, incoming.length
        needed = (incoming.length or incoming.expected or 0) - self.size
        if needed + _SPARE > shutil.disk_usage(Path(self._file.name).parent).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def _take(self, incoming: Incoming) -> None:
        """Receive while what came before is written."""
        trouble: Exception | None = None
        to_writer, pieces = anyio.create_memory_object_stream[list[bytes]](0)

        async def on_disk(work: Callable[[], None]) -> None:
            nonlocal trouble
            try:
                await anyio.to_thread.run_sync(work)
            except OSError as error:
                trouble = error
                tasks.cancel_scope.cancel()

        async def write_all() -> None:
            async with pieces:
                async for piece in pieces:
                    await on_disk(partial(self._write, piece))
                    if self.size - self._flushed >= _FLUSHED:
                        self._flushed = self.size
                        tasks.start_soon(on_disk, partial(flush, self._file))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write_all)
            try:
                async with to_writer, aclosing(self._pieces(incoming)) as gathered:
                    async for piece in gathered:
                        await to_writer.send(piece)
            except Exception as error:  # noqa: BLE001 (raised outside the group, which would wrap it)
                trouble = trouble or error
        if trouble is not None:
            raise trouble

    async def _pieces(self, incoming: Incoming) -> AsyncGenerator[list[bytes], None]:
        """What comes in, gathered; also what came before a connection broke."""
        piece: list[bytes] = []
        gathered, received = 0, self.size
        try:
            async for chunk in incoming.chunks:
                piece.append(chunk)
                gathered, received = gathered + len(chunk), received + len(chunk)
                if received > _LARGEST:
                    raise OSError(errno.EFBIG, f"it is larger than {_LARGEST >> 30} GiB")
                self._progress(received, incoming.length or incoming.expected)
                if gathered >= _PIECE:
                    yield piece
                    piece, gathered = [], 0
        except NoAnswerError:
            yield piece
            raise
        yield piece

    def _write(self, piece: list[bytes]) -> None:
        # At once: between two calls the other thread would have to give way each time.
        data = b"".join(piece)
        self._file.write(data)
        self._sha256.update(data)
        self.size += len(data)


def flush(file: IO[bytes]) -> None:
    """Have what was written on disk when this returns."""
    file.flush()
    os.fsync(file.fileno())
