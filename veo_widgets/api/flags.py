"""The flags of ``%%veo``, made from `params.PARAMS`, and the variables in its prompt."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from keyword import iskeyword
from textwrap import shorten
from typing import Any, NoReturn

from ..domain.budgets import amount
from ..domain.errors import InvalidRequestError, nearest
from ..domain.params import PARAMS, Param
from ..domain.prompt_templates import fill_in_marked
from ..domain.request import VideoRequest
from ..providers.registry import PROVIDERS

# What goes into a notebook makes it slow to open and hard to share.
MOST_EMBEDDED = 20_000_000
# The prompt is the cell's body.
_FLAGGED = tuple(param for param in PARAMS if param.name != "prompt")
_READ_PLAINLY = {param.name for param in _FLAGGED if param.kind in {"choice", "integer", "number", "size", "object"}}
_METAVARS = {
    "image": "PATH",
    "images": "PATH",
    "object": "NAME=VALUE",
    "size": "WxH",
    "text": "TEXT",
    "uri": "GS_URI",
    "video": "CLIP",
    "videos": "CLIP",
}


_MORE = {
    "seed": " In a cell, 1..4 or 7,11 makes one job of each.",
    "extra": " VALUE is JSON, or else text; may be given several times.",
}
# The groups of a request's flags: name, an example, and the kinds of parameters in each.
_GROUPS: tuple[tuple[str, str, frozenset[str]], ...] = (
    (
        "the clip",
        "--model veo-3.1-generate-001 --seconds 8 --aspect-ratio 9:16 --seed 1..4",
        frozenset({"text", "choice", "integer", "number", "boolean", "uri", "size", "object"}),
    ),
    (
        "pictures and reference clips",
        "--first-frame cat.png --last-frame 'cat asleep.png'",
        frozenset({"image", "images", "videos"}),
    ),
    ("continuing from a clip", "--extend cat", frozenset({"video"})),
)
_SEEDS = re.compile(r"\d+(?:\.\.\d+)?(?:,\d+(?:\.\.\d+)?)*")
MOST_SEEDS = 20


@dataclass(frozen=True)
class Flags:
    """What the magic's line says.

    Attributes:
        values: for `veo_widgets.submit`, as text where a value was given.
        into: the variable that is to hold the job.
        wait: whether the cell ends when the clip is there.
        dry_run: whether to show the request instead of sending it.
        quiet: whether the cell shows nothing.
        embed: whether the clip goes into the notebook itself.
        seeds: one job is made for each of them; empty for one job.
        grid: whether the clips are shown side by side.
        each: one job is made for each row of this variable or file; empty for one job.
        once: whether a clip that the cell has for this request is shown instead of a new one.
    """

    values: Mapping[str, Any]
    into: str | None = None
    wait: bool = False
    dry_run: bool = False
    quiet: bool = False
    embed: bool = False
    seeds: tuple[int, ...] = ()
    grid: bool = False
    each: str = ""
    once: bool = False


class _Parser(argparse.ArgumentParser):
    """Raises where argparse would print and exit."""

    def error(self, message: str) -> NoReturn:
        raise InvalidRequestError(f"%%veo: {message}. %%veo --help lists the flags.")


def _add_flag(parser: argparse._ActionsContainer, param: Param) -> None:
    names = [param.flag, *("--" + alias.replace("_", "-") for alias in param.aliases)]
    text = param.help.replace("%", "%%") + _MORE.get(param.name, "")
    if param.kind == "boolean":
        parser.add_argument(*names, dest=param.name, action=argparse.BooleanOptionalAction, default=None, help=text)
        return
    action = "append" if param.kind in {"images", "videos", "object"} else "store"
    metavar = "|".join(param.choices) or _METAVARS.get(param.kind, "N")
    parser.add_argument(*names, dest=param.name, action=action, metavar=metavar, help=text)


def add_request(parser: argparse.ArgumentParser, *, examples: bool = False) -> None:
    """Give a parser the flags of a request, in groups.

    Args:
        parser: which.
        examples: whether each group shows how it is written after ``%%veo``.
    """
    for title, example, kinds in _GROUPS:
        group = parser.add_argument_group(title, f"%%veo {example}" if examples else None)
        if "text" in kinds:
            group.add_argument("--model", metavar="MODEL", help="The model, with or without a prefix: vertex_ai/….")
            group.add_argument(
                "--allow-retired",
                action="store_true",
                default=None,
                help="Send the request even if the model has been retired.",
            )
        for param in _FLAGGED:
            if param.kind in kinds:
                _add_flag(group, param)


def add_account(group: argparse._ActionsContainer) -> None:
    """Add the flags that say who pays, and how much at most."""
    group.add_argument("--provider", metavar="NAME", help=f"Which provider to use: {', '.join(PROVIDERS)}.")
    group.add_argument(
        "--profile", metavar="NAME", help="Which account to use: a name given to veo.configure(profile=…)."
    )
    group.add_argument(
        "--max-cost",
        metavar="USD",
        help="Refuse the request if it costs more; if its price is unknown, reserve this much.",
    )


@cache
def parser() -> argparse.ArgumentParser:
    """The parser of ``%%veo``'s line."""
    made = _Parser(
        prog="%%veo",
        usage="%%%%veo [FLAGS]   # the prompt goes on the lines below",
        description=(
            "Make a video from the prompt in the cell. {name}, {any.expression:.2f} and $name insert values from the "
            "notebook, here and on the line above; lines that begin with '# ' are notes and are not sent. For a "
            "picture, give a file, an address or a variable; for a clip, also a job's id. End a line of flags with a "
            "backslash to continue on the next line."
        ),
        allow_abbrev=False,
        add_help=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=34, width=100),
    )
    add_request(made, examples=True)
    account = made.add_argument_group("the account and the price", "%%veo --provider gemini --max-cost 2 --dry-run")
    add_account(account)
    account.add_argument(
        "--dry-run", action="store_true", help="Show the request, its price and every broken rule; send nothing."
    )
    _add_cell(made.add_argument_group("the cell", "%%veo --into cat --wait --output cat.mp4"))
    return made


