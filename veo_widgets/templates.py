"""The prompt that a cell's body stands for: without notes to oneself, with the notebook's values."""

from __future__ import annotations

import re
from typing import Any

from .errors import InvalidRequestError, nearest

# A line of the body that is a note to oneself; one that begins so and is meant is written with a backslash.
_COMMENT = re.compile(r"^#(?: .*)?$\n?", re.MULTILINE)


def without_notes(body: str) -> str:
    """A cell's body without the lines that are notes."""
    return re.sub(r"^\\(?=\\*#)", "", _COMMENT.sub("", body), flags=re.MULTILINE)


def as_body(prompt: str) -> str:
    """The body of a cell that stands for this prompt, whatever is in it; the inverse of `prompt_of`."""
    # A single brace would be a variable of the notebook, and a line that begins with a hash a note.
    return re.sub(r"^(?=\\*#)", r"\\", prompt.replace("{", "{{").replace("}", "}}"), flags=re.MULTILINE)


def prompt_of(body: str, names: dict[str, Any]) -> str:
    """The prompt that a cell's body stands for: without notes, and with the notebook's values; see `fill_in`."""
    return fill_in(without_notes(body), names)


def fill_in(template: str, names: dict[str, Any]) -> str:
    """Put the notebook's values into a prompt: ``{name}``, ``{any.expression[0]}``, and ``{{`` for a brace.

    Raises:
        InvalidRequestError: an expression that fails, or a brace without its partner.
    """
    out: list[str] = []
    at = 0
    while at < len(template):
        char = template[at]
        if char not in "{}":
            out.append(char)
            at += 1
        elif template[at : at + 2] == char * 2:
            out.append(char)
            at += 2
        elif char == "}":
            raise InvalidRequestError("prompt: a '}' has no '{' before it; write }} for a brace.", parameter="prompt")
        else:
            code, at = _expression(template, at)
            out.append(_value(code, names))
    return "".join(out)


def _expression(template: str, start: int) -> tuple[str, int]:
    """The first ``{…}`` from `start` whose inside is Python, and where it ends."""
    end = template.find("}", start)
    first = template[start + 1 : end] if end > 0 else template[start + 1 : start + 40]
    while end > 0:
        code = template[start + 1 : end].strip()
        try:
            compile(code, "prompt", "eval")
        except (SyntaxError, ValueError):
            # A brace inside a dict or a string: the expression may go on.
            end = template.find("}", end + 1)
        else:
            return code, end + 1
    raise InvalidRequestError(
        f"prompt: {{{first}}} is not a Python expression; write {{{{ and }}}} for braces that are meant as such.",
        parameter="prompt",
        value=first,
    )


def _value(code: str, names: dict[str, Any]) -> str:
    try:
        return str(eval(compile(code, "prompt", "eval"), names))  # noqa: S307 (the user's own notebook)
    except Exception as error:  # noqa: BLE001 (whatever the user's expression raises)
        known = [name for name in names if not name.startswith("_")]
        hint = nearest(code, known) if isinstance(error, NameError) else ""
        raise InvalidRequestError(
            f"prompt: {{{code}}} has no value: {type(error).__name__}: {error}.{hint} Write {{{{ for a brace.",
            parameter="prompt",
            value=code,
        ) from None
