"""The flags of ``%%veo``, made from `params.PARAMS`, and the variables in its prompt."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from keyword import iskeyword
from typing import Any, NoReturn

from .errors import InvalidRequestError, nearest
from .params import PARAMS, Param
from .providers import PROVIDERS

# The prompt is the cell's body.
_FLAGGED = tuple(param for param in PARAMS if param.name != "prompt")
_METAVARS = {
    "image": "PATH",
    "images": "PATH",
    "text": "TEXT",
    "uri": "GS_URI",
    "video": "CLIP",
    "videos": "CLIP",
}


@dataclass(frozen=True)
class Flags:
    """What stood on the magic's line.

    Attributes:
        values: for `veo_widgets.submit`, as text where a value was given.
        into: the variable that is to hold the job.
        wait: whether the cell blocks until the clip is there.
        dry_run: whether to show the request instead of sending it.
    """

    values: Mapping[str, Any]
    into: str | None = None
    wait: bool = False
    dry_run: bool = False


class _Parser(argparse.ArgumentParser):
    """Raises where argparse would print and exit."""

    def error(self, message: str) -> NoReturn:
        raise InvalidRequestError(f"%%veo: {message}. %%veo --help lists the flags.")


def _add(parser: argparse._ActionsContainer, param: Param) -> None:
    names = [param.flag, *("--" + alias.replace("_", "-") for alias in param.aliases)]
    text = param.help.replace("%", "%%")
    if param.kind == "boolean":
        parser.add_argument(*names, dest=param.name, action=argparse.BooleanOptionalAction, default=None, help=text)
        return
    action = "append" if param.kind in {"images", "videos"} else "store"
    metavar = "|".join(param.choices) or _METAVARS.get(param.kind, "N")
    parser.add_argument(*names, dest=param.name, action=action, metavar=metavar, help=text)


def add_request(parser: argparse.ArgumentParser) -> None:
    """Give a parser the flags of a request."""
    request = parser.add_argument_group("the request")
    request.add_argument("--model", metavar="MODEL", help="The model, with or without a prefix such as vertex_ai/.")
    for param in _FLAGGED:
        _add(request, param)
    request.add_argument("--size", metavar="WxH", help="OpenAI's spelling of ratio and resolution, such as 1280x720.")
    request.add_argument(
        "--allow-retired", action="store_true", default=None, help="Send it even if the model has ended."
    )


def add_account(group: argparse._ActionsContainer) -> None:
    """Add the flags that say who pays, and how much at most."""
    group.add_argument("--provider", metavar="NAME", help=f"Where to send it: {', '.join(PROVIDERS)}.")
    group.add_argument("--profile", metavar="NAME", help="Which account: a name given to veo.configure(profile=…).")
    group.add_argument(
        "--max-cost", metavar="USD", help="Refuse it if it costs more; reserve this if its price is unknown."
    )


@cache
def parser() -> argparse.ArgumentParser:
    """The parser of ``%%veo``'s line."""
    made = _Parser(
        prog="%%veo",
        description="Make a video of what the cell says. {name} and {expression} stand for values of the notebook.",
        allow_abbrev=False,
        add_help=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=34, width=100),
    )
    add_request(made)
    cell = made.add_argument_group("the cell")
    add_account(cell)
    cell.add_argument("--into", metavar="NAME", help="Keep the job in this variable.")
    cell.add_argument("--wait", action="store_true", help="Block the cell until the clip plays.")
    cell.add_argument("--dry-run", action="store_true", help="Show the request, the price and every broken rule.")
    cell.add_argument("--help", action="store_true", help="Show this.")
    return made


def flag_names() -> list[str]:
    """Every flag."""
    return [name for action in parser()._actions for name in action.option_strings]  # noqa: SLF001 (no public list)


def parse(line: str) -> Flags | None:
    """Read the magic's line; None stands for ``--help``.

    Raises:
        InvalidRequestError: an unknown flag or a missing value, with the nearest flag.
    """
    words = _words(line)
    found, rest = parser().parse_known_args(words)
    if rest:
        hint = nearest(rest[0], flag_names())
        if rest[0].startswith("-"):
            raise InvalidRequestError(f"%%veo: {rest[0]} is not a flag.{hint or ' %%veo --help lists them.'}")
        raise InvalidRequestError(
            f"%%veo: {rest[0]!r} belongs to no flag; the prompt goes below, and values with blanks go in quotes."
        )
    values = vars(found)
    if values.pop("help"):
        return None
    into, wait, dry_run = values.pop("into"), values.pop("wait"), values.pop("dry_run")
    if into is not None and (not into.isidentifier() or iskeyword(into)):
        raise InvalidRequestError(f"--into: {into!r} is no name for a variable.", parameter="into", value=into)
    given = {name: value for name, value in values.items() if value is not None}
    return Flags(given, into=into, wait=wait, dry_run=dry_run)


def _words(line: str) -> list[str]:
    reader = shlex.shlex(line, posix=True, punctuation_chars=False)
    reader.whitespace_split, reader.commenters = True, ""
    if os.name == "nt":
        # There a backslash parts folders.
        reader.escape = ""
    try:
        return list(reader)
    except ValueError as error:
        hint = "close the quotes" if "quot" in str(error) else "all flags stand on one line"
        raise InvalidRequestError(f"%%veo: {error} in {line!r}; {hint}.") from None


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
