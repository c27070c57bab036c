"""Kernels of older stacks with this package in them, and a front end that speaks with its widgets by messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from veo_widgets.emulator import Emulator

from ..conformance.debian import python_of_debian
from ..conformance.environments import python_of
from ..kernels import started_kernel

REQUIREMENTS = Path(__file__).parent / "requirements"
# What a busy machine may take for anything.
PATIENCE = 600
# Stacks that need another Python than the one that runs the tests: Colab's own, and the newest.
PYTHONS = {"colab": "3.13", "python3_14": "3.14"}
# The releases of Debian that have them, for machines that do not.
_RELEASES = {"3.13": "trixie", "3.14": "forky"}

Message = dict[str, Any]


def run(*words: str | Path, **options: Any) -> str:
    """What a program prints; it must succeed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def uv(python: Path, verb: str, *words: str | Path) -> str:
    return run(Path(sys.executable).with_name("uv"), "pip", verb, "--quiet", "--python", python, *words)


def installed(python: Path) -> dict[str, str]:
    """The version of every package of an environment."""
    return {item["name"]: item["version"] for item in json.loads(uv(python, "list", "--format", "json"))}


def stack_with(name: str, wheel: Path) -> tuple[Path, dict[str, str], dict[str, str]]:
    """A stack to which the wheel was added: its interpreter, and what it had before and after."""
    python = python_of(name, REQUIREMENTS, later_python(PYTHONS[name]) if name in PYTHONS else None)
    # The environment is kept from run to run.
    uv(python, "uninstall", "veo-widgets", *(("nest-asyncio2",) if name != "lowest" else ()))
    before = installed(python)
    # As people do it there: pip alone decides what it leaves as it is.
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", wheel)
    return python, before, installed(python)


