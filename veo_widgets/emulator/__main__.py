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
from .answer_shapes import SHAPES
from .front_matter import standing_lines
from .manners import DIALECTS
from .refusals import RefusalError
from .troubles import FAULTS

_PORT_TROUBLE = 2


def _pace(text: str) -> Pace:
    try:
        return Pace.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m veo_widgets.emulator",
        description="Emulate the video services.",
        epilog=_known(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0, the default, lets the system choose")
    parser.add_argument("--pace", type=_pace, default=Pace.seconds(), help="at-once, polls:N or seconds:SPEED")
    parser.add_argument("--clips", choices=("full", "small"), default="full", help="small is for tests of load")
    parser.add_argument("--state-dir", type=Path, help="where operations and clips outlive the process")
    parser.add_argument("--refuse-retired", action="store_true", help="refuse models the real service has ended")
    parser.add_argument(
        "--direct", type=_line, action="append", default=[], metavar="KEY:VALUE", help="front matter for every prompt"
    )
    return parser.parse_args(argv)


def _known() -> str:
    lists = {"dialects": list(DIALECTS), "faults": list(FAULTS), "shapes of refusals": list(SHAPES)}
    texts = (f"{name}: {', '.join(names)}" for name, names in lists.items())
    return "\n\n".join(fill(text, break_on_hyphens=False) for text in texts)


def _line(text: str) -> tuple[str, str]:
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
        The exit code: 0, or 2 when the port cannot be had.
    """
    asked = _arguments(argv)
    emulator = Emulator(
        asked.port,
        host=asked.host,
        pace=asked.pace,
        clips=asked.clips,
        state_dir=asked.state_dir,
        refuse_retired=asked.refuse_retired,
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        emulator.start().direct(**dict(asked.direct))
    except (OSError, OverflowError) as error:
        print(f"The emulator cannot listen at {asked.host}:{asked.port}: {error}", file=sys.stderr)
        return _PORT_TROUBLE
    print(emulator.base_url, flush=True)
    ended.wait()
    emulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
