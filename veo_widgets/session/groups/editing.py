"""The shots of a film in their order, and what is said for all of them, as they are edited in Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, overload

from ...domain.arguments import MAPPING, NAME, TEXT, accepts, instance_of, refusal
from ...domain.errors import InvalidRequestError
from .board import Board, Scene
from .editable import Boarded, EditableShot, said_over
from .shots import Shot, as_parts

_A_SHOT = instance_of(Shot, "a shot; give veo.shot(…) or a prompt") | TEXT


class Shots(Sequence[EditableShot]):
    """The shots of a film in their order. Each can be edited, and they can be moved, inserted and removed.

    Every edit is checked as a whole: one that breaks a rule is refused, and the film stays as it was.
    """

    def __init__(self, film: Boarded) -> None:
        self._film = film

    def __len__(self) -> int:
        return len(self._film.board.scenes)

    @overload
    def __getitem__(self, index: int) -> EditableShot: ...
    @overload
    def __getitem__(self, index: slice) -> list[EditableShot]: ...
    def __getitem__(self, index: int | slice) -> EditableShot | list[EditableShot]:
        scenes = self._film.board.scenes
        if isinstance(index, slice):
            return [EditableShot(self._film, scene.number) for scene in scenes[index]]
        return EditableShot(self._film, self._at(index).number)

    def _at(self, index: int, parameter: str = "index") -> Scene:
        scenes = self._film.board.scenes
        if isinstance(index, bool) or not isinstance(index, int) or not -len(scenes) <= index < len(scenes):
            message = f"{parameter}: {index!r} is not one of the shots 0 to {len(scenes) - 1}."
            raise _NoSuchShotError(message, parameter=parameter, value=index)
        return scenes[index]

    @accepts(shot=_A_SHOT)
    def insert(self, index: int, shot: Shot | str) -> EditableShot:
        """Insert a shot before the one at `index`; returns it as it stands in the film.

        Raises:
            InvalidRequestError: it breaks a rule; nothing was changed.
        """
        if isinstance(index, bool) or not isinstance(index, int):
            raise refusal("index", index, "a whole number")
        (made,) = as_parts(shot)
        if not isinstance(made, Shot):
            raise refusal("shot", shot, "a shot; give veo.shot(…) or a prompt")
        place = min(max(index + len(self) if index < 0 else index, 0), len(self))
        self._film.edit(lambda board: board.inserted(place, made))
        return self[place]

    @accepts(shot=_A_SHOT)
    def append(self, shot: Shot | str) -> EditableShot:
        """Add a shot at the end; as `insert`."""
        return self.insert(len(self), shot)

    @accepts()
    def move(self, index: int, to: int) -> None:
        """Move the shot at `index` so that it is the one at `to`; title cards stay where they are.

        Raises:
            InvalidRequestError: there is no such shot, or the order breaks a rule; nothing was changed.
        """
        scene, there = self._at(index), self._at(to, "to")
        place = self._film.board.scenes.index(there)
        self._film.edit(lambda board: board.moved(scene, place))

    @accepts()
    def remove(self, index: int) -> None:
        """Take the shot at `index` out of the film; its clips stay on the disk and in the ledger.

        Raises:
            InvalidRequestError: it is the only one, there is none, or what stays breaks a rule; nothing was changed.
        """
        scene = self._at(index)
        if len(self) == 1:
            raise InvalidRequestError("index: it is the film's only shot; a film has one at least.", parameter="index")
        self._film.edit(lambda board: board.without(scene))

    def __delitem__(self, index: int) -> None:
        self.remove(index)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self))


class _NoSuchShotError(InvalidRequestError, IndexError):
    """An index that no shot has. An IndexError too: by that Python knows the end of a sequence."""


class SharedSettings(MutableMapping[str, Any]):
    """What is said for all shots of a film; setting it edits the film."""

    def __init__(self, film: Boarded, what: str) -> None:
        self._film, self._what = film, what

    def _said(self) -> Mapping[str, Any]:
        shared = self._film.board.shared
        return shared.texts if self._what == "texts" else shared.common

    def _say(self, said: Mapping[str, Any]) -> None:
        self._film.edit(lambda board: _sharing(board, self._what, said))

    def __getitem__(self, name: str) -> Any:
        return self._said()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if self._what == "texts":
            self._say(read_texts({**self._said(), name: value}))
        else:
            self._say(said_over(self._said(), {name: value}))

    def __delitem__(self, name: str) -> None:
        self[name]
        self._say({key: value for key, value in self._said().items() if key != name})

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._said()))

    def __len__(self) -> int:
        return len(self._said())

    def __repr__(self) -> str:
        return repr(dict(self._said()))


def read_texts(texts: Any) -> dict[str, str]:
    """What names in prompts stand for.

    Raises:
        InvalidRequestError: it is no dictionary of texts, or a name cannot stand in braces.
    """
    if not MAPPING.fits(texts):
        raise refusal("texts", texts, "a dictionary, such as {'character': 'Mia, in a red scarf'}")
    for name, text in (texts or {}).items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise refusal("texts", name, "a name that can stand in braces, such as character")
        if not NAME.fits(text):
            raise refusal(f"texts: {name}", text, "text")
    return dict(texts or {})


def _sharing(board: Board, what: str, said: Mapping[str, Any]) -> Board:
    if what == "texts":
        return replace(board, shared=replace(board.shared, texts=said))
    return replace(board, shared=replace(board.shared, common=said))