def pythons(*versions: str) -> dict[str, Path]:
    """Interpreters of these versions that this machine has, on the path or from pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    folders += [path / "bin" for path in sorted(pyenv.glob("*"))]
    found: dict[str, Path] = {}
    for version in versions:
        for program in (folder / f"python{version}" for folder in folders):
            # pyenv puts programs on the path that only say that nothing was chosen.
            if program.exists() and not subprocess.run([program, "-V"], capture_output=True, check=False).returncode:
                found.setdefault(version, program)
    return found


def later_python(version: str) -> Path:
    """An interpreter of this version: this machine's, or else Debian's."""
    return pythons(version).get(version) or python_of_debian(version, _RELEASES[version])


class FrontEnd:
    """A kernel, and what a notebook's page is to it.

    Attributes:
        heard: everything that the kernel has published, oldest first.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.heard: list[Message] = []

    def send(self, kind: str, metadata: Message | None = None, **content: Any) -> str:
        """Send a message to the kernel; returns its id."""
        message = self.client.session.msg(kind, content, metadata=metadata)
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def tell(self, comm: str, **content: Any) -> str:
        """Send a widget what its page would; returns the message's id."""
        return self.send("comm_msg", comm_id=comm, data={"method": "custom", "content": content})

    def start(self, code: str) -> str:
        """Send a cell; returns its id."""
        return str(self.client.execute(code, stop_on_error=False))

    def answer(self) -> Message:
        """What comes next on the channel of replies."""
        return dict(self.client.get_shell_msg(timeout=PATIENCE))

    def reply(self) -> Message:
        """The next reply to a request of this front end."""
        while True:
            reply = self.answer()
            # The client asked again and again whether the kernel was there, and it answers each time.
            if reply["msg_type"] != "kernel_info_reply":
                return reply

    def until(self, wanted: Callable[[Message], object]) -> Message:
        """The first message, of those heard and those to come, that is `wanted`."""
        for message in self.heard:
            if wanted(message):
                return message
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.heard.append(self.client.get_iopub_msg(timeout=PATIENCE))
            if wanted(self.heard[-1]):
                return self.heard[-1]
        raise AssertionError(f"not heard: {[message['msg_type'] for message in self.heard]}")

    def run(self, code: str) -> str:
        """What a cell prints; it must succeed."""
        cell = self.start(code)
        content = self.reply()["content"]
        assert content["status"] == "ok", content
        self.until(lambda said: is_about(said, cell) and said["content"].get("execution_state") == "idle")
        return self.printed(cell)

    def printed(self, about: str) -> str:
        """What was printed for the message of that id."""
        said = [one for one in self.heard if is_about(one, about) and one["msg_type"] == "stream"]
        return "".join(one["content"]["text"] for one in said if one["content"]["name"] == "stdout").strip()

    def widget(self, cell: str, trait: str) -> tuple[str, Message]:
        """The comm of a widget with that trait that a cell has made, and the state that it began with."""
        made = self.until(
            lambda said: (
                is_about(said, cell)
                and said["msg_type"] == "comm_open"
                and trait in said["content"]["data"].get("state", ())
            )
        )["content"]
        return made["comm_id"], made["data"]["state"]

    def view_of(self, job: str, comms: list[str]) -> str:
        """The comm, of these, of the widget that shows a job, asked for as a page does that did not see it made."""
        self.send("comm_open", {"version": "1.0.0"}, comm_id=job, target_name="jupyter.widget.control", data={})
        self.send("comm_msg", comm_id=job, data={"method": "request_states"})
        states = self.until(
            lambda said: said["msg_type"] == "comm_msg" and said["content"]["data"].get("method") == "update_states"
        )["content"]["data"]["states"]
        (view,) = [comm for comm in comms if states[comm]["state"].get("job", {}).get("id") == job]
        return view

    def said(self, comm: str, kind: str) -> Message:
        """The first message of that kind that a widget has sent to its page."""

        def wanted(message: Message) -> bool:
            content = message["content"]
            if message["msg_type"] != "comm_msg" or content["comm_id"] != comm:
                return False
            return bool(content["data"].get("content", {}).get("kind") == kind)

        return self.until(wanted)

    def clip(self, comm: str, request: str, sample: int = 0) -> bytes:
        """A clip, as a player gets it."""
        self.tell(comm, kind="need-bytes", sample=sample, request=request)
        pieces: dict[int, bytes] = {}

        def complete(message: Message) -> bool:
            content = message["content"].get("data", {}).get("content", {})
            if message["msg_type"] == "comm_msg" and content.get("request") == request:
                assert content["kind"] == "bytes", content
                pieces[content["offset"]] = bytes(message["buffers"][0])
                return sum(map(len, pieces.values())) == content["total"]
            return False

        self.until(complete)
        return b"".join(pieces[offset] for offset in sorted(pieces))

    def offers(self, line: str) -> list[str]:
        """What the Tab key offers at the end of a line."""
        self.client.complete(line, len(line))
        return list(self.reply()["content"]["matches"])


def is_about(message: Message, parent: str) -> bool:
    """Whether a message came of the message with that id."""
    return bool(message["parent_header"].get("msg_id") == parent)


@contextmanager
def another_page(manager: Any) -> Iterator[FrontEnd]:
    """A second front end of a kernel, which a page is once it has been reloaded."""
    client = manager.client_factory(connection_file=manager.connection_file)
    client.load_connection_file()
    client.start_channels()
    try:
        yield FrontEnd(client)
    finally:
        client.stop_channels()


@contextmanager
def front_end(python: Path | None, emulator: Emulator, folder: Path, **more: str) -> Iterator[tuple[Any, FrontEnd]]:
    """A kernel of that interpreter with the extension loaded, and its front end; more of the environment by name."""
    environment = {
        **os.environ,
        "VEO_WIDGETS_HOME": str(folder / "home"),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": emulator.base_url,
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **more,
    }
    manager, client = started_kernel(python, env=environment, cwd=str(folder))
    try:
        page = FrontEnd(client)
        page.run("%load_ext veo_widgets\nimport veo_widgets as veo")
        yield manager, page
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
