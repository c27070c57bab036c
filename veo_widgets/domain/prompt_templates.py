"""The one template language: of a cell's body, of the line above it, and of a prompt that rows are filled into.

``{what}``, ``{what!r}`` and ``{what:02d}`` are replaced by values, ``$name`` too if there is such a name, and ``{{``,
``}}`` and ``$$name`` stand for ``{``, ``}`` and ``$name``. An object in JSON needs no doubled braces; its texts are
filled in as any other. In a notebook, ``what`` is any expression; of rows, a column, or what is in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from .errors import InvalidRequestError, nearest

# A line of the body that is a note to oneself; one that begins so and is meant is written with a backslash.
_COMMENT = re.compile(r"^#(?: .*)?$\n?", re.MULTILINE)
_DOLLAR = re.compile(r"(\$?)\$([^\W\d_]\w*)")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# How a value is written: its conversion, then its format, in which braces have partners.
_MANNER = re.compile(r"\s*(?:!([rsa])\s*)?(?::((?:[^{}]|\{[^{}]*\})*))?\}")
_CONVERSIONS: dict[str | None, Callable[[Any], Any]] = {None: lambda value: value, "r": repr, "s": str, "a": ascii}
_STEP = re.compile(r"\.([^\W\d]\w*)|\[([^\]]*)\]")

Values = Mapping[str, Any]
Part = str | Callable[[Values], str]


@dataclass(frozen=True)
class Template:
    """A template that was read.

    Attributes:
        parts: its text, and what makes text of values.
    """

    parts: tuple[Part, ...]

    def fill(self, values: Values) -> str:
        """The text with these values in it.

        Raises:
            InvalidRequestError: one has no value, or cannot be written so.
        """
        return "".join(part if isinstance(part, str) else part(values) for part in self.parts)

    @property
    def text(self) -> str | None:
        """The text where nothing has to be filled in; else None."""
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None


class _Reader(Protocol):
    """What a template's braces and dollars may hold."""

    def braced(self, template: str, start: int) -> tuple[Part, int]:
        """What stands in the braces that begin at `start`, and where they end."""

    def named(self, name: str) -> Part | None:
        """What ``$name`` stands for; None if there is no such name."""


def _parse(template: str, reader: _Reader) -> Template:
    parts: list[Part] = []
    at = 0
    while at < len(template):
        char = template[at]
        if char == "$" and (found := _DOLLAR.match(template, at)):
            named = f"${found[2]}" if found[1] else reader.named(found[2])
            parts.append(found[0] if named is None else named)
            at = found.end()
        elif char not in "{}":
            parts.append(char)
            at += 1
        elif template[at : at + 2] == char * 2:
            parts.append(char)
            at += 2
        elif char == "}":
            raise InvalidRequestError("prompt: a '}' has no '{' before it; write }} for a brace.", parameter="prompt")
        # Before an expression: `{"a": 1}` is Python too, and is meant as JSON.
        elif end := _end_of_json(template, at):
            parts += _json_parts(template[at:end], reader)
            at = end
        else:
            part, at = reader.braced(template, at)
            parts.append(part)
    return Template(tuple(parts))


def _end_of_json(template: str, start: int) -> int:
    """Where the object in JSON ends that begins here; 0 if none does. An empty one is no more than two braces."""
    try:
        # Not strict, since a cell's text has real line breaks within its strings.
        value, end = json.JSONDecoder(strict=False).raw_decode(template, start)
    except (ValueError, RecursionError):
        return 0
    return end if value else 0


def _json_parts(text: str, reader: _Reader) -> list[Part]:
    """JSON as it stands, with its texts filled in."""
    parts: list[Part] = []
    at = 0
    for found in _STRING.finditer(text):
        said = json.loads(found[0], strict=False)
        template = _parse(said, reader)
        kept = template.text == said
        parts += [text[at : found.start()], found[0] if kept else _json_string(template)]
        at = found.end()
    return [*parts, text[at:]]


def _json_string(template: Template) -> Part:
    return lambda values: json.dumps(template.fill(values), ensure_ascii=False)


def _format_value(value: Any, manner: re.Match[str], values: Values, reader: _Reader) -> str:
    """A value in the manner that its braces ask for."""
    if not manner[1] and not manner[2]:
        return _value_text(value)
    converted = _CONVERSIONS[manner[1]](value)
    return format(converted, _parse(manner[2], reader).fill(values)) if manner[2] else str(converted)


