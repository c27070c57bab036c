"""The command line: ``veo``, made from `commands.VERBS`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from ..config.log import log
from ..domain.budgets import read_pairs
from ..domain.errors import DeliveryWarning, InvalidRequestError, MissingExtraError, VeoError
from ..domain.paths import NO_ROOM
from ..domain.redaction import redact
from ..domain.version import own_version
from ..session.job import Job, Jobs
from . import ledger, worker
from .commands import VERBS, fill, given
from .doctor import Report
from .sending import SENDERS, Command, describe

# As shells have it for Ctrl-C and for a pipe that nobody reads: this and the number of the signal.
_SIGNALLED = 128
_COMMANDS = {
    **SENDERS,
    "ledger": Command(ledger.HELP, ledger.add, ledger.run),
    "worker": Command(worker.HELP, worker.add, worker.run),
}


class _Parser(argparse.ArgumentParser):
    """One whose errors quote no password: a word in the wrong place may be an address."""

    def error(self, message: str) -> NoReturn:
        super().error(redact(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="veo", description="AI video from the command line; see also the notebooks.")
    parser.add_argument("--version", action="version", version=f"veo-widgets {own_version()}")
    parser.add_argument("--log", metavar="LEVEL", help="show what is sent and answered: warning, info or debug")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS.values():
        # One that would end with the command is not listed, but whoever types it is told so.
        listed: dict[str, Any] = {} if verb.only_here else {"help": verb.help}
        fill(verbs.add_parser(verb.name, description=verb.help, **listed), verb)
    for name, command in _COMMANDS.items():
        command.add(verbs.add_parser(name, help=command.help))
    verbs.add_parser("emulator", help="serve the offline stand-in for the services; --help lists its options")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``veo``; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["emulator"]:
            # The emulator has a command line of its own, which also runs without this one.
            return _run_emulator(words[1:])
        if words[:1] == ["help"]:
            words = [*words[1:], "--help"]
        with warnings.catch_warnings():
            # What is printed of a job says it too.
            warnings.simplefilter("ignore", DeliveryWarning)
            return _written(_run_verb(**_parse_words(words)))
    except VeoError as error:
        print(f"veo: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` does.
        _drop_output()
        return _SIGNALLED + 13
    except OSError as error:
        if error.errno not in NO_ROOM or error.filename:
            raise
        _drop_output()
        print(
            f"veo: The output cannot be written: {error.strerror}. Jobs stay; `veo jobs` lists them.", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("Stopped waiting; jobs keep running. `veo resume` picks them up.", file=sys.stderr)
        return _SIGNALLED + 2


def _parse_words(words: Sequence[str]) -> dict[str, Any]:
    """The verb of a line and its values.

    Raises:
        InvalidRequestError: a prompt has no flag or no quotes.
    """
    parser = _parser()
    found, rest = parser.parse_known_args(words)
    if found.verb in {"batch", "make"} and rest and not any(word.startswith("-") for word in rest):
        written = ["--prompt", " ".join(rest)] if found.verb == "batch" else [" ".join([found.prompt, *rest])]
        right = shlex.join(["veo", found.verb, *([found.file] if found.verb == "batch" else []), *written])
        needs = "needs its flag" if found.verb == "batch" else "goes in quotes"
        raise InvalidRequestError(f"{found.verb}: the prompt {needs}; write {right}.", parameter="prompt")
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return vars(found)


def _run_emulator(words: Sequence[str]) -> int:
    try:
        emulator = import_module("veo_widgets.emulator.__main__")
    except ImportError as error:
        raise MissingExtraError("The emulator", "emulator") from error
    return int(emulator.main(words))


def _run_verb(*, verb: str, **values: Any) -> int:
    if level := values.pop("log"):
        log(level)
    if verb in _COMMANDS:
        return _COMMANDS[verb].run(**values)
    _refuse_transient(verb, values)
    return _print_answer(VERBS[verb].function(**given(values)), waits=verb == "resume")


def _written(code: int) -> int:
    """The exit code, once all that was printed is out; at Python's own end nobody could say anything of it."""
    if sys.stdout:
        sys.stdout.flush()
    return code


def _drop_output() -> None:
    """Have what is left of the output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse_transient(verb: str, values: dict[str, Any]) -> None:
    """Refuse a setting that would end with this command."""
    if VERBS[verb].only_here:
        raise InvalidRequestError(f"{verb}: {VERBS[verb].only_here}.")
    if verb == "budget" and "session" in read_pairs(values["limits"]):
        message = "session: it would end with the command; set VEO_BUDGET_SESSION for the program that submits."
        raise InvalidRequestError(message, parameter="session")


def _print_answer(answer: Any, *, waits: bool) -> int:
    """Print a verb's answer; returns the exit code."""
    if isinstance(answer, Jobs) and answer and waits:
        failed = _wait_for_all(answer)
        if answer.note:
            print(answer.note, file=sys.stderr)
        return failed
    shown: Callable[[Any], str] = describe if isinstance(answer, Job) else str
    if answer is not None:
        print(shown(answer))
    return int(isinstance(answer, Report) and bool(answer.problems))


def _wait_for_all(jobs: Jobs) -> int:
    """Wait for every open job; one that fails does not keep the others from their clips."""
    failed = 0
    for job in jobs:
        try:
            print(describe(job.wait()))
        except VeoError as error:
            failed = 1
            print(f"{job.id}  {error}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
