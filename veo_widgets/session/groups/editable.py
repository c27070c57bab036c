"""A shot of a film as it is edited in Python, and its takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ...domain.arguments import NAME, SECONDS, accepts, refusal
from ...domain.errors import InvalidRequestError
from ...domain.job_record import JobRecord
from ...domain.media import Video
from ...domain.params import ALIASES
from ...domain.secret import sealed
from ...storage.films.edits import Caption
from ..client import Client
from ..job import Job
from .board import Board, Scene
from .dialogue import captions_of
from .shots import check_transition


class Boarded(Protocol):
    """A film, as far as its shots need it to be edited."""

    client: Client
    title: str

    @property
    def board(self) -> Board:
        """How it is laid out."""

    def edit(self, change: Callable[[Board], Board]) -> None:
        """Edit it, or refuse and change nothing."""

    def take_records(self) -> Mapping[int, JobRecord]:
        """The job of every take that has one."""


@dataclass(frozen=True)
class MadeTake:
    """One take of a shot and what became of it.

    Attributes:
        prompt: what it shows, as it was written.
        values: its own settings.
        is_chosen: whether it is in the film.
        job: None while nothing was sent for it, or what it goes on from is not there.
        video: its clip; None while there is none.
    """

    prompt: str
    values: Mapping[str, Any]
    is_chosen: bool
    job: Job | None
    video: Video | None

    def __repr__(self) -> str:
        state = self.job.state if self.job else "not made"
        values = "".join(f" · {name} {value}" for name, value in self.values.items())
        return f"{'● ' if self.is_chosen else '○ '}{self.prompt!r}{values} · {state}"


class EditableShot:
    """A shot of a film, wherever it is moved. Setting what it says edits the film; an edit sends nothing.

    A shot that was sent keeps its clip: an edit of what it shows makes one more take and chooses that.
    """

    def __init__(self, film: Boarded, number: int) -> None:
        self._film, self._number = film, number

    @property
    def _scene(self) -> Scene:
        for scene in self._film.board.scenes:
            if scene.number == self._number:
                return scene
        raise InvalidRequestError(f"{self._film.title}: this shot is no longer in the film.")

    def _change(self, change: Callable[[Scene], Scene]) -> None:
        self._scene  # noqa: B018 (refuses a shot that was removed)
        self._film.edit(lambda board: board.replaced(self._number, change))

    def _cut(self, **said: Any) -> None:
        self._change(lambda scene: replace(scene, cut=replace(scene.cut, **said)))

    @property
    def index(self) -> int:
        """Its place among the shots, counted from 0."""
        return self._film.board.scenes.index(self._scene)

    @property
    def prompt(self) -> str:
        """What it shows; ``{names}`` stand for the film's `texts`."""
        return self._scene.take.prompt

    @prompt.setter
    def prompt(self, value: str) -> None:
        if not NAME.fits(value):
            raise refusal("prompt", value, "text")
        self._change(lambda scene: scene.changed(prompt=value))

    @property
    def values(self) -> Mapping[str, Any]:
        """Its own settings; `set` changes them."""
        return dict(self._scene.take.values)

    @accepts()
    def set(self, **values: Any) -> None:
        """Set settings as for `submit`; None takes one away.

        Raises:
            InvalidRequestError: it breaks a rule; nothing was changed.
        """
        self._change(lambda scene: scene.changed(values=said_over(scene.take.values, values)))

    @property
    def transition(self) -> str:
        """How it begins: ``cut``, ``continue`` or ``extend``; see `shot`."""
        return self._scene.cut.transition

    @transition.setter
    def transition(self, value: str) -> None:
        check_transition(value)
        self._cut(transition=value)

    @property
    def start(self) -> float:
        """Seconds of the clip that are left out at its beginning."""
        return self._scene.cut.start

    @start.setter
    def start(self, value: float | None) -> None:
        self._cut(start=_seconds("start", value) or 0.0)

    @property
    def end(self) -> float | None:
        """The second of the clip at which it ends; None: where the clip does."""
        return self._scene.cut.end

    @end.setter
    def end(self, value: float | None) -> None:
        self._cut(end=_seconds("end", value))

    @property
    def fade(self) -> float:
        """Seconds of a cross-fade from the shot before."""
        return self._scene.cut.fade

    @fade.setter
    def fade(self, value: float | None) -> None:
        self._cut(fade=_seconds("fade", value) or 0.0)

    @property
    def dip(self) -> float:
        """Seconds of a dip to black between the shot before and this one."""
        return self._scene.cut.dip

    @dip.setter
    def dip(self, value: float | None) -> None:
        self._cut(dip=_seconds("dip", value) or 0.0)

    @property
    def captions(self) -> tuple[Caption, ...]:
        """What is said in it; set it as for `shot`."""
        return self._scene.cut.captions

    @captions.setter
    def captions(self, value: str | Iterable[tuple[float, float, str]] | None) -> None:
        self._cut(captions=captions_of(value))

    # Takes

    @property
    def takes(self) -> list[MadeTake]:
        """Its takes, in the order in which they were asked for."""
        scene, records = self._scene, self._film.take_records()
        found = []
        for take in scene.takes:
            record = records.get(take.number)
            job = Job(self._film.client, record.id) if record else None
            video = next((one for one in record.videos if one.is_kept), None) if record else None
            found.append(MadeTake(take.prompt, take.values, take is scene.take, job, video))
        return found

    @property
    def chosen(self) -> int:
        """Which take is in the film, counted from 0; to choose an earlier one costs nothing for this shot."""
        return self._scene.chosen

    @chosen.setter
    def chosen(self, value: int) -> None:
        count = len(self._scene.takes)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
            message = f"chosen: {value!r} is not one of the takes 0 to {count - 1}."
            raise InvalidRequestError(message, parameter="chosen", value=value)
        self._change(lambda scene: replace(scene, chosen=value))

    @accepts()
    def another_take(self, prompt: str | None = None, **values: Any) -> int:
        """Ask for one more take of this shot, beside the others; `chosen` takes it into the film.

        It is made by the film's next `run`, and nothing that goes on from this shot is made anew for it.

        Args:
            prompt: what it shows; default is the chosen take's.
            values: settings in which it differs from the chosen take, such as ``seed``.

        Returns:
            Its index among the takes.

        Raises:
            InvalidRequestError: it breaks a rule; nothing was changed.
        """
        if prompt is not None and not NAME.fits(prompt):
            raise refusal("prompt", prompt, "text")
        take = self._scene.take
        said = take.prompt if prompt is None else prompt
        self._film.edit(lambda board: board.with_take(self._number, said, said_over(take.values, values)))
        return len(self._scene.takes) - 1

    @accepts()
    def remove_take(self, index: int) -> None:
        """Take a take off the board that is not in the film; its clip stays on the disk and in the ledger.

        Raises:
            InvalidRequestError: there is no such take, or it is the chosen one.
        """
        scene = self._scene
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(scene.takes):
            message = f"index: {index!r} is not one of the takes 0 to {len(scene.takes) - 1}."
            raise InvalidRequestError(message, parameter="index", value=index)
        if index == scene.chosen:
            message = f"index: take {index} is in the film; choose another take before you remove it."
            raise InvalidRequestError(message, parameter="index", value=index)
        self._film.edit(lambda board: board.without_take(scene, scene.takes[index]))

    def __repr__(self) -> str:
        scene = self._scene
        takes = f" · take {scene.chosen + 1} of {len(scene.takes)}" if len(scene.takes) > 1 else ""
        return f"shot {self.index + 1} · {scene.cut.transition} · {scene.take.prompt!r}{takes}"


def said_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Settings over others, whichever spelling each uses; None takes one away."""
    names = {ALIASES.get(name, name) for name in above}
    kept = {name: value for name, value in below.items() if ALIASES.get(name, name) not in names}
    return sealed({**kept, **{name: value for name, value in above.items() if value is not None}})


def _seconds(name: str, value: object) -> float | None:
    if not SECONDS.fits(value):
        raise refusal(name, value, "a number of seconds")
    return value  # type: ignore[return-value]
