"""Widgets that note what they tell the browser, and are told what it would say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

PATIENCE = 600


class Heard:
    """To be put before a widget's class."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.heard: list[Mapping[str, Any]] = []
        self.told = threading.Condition()
        super().__init__(*given, **named)

    def send(self, content: Any, buffers: Any = None) -> None:
        super().send(content, buffers)  # type: ignore[misc]  # of the widget
        with self.told:
            self.heard.append(content)
            self.told.notify_all()

    def say(self, **content: Any) -> None:
        """What a browser would send."""
        self._handle_custom_msg(content, [])  # type: ignore[attr-defined]  # of the widget

    def answer(self, kind: str, **values: Any) -> Mapping[str, Any]:
        """The first message of a kind with these values, once it is there; it is forgotten with those before it."""

        def place() -> int | None:
            fits = (one["kind"] == kind and values.items() <= one.items() for one in self.heard)
            return next((at for at, fit in enumerate(fits) if fit), None)

        with self.told:
            assert self.told.wait_for(lambda: place() is not None, PATIENCE), [one["kind"] for one in self.heard]
            found = self.heard[place() or 0]
            del self.heard[: (place() or 0) + 1]
        return found


def until(holds: Callable[[], bool]) -> None:
    """Wait for the client's loop to have done something."""
    ended = threading.Event()
    for _ in range(PATIENCE * 20):
        if holds():
            return
        ended.wait(0.05)
    raise AssertionError("it never came")
