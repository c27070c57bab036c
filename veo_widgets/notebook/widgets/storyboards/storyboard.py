"""The board of a film as a live widget: every edit in it is one of the film's own, and every edit in code is seen."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import anyio
import anyio.to_thread
import traitlets

from ....client.live_jobs import Sighting
from ....client.offline_client import new_job_id
from ....domain.arguments import accepts, instance_of
from ....domain.errors import InvalidRequestError, VeoError
from ....domain.job_record import JobRecord
from ....domain.media import Video
from ....session.groups.boarded import Look
from ....session.groups.film import Film
from ....session.waiting import IN_BROWSER, NO_THREADS
from .. import job_state
from .._base import bundle
from ..protocol import Message
from ..saved_output import card, mime_bundle
from ..saved_widget import SavedWidget
from ..shown_cast import ShownCast
from . import edits, parts


class Storyboard(SavedWidget):
    """The shots of a film as cards, which are edited, moved, made and played; a film shows itself as one.

    Args:
        film: as `veo_widgets.film` makes it.

    Attributes:
        film: which is shown.
    """

    _esm, _css = bundle("storyboard")

    title = traitlets.Unicode().tag(sync=True)
    parts = traitlets.List(traitlets.Dict()).tag(sync=True)
    jobs = traitlets.Dict().tag(sync=True)
    clips = traitlets.Dict().tag(sync=True)
    shared = traitlets.Dict().tag(sync=True)
    standing = traitlets.Dict().tag(sync=True)
    cast = traitlets.List(traitlets.Dict()).tag(sync=True)
    saved_class = traitlets.Unicode("").tag(sync=True)

    @accepts(film=instance_of(Film, "a film; veo.film(…) makes one"))
    def __init__(self, film: Film) -> None:
        if IN_BROWSER:
            raise VeoError(NO_THREADS)
        self.film = film
        self._numbers: dict[str, list[int]] = {}
        self._seen: dict[str, Sighting] = {}
        self._ends: list[Callable[[], None]] = []
        self._clips: dict[int, Video] = {}
        self._drawn: dict[tuple[int, str], dict[str, Any]] = {}
        self._stale = True
        self._drawing, self._editing = anyio.Lock(), anyio.Lock()
        super().__init__(film.client, title=film.name, saved_class=job_state.saved_class(new_job_id()))
        folder = film.client.asynchronous.cast
        self._cast = ShownCast(self, folder)
        # What a name adds to a prompt, and what is said about it, changes with the cast.
        self._ends += [film.listen(lambda *_: self._soon()), self._cast.end, folder.listen(self._soon)]
        self._cast.look()
        self._client.call(self._draw)

    # What is drawn

    def _soon(self) -> None:
        """Draw the film anew before long, whatever thread this is."""
        # Nothing is drawn by a client that is closed.
        with suppress(VeoError):
            self._client.start(self._draw)

    async def _draw(self) -> None:
        """Draw the film as it is now, or as somebody else draws it who has looked at it later."""
        self._stale = True
        async with self._drawing:
            if self._stale:
                self._stale = False
                await self._draw_once()

    async def _draw_once(self) -> None:
        look = await anyio.to_thread.run_sync(self.film.look)
        await self._listen(look.records)
        shown = await anyio.to_thread.run_sync(self._describe, look)
        before = (self.parts, self.clips)
        self.write(**shown, jobs=self._progress())
        self.read_files()
        if (self.parts, self.clips) != before:
            # In a thread, since what is saved is read over the loop.
            await anyio.to_thread.run_sync(self.saved_changed)

    async def _listen(self, records: Mapping[int, JobRecord]) -> None:
        client = self._client.asynchronous
        numbers: dict[str, list[int]] = {}
        for number, record in records.items():
            numbers.setdefault(record.id, []).append(number)
            if record.id not in self._seen:
                self._seen[record.id] = await client.sighting(record.id)
                self._ends.append(client.listen(record.id, self._receive))
                # What was not sent yet is sent when somebody says so, not by being looked at.
                if not record.state.is_final and not record.held_back:
                    client.watch(record.id)
        self._numbers = numbers

    def _receive(self, seen: Sighting) -> None:
        """A job has changed: all is drawn anew with its state, and its clock alone at every percent."""
        before, self._seen[seen.record.id] = self._seen[seen.record.id].record, seen
        if (before.state, before.videos, before.problem) != (
            seen.record.state,
            seen.record.videos,
            seen.record.problem,
        ):
            self._soon()
        else:
            self.write(jobs=self._progress())

    def _progress(self) -> dict[str, Any]:
        """How the jobs stand, by the takes' numbers."""
        return {
            str(number): job_state.progress(self._seen[job_id], time.time())
            for job_id, numbers in self._numbers.items()
            for number in numbers
        }

    def _describe(self, look: Look) -> dict[str, Any]:
        found = parts.first_clips(look)
        self._clips = {number: video for number, (video, _) in found.items()}
        shared, line = look.board.shared, self.film.standing_line(last=False) if self.film.is_running else None
        return {
            "parts": parts.parts(look),
            "clips": {str(number): self._clip_state(number, *one) for number, one in found.items()},
            "shared": {"settings": parts.values(shared.common), "texts": dict(shared.texts)},
            "standing": {
                "offers": list(
                    filter(None, (parts.offer(look.change, again=False), parts.offer(look.again, again=True)))
                ),
                "remarks": list(look.summary.remarks),
                "running": line and {"text": line.text, "share": line.share},
                "undo": look.past,
                "recall": look.other,
            },
        }

    def _clip_state(self, number: int, video: Video, record: JobRecord) -> dict[str, Any]:
        """A clip, drawn once: its recipe is a file."""
        key = (number, f"{video.version} {video.poster[-40:]}")
        if key not in self._drawn:
            self._drawn[key] = parts.clip(number, video, record)
        return self._drawn[key]

    def numbered_clips(self) -> Mapping[int, Video]:
        """The clips of all takes under the takes' numbers."""
        return self._clips

    def draw_again(self) -> None:
        """Draw the clips with what is known by now."""
        self._drawn.clear()
        self._soon()

    # Messages

    def handle(self, message: Message) -> None:
        """Edits, what costs money, and what every widget with clips is asked."""
        if message.kind == "ready":
            self._cast.look()
            self.begin(self._draw)
        elif message.kind == "panels":
            self.begin(anyio.to_thread.run_sync, self.send_program, "panels", "cast")
        elif message.kind == "edit":
            self.begin(self._edit, message)
        elif message.kind == "make":
            self.begin(self.pay, message, lambda: self._make(message))
        else:
            super().handle(message)

    async def _edit(self, message: Message) -> None:
        """Edit the film, in the order in which it is asked for; a refusal goes to the card that has asked."""
        said = message.fields["edit"]
        async with self._editing:
            try:
                name = edits.job_named(said)
                job = await self._client.asynchronous.job(name) if name else None
                await anyio.to_thread.run_sync(edits.carry_out, self.film, said, job)
            except VeoError as error:
                self.send({"kind": "not-edited", "request": message.request, "message": str(error)})
                return
        # The page first has what it then no longer holds as typed.
        await self._draw()
        self.send({"kind": "taken", "request": message.request})

    async def _make(self, message: Message) -> None:
        """Make what is missing, if that is still what the page has said it is."""
        again, offered = bool(message.fields["again"]), message.fields["offer"]
        # What was typed before the click comes first.
        async with self._editing:
            await anyio.to_thread.run_sync(self._run, offered, again)

    def _run(self, offered: str, again: bool) -> None:  # noqa: FBT001 (called by `run_sync`, which passes no names)
        look = self.film.look()
        offer = parts.offer(look.again if again else look.change, again=again)
        now = f"{offer['text']}: {offer['price']}" if offer else ""
        if now != offered:
            raise InvalidRequestError(
                f"offer: the film has changed, so nothing was sent; it would now be {now or 'nothing'}.",
                parameter="offer",
            )
        self.film.run(retry=again)

    # What stays

    def saved_output(self) -> dict[str, str]:
        """What readers without a kernel see, as MIME types: the strip of the film, with whole prompts."""
        return mime_bundle(card(self.saved_class, "", self.film._repr_html_()), [repr(self.film)], ())

    def close(self) -> None:
        """Stop following the film; its jobs keep running."""
        while self.__dict__.get("_ends"):
            self._ends.pop()()
        super().close()

    def __repr__(self) -> str:
        return f"Storyboard({self.film.name!r})"


# Of each film the board that its own display shows: to show it again is another view of it.
_boards: weakref.WeakKeyDictionary[Film, weakref.ref[Storyboard]] = weakref.WeakKeyDictionary()


def board_of(film: Film) -> Storyboard:
    """The board that a film shows itself as.

    Raises:
        VeoError: nothing can be watched here.
    """
    known = _boards.get(film)
    board = known() if known else None
    if board is None or board.comm is None:
        board = Storyboard(film)
        _boards[film] = weakref.ref(board)
    return board
