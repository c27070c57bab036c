"""Receives a clip: reads the socket on one thread and writes to disk on another."""

from __future__ import annotations

import base64
import errno
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

from ...domain.errors import DownloadError, NoAnswerError, VeoError
from ...domain.formats.mp4_boxes import ArrivingBoxes

# Multiples of 4, so that each piece of base64 decodes by itself.
_BASE64_PIECE = 1 << 20
_ONE_ALPHABET = str.maketrans("-_", "+/")
# What is written at once: with less, handing it to the other thread takes longer than writing it.
_PIECE = 1 << 21
# What a system writes in one call at least (POSIX, IOV_MAX, as Linux and macOS have it).
_MOST_PIECES = 1024
# What is not left to the flush at the end, for which nothing more can be received meanwhile.
_FLUSHED = 1 << 25
# What is kept free on the disk beyond the clip itself, and the largest clip that is believed.
_SPARE, _LARGEST = 1 << 20, 4 << 30
# Seconds before a connection that broke is made again; and how many are made for one clip at all.
_PAUSES, _CONNECTIONS = (0.2, 1.0, 2.0, 4.0, 8.0), 100
# How often a clip that can only be had from its beginning is cut at one place before it is given up: each time all that
# came before comes again.
_CUTS = 3
# What tells one kind of file from another.
_BEGINNING = 64

Progress = Callable[[int, int | None], None]


async def inline_chunks(data: str) -> AsyncIterator[bytes]:
    """The bytes of a clip that came as base64, piece by piece: in lines or in one, of either alphabet (RFC 4648, 4, 5).

    Raises:
        DownloadError: it is no base64.
    """
    data = "".join(data.split()).translate(_ONE_ALPHABET).rstrip("=")
    data += "=" * (-len(data) % 4)
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
        mime: what the service calls it; empty if it does not say.
    """

    chunks: AsyncIterator[bytes]
    start: int = 0
    length: int | None = None
    expected: int | None = None
    validator: str = ""
    mime: str = ""


# Opens a clip from a byte on, if its state is still the one named; a source that cannot begins at 0.
Source = Callable[[int, str], AbstractAsyncContextManager[Incoming]]


# Looks at the beginning of a clip, and raises if the rest is not worth having.
Judge = Callable[[bytes, Incoming], None]


class Receiving:
    """Receives a clip over as many connections as it takes.

    Args:
        file: where it goes.
        progress: told how much has come.
        judge: told how it begins.

    Attributes:
        size: how many of its bytes are there.
        fetched: how many bytes came over all connections.
        mime: what the service calls it.
    """

    def __init__(self, file: IO[bytes], progress: Progress, judge: Judge) -> None:
        self._file, self._progress, self._judge = file, progress, judge
        self._validator = ""
        self._length: int | None = None
        self._connections = 0
        self._flushed = 0
        self._boxes = ArrivingBoxes(_LARGEST)
        # Where the last connections broke, and whether the last one was answered and began at the beginning.
        self._cuts: list[int] = []
        self._answered = self._anew = False
        self.size = self.fetched = 0
        self.mime = ""

    async def receive_all(self, source: Source, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Receive the whole clip; gives up after several connections that brought nothing more.

        Raises:
            DownloadError: it ends too early, each time at the same place; or what came is no clip.
            NoAnswerError: the connection broke, here and there.
        """
        stuck, furthest = 0, 0
        while (broken := await self._receive_once(source)) is not None:
            stuck = 0 if self.size > furthest else stuck + 1
            furthest = max(furthest, self.size)
            self._connections += 1
            self._cuts = [*self._cuts, self.size] if self._answered and self.size in self._cuts[-1:] else [self.size]
            dear = self._anew and len(self._cuts) == _CUTS
            if not self.size or dear or stuck == len(_PAUSES) or self._connections == _CONNECTIONS:
                raise self._final_error(broken)
            await sleep(_PAUSES[stuck])

    def _final_error(self, broken: VeoError) -> VeoError:
        """The error to raise in the end: a connection that always breaks at one place is not the network's fault."""
        always = self._answered and (len(self._cuts) > 1 or not self.size)
        if not (always and isinstance(broken, NoAnswerError)):
            return broken
        of = "" if self._length is None else f" of {self._length:,}"
        return DownloadError(f"The download broke off after {self.size:,}{of} bytes each time. {broken}")

    async def _receive_once(self, source: Source) -> VeoError | None:
        """Receive what one connection brings; returns what broke it, or None if the clip is complete."""
        self._answered = False
        try:
            async with source(self.size, self._validator) as incoming:
                self._answered, self._anew = True, not incoming.start
                self._start(incoming)
                await self._receive_while_writing(incoming)
        except NoAnswerError as error:
            return error
        if self._length is None or self.size == self._length:
            return None
        if self.size > self._length:
            raise DownloadError(f"The download brought {self.size:,} bytes, where {self._length:,} were announced.")
        return DownloadError(f"The download ended after {self.size:,} of {self._length:,} bytes.")

    def _start(self, incoming: Incoming) -> None:
        # The service has no ranges, or the clip is another one by now: what is there is no beginning of this.
        if incoming.start != self.size:
            self._file.seek(0)
            self._file.truncate()
            self.size = self._flushed = 0
            self._boxes = ArrivingBoxes(_LARGEST)
        self._validator, self._length, self.mime = incoming.validator, incoming.length, incoming.mime
        if (incoming.length or 0) > _LARGEST:
            raise _too_large_error()
        needed = (incoming.length or incoming.expected or 0) - self.size
        if needed + _SPARE > (free := _free_bytes(self._file)):
            raise OSError(errno.ENOSPC, no_room(needed, free))

    async def _receive_while_writing(self, incoming: Incoming) -> None:
        """Receive while what came before is written."""
        trouble: Exception | None = None
        # No room in between: the socket waits when the disk is slower, and memory stays constant.
        to_writer, pieces = anyio.create_memory_object_stream[list[bytes]](0)

        async def on_disk(work: Callable[[], None]) -> None:
            nonlocal trouble
            try:
                await anyio.to_thread.run_sync(work)
            except OSError as error:
                trouble = self._with_room_needed(error)
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
                async with to_writer, aclosing(self._gather_pieces(incoming)) as gathered:
                    async for piece in gathered:
                        await to_writer.send(piece)
            except Exception as error:  # noqa: BLE001 (raised outside the group, which would wrap it)
                trouble = trouble or error
        if trouble is not None:
            raise trouble

    async def _gather_pieces(self, incoming: Incoming) -> AsyncGenerator[list[bytes], None]:
        """The chunks, gathered into larger pieces, including what came before a connection broke."""
        piece: list[bytes] = []
        gathered, received = 0, self.size
        judged = received > 0
        try:
            async for chunk in incoming.chunks:
                piece.append(chunk)
                gathered, received = gathered + len(chunk), received + len(chunk)
                self.fetched += len(chunk)
                if not judged and received >= _BEGINNING:
                    judged = True
                    self._judge(b"".join(piece)[:_BEGINNING], incoming)
                self._refuse_junk(chunk, received)
                self._progress(received, incoming.length or incoming.expected)
                if gathered >= _PIECE:
                    yield piece
                    piece, gathered = [], 0
        except NoAnswerError:
            yield piece
            raise
        yield piece

    def _refuse_junk(self, chunk: bytes, received: int) -> None:
        """Break off where nothing that may still come can make a clip of what has come."""
        if (broken := self._boxes.broken_at(chunk)) is not None:
            raise DownloadError(f"What was downloaded begins as an MP4, but stops being one at byte {broken:,}.")
        if received > _LARGEST:
            raise _too_large_error()

    def _with_room_needed(self, error: OSError) -> OSError:
        """The disk's error, with how much more room is needed."""
        # Only where the length is known can be said how much room is lacking.
        if error.errno != errno.ENOSPC or self._length is None:
            return error
        return OSError(errno.ENOSPC, no_room(self._length - self.size, _free_bytes(self._file)))

    def _write(self, piece: list[bytes]) -> None:
        self.size += _write_at_once(self._file, piece)


