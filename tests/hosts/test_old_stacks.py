"""Older notebook stacks, such as Colab's, and later Pythons: installed beside, all widgets by messages, buttons while a
cell waits."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from veo_widgets.emulator import Emulator

from ..conformance.environments import install, overlay
from ..project.test_wheel import wheel  # noqa: F401 (a fixture)
from .stacks import (
    PYTHONS,
    REQUIREMENTS,
    FrontEnd,
    Message,
    another_page,
    front_end,
    is_about,
    later_python,
    pythons,
    run,
    stack_with,
)

ROOT = Path(__file__).parents[2]
# Colab's list of 2026-08-19; IPython 8.12 with the widgets of either generation; the lowest that pyproject.toml allows;
# and today's on the newest Python.
STACKS = ("colab", "ipython8_widgets7", "ipython8_widgets8", "lowest", "python3_14")
# Where cells wait: Colab's ipykernel and 6.29.5 among the stacks, the last one before 7; then 7.4 on two Pythons.
OLDER = ("colab", "ipython8_widgets8", "6.31.0")
# They serve nothing while a cell blocks.
SEVENS = ("7", "python3_14")
KERNELS = (*OLDER, *SEVENS)
# What lies below the package outside a notebook.
CORE = ("aiohttp", "anyio", "h11", "httpcore", "httpx", "platformdirs", "sniffio")

Stack = Callable[[str], Path]


@pytest.fixture(scope="module")
def stack(wheel: Path) -> Stack:  # noqa: F811 (the fixture above)
    """The interpreter of a stack, to which installing the wheel has added the package and nothing else."""
    made: dict[str, Path] = {}

    def python_with(name: str) -> Path:
        if name not in made:
            made[name], before, after = stack_with(name, wheel)
            added = {"veo-widgets", *(("nest-asyncio2",) if name != "lowest" else ())}
            if name.startswith("ipython8"):
                # Not part of those two stacks, and so pip brings what is newest.
                added |= {"anywidget", "anyio", "h11", "httpcore", "httpx", "psygnal", "idna", "certifi", "sniffio"}
                added |= {
                    "aiohttp",
                    "aiohappyeyeballs",
                    "aiosignal",
                    "attrs",
                    "frozenlist",
                    "multidict",
                    "propcache",
                    "yarl",
                }
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
    # All but the one that is not for the browser are wanted everywhere.
    assert [wanted.partition(";")[0].replace(">=", "==") for wanted in promised] == [
        line for line in tested if line[0] != "-"
    ][:-2]


def test_the_lowest_versions_pass_the_tests_of_the_core() -> None:
    resolved = (REQUIREMENTS / "resolved" / "lowest.txt").read_text("utf-8").splitlines()
    pinned = [line for line in resolved if line.partition("==")[0] in CORE]
    assert len(pinned) == len(CORE)
    # An outer run tells its workers by these that they are some, and today's plugins need today's packages.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment["PYTHONPATH"] = os.pathsep.join(str(overlay(requirement)) for requirement in pinned)
    names = ("client/test_async_client", "client/test_transport", "client/test_client_pool", "config/test_proxies")
    files = [f"tests/{name}.py" for name in names]
    # Warnings of releases that are no longer kept up are theirs.
    options = ("-q", "-p", "no:cacheprovider", "-W", "default", "-p", "anyio.pytest_plugin")
    run(sys.executable, "-m", "pytest", *options, *files, cwd=ROOT, env=environment)


@pytest.mark.parametrize("page", STACKS, indirect=True)
def test_everything_works_in_a_stack(page: tuple[str, Any, FrontEnd], emulator: Emulator) -> None:
    name, _, front = page
    if name in PYTHONS:
        assert front.run("import sys; print('{}.{}'.format(*sys.version_info))") == PYTHONS[name]
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
        assert front.run(f"print(veo.job({accepted['job']!r}).wait(600).request.prompt)") == values["prompt"]
    assert len([entry for entry in emulator.journal() if entry.kind == "create"]) == 3

    # Colab has no jedi, and where there is one it cannot be told to be silent in an IPython without matchers.
    front.run("%config IPCompleter.use_jedi = False")
    assert front.offers("%%veo --asp") == ["--aspect-ratio"]
    assert front.offers("%%veo --seconds 4 --aspect-ratio ") == ["16:9", "9:16"]
    assert front.offers("%%veo --aspect-ratio=9") == ["9:16"]
    assert front.offers("%veo bud") == ["budget"]
    assert sorted(front.offers("spend = %veo cost --")) == ["--by", "--compare", "--csv"]
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
TAIL = {"hist_access_type": "tail", "n": 1, "output": False, "raw": True}
WAYS = {
    "--wait": f"%%veo --seconds 4 --wait --into slow\n{SLOW}",
    "await": f"slow = veo.submit({SLOW!r}, seconds=4)\nveo.show(slow)\nprint('before')\nawait slow",
    "wait": f"slow = veo.submit({SLOW!r}, seconds=4)\nveo.show(slow)\nprint('before')\nslow.wait()",
}


@pytest.mark.parametrize(
    ("page", "way"),
    [(kernel, way) for kernel in KERNELS for way in WAYS if way != "wait" or kernel not in SEVENS],
    indirect=["page"],
)
def test_buttons_and_players_answer_while_a_cell_waits(page: tuple[str, Any, FrontEnd], way: str) -> None:
    name, _, front = page
    version = front.run("import ipykernel; print(ipykernel.__version__)")
    assert version.startswith({"colab": "6.17.1", "ipython8_widgets8": "6.29.5", "python3_14": "7.4"}.get(name, name))
    front.run("job = veo.submit('A cat', seconds=4).wait(600)")
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
        about = "name" if name in SEVENS else "execution_state"
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
    assert "It keeps running" in ended["content"]["evalue"]
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


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("page", OLDER, indirect=True)
def test_a_page_that_is_reloaded_while_a_cell_waits_is_answered(page: tuple[str, Any, FrontEnd], way: str) -> None:
    _, manager, front = page
    waiting = front.start(WAYS[way])
    _, state = front.widget(waiting, "job")
    later = front.start("order = [1]")
    with another_page(manager) as reloaded:
        # What JupyterLab and its widget manager ask for, in their order, with questions that keep their place between.
        asked = [reloaded.send("kernel_info_request")]
        kept = [reloaded.send("is_complete_request", code="1"), reloaded.send("history_request", **TAIL)]
        asked.append(reloaded.send("comm_info_request", target_name="jupyter.widget"))
        info, comms = reloaded.answer(), reloaded.answer()
        assert [one["parent_header"]["msg_id"] for one in (info, comms)] == asked
        assert info["content"]["protocol_version"]
        assert info["content"]["status"] == comms["content"]["status"] == "ok"
        view = reloaded.view_of(state["job"]["id"], list(comms["content"]["comms"]))
        for question in asked:
            reloaded.until(
                lambda said, of=question: is_about(said, of) and said["content"].get("execution_state") == "idle"
            )
        if way == "wait":
            reloaded.until(lambda _: latest_state(reloaded.heard) == ("busy", waiting))
        reloaded.tell(view, kind="stop", job=state["job"]["id"])
        ended = front.reply()
        assert (ended["parent_header"]["msg_id"], ended["content"]["status"]) == (waiting, "error")
        assert "It keeps running" in ended["content"]["evalue"]
        assert front.reply()["parent_header"]["msg_id"] == later
        assert [reloaded.answer()["parent_header"]["msg_id"] for _ in kept] == kept
    assert front.run("print(order, slow.state.is_final)") == "[1] False"


# A kernel may answer in its own way, and that way may wait for something.
OWN_ANSWER = """
import asyncio
async def own(stream, ident, parent):
    await asyncio.sleep(0)
    kernel.session.send(stream, "kernel_info_reply", {"status": "ok", "own": True}, parent, ident)
