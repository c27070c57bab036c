"""``python -m veo_widgets.emulator``: the emulator as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from . import Emulator, Pace
from .faults.answer_shapes import SHAPES
from .faults.front_matter import standing_lines
from .faults.troubles import FAULTS
from .openai.manners import DIALECTS
from .refusals import RefusalError

_TROUBLE = 2


def _read_pace(text: str) -> Pace:
    try:
        return Pace.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m veo_widgets.emulator",
        description="Emulate the video services.",
        # What can go wrong on request is nowhere else to be seen from the command line.
        epilog=_list_names(),
        # The usual formatter would run the lists into one paragraph.
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0, the default, lets the system choose")
    parser.add_argument("--pace", type=_read_pace, default=Pace.seconds(), help="at-once, polls:N or seconds:SPEED")
    parser.add_argument("--clips", choices=("full", "small"), default="full", help="small is for tests of load")
    parser.add_argument("--state-dir", type=Path, help="where operations and clips outlive the process")
    parser.add_argument("--refuse-retired", action="store_true", help="refuse models the real service has ended")
    parser.add_argument("--models", type=Path, metavar="FILE", help="serve the models that this file describes, too")
    parser.add_argument(
        "--key", action="append", default=[], metavar="KEY", help="accept this key alone, or these; any without"
    )
    parser.add_argument(
        "--direct",
        type=_read_direction,
        action="append",
        default=[],
        metavar="KEY:VALUE",
        help="front matter for every prompt",
    )
    return parser.parse_args(argv)


def _list_names() -> str:
    lists = {"dialects": list(DIALECTS), "faults": list(FAULTS), "shapes of refusals": list(SHAPES)}
    texts = (f"{name}: {', '.join(names)}" for name, names in lists.items())
    return "\n\n".join(fill(text, break_on_hyphens=False) for text in texts)


def _read_direction(text: str) -> tuple[str, str]:
    key, colon, value = (part.strip() for part in text.partition(":"))
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY:VALUE.")
    try:
        standing_lines({key: value})
    except RefusalError as error:
        raise argparse.ArgumentTypeError(error.message) from error
    return key, value


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the first line printed is the base URL.

    Returns:
        The exit code: 0, or 2 when the port or the models cannot be had.
    """
    asked = _arguments(argv)
    try:
        emulator = Emulator(
            asked.port,
            host=asked.host,
            pace=asked.pace,
            clips=asked.clips,
            state_dir=asked.state_dir,
            refuse_retired=asked.refuse_retired,
            keys=asked.key,
            models=asked.models,
        )
    except (OSError, ValueError) as error:
        print(f"--models: {error}", file=sys.stderr)
        return _TROUBLE
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # A handler that only sets an event lets `stop` run in the main thread, outside the signal.
        signal.signal(number, lambda *_: ended.set())
    try:
        emulator.start().direct(**dict(asked.direct))
    # A port above 65535 is Python's OverflowError rather than the system's refusal.
    except (OSError, OverflowError) as error:
        print(f"The emulator cannot listen at {asked.host}:{asked.port}: {error}", file=sys.stderr)
        return _TROUBLE
    # Through a pipe the line would otherwise stay in the buffer, and whoever started this would wait for it.
    print(emulator.base_url, flush=True)
    ended.wait()
    emulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
