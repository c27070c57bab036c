"""Older notebook stacks, such as Colab's: installed beside, all widgets by messages, buttons while a cell waits."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.emulator import Emulator

from ..conformance.environments import overlay
from ..test_wheel import wheel  # noqa: F401 (a fixture)
from .stacks import REQUIREMENTS, FrontEnd, Message, front_end, is_about, pythons, run, stack_with

ROOT = Path(__file__).parents[2]
# Colab's list of 2026-08-19; IPython 8.12 with the widgets of either generation; the lowest that pyproject.toml allows.
STACKS = ("colab", "ipython8_widgets7", "ipython8_widgets8", "lowest")
# Where cells wait: Colab's ipykernel and 6.29.5 among the stacks, the last one before 7, and this environment's own.
KERNELS = ("colab", "ipython8_widgets8", "6.31.0", "7")
# What lies below the package outside a notebook.
CORE = ("anyio", "h11", "httpcore", "httpx", "platformdirs", "sniffio")

Stack = Callable[[str], Path]


@pytest.fixture(scope="module")
def stack(wheel: Path) -> Stack:  # noqa: F811 (the fixture above)
    """The interpreter of an older stack, to which installing the wheel has added the package and nothing else."""
    made: dict[str, Path] = {}

    def python_with(name: str) -> Path:
        if name not in made:
            made[name], before, after = stack_with(name, wheel)
            added = {"veo-widgets", *(("nest-asyncio2",) if name != "lowest" else ())}
            if name.startswith("ipython8"):
                # Not part of those two stacks, and so pip brings what is newest.
                added |= {"anywidget", "anyio", "h11", "httpcore", "httpx", "psygnal", "idna", "certifi", "sniffio"}
            changed = {package for package, version in after.items() if before.get(package) != version}
            assert "veo-widgets" in changed
            assert changed <= added
            assert not set(before) - set(after)
            assert not changed & set(before)
        return made[name]

    return python_with


@pytest.fixture
def page(request: pytest.FixtureRequest, stack: Stack, emulator: Emulator, tmp_path: Path) -> Iterator[tuple]:
    """A kernel and its front end, of the stack or ipykernel that the test is given by name."""
    name = request.param
    if name == "7":
        opened = front_end(None, emulator, tmp_path)
    elif name == "6.31.0":
        opened = front_end(None, emulator, tmp_path, PYTHONPATH=str(overlay("ipykernel==6.31.0")))
    else:
        opened = front_end(stack(name), emulator, tmp_path)
    with opened as (manager, front):
        yield name, manager, front


def test_the_lowest_versions_are_those_that_are_promised() -> None:
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    tested = (REQUIREMENTS / "lowest.txt").read_text("utf-8").splitlines()
    assert [wanted.replace(">=", "==") for wanted in promised] == [line for line in tested if line[0] != "-"][:-2]


def test_the_lowest_versions_pass_the_tests_of_the_core() -> None:
    resolved = (REQUIREMENTS / "resolved" / "lowest.txt").read_text("utf-8").splitlines()
    pinned = [line for line in resolved if line.partition("==")[0] in CORE]
    assert len(pinned) == len(CORE)
    # An outer run tells its workers by these that they are some, and today's plugins need today's packages.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment["PYTHONPATH"] = os.pathsep.join(str(overlay(requirement)) for requirement in pinned)
    files = [f"tests/test_{name}.py" for name in ("client", "transport", "proxies", "lanes")]
    # Warnings of releases that are no longer kept up are theirs.
    options = ("-q", "-p", "no:cacheprovider", "-W", "default", "-p", "anyio.pytest_plugin")
    run(sys.executable, "-m", "pytest", *options, *files, cwd=ROOT, env=environment)


@pytest.mark.parametrize("page", STACKS, indirect=True)
def test_everything_works_in_an_older_stack(page: tuple[str, Any, FrontEnd], emulator: Emulator) -> None:
    _, _, front = page
    assert "site-packages" in front.run("print(veo.__file__)")
    front.run("%%veo --seconds 4 --wait --into job\nA cat")
    assert front.run("print(job.state, job.videos[0].path.is_file())") == "succeeded True"
    clip = Path(front.run("print(job.videos[0].path.absolute())")).read_bytes()

    for shown in ("veo.Player(job)", "veo.grid([job])", "veo.show(job)"):
        trait = {"P": "clips", "g": "cells", "s": "job"}[shown[4]]
        comm, _ = front.widget(drawn(front, shown), trait)
        assert front.clip(comm, request=shown) == clip

    for shown in ("veo.Form()", "veo.Studio()"):
        comm, _ = front.widget(drawn(front, shown), "draft")
        values = {"prompt": f"A dog in {shown}", "duration_seconds": 4}
        front.tell(comm, kind="generate", order=shown, draft={"values": values, "at": 1, "by": "me", "locked": False})
        accepted = front.said(comm, "accepted")["content"]["data"]["content"]
        assert accepted["order"] == shown
        assert front.run(f"print(veo.job({accepted['job']!r}).wait(60).request.prompt)") == values["prompt"]
    assert len([entry for entry in emulator.journal() if entry.kind == "create"]) == 3

    # Colab has no jedi, and where there is one it cannot be told to be silent in an IPython without matchers.
    front.run("%config IPCompleter.use_jedi = False")
    assert front.offers("%%veo --asp") == ["--aspect-ratio"]
    assert front.offers("%%veo --seconds 4 --aspect-ratio ") == ["16:9", "9:16"]
    assert front.offers("%%veo --aspect-ratio=9") == ["9:16"]
    assert front.offers("%veo bud") == ["budget"]
    assert front.offers("spend = %veo cost --") == ["--csv"]
    assert "job" in front.offers("%%veo --into j")
    front.run("%unload_ext veo_widgets")
    assert "--aspect-ratio" not in front.offers("%%veo --asp")


def drawn(front: FrontEnd, code: str) -> str:
    """The id of a cell that shows a widget, once it has been shown."""
    cell = front.start(code)
    assert front.reply()["content"]["status"] == "ok"
    view = "application/vnd.jupyter.widget-view+json"
    front.until(lambda said: is_about(said, cell) and view in said["content"].get("data", ()))
    return cell


# A comm of the test's own: what its page says is printed, kept, or refused with an error.
ECHO = """
heard, order = [], []
def echo(message):
    said = message["content"]["data"]["content"]["said"]
    print("handled", said)
    heard.append(said)
    if said == "bad":
        raise RuntimeError("of a handler")