def _value_text(value: Any) -> str:
    """A value as text. Data frames know no days without a time, and so midnight is meant as the day alone."""
    text = str(value)
    return text.removesuffix(" 00:00:00") if isinstance(value, datetime) else text


# Cells


def without_notes(body: str) -> str:
    """A cell's body without the lines that are notes."""
    return re.sub(r"^\\(?=\\*#)", "", _COMMENT.sub("", body), flags=re.MULTILINE)


def as_text(text: str) -> str:
    """The template that stands for this text, whatever is in it."""
    return _DOLLAR.sub(r"$\g<0>", text.replace("{", "{{").replace("}", "}}"))


def as_body(prompt: str) -> str:
    """The body of a cell that stands for this prompt, whatever is in it; the inverse of `prompt_of`."""
    # What begins with a hash would be a note.
    return re.sub(r"^(?=\\*#)", r"\\", as_text(prompt), flags=re.MULTILINE)


def prompt_of(body: str, names: dict[str, Any]) -> str:
    """The prompt that a cell's body stands for: without notes, and with the notebook's values; see `fill_in`."""
    return fill_in(without_notes(body), names)


def fill_in(template: str, names: dict[str, Any]) -> str:
    """Put the notebook's values into a text: ``{name}``, ``{any.expression[0]:.2f}`` and ``$name``.

    Raises:
        InvalidRequestError: an expression that fails, or a brace without its partner.
    """
    return _parse(template, _Expressions(names)).fill(names)


def fill_in_marked(template: str, names: dict[str, Any], mark: str) -> tuple[str, list[str]]:
    """The same with a mark in the place of each value, and the values: blanks and quotes in them part no words.

    Args:
        template: a line.
        names: the notebook's variables.
        mark: stands for a value.
    """
    parts = _parse(template, _Expressions(names)).parts
    text = "".join(part if isinstance(part, str) else mark for part in parts)
    return text, [part(names) for part in parts if not isinstance(part, str)]


@dataclass(frozen=True)
class _Expressions:
    """Expressions of the notebook."""

    names: dict[str, Any]

    def named(self, name: str) -> Part | None:
        return (lambda values: _value_text(values[name])) if name in self.names else None

    def braced(self, template: str, start: int) -> tuple[Part, int]:
        end = template.find("}", start)
        first = template[start + 1 : end] if end > 0 else template[start + 1 : start + 40]
        while end > 0:
            for code, manner in _split_expression(template, start + 1, end):
                return self._value_part(code, manner), end + 1
            # A brace inside a dict, a string or a format: the expression may go on.
            end = template.find("}", end + 1)
        raise InvalidRequestError(
            f"prompt: {{{first}}} is not a Python expression; write {{{{ and }}}} for braces that are meant as such.",
            parameter="prompt",
            value=first,
        )

    def _value_part(self, code: str, manner: re.Match[str]) -> Part:
        def value(_: Values) -> str:
            try:
                # The user's own notebook.
                found = eval(compile(code, "prompt", "eval"), self.names)  # noqa: S307
                return _format_value(found, manner, self.names, self)
            except InvalidRequestError:
                raise
            except Exception as error:  # noqa: BLE001 (whatever the user's expression raises)
                known = [name for name in self.names if not name.startswith("_")]
                hint = nearest(code, known) if isinstance(error, NameError) else ""
                raise InvalidRequestError(
                    f"prompt: {{{code}}} has no value: {type(error).__name__}: {error}.{hint} Write {{{{ for a brace.",
                    parameter="prompt",
                    value=code,
                ) from None

        return value


def _split_expression(template: str, start: int, end: int) -> Iterable[tuple[str, re.Match[str]]]:
    """What may be an expression between braces, and the manner that follows it: the longest that is Python first."""
    for at in (end, *(place for place in range(start, end) if template[place] in "!:")):
        code, manner = template[start:at].strip(), _MANNER.fullmatch(template, at, end + 1)
        # A format of a text that is written out is somebody's dictionary.
        if manner and (at == end or not code.endswith(("'", '"'))) and _is_expression(code):
            yield code, manner


