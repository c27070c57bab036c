"""The one list of verbs: what ``%veo``, the ``veo`` command and ``veo.…()`` have in common.

The magic and the command line are both made from `VERBS`, so that a verb is written once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from ..config.keys import login
from ..config.log import log
from ..domain.bookings import Comparison
from ..domain.budgets import Budget, check_name, read_pairs
from ..domain.errors import InvalidRequestError, nearest
from ..domain.spending import Spend
from ..domain.tables import Table
from . import functions, job_functions, model_functions, sharing
from .nested_loops import allow_nested_loops

Kind = Literal[
    "job", "number", "provider", "model", "path", "level", "budget", "operation", "switch", "state", "group", "text"
]


@dataclass(frozen=True)
class Argument:
    """One argument of a verb.

    Attributes:
        name: the function's keyword; one that begins with ``--`` is a flag.
        kind: how it is read and completed.
        help: what it says, in a few words.
        optional: whether it may be left out.
        many: whether there may be several.
    """

    name: str
    kind: Kind
    help: str
    optional: bool = False
    many: bool = False

    @property
    def shown(self) -> str:
        """How it is written in a usage line."""
        name = self.name.lstrip("-").upper()
        word = self.name if self.kind == "switch" else f"{self.name} {name}" if self.name.startswith("--") else name
        word = f"{word} …" if self.many else word
        return f"[{word}]" if self.optional or self.many or self.name.startswith("--") else word


@dataclass(frozen=True)
class Verb:
    """One thing that can be asked for.

    Attributes:
        name: what is typed.
        function: does it; takes the arguments under their names and returns what is shown.
        help: one sentence.
        arguments: in order.
        only_here: why it is for a notebook and not for a command line; empty where it is for both.
    """

    name: str
    function: Callable[..., Any]
    help: str
    arguments: tuple[Argument, ...] = ()
    only_here: str = ""

    @property
    def usage(self) -> str:
        """Name and arguments."""
        return " ".join([self.name, *(argument.shown for argument in self.arguments)])


class _Parser(argparse.ArgumentParser):
    """Raises where argparse would print and exit."""

    def error(self, message: str) -> NoReturn:
        raise InvalidRequestError(f"{self.prog}: {message}. It is written {self.prog.split()[0]} {self.description}")


def fill(parser: argparse.ArgumentParser, verb: Verb) -> None:
    """Add a verb's arguments to a parser."""
    for argument in verb.arguments:
        options: dict[str, Any] = {"help": argument.help}
        if argument.kind == "switch":
            options["action"] = "store_true"
        else:
            options["metavar"] = argument.name.lstrip("-").upper()
            options["type"] = int if argument.kind == "number" else str
            if not argument.name.startswith("-") and (argument.optional or argument.many):
                options["nargs"] = "*" if argument.many else "?"
        parser.add_argument(argument.name, **options)