def _add_cell(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--into", metavar="NAME", help="Store the job in this variable (a list, with several seeds).")
    group.add_argument(
        "--each",
        metavar="ROWS",
        help="Make one clip per row of a data frame, a list or a file such as CSV; use {column} in the prompt.",
    )
    group.add_argument(
        "--output",
        metavar="PATH",
        help="Where to save the clip: a folder or an .mp4 file; never overwrites another clip.",
    )
    switches = {
        "wait": "Keep the cell running until the clip plays.",
        "once": "If this cell already has a clip for the same request, from any session, show that clip; send nothing.",
        "quiet": "Show no card; use --into to keep the job.",
        "grid": "Show the clips of several seeds or samples side by side.",
        "embed": f"Save the clip inside the notebook, up to {MOST_EMBEDDED // 10**6} MB, and say how large it is.",
    }
    for name, text in switches.items():
        group.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=text)
    group.add_argument("--help", action="store_true", help="Show this help.")


def flag_names() -> list[str]:
    """Every flag."""
    return [name for action in parser()._actions for name in action.option_strings]  # noqa: SLF001 (no public list)


def switches() -> set[str]:
    """The flags that take no value."""
    return {name for action in parser()._actions if action.nargs == 0 for name in action.option_strings}  # noqa: SLF001


def flag_of(name: str) -> str:
    """The parameter, or the setting of the cell, that a flag is for; empty if there is no such flag."""
    return next((action.dest for action in parser()._actions if name in action.option_strings), "")  # noqa: SLF001


def parse(line: str, defaults: Mapping[str, Any] | None = None, names: dict[str, Any] | None = None) -> Flags | None:
    """Read the magic's line; None stands for ``--help``.

    Args:
        line: what follows ``%%veo``.
        defaults: what holds where the line says nothing of ``wait``, ``quiet``, ``embed``, ``once`` or ``max_cost``.
        names: the notebook's variables, which ``{name}`` and ``$name`` stand for; without them the line is taken as
            it is.

    Raises:
        InvalidRequestError: an unknown flag or a missing value, with the nearest flag; or a brace that has no value.
    """
    # argparse itself would stop at the first word that it does not know.
    found, rest = parser().parse_known_args(words(line, names))
    if rest:
        raise InvalidRequestError(f"%%veo: {' '.join([*_stray_words(rest), *_unreadable_values(vars(found))])}")
    values = {**{name: value for name, value in (defaults or {}).items() if value}}
    values |= {name: value for name, value in vars(found).items() if value is not None}
    if values.pop("help"):
        return None
    own = {
        name: values.pop(name)
        for name in ("into", "wait", "dry_run", "quiet", "embed", "grid", "each", "once")
        if name in values
    }
    _check_name(own.get("into"))
    seeds = _take_seeds(values)
    if own.get("each") and (seeds or own.get("embed") or own.get("grid") or "output" in values):
        message = (
            "--each: it goes with neither several seeds nor --embed, --grid or --output; a column 'seed' may say it."
        )
        raise InvalidRequestError(message, parameter="each", value=own["each"])
    if own.get("grid") and own.get("embed"):
        raise InvalidRequestError("--grid: it goes without --embed; one or the other.", parameter="grid", value=True)
    return Flags(values, seeds=seeds, **own)


