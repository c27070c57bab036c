"""Our own tests with httpx2, httpx's continuation, in httpx's place: changing over is one import of `connections`."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import veo_widgets

from .conftest import surroundings
from .environments import python_of

PACKAGE = Path(veo_widgets.__file__).parent
TESTS = Path(__file__).parents[1]
_PATIENCE_SECONDS = 1200
# Of the library itself, not from the module that has it.
_IMPORT = re.compile(r"^( *)import httpx$", re.MULTILINE)

# What reaches the transport, but for what is about other things: widgets, processes, many jobs.
CHOSEN = (
    "client/test_transport.py",
    "providers/test_hostile_replies.py",
    "providers/test_wires_live.py",
    "api/test_litellm.py",
    "client/test_async_client.py",
)
LEFT_OUT = (
    "written_down or two_ or killed or under_way or forked or plain_script or interrupt or button or takeover or "
    "edited or extends or upscaled or remixed or becomes or deleted or frames_and or profile or every_other_end or "
    "several_clips or filtered or nobodys or in_pages or cancelled or a_failure_is or without_a_clip or now_and_then"
)


def changed_over(folder: Path) -> Path:
    """A copy of the package and of the chosen tests, in which `connections` imports httpx2.

    The tests' own clients and servers change over too, so that nothing in that environment has httpx.
    """
    shutil.copytree(PACKAGE, folder / "veo_widgets", ignore=shutil.ignore_patterns("__pycache__", "static"))
    users = [path for path in (folder / "veo_widgets").rglob("*.py") if _IMPORT.search(path.read_text("utf-8"))]
    assert users == [folder / "veo_widgets" / "client" / "transport" / "connections.py"]
    assert change_over(users[0]) == 1
    for name in ("conftest.py", "raw_server.py", "clip_folders.py", *CHOSEN):
        (folder / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        change_over(Path(shutil.copy(TESTS / name, folder / "tests" / name)))
    shutil.copy(TESTS.parent / "pyproject.toml", folder)
    return folder


def change_over(path: Path) -> int:
    """Have a module import httpx2 under httpx's name; returns how many imports were changed."""
    text, count = _IMPORT.subn(r"\1import httpx2 as httpx", path.read_text("utf-8"))
    path.write_text(text, "utf-8")
    return count


def test_the_suite_passes_with_httpx2(tmp_path: Path) -> None:
    python, folder = python_of("httpx2"), changed_over(tmp_path)
    missing = subprocess.run([str(python), "-c", "import httpx"], capture_output=True, text=True, check=False)
    assert "No module named 'httpx'" in missing.stderr
    environment = surroundings(tmp_path) | {"CI": "1", "PYTHONPATH": str(folder)}
    del environment["HTTPS_PROXY"]
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"not ({LEFT_OUT})", "tests"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
