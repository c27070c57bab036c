"""The folder of the cast: a file for each character, and the images as files of their own."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..domain.cast import Cast, Character, name_of
from ..domain.errors import InvalidRequestError, VeoError
from ..domain.media import MAX_IMAGE_BYTES, Image
from ..domain.paths import is_there, written_whole
from ..domain.printable import printable
from ..domain.safe_json import read_json
from .clips.library import slug

_MOST_BYTES = 1 << 20
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
# Another program may have written an image for a character that it is about to keep.
_UNUSED_SECONDS = 86_400.0


class CastFolder:
    """The cast as several programs share it: what one of them keeps, the others read.

    Args:
        folder: need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._images = folder, folder / "images"
        self._listeners: list[Callable[[], None]] = []
        # By file: its state, and the character in it or the sentence that says why there is none.
        self._known: dict[Path, tuple[tuple[int, ...], Character | str]] = {}

    def read(self) -> Cast:
        """The cast by name, and a sentence for each file that cannot be used."""
        found = {path: (state, self._read_one(path, state)) for path, state in self._files()}
        self._known = found
        characters = [one for _, one in found.values() if isinstance(one, Character)]
        by_name = {one.name.casefold(): one for one in characters}
        return Cast(dict(sorted(by_name.items())), tuple(one for _, one in found.values() if isinstance(one, str)))

    def keep(self, character: Character) -> None:
        """Keep a character, in the place of one of the same name.

        Raises:
            VeoError: the disk refused; who was there before is still there.
        """
        kept = {
            "schema": 1,
            "name": character.name,
            "text": character.text,
            "images": [_described(image) for image in character.images],
        }
        try:
            self._images.mkdir(parents=True, exist_ok=True)
            for image in character.images:
                if image.data:
                    _write(self._images / _file_name(image), image.data)
            _write(self._file_of(character.name), json.dumps(kept, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise VeoError(f"@{character.name} could not be kept: {error.strerror or error}.") from error
        self._changed()

    def forget(self, name: str) -> None:
        """Remove a character, also one whose file cannot be read.

        Raises:
            InvalidRequestError: there is none of that name.
            VeoError: the disk refused.
        """
        path = self._file_of(name_of(name))
        if not is_there(path):
            self.read().named(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise VeoError(f"@{name_of(name)} could not be removed: {error.strerror or error}.") from error
        self._changed()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called when this program has changed the cast; returns a function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _changed(self) -> None:
        self._remove_unused()
        for listener in tuple(self._listeners):
            listener()

    def _file_of(self, name: str) -> Path:
        # Two names may have the same slug.
        digest = hashlib.sha256(name.casefold().encode()).hexdigest()[:8]
        return self._folder / f"{slug(name.casefold())}_{digest}.json"

    def _files(self) -> Iterator[tuple[Path, tuple[int, ...]]]:
        try:
            paths = sorted(path for path in self._folder.iterdir() if path.suffix == ".json")
        except OSError:
            return
        for path in paths:
            with suppress(OSError):
                seen = path.stat()
                yield path, (seen.st_mtime_ns, seen.st_size, seen.st_ino)

    def _read_one(self, path: Path, state: tuple[int, ...]) -> Character | str:
        before, found = self._known.get(path, ((), ""))
        if before == state and isinstance(found, Character):
            return found
        try:
            return self._character(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidRequestError) as error:
            why = " ".join(printable(_reason(error)).split())
        return (
            f"The cast's file {path.name!r} cannot be used ({why}); describe the character again with veo.character, "
            "or delete the file."
        )

    def _character(self, path: Path) -> Character:
        found = read_json(_read_within(path, _MOST_BYTES))
        name, text = found["name"], found["text"]
        if path != self._file_of(name_of(name)):
            raise ValueError("it is named otherwise than its character")
        return Character.of(name, text, [self._image(one) for one in found["images"]])

    def _image(self, kept: dict[str, Any]) -> Image:
        if kept.get("uri"):
            return Image.of(str(kept["uri"]), "images")
        # Only the last part of the name: somebody may have written a path to anywhere.
        path = self._images / Path(str(kept["file"])).name
        image = Image.of(_read_within(path, MAX_IMAGE_BYTES), "images")
        if _file_name(image) != path.name:
            raise ValueError(f"its image {path.name[:8]}… has changed")
        return Image(image.data, image.mime, str(kept["name"]))

    def _remove_unused(self) -> None:
        """Remove images that no character has; none while a file cannot be read, as it may be mended."""
        cast = self.read()
        if cast.faults:
            return
        used = {_file_name(image) for one in cast.characters.values() for image in one.images}
        with suppress(OSError):
            for path in self._images.iterdir():
                if path.name not in used and path.stat().st_mtime < time.time() - _UNUSED_SECONDS:
                    path.unlink()


def _file_name(image: Image) -> str:
    return f"{image.sha256}.{_ENDINGS[image.mime]}"


def _described(image: Image) -> dict[str, str]:
    return {"file": _file_name(image), "name": image.name} if image.data else {"uri": image.uri}


def _write(path: Path, data: bytes) -> None:
    with written_whole(path) as part, part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read_within(path: Path, most: int) -> bytes:
    """The bytes of a file.

    Raises:
        OSError: it cannot be read, or is no file.
        ValueError: it is larger.
    """
    # A pipe would be waited for.
    if not path.is_file():
        raise FileNotFoundError(2, f"there is no file {path.name}")
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{path.name} is too large")
    return data


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror or error)
    if isinstance(error, KeyError):
        return f"it has no {error}"
    if isinstance(error, TypeError | AttributeError):
        return "it is no character"
    return str(error).rstrip(".")