kernel = get_ipython().kernel
kernel.shell_handlers["kernel_info_request"] = own
"""


@pytest.mark.parametrize("page", ["6.31.0"], indirect=True)
def test_what_a_kernel_answers_in_its_own_way_keeps_its_place(page: tuple[str, Any, FrontEnd]) -> None:
    _, manager, front = page
    front.run(OWN_ANSWER)
    waiting = front.start(WAYS["await"])
    view, state = front.widget(waiting, "job")
    with another_page(manager) as reloaded:
        asked = [reloaded.send(f"{kind}_info_request") for kind in ("kernel", "comm")]
        assert reloaded.answer()["parent_header"]["msg_id"] == asked[1]
        front.tell(view, kind="stop", job=state["job"]["id"])
        assert front.reply()["parent_header"]["msg_id"] == waiting
        own = reloaded.answer()
        assert (own["parent_header"]["msg_id"], own["content"]) == (asked[0], {"status": "ok", "own": True})


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


MAKES_CLIPS = """
import asyncio, importlib, pkgutil, sys, warnings
warnings.filterwarnings("error", module="veo_widgets")
import veo_widgets as veo
for module in pkgutil.walk_packages(veo.__path__, "veo_widgets."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
async def two():
    return await asyncio.gather(*(veo.submit("---\\nseconds: 1\\n---\\nA cat", seconds=4) for _ in range(2)))
print(sys.version_info[:2], veo.plan("A cat", seconds=4).cost.text)
print([str(job.state) for job in asyncio.run(two())], repr(veo.Player(veo.jobs()[0])))
"""


@pytest.mark.parametrize("version", [*pythons("3.12"), "3.13", "3.14"])
def test_later_pythons_make_clips(version: str, wheel: Path, tmp_path: Path) -> None:  # noqa: F811 (the fixture above)
    interpreter = pythons(version)[version] if version == "3.12" else later_python(version)
    run(interpreter, "-m", "venv", "--without-pip", tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    install(python, f"veo-widgets[emulator] @ {wheel.as_uri()}")
    # The emulator is that Python's own.
    environment = {"PATH": "/usr/bin:/bin", "VEO_WIDGETS_HOME": str(tmp_path / "home"), "VEO_PROVIDER": "emulator"}
    said = run(python, "-I", "-W", "error::SyntaxWarning", "-c", MAKES_CLIPS, cwd=tmp_path, env=environment)
    assert said.splitlines() == [
        f"({version.replace('.', ', ')}) $0.40",
        "['succeeded', 'succeeded'] Player(1 clip)",
    ]