def _stray_words(rest: Sequence[str]) -> list[str]:
    """A sentence on each wrong flag of a line, and one on the words that belong to none.

    What follows a wrong flag is taken for its value.
    """
    said, stray = [], []
    for before, word in zip(("", *rest), rest, strict=False):
        flag = word.partition("=")[0]
        if flag == "--prompt":
            said.append("--prompt is not a flag: the prompt is the cell's body, below this line.")
        elif word.startswith("-"):
            said.append(f"{flag} is not a flag.{_nearest_flag(flag) or ' %%veo --help lists them.'}")
        elif not before.startswith("-") or "=" in before:
            stray.append(word)
    if stray:
        verb = "belongs" if len(stray) == 1 else "belong"
        words = shorten(" ".join(stray), 60, placeholder=" …")
        said.append(f"{words!r} {verb} to no flag; the prompt goes below, and values with spaces go in quotes.")
    return list(dict.fromkeys(said))


def _unreadable_values(values: Mapping[str, Any]) -> Iterator[str]:
    """A sentence on each value that cannot be read; pictures and clips may be variables, and are left aside."""
    said = {name: value for name, value in values.items() if value is not None}
    plain = {name: said[name] for name in said if name in _READ_PLAINLY}
    if _SEEDS.fullmatch(plain.get("seed", "")):
        del plain["seed"]
    reads: tuple[Callable[[], object], ...] = (
        lambda: _take_seeds(said),
        lambda: VideoRequest.build("", **plain),
        lambda: amount(said.get("max_cost", 0), "max_cost"),
    )
    for read in reads:
        try:
            read()
        except InvalidRequestError as error:
            yield str(error)


def _nearest_flag(flag: str) -> str:
    """A hint at the flag that has all the words of a wrong one, else at that which is spelled most like it."""
    asked = set(flag.strip("-").split("-"))
    return nearest(flag, [name for name in flag_names() if asked <= set(name.strip("-").split("-"))] or flag_names())


def _check_name(into: str | None) -> None:
    if into is not None and (not into.isidentifier() or iskeyword(into)):
        raise InvalidRequestError(f"--into: {into!r} is not a valid variable name.", parameter="into", value=into)


def _take_seeds(values: dict[str, Any]) -> tuple[int, ...]:
    """Several seeds, as in ``1..4`` or ``7,11``, which are taken out of the values."""
    text = str(values.get("seed", ""))
    if not _SEEDS.fullmatch(text) or text.isdecimal():
        return ()
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("..")
        # No further than it takes to see that there are too many: 1..9999999999 would fill the memory.
        seeds += range(int(first), min(int(last or first), int(first) + MOST_SEEDS) + 1)
    if len(seeds) > MOST_SEEDS or not seeds:
        message = f"--seed: {text!r} is {'more than ' + str(MOST_SEEDS) if seeds else 'none'} of them; each is a job."
        raise InvalidRequestError(message, parameter="seed", value=text)
    del values["seed"]
    return tuple(dict.fromkeys(seeds))


def whole_line(line: str, body: str) -> tuple[str, str]:
    """Line and body of a cell, once what a backslash at the end of a line joins is one line."""
    while line.rstrip().endswith(" \\") or line.strip() == "\\":
        following, _, body = body.partition("\n")
        line = f"{line.rstrip()[:-1]}{following}"
    return line, body


def words(line: str, names: dict[str, Any] | None = None) -> list[str]:
    """The words of a line, without quotes and without what follows a ``#`` that begins a word.

    Args:
        line: as it was typed.
        names: see `parse`; a value is part of one word, whatever is in it.

    Raises:
        InvalidRequestError: a quote is not closed, or a brace has no value.
    """
    said = _without_comment(line)
    if names is None:
        return _split_words(said)
    # A letter of Unicode's private use holds the place of a value while the line is split, so that blanks and quotes in
    # the value split nothing.
    mark = next(char for char in map(chr, range(0xE000, 0xF8FF)) if char not in said)
    try:
        marked, values = fill_in_marked(said, names, mark)
    except InvalidRequestError as error:
        raise InvalidRequestError(f"%%veo: {str(error).removeprefix('prompt: ')}", value=error.value) from None
    left = iter(values)
    return [re.sub(mark, lambda _: next(left), word) for word in _split_words(marked)]


def _split_words(line: str) -> list[str]:
    reader = shlex.shlex(line, posix=True, punctuation_chars=False)
    reader.whitespace_split, reader.commenters = True, ""
    if os.name == "nt":
        # There a backslash parts folders.
        reader.escape = ""
    try:
        return list(reader)
    except ValueError as error:
        hint = "close the quotes" if "quot" in str(error) else "write a blank before a backslash that ends the line"
        raise InvalidRequestError(f"%%veo: {error} in {line!r}; {hint}.") from None


# Words and quotes as shlex has them, where a backslash takes the meaning of what follows it, but not on Windows.
_ESCAPE = r"\\." if os.name != "nt" else r"(?!)"
_COMMENTED = re.compile(rf"""((?:{_ESCAPE}|'[^']*'|"(?:{_ESCAPE}|[^"])*"|(?<=\S)\#|[^\#'"])*)\#.*""")


def _without_comment(line: str) -> str:
    found = _COMMENTED.fullmatch(line)
    return found[1] if found else line
