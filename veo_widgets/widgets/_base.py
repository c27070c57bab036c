"""What all widgets share: bundles, traits written from any thread, clips sent in pieces, validated messages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread
import anywidget

from .. import library, mp4
from ..media import Video
from ..poster import is_poster
from ..sync import Client
from .protocol import CHUNK_BYTES, Message, read_message

_STATIC = Path(__file__).parent.parent / "static"
# What one widget may have under way for the browser, and how many clips all of them send at a time: each holds one of
# the loop's threads, which the ledger needs too.
_MOST_TASKS = 32
_SENDING = threading.BoundedSemaphore(8)


def bundle(name: str) -> tuple[Path, Path]:
    """The built script and style sheet of a widget.

    Raises:
        FileNotFoundError: they were never built, as in a checkout that was not installed.
    """
    script, style = _STATIC / f"{name}.js", _STATIC / f"{name}.css"
    for path in (script, style):
        if not path.exists():
            raise FileNotFoundError(f"{path.name} is missing from the package; install it with pip to have it built.")
    return script, style


class ClipWidget(anywidget.AnyWidget):
    """A widget that shows clips of one job or several.

    Handlers may be called on any of the kernel's threads; they validate, and hand the work to the client's loop. A page
    may send anything, as often as it likes: what is too much is dropped.
    """

    def __init__(self, client: Client, **traits: Any) -> None:
        self._client = client
        self._tasks = threading.BoundedSemaphore(_MOST_TASKS)
        self._posters: set[Path] = set()
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def _on_message(self, _: object, content: object, buffers: Sequence[Any] | None) -> None:
        message = read_message(content, buffers)
        if message is not None:
            self.handle(message)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take nothing over from the browser: traits are written by Python alone, and other pages are shown them."""

    def begin(self, work: Callable[..., Coroutine[Any, Any, object]], *args: Any) -> None:
        """Hand work to the client's loop, unless the browser has asked for too much already."""
        if self._tasks.acquire(blocking=False):
            try:
                self._client.start(work, *args).add_done_callback(lambda _: self._tasks.release())
            except BaseException:
                self._tasks.release()
                raise

    def handle(self, message: Message) -> None:
        """Act on a valid message."""
        video = next((video for video in self.clips_on_disk() if video.sample == message.sample), None)
        if message.kind == "need-bytes":
            self.begin(anyio.to_thread.run_sync, self._send_clip, message, video)
        elif message.kind == "poster" and video and video.path not in self._posters and is_poster(message.data):
            self._posters.add(video.path)
            self.begin(anyio.to_thread.run_sync, self._keep_poster, video, message.data)

    def clips_on_disk(self) -> Sequence[Video]:
        """The clips that the browser may ask for: none, unless a widget has some."""
        return ()

    def poster_added(self) -> None:
        """Called when a clip has got its poster from the browser."""

    def _keep_poster(self, video: Video, jpeg: bytes) -> None:
        library.add_poster(video, jpeg)
        self.poster_added()

    def _send_clip(self, message: Message, video: Video | None) -> None:
        """Send a clip in pieces, read as they go."""
        answer = {"request": message.request, "sample": message.sample}
        if not _SENDING.acquire(blocking=False):
            self.send({"kind": "bytes-failed", **answer, "message": "Too many clips at a time; try again."})
            return
        try:
            if video is None:
                raise FileNotFoundError("There is no such clip.")
            for offset, total, piece in _pieces(video.path):
                self.send({"kind": "bytes", **answer, "offset": offset, "total": total}, [piece])
        except OSError as error:
            self.send({"kind": "bytes-failed", **answer, "message": error.strerror or str(error)})
        finally:
            _SENDING.release()

    def refuse(self, command: str, message: str) -> None:
        """Tell the browser why a command was not carried out."""
        self.send({"kind": "refused", "command": command, "message": message})

    def write(self, **traits: Any) -> None:
        """Set traits, from whatever thread; the one place that does."""
        with self.hold_sync():
            for name, value in traits.items():
                if getattr(self, name) != value:
                    setattr(self, name, value)


def _pieces(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Offset, total size and bytes of each piece of a clip.

    Raises:
        OSError: it cannot be read, or is no clip: somebody may have put a link to another file in its place.
    """
    if not path.is_file():
        raise FileNotFoundError("The clip is gone.")
    with path.open("rb") as file:
        if not mp4.is_mp4(file.read(12)):
            raise OSError("The file is no clip.")
        total = file.seek(0, 2)
        file.seek(0)
        for offset in range(0, total, CHUNK_BYTES):
            yield offset, total, file.read(CHUNK_BYTES)