def _write_at_once(file: IO[bytes], pieces: list[bytes]) -> int:
    """Write pieces in one call: between two calls the other thread would have to give way. Returns their size.

    The file must hold nothing back.
    """
    if hasattr(os, "writev") and len(pieces) <= _MOST_PIECES:
        written = os.writev(file.fileno(), pieces)
        if written == sum(map(len, pieces)):
            return written
        # The disk is full, or a signal came in between.
        pieces = [b"".join(pieces)[written:]]
    else:
        written = 0
    left = memoryview(b"".join(pieces))
    while left:
        count = file.write(left)
        written, left = written + count, left[count:]
    return written


def _free_bytes(file: IO[bytes]) -> int:
    return shutil.disk_usage(Path(file.name).parent).free


def _too_large_error() -> DownloadError:
    return DownloadError(f"The download is larger than {_LARGEST >> 30} GiB, and no clip is.")


def no_room(needed: int, free: int) -> str:
    """Why a clip of `needed` bytes more does not go onto a disk with so many free."""
    return (
        f"{os.strerror(errno.ENOSPC)}: {needed / 1e6:,.1f} MB more are needed, {free / 1e6:,.1f} MB are free, and "
        f"{_SPARE / 1e6:,.0f} MB of them are kept free"
    )


def flush(file: IO[bytes]) -> None:
    """Make sure that what was written is on disk when this returns."""
    file.flush()
    os.fsync(file.fileno())