def _is_expression(code: str) -> bool:
    try:
        compile(code, "prompt", "eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


# Rows


def plainly(name: str) -> str:
    """A name as names are compared: without case, blanks, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", name).casefold()


@dataclass
class Columns:
    """Reads what a template's braces say of rows: a column named exactly so, else one whose name is compared equal.

    Attributes:
        used: the columns that a template names, in its order.
        lacking: the names that are no columns, in its order.

    Args:
        names: of the columns.
    """

    names: Sequence[str]
    used: dict[str, None] = field(default_factory=dict)
    lacking: dict[str, None] = field(default_factory=dict)

    def read(self, template: str) -> Template:
        """The template for these columns.

        Raises:
            InvalidRequestError: a brace without its partner.
        """
        return _parse(template, self)

    def named(self, name: str) -> Part | None:
        """The column that ``$name`` stands for."""
        column = self._column(name)
        if column is None:
            return None
        self.used[column] = None
        return lambda row: _value_text(_cell_value(row, column))

    def braced(self, template: str, start: int) -> tuple[Part, int]:
        """The column that a brace names, what is wanted inside its value, and how it is written."""
        first = start + 1 + len(template[start + 1 :]) - len(template[start + 1 :].lstrip())
        # Longest first: a column may be named like the beginning of another.
        for name in sorted(self.names, key=len, reverse=True):
            if (
                name
                and template.startswith(name, first)
                and (found := self._column_part(name, template, first + len(name)))
            ):
                return found
        end = template.find("}", start)
        inside = re.split(r"![rsa]|:", template[start + 1 : end])[0].strip() if end > 0 else ""
        if not inside:
            said = template[start : end + 1] if end > 0 else template[start : start + 40]
            message = f"prompt: {said} names no column; write {{{{ and }}}} for braces."
            raise InvalidRequestError(message, parameter="prompt", value=template)
        column = self._column(inside)
        at = template.index(inside, start) + len(inside)
        if column is not None and (found := self._column_part(column, template, at)):
            return found
        self.lacking[inside] = None
        return _missing_column_part(inside), end + 1

    def _column(self, name: str) -> str | None:
        if name in self.names:
            return name
        alike = [column for column in self.names if plainly(column) == plainly(name)]
        return alike[0] if len(alike) == 1 else None

    def _column_part(self, column: str, template: str, at: int) -> tuple[Part, int] | None:
        steps: list[re.Match[str]] = []
        while step := _STEP.match(template, at):
            steps.append(step)
            at = step.end()
        manner = _MANNER.match(template, at)
        if manner is None:
            return None
        self.used[column] = None
        return self._value_part(column, steps, manner), manner.end()

    def _value_part(self, column: str, steps: Sequence[re.Match[str]], manner: re.Match[str]) -> Part:
        def value(row: Values) -> str:
            found = _cell_value(row, column)
            try:
                for step in steps:
                    found = _look_up(found, step)
                return self._format_cell(found, manner, row)
            except (ValueError, LookupError, AttributeError, TypeError) as error:
                if isinstance(error, InvalidRequestError):
                    raise
                asked = f"{{{column}{''.join(step[0] for step in steps)}{manner[0].strip()}"
                message = f"prompt: {asked} cannot be filled in: {error}; write {{{{ and }}}} for braces."
                raise InvalidRequestError(message, parameter="prompt", value=asked) from None

        return value

    def _format_cell(self, value: Any, manner: re.Match[str], row: Values) -> str:
        try:
            return _format_value(value, manner, row, self)
        except ValueError as error:
            # A file of text has numbers as text.
            number = _as_number(value)
            if number is None or isinstance(error, InvalidRequestError):
                raise
            return _format_value(number, manner, row, self)


def _cell_value(row: Values, column: str) -> Any:
    value = row.get(column)
    if value is None:
        # An empty cell is nothing to make a sentence of.
        filled = ", ".join(name for name, other in row.items() if other is not None)
        message = f"prompt: {{{column}}} has no value here; there are {filled or 'none'}."
        raise InvalidRequestError(message, parameter="prompt", value=column)
    return value


def _missing_column_part(name: str) -> Part:
    return lambda row: str(_cell_value({key: value for key, value in row.items() if key != name}, name))


def _look_up(value: Any, step: re.Match[str]) -> Any:
    """What ``.name`` or ``[key]`` finds in a value; nothing that Python keeps for itself."""
    attribute, key = step[1], step[2]
    if attribute is None:
        is_place = key.lstrip("-").isdecimal() and not (isinstance(value, Mapping) and key in value)
        return value[int(key) if is_place else key]
    if isinstance(value, Mapping) and attribute in value:
        return value[attribute]
    if attribute.startswith("_"):
        raise AttributeError(f"{attribute!r} is not for templates")
    return getattr(value, attribute)


def _as_number(value: Any) -> int | float | None:
    for kind in (int, float) if isinstance(value, str) else ():
        try:
            return kind(value)
        except ValueError:
            continue
    return None
