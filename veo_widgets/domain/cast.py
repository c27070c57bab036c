"""People and things that several clips show alike: written ``@Mia`` in a prompt, sent as words and references."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from typing import Any

from .arguments import NAME, SEVERAL, refusal
from .catalog import Model
from .errors import InvalidRequestError
from .media import Image
from .request import VideoRequest
from .rules import violations

# What can be told from the words around it; a digit first would be a time of day.
_NAME = re.compile(r"[^\W\d]\w*")
_MENTION = re.compile(rf"(?<![\w@])@{_NAME.pattern}")


@dataclass(frozen=True)
class Character:
    """Who or what is meant by ``@name`` in prompts.

    Attributes:
        name: as it is written after the ``@``; upper and lower case are the same.
        text: how it looks, which follows the name where a prompt first has it; may be empty.
        images: references, of which a model gets as many as it takes.
    """

    name: str
    text: str = ""
    images: tuple[Image, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, name: str, text: str = "", images: object = ()) -> Character:
        """A character as people describe one.

        Raises:
            InvalidRequestError: no word for a name, neither words nor images, or an image that cannot be read.
        """
        name = name_of(name)
        if not NAME.fits(text):
            raise refusal("text", text, "text")
        given: Iterable[Any] = images if SEVERAL.fits(images) else [images]  # type: ignore[assignment]
        pictures = tuple(Image.of(image, "images") for image in given if image is not None)
        words = " ".join(text.split()).rstrip(".")
        if not words and not pictures:
            message = f"text: {name!r} has neither words nor images; say how it looks."
            raise InvalidRequestError(message, parameter="text", value=text)
        return cls(name, words, pictures)

    def __repr__(self) -> str:
        seen = [self.text] if self.text else []
        seen += [f"{len(self.images)} image{'s' if len(self.images) > 1 else ''}"] if self.images else []
        return f"Character(@{self.name}: {' · '.join(seen)})"


@dataclass(frozen=True)
class Cast:
    """Everybody whom prompts may name.

    Attributes:
        characters: by their names in lower case.
        faults: a sentence for each character that was kept and cannot be read.
    """

    characters: Mapping[str, Character] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def named(self, name: str) -> Character:
        """The character of that name.

        Raises:
            InvalidRequestError: there is none.
        """
        found = self.characters.get(name_of(name).casefold())
        if found is None:
            there = ", ".join(f"@{one.name}" for one in self.characters.values()) or "nobody yet"
            why = f"there is no character {name!r}; the cast is {there}. Say how it looks to add it"
            raise InvalidRequestError(" ".join((f"name: {why}.", *self.faults)), parameter="name", value=name)
        return found


def name_of(said: object) -> str:
    """A character's name, with or without its ``@``.

    Raises:
        InvalidRequestError: it is not a word.
    """
    if not isinstance(said, str) or not _NAME.fullmatch(said.removeprefix("@")):
        raise refusal("name", said, "one word of letters and digits that begins with a letter, such as 'Mia'")
    return said.removeprefix("@")


def with_cast(
    request: VideoRequest, model: Model, today: str, read: Callable[[], Cast]
) -> tuple[VideoRequest, tuple[str, ...]]:
    """A request with the words and the references of everybody whom its prompt names, and what to know of that.

    Args:
        request: as it was said.
        model: decides whether references are sent.
        today: an ISO date.
        read: the cast, which is asked for if the prompt may name somebody.
    """
    if not _MENTION.search(request.prompt):
        return request, ()
    cast = read()
    prompt, named = _described(request.prompt, cast.characters)
    with_words = replace(request, prompt=prompt)
    # Who is still named may be the one who cannot be read.
    faults = cast.faults if _MENTION.search(prompt) else ()
    images = [*_in_turn(named, request.reference_images)]
    if not images:
        return with_words, faults
    who = " and ".join(f"@{one.name}" for one in named)
    full, remarks = _with_references(with_words, images, model, today, who)
    return full, (*remarks, *faults)


def _described(prompt: str, cast: Mapping[str, Character]) -> tuple[str, list[Character]]:
    if not cast:
        return prompt, []
    # The longer name first, so that @Mia2 is not taken for @Mia. What stands right after a name may be a letter of a
    # language that writes no spaces. An address of e-mail has a letter before the sign.
    names = "|".join(re.escape(one.name) for one in sorted(cast.values(), key=lambda one: -len(one.name)))
    named: list[Character] = []

    def words(found: re.Match[str]) -> str:
        # Two letters may be one to the pattern and not to `casefold`, such as the Turkish İ and i.
        one = cast.get(found[1].casefold())
        if one is None:
            return found[0]
        if one in named:
            return one.name
        named.append(one)
        return f"{one.name} ({one.text})" if one.text else one.name

    return re.sub(rf"(?<![\w@])@({names})(?![A-Za-z0-9_])", words, prompt, flags=re.IGNORECASE), named


def _in_turn(named: Sequence[Character], there: Iterable[Image]) -> Iterator[Image]:
    """The first image of each, then the second of each, and so on; none twice."""
    known = {image.sha256 for image in there}
    for image in chain.from_iterable(zip_longest(*(one.images for one in named))):
        if image is not None and image.sha256 not in known:
            known.add(image.sha256)
            yield image


def _with_references(
    request: VideoRequest, images: Sequence[Image], model: Model, today: str, who: str
) -> tuple[VideoRequest, tuple[str, ...]]:
    most = model.reference_images_max
    room = len(images) if most is None else max(most - len(request.reference_images), 0)
    if most == 0:
        return request, (f"{model.id} takes no references, so {who} is described in words only.",)
    full = replace(request, reference_images=(*request.reference_images, *images[:room]))
    before = {str(error) for error in violations(request, model, today)}
    new = [str(error) for error in violations(full, model, today) if str(error) not in before]
    if new:
        return request, (f"{who} is described in words only, without references: {new[0]}",)
    if room < len(images):
        return full, (f"{room} of the {len(images)} images of {who} are sent: {model.id} takes {most}.",)
    return full, ()
