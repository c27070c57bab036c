"""Keys that never show themselves in a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .redaction import know


class Secret:
    """A key that never shows itself: not in a repr, a format, a pickle or a traceback.

    From the moment that it is made, `redaction.redact` takes it out of every text.

    Args:
        text: the key; blanks around it are none of it.
        source: where it came from, for people: ``argument``, ``configure()``, ``environment GEMINI_API_KEY``,
            ``.env GEMINI_API_KEY``, ``Colab secret GEMINI_API_KEY`` or ``keyring gemini``.
    """

    # No dictionary, so that `vars()` and debuggers that use it find nothing.
    __slots__ = ("_text", "source")

    def __init__(self, text: str, source: str = "") -> None:
        self._text = text.strip()
        self.source = source
        # At once: whatever fails from here on may quote it.
        know(self._text)

    @classmethod
    def of(cls, value: Any, source: str) -> Secret | None:
        """A key as it was given, or None if there was none; a `Secret` stays as it is."""
        if value is None or isinstance(value, cls):
            return value
        return cls(str(value), source)

    def reveal(self) -> str:
        """The key, to be put into a header and nowhere else."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(…)" if self._text else "Secret()"

    # `str` and f-strings would otherwise be safe only by chance.
    __str__ = __repr__

    def __reduce__(self) -> str:
        # A pickle may be written to disk, or go to another machine.
        raise TypeError("a Secret cannot be pickled")


def sealed(values: Mapping[str, Any], source: str = "argument") -> dict[str, Any]:
    """Arguments with the key among them sealed. First thing in a function: what raises later may show its variables.

    Args:
        values: by name; the key is ``api_key``.
        source: where they come from.
    """
    key = Secret.of(values.get("api_key"), source)
    return {**values, "api_key": key} if "api_key" in values else dict(values)