get_ipython().kernel.comm_manager.register_target("echo", lambda made, _: made.on_msg(echo))
"""
SLOW = "---\nseconds: 600\n---\nA slow cat"
WAYS = {
    "--wait": f"%%veo --seconds 4 --wait --into slow\n{SLOW}",
    "await": f"slow = veo.submit({SLOW!r}, seconds=4)\nveo.show(slow)\nprint('before')\nawait slow",
    "wait": f"slow = veo.submit({SLOW!r}, seconds=4)\nveo.show(slow)\nprint('before')\nslow.wait()",
}


# ipykernel 7 serves nothing while a cell blocks.
@pytest.mark.parametrize(
    ("page", "way"),
    [(kernel, way) for kernel in KERNELS for way in WAYS if (kernel, way) != ("7", "wait")],
    indirect=["page"],
)
def test_buttons_and_players_answer_while_a_cell_waits(page: tuple[str, Any, FrontEnd], way: str) -> None:
    name, _, front = page
    version = front.run("import ipykernel; print(ipykernel.__version__)")
    assert version.startswith({"colab": "6.17.1", "ipython8_widgets8": "6.29.5"}.get(name, name))
    front.run("job = veo.submit('A cat', seconds=4).wait(60)")
    player, _ = front.widget(drawn(front, "veo.Player(job)"), "clips")
    clip = Path(front.run("print(job.videos[0].path.absolute())")).read_bytes()
    front.run(ECHO)

    waiting = front.start(WAYS[way])
    view, state = front.widget(waiting, "job")
    later = [front.start(f"order.append({number}); print(heard)") for number in range(3)]
    front.send("comm_open", comm_id="mine", target_name="echo", data={})
    burst = [front.tell("mine", said=said) for said in ("bad", *range(50))]
    # Everything meanwhile: bytes, a burst of messages, and one whose handler fails.
    assert front.clip(player, request="meanwhile") == clip
    for message in burst:
        # What ipykernel 7 serves while a cell waits, it reports as neither busy nor idle.
        about = "name" if name == "7" else "execution_state"
        front.until(
            lambda said, of=message, a=about: is_about(said, of) and said["content"].get(a) in {"stdout", "idle"}
        )
    assert [front.printed(message) for message in burst] == [f"handled {said}" for said in ("bad", *range(50))]
    assert not [said for cell in later for said in front.heard if is_about(said, cell)]
    if way == "wait":
        # Somebody looks at the indicator: the cell still runs.
        front.until(lambda _: latest_state(front.heard) == ("busy", waiting))
    front.send("comm_close", comm_id="mine", data={})
    front.tell(view, kind="stop", job=state["job"]["id"])

    ended = front.reply()
    assert ended["parent_header"]["msg_id"] == waiting
    assert ended["content"]["status"] == "error"
    assert "the job goes on" in ended["content"]["evalue"]
    # The cells that came meanwhile run now, in their order, and each has its own output.
    assert [front.reply()["parent_header"]["msg_id"] for _ in later] == later
    front.until(lambda said: is_about(said, later[-1]) and said["content"].get("execution_state") == "idle")
    assert {front.printed(cell) for cell in later} == {str(["bad", *range(50)])}
    error = front.until(lambda said: said["msg_type"] == "error")
    assert is_about(error, waiting)
    assert front.printed(waiting) == ("" if way == "--wait" else "before")
    assert front.run("print(order, slow.state)").startswith("[0, 1, 2] ")


def latest_state(heard: list[Message]) -> tuple[str, str]:
    said = [one for one in heard if one["msg_type"] == "status"][-1]
    return said["content"]["execution_state"], said["parent_header"]["msg_id"]


@pytest.mark.parametrize("page", ["colab", "6.31.0"], indirect=True)
def test_an_interrupt_ends_the_waiting_even_in_a_handler(page: tuple[str, Any, FrontEnd]) -> None:
    _, manager, front = page
    front.run(ECHO.replace("    heard.append", "    while said == 'stay': pass\n    heard.append"))
    waiting = front.start(WAYS["wait"])
    front.widget(waiting, "job")
    front.send("comm_open", comm_id="mine", target_name="echo", data={})
    stay, after = front.tell("mine", said="stay"), front.tell("mine", said="after")
    front.until(lambda said: is_about(said, stay) and said["content"].get("execution_state") == "busy")
    front.until(lambda said: is_about(said, stay) and said["msg_type"] == "stream")
    manager.interrupt_kernel()
    ended = front.reply()
    assert (ended["parent_header"]["msg_id"], ended["content"]["status"]) == (waiting, "error")
    # What had not been handled yet is handled now.
    front.until(lambda said: is_about(said, after) and said["content"].get("execution_state") == "idle")
    assert front.run("print(heard, slow.state.is_final)") == "['after'] False"


MAKES_A_CLIP = """
import importlib, pkgutil, warnings
warnings.simplefilter("error", SyntaxWarning)
import veo_widgets as veo
for module in pkgutil.walk_packages(veo.__path__, "veo_widgets."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
async def two():
    import asyncio
    return await asyncio.gather(*(veo.submit("A cat", seconds=4) for _ in range(2)))
import asyncio
print([str(job.state) for job in asyncio.run(two())], repr(veo.Player(veo.jobs()[0])))
"""


@pytest.mark.parametrize("version", pythons("3.12", "3.13", "3.14"))
def test_later_pythons_make_clips(
    version: str,
    wheel: Path,  # noqa: F811 (the fixture above)
    emulator: Emulator,
    tmp_path: Path,
) -> None:
    run(pythons(version)[version], "-m", "venv", "--without-pip", tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--prefer-binary", f"{wheel}[emulator]")
    environment = {
        "PATH": "/usr/bin:/bin",
        "VEO_WIDGETS_HOME": str(tmp_path / "home"),
        "VEO_PROVIDER": "emulator",
        "VEO_EMULATOR_URL": emulator.base_url,
    }
    said = run(python, "-I", "-W", "error::SyntaxWarning", "-c", MAKES_A_CLIP, cwd=tmp_path, env=environment)
    assert said.strip() == "['succeeded', 'succeeded'] Player(1 clip)"
