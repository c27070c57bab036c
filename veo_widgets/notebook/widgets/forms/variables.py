"""The notebook's variables in a form's prompt: ``{name}`` and nothing more, since a page can send anything."""

from __future__ import annotations

import re

from ....domain.errors import InvalidRequestError
from ...running_cell import notebook_names

_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SHOWN = 200


def known(prompt: str) -> dict[str, str | None]:
    """The variables that a prompt names, as text; None for a name that has no plain value."""
    names = notebook_names()
    values = {name: names.get(name) for name in _NAME.findall(prompt)}
    return {name: str(value)[:_SHOWN] if _is_plain(value) else None for name, value in values.items()}


def filled(prompt: str) -> str:
    """A prompt with the notebook's values in it.

    Raises:
        InvalidRequestError: a name has no value that is text or a number.
    """
    names = notebook_names()
    for name in _NAME.findall(prompt):
        if not _is_plain(names.get(name)):
            message = (
                f"prompt: {{{name}}} is neither a text nor a number in the notebook; define {name}, or write it out."
            )
            raise InvalidRequestError(message, parameter="prompt", value=name)
    return _NAME.sub(lambda found: str(names[found[1]]), prompt)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)