def read(words: Sequence[str], verbs: Mapping[str, Verb], prog: str = "%veo") -> tuple[Verb, dict[str, Any]]:
    """The verb of a line, and its arguments by name; what was left out is left to the function.

    Raises:
        InvalidRequestError: there is no such verb, or it is not written so.
    """
    verb = verbs.get(words[0])
    if verb is None:
        hint = nearest(words[0], verbs)
        raise InvalidRequestError(f"{prog}: {words[0]!r} is not one of {', '.join(verbs)}.{hint}")
    parser = _Parser(prog=f"{prog} {verb.name}", description=verb.usage, add_help=False, allow_abbrev=False)
    fill(parser, verb)
    # So that flags may stand between the words of a verb that takes several.
    return verb, given(vars(parser.parse_intermixed_args(words[1:])))


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were given on the line."""
    # This is what argparse has for what was not typed; the function's own defaults then hold.
    return {name: value for name, value in values.items() if value is not None and value is not False and value != []}


def listing(verbs: Iterable[Verb], prog: str) -> str:
    """Every verb in a line."""
    rows = [(f"{prog} {verb.usage}", verb.help) for verb in verbs]
    width = max(len(usage) for usage, _ in rows)
    return "\n".join(f"{usage:<{width}}  {text}" for usage, text in rows)


def _budget(limits: Sequence[str] = (), user: str | None = None, project: str | None = None) -> Budget:
    values = {check_name(name): usd for name, usd in read_pairs(limits).items()}
    return functions.budget(user=user, project=project, **values)


def _cost(
    days: int | None = None, by: str | None = None, csv: str | None = None, compare: str | None = None
) -> Spend | Comparison:
    given = {name: value for name, value in {"by": by, "compare": compare}.items() if value is not None}
    shown: Spend | Comparison = functions.cost(days, **given)
    if csv is not None:
        shown.to_csv(csv)
    return shown


def _save(path: str, job: str | None = None) -> Table:
    return Table(("saved as",), ((copy,) for copy in job_functions.save(path, job)))


def _share(path: str, job: str | None = None) -> Table:
    return Table(("shared as",), ((sharing.share_job(path, job),),))


# What costs money or ends something has to name its job; everything else takes the newest.
_JOB = Argument("job", "job", "a job's id, or the start of one")
_ANY_JOB = Argument("job", "job", "a job's id (default: the newest)", optional=True)
_PROVIDER = Argument("provider", "provider", "a provider's name")

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "jobs",
            job_functions.ledger_jobs,
            "List the newest jobs: jobs 5 filtered --search cat.",
            (
                Argument("words", "state", "how many (default 20) and which states", many=True),
                Argument("--search", "text", "only jobs whose prompt contains these words"),
                Argument("--model", "model", "only jobs of this model"),
                Argument("--since", "text", "only jobs since this date"),
            ),
        ),
        Verb(
            "library",
            job_functions.library_table,
            "Show everything made here: library cat --starred. In a notebook, as cards that play.",
            (
                Argument("words", "text", "words that the prompt contains", many=True),
                Argument("--model", "model", "only jobs of this model"),
                Argument("--state", "state", "only jobs in this state"),
                Argument("--since", "text", "only jobs since this date"),
                Argument("--starred", "switch", "only what has a star"),
            ),
        ),
        Verb("job", job_functions.find, "Show one job: its card and its clips.", (_JOB,)),
        Verb("show", job_functions.find, "Show one job, by default the newest.", (_ANY_JOB,)),
        Verb("wait", job_functions.wait, "Wait for a job's clips.", (_ANY_JOB,)),
        Verb(
            "resume",
            functions.resume,
            "Pick up every open job and download what is finished.",
            (Argument("--take-over", "switch", "also take jobs held by another program that you know is gone"),),
        ),
        Verb("cancel", job_functions.cancel, "Cancel a job, if its service supports that.", (_JOB,)),
        Verb("retry", job_functions.retry, "Send a job's request again; this costs money again.", (_JOB,)),
        Verb(
            "look",
            job_functions.look,
            "Check whether the service has a job whose answer was lost, or retry a failed download.",
            (_JOB, Argument("operation", "operation", "the service's name for the job", optional=True)),
        ),
        Verb("forget", job_functions.forget, "Mark a job whose answer was lost as failed.", (_JOB,)),
        Verb(
            "save",
            _save,
            "Copy a job's clips to a folder or a file; never overwrites.",
            (Argument("path", "path", "a folder, or a file ending in .mp4 or .webm"), _ANY_JOB),
        ),
        Verb(
            "share",
            _share,
            "Write a job's clips so that others can play them: share cat.html.",
            (
                Argument("path", "path", "a file ending in .html, .zip, .png, .jpg, .gif or .webp, or a folder"),
                _ANY_JOB,
            ),
        ),
        Verb(
            "models",
            functions.models,
            "Show what every model can do and what it costs.",
            (
                Argument("provider", "provider", "a provider's name (default: all)", optional=True),
                Argument("--retired", "switch", "also models that have ended"),
            ),
        ),
        Verb(
            "catalog",
            model_functions.catalog,
            "Show which catalog of models and prices counts, or take a newer one: catalog update FILE.",
            (
                Argument("action", "text", "update or reset (default: only show)", optional=True),
                Argument("file", "path", "for update: a file, or an address that begins with https://", optional=True),
                Argument("--yes", "switch", "take it without asking"),
            ),
        ),
        Verb(
            "cost",
            _cost,
            "Show what clips have cost, by day, model, notebook and state.",
            (
                Argument("days", "number", "how many days, including today (default: all)", optional=True),
                Argument("--by", "group", "only this table: day, model, notebook, state, user, project or provider"),
                Argument("--csv", "path", "also write the table to a CSV file"),
                Argument("--compare", "provider", "litellm: show in what the log of your LiteLLM proxy differs"),
            ),
        ),
        Verb(
            "budget",
            _budget,
            "Show or set limits in US dollars: budget day 20 month off.",
            (
                Argument("limits", "budget", "request, session, day, month or unknown, and an amount", many=True),
                Argument("--user", "text", "for this user alone"),
                Argument("--project", "text", "for what is spent for this project"),
            ),
        ),
        Verb(
            "use",
            functions.use,
            "Choose the provider, and optionally the model, until the kernel ends.",
            (
                _PROVIDER,
                Argument("model", "model", "a model's id", optional=True),
                Argument("--price", "text", "what your server or gateway charges: 0, 0.05/s or 0.40/clip"),
            ),
            "it would end with the command; set VEO_PROVIDER and VEO_MODEL, or [tool.veo_widgets] in pyproject.toml",
        ),
        Verb("config", functions.configuration, "Show the current settings and where each comes from."),
        Verb(
            "doctor",
            functions.doctor,
            "Check which provider a plain request would use and whether it would work; free.",
        ),
        Verb(
            "log",
            log,
            "Log requests and responses, without keys and media.",
            (
                Argument("level", "level", "off, warning, info or debug", optional=True),
                Argument("path", "path", "a file to append to", optional=True),
            ),
            "it would end with the command; use veo --log debug VERB",
        ),
        Verb("login", login, "Ask for a provider's key without echoing it, and store it in the keyring.", (_PROVIDER,)),
        Verb(
            "nest",
            allow_nested_loops,
            "Let a cell call asyncio.run(), as LiteLLM's example does.",
            (),
            "only notebooks need it, because they already run a loop",
        ),
    )
}
