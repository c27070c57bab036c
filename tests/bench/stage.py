"""What all measurements share: an emulator and a file server as processes of their own, and programs to be timed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.conformance.environments import python_of

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
OURS = Path(sys.executable)
# In which environment each client lives. The last google-genai that sends Veo to the Developer API is of version 2.
HOMES = {
    "google-genai": "genai2",
    "google-genai 3": "genai3",
    "litellm": "litellm",
    "openai": "openai",
    "mediapy": "mediapy",
    "moviepy": "moviepy",
    "ffmpeg": "ffmpeg",
}

# Ours as it was at a commit is a peer too, for goals that are set against it.
BEFORE, COMMIT = "before", "cd538ee"
# What the programs import of it, and where it was then; and what they look into.
OLD_NAMES = {
    "client.async_client": "client",
    "client.clock": "clock",
    "config.accounts": "config",
    "config.credentials": "sealing",
    "domain.errors": "errors",
    "domain.job_record": "record",
    "domain.pricing": "pricing",
    "domain.request": "request",
    "emulator.rendering.clips": "emulator.clips",
    "session.client": "sync",
    "storage.clips.poster": "poster",
    "storage.films.stitching": "stitching",
    "storage.ledger.ledger": "ledger",
}
OLD_WORDS = {f"from veo_widgets.{name} import": f"from veo_widgets.{old} import" for name, old in OLD_NAMES.items()} | {
    "client.reservations": "client.purse",
    "client._live[": "client._board[",
}

Json = dict[str, Any]


def python(client: str) -> Path:
    """The interpreter that has a client; ours has veo_widgets, httpx, ipywidgets and IPython."""
    return python_of(HOMES[client]) if client in HOMES else OURS


class Stage:
    """The servers that every client is measured against, and a folder for what they bring.

    Attributes:
        url: the emulator's address; it finishes a job at the first poll unless a prompt says otherwise.
        folder: on the disk that clips usually go to.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def run(self, client: str, program: str, **said: Any) -> Json:
        """What a program prints that is run with a client's interpreter."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            ours = "veo_widgets" if client == BEFORE else client
            given = {"base_url": self.url, "client": ours, "folder": folder, **said}
            home, programs = surroundings(Path(folder), self.url), PROGRAMS
            if client == BEFORE:
                home["PYTHONPATH"] = str(_tree_of(COMMIT))
                programs = _programs_in(Path(folder) / "programs")
            done = subprocess.run(
                [str(python(client)), str(programs / f"{program}.py")],
                input=json.dumps(given),
                env=home,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=900,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"{program} with {client} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        printed: Json = json.loads(done.stdout.splitlines()[-1])
        return printed

    def journal(self) -> list[Json]:
        """The emulator's record of every request since it was last reset."""
        found: list[Json] = json.load(urllib.request.urlopen(f"{self.url}/_admin/journal"))
        return found

    def reset(self) -> None:
        """Have the emulator forget everything."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_admin/reset", b"{}", method="POST")).close()


def surroundings(home: Path, url: str) -> dict[str, str]:
    """The environment of a program: no keys, nothing that leaves this machine, a home of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": url,
        "VEO_WIDGETS_HOME": str(home / "veo"),
        "IPYTHONDIR": str(home / "ipython"),
    }


@contextmanager
def served(*command: str) -> Iterator[str]:
    """A server that prints its address first, until the block ends."""
    process = subprocess.Popen([str(OURS), *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def set_up() -> Iterator[Stage]:
    """A stage, until the block ends."""
    emulator = ("-m", "veo_widgets.emulator", "--clips", "small", "--pace", "at-once")
    with tempfile.TemporaryDirectory(prefix="veo-bench-") as folder, served(*emulator) as url:
        yield Stage(url, Path(folder))


def rounds(cases: dict[str, Callable[[], Json]], times: int) -> dict[str, Json]:
    """The medians of what each case measures, taken in turn, so that what disturbs one disturbs all."""
    found: dict[str, list[Json]] = {name: [] for name in cases}
    for _ in range(times):
        for name, case in cases.items():
            found[name].append(case())
    return {name: {key: median(one[key] for one in many) for key in many[0]} for name, many in found.items()}


@cache
def _tree_of(commit: str) -> Path:
    """The package as it was at a commit, with the bundles of today."""
    folder = Path(tempfile.gettempdir()) / f"veo-bench-{commit}"
    if folder.exists():
        return folder
    root = HERE.parents[1]
    packed = subprocess.run(["git", "archive", commit, "veo_widgets"], cwd=root, capture_output=True, check=True).stdout
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(made, filter="data")
    (made / "veo_widgets" / "static").symlink_to(root / "veo_widgets" / "static")
    return made.rename(folder)


def _programs_in(folder: Path) -> Path:
    """The programs, as they would be written for the package as it was."""
    folder.mkdir()
    for program in PROGRAMS.glob("*.py"):
        text = program.read_text("utf-8")
        for word, old in OLD_WORDS.items():
            text = text.replace(word, old)
        (folder / program.name).write_text(text, "utf-8")
    return folder


def cases(stage: Stage, program: str, *clients: str, **said: object) -> dict[str, Callable[[], Json]]:
    """A program with each client, to be run in rounds."""
    return {client: partial(stage.run, client, program, **said) for client in clients}


def others_of(found: dict[str, Json], key: str) -> dict[str, float]:
    """What the peers need of something."""
    return {name: values[key] for name, values in found.items() if name != "veo_widgets"}
