"""``make bench``: measures us and the peers in one run, and writes ``RESULTS.md`` and ``docs/bench.svg``.

Timings never fail anything. Sizes, counts and bytes are exact and are checked by the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from dataclasses import asdict

from . import plot, poll_simulation
from .rows import Row, shown
from .stage import HERE, HOMES, OURS, python, set_up
from .topics import TOPICS

RESULTS, FINDINGS, KEPT = HERE / "RESULTS.md", HERE / "FINDINGS.md", HERE / "results.json"
PICTURE = HERE.parents[1] / "docs" / "bench.svg"
_VERSIONS = "import importlib.metadata as m, sys; print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]), sep=', ')"


def _versions() -> str:
    named = {"google-genai": "google-genai", "google-genai 3": "google-genai", "litellm": "litellm"}
    named |= {"openai": "openai", "mediapy": "mediapy", "moviepy": "moviepy", "ffmpeg": "imageio-ffmpeg"}
    assert named.keys() == HOMES.keys()
    asked = [(python(client), (package,)) for client, package in named.items()]
    asked.append((OURS, ("veo-widgets", "httpx", "anyio", "ipywidgets", "IPython", "jupyterlab")))
    said = [
        subprocess.run([str(path), "-c", _VERSIONS, *names], capture_output=True, text=True, check=True).stdout.strip()
        for path, names in asked
    ]
    curl = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()
    return ", ".join([*said, " ".join(curl[:2]), f"Python {platform.python_version()}", _machine()])


def _machine() -> str:
    return f"{platform.system()} on {os.cpu_count()} cores of {platform.machine()}"


def _line(row: Row) -> str:
    met = {True: "yes", False: "**no**", None: ""}[row.met]
    others = "; ".join(
        f"{name} {shown(value)} ({shown(row.value / value)} ×)" if value else f"{name} 0"
        for name, value in row.others.items()
    )
    what = f"{row.what}. {row.method}" if row.method else row.what
    return f"| {row.topic} | {what} | {shown(row.value)} {row.unit} | {row.goal} | {met} | {others} |"


def _report(rows: list[Row]) -> str:
    missed = [row for row in rows if row.met is False]
    return "\n".join(
        [
            "# Results",
            "",
            f"Measured on {time.strftime('%Y-%m-%d')} by `make bench`. In brackets: ours divided by the peer's. "
            + (f"Goals missed: {len(missed)}." if missed else "Every goal is reached."),
            "",
            "| topic | what | ours | goal | reached | others |",
            "| --- | --- | --- | --- | --- | --- |",
            *map(_line, rows),
            "",
            f"Versions: {_versions()}.",
            "",
            FINDINGS.read_text("utf-8").strip(),
            "",
            "## The poll schedule",
            "",
            "By `make bench-poll`; [docs/polling.md](../../docs/polling.md) says what follows from it.",
            "",
            poll_simulation.table(),
            "",
        ]
    )


def main() -> None:
    """Measure what was asked for, or everything, and write it down."""
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("topics", nargs="*", choices=[*TOPICS, []], help="default is all; others keep their results")
    asked = parser.parse_args()
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() and asked.topics else {}
    with set_up() as stage:
        for name in asked.topics or TOPICS:
            print(f"{name} …", flush=True)
            rows = TOPICS[name](stage)
            kept[name] = [asdict(row) for row in rows]
            print("\n".join(map(_line, rows)), flush=True)
    rows = [Row(**values) for name in TOPICS for values in kept.get(name, ())]
    KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    RESULTS.write_text(_report(rows), "utf-8")
    PICTURE.write_text(plot.drawn(rows), "utf-8")


if __name__ == "__main__":
    main()
