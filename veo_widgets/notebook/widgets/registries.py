"""What is on its way from one widget to another: frames and settings to forms, jobs to grids."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from ...domain.errors import InvalidRequestError
from ...domain.media import Image
from ...session.recipes import Recipe

_Sent = TypeVar("_Sent")
_ROLES = ("first_frame", "last_frame", "reference_images")

Listener = Callable[[Image, str], None]


class Frames(Mapping[str, Any]):
    """The frames that were grabbed in this kernel for the next request.

    It is a mapping of parameters, so ``veo.submit("…", **veo.frames)`` sends them. They stay until they are grabbed
    anew or cleared.
    """

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    def __getitem__(self, role: str) -> Any:
        return self._held[role]

    def __iter__(self) -> Iterator[str]:
        # A copy, since a frame may be grabbed on another thread meanwhile.
        return iter(tuple(self._held))

    def __len__(self) -> int:
        return len(self._held)

    @property
    def first_frame(self) -> Image | None:
        """What the next clip is to start from, if a frame was grabbed for it."""
        return self._held.get("first_frame")

    @property
    def last_frame(self) -> Image | None:
        """What the next clip is to end on, if a frame was grabbed for it."""
        return self._held.get("last_frame")

    @property
    def reference_images(self) -> tuple[Image, ...]:
        """What the next clip is to show, oldest first."""
        held: tuple[Image, ...] = self._held.get("reference_images", ())
        return held

    def grabbed(self, image: Image, role: str) -> None:
        """Keep a frame for the next request, and tell who listens.

        Args:
            image: the frame.
            role: ``first_frame``, ``last_frame`` or ``reference_images``, of which there may be several.

        Raises:
            InvalidRequestError: no such role.
        """
        if role not in _ROLES:
            message = f"role: {role!r} is not one of {', '.join(_ROLES)}."
            raise InvalidRequestError(message, parameter="role", value=role, allowed=_ROLES)
        with self._lock:
            several = role == "reference_images"
            self._held[role] = (*self.reference_images, image) if several else image
            listeners = tuple(self._listeners)
        # Outside of the lock: a listener may read the frames, or end its listening.
        for listener in listeners:
            listener(image, role)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener(image, role)`` called for every frame, on a background thread.

        Returns:
            A function that ends it.
        """
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def clear(self) -> None:
        """Forget every frame."""
        with self._lock:
            self._held.clear()

    def __repr__(self) -> str:
        held = ", ".join(f"{role}={_names_text(value)}" for role, value in self._held.items())
        return f"frames({held})"


def _names_text(value: Image | tuple[Image, ...]) -> str:
    return repr(value.name) if isinstance(value, Image) else repr([image.name for image in value])


class _Open(Generic[_Sent]):
    """The widgets of one kind that may be open in this kernel."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[_Sent], bool]] = []

    def listen(self, listener: Callable[[_Sent], bool]) -> Callable[[], None]:
        """Have `listener` called on a background thread with what is sent; it returns whether its widget is still open.

        Returns:
            A function that ends it.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None


class Forms(_Open[Recipe]):
    """The forms of this kernel, to which a clip's settings can be sent."""

    def fill(self, recipe: Recipe) -> None:
        """Fill every form with what a clip was made from.

        Raises:
            InvalidRequestError: there is no form.
        """
        # A list rather than any(), which would stop at the first form.
        if not [listener for listener in tuple(self._listeners) if listener(recipe)]:
            raise InvalidRequestError("form: this notebook shows none yet; veo.Form() or veo.Studio() makes one.")


class Grids(_Open[Sequence[str]]):
    """The grids of this kernel, to the newest of which jobs can be added."""

    def add(self, ids: Sequence[str]) -> None:
        """Add jobs to the newest grid.

        Raises:
            InvalidRequestError: there is no grid.
        """
        if not any(listener(ids) for listener in reversed(self._listeners)):
            raise InvalidRequestError("grid: this notebook shows none yet; veo.grid(…) makes one.")


# Of this kernel: the players fill it, a form or the user's own code takes from it.
frames = Frames()
forms = Forms()
grids = Grids()
