"""What all widgets share: bundles, traits written from any thread, clips sent in pieces, validated messages."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio.to_thread
import anywidget
import traitlets

from ...domain import buckets, job_transitions
from ...domain.errors import InvalidRequestError, VeoError
from ...domain.formats.containers import ENOUGH, container_of
from ...domain.job_record import JobRecord
from ...domain.media import Image, Video
from ...session import recipes
from ...session.loop import Loop
from ...session.waiting import IN_BROWSER
from ...storage.clips import sidecars, uploading
from ...storage.clips.poster import is_poster
from . import in_browser, job_state, stills
from .protocol import CHUNK_BYTES, Message, read_message
from .registries import forms, frames
from .sequels import Sequels
from .uploads import Uploads

_STATIC = Path(__file__).parents[2] / "static"
# What one widget may have under way for the browser, and how many clips all of them send at a time: each holds one of
# the loop's threads, which the ledger needs too.
_MOST_TASKS = 32
_SENDING = threading.BoundedSemaphore(8)
# For so long the address of a clip in a bucket holds; a player asks for another one then.
_SIGNED_SECONDS = 3600


def _refuse_shiny() -> None:
    """Say so at once where a page would stand still: shinywidgets sends nothing that another thread has to tell.

    Raises:
        VeoError: this runs in a session of Shiny's.
    """
    if "shinywidgets" in sys.modules and import_module("shiny.session").get_current_session() is not None:
        raise VeoError(
            "Shiny passes on what a widget says only in its session's own turn, and jobs report from a background "
            "thread. Use veo.generate(…) in a task, and show its file with ui.tags.video."
        )


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


def script(name: str) -> str:
    """The text of a built script that comes without a style sheet."""
    return (_STATIC / f"{name}.js").read_text("utf-8")


class ClipWidget(anywidget.AnyWidget):
    """A widget that shows clips of one job or several.

    Handlers may be called on any of the kernel's threads; they validate, and hand the work to the client's loop. A page
    may send anything, as often as it likes: what is too much is dropped.

    Attributes:
        frame: the last frame that was grabbed here, to be observed or given to `veo_widgets.submit`; None before.
        sequels: the jobs that were begun from the clips, as the browser draws them.
    """

    frame = traitlets.Instance(Image, allow_none=True)
    sequels = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, client: Loop, **traits: Any) -> None:
        _refuse_shiny()
        self._client = client
        self._tasks = threading.BoundedSemaphore(_MOST_TASKS)
        self._posters: set[Path] = set()
        self._uploads = Uploads()
        self._sequels = Sequels(client, self._sequel_changed)
        self._paying, self._paid = False, set[str]()
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def _on_message(self, _: object, content: object, buffers: Sequence[Any] | None) -> None:
        message = read_message(in_browser.from_page(content) if IN_BROWSER else content, buffers)
        if message is None:
            return
        try:
            self.handle(message)
        except VeoError as error:
            # The client is closed, or cannot do this where Python runs.
            self.refuse(message.kind, str(error))

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take nothing over from the browser: traits are written by Python alone, and other pages are shown them."""

    def get_state(self, *args: Any, **named: Any) -> dict[str, Any]:
        """The traits as the page is sent them."""
        state: dict[str, Any] = super().get_state(*args, **named)
        return in_browser.to_page(state) if IN_BROWSER else state

    def send(self, content: Mapping[str, Any], buffers: Sequence[bytes] | None = None) -> None:
        """Send a message to the page."""
        super().send(in_browser.to_page(content) if IN_BROWSER else content, buffers)

    def begin(self, work: Callable[..., Coroutine[Any, Any, object]], *args: Any) -> None:
        """Hand work to the client's loop, unless the browser has asked for too much already."""
        if IN_BROWSER:
            # There is no thread for it, and no network that it could hold up meanwhile.
            args[0](*args[1:]) if work is anyio.to_thread.run_sync else self._client.call(work, *args)
            return
        # Never waited for: this may be the kernel's own thread, which has to stay free for cells.
        if self._tasks.acquire(blocking=False):
            try:
                self._client.start(work, *args).add_done_callback(lambda _: self._tasks.release())
            # A closed loop starts nothing, and then nothing gives the place back.
            except BaseException:
                self._tasks.release()
                raise

    def handle(self, message: Message) -> None:
        """Act on a valid message."""
        video = self._clip(message.sample)
        if message.kind == "need-bytes":
            self.begin(anyio.to_thread.run_sync, self._send_clip, message, video)
        elif message.kind == "poster" and video and video.path not in self._posters and is_poster(message.data):
            # Every page that shows the clip sends one; the first is enough.
            self._posters.add(video.path)
            self.begin(anyio.to_thread.run_sync, self._keep_poster, video, message.data)
        elif message.kind == "grab":
            self._receive_frame(message, video)
        elif message.kind == "reuse":
            self.begin(self._fill_forms, message, video)
        elif message.kind == "sequel":
            self.begin(self.pay, message, self._begin_sequel(message, video))
        elif message.kind == "player":
            self.begin(anyio.to_thread.run_sync, self.send_program, "player", "player")

    def send_program(self, kind: str, name: str) -> None:
        """Send the code of a script, which a page asks for when it is first needed: most never need it."""
        self.send({"kind": kind, "code": script(name)})

    def numbered_clips(self) -> Mapping[int, Video]:
        """The clips that the browser may ask for, by the numbers that it knows: none, unless a widget has some."""
        return {}

    def _clip(self, sample: int) -> Video | None:
        return self.numbered_clips().get(sample) or self._sequels.clips().get(sample)

    def draw_again(self) -> None:
        """Called when a clip has got its poster from the browser, or more is known of what its file says."""

    def read_files(self) -> None:
        """Have what clips say of themselves read beside the loop, unless that was done before, and draw it then."""
        clips = (*self.numbered_clips().values(), *self._sequels.clips().values())
        unread = [video for video in clips if not job_state.has_read(video)]
        if unread and not IN_BROWSER and not self._client.closed:
            self._client.start(self._read_then_draw, unread)

    async def _read_then_draw(self, videos: Sequence[Video]) -> None:
        for video in videos:
            await anyio.to_thread.run_sync(job_state.read_credentials, video)
        self.draw_again()
        self._sequel_changed()

    def _keep_poster(self, video: Video, jpeg: bytes) -> None:
        sidecars.add_poster(video, jpeg)
        uploading.put_recipe(video)
        self.draw_again()

    def _send_address(self, message: Message, video: Video) -> bool:
        """Send the address of a clip in a bucket by which anybody can read it for a while; False where there is none.

        Whoever has it needs no key, so it is no trait: those are kept in notebooks.
        """
        if message.fields.get("plain") or not (url := buckets.signed(video.uri, _SIGNED_SECONDS) if video.uri else ""):
            return False
        answer = {"request": message.request, "sample": message.sample, "url": url, "seconds": _SIGNED_SECONDS}
        self.send({"kind": "address", **answer})
        return True

    def _send_clip(self, message: Message, video: Video | None) -> None:
        """Send a clip in pieces, read as they go, or the address of one in a bucket."""
        if video and self._send_address(message, video):
            return
        answer = {"request": message.request, "sample": message.sample}
        # Refused rather than queued: whoever waits here holds one of the loop's threads as well.
        if not _SENDING.acquire(blocking=False):
            self.send({"kind": "bytes-failed", **answer, "message": "Too many clips at a time; try again."})
            return
        try:
            if video is None:
                raise FileNotFoundError("There is no such clip.")
            for offset, total, piece in _read_pieces(video.fetch()):
                self.send({"kind": "bytes", **answer, "offset": offset, "total": total}, [piece])
        except (OSError, VeoError) as error:
            why = error.strerror if isinstance(error, OSError) else None
            self.send({"kind": "bytes-failed", **answer, "message": why or str(error)})
        finally:
            _SENDING.release()

    def _receive_frame(self, message: Message, video: Video | None) -> None:
        """Take a piece of a frame; with the last one the work begins."""
        offset, total = message.fields["offset"], message.fields["total"]
        try:
            png = self._uploads.add(message.request, message.data, offset, total)
        except VeoError as error:
            self.refuse("grab", str(error))
        else:
            if png is not None:
                self.begin(anyio.to_thread.run_sync, self._place_frame, message, video, png)

    def _place_frame(self, message: Message, video: Video | None, png: bytes) -> None:
        """Make a frame what the browser says it is to be."""
        frame, role = message.fields["frame"], message.fields["role"]
        try:
            if video is None:
                raise InvalidRequestError("frame: its clip is no longer there.", parameter="frame")
            image = stills.as_image(video, frame, png)
            if role == "file":
                said = f"Saved as {stills.save(video, image).name}, beside the clip."
            else:
                frames.grabbed(image, role)
                said = stills.role_text(frame, role)
            self.write(frame=image)
            self.send({"kind": "grabbed", "request": message.request, "message": said})
        except (OSError, VeoError) as error:
            self.refuse("grab", str(error))

    async def _fill_forms(self, message: Message, video: Video | None) -> None:
        """Fill the notebook's forms with what a clip was made from."""
        try:
            if video is None:
                raise InvalidRequestError("clip: it is no longer there.", parameter="clip")
            recipe = await anyio.to_thread.run_sync(recipes.load, video.path)
            forms.fill(await recipes.completed(recipe, self._client.asynchronous))
        except VeoError as error:
            self.refuse("reuse", str(error))
        else:
            said = "The form has the settings of this clip."
            self.send({"kind": "grabbed", "request": message.request, "message": said})

    def first_time(self, message: Message) -> bool:
        """Whether a click has not come before: a front end may deliver it twice."""
        new = message.request not in self._paid
        if message.request:
            self._paid.add(message.request)
        return new

    async def pay(self, message: Message, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do what costs money, once for each click, and tell the browser what came of it."""
        if not self.first_time(message):
            return
        # One click at a time: a second view of this widget may have been clicked before the first got its answer.
        if self._paying:
            self.refuse(message.kind, "Another request of this cell is just being sent; nothing was sent twice.")
            return
        self._paying = True
        try:
            await work()
        except VeoError as error:
            self.refuse(message.kind, str(error))
        else:
            self.send({"kind": "taken", "request": message.request})
        finally:
            self._paying = False

    def _begin_sequel(self, message: Message, video: Video | None) -> Callable[[], Coroutine[Any, Any, None]]:
        async def begin() -> None:
            if video is None:
                raise InvalidRequestError("clip: it is no longer there.", parameter="clip")
            record = await self._sequels.begin(message.fields["verb"], video, message.fields["prompt"])
            await self.sequel_begun(record)
            job_transitions.raise_for_state(record)

        return begin

    async def sequel_begun(self, record: JobRecord) -> None:
        """Called when a job was begun from one of the clips."""

    def _sequel_changed(self) -> None:
        self.write(sequels=self._sequels.describe())
        self.read_files()

    def close(self) -> None:
        """Stop following the jobs that were begun here; they keep running."""
        # A widget that could not even be made is closed all the same when it goes.
        if "_sequels" in vars(self):
            self._sequels.close()
        super().close()

    def refuse(self, command: str, message: str) -> None:
        """Tell the browser why a command was not carried out."""
        self.send({"kind": "refused", "command": command, "message": message})

    def write(self, **traits: Any) -> None:
        """Set traits, from whatever thread; the one place that does."""
        # One message for all of them, so that a page never draws half of a change.
        with self.hold_sync():
            for name, value in traits.items():
                if getattr(self, name) != value:
                    setattr(self, name, value)


def _read_pieces(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Offset, total size and bytes of each piece of a clip.

    Raises:
        OSError: it cannot be read, or is not a clip: somebody may have put a link to another file in its place.
    """
    if not path.is_file():
        raise FileNotFoundError("The clip is gone.")
    with path.open("rb") as file:
        if container_of(file.read(ENOUGH)) is None:
            raise OSError("The file is not a clip.")
        total = file.seek(0, 2)
        file.seek(0)
        for offset in range(0, total, CHUNK_BYTES):
            yield offset, total, file.read(CHUNK_BYTES)
