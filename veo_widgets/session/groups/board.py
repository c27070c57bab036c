"""The board of a film: its shots and title cards in their order, and of every shot its takes, one of them chosen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .shots import Shot
from .title_cards import TitleCard

_NAMED = re.compile(r"\{([^\W\d]\w*)\}")


@dataclass(frozen=True)
class Shared:
    """What is said for all shots.

    Attributes:
        common: settings, as for `submit`.
        texts: what ``{names}`` in prompts stand for.
    """

    common: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def filled(self, prompt: str) -> str:
        """A prompt with the texts in it; other braces, such as those of JSON, stay."""
        return _NAMED.sub(lambda found: self.texts.get(found[1], found[0]), prompt)


@dataclass(frozen=True)
class Take:
    """What one take of a shot asks for.

    Attributes:
        number: tells takes of a film apart, and in which order they were asked for.
        prompt: as it was written.
        values: settings of its own.
        shared: what was said for all shots when it was sent, if that is other than now; None: what is said now.
        copy: what it asks for, and which of those that ask for the same it is, from 1; by that its clip is found.
        is_wanted: whether it is to be made also while it is not chosen.
    """

    number: int
    prompt: str
    values: Mapping[str, Any]
    shared: Shared | None = None
    copy: tuple[str, int] = ("", 0)
    is_wanted: bool = False


@dataclass(frozen=True)
class Scene:
    """A shot on the board.

    Attributes:
        number: tells shots of a film apart, wherever they are moved.
        cut: how it begins and is cut; its prompt and its settings are those of the chosen take.
        takes: one or several.
        chosen: which of them is in the film, counted from 0.
    """

    number: int
    cut: Shot
    takes: tuple[Take, ...]
    chosen: int = 0

    @property
    def take(self) -> Take:
        """The chosen take."""
        return self.takes[self.chosen]

    def shot(self, take: Take) -> Shot:
        """The shot with one of its takes."""
        return replace(self.cut, prompt=take.prompt, values=take.values)

    def changed(self, **said: Any) -> Scene:
        """The shot with another prompt or other settings in its chosen take."""
        take = replace(self.take, shared=None, **said)
        return replace(self, takes=tuple(take if one is self.take else one for one in self.takes))


@dataclass(frozen=True)
class Board:
    """A film as it is laid out.

    Attributes:
        parts: shots and title cards in their order.
        shared: what is said for all shots.
        following: the number of the take that comes next.
    """

    parts: tuple[Scene | TitleCard, ...]
    shared: Shared
    following: int = 0

    @property
    def scenes(self) -> list[Scene]:
        """The shots alone."""
        return [part for part in self.parts if isinstance(part, Scene)]

    @property
    def takes(self) -> list[Take]:
        """Every take of every shot, as they were asked for."""
        return sorted((take for scene in self.scenes for take in scene.takes), key=lambda take: take.number)

    def with_copies(self, copies: Mapping[int, tuple[str, int]]) -> Board:
        """With what each take asks for, by the take's number."""

        def told(part: Scene | TitleCard) -> Scene | TitleCard:
            if not isinstance(part, Scene):
                return part
            return replace(part, takes=tuple(replace(take, copy=copies[take.number]) for take in part.takes))

        return replace(self, parts=tuple(map(told, self.parts)))

    def inserted(self, index: int, shot: Shot) -> Board:
        """With a shot before the one at `index`."""
        return self.with_shot(self._place(index), shot)

    def with_shot(self, place: int, shot: Shot) -> Board:
        """With a shot before the part at `place`, title cards counted too."""
        scene = Scene(self.following, shot, (Take(self.following, shot.prompt, shot.values),))
        return replace(self.with_part(place, scene), following=self.following + 1)

    def with_part(self, place: int, part: Scene | TitleCard) -> Board:
        """With a part that is there already, or a new card, before the part at `place`."""
        return replace(self, parts=(*self.parts[:place], part, *self.parts[place:]))

    def without_part(self, place: int) -> Board:
        """Without the part at `place`."""
        return replace(self, parts=(*self.parts[:place], *self.parts[place + 1 :]))

    def placed(self, index: int, scene: Scene) -> Board:
        """With a shot on it as the one at `index`."""
        return self.with_part(self._place(index), scene)

    def _place(self, index: int) -> int:
        """Where among the parts the shot at `index` is, or would be."""
        places = [place for place, part in enumerate(self.parts) if isinstance(part, Scene)]
        return places[index] if index < len(places) else (places[-1] + 1 if places else 0)

    def without(self, scene: Scene) -> Board:
        """Without a shot."""
        return replace(self, parts=tuple(part for part in self.parts if part is not scene))

    def moved(self, scene: Scene, index: int) -> Board:
        """With a shot as the one at `index`; title cards stay where they are."""
        return self.without(scene).placed(index, scene)

    def replaced(self, number: int, change: Callable[[Scene], Scene]) -> Board:
        """With a shot changed, by the shot's number."""
        parts = tuple(
            change(part) if isinstance(part, Scene) and part.number == number else part for part in self.parts
        )
        return replace(self, parts=parts)

    def with_take(self, number: int, prompt: str, values: Mapping[str, Any]) -> Board:
        """With one more take of a shot, which is not chosen."""
        take = Take(self.following, prompt, values, is_wanted=True)
        board = self.replaced(number, lambda scene: replace(scene, takes=(*scene.takes, take)))
        return replace(board, following=self.following + 1)

    def without_take(self, scene: Scene, take: Take) -> Board:
        """Without a take that is not chosen."""
        chosen = scene.take
        takes = tuple(one for one in scene.takes if one is not take)
        left = replace(scene, takes=takes, chosen=takes.index(chosen))
        parts = tuple(left if part is scene else part for part in self.parts)
        return replace(self, parts=parts)


def laid_out(parts: list[Shot | TitleCard], shared: Shared) -> Board:
    """The board of a film as code says it."""
    placed: list[Scene | TitleCard] = []
    count = 0
    for part in parts:
        if isinstance(part, Shot):
            placed.append(Scene(count, part, (Take(count, part.prompt, part.values),)))
            count += 1
        else:
            placed.append(part)
    return Board(tuple(placed), shared, following=count)


def with_sent_kept(old: Board, new: Board, sent: Callable[[Take], bool]) -> Board:
    """An edited board on which whatever was sent before is still there, as a take.

    Args:
        old: the board before the edit.
        new: after it, with what each take asks for; takes that ask for something else have the same number still.
        sent: whether a take of the old board has a job.
    """
    before = {take.number: take for take in old.takes}
    following = new.following

    def kept(scene: Scene) -> Scene:
        nonlocal following
        takes: list[Take] = []
        for take in scene.takes:
            was = before.get(take.number)
            if was is None or was.copy[0] == take.copy[0] or not sent(was):
                takes.append(take)
            else:
                takes.append(was if was.shared else replace(was, shared=old.shared))
        now, was = scene.take, before.get(scene.take.number)
        if was is None or was.copy[0] == now.copy[0]:
            return replace(scene, takes=tuple(takes))
        if same := [take for take in takes if take is not now and take.copy[0] == now.copy[0]]:
            # What was asked for once is not asked for again.
            takes = [take for take in takes if take is not now]
            return replace(scene, takes=tuple(takes), chosen=takes.index(same[0]))
        if now in takes:
            return replace(scene, takes=tuple(takes))
        added = replace(now, number=following, is_wanted=False)
        following += 1
        return replace(scene, takes=(*takes, added), chosen=len(takes))

    parts = tuple(kept(part) if isinstance(part, Scene) else part for part in new.parts)
    return replace(new, parts=parts, following=following)
